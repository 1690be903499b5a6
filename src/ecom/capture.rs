//! Captures reserved money.

use super::money::transfer_ore;
use super::transaction::{Requested, Transaction};
use super::types::TransactionText;
use super::{Call, Payment};
use crate::call::{CallOptions, built, operation};
use crate::error::Result;
use crate::raw::ecom::types;
use crate::runtime::Runtime;
use crate::types::Amount;

/// A capture that has not been sent yet. Made by [`Payment::capture`](super::Payment::capture) and
/// [`Payment::capture_remaining`](super::Payment::capture_remaining); `.await` sends it.
///
/// Each call carries one idempotency key on every attempt, so a retry after a lost response does
/// not capture twice. Two calls are two captures. To retry a call whose outcome is unknown, set the
/// key of the error.
///
/// # Dropping the future
///
/// Dropping the future before it returns loses the key of the call, while the capture may have
/// taken effect. `tokio::time::timeout` and `select!` drop futures. Web frameworks do so too: axum
/// drops a handler when the browser disconnects. A second click then makes a second capture, and
/// the money moves twice.
///
/// Set a key that survives the drop: a key stored before the call, or a key that is
/// [derived](crate::RequestId::derive) from the order.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
/// # let vipps = sim.client();
/// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
/// # sim.payer().approve("order-1")?;
/// use vipps::{Amount, OrderId, RequestId};
///
/// let order: OrderId = "order-1".parse()?;
/// let key = RequestId::derive(&order, "capture of parcel 1");
/// let capture = vipps.ecom().payment(order).capture(Amount::nok(50));
/// capture.idempotency_key(key).await?;
/// # Ok(()) }
/// ```
///
/// With the key, [`Payment::reconcile_capture`](super::Payment::reconcile_capture) finds out
/// whether a dropped call took effect. Without the key, read the details before anything else. A
/// separate task (`tokio::spawn`) continues when its handler is dropped, and stops with the
/// process.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Capture {
    payment: Payment,
    pub(crate) options: CallOptions,
    amount: Option<Amount>,
    text: Option<TransactionText>,
}

operation! { Capture => Transaction; deadline, idempotency_key, merchant_serial_number, retry }

impl Capture {
    pub(super) fn new(payment: &Payment, amount: Option<Amount>) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            amount,
            text: None,
        }
    }

    /// Sets the text that the customer sees; `Capture` by default.
    pub fn text(mut self, text: TransactionText) -> Self {
        self.text = Some(text);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: an amount below 1 øre, above 2 147 483 647 øre, or in another
    /// currency than NOK.
    ///
    /// From the API, among others: 61 (more than remains), 62 (not reserved), 91 (the payment is
    /// cancelled), 98 (too late).
    ///
    /// A response of HTTP 200 that contradicts the capture (another status, amount or order, or
    /// sums in which the money did not move) is an error with
    /// [`Outcome::Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<Transaction> {
        let amount = self.amount;
        let body = body(
            &self.payment.runtime,
            &self.options,
            amount,
            self.text,
            "Capture",
        )?;
        let call = Call::new(&self.payment.runtime, &self.options);
        let order_id = self.payment.order_id.as_str();
        let response = call
            .run(|api| {
                api.capture_payment_using_post()
                    .order_id(order_id)
                    .body(body)
                    .send()
            })
            .await?;
        Transaction::read(self.payment.order_id, Requested::Capture(amount), response)
    }
}

/// Returns the body of a capture or refund. An amount of zero is refused, because the API reads it
/// as *everything*.
pub(super) fn body(
    runtime: &Runtime,
    options: &CallOptions,
    amount: Option<Amount>,
    text: Option<TransactionText>,
    default_text: &str,
) -> Result<types::builder::PaymentActionsRequest> {
    let text = text.map_or_else(|| default_text.to_owned(), String::from);
    let transaction = types::Transaction::builder()
        .transaction_text(text)
        .amount(amount.map(transfer_ore).transpose()?);
    Ok(types::PaymentActionsRequest::builder()
        .merchant_info(super::merchant_info(runtime, options)?)
        .transaction(built::<types::Transaction, _>(transaction)?))
}
