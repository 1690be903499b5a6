//! The delivery of messages to the merchant: addresses, signatures, retries and the log. `server`
//! sends the bytes.

mod log;
mod queue;
mod receiver;
mod record;
mod signature;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::gateway::OutgoingMessage;

pub(crate) use log::{DeliveryLog, Destination};
pub(crate) use queue::Queue;
pub(crate) use receiver::Receiver;
pub use record::{Delivery, DeliveryOutcome};

/// A message that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Job {
    /// The number in the log.
    pub(crate) number: u64,
    pub(crate) outgoing: OutgoingMessage,
    pub(crate) to: Destination,
    /// Set on the second copy of a message that a fault duplicates. Its outcome is ignored.
    pub(crate) is_duplicate: bool,
    /// The delay before the message is sent, in real time.
    pub(crate) wait: Duration,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Job {
    pub(crate) fn new(
        number: u64,
        outgoing: &OutgoingMessage,
        to: Destination,
        wait: Duration,
        now: Timestamp,
    ) -> Self {
        let body = outgoing.body.as_ref();
        let body = body.map(|body| Bytes::from(body.to_string()));
        let (host, path) = signature::host_and_path(&outgoing.url);
        let mut headers = vec![("host", host)];
        if body.is_some() {
            headers.push(("content-type", "application/json; charset=utf-8".into()));
        }
        if let Some(authorization) = &outgoing.authorization {
            headers.push(("authorization", authorization.clone()));
        }
        let body = body.unwrap_or_default();
        if let Some(registration) = &outgoing.signed_by {
            headers.extend(signature::sign(registration, &body, now));
        }
        Self {
            number,
            outgoing: outgoing.clone(),
            to,
            is_duplicate: false,
            wait,
            path,
            headers,
            body,
        }
    }

    /// Returns the message as an HTTP request.
    pub(crate) fn request(&self) -> Result<http::Request<Bytes>, String> {
        let mut request = http::Request::builder()
            .method(self.outgoing.message.method.clone())
            .uri(self.path.as_str());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(self.body.clone());
        request.map_err(|error| error.to_string())
    }
}
