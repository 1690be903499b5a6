//! Refunds captured money.

use super::Payment;
use super::details::PaymentDetails;
use super::modification::Modification;
use super::transfer::{Direction, Transfer};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::types::Amount;

/// A refund that has not been sent yet. Made by [`Payment::refund`](super::Payment::refund) and
/// [`Payment::refund_remaining`](super::Payment::refund_remaining); `.await` sends it.
///
/// The call reads the details first, for the sums before the refund. It succeeds when the refunded
/// sum has grown by the amount, or when the event log contains the idempotency key of the refund.
/// Otherwise the outcome is [`Unknown`](crate::Outcome::Unknown), even after HTTP 200.
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
    pub(crate) options: CallOptions,
    transfer: Transfer,
}

operation! { Refund => Modification; deadline, idempotency_key, merchant_serial_number, retry }

impl Refund {
    pub(super) fn new(payment: &Payment, amount: Option<Amount>) -> Self {
        Self {
            options: payment.options(),
            transfer: Transfer::new(Direction::Refund, payment, amount),
        }
    }

    /// Sets the details that were read before the first attempt, so that the call does not read
    /// them. Set the same details for a retry of the call.
    pub fn baseline(mut self, details: &PaymentDetails) -> Self {
        self.transfer.set_baseline(details);
        self
    }

    /// Sends the requests.
    ///
    /// # Errors
    /// Before the request is sent: an amount that is not positive, or in another currency than the
    /// payment, or a [`baseline`](Self::baseline) of another payment. With
    /// [`refund_remaining`](super::Payment::refund_remaining) an error of the kind
    /// [`State`](crate::ErrorKind::State) if nothing remains.
    ///
    /// From the API, among others: 6020 (not captured), 6150 (more than remains), 6220 (later than
    /// 365 days). These refusals are final for the idempotency key, see
    /// [`Error::needs_new_key`](crate::Error::needs_new_key).
    ///
    /// 6180 (refunded already): if the event log shows that this key refunded the amount, the call
    /// succeeds. The outcome is [`Rejected`](crate::Outcome::Rejected) if the event log shows that
    /// the key refunded another amount. It is also `Rejected` if the key is missing and the call
    /// read before its first attempt that everything was captured and refunded. Otherwise it is
    /// [`Unknown`](crate::Outcome::Unknown). A call with [`baseline`](Self::baseline) reads nothing
    /// before its first attempt.
    ///
    /// A response of HTTP 200 is an error with [`Outcome::Unknown`](crate::Outcome::Unknown) if it
    /// names another payment, or if neither its sums nor the event log show that the money moved.
    pub async fn send(self) -> Result<Modification> {
        self.transfer.send(self.options).await
    }
}
