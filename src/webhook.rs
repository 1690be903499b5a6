//! The check-in event `user.checked-in.v1`: a customer has scanned a merchant callback QR code.
//!
//! Vipps MobilePay posts it to the URL that was registered for it, signed with the secret of the registration. A
//! [`Verifier`] checks the signature, and only what it let through can be read:
//!
//! ```
//! use vipps::webhook::Verifier;
//! # use vipps::webhook::Signer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (url, secret) = ("https://shop.example.com/hooks/vipps", "090a478d-37ff-4e77-970e-d457aeb26a3a");
//! let verifier = Verifier::new(url, [secret])?;
//! # let body = r#"{"customerToken":"AAAA","merchantQrId":"till-1","msn":"123456","initiatedAt":"2023-10-06T10:45:40.3061965Z"}"#;
//! # let request = Signer::new(url, secret)?.sign("2023-10-06T10:45:41Z".parse()?, body)?;
//! // `request` is an `http::Request` with the body as it came, not a byte changed.
//! let check_in = verifier.verify(&request)?.check_in()?;
//! if check_in.is_fresh("2023-10-06T10:46:00Z".parse()?) {
//!     println!("a customer waits at {}", check_in.merchant_qr_id);
//! }
//! # Ok(()) }
//! ```
//!
//! Answer within 10 seconds, with a 2xx as soon as the event is stored, and with
//! [`WebhookError::status`] when it is refused. What is not answered with a 2xx is sent again for up to 7 days, first
//! every two seconds and then ever more rarely, and may come twice in any case. An event that is minutes old is of no
//! use to the customer: look at [`CheckIn::is_fresh`] before acting on it. A missed one cannot be fetched.
//!
//! # Registration
//!
//! A URL is registered once with `POST /webhooks/v1/webhooks` of the webhooks API, which is not part of this crate, or
//! by hand in the business portal: `{"url":"https://...","events":["user.checked-in.v1"]}` with the usual headers. The
//! answer shows the secret, this once. A sales unit can have one registration for this event, so to replace it delete
//! the old one first. The URL must be `https` and reachable from the internet; redirects are not followed.
//!
//! The eCom API has no webhooks. Its callbacks are another thing, see [`callback`](crate::callback).

#[cfg(feature = "axum")]
pub mod axum;
mod check_in;
mod endpoint;
mod error;
#[cfg(feature = "testing")]
mod signer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use http::{Method, Request};
use secrecy::{ExposeSecret, SecretString};

pub use check_in::CheckIn;
pub use error::WebhookError;
#[cfg(feature = "testing")]
pub use signer::Signer;

use crate::clock::{Clock, Time};
use crate::types::{InvalidValue, Timestamp};
use endpoint::Endpoint;

/// The event's name in a registration.
pub const USER_CHECKED_IN: &str = "user.checked-in.v1";

/// The largest event that is read: 1 MiB. Real ones are below 1 KiB.
const MAX_BODY: usize = 1 << 20;

const DATE: HeaderName = HeaderName::from_static("x-ms-date");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-ms-content-sha256");
const VIPPS_AUTHORIZATION: HeaderName = HeaderName::from_static("x-vipps-authorization");
const SCHEME: &[u8] = b"HMAC-SHA256 ";

/// Checks that a webhook comes from Vipps MobilePay and is as it was sent.
///
/// Signed are the method, path, query and host of the **registered** URL, the date, and the bytes of the body. Host and
/// path of the request that arrives are not looked at, because proxies rewrite them. So register one verifier for one
/// URL.
#[derive(Clone)]
pub struct Verifier {
    endpoint: Endpoint,
    secrets: Arc<[SecretString]>,
    window: Option<Duration>,
    time: Time,
}

