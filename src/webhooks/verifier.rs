//! Verifies the signature of a webhook.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request};
use secrecy::{ExposeSecret, SecretString};

use super::check_in::CheckIn;
use super::signature::{self, SignedUrl};
use super::{Event, WebhookError};
use crate::clock::{Clock, Time};
use crate::types::{InvalidValue, Timestamp};

/// The largest event that is read: 1 MiB. Events of the API are below 1 KiB.
pub(super) const MAX_BODY: usize = 1 << 20;

pub(super) const DATE: HeaderName = HeaderName::from_static("x-ms-date");
pub(super) const CONTENT_HASH: HeaderName = HeaderName::from_static("x-ms-content-sha256");
pub(super) const VIPPS_AUTHORIZATION: HeaderName = HeaderName::from_static("x-vipps-authorization");
const SCHEME: &[u8] = b"HMAC-SHA256 ";

/// Verifies that a webhook was sent by Vipps MobilePay and has not been changed.
///
/// The signature covers the method, path, query and host of the **registered** URL, the date, and
/// the bytes of the body. The host and path of the incoming request are ignored, because proxies
/// rewrite them. Make one verifier for each registered URL.
///
/// ```
/// use vipps::webhooks::{Verifier, WebhookError};
/// # use vipps::webhooks::Signer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "090a478d-37ff-4e77-970e-d457aeb26a3a";
/// let url = "https://shop.example.com/hooks/vipps";
/// let verifier = Verifier::new(url, [secret])?;
/// # let sent = Signer::new(url, secret)?.sign(jiff::Timestamp::now(), "{}")?;
/// // `sent` is an `http::Request` with the unchanged bytes of the body.
/// assert!(verifier.verify(&sent).is_ok());
/// let changed = sent.map(|_| "{ }");
/// assert_eq!(verifier.verify(&changed).unwrap_err(), WebhookError::BodyHash);
/// # Ok(()) }
/// ```
#[doc(alias("HMAC", "signature"))]
#[derive(Clone)]
pub struct Verifier {
    signed_url: SignedUrl,
    secrets: Arc<[SecretString]>,
    window: Option<Duration>,
    time: Time,
}

