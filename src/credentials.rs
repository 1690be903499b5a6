//! The keys of a sales unit, and the environment variables that hold them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::types::{InvalidValue, MerchantSerialNumber};

/// The four values that the business portal shows for a sales unit.
///
/// Secrets never appear in `Debug` output or errors. The memory of the client secret and the
/// subscription key is overwritten when this value is dropped. The header values of a client, and
/// the buffers of the HTTP and TLS libraries, are not overwritten.
///
/// ```
/// use vipps::{Credentials, Environment, Vipps};
///
/// # fn secret(_: &str) -> &'static str { "a-secret" }
/// // `secret` reads your store of secrets.
/// let keys = Credentials::new(
///     secret("client id"),
///     secret("client secret"),
///     secret("subscription key"),
///     "123456".parse()?,
/// )?;
/// let vipps = Vipps::builder(keys).environment(Environment::Test).build()?;
/// assert_eq!(vipps.merchant_serial_number().as_str(), "123456");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    client_secret: SecretString,
    subscription_key: SecretString,
    merchant_serial_number: MerchantSerialNumber,
}

impl Credentials {
    /// Creates credentials from the four values. Spaces at either end of a value are removed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) with the name of the value that
    /// is empty or not visible ASCII. The error never shows the value.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        subscription_key: impl Into<String>,
        merchant_serial_number: MerchantSerialNumber,
    ) -> Result<Self> {
        Ok(Self {
            client_id: check_header_value("client_id", client_id.into())?,
            client_secret: check_header_value("client_secret", client_secret.into())?.into(),
            subscription_key: check_header_value("subscription_key", subscription_key.into())?
                .into(),
            merchant_serial_number,
        })
    }

    /// Reads the credentials from the environment variables `VIPPS_CLIENT_ID`,
    /// `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and `VIPPS_MERCHANT_SERIAL_NUMBER`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) with the names of all variables
    /// that are missing or empty, or [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) with
    /// the name of a variable whose value breaks a rule.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let names = [
            "VIPPS_CLIENT_ID",
            "VIPPS_CLIENT_SECRET",
            "VIPPS_SUBSCRIPTION_KEY",
            "VIPPS_MERCHANT_SERIAL_NUMBER",
        ];
        let values = names.map(|name| lookup(name).unwrap_or_default());
        let missing: Vec<&str> = names
            .into_iter()
            .zip(&values)
            .filter_map(|(name, value)| value.trim().is_empty().then_some(name))
            .collect();
        if !missing.is_empty() {
            return Err(Error::configuration(format!(
                "{}: must be set in the environment and not be empty; the business portal shows the \
                 keys of a sales unit",
                missing.join(", ")
            )));
        }
        let [id, secret, key, number] = values;
        let number = number
            .trim()
            .parse::<MerchantSerialNumber>()
            .map_err(|e| e.with_field("VIPPS_MERCHANT_SERIAL_NUMBER"))?;
        let with_variable =
            |field, name, value| check_header_value(field, value).map_err(|e| e.with_field(name));
        Ok(Self {
            client_id: with_variable("client_id", "VIPPS_CLIENT_ID", id)?,
            client_secret: with_variable("client_secret", "VIPPS_CLIENT_SECRET", secret)?.into(),
            subscription_key: with_variable("subscription_key", "VIPPS_SUBSCRIPTION_KEY", key)?
                .into(),
            merchant_serial_number: number,
        })
    }

    /// Returns the merchant serial number (MSN) of the sales unit.
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

/// Returns the environment that `VIPPS_BASE_URL` or else `VIPPS_ENVIRONMENT` selects; by default
/// the test environment.
pub(crate) fn environment_from_lookup(
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Environment> {
    let variable = |name: &'static str| match lookup(name) {
        Some(value) if value.trim().is_empty() => Err(Error::configuration(format!(
            "the environment variable {name} is empty"
        ))),
        other => Ok(other),
    };
    if let Some(url) = variable("VIPPS_BASE_URL")? {
        let url = crate::BaseUrl::parse(&url).map_err(|e| e.with_field("VIPPS_BASE_URL"))?;
        return Ok(Environment::Custom(url));
    }
    match variable("VIPPS_ENVIRONMENT")? {
        Some(name) => Ok(name
            .parse::<Environment>()
            .map_err(|e| e.with_field("VIPPS_ENVIRONMENT"))?),
        None => Ok(Environment::Test),
    }
}

fn check_header_value(field: &'static str, value: String) -> Result<String, InvalidValue> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(InvalidValue::without_value(field, "must not be empty"));
    }
    if !trimmed.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(InvalidValue::without_value(
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

    fn lookup(missing: &'static str, empty: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let value = match name {
                "VIPPS_CLIENT_ID" => "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
                "VIPPS_CLIENT_SECRET" => "top-secret",
                "VIPPS_SUBSCRIPTION_KEY" => "0f14ebcab0ec4b29ae0cb90d91b4a84a",
                "VIPPS_MERCHANT_SERIAL_NUMBER" => "123456",
                _ => return None,
            };
            (name != missing).then(|| {
                if name == empty {
                    " ".into()
                } else {
                    value.into()
                }
            })
        }
    }

    #[test]
    fn an_error_names_the_missing_or_empty_variable() {
        assert!(Credentials::from_lookup(lookup("", "")).is_ok());
        for name in [
            "VIPPS_CLIENT_ID",
            "VIPPS_CLIENT_SECRET",
            "VIPPS_SUBSCRIPTION_KEY",
            "VIPPS_MERCHANT_SERIAL_NUMBER",
        ] {
            for lookup in [lookup(name, ""), lookup("", name)] {
                let error = Credentials::from_lookup(lookup).unwrap_err().to_string();
                assert!(
                    error.starts_with(&format!("{name}: must be set")),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn one_error_names_all_missing_variables_and_the_remedy() {
        let error = Credentials::from_lookup(|_| None).unwrap_err().to_string();
        let all = "VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY, \
                   VIPPS_MERCHANT_SERIAL_NUMBER: must be set";
        assert!(error.starts_with(all), "{error}");
        assert!(error.contains("business portal"), "{error}");
    }

    #[test]
    fn debug_output_contains_no_key() {
        let shown = format!("{:?}", Credentials::from_lookup(lookup("", "")).unwrap());
        assert!(shown.contains("123456"));
        for secret in ["top-secret", "0f14", "fb49"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn refuses_a_key_with_a_line_break_without_showing_it() {
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
    fn base_url_takes_precedence_over_environment_name() {
        let environment = |url: Option<&str>, name: Option<&str>| {
            let (url, name) = (url.map(String::from), name.map(String::from));
            environment_from_lookup(move |v| {
                if v == "VIPPS_BASE_URL" {
                    url.clone()
                } else {
                    name.clone()
                }
            })
        };
        assert_eq!(environment(None, None).unwrap(), Environment::Test);
        assert_eq!(
            environment(None, Some("production")).unwrap(),
            Environment::Production
        );
        assert_eq!(
            environment(Some("http://127.0.0.1:1"), Some("production"))
                .unwrap()
                .base_url(),
            "http://127.0.0.1:1"
        );
        assert!(
            environment(None, Some("staging"))
                .unwrap_err()
                .to_string()
                .contains("VIPPS_ENVIRONMENT")
        );
        assert!(
            environment(Some("http://evil.example"), None)
                .unwrap_err()
                .to_string()
                .contains("VIPPS_BASE_URL")
        );
        assert!(
            environment(Some(" "), None)
                .unwrap_err()
                .to_string()
                .contains("VIPPS_BASE_URL")
        );
    }
}
