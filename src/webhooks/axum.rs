//! axum handlers for webhooks (feature `axum`).
//!
//! ```
//! use axum::Router;
//! use vipps::webhooks::{self, Event, MemoryEventStore, Receiver, Verifier};
//!
//! # fn main() -> Result<(), vipps::InvalidValue> {
//! let url = "https://shop.example.com/hooks/vipps";
//! let verifier = Verifier::new(url, ["090a478d-37ff-4e77-970e-d457aeb26a3a"])?;
//! let receiver = Receiver::new(verifier).deduplicate(MemoryEventStore::default());
//! let app: Router = Router::new().route(
//!     "/hooks/vipps",
//!     webhooks::axum::events(receiver, async |event| {
//!         match event {
//!             Event::Payment(event) => println!("read the details of {}", event.reference),
//!             Event::CheckIn(check_in) => println!("a customer waits at {}", check_in.merchant_qr_id),
//!             _ => {}
//!         }
//!         Ok::<_, std::io::Error>(()) // after an error, the event is sent again
//!     }),
//! );
//! # Ok(()) }
//! ```

use std::fmt;
use std::future::Future;

use ::axum::body::to_bytes;
use ::axum::extract::Request;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::{self, MethodRouter};
use bytes::Bytes;

use super::receiver::refuse;
use super::verifier::MAX_BODY;
use super::{Event, Receiver, WebhookError};

/// Routes the events of a registered URL to `handler`. The [module documentation](self) has an
/// example. A [`Verifier`](super::Verifier) as `receiver` deduplicates nothing.
///
/// Only events with a valid signature reach the handler. The response has the status that
/// [`Receiver::handle`] returns and an empty body: 200 if the handler succeeds, also for an event
/// that this version does not read, 500 if the handler fails, and 401 for a wrong signature.
///
/// The response must be sent within 10 seconds: store the event, and process it afterwards.
pub fn events<S, H, F, E>(receiver: impl Into<Receiver>, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    H: Fn(Event) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let receiver = receiver.into();
    routing::post(async move |request: Request| match read(request).await {
        Ok(request) => receiver.handle(&request, handler).await,
        Err(error) => refuse(error),
    })
}

/// Reads the whole body.
async fn read(request: Request) -> Result<http::Request<Bytes>, WebhookError> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| WebhookError::TooLarge)?;
    Ok(http::Request::from_parts(parts, body))
}

/// Responds with the status and an empty body.
impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
