//! Registers a URL for events.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::registration::{Registration, checked_events};
use super::{Call, EventType, all_sales_units};
use crate::call::{CallOptions, Response, operation};
use crate::error::Result;
use crate::raw::webhooks::types;
use crate::runtime::Runtime;
use crate::types::{HttpsUrl, lenient};

const REFUSED_HINT: &str = "The Webhooks API refuses a URL that is not reachable from the internet with https, an \
                            unknown event type, and more registrations than 25 for each event type, or 1 for \
                            `user.checked-in.v1`. `Webhooks::list` returns the registrations.";

/// Registers a URL for events. Returned by [`Webhooks::register`](super::Webhooks::register);
/// `.await` sends the request.
///
/// The request is never retried once it may have reached the API, because a second request would
/// make a second registration.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct RegisterWebhook {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    url: HttpsUrl,
    events: Vec<EventType>,
}

operation! { RegisterWebhook => Registration; deadline, merchant_serial_number, retry }
all_sales_units!(RegisterWebhook);

impl RegisterWebhook {
    pub(super) fn new(runtime: Runtime, url: HttpsUrl, events: Vec<EventType>) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            url,
            events,
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: no events, or an event type that is not a name.
    ///
    /// HTTP 400 if the API refuses the URL or an event type, or if an event type has too many
    /// registrations.
    ///
    /// After an outcome of [`Unknown`](crate::Outcome::Unknown) the URL may be registered, and its
    /// secret is lost. Call [`Webhooks::ensure`](super::Webhooks::ensure), which deletes such a
    /// registration and makes a new one.
    pub async fn send(self) -> Result<Registration> {
        let events = checked_events(self.events)?;
        let names: Vec<_> = events
            .iter()
            .map(|event| event.as_str().to_owned())
            .collect();
        let body = types::RegisterRequest::builder()
            .url(self.url.as_str().to_owned())
            .events(names);
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| api.register_webhook().body(body).send())
            .await;
        match response {
            Err(error) if error.http_status() == Some(400) => Err(error.with_hint(REFUSED_HINT)),
            response => Registration::read(&response?),
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_id")]
    secret: Option<String>,
}

impl Registration {
    /// Reads a response. Without its id and secret the registration is useless.
    fn read(response: &Response) -> Result<Self> {
        let wire: Wire = response.decode()?;
        let (Some(id), Some(secret)) = (wire.id, wire.secret.map(SecretString::from)) else {
            return Err(
                response.decode_error("the response has no id or no secret of a registration")
            );
        };
        Self::new(id, secret.expose_secret())
            .map_err(|_| response.decode_error("the secret of the registration is unreadable"))
    }
}
