//! One payment by QR code, from the first request to the capture.
//!
//! If the program stops waiting for a payment, it cancels the order, so that the customer cannot
//! pay for goods that are not delivered. It also stops when its output can no longer be written,
//! because the code and the result are not visible then.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use vipps::ecom::TransactionText;
use vipps::ecom::{Payment, PaymentDetails, PaymentState, PollEvent, Transaction};
use vipps::{Amount, OrderId, Outcome, PhoneNumber, QrPayment, Vipps};

use super::shutdown::Shutdown;
use super::{log_line, print_error, print_line};

/// The order to be paid.
pub(crate) struct Sale {
    pub(crate) order_id: OrderId,
    pub(crate) amount: Amount,
    pub(crate) text: TransactionText,
    /// The test user to approve for, in the test environment.
    pub(crate) approve: Option<PhoneNumber>,
}

/// A payment that the customer has approved.
pub(crate) struct Approved {
    pub(crate) payment: Payment,
    pub(crate) details: PaymentDetails,
}

/// Starts a payment, prints its code and waits for the customer. Returns `None` if the customer
/// does not pay or a signal stops the program, after the reason was printed.
pub(crate) async fn take_payment(
    vipps: &Vipps,
    sale: &Sale,
    shutdown: &Shutdown,
) -> Result<Option<Approved>> {
    print_line(format_args!(
        "order {}: {} for {}",
        sale.order_id, sale.amount, sale.text
    ))?;
    let started = vipps
        .pay_by_qr(sale.order_id.clone(), sale.amount, sale.text.clone())
        .content()
        .await;
    let started = match started {
        Ok(started) => started,
        Err(error) => {
            // The order may exist although its code was not received.
            if error.outcome() == Outcome::Unknown {
                cancel_after_error(&vipps.ecom().payment(sale.order_id.clone())).await;
            }
            return Err(error.into());
        }
    };
    let payment = started.payment();
    let approved = tokio::select! {
        // If a signal has arrived during the start, the code is not printed.
        biased;
        () = shutdown.requested() => {
            cancel(&payment).await?;
            return Ok(None);
        }
        approved = wait_for_approval(&started, sale) => approved,
    };
    if approved.is_err() {
        cancel_after_error(&payment).await;
    }
    let approved = approved?;
    Ok(approved.map(|details| Approved { payment, details }))
}

/// Waits for the customer and prints the state of the payment. Returns `None` if the customer has
/// not approved it.
async fn wait_for_approval(started: &QrPayment, sale: &Sale) -> Result<Option<PaymentDetails>> {
    let details = wait_for_customer(started, sale).await?;
    let approved = is_approved(&started.payment(), &details).await?;
    Ok(approved.then_some(details))
}

/// Prints the code and waits until the customer has decided.
async fn wait_for_customer(started: &QrPayment, sale: &Sale) -> Result<PaymentDetails> {
    let code = started.qr();
    let content = code.content().context("the response has no code")?;
    print_line(format_args!("\n{}\n", content.render_terminal()?))?;
    print_line(format_args!(
        "scan within {} s",
        code.expires_in().as_secs()
    ))?;
    if let Some(phone) = &sale.approve {
        started
            .payment()
            .force_approve()
            .phone_number(phone.clone())
            .landing_page(started.initiated())
            .await
            .context("the payment was not approved")?;
    }
    let mut poll = started.payment().wait().poll();
    while let Some(event) = poll.next().await {
        match event? {
            PollEvent::Waiting(_) => print_line("waiting")?,
            PollEvent::Scanned(_) => print_line("scanned")?,
            PollEvent::Decided(details) => return Ok(details),
            _ => {}
        }
    }
    bail!("the customer has not decided")
}

/// Prints the state of the payment and returns whether the customer has approved it.
async fn is_approved(payment: &Payment, details: &PaymentDetails) -> Result<bool> {
    let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
    match details.state_at(now) {
        PaymentState::Reserved | PaymentState::PartiallyCaptured => print_line("reserved")?,
        // A sales unit with direct capture has taken the money, so the order is complete.
        PaymentState::Captured => log_line("captured"),
        PaymentState::Expired => {
            log_line("The customer did not pay in time.");
            // `Expired` is computed from the clock, so an approval may still be under way.
            cancel_after_error(payment).await;
            return Ok(false);
        }
        PaymentState::Cancelled | PaymentState::Rejected => {
            log_line("The customer did not approve the payment.");
            return Ok(false);
        }
        other => {
            log_line(format_args!("The payment is {other}."));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Captures the reserved amount. If the outcome is unknown, the capture is sent again with the same
/// idempotency key, so that it takes effect at most once.
pub(crate) async fn capture(payment: &Payment) -> Result<Transaction> {
    let captured = match payment.capture_remaining().await {
        Err(error) if error.outcome() == Outcome::Unknown => match error.idempotency_key() {
            Some(key) => {
                payment
                    .capture_remaining()
                    .idempotency_key(key.clone())
                    .await?
            }
            None => return Err(error.into()),
        },
        other => other?,
    };
    log_line("captured");
    Ok(captured)
}

/// Cancels an order that has not been paid, or releases its reservation.
pub(crate) async fn cancel(payment: &Payment) -> Result<()> {
    let id = payment.order_id();
    payment
        .cancel()
        .deadline(Duration::from_secs(10))
        .await
        .with_context(|| format!("order {id} could not be cancelled"))?;
    log_line(format_args!("cancelled: {id}"));
    Ok(())
}

/// Cancels an order after an error. A failed cancellation is printed, and the first error is returned.
async fn cancel_after_error(payment: &Payment) {
    if let Err(error) = cancel(payment).await {
        print_error("cancel", &error);
    }
}