impl Verifier {
    /// Creates a verifier for a registered URL and the secrets of its registrations.
    ///
    /// Pass the URL exactly as it was registered. The query, a slash at the end, and a port other
    /// than the default of the scheme are part of the signature. A host such as `blåbær.no` is
    /// signed as punycode (`xn--blbr-roah.no`).
    ///
    /// Pass each secret exactly as the registration returned it. A secret looks like base64, and
    /// must not be decoded. Secrets never appear in `Debug` output or errors. Their memory is
    /// overwritten when the verifier is dropped.
    ///
    /// # Errors
    /// [`InvalidValue`] if the URL does not start with `https://` or `http://` and a host, contains
    /// a space, a control character or a `\`, or has a path or query that is not ASCII. Also if
    /// there is no secret, or if a secret is empty, starts or ends with a space, or contains a
    /// control character or an invisible character.
    pub fn new<S: AsRef<str>>(
        registered_url: impl AsRef<str>,
        secrets: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidValue> {
        let secrets = secrets
            .into_iter()
            .map(|text| signature::parse_secret(text.as_ref()))
            .collect::<Result<Arc<[_]>, _>>()?;
        if secrets.is_empty() {
            return Err(InvalidValue::without_value("secrets", "must not be empty"));
        }
        Ok(Self {
            signed_url: SignedUrl::parse(registered_url.as_ref())?,
            secrets,
            window: None,
            time: Time::default(),
        })
    }

    /// Refuses events whose `x-ms-date` differs from the current time by more than this. By default
    /// the date is not checked.
    ///
    /// Events are sent again for up to 7 days. The documentation does not state that such an event
    /// has a new date, so a window may refuse genuine events on every attempt. Without a window, a
    /// replayed check-in is harmless after 15 minutes, when its customer token has expired; see
    /// [`CheckIn::is_fresh`]. A replayed payment event is harmless if your code acts only on the
    /// details of the payment.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets the clock for the [`window`](Self::window). The default is the system clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Verifies a request. Its body must be complete and unchanged.
    ///
    /// # Errors
    /// Checked in this order: [`NotPost`](WebhookError::NotPost),
    /// [`TooLarge`](WebhookError::TooLarge), [`MissingHeader`](WebhookError::MissingHeader),
    /// [`BodyHash`](WebhookError::BodyHash), [`Signature`](WebhookError::Signature),
    /// [`OutsideWindow`](WebhookError::OutsideWindow). Respond with [`WebhookError::status`].
    pub fn verify<'a, B: AsRef<[u8]>>(
        &self,
        request: &'a Request<B>,
    ) -> Result<Verified<'a>, WebhookError> {
        self.verify_parts(request.method(), request.headers(), request.body().as_ref())
    }

    /// Verifies the parts of a request, like [`verify`](Self::verify).
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify).
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
            let value = headers.get(name).map(HeaderValue::as_bytes);
            value.ok_or(WebhookError::MissingHeader(shown))
        };
        let date = header(DATE, "x-ms-date")?;
        let stated_hash = header(CONTENT_HASH, "x-ms-content-sha256")?;
        let mut signatures = [AUTHORIZATION, VIPPS_AUTHORIZATION]
            .into_iter()
            .flat_map(|name| headers.get_all(name))
            .filter_map(|value| parse_signature(value.as_bytes()))
            .peekable();
        if signatures.peek().is_none() {
            return Err(WebhookError::MissingHeader(
                "Authorization (or X-Vipps-Authorization) with an HMAC-SHA256 signature",
            ));
        }

        let hash = signature::content_hash(body);
        if !hash.matches(stated_hash) {
            return Err(WebhookError::BodyHash);
        }
        // Every secret is tried, so that the duration does not reveal which secret matches.
        let is_valid = signatures.fold(false, |is_valid, signature| {
            self.secrets.iter().fold(is_valid, |is_valid, secret| {
                is_valid
                    | self
                        .signed_url
                        .verify(secret.expose_secret(), date, &hash, signature)
            })
        });
        if !is_valid {
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

/// Shows the signed host and path, and no secret.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("signed_url", &self.signed_url)
            .field("secrets", &self.secrets.len())
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Returns the value of `Signature=`, which extends to the end because it may contain `=`.
fn parse_signature(authorization: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"Signature=";
    let (scheme, parameters) = authorization.trim_ascii().split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    // `SignedHeaders` is ignored: the signature always covers the same three headers.
    let begins_parameter = |at: usize| at == 0 || parameters.get(at - 1) == Some(&b'&');
    let mut windows = parameters.windows(NAME.len()).enumerate();
    let (at, _) = windows.find(|(at, window)| *window == NAME && begins_parameter(*at))?;
    parameters.get(at + NAME.len()..)
}

/// A webhook with a valid signature, whose body is not read yet. Returned by [`Verifier::verify`].
/// `Debug` does not show the body.
#[derive(Clone)]
pub struct Verified<'a> {
    body: &'a [u8],
    date: Timestamp,
}

impl<'a> Verified<'a> {
    /// Reads the body. A body of an unknown form is [`Event::Unknown`] and not an error, because
    /// the API would send a refused event again.
    pub fn event(&self) -> Event {
        Event::read(self.body)
    }

    /// Reads the body as a check-in.
    ///
    /// # Errors
    /// [`WebhookError::NotACheckIn`] if the body is another event. A URL that is registered for
    /// several events receives all of them, and no member of an event names its type.
    pub fn check_in(&self) -> Result<CheckIn, WebhookError> {
        CheckIn::read(self.body)
    }

    /// Returns the unchanged body. It may contain personal data: do not log it.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Returns the time at which the event was sent (`x-ms-date`).
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
