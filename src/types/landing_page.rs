//! The landing page or app link of a payment.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use url::{Host, Url};

use super::characters::is_printed;
use super::text_type::text_type;
use super::{InvalidValue, lenient};

/// The URL in the response to an initiate of eCom: a landing page (`https`), or an app link
/// (`vipps://`, in the test environment `vippsMT://`) for a payment with `isApp`.
///
/// It is valid for 5 minutes (eCom guide).
///
/// Send the URL to the customer, or pass it to the one-time payment QR code, exactly as it is:
/// [`as_str`](Self::as_str). Do not open it in a frame, and do not send it by e-mail or text
/// message. Do not shorten or parse it, because its form may change.
///
/// The URL of a response is accepted with any scheme, because the payment exists at this point and
/// its page must not be lost. The same applies to a serialized landing page. [`parse`](Self::parse)
/// is stricter: it accepts `https`, `vipps` and `vippsMT`, and plain `http` only for this machine's
/// loopback, for a simulator.
///
/// The URL contains a token, so `Debug` and `Display` show only scheme and host.
///
/// ```
/// use vipps::types::LandingPage;
///
/// let page = LandingPage::parse("https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ0")?;
/// assert_eq!(page.to_string(), "https://api.vipps.no/…");
/// assert_eq!(page.token(), Some("eyJ0"));
/// assert!(!page.is_app_link());
/// # Ok::<(), vipps::types::InvalidValue>(())
/// ```
#[doc(alias("deep link", "deeplink", "vippsgateway"))]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LandingPage(String);

const FIELD: &str = "url";
const FORMS: &str = "must be the URL of the response to initiate: https://, vipps:// or vippsMT://";

impl LandingPage {
    /// Checks the URL, and removes white space at its ends. The rest stays unchanged.
    ///
    /// # Errors
    /// The error names the rule that the URL breaks, and never shows the URL.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let url = read(text)?;
        let refuse = |rule: &'static str| Err(InvalidValue::without_value(FIELD, rule));
        match url.scheme() {
            _ if !url.has_authority() || !text.contains("://") => refuse(FORMS),
            "https" | "vipps" | "vippsmt" => Ok(Self(text.to_owned())),
            "http" if is_loopback(&url) => Ok(Self(text.to_owned())),
            "http" => refuse("must be https; http is accepted on loopback only"),
            _ => refuse(FORMS),
        }
    }

    /// Accepts the URL of a response, with any scheme.
    pub(crate) fn from_response(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        read(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Converts into the URL.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Returns the URL of the response. It contains a token: use it for the customer and the QR
    /// API, and do not log it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the URL opens an app (`vipps://`, `vippsMT://`, or any scheme but `https`
    /// and `http`) instead of a page.
    pub fn is_app_link(&self) -> bool {
        let (scheme, _) = self.split();
        !["https", "http"]
            .iter()
            .any(|page| page.eq_ignore_ascii_case(scheme))
    }

    /// Returns the scheme, and the text after its colon.
    fn split(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or_default()
    }

    /// Returns the value of the query parameter `token`, unchanged. Force approve of the test
    /// environment needs it.
    pub fn token(&self) -> Option<&str> {
        let (_, query) = self.0.split_once('?')?;
        let query = query.split('#').next()?;
        query
            .split('&')
            .find_map(|member| member.strip_prefix("token="))
            .filter(|token| !token.is_empty())
    }
}

text_type!(@parsed LandingPage, as_str);

/// Deserializes from any URL that a response may contain, so that every serialized landing page can
/// be read.
impl<'de> Deserialize<'de> for LandingPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_response(&lenient::scalar(deserializer)?).map_err(D::Error::custom)
    }
}

/// Parses a URL without control characters, which the parser would remove.
fn read(text: &str) -> Result<Url, InvalidValue> {
    if !is_printed(text) {
        return Err(InvalidValue::without_value(
            FIELD,
            "must not have control characters",
        ));
    }
    Url::parse(text).map_err(|e| InvalidValue::without_value(FIELD, format!("must be a URL ({e})")))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Allows a landing page of another API, such as the Recurring API, to become a QR code.
impl AsRef<LandingPage> for LandingPage {
    fn as_ref(&self) -> &LandingPage {
        self
    }
}

impl fmt::Display for LandingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.split();
        if self.is_app_link() {
            let slashes = if rest.starts_with("//") { "//" } else { "" };
            write!(f, "{scheme}:{slashes}…")
        } else {
            let url = Url::parse(&self.0).ok();
            let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
            write!(f, "{}://{host}/…", scheme.to_ascii_lowercase())
        }
    }
}

