//! The events that webhooks deliver.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::CheckIn;
use super::signature::content_hash;
use crate::epayment::{EventName, ShippingDetails, UserDetails, WireShipping};
use crate::types::{
    Amount, MerchantSerialNumber, Reference, Sensitive, Timestamp, by_name, lenient,
};

/// An event with a valid signature. Returned by [`Verified::event`](super::Verified::event).
///
/// Events do not contain the name of their type. Their other members identify the type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An event of a payment that was created with the ePayment API.
    Payment(Box<PaymentEvent>),
    /// The check-in of a customer, who has scanned a merchant callback QR code.
    CheckIn(CheckIn),
    /// An event that this version does not read, such as those of the Recurring API.
    Unknown(UnknownEvent),
}

impl Event {
    pub(super) fn read(body: &[u8]) -> Self {
        if let Some(event) = PaymentEvent::read(body) {
            return Self::Payment(Box::new(event));
        }
        match CheckIn::read(body) {
            Ok(check_in) => Self::CheckIn(check_in),
            Err(_) => Self::Unknown(UnknownEvent(Bytes::copy_from_slice(body))),
        }
    }

    /// Returns an id that is the same for every delivery of this event: the `pspReference` and the
    /// name of a payment event, or a hash of the customer token of a check-in. Returns `None` for
    /// any other event. The id contains no secret and no personal data.
    #[doc(alias("deduplicate", "idempotency"))]
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Payment(event) => {
                let psp_reference = event.psp_reference.as_deref()?;
                Some(format!("{psp_reference} {}", event.name.as_str()))
            }
            Self::CheckIn(check_in) => {
                let token = check_in.customer_token.expose();
                let hash = content_hash(token.as_bytes()).to_base64();
                Some(format!("check-in {hash}"))
            }
            Self::Unknown(_) => None,
        }
    }
}

/// An event of a payment that was created with the ePayment API. Payments of the eCom API have no
/// events. The guide [webhooks](crate::guide::webhooks) has an example.
///
/// The [`amount`](Self::amount) is the amount of this operation, not a sum. Before you deliver
/// goods, read the payment's details, which contain the sums.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PaymentEvent {
    /// The reference of the payment.
    pub reference: Reference,
    /// The kind of event.
    pub name: EventName,
    /// The API's reference of this event, as in the payment's event log. Together with the name it
    /// identifies the event.
    pub psp_reference: Option<String>,
    /// The amount of this operation.
    pub amount: Option<Amount>,
    /// The success of the operation. An operation that failed has changed nothing; see
    /// [`succeeded`](Self::succeeded).
    pub success: Option<bool>,
    /// The time of the event.
    pub timestamp: Option<Timestamp>,
    /// The idempotency key of the request that caused the event. The approval has the key of the
    /// create. The events of a cancel have no key.
    pub idempotency_key: Option<String>,
    /// The sales unit (wire name `msn`).
    pub merchant_serial_number: Option<MerchantSerialNumber>,
    /// The customer's data, in the event of the approval, for payments with a scope.
    pub user: Option<UserDetails>,
    /// The delivery address and the shipping option, in the event of the approval of an Express
    /// payment.
    pub shipping: Option<ShippingDetails>,
    /// The customer's id for [`Vipps::userinfo`](crate::Vipps::userinfo), in the event of the
    /// approval, for payments with a scope.
    pub sub: Option<Sensitive>,
    /// The time until which a capture is sure to succeed, in the event of the approval.
    pub capture_guaranteed_until: Option<Timestamp>,
}

/// The members of a [`PaymentEvent`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["reference", "name"]))
)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Reference"))]
    reference: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "EventName"))]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    psp_reference: Option<String>,
    #[serde(deserialize_with = "lenient::opt")]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_bool")]
    success: Option<bool>,
    #[serde(deserialize_with = "lenient::opt_id")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    idempotency_key: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<MerchantSerialNumber>"))]
    msn: Option<String>,
    #[serde(deserialize_with = "lenient::opt")]
    user_details: Option<UserDetails>,
    #[serde(deserialize_with = "lenient::opt")]
    shipping_details: Option<WireShipping>,
    #[serde(deserialize_with = "lenient::opt_id")]
    sub: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    capture_guaranteed_until: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentEvent => Wire; }

impl PaymentEvent {
    /// Reads a body. Returns `None` for an object without a reference or a name, which is another
    /// event.
    fn read(body: &[u8]) -> Option<Self> {
        let wire: Wire = read_object(body).ok()?;
        let currency = wire.amount.map(Amount::currency);
        let shipping = wire.shipping_details;
        Some(Self {
            reference: Reference::parse(&wire.reference?).ok()?,
            name: EventName::from(wire.name?),
            psp_reference: wire.psp_reference,
            amount: wire.amount,
            success: wire.success,
            timestamp: wire.timestamp.map(Timestamp::from),
            idempotency_key: wire.idempotency_key,
            merchant_serial_number: wire.msn.and_then(|number| number.trim().parse().ok()),
            user: wire.user_details,
            shipping: shipping.map(|wire| wire.into_details(currency)),
            sub: wire.sub.map(Sensitive::from),
            capture_guaranteed_until: wire.capture_guaranteed_until.map(Timestamp::from),
        })
    }

    /// Returns `true` if the event states that the operation succeeded. Returns `false` if the
    /// event states a failure, or states neither.
    pub fn succeeded(&self) -> bool {
        self.success == Some(true)
    }
}

/// An event that this version does not read. `Debug` does not show the body.
#[derive(Clone)]
pub struct UnknownEvent(Bytes);

impl UnknownEvent {
    /// Returns the unchanged body. It may contain personal data: do not log it.
    pub fn body(&self) -> &[u8] {
        &self.0
    }

    /// Returns the unchanged body, by value.
    pub fn into_body(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for UnknownEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownEvent")
            .field("body_bytes", &self.0.len())
            .finish_non_exhaustive()
    }
}

/// Reads the JSON object of an event. A byte order mark is skipped, and of two members of the same
/// name the last is read.
pub(super) fn read_object<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).and_then(by_name::from_value)
}
