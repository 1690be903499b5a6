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
use super::{CheckIn, Event, Receiver, Verifier, WebhookError};

/// Routes the events of a registered URL to `handler`.
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

/// Routes the check-ins of a registered URL to `handler`, which returns the response.
///
/// Only check-ins with a valid signature reach the handler. Any other request is refused with
/// [`WebhookError::status`] and an empty body, and is logged as a warning.
///
/// Respond within 10 seconds: store the event, and process it afterwards. A URL that is registered
/// for other events too needs [`events`], since this handler refuses them with HTTP 400, and the API
/// then resends them.
pub fn post<S, H, F>(verifier: Verifier, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    H: Fn(CheckIn) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: IntoResponse> + Send + 'static,
{
    routing::post(
        async move |request: Request| match receive(&verifier, request).await {
            Ok(check_in) => handler(check_in).await.into_response(),
            Err(error) => refuse(error).into_response(),
        },
    )
}

async fn receive(verifier: &Verifier, request: Request) -> Result<CheckIn, WebhookError> {
    let request = read(request).await?;
    verifier.verify(&request)?.check_in()
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