impl Verifier {
    /// A verifier for the URL as it was registered, and for the secrets that may sign: one for each registration of
    /// the URL, word for word as the registration showed it. It looks like base64, and is not decoded.
    ///
    /// A port is part of the signature unless it is the scheme's own, and so are the query and a slash at the end. A
    /// host such as `blåbær.no` is signed as punycode (`xn--blbr-roah.no`). A secret never appears in `Debug` output
    /// or errors, and its memory is overwritten when the verifier is dropped.
    ///
    /// # Errors
    /// When the URL does not start with `https://` or `http://` and a host, holds a space, a control character or a
    /// `\`, or has a path or query that is not ASCII. When there is no secret, or one that is empty, has a space at
    /// an end, or holds a control character or an invisible one.
    pub fn new<S: AsRef<str>>(
        registered_url: impl AsRef<str>,
        secrets: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidValue> {
        let secrets = secrets
            .into_iter()
            .map(|text| endpoint::secret(text.as_ref()))
            .collect::<Result<Arc<[_]>, _>>()?;
        if secrets.is_empty() {
            return Err(InvalidValue::hidden("secrets", "must be one at least"));
        }
        Ok(Self {
            endpoint: Endpoint::parse(registered_url.as_ref())?,
            secrets,
            window: None,
            time: Time::default(),
        })
    }

    /// Refuses events whose `x-ms-date` is further than this from the present, before or after.
    ///
    /// There is none by default: events are sent again for up to 7 days, and it is not documented that the date is
    /// renewed then, so that a window may refuse the real thing for good. What a replayed event can do is bounded all
    /// the same by the 15 minutes that its customer token lives; see [`CheckIn::is_fresh`].
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Judges the [`window`](Self::window) by this clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Checks a request whose body was read whole and left as it was.
    ///
    /// # Errors
    /// Says which check failed, and nothing of what was compared.
    pub fn verify<'a, B: AsRef<[u8]>>(
        &self,
        request: &'a Request<B>,
    ) -> Result<Verified<'a>, WebhookError> {
        self.verify_parts(request.method(), request.headers(), request.body().as_ref())
    }

    /// As [`verify`](Self::verify), for the parts of a request.
    ///
    /// # Errors
    /// Says which check failed, and nothing of what was compared.
    pub fn verify_parts<'a>(
        &self,
        method: &Method,
        headers: &HeaderMap,
        body: &'a [u8],
    ) -> Result<Verified<'a>, WebhookError> {
        if method != Method::POST {
            return Err(WebhookError::NotPost);
        }
        if body.len() > MAX_BODY {
            return Err(WebhookError::TooLarge);
        }
        let header = |name: HeaderName, shown| {
            let value = headers.get(name).map(|v| v.as_bytes().trim_ascii());
            value.ok_or(WebhookError::MissingHeader(shown))
        };
        let date = header(DATE, "x-ms-date")?;
        let stated_hash = header(CONTENT_HASH, "x-ms-content-sha256")?;
        let mut signatures = [AUTHORIZATION, VIPPS_AUTHORIZATION]
            .into_iter()
            .flat_map(|name| headers.get_all(name))
            .filter_map(|value| signature_in(value.as_bytes()))
            .peekable();
        if signatures.peek().is_none() {
            return Err(WebhookError::MissingHeader(
                "Authorization (or X-Vipps-Authorization) with an HMAC-SHA256 signature",
            ));
        }

        let hash = endpoint::content_hash(body);
        if !hash.is(stated_hash) {
            return Err(WebhookError::BodyHash);
        }
        // Every secret is tried, so that the time taken does not tell which one fits.
        let fits = signatures.fold(false, |fits, signature| {
            self.secrets.iter().fold(fits, |fits, secret| {
                fits | self
                    .endpoint
                    .signed_by(secret.expose_secret(), date, &hash, signature)
            })
        });
        if !fits {
            return Err(WebhookError::Signature);
        }
        let date = Timestamp::from(String::from_utf8_lossy(date).into_owned());
        if let Some(window) = self.window {
            let age = date
                .instant()
                .map(|date| self.time.now().duration_since(date).unsigned_abs());
            if age.is_none_or(|age| age > window) {
                return Err(WebhookError::OutsideWindow);
            }
        }
        Ok(Verified { body, date })
    }
}

/// Shows the path and host that are signed, and no secret.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("endpoint", &self.endpoint)
            .field("secrets", &self.secrets.len())
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// What follows `Signature=`, up to the end: it holds `=` itself.
fn signature_in(authorization: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"Signature=";
    let (scheme, parameters) = authorization.trim_ascii().split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    // `SignedHeaders` always names the same three, and the signature covers them whatever it says.
    let at = memchr::memmem::find_iter(parameters, NAME)
        .find(|at| *at == 0 || parameters.get(at - 1) == Some(&b'&'))?;
    parameters.get(at + NAME.len()..)
}

/// An event whose signature was good. Its `Debug` does not show the body.
#[derive(Clone)]
pub struct Verified<'a> {
    body: &'a [u8],
    date: Timestamp,
}

impl<'a> Verified<'a> {
    /// Reads it as a check-in.
    ///
    /// # Errors
    /// [`WebhookError::NotACheckIn`]: a URL that is registered for other events as well gets those too, and no member
    /// of an event says which one it is.
    pub fn check_in(&self) -> Result<CheckIn, WebhookError> {
        CheckIn::read(self.body)
    }

    /// The body as it came. It may hold personal data: do not log it.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// When it was sent (`x-ms-date`).
    pub fn date(&self) -> &Timestamp {
        &self.date
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("date", &self.date)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
