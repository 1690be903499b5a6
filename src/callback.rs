//! What Vipps calls at the merchant while an eCom payment goes on: the result of the payment, the question for shipping
//! methods, and the end of a customer's consent.
//!
//! Each payment says where, with its callback prefix, and what the calls prove themselves with, its `authToken`:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vipps = vipps::testing::Recorder::new()
//! #     .answer("POST", "/ecomm/v2/payments", 200, r#"{"orderId":"order-1","url":"https://api.vipps.no/x?token=y"}"#)
//! #     .client();
//! # let (id, amount, text) = ("order-1".parse()?, vipps::Amount::nok(499), "Socks".parse()?);
//! use vipps::callback::{Callback, CallbackAuth, CallbackUrls};
//!
//! let urls = CallbackUrls::new("https://shop.example.com/vipps".parse()?);
//! let auth = CallbackAuth::generate()?; // or made from one that is stored: it must outlive the payments
//!
//! let payment = vipps
//!     .ecom()
//!     .initiate(id, amount, text)
//!     .callback_prefix(urls.prefix().clone())
//!     .auth_token(auth.token().clone())
//!     .await?;
//!
//! // Later comes a request to https://shop.example.com/vipps/v2/payments/order-1, whatever the web framework.
//! # let request = http::Request::post(urls.payment_url(payment.order_id()))
//! #     .header("Authorization", auth.token().expose())
//! #     .body(r#"{"orderId":"order-1","transactionInfo":{"status":"RESERVED","amount":49900}}"#)?;
//! match vipps::callback::parse(&request, &auth)? {
//!     Callback::Payment(update) => println!("ask for the details of {}", update.order_id),
//!     Callback::Shipping(request) => println!("answer with {:?}", request.reply([])?.response()),
//!     Callback::Consent(removal) => println!("delete what is known of {:?}", removal.user_id),
//! }
//! # Ok(()) }
//! ```
//!
//! | what | request | answer within |
//! |---|---|---|
//! | [`PaymentUpdate`] | `POST {callbackPrefix}/v2/payments/{orderId}` | 3 s |
//! | [`ShippingRequest`] | `POST {shippingDetailsPrefix}/v2/payments/{orderId}/shippingDetails` | 10 s |
//! | [`ConsentRemoval`] | `DELETE {consentRemovalPrefix}/v2/consents/{userId}` | – |
//!
//! Each is tried **once**. Some payments have none, and none comes in a certain order: so poll all the same, and take
//! an update as a reason to ask for the details, which alone are the truth. Answer 200; with anything else, nothing
//! happens again.
//!
//! The calls are not signed. The `authToken` and TLS are all that protects them, so send one with each payment, and
//! keep it secret. The documentation of the API does not say that consent removals carry the token: they are refused
//! without it until [`CallbackAuth::allow_unauthenticated_consent_removal`] is called. Nor are they dated in a way that could be checked: a call that is replayed looks like a call. It
//! does no harm where only the details decide. The check-in of a QR code is another thing with a signature, see [`webhook`](crate::webhook).

mod auth;
#[cfg(feature = "axum")]
pub mod axum;
mod consent;
mod error;
mod payment;
mod shipping;
mod target;
mod urls;

use http::Request;

pub use auth::CallbackAuth;
pub use consent::ConsentRemoval;
pub use error::CallbackError;
pub use payment::{CallbackStatus, PaymentUpdate};
pub use shipping::{AddressType, ShippingReply, ShippingRequest};
pub use urls::CallbackUrls;

use target::Target;

/// The largest body that is read: 1 MiB. Real ones are below 10 KiB.
const MAX_BODY: usize = 1 << 20;

/// One of the calls that Vipps makes.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each request, taken apart at once"
)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the eCom API makes these three calls, and a server must handle each of them"
)]
pub enum Callback {
    /// A payment was approved, refused, cancelled, or timed out.
    Payment(PaymentUpdate),
    /// The customer of an express payment has chosen an address, and waits for the ways to deliver there.
    Shipping(ShippingRequest),
    /// A customer has withdrawn the consent to keep personal data.
    Consent(ConsentRemoval),
}

/// Reads a call of Vipps. It is recognised by its method and the end of its path, so that it does not matter what a
/// proxy or framework does to the prefix. Then `Authorization` is checked, then the body is read.
///
/// A prefix may end in a query, such as `https://shop.example.com/?path=`. The call is then found in any part of the
/// query, as it stands or percent-encoded.
///
/// # Errors
/// In this order: [`CallbackError::NotACallback`], [`Unauthorized`](CallbackError::Unauthorized) or
/// [`UnauthenticatedConsentRemoval`](CallbackError::UnauthenticatedConsentRemoval),
/// [`TooLarge`](CallbackError::TooLarge), [`BadBody`](CallbackError::BadBody). Answer with
/// [`CallbackError::status`].
pub fn parse<B: AsRef<[u8]>>(
    request: &Request<B>,
    auth: &CallbackAuth,
) -> Result<Callback, CallbackError> {
    let target = Target::of(request.method(), request.uri()).ok_or(CallbackError::NotACallback)?;
    let allowed = target.allow(auth, request.headers())?;
    allowed.read(request.body().as_ref())
}
