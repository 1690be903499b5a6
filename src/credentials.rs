//! The keys of a sales unit.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::types::{InvalidValue, MerchantSerialNumber};

/// The four values that the business portal shows for a sales unit. Secrets never appear in `Debug` output or
/// errors. The memory of this value is overwritten when it is dropped; the header values that a client makes of it, and
/// the buffers of the HTTP and TLS libraries, are not.
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    client_secret: SecretString,
    subscription_key: SecretString,
    merchant_serial_number: MerchantSerialNumber,
}

impl Credentials {
    /// Checks and keeps the four values.
    ///
    /// # Errors
    /// Names the value that is blank or cannot travel in a header. Never shows it.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        subscription_key: impl Into<String>,
        merchant_serial_number: MerchantSerialNumber,
    ) -> Result<Self> {
        Ok(Self {
            client_id: header_safe("client_id", client_id.into())?,
            client_secret: header_safe("client_secret", client_secret.into())?.into(),
            subscription_key: header_safe("subscription_key", subscription_key.into())?.into(),
            merchant_serial_number,
        })
    }

    /// Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and
    /// `VIPPS_MERCHANT_SERIAL_NUMBER`.
    ///
    /// # Errors
    /// Names the first variable that is missing, blank or malformed.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let read = |name: &'static str| match lookup(name) {
            Some(value) if !value.trim().is_empty() => Ok(value),
            Some(_) => Err(Error::configuration(format!(
                "the environment variable {name} is blank"
            ))),
            None => Err(Error::configuration(format!(
                "the environment variable {name} is not set"
            ))),
        };
        let (id, secret, key) = (
            read("VIPPS_CLIENT_ID")?,
            read("VIPPS_CLIENT_SECRET")?,
            read("VIPPS_SUBSCRIPTION_KEY")?,
        );
        let number = read("VIPPS_MERCHANT_SERIAL_NUMBER")?
            .trim()
            .parse::<MerchantSerialNumber>()
            .map_err(|e| e.with_field("VIPPS_MERCHANT_SERIAL_NUMBER"))?;
        let named = |field, name, value| header_safe(field, value).map_err(|e| e.with_field(name));
        Ok(Self {
            client_id: named("client_id", "VIPPS_CLIENT_ID", id)?,
            client_secret: named("client_secret", "VIPPS_CLIENT_SECRET", secret)?.into(),
            subscription_key: named("subscription_key", "VIPPS_SUBSCRIPTION_KEY", key)?.into(),
            merchant_serial_number: number,
        })
    }

    /// The merchant serial number (MSN) of the sales unit.
    pub fn merchant_serial_number(&self) -> &MerchantSerialNumber {
        &self.merchant_serial_number
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn client_secret(&self) -> &str {
        self.client_secret.expose_secret()
    }

    pub(crate) fn subscription_key(&self) -> &str {
        self.subscription_key.expose_secret()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("merchant_serial_number", &self.merchant_serial_number)
            .finish_non_exhaustive()
    }
}

/// Which environment `VIPPS_BASE_URL` or `VIPPS_ENVIRONMENT` chooses; the test environment without either.
pub(crate) fn environment_from(lookup: impl Fn(&str) -> Option<String>) -> Result<Environment> {
    let read = |name: &'static str| match lookup(name) {
        Some(value) if value.trim().is_empty() => Err(Error::configuration(format!(
            "the environment variable {name} is blank"
        ))),
        other => Ok(other),
    };
    if let Some(url) = read("VIPPS_BASE_URL")? {
        let url = crate::BaseUrl::parse(&url).map_err(|e| e.with_field("VIPPS_BASE_URL"))?;
        return Ok(Environment::Custom(url));
    }
    match read("VIPPS_ENVIRONMENT")? {
        Some(name) => Ok(name
            .parse::<Environment>()
            .map_err(|e| e.with_field("VIPPS_ENVIRONMENT"))?),
        None => Ok(Environment::Test),
    }
}

fn header_safe(field: &'static str, value: String) -> Result<String, InvalidValue> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(InvalidValue::hidden(field, "must not be blank"));
    }
    if !trimmed.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(InvalidValue::hidden(
            field,
            "must be visible ASCII without spaces",
        ));
    }
    Ok(if trimmed.len() == value.len() {
        value
    } else {
        trimmed.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(without: &'static str, blank: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let value = match name {
                "VIPPS_CLIENT_ID" => "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
                "VIPPS_CLIENT_SECRET" => "top-secret",
                "VIPPS_SUBSCRIPTION_KEY" => "0f14ebcab0ec4b29ae0cb90d91b4a84a",
                "VIPPS_MERCHANT_SERIAL_NUMBER" => "123456",
                _ => return None,
            };
            (name != without).then(|| {
                if name == blank {
                    " ".into()
                } else {
                    value.into()
                }
            })
        }
    }

    #[test]
    fn names_the_missing_or_blank_variable() {
        assert!(Credentials::from_lookup(lookup("", "")).is_ok());
        for name in [
            "VIPPS_CLIENT_ID",
            "VIPPS_CLIENT_SECRET",
            "VIPPS_SUBSCRIPTION_KEY",
            "VIPPS_MERCHANT_SERIAL_NUMBER",
        ] {
            let missing = Credentials::from_lookup(lookup(name, ""))
                .unwrap_err()
                .to_string();
            assert!(
                missing.contains(name) && missing.contains("not set"),
                "{missing}"
            );
            let blank = Credentials::from_lookup(lookup("", name))
                .unwrap_err()
                .to_string();
            assert!(blank.contains(name) && blank.contains("blank"), "{blank}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", Credentials::from_lookup(lookup("", "")).unwrap());
        assert!(shown.contains("123456"));
        for secret in ["top-secret", "0f14", "fb49"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_key_that_cannot_travel_in_a_header_is_refused_without_being_shown() {
        let number: MerchantSerialNumber = "123456".parse().unwrap();
        let error = Credentials::new("id", "line\nbreak", "key", number)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("client_secret: ") && !error.contains("break"),
            "{error}"
        );
    }

    #[test]
    fn the_environment_is_chosen_by_url_then_name() {
        let pick = |url: Option<&str>, name: Option<&str>| {
            let (url, name) = (url.map(String::from), name.map(String::from));
            environment_from(move |v| {
                if v == "VIPPS_BASE_URL" {
                    url.clone()
                } else {
                    name.clone()
                }
            })
        };
        assert_eq!(pick(None, None).unwrap(), Environment::Test);
        assert_eq!(
            pick(None, Some("production")).unwrap(),
            Environment::Production
        );
        assert_eq!(
            pick(Some("http://127.0.0.1:1"), Some("production"))
                .unwrap()
                .base_url(),
            "http://127.0.0.1:1"
        );
        assert!(
            pick(None, Some("staging"))
                .unwrap_err()
                .to_string()
                .contains("VIPPS_ENVIRONMENT")
        );
        assert!(
            pick(Some("http://evil.example"), None)
                .unwrap_err()
                .to_string()
                .contains("VIPPS_BASE_URL")
        );
        assert!(
            pick(Some(" "), None)
                .unwrap_err()
                .to_string()
                .contains("VIPPS_BASE_URL")
        );
    }
}
