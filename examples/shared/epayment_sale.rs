//! One payment by QR code over the ePayment API, from the request to the capture.
//!
//! As in `qr_payment`, the order is cancelled if the program stops waiting for it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use vipps::epayment::{Create, Payment, PaymentDetails, PaymentState, PollEvent};
use vipps::{Amount, Outcome, QrPayment, RequestId, Vipps};

use super::qr_payment::Sale;
use super::shutdown::Shutdown;
use super::{log_line, print_error, print_line};

/// Starts a payment, prints its code and waits for the customer. Returns `None` if the customer does
/// not pay or a signal stops the program, after the reason was printed.
pub(crate) async fn take_payment(
    vipps: &Vipps,
    sale: &Sale,
    shutdown: &Shutdown,
) -> Result<Option<Payment>> {
    let id = &sale.order_id;
    print_line(format_args!(
        "order {id}: {} for {}",
        sale.amount, sale.text
    ))?;
    let started = vipps
        .pay_by_qr(id.clone(), sale.amount, sale.text.clone())
        .epayment()
        .payment(Create::customer_present) // mandatory at a physical point of sale
        .content()
        .await;
    let started = match started {
        Ok(started) => started,
        Err(error) => {
            // The payment may exist although its code was not received.
            if error.outcome() == Outcome::Unknown {
                cancel_after_error(&vipps.epayment().payment(id.into())).await;
            }
            return Err(error.into());
        }
    };
    let payment = started.payment();
    let details = tokio::select! {
        // If a signal has arrived during the start, the code is not printed.
        biased;
        () = shutdown.requested() => {
            cancel(&payment).await?;
            return Ok(None);
        }
        details = wait_for_customer(&started, sale) => details,
    };
    if details.is_err() {
        cancel_after_error(&payment).await;
    }
    Ok(is_approved(&details?)?.then_some(payment))
}

/// Prints the code and waits until the customer has decided.
async fn wait_for_customer(started: &QrPayment<Payment>, sale: &Sale) -> Result<PaymentDetails> {
    let content = started.qr().content().context("the response has no code")?;
    print_line(format_args!("\n{}\n", content.render_terminal()?))?;
    if let Some(phone) = &sale.approve {
        let approve = started.payment().force_approve().customer(phone.clone());
        approve.await.context("the payment was not approved")?;
    }
    let mut poll = started.wait().poll();
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
fn is_approved(details: &PaymentDetails) -> Result<bool> {
    match details.state() {
        PaymentState::Authorized => {
            print_line("authorized")?;
            return Ok(true);
        }
        PaymentState::Expired => log_line("The customer did not pay in time."),
        PaymentState::Aborted => log_line("The customer did not approve the payment."),
        other => log_line(format_args!("The payment is {other}.")),
    }
    Ok(false)
}

/// Captures the authorized amount. The key is derived from the reference, so that a second attempt,
/// after an unknown outcome or a restart, takes effect at most once.
pub(crate) async fn capture(payment: &Payment) -> Result<Amount> {
    let key = RequestId::derive(payment.reference(), "capture");
    let capture = || payment.capture_remaining().idempotency_key(key.clone());
    let captured = match capture().await {
        Err(error) if error.outcome() == Outcome::Unknown => capture().await?,
        other => other?,
    };
    log_line("captured");
    captured.amount.context("the response has no amount")
}

/// Cancels a payment that is not captured.
pub(crate) async fn cancel(payment: &Payment) -> Result<()> {
    let reference = payment.reference();
    payment
        .cancel()
        .deadline(Duration::from_secs(10))
        .await
        .with_context(|| format!("order {reference} could not be cancelled"))?;
    log_line(format_args!("cancelled: {reference}"));
    Ok(())
}

/// Cancels a payment after an error. A failed cancellation is printed, and the first error is returned.
async fn cancel_after_error(payment: &Payment) {
    if let Err(error) = cancel(payment).await {
        print_error("cancel", &error);
    }
}
