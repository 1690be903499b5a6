//! Registrations, and the event types that they are for.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::signature::parse_secret;
use crate::types::open_enum::open_enum;
use crate::types::{HttpsUrl, InvalidValue, lenient};

open_enum! {
    /// The type of the events that a registration is for.
    /// [`Webhooks::register`](crate::webhooks::Webhooks::register) has an example.
    ///
    /// Other names, such as those of the Recurring API, are made from their text:
    /// `EventType::from("recurring.charge-captured.v1")`. The API refuses unknown names.
    pub enum EventType {
        /// An ePayment payment is created.
        PaymentCreated = "epayments.payment.created.v1",
        /// The customer has approved an ePayment payment.
        PaymentAuthorized = "epayments.payment.authorized.v1",
        /// An ePayment payment is captured, in full or in part.
        PaymentCaptured = "epayments.payment.captured.v1",
        /// The rest of an approved ePayment payment is released.
        PaymentCancelled = "epayments.payment.cancelled.v1",
        /// An ePayment payment is refunded, in full or in part.
        PaymentRefunded = "epayments.payment.refunded.v1",
        /// The customer has stopped an ePayment payment.
        PaymentAborted = "epayments.payment.aborted.v1",
        /// The customer has not approved an ePayment payment in time.
        PaymentExpired = "epayments.payment.expired.v1",
        /// The merchant has cancelled an ePayment payment before the approval.
        PaymentTerminated = "epayments.payment.terminated.v1",
        /// A customer has scanned a merchant callback QR code. A sales unit can have one
        /// registration for this event.
        UserCheckedIn = "user.checked-in.v1",
    }
}

/// Checks and sorts the events of a registration, so that two sets of events can be compared.
///
/// # Errors
/// If the list is empty, or if a name is empty or contains white space or control characters.
pub(super) fn checked_events(mut events: Vec<EventType>) -> Result<Vec<EventType>, InvalidValue> {
    if events.is_empty() {
        return Err(InvalidValue::without_value("events", "must not be empty"));
    }
    for event in &events {
        let name = event.as_str();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            let rule = "must be names of visible ASCII characters without spaces";
            return Err(InvalidValue::new("events", rule, name));
        }
    }
    events.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    events.dedup();
    Ok(events)
}

/// A registration with its secret. Store both: the API does not show the secret again.
///
/// `Debug` does not show the secret. Its memory is overwritten when the value is dropped.
///
/// ```
/// use vipps::webhooks::{Registration, Verifier};
///
/// // From a row of your database.
/// let (id, secret) = ("497f6eca-6276-4993-bfeb-53cbbbba6f08", "090a478d-37ff-4e77-970e-d457aeb26a3a");
/// let stored = Registration::new(id, secret)?;
/// let verifier = Verifier::new("https://shop.example.com/webhooks", [stored.expose_secret()])?;
/// # let _ = verifier;
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone)]
pub struct Registration {
    id: String,
    secret: SecretString,
}

impl Registration {
    /// Creates a registration from a stored id and secret.
    ///
    /// # Errors
    /// [`InvalidValue`] if the id is empty. Also if the secret is empty, starts or ends with a
    /// space, or contains a control character or an invisible character.
    pub fn new(id: impl Into<String>, secret: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let id = id.into();
        if id.is_empty() {
            return Err(InvalidValue::new("webhook_id", "must not be empty", id));
        }
        Ok(Self {
            id,
            secret: parse_secret(secret.as_ref())?,
        })
    }

    /// Returns the id of the registration, for [`Webhooks::delete`](super::Webhooks::delete).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the secret for a [`Verifier`](super::Verifier). The secret looks like base64, but is
    /// used as text. Do not log it.
    pub fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A registration in the list of the API, without its secret. Returned by
/// [`Webhooks::list`](super::Webhooks::list).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    id: String,
    url: String,
    events: Vec<EventType>,
}

/// A listed registration. All members are required, because a registration without one of them
/// would look like a registration of another URL or for other events.
#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub(super) struct WireWebhook {
    #[serde(deserialize_with = "lenient::text_or_digits")]
    id: String,
    #[serde(deserialize_with = "lenient::text_or_digits")]
    url: String,
    events: Vec<EventType>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Webhook => WireWebhook; }

impl From<WireWebhook> for Webhook {
    fn from(wire: WireWebhook) -> Self {
        Self {
            id: wire.id,
            url: wire.url,
            events: wire.events,
        }
    }
}

impl Webhook {
    /// Returns the id of the registration, for [`Webhooks::delete`](super::Webhooks::delete).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the URL that receives the events.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the events that are sent to the URL.
    pub fn events(&self) -> &[EventType] {
        &self.events
    }

    /// Returns whether this is a registration of `url`. The API may spell the URL in another way.
    pub(super) fn is_for(&self, url: &HttpsUrl) -> bool {
        let parsed = |text: &str| Url::parse(text).ok();
        self.url == url.as_str()
            || parsed(&self.url).is_some_and(|registered| Some(registered) == parsed(url.as_str()))
    }

    /// Returns whether this registration is for exactly these [`checked_events`] events.
    pub(super) fn has_events(&self, events: &[EventType]) -> bool {
        checked_events(self.events.clone()).is_ok_and(|registered| registered == events)
    }

    /// Returns whether this is the registration with this id. Ids are UUIDs, in any case.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}
