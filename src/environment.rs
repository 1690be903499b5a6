//! The environments of the API and their base URLs.

use std::fmt;

use url::{Host, Url};

use crate::error::Result;
use crate::types::InvalidValue;

const TEST: &str = "https://apitest.vipps.no";
const PRODUCTION: &str = "https://api.vipps.no";

/// An environment of Vipps MobilePay.
///
/// Keys, merchant serial numbers, users and payments of one environment do not exist in another.
///
/// ```
/// use vipps::Environment;
///
/// assert_eq!("production".parse(), Ok(Environment::Production));
/// let local = Environment::custom("http://127.0.0.1:8080")?;
/// assert!(!local.is_production());
/// # Ok::<(), vipps::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://apitest.vipps.no`: no real money, test users, tokens that expire after an hour.
    #[default]
    Test,
    /// `https://api.vipps.no`: real money.
    Production,
    /// Another server with the same API, such as a simulator or a proxy.
    Custom(BaseUrl),
}

impl Environment {
    /// Returns an environment with this base URL.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the URL breaks a rule of
    /// [`BaseUrl`].
    pub fn custom(url: &str) -> Result<Self> {
        Ok(Self::Custom(BaseUrl::parse(url)?))
    }

    /// Returns the base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Test => TEST,
            Self::Production => PRODUCTION,
            Self::Custom(url) => url.as_str(),
        }
    }

    /// Returns `true` if the environment moves real money.
    pub fn is_production(&self) -> bool {
        match self {
            Self::Test => false,
            Self::Production => true,
            Self::Custom(url) => url.host == "api.vipps.no",
        }
    }

    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self, Self::Custom(url) if url.loopback)
    }
}

impl std::str::FromStr for Environment {
    type Err = InvalidValue;

    /// Parses `test` or `production`.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim() {
            "test" => Ok(Self::Test),
            "production" => Ok(Self::Production),
            other => Err(InvalidValue::new(
                "environment",
                "must be `test` or `production`",
                other,
            )),
        }
    }
}

/// The base URL of an API server: `https`, or `http` on the loopback interface of this machine,
/// since every request carries credentials.
///
/// A path prefix is allowed (`https://proxy.example.com/vipps`). User name and password, a query
/// and a fragment are refused.
///
/// ```
/// use vipps::BaseUrl;
///
/// assert!(BaseUrl::parse("https://proxy.example.com/vipps").is_ok());
/// assert!(BaseUrl::parse("http://127.0.0.1:8080").is_ok());
/// assert!(BaseUrl::parse("http://proxy.example.com").is_err()); // keys without TLS
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    text: String,
    host: String,
    loopback: bool,
}

impl BaseUrl {
    /// Parses a base URL. Spaces at either end are removed.
    ///
    /// # Errors
    /// [`InvalidValue`] with the rule that the URL breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        const FIELD: &str = "base_url";
        let text = text.trim();
        let url = Url::parse(text).map_err(|e| {
            // An invalid URL may still contain a password, so its text is not shown.
            InvalidValue::without_value(FIELD, format!("must be an absolute URL ({e})"))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidValue::without_value(
                FIELD,
                "must not contain a user name or password",
            ));
        }
        let refuse = |rule: &'static str| Err(InvalidValue::new(FIELD, rule, text));
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidValue::without_value(
                FIELD,
                "must not have a query or a fragment",
            ));
        }
        let (host, loopback) = match url.host() {
            None => return refuse("must name a host"),
            Some(Host::Domain(name)) => (name.to_owned(), name.eq_ignore_ascii_case("localhost")),
            Some(Host::Ipv4(ip)) => (ip.to_string(), ip.is_loopback()),
            Some(Host::Ipv6(ip)) => (ip.to_string(), ip.is_loopback()),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return refuse(
                    "must be https; http is allowed only on loopback, since requests carry credentials",
                );
            }
            _ => return refuse("must be https"),
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            text,
            host,
            loopback,
        })
    }

    /// Returns the URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_https_and_http_on_loopback_with_a_prefix() {
        for (text, expected) in [
            ("https://api.vipps.no", "https://api.vipps.no"),
            (
                "https://proxy.example.com/vipps/",
                "https://proxy.example.com/vipps",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9:1/a/b", "http://127.9.9.9:1/a/b"),
            ("http://[::1]:9/", "http://[::1]:9"),
            ("http://localhost:3000", "http://localhost:3000"),
            (" https://api.vipps.no \n", "https://api.vipps.no"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn refuses_insecure_and_ambiguous_urls_without_showing_secrets() {
        for (text, rule) in [
            ("http://api.vipps.no", "https"),
            ("http://127.0.0.1.example.com", "https"),
            ("http://10.0.0.1", "https"),
            ("ftp://api.vipps.no", "https"),
            ("https://user:secret@api.vipps.no", "user name"),
            ("https://api.vipps.no/?key=secret", "query"),
            ("https://api.vipps.no/#secret", "fragment"),
            ("api.vipps.no", "absolute"),
            ("", "absolute"),
            ("https://", "absolute"),
            ("unix:/run/x", "host"),
        ] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with("base_url: ") && error.contains(rule),
                "{text}: {error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn is_production_for_the_production_host_only() {
        assert!(Environment::Production.is_production());
        assert!(
            Environment::custom("https://api.vipps.no/")
                .unwrap()
                .is_production()
        );
        assert!(!Environment::Test.is_production());
        assert_eq!(
            "production".parse::<Environment>().unwrap(),
            Environment::Production
        );
        assert!("prod".parse::<Environment>().is_err());
    }
}
