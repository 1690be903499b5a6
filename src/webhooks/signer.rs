//! Signed webhooks for tests.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Uri};
use jiff::fmt::rfc2822::DateTimePrinter;
use secrecy::{ExposeSecret, SecretString};

use super::signature::{self, SignedUrl};
use super::verifier::{CONTENT_HASH, DATE, VIPPS_AUTHORIZATION};
use crate::types::InvalidValue;

/// Signs webhook requests like Vipps MobilePay, for tests of a receiver (feature `testing`).
///
/// ```
/// use vipps::webhooks::{Signer, Verifier};
///
/// let (url, secret) = ("https://shop.example.com/hooks", "090a478d-37ff-4e77-970e-d457aeb26a3a");
/// let body = r#"{"customerToken":"AAAA","merchantQrId":"till-1","msn":"123456"}"#;
/// let request = Signer::new(url, secret)?.sign(jiff::Timestamp::now(), body)?;
/// assert!(Verifier::new(url, [secret])?.verify(&request).is_ok());
/// assert!(Verifier::new(url, ["another"])?.verify(&request).is_err());
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone)]
pub struct Signer {
    signed_url: SignedUrl,
    uri: Uri,
    secret: SecretString,
}

impl Signer {
    /// Creates a signer for the URL and the secret of a registration.
    ///
    /// # Errors
    /// [`InvalidValue`] for the reasons that [`Verifier::new`](super::Verifier::new) lists.
    pub fn new(
        registered_url: impl AsRef<str>,
        secret: impl AsRef<str>,
    ) -> Result<Self, InvalidValue> {
        let url = registered_url.as_ref();
        let signed_url = SignedUrl::parse(url)?;
        Ok(Self {
            uri: signed_url.uri(url)?,
            signed_url,
            secret: signature::parse_secret(secret.as_ref())?,
        })
    }

    /// Returns a signed POST request to the registered URL with this body.
    ///
    /// # Errors
    /// [`InvalidValue`] if `date` has no form as an HTTP date, such as a year before 0.
    pub fn sign(
        &self,
        date: jiff::Timestamp,
        body: impl Into<Bytes>,
    ) -> Result<Request<Bytes>, InvalidValue> {
        let invalid_date = || {
            InvalidValue::new(
                "date",
                "must be representable as an HTTP date",
                date.to_string(),
            )
        };
        let date = DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&date)
            .map_err(|_| invalid_date())?;
        let body = body.into();
        let hash = signature::content_hash(&body);
        let signature = self
            .signed_url
            .sign(self.secret.expose_secret(), date.as_bytes(), &hash)
            .unwrap_or_default();
        let authorization = format!(
            "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
        );
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        for (name, value) in [
            (HOST, self.signed_url.host().to_owned()),
            (CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
            (DATE, date),
            (CONTENT_HASH, hash.to_base64()),
            (AUTHORIZATION, authorization.clone()),
            (VIPPS_AUTHORIZATION, authorization),
        ] {
            let value = HeaderValue::try_from(value).map_err(|_| invalid_date())?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

/// Shows the signed host and path, and not the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("signed_url", &self.signed_url)
            .finish_non_exhaustive()
    }
}
