//! One payment by QR code, up to the customer's decision. An order that nobody waits for any more is cancelled, so that
//! nobody pays for what nobody delivers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use vipps::ecom::{Payment, PaymentDetails, PaymentState, Transaction, WaitEvent};
use vipps::qr::OneTimeQr;
use vipps::types::TransactionText;
use vipps::{Amount, OrderId, Outcome, PhoneNumber, QrPayment, Vipps};

use super::stop::Stop;
use super::{report, say};

/// What is sold.
#[derive(Clone)]
pub(crate) struct Sale {
    pub(crate) order_id: OrderId,
    pub(crate) amount: Amount,
    pub(crate) text: TransactionText,
    /// Whose button to press, where the environment allows it.
    pub(crate) approve: Option<PhoneNumber>,
}

/// How far the customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Waiting,
    Scanned,
}

/// Where staff and customer see what happens.
pub(crate) trait Display {
    /// Shows the code of a sale, for as long as it lives.
    fn code(&mut self, sale: &Sale, code: &OneTimeQr) -> Result<()>;
    /// Tells how far the customer is.
    fn step(&mut self, step: Step) -> Result<()>;
    /// Draws what changes with time, until that fails.
    async fn animate(&mut self) -> anyhow::Error;
    /// Leaves the terminal as it was.
    fn close(&mut self);
}

/// Plain lines, for pipes and files.
pub(crate) struct Lines;

impl Display for Lines {
    fn code(&mut self, _: &Sale, code: &OneTimeQr) -> Result<()> {
        let content = code.content().context("no code came")?;
        say!("\n{}\n", content.render_terminal()?);
        say!("scan within {} s", code.expires_in().as_secs());
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Waiting => say!("waiting"),
            Step::Scanned => say!("scanned"),
        }
        Ok(())
    }

    async fn animate(&mut self) -> anyhow::Error {
        std::future::pending().await
    }

    fn close(&mut self) {}
}

/// A payment that the customer has approved.
pub(crate) struct Approved {
    pub(crate) payment: Payment,
    pub(crate) details: PaymentDetails,
}

/// Starts a payment, shows its code and waits. `None` when the customer does not pay, or the program is to stop; why is
/// said already.
pub(crate) async fn take(
    vipps: &Vipps,
    sale: &Sale,
    display: &mut impl Display,
    stop: &Stop,
) -> Result<Option<Approved>> {
    say!("order {}: {} for {}", sale.order_id, sale.amount, sale.text);
    let shown = vipps
        .pay_by_qr(sale.order_id.clone(), sale.amount, sale.text.clone())
        .content()
        .await;
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => {
            // The order may be there although its code is not.
            if error.outcome() == Outcome::Unknown {
                try_to_give_up(&vipps.ecom().payment(&sale.order_id)).await;
            }
            return Err(error.into());
        }
    };
    let payment = shown.payment();
    let decided = tokio::select! {
        // Whoever stopped while the order was being made is not shown a code any more.
        biased;
        () = stop.wanted() => None,
        details = customer(&shown, sale, display) => Some(details),
    };
    display.close();
    match decided {
        None => {
            say!("stopping");
            give_up(&payment).await?;
            Ok(None)
        }
        Some(Ok(details)) => Ok(judge(&payment, &details)
            .await
            .then_some(Approved { payment, details })),
        Some(Err(error)) => {
            // Nobody waits for the payment any more, so nobody must be able to pay it.
            try_to_give_up(&payment).await;
            Err(error)
        }
    }
}

/// Shows the code, and follows the customer to the decision.
async fn customer(
    shown: &QrPayment,
    sale: &Sale,
    display: &mut impl Display,
) -> Result<PaymentDetails> {
    display.code(sale, shown.qr())?;
    if let Some(phone) = &sale.approve {
        shown
            .initiated()
            .force_approve()
            .phone_number(phone.clone())
            .await
            .context("the payment was not approved")?;
    }
    let mut watch = shown.payment().wait().watch();
    loop {
        let event = tokio::select! {
            event = watch.next() => event,
            broken = display.animate() => return Err(broken),
        };
        match event {
            Some(event) => match event? {
                WaitEvent::Waiting(_) => display.step(Step::Waiting)?,
                WaitEvent::Scanned(_) => display.step(Step::Scanned)?,
                WaitEvent::Decided(details) => return Ok(details),
                _ => {}
            },
            None => bail!("the customer has not decided"),
        }
    }
}

/// Whether the customer has paid; says why not.
async fn judge(payment: &Payment, details: &PaymentDetails) -> bool {
    let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
    match details.state_at(now) {
        PaymentState::Reserved | PaymentState::PartiallyCaptured => say!("reserved"),
        PaymentState::Captured => say!("captured"),
        PaymentState::Expired => {
            say!("The customer did not pay in time.");
            // It could still be approved in the app by a hair's breadth; a till that gave up must not be paid.
            try_to_give_up(payment).await;
            return false;
        }
        PaymentState::Cancelled | PaymentState::Rejected => {
            say!("The customer did not approve the payment.");
            return false;
        }
        other => {
            say!("The payment is {other}.");
            return false;
        }
    }
    true
}

/// Takes all that is reserved. A lost answer is asked for once more, with the same key: nothing moves twice.
pub(crate) async fn capture(payment: &Payment) -> Result<Transaction> {
    let captured = match payment.capture().await {
        Err(error) if error.outcome() == Outcome::Unknown => match error.idempotency_key() {
            Some(key) => payment.capture().idempotency_key(key.clone()).await?,
            None => return Err(error.into()),
        },
        other => other?,
    };
    say!("captured");
    Ok(captured)
}

/// Cancels an order that nobody waits for.
pub(crate) async fn give_up(payment: &Payment) -> Result<()> {
    let id = payment.order_id();
    payment
        .cancel()
        .deadline(Duration::from_secs(10))
        .await
        .with_context(|| format!("order {id} could not be cancelled"))?;
    say!("cancelled: {id}");
    Ok(())
}

/// The same on the way out of an error, which is the one to be told in the end.
async fn try_to_give_up(payment: &Payment) {
    if let Err(error) = give_up(payment).await {
        report("cancel", &error);
    }
}
