//! Callbacks of the eCom API: the result of a payment, the request for shipping methods, and the
//! removal of a customer's consent. The ePayment API has one callback, the [request for shipping
//! options](ShippingOptionsRequest) of an Express payment; it reports results by
//! [`webhooks`](crate::webhooks).
//!
//! Each eCom payment states the URL prefix of its callbacks, and the `authToken` that authenticates
//! them:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vipps = vipps::testing::Recorder::new()
//! #     .respond("POST", "/ecomm/v2/payments", 200, r#"{"orderId":"order-1","url":"https://api.vipps.no/x?token=y"}"#)
//! #     .client();
//! # let (id, amount, text) = ("order-1".parse()?, vipps::Amount::nok(499), "Socks".parse()?);
//! use vipps::callback::{Callback, CallbackAuth, CallbackUrls};
//!
//! let urls = CallbackUrls::new("https://shop.example.com/vipps".parse()?);
//! let auth = CallbackAuth::generate()?; // store the token: it must outlive the payments
//!
//! let payment = vipps
//!     .ecom()
//!     .initiate(id, amount, text)
//!     .callback_prefix(urls.prefix().clone())
//!     .auth_token(auth.token().clone())
//!     .await?;
//!
//! // Later, a request to https://shop.example.com/vipps/v2/payments/order-1, from any web framework:
//! # let request = http::Request::post(urls.payment_url(payment.order_id()))
//! #     .header("Authorization", auth.token().expose())
//! #     .body(r#"{"orderId":"order-1","transactionInfo":{"status":"RESERVED","amount":49900}}"#)?;
//! match vipps::callback::parse(&request, &auth)? {
//!     Callback::Payment(update) => println!("read the details of {}", update.order_id),
//!     Callback::Shipping(request) => println!("respond with {:?}", request.respond([])?.response()),
//!     Callback::Consent(removal) => println!("delete the data of {:?}", removal.user_id),
//! }
//! # Ok(()) }
//! ```
//!
//! | callback | request | respond within |
//! |---|---|---|
//! | [`PaymentUpdate`] | `POST {callbackPrefix}/v2/payments/{orderId}` | 3 s |
//! | [`ShippingRequest`] | `POST {shippingDetailsPrefix}/v2/payments/{orderId}/shippingDetails` | 10 s |
//! | [`ConsentRemoval`] | `DELETE {consentRemovalPrefix}/v2/consents/{userId}` | – |
//!
//! Vipps MobilePay sends each callback **once**, in no guaranteed order, and sends no callback for
//! some payments. Poll in any case, and use a [`PaymentUpdate`] only as a trigger to read the
//! payment's details, which are authoritative. Respond with HTTP 200. Another status does not cause
//! a retry. The times are those of the eCom guide.
//!
//! # Security
//!
//! Callbacks are not signed. The `authToken` and TLS are their only protection, so set a token on
//! each payment and keep it secret. The documentation of the API does not state that consent
//! removals carry the token. They are refused without it until
//! [`CallbackAuth::allow_unauthenticated_consent_removal`] is called.
//!
//! Callbacks carry no date that could be checked, so a replayed callback looks like the original. A
//! replay does no harm if your code acts only on the details.
//!
//! Events of ePayment payments and of QR codes are signed webhooks; see
//! [`webhooks`](crate::webhooks).

mod auth;
#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod consent;
mod error;
mod payment;
mod shipping;
mod shipping_options;
mod target;
mod urls;

use http::Request;

pub use auth::CallbackAuth;
pub use consent::ConsentRemoval;
pub use error::CallbackError;
pub use payment::{CallbackStatus, PaymentUpdate};
pub use shipping::{AddressType, ShippingRequest, ShippingResponse};
pub use shipping_options::{ShippingOptionsRequest, respond_to_shipping_options};
pub use urls::CallbackUrls;

use target::Target;

/// The largest body that is read: 1 MiB. Bodies of the API are below 10 KiB.
const MAX_BODY: usize = 1 << 20;

/// A callback of the eCom API. Returned by [`parse`].
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once for each request, and matched at once"
)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the eCom API makes these three calls, and a server must handle each of them"
)]
pub enum Callback {
    /// The result of a payment: approved, rejected, cancelled or timed out.
    Payment(PaymentUpdate),
    /// A request for the shipping methods to the address that the customer of an express payment
    /// has chosen. The customer waits for them in the app.
    Shipping(ShippingRequest),
    /// The withdrawal of a customer's consent to store personal data.
    Consent(ConsentRemoval),
}

/// Authenticates and reads a callback.
///
/// The method and the end of the path identify the callback, so a proxy or framework may change the
/// prefix. The `Authorization` header is checked before the body is read.
///
/// A prefix may end in a query, such as `https://shop.example.com/?path=`. The path is then
/// searched for in each part of the query, plain or percent-encoded.
///
/// # Errors
/// Checked in this order: [`CallbackError::NotACallback`],
/// [`Unauthorized`](CallbackError::Unauthorized) or
/// [`UnauthenticatedConsentRemoval`](CallbackError::UnauthenticatedConsentRemoval),
/// [`TooLarge`](CallbackError::TooLarge), [`BadBody`](CallbackError::BadBody). Respond with
/// [`CallbackError::status`].
#[doc(alias("webhook", "authToken"))]
pub fn parse<B: AsRef<[u8]>>(
    request: &Request<B>,
    auth: &CallbackAuth,
) -> Result<Callback, CallbackError> {
    let target =
        Target::parse(request.method(), request.uri()).ok_or(CallbackError::NotACallback)?;
    let authorized = target.authorize(auth, request.headers())?;
    authorized.read(request.body().as_ref())
}
