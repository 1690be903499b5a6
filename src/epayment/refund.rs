//! Refunds captured money.

use super::details::PaymentDetails;
use super::modification::Modification;
use super::transfer::{Direction, Transfer};
use super::types::money::Aggregate;
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{Amount, Reference};

/// A refund that has not been sent yet. Made by [`Payment::refund`](super::Payment::refund) and
/// [`Payment::refund_remaining`](super::Payment::refund_remaining); `.await` sends it.
///
/// The call reads the details first, for the sums before the refund. It succeeds when the refunded
/// sum has grown by the amount, or when the event log holds the idempotency key of the refund.
/// Otherwise the outcome is [`Unknown`](crate::Outcome::Unknown), also after HTTP 200.
///
/// Each call carries one idempotency key on every attempt, so a retry after a lost response does
/// not refund twice. Two calls are two refunds. To retry a call whose outcome is unknown, set the
/// key of the error.
///
/// # Dropping the future
///
/// Dropping the future before it returns loses the key of the call, while the refund may have
/// taken effect. `tokio::time::timeout` and `select!` drop futures, and so does axum when the
/// browser disconnects. Set a key that survives the drop: a key stored before the call, or a key
/// that is [derived](crate::RequestId::derive) from the reference.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
/// # let payment = |refunded| serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
/// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(49900), "cancelledAmount": nok(0),
/// #     "refundedAmount": nok(refunded)}}).to_string();
/// # let recorder = vipps::testing::Recorder::new()
/// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(0))
/// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/refund", 200, &payment(5000));
/// # let vipps = recorder.client();
/// use vipps::{Amount, Reference, RequestId};
///
/// let reference: Reference = "kiosk-7-000451".parse()?;
/// let key = RequestId::derive(&reference, "refund of return 17");
/// let refund = vipps.epayment().payment(reference).refund(Amount::nok(50));
/// refund.idempotency_key(key).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Refund {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    reference: Reference,
    amount: Option<Amount>,
    baseline: Option<Aggregate>,
}

operation! { Refund => Modification; deadline, idempotency_key, merchant_serial_number, retry }

impl Refund {
    pub(super) fn new(runtime: Runtime, reference: Reference, amount: Option<Amount>) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            reference,
            amount,
            baseline: None,
        }
    }

    /// Sets the details that were read before the first attempt, so that the call does not read
    /// them. A retry of the call needs the same details as the first call.
    pub fn baseline(mut self, details: &PaymentDetails) -> Self {
        self.baseline = Some(*details.aggregate());
        self
    }

    /// Sends the requests.
    ///
    /// # Errors
    /// Before the request is sent: an amount that is not positive, or in another currency than the
    /// payment. With
    /// [`refund_remaining`](super::Payment::refund_remaining) an error of the kind
    /// [`State`](crate::ErrorKind::State) when nothing remains.
    ///
    /// From the API, among others: 6020 (not captured), 6150 (more than remains), 6220 (later than
    /// 365 days). They are final for the idempotency key, see
    /// [`Error::needs_new_key`](crate::Error::needs_new_key).
    ///
    /// A response that names another payment, or that proves no success while the event log does not
    /// hold the key, is an error with [`Outcome::Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<Modification> {
        let Self {
            runtime,
            options,
            reference,
            amount,
            baseline,
        } = self;
        let transfer = Transfer {
            direction: Direction::Refund,
            runtime,
            options,
            reference,
            amount,
            baseline,
        };
        transfer.send().await
    }
}
