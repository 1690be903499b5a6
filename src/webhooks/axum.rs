//! An axum handler for check-ins (feature `axum`).
//!
//! ```
//! use axum::{Router, http::StatusCode};
//! use vipps::webhooks::{self, Verifier};
//!
//! # fn main() -> Result<(), vipps::InvalidValue> {
//! let url = "https://shop.example.com/hooks/vipps";
//! let verifier = Verifier::new(url, ["090a478d-37ff-4e77-970e-d457aeb26a3a"])?;
//! let app: Router = Router::new().route(
//!     "/hooks/vipps",
//!     webhooks::axum::post(verifier, async |check_in| {
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

use super::verifier::MAX_BODY;
use super::{CheckIn, Verifier, WebhookError};

/// Routes the check-ins of a registered URL to `handler`, which returns the response.
///
/// Only check-ins with a valid signature reach the handler. Any other request is refused with
/// [`WebhookError::status`] and an empty body, and is logged as a warning.
///
/// Respond within 10 seconds: store the event, and process it afterwards. A URL that is registered
/// for other events too needs a handler with [`Verifier::verify`], since this one refuses them with
/// HTTP 400, and the API then resends them.
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

/// Responds with the status and an empty body.
impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
