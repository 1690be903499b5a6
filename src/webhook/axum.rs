//! A ready axum handler for check-ins (feature `axum`).
//!
//! ```
//! use axum::{Router, http::StatusCode};
//! use vipps::webhook::{self, Verifier};
//!
//! # fn main() -> Result<(), vipps::InvalidValue> {
//! let url = "https://shop.example.com/hooks/vipps";
//! let verifier = Verifier::new(url, ["090a478d-37ff-4e77-970e-d457aeb26a3a"])?;
//! let app: Router = Router::new().route(
//!     "/hooks/vipps",
//!     webhook::axum::post(verifier, async |check_in| {
//!         println!("a customer waits at {}", check_in.merchant_qr_id);
//!         StatusCode::OK
//!     }),
//! );
//! # Ok(()) }
//! ```

use std::future::Future;

use ::axum::body::to_bytes;
use ::axum::extract::Request;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::{self, MethodRouter};

use super::{CheckIn, MAX_BODY, Verifier, WebhookError};

/// A handler for the registered URL: what is signed and is a check-in goes to `handler`, whose answer is sent. The
/// rest is refused without it, with [`WebhookError::status`] and an empty body, and a warning in the log.
///
/// Answer within 10 seconds: store the event, and work on it later. A URL that is registered for other events as well
/// needs [`Verifier::verify`] and a handler of its own, since here those get a 400 and are sent again.
pub fn post<S, H, F>(verifier: Verifier, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    H: Fn(CheckIn) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: IntoResponse> + Send + 'static,
{
    routing::post(
        async move |request: Request| match receive(&verifier, request).await {
            Ok(check_in) => handler(check_in).await.into_response(),
            Err(error) => {
                tracing::warn!(reason = %error, "webhook refused");
                error.into_response()
            }
        },
    )
}

async fn receive(verifier: &Verifier, request: Request) -> Result<CheckIn, WebhookError> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| WebhookError::TooLarge)?;
    verifier
        .verify_parts(&parts.method, &parts.headers, &body)?
        .check_in()
}

/// Its status, and nothing else.
impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
