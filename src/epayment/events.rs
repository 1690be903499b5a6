//! The event log of a payment.

use serde::{Deserialize, Serialize};

use super::{Call, Payment};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::types::open_enum::open_enum;
use crate::types::{Amount, Timestamp, by_name, lenient};

open_enum! {
    /// The name of an event. [`Payment::events`](crate::epayment::Payment::events) has an example.
    pub enum EventName {
        /// The merchant created the payment.
        Created = "CREATED",
        /// The customer approved, and the money is reserved.
        Authorized = "AUTHORIZED",
        /// The merchant captured money.
        Captured = "CAPTURED",
        /// The merchant released the rest of a reservation.
        Cancelled = "CANCELLED",
        /// The merchant refunded money.
        Refunded = "REFUNDED",
        /// The customer stopped the payment.
        Aborted = "ABORTED",
        /// The customer did not decide in time.
        Expired = "EXPIRED",
        /// The merchant cancelled the payment before the approval.
        Terminated = "TERMINATED",
    }
}

/// A request for the event log of a payment. Made by [`Payment::events`](super::Payment::events);
/// `.await` sends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetEvents {
    pub(super) payment: Payment,
    pub(super) options: CallOptions,
}

operation! { GetEvents => Vec<PaymentEvent>; deadline, merchant_serial_number, retry }

impl GetEvents {
    /// Sends the request.
    ///
    /// # Errors
    /// Code 5090 or HTTP 404 if the sales unit has no payment with the reference.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response is not a list, or names
    /// another payment.
    pub async fn send(self) -> Result<Vec<PaymentEvent>> {
        let call = Call::new(&self.payment.runtime, &self.options);
        let reference = self.payment.reference.as_str();
        let response = call
            .run(|api| api.get_payment_event_log().reference(reference).send())
            .await?;
        let Some(events) = response.decode::<Log>()?.0 else {
            return Err(response.decode_error("the response has no list of events"));
        };
        for event in &events {
            response.check_reference(&self.payment.reference, event.reference.as_deref())?;
        }
        Ok(events)
    }
}

// An unreadable event stays in the list as an event without any data. Without it, an incomplete log
// would look complete.
#[derive(Deserialize)]
#[serde(transparent)]
struct Log(#[serde(deserialize_with = "lenient::parts")] Option<Vec<PaymentEvent>>);

/// One event of a payment. Returned by [`Payment::events`](super::Payment::events), which has an
/// example. The JSON form is that of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PaymentEvent {
    /// The reference of the payment.
    pub reference: Option<String>,
    /// The kind of the event.
    pub name: Option<EventName>,
    /// The amount of the event, not a sum.
    pub amount: Option<Amount>,
    /// The reference of this event at Vipps MobilePay (wire name `pspReference`).
    pub psp_reference: Option<String>,
    /// The idempotency key of the request that caused the event. The approval has the key of the
    /// create. The events of a cancel have no key.
    pub idempotency_key: Option<String>,
    /// The time of the event.
    pub timestamp: Option<Timestamp>,
    /// The success that the API states. The log contains failed attempts, which changed nothing.
    success: Option<bool>,
}

/// The members of a [`PaymentEvent`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "PaymentEvent", rename_all = "camelCase", default)]
struct WireEvent {
    #[serde(deserialize_with = "lenient::opt_id")]
    reference: Option<String>,
    name: Option<EventName>,
    #[serde(deserialize_with = "lenient::opt")]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_id")]
    psp_reference: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    idempotency_key: Option<String>,
    timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "lenient::opt_bool")]
    success: Option<bool>,
}

by_name::read! { PaymentEvent => WireEvent; }

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentEvent => WireEvent; }

/// Returns the idempotency key of the request that created the payment. A payment is created once,
/// and its approval carries the key of the creation too. The key of the approval counts only if the
/// creation has no key.
pub(super) fn creation_key(events: &[PaymentEvent]) -> Option<&str> {
    let key_of = |name: EventName| {
        let mut events = events.iter().filter(|e| e.succeeded() && e.is(&name));
        events.find_map(|e| e.idempotency_key.as_deref())
    };
    key_of(EventName::Created).or_else(|| key_of(EventName::Authorized))
}

/// Returns the time at which the payment was created.
pub(super) fn creation_time(events: &[PaymentEvent]) -> Option<jiff::Timestamp> {
    let mut created = events
        .iter()
        .filter(|e| e.succeeded() && e.is(&EventName::Created));
    created.find_map(|e| e.timestamp.as_ref()?.instant())
}

impl PaymentEvent {
    /// Returns whether the API states that the event took place (wire name `success`).
    ///
    /// An event without `success`, or with an unreadable value, has neither succeeded nor
    /// [failed](Self::failed).
    pub fn succeeded(&self) -> bool {
        self.success == Some(true)
    }

    /// Returns whether the API states that the event was attempted and failed.
    pub fn failed(&self) -> bool {
        self.success == Some(false)
    }

    pub(super) fn is(&self, name: &EventName) -> bool {
        self.name.as_ref() == Some(name)
    }

    pub(super) fn has_key(&self, key: &str) -> bool {
        self.idempotency_key.as_deref() == Some(key)
    }
}
