//! Captures reserved money.

use super::Payment;
use super::details::PaymentDetails;
use super::modification::Modification;
use super::transfer::{Direction, Transfer};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::types::Amount;

/// A capture that has not been sent yet. Made by [`Payment::capture`](super::Payment::capture) and
/// [`Payment::capture_remaining`](super::Payment::capture_remaining); `.await` sends it.
///
/// The call reads the details first, for the sums before the capture. It succeeds when the captured
/// sum has grown by the amount, or when the event log contains the idempotency key of the capture.
/// Otherwise the outcome is [`Unknown`](crate::Outcome::Unknown), even after HTTP 200.
///
/// Each call carries one idempotency key on every attempt, so a retry after a lost response does
/// not capture twice. Two calls are two captures. To retry a call whose outcome is unknown, set the
/// key of the error.
///
/// # Dropping the future
///
/// Dropping the future before it returns loses the key of the call, while the capture may have
/// taken effect. `tokio::time::timeout` and `select!` drop futures, and so does axum when the
/// browser disconnects. Set a key that survives the drop: a key stored before the call, or a key
/// that is [derived](crate::RequestId::derive) from the reference.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
/// # sim.payer().approve("kiosk-7-000451")?;
/// use vipps::{Amount, Reference, RequestId};
///
/// let reference: Reference = "kiosk-7-000451".parse()?;
/// let key = RequestId::derive(&reference, "capture of parcel 1");
/// let capture = vipps.epayment().payment(reference).capture(Amount::nok(50));
/// capture.idempotency_key(key).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Capture {
    pub(crate) options: CallOptions,
    transfer: Transfer,
}

operation! { Capture => Modification; deadline, idempotency_key, merchant_serial_number, retry }

impl Capture {
    pub(super) fn new(payment: &Payment, amount: Option<Amount>) -> Self {
        Self {
            options: payment.options(),
            transfer: Transfer::new(Direction::Capture, payment, amount),
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
    /// [`capture_remaining`](super::Payment::capture_remaining) an error of the kind
    /// [`State`](crate::ErrorKind::State) if nothing remains or the payment is not approved.
    ///
    /// From the API, among others: 6070 (cancelled), 6080 (not approved yet), 6090 (more than
    /// remains), 6100 (too late), 6140 (only the full amount). These refusals are final for the
    /// idempotency key, see [`Error::needs_new_key`](crate::Error::needs_new_key). After 6260 and
    /// 6280 nothing is captured yet: do not deliver, and make the same call later with the same
    /// key.
    ///
    /// 6170 (captured already): if the event log shows that this key captured the amount, the call
    /// succeeds. The outcome is [`Rejected`](crate::Outcome::Rejected) if the event log shows that
    /// the key captured another amount. It is also `Rejected` if the key is missing and the call
    /// read before its first attempt that nothing was left to capture. Otherwise it is
    /// [`Unknown`](crate::Outcome::Unknown). A call with [`baseline`](Self::baseline) reads nothing
    /// before its first attempt.
    ///
    /// A response of HTTP 200 is an error with [`Outcome::Unknown`](crate::Outcome::Unknown) if it
    /// names another payment, or if neither its sums nor the event log show that the money moved.
    pub async fn send(self) -> Result<Modification> {
        self.transfer.send(self.options).await
    }
}
