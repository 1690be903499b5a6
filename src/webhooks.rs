//! The Webhooks API: registers URLs that receive events, and verifies the events.
//!
//! # Registration
//!
//! [`Webhooks::ensure`] registers a URL when a service starts. The response contains the secret
//! that signs the events. The API never shows the secret again, so store it:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vipps = vipps::testing::Recorder::new()
//! #     .respond("GET", "/webhooks/v1/webhooks", 200, r#"{"webhooks":[]}"#)
//! #     .respond("POST", "/webhooks/v1/webhooks", 201, r#"{"id":"w-1","secret":"090a478d"}"#)
//! #     .client();
//! # let stored = None;
//! use vipps::types::HttpsUrl;
//! use vipps::webhooks::{EventType, Verifier};
//!
//! let url: HttpsUrl = "https://shop.example.com/hooks/vipps".parse()?;
//! let events = [EventType::PaymentAuthorized, EventType::PaymentExpired];
//!
//! // `stored` is the registration that an earlier start of the service has stored.
//! let ensured = vipps.webhooks().ensure(url.clone(), events, stored).await?;
//! let registration = ensured.registration();
//! if ensured.is_new() {
//!     println!("store {} with its secret", registration.id());
//! }
//! let verifier = Verifier::new(url, [registration.expose_secret()])?;
//! # let _ = verifier;
//! # Ok(()) }
//! ```
//!
//! Register a URL once, never for each payment. The URL must be `https` and reachable from the
//! internet; redirects are not followed. Use one URL for each kind of event. The test and
//! production environments have separate registrations.
//!
//! A registration whose URL does not respond for two weeks is deleted without notice. Run
//! [`ensure`](Webhooks::ensure) at each start, and poll payments in any case.
//!
//! # Receiving an event
//!
//! Vipps MobilePay posts each event to the registered URL. A [`Verifier`] checks the signature, and
//! returns the event only if the signature is valid:
//!
//! ```
//! use vipps::webhooks::{Event, Verifier};
//! # use vipps::webhooks::Signer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (url, secret) = ("https://shop.example.com/hooks/vipps", "090a478d-37ff-4e77-970e-d457aeb26a3a");
//! let verifier = Verifier::new(url, [secret])?;
//! # let body = r#"{"customerToken":"AAAA","merchantQrId":"till-1","msn":"123456","initiatedAt":"2023-10-06T10:45:40.3061965Z"}"#;
//! # let request = Signer::new(url, secret)?.sign("2023-10-06T10:45:41Z".parse()?, body)?;
//! // `request` is an `http::Request` with the unchanged bytes of the body.
//! match verifier.verify(&request)?.event() {
//!     Event::Payment(event) => println!("read the details of {}", event.reference),
//!     Event::CheckIn(check_in) => println!("a customer waits at {}", check_in.merchant_qr_id),
//!     _ => println!("an event that was not expected"),
//! }
//! # Ok(()) }
//! ```
//!
//! Respond within 10 seconds: with a 2xx status as soon as the event is stored, and with
//! [`WebhookError::status`] if it is refused. A [`Receiver`] does this for any web framework, and
//! with the feature `axum` there is a ready handler. Respond with 2xx also to events that you do
//! not expect.
//!
//! Without a 2xx response the event is sent again for up to 7 days, at first every 2 seconds and
//! then at growing intervals (webhooks guide). Until then, later events of the same payment wait.
//!
//! Any event may arrive twice; see [`Receiver::deduplicate`]. A missed event cannot be fetched
//! later. An event is only a hint: read the details of a payment before you act on it, and poll
//! open payments in any case. A check-in that is minutes old is of no use to the customer, so check
//! [`CheckIn::is_fresh`].
//!
//! The eCom API has no webhooks. It has callbacks; see [`callback`](crate::callback).

#[cfg(feature = "axum")]
pub mod axum;
mod check_in;
mod delete;
mod ensure;
mod error;
mod event;
mod event_store;
mod list;
pub(crate) mod operations;
mod receiver;
mod register;
mod registration;
mod signature;
#[cfg(feature = "testing")]
mod signer;
mod verifier;

pub use check_in::CheckIn;
pub use delete::DeleteWebhook;
pub use ensure::{EnsureWebhook, Ensured};
pub use error::WebhookError;
pub use event::{Event, PaymentEvent, UnknownEvent};
pub use event_store::{EventStore, EventStoreError, EventStoreFuture, MemoryEventStore};
pub use list::ListWebhooks;
pub use receiver::Receiver;
pub use register::RegisterWebhook;
pub use registration::{EventType, Registration, Webhook};
#[cfg(feature = "testing")]
pub use signer::Signer;
pub use verifier::{Verified, Verifier};

use crate::runtime::Runtime;
use crate::types::HttpsUrl;

