//! An axum router for callbacks (feature `axum`).
//!
//! ```
//! use axum::{Router, http::StatusCode, response::IntoResponse};
//! use vipps::callback::{self, Callback, CallbackAuth};
//!
//! # fn main() -> vipps::Result<()> {
//! let callbacks = callback::axum::router(CallbackAuth::generate()?, async |callback| match callback {
//!     Callback::Payment(update) => {
//!         println!("read the details of {}", update.order_id);
//!         StatusCode::OK.into_response()
//!     }
//!     Callback::Shipping(request) => match request.respond([]) {
//!         Ok(response) => response.into_response(),
//!         Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
//!     },
//!     Callback::Consent(_) => StatusCode::OK.into_response(),
//! });
//! // The callback prefix of the payments is then https://shop.example.com/vipps
//! let app: Router = Router::new().nest("/vipps", callbacks);
//! # Ok(()) }
//! ```
//!
//! A handler clones shared state, such as a client or a store, for each callback:
//!
//! ```
//! # use axum::{Router, http::StatusCode};
//! # use std::sync::{Arc, Mutex};
//! # use vipps::callback::{self, Callback, CallbackAuth};
//! # fn main() -> vipps::Result<()> {
//! let decided = Arc::new(Mutex::new(Vec::new()));
//! let callbacks: Router = callback::axum::router(CallbackAuth::generate()?, move |callback| {
//!     let decided = Arc::clone(&decided);
//!     async move {
//!         if let Callback::Payment(update) = callback {
//!             decided.lock().unwrap().push(update.order_id);
//!         }
//!         StatusCode::OK
//!     }
//! });
//! # Ok(()) }
//! ```

use std::fmt;
use std::future::Future;

use ::axum::Router;
use ::axum::body::{Body, to_bytes};
use ::axum::extract::Request;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::{MethodRouter, any, post};
use bytes::Bytes;

use super::shipping_options::authorize;
use super::target::Target;
use super::{
    Callback, CallbackAuth, CallbackError, MAX_BODY, ShippingOptionsRequest, ShippingResponse,
    respond_to_shipping_options,
};
use crate::epayment::ShippingGroup;

/// Routes the three callbacks below one prefix to `handler`, which returns the response. The
/// [module documentation](self) has an example.
///
/// Only authenticated callbacks reach the handler. Any other request is refused with
/// [`CallbackError::status`] and an empty body, and is logged as a warning. The token is checked
/// before the body is read.
///
/// A prefix that ends in a query, such as `https://shop.example.com/?path=`, needs a separate route
/// with [`parse`](super::parse), because a router does not match queries.
///
/// Respond to a payment update within 3 seconds: store it, and read the details afterwards.
pub fn router<S, H, F>(auth: CallbackAuth, handler: H) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    H: Fn(Callback) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: IntoResponse> + Send + 'static,
{
    let call = any(
        async move |request: Request| match receive(&auth, request).await {
            Ok(callback) => handler(callback).await.into_response(),
            Err(error) => {
                tracing::warn!(reason = %error, "callback refused");
                error.into_response()
            }
        },
    );
    Router::new()
        .route("/v2/payments/{order_id}", call.clone())
        .route("/v2/payments/{order_id}/shippingDetails", call.clone())
        .route("/v2/consents/{*user_id}", call)
}

/// Routes the requests for shipping options of Express payments of the ePayment API to `handler`,
/// at the `callbackUrl` of the payments.
///
/// The handler returns the groups of shipping options. The response is that of
/// [`respond_to_shipping_options`]. The token is checked before the body is read.
///
/// ```
/// use axum::Router;
/// use vipps::Amount;
/// use vipps::callback::{self, CallbackAuth};
/// use vipps::epayment::{ShippingBrand, ShippingGroup, ShippingOption, ShippingToken, ShippingType};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let token = ShippingToken::generate()?; // store the token: it must outlive the payments
/// let auth = CallbackAuth::new(token.expose().parse()?);
/// let options = callback::axum::shipping_options(auth, async |request| {
///     println!("shipping for {}", request.reference);
///     let option = ShippingOption::new("home", "To the door", Amount::nok(99));
///     let group = ShippingGroup::new(ShippingType::HomeDelivery, ShippingBrand::Posten, [option]);
///     Ok::<_, std::io::Error>(vec![group])
/// });
/// let app: Router = Router::new().route("/shipping", options);
/// # Ok(()) }
/// ```
pub fn shipping_options<S, H, F, E>(auth: CallbackAuth, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    H: Fn(ShippingOptionsRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Vec<ShippingGroup>, E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    post(
        async move |request: Request| match read_authorized(&auth, request).await {
            Ok(request) => respond_to_shipping_options(&request, &auth, handler)
                .await
                .map(Body::from),
            Err(error) => {
                tracing::warn!(reason = %error, "callback refused");
                error.into_response()
            }
        },
    )
}

async fn read_authorized(
    auth: &CallbackAuth,
    request: Request,
) -> Result<http::Request<Bytes>, CallbackError> {
    let (parts, body) = request.into_parts();
    authorize(&parts.method, &parts.headers, auth)?;
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| CallbackError::TooLarge)?;
    Ok(http::Request::from_parts(parts, body))
}

async fn receive(auth: &CallbackAuth, request: Request) -> Result<Callback, CallbackError> {
    let (parts, body) = request.into_parts();
    let target = Target::parse(&parts.method, &parts.uri).ok_or(CallbackError::NotACallback)?;
    let authorized = target.authorize(auth, &parts.headers)?;
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| CallbackError::TooLarge)?;
    authorized.read(&body)
}

/// Responds with the status and an empty body.
impl IntoResponse for CallbackError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

/// Responds with HTTP 200 and the shipping methods as JSON.
impl IntoResponse for ShippingResponse {
    fn into_response(self) -> Response {
        self.response().map(Body::from)
    }
}
