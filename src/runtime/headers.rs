//! The headers that the client adds to its requests.

use std::borrow::Cow;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::operation::Auth;
use crate::types::SystemText;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const MSN: HeaderName = HeaderName::from_static("merchant-serial-number");

/// The headers that the client adds to its requests.
pub(crate) struct Headers {
    common: HeaderMap,
    keys: HeaderMap,
}

impl Headers {
    /// Creates the headers of a client. `system` contains the values of `Vipps-System-*` in the
    /// order of their names.
    ///
    /// # Errors
    /// Returns an error if a value cannot be sent in a header.
    pub(crate) fn new(credentials: &Credentials, system: &[Cow<'static, str>; 4]) -> Result<Self> {
        let mut common = HeaderMap::new();
        let number = credentials.merchant_serial_number();
        common.insert(
            MSN,
            header_value("merchant_serial_number", number.as_str())?,
        );
        common.insert(
            HeaderName::from_static("ocp-apim-subscription-key"),
            secret_value("subscription_key", credentials.subscription_key())?,
        );
        common.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("vipps-rust/", env!("CARGO_PKG_VERSION"))),
        );
        let names = [
            "vipps-system-name",
            "vipps-system-version",
            "vipps-system-plugin-name",
            "vipps-system-plugin-version",
        ];
        for (name, text) in names.into_iter().zip(system) {
            let text = SystemText::parse(text).map_err(|error| error.with_field(name))?;
            common.insert(
                HeaderName::from_static(name),
                header_value(name, text.as_str())?,
            );
        }
        Ok(Self {
            common,
            keys: HeaderMap::from_iter([
                (
                    HeaderName::from_static("client_id"),
                    secret_value("client_id", credentials.client_id())?,
                ),
                (
                    HeaderName::from_static("client_secret"),
                    secret_value("client_secret", credentials.client_secret())?,
                ),
            ]),
        })
    }

    /// Returns the client's headers for this kind of authentication, without the token.
    pub(crate) fn for_auth(&self, auth: Auth) -> HeaderMap {
        // The capacity leaves space for the headers of the operation, a token and an idempotency
        // key. A clone of `common` would have none.
        let mut headers = HeaderMap::with_capacity(16);
        for (name, value) in &self.common {
            headers.insert(name, value.clone());
        }
        if auth == Auth::Keys {
            headers.extend(self.keys.clone());
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers
    }
}

fn header_value(field: &str, text: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(text)
        .map_err(|_| Error::configuration(format!("{field}: must be a valid header value")))
}

fn secret_value(field: &str, text: &str) -> Result<HeaderValue> {
    let mut value = header_value(field, text)?;
    value.set_sensitive(true);
    Ok(value)
}