/// The Webhooks API of one client. Returned by [`Vipps::webhooks`](crate::Vipps::webhooks).
#[derive(Clone, Debug)]
pub struct Webhooks {
    runtime: Runtime,
}

impl Webhooks {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// Registers a URL for events. Only this response contains the secret.
    ///
    /// A second call makes a second registration, and each event then arrives twice, signed with
    /// different secrets. Services register with [`ensure`](Self::ensure) instead.
    ///
    /// A sales unit can have at most 25 registrations for each event type, and 1 for
    /// [`EventType::UserCheckedIn`] (Webhooks API, "Limitations").
    ///
    /// Calls `registerWebhook`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let vipps = vipps::testing::Recorder::new()
    /// #     .respond("POST", "/webhooks/v1/webhooks", 201, r#"{"id":"w-1","secret":"090a478d"}"#)
    /// #     .client();
    /// use vipps::webhooks::EventType;
    ///
    /// let url = "https://shop.example.com/hooks/vipps".parse()?;
    /// let registration = vipps.webhooks().register(url, [EventType::UserCheckedIn]).await?;
    /// println!("store {} with its secret", registration.id());
    /// # Ok(()) }
    /// ```
    #[doc(alias("subscribe", "secret"))]
    pub fn register(
        &self,
        url: HttpsUrl,
        events: impl IntoIterator<Item = impl Into<EventType>>,
    ) -> RegisterWebhook {
        let events = events.into_iter().map(Into::into).collect();
        RegisterWebhook::new(self.runtime.clone(), url, events)
    }

    /// Lists the registrations of the sales unit, without their secrets.
    ///
    /// Calls `listWebhooks`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let list = r#"{"webhooks":[{"id":"w-1","url":"https://shop.example.com/","events":["user.checked-in.v1"]}]}"#;
    /// # let vipps = vipps::testing::Recorder::new().respond("GET", "/webhooks/v1/webhooks", 200, list).client();
    /// for webhook in vipps.webhooks().list().await? {
    ///     println!("{} sends {:?} to {}", webhook.id(), webhook.events(), webhook.url());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn list(&self) -> ListWebhooks {
        ListWebhooks::new(self.runtime.clone())
    }

    /// Deletes the registration with this id. Its pending retries end too. A registration that does
    /// not exist counts as deleted.
    ///
    /// Calls `deleteWebhook`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let id = "5a2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b77";
    /// # let path = format!("/webhooks/v1/webhooks/{id}");
    /// # let vipps = vipps::testing::Recorder::new().respond("DELETE", &path, 204, "").client();
    /// vipps.webhooks().delete(id).await?;
    /// # Ok(()) }
    /// ```
    pub fn delete(&self, id: impl Into<String>) -> DeleteWebhook {
        DeleteWebhook::new(self.runtime.clone(), id.into())
    }

    /// Registers a URL for events when a service starts, unless `stored` contains a registration
    /// that is still valid.
    ///
    /// Lists the registrations and compares their URL and events:
    ///
    /// * A registration of this URL for these events, whose secret is in `stored`, is kept.
    /// * Otherwise the URL is registered anew, because the API does not show the secret of an
    ///   existing registration and cannot change its events.
    /// * All other registrations of this URL are deleted. Their secrets are lost, or their events
    ///   differ. Registrations of other URLs are never changed.
    ///
    /// The new registration is made before the old one is deleted, so that no event is lost. Some
    /// events then arrive twice. [`EventType::UserCheckedIn`] allows one registration, and needs
    /// [`delete_first`](EnsureWebhook::delete_first).
    ///
    /// Store the result before you receive events. Two processes that start at the same time and
    /// share no storage delete each other's registration.
    ///
    /// Calls `listWebhooks`, and `registerWebhook` and `deleteWebhook` where needed. The
    /// [module documentation](self#registration) has an example.
    pub fn ensure(
        &self,
        url: HttpsUrl,
        events: impl IntoIterator<Item = impl Into<EventType>>,
        stored: impl IntoIterator<Item = Registration>,
    ) -> EnsureWebhook {
        let events = events.into_iter().map(Into::into).collect();
        let stored = stored.into_iter().collect();
        EnsureWebhook::new(self.runtime.clone(), url, events, stored)
    }
}

/// A call through the generated client of this API.
type Call = crate::call::Call<crate::raw::webhooks::Client>;

/// Implements the setter for partners for a builder with `options`.
macro_rules! all_sales_units {
    ($builder:ident) => {
        impl $builder {
            /// Sends no `Merchant-Serial-Number`. With the keys of a partner, the request is then
            /// about the registrations for all sales units of the partner, including future ones.
            /// With the keys of a merchant the number is required.
            pub fn all_sales_units(mut self) -> Self {
                self.options.merchant = None;
                self.options.all_sales_units = true;
                self
            }
        }
    };
}
use all_sales_units;
