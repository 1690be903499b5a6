//! Refunds captured money.

use std::time::Duration;

use super::capture::body;
use super::details::PaymentDetails;
use super::history::Operation;
use super::transaction::{Requested, Transaction};
use super::types::TransactionText;
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, operation};
use crate::error::{Error, Result};
use crate::types::Amount;

/// A refund that has not been sent yet. Made by [`Payment::refund`](super::Payment::refund) and
/// [`Payment::refund_remaining`](super::Payment::refund_remaining); `.await` sends it.
///
/// Each call carries one idempotency key on every attempt, so a retry after a lost response does
/// not refund twice. Two calls are two refunds. To retry a call whose outcome is unknown, set the
/// key of the error.
///
/// # Dropping the future
///
/// Dropping the future before it returns loses the key of the call, while the refund may have taken
/// effect. Set a key that survives the drop, as for a
/// [capture](super::Capture#dropping-the-future).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Refund {
    payment: Payment,
    pub(crate) options: CallOptions,
    /// The amount, or `None` for everything that remains.
    amount: Option<Amount>,
    text: Option<TransactionText>,
}

operation! { Refund => Transaction; deadline, idempotency_key, merchant_serial_number, retry }

impl Refund {
    pub(super) fn new(payment: &Payment, amount: Option<Amount>) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            amount,
            text: None,
        }
    }

    /// Sets the text that the customer sees; `Refund` by default.
    pub fn text(mut self, text: TransactionText) -> Self {
        self.text = Some(text);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: an amount below 1 øre, above 2 147 483 647 øre, or in another
    /// currency than NOK. With [`refund_remaining`](super::Payment::refund_remaining), an error of
    /// the kind [`State`](crate::ErrorKind::State) if nothing remains, or if the sums contradict
    /// themselves or the events.
    ///
    /// From the API, among others: 71 (more than remains), 72 (only reserved, so cancel instead),
    /// 73 (cancelled), 95 (later than 365 days).
    ///
    /// A response of HTTP 200 that contradicts the refund (another status, amount or order, or sums
    /// in which the money did not move) is an error with
    /// [`Outcome::Unknown`](crate::Outcome::Unknown).
    pub async fn send(mut self) -> Result<Transaction> {
        let deadline = Deadline::new(&self.payment.runtime, &self.options);
        let amount = if let Some(amount) = self.amount {
            amount
        } else {
            let remaining = self.remaining(deadline.remaining()).await?;
            self.options = deadline.options(&self.options);
            remaining
        };
        let body = body(
            &self.payment.runtime,
            &self.options,
            Some(amount),
            self.text,
            "Refund",
        )?;
        let call = Call::new(&self.payment.runtime, &self.options);
        let response = call
            .run(|api| {
                api.refund_payment_using_post()
                    .order_id(self.payment.order_id.as_str())
                    .body(body)
                    .send()
            })
            .await?;
        Transaction::read(self.payment.order_id, Requested::Refund(amount), response)
    }

    async fn remaining(&self, time: Duration) -> Result<Amount> {
        let options = CallOptions {
            deadline: Some(time),
            key: None,
            ..self.options.clone()
        };
        let details = self.payment.details_with(options).await?;
        if let Some(amount) = self.refunded_before(&details) {
            return Ok(amount);
        }
        let sums = details.sums();
        if details.can_refund() {
            return Ok(sums.remaining_to_refund);
        }
        if sums.remaining_to_refund.is_positive() {
            return Err(Error::state(
                "the sums and the events of the details contradict each other, so the amount that is left to refund is \
                 not known; set the amount",
            ));
        }
        Err(Error::state(format!(
            "nothing is left to refund: {} captured, {} refunded",
            sums.captured, sums.refunded
        )))
    }

    /// Returns the amount of an earlier refund with the same key. The API refuses the key with
    /// another amount.
    fn refunded_before(&self, details: &PaymentDetails) -> Option<Amount> {
        let key = self.options.key.as_ref()?.as_str();
        let earlier = details
            .events()
            .iter()
            .find(|e| e.is(&Operation::Refund) && e.idempotency_key.as_deref() == Some(key));
        earlier?.amount.filter(|amount| amount.is_positive())
    }
}