impl fmt::Debug for LandingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LandingPage({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_unchanged_and_only_its_host_is_shown() {
        for (text, shown, token, app) in [
            (
                "https://api.vipps.no/dwo/v1/deeplink?v=2&token=s3cr.et",
                "https://api.vipps.no/…",
                "s3cr.et",
                false,
            ),
            (
                "https://api.vipps.no?v=2&token=s3cr%2Fet==#frag&x",
                "https://api.vipps.no/…",
                "s3cr%2Fet==",
                false,
            ),
            ("vipps://?token=s3cret", "vipps://…", "s3cret", true),
            ("vippsMT://?token=s3cret", "vippsMT://…", "s3cret", true),
            ("VIPPS://s3cret?token=s3cret", "VIPPS://…", "s3cret", true),
            (
                "http://127.0.0.1:8080/landing?token=s3cret",
                "http://127.0.0.1/…",
                "s3cret",
                false,
            ),
            (
                "http://[::1]:8080/?token=s3cret",
                "http://[::1]/…",
                "s3cret",
                false,
            ),
            (
                "http://localhost/s3cret?token=s3cret",
                "http://localhost/…",
                "s3cret",
                false,
            ),
            (
                "HTTPS://u:s3cret@x.no?token=s3cret",
                "https://x.no/…",
                "s3cret",
                false,
            ),
        ] {
            let page = LandingPage::parse(text).unwrap();
            assert_eq!(page.as_str(), text);
            assert_eq!(
                (page.token(), page.is_app_link()),
                (Some(token), app),
                "{text}"
            );
            assert_eq!(page.to_string(), shown);
            assert_eq!(format!("{page:?}"), format!("LandingPage({shown})"));
            assert!(!format!("{page:#?}{page}").contains("s3cr"));
            let json = serde_json::to_string(&page).unwrap();
            assert_eq!(json, serde_json::to_string(text).unwrap());
            assert_eq!(serde_json::from_str::<LandingPage>(&json).unwrap(), page);
        }
    }

    #[test]
    fn spaces_at_the_ends_are_removed() {
        let page = LandingPage::parse("   https://api.vipps.no/a%20b?v=2&Token=x \r\n").unwrap();
        assert_eq!(page.as_str(), "https://api.vipps.no/a%20b?v=2&Token=x");
        assert_eq!(page.token(), None);
        assert_eq!(
            LandingPage::parse("vipps://?v=2&token=").unwrap().token(),
            None
        );
        assert_eq!(
            LandingPage::parse("vipps://?xtoken=1#?token=2")
                .unwrap()
                .token(),
            None
        );
    }

    #[test]
    fn other_urls_are_refused_and_not_shown() {
        for (text, rule) in [
            ("", "URL"),
            (" \t\n", "URL"),
            ("https://api.vipps.no/\n?token=s3cret", "control"),
            ("https://api.vipps.no/\0s3cret", "control"),
            ("http://api.vipps.no/?token=s3cret", "loopback"),
            ("http://127.0.0.1@s3cret.no/", "loopback"),
            ("http://127.0.0.1.s3cret.no/", "loopback"),
            ("https://?token=s3cret", "empty host"),
            ("https://1.2.3.256/s3cret", "invalid IPv4"),
            ("https:s3cret", "initiate"),
            ("vipps:s3cret", "initiate"),
            ("vippsmt2://s3cret", "initiate"),
            ("javascript:s3cret", "initiate"),
            ("ø", "URL"),
            ("s3cret", "URL"),
        ] {
            let error = LandingPage::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with("url: ") && error.contains(rule),
                "{text}: {error}"
            );
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn any_scheme_of_a_response_is_accepted_and_read_back() {
        for (text, shown, app) in [
            ("mobilepay://?token=s3cret", "mobilepay://…", true),
            ("mobilepay:s3cret?token=s3cret", "mobilepay:…", true),
            ("vipps-mt+x.2://pay?token=s3cret", "vipps-mt+x.2://…", true),
            (
                "http://api.vipps.no/?token=s3cret",
                "http://api.vipps.no/…",
                false,
            ),
            ("https://æ.no/?token=s3cret", "https://xn--6ca.no/…", false),
        ] {
            let page = LandingPage::from_response(&format!(" {text}\n")).unwrap();
            assert_eq!((page.as_str(), page.is_app_link()), (text, app));
            assert_eq!(page.token(), Some("s3cret"));
            assert_eq!(
                format!("{page} {page:?}"),
                format!("{shown} LandingPage({shown})")
            );
            let json = serde_json::to_string(&page).unwrap();
            assert_eq!(serde_json::from_str::<LandingPage>(&json).unwrap(), page);
        }
    }

    #[test]
    fn a_response_without_a_url_is_refused_and_not_shown() {
        for (text, rule) in [
            ("", "base"),
            (" ", "base"),
            ("s3cret", "base"),
            ("://s3cret", "base"),
            ("1app://s3cret", "base"),
            ("my app://s3cret", "base"),
            ("https:", "empty host"),
            ("https://?token=s3cret", "empty host"),
            ("4791234567", "base"),
            ("https://api.vipps.no/\ns3cret", "control"),
            ("mobilepay://\u{9b}s3cret", "control"),
        ] {
            let error = LandingPage::from_response(text).unwrap_err();
            let json = serde_json::to_string(text).unwrap();
            let read = serde_json::from_str::<LandingPage>(&json).unwrap_err();
            for error in [error.to_string(), read.to_string()] {
                assert!(error.contains(rule), "{text:?}: {error}");
                assert!(
                    !error.contains("s3cret") && !error.contains("4791"),
                    "{error}"
                );
            }
        }
        assert!(serde_json::from_str::<LandingPage>("4791234567").is_err());
    }
}
