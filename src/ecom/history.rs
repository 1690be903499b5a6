//! The events of a payment's history.

use serde::{Deserialize, Serialize};

use crate::types::open_enum::open_enum;
use crate::types::{Amount, Timestamp, by_name, lenient};

use super::money;

open_enum! {
    /// The kind of an event in the history of a payment. [`Event`] has an example.
    pub enum Operation {
        /// The merchant started the payment.
        Initiate = "INITIATE" | "REGISTER",
        /// The customer approved, and the money is reserved.
        Reserve = "RESERVE" | "RESERVED",
        /// The customer approved, and the money is captured at the same time (direct capture).
        Sale = "SALE",
        /// The merchant captured money.
        Capture = "CAPTURE" | "CAPTURED",
        /// The merchant refunded money.
        Refund = "REFUND" | "REFUNDED",
        /// The payment was cancelled before money was reserved: by the customer, by the merchant or
        /// by a timeout.
        Cancel = "CANCEL" | "CANCELLED" | "USER_CANCEL" | "AUTOCANCEL" | "AUTO_CANCEL",
        /// The merchant cancelled a reservation, or released the rest of it.
        Void = "VOID" | "AUTOREVERSAL" | "AUTO_REVERSAL",
        /// The customer rejected the payment, or let it expire.
        Reject = "REJECT" | "REJECTED",
        /// The payment failed.
        Failed = "FAILED" | "RESERVE_FAILED" | "RESERVED_FAILED" | "SALE_FAILED",
    }
}

/// One event in the history of a payment. Returned by
/// [`PaymentDetails::events`](super::PaymentDetails::events). The JSON form is that of the API.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
/// # sim.payer().approve("order-1")?;
/// use vipps::Amount;
/// use vipps::ecom::Operation;
///
/// let details = vipps.ecom().payment("order-1".parse()?).details().await?;
/// let newest = details.events().first().ok_or("no event")?;
/// assert_eq!(newest.operation, Some(Operation::Reserve));
/// assert!(newest.succeeded());
/// assert_eq!(newest.amount, Some(Amount::nok(200)));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// The kind of the event.
    pub operation: Option<Operation>,
    /// The success that the API states. The history contains failed events, which changed nothing.
    #[serde(rename = "operationSuccess")]
    success: Option<bool>,
    /// The amount of the event, not a sum.
    #[serde(serialize_with = "money::write")]
    pub amount: Option<Amount>,
    /// Vipps's id of the transaction. The first event has it once the customer has opened the
    /// payment.
    pub transaction_id: Option<String>,
    /// The idempotency key of the request that caused the event (wire name `requestId`).
    #[serde(rename = "requestId")]
    pub idempotency_key: Option<String>,
    /// The text of the request.
    #[serde(rename = "transactionText")]
    pub text: Option<String>,
    /// The time of the event.
    #[serde(rename = "timeStamp")]
    pub timestamp: Option<Timestamp>,
}

/// The members of an [`Event`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "Event", rename_all = "camelCase", default)]
struct WireEvent {
    operation: Option<Operation>,
    #[serde(rename = "operationSuccess", deserialize_with = "lenient::opt_bool")]
    success: Option<bool>,
    #[serde(deserialize_with = "money::opt_amount")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    #[serde(rename = "requestId", deserialize_with = "lenient::opt_id")]
    idempotency_key: Option<String>,
    #[serde(rename = "transactionText", deserialize_with = "lenient::opt_text")]
    text: Option<String>,
    #[serde(rename = "timeStamp")]
    timestamp: Option<Timestamp>,
}

by_name::read! { Event => WireEvent; }

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Event => WireEvent; }

impl Event {
    /// Returns whether the API states that the event took place (wire name `operationSuccess`).
    ///
    /// An event without `operationSuccess`, or with an unreadable value, has neither succeeded nor
    /// [failed](Self::failed). If such an event would decide the state of the payment, the state is
    /// [`Unknown`](super::PaymentState::Unknown).
    pub fn succeeded(&self) -> bool {
        self.success == Some(true)
    }

    /// Returns whether the API states that the event was attempted and failed.
    pub fn failed(&self) -> bool {
        self.success == Some(false)
    }

    /// Returns whether the API does not state readably if the event took place.
    pub(super) fn is_unclear(&self) -> bool {
        self.success.is_none()
    }

    pub(super) fn is_known(&self) -> bool {
        !matches!(self.operation, None | Some(Operation::Unknown(_)))
    }

    pub(super) fn is(&self, operation: &Operation) -> bool {
        self.operation.as_ref() == Some(operation)
    }
}

/// Returns why the history may be incomplete, or `None` if it is complete. An event that is missing
/// from an incomplete history may have happened.
pub(super) fn incompleteness(events: &[Event]) -> Option<&'static str> {
    // A complete history has at least the event that started the payment.
    if !events.iter().any(|e| e.succeeded() && e.is_known()) {
        return Some("the details contain no event with a readable operation");
    }
    let may_be_any = |e: &Event| !e.failed() && !e.is_known();
    let reason = "the details contain an event of an unknown kind, which may be this operation";
    events.iter().any(may_be_any).then_some(reason)
}
