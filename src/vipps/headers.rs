//! The headers that are the same on every request, made once.

use std::borrow::Cow;

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};

use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::types::SystemText;

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) static MSN: HeaderName = HeaderName::from_static("merchant-serial-number");

/// What is the same on every request, made once.
pub(crate) struct Headers {
    /// For a call with a token and no body, for one with a body, and for one with a key beside it.
    reading: HeaderMap,
    writing: HeaderMap,
    keyed: HeaderMap,
    with_keys: HeaderMap,
}

impl Headers {
    /// Checks the texts, which are the values of `Vipps-System-*` in the order of their names.
    pub(super) fn of(credentials: &Credentials, system: &[Cow<'static, str>; 4]) -> Result<Self> {
        let secret = |value: &str| {
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| Error::configuration("a key cannot travel in a header"))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        let merchant = HeaderValue::try_from(credentials.merchant_serial_number().as_str())
            .map_err(|_| {
                Error::configuration("the merchant serial number cannot travel in a header")
            })?;
        let mut common = HeaderMap::with_capacity(10);
        common.insert(MSN.clone(), merchant);
        common.insert(
            HeaderName::from_static("ocp-apim-subscription-key"),
            secret(credentials.subscription_key())?,
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
            let checked = SystemText::parse(text).map_err(|e| e.with_field(name))?;
            let value = match text {
                // Each request has a copy, and this one needs no count of them.
                Cow::Borrowed(text) => HeaderValue::from_static(text),
                Cow::Owned(_) => HeaderValue::try_from(checked.as_str()).map_err(|_| {
                    Error::configuration("a Vipps-System value cannot travel in a header")
                })?,
            };
            common.insert(HeaderName::from_static(name), value);
        }
        let mut with_keys = common.clone();
        for (name, value) in [
            ("client_id", credentials.client_id()),
            ("client_secret", credentials.client_secret()),
        ] {
            with_keys.insert(HeaderName::from_static(name), secret(value)?);
        }
        with_keys.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let json = HeaderValue::from_static("application/json");
        // First what each request has its own value for, so that its place is found at once.
        let mut reading = HeaderMap::with_capacity(10);
        reading.insert(AUTHORIZATION, HeaderValue::from_static(""));
        let mut keyed = reading.clone();
        keyed.insert(REQUEST_ID.clone(), HeaderValue::from_static(""));
        for headers in [&mut reading, &mut keyed] {
            headers.insert(ACCEPT, json.clone());
            headers.extend(common.clone());
        }
        keyed.insert(CONTENT_TYPE, json.clone());
        let mut writing = reading.clone();
        writing.insert(CONTENT_TYPE, json);
        Ok(Self {
            reading,
            writing,
            keyed,
            with_keys,
        })
    }

    /// For a call with a token, whose answer is to be JSON as its body is, if it has one. The token is yet to be put in,
    /// and so is the key, if there is a place for one.
    pub(crate) fn with_token(&self, json_body: bool, keyed: bool) -> &HeaderMap {
        match (json_body, keyed) {
            (true, true) => &self.keyed,
            (true, false) => &self.writing,
            (false, _) => &self.reading,
        }
    }

    /// For the request for a token.
    pub(crate) fn with_keys(&self) -> &HeaderMap {
        &self.with_keys
    }
}
