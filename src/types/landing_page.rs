//! The landing page or app link of a payment.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use url::{Host, Url};

use super::fallback_url::is_scheme;
use super::text::{is_printed, text_type};
use super::{InvalidValue, lenient};

/// The URL in the response to an initiate of eCom: a landing page (`https`), or an app link
/// (`vipps://`, in the test environment `vippsMT://`) for a payment with `isApp`. It is valid for
/// about five minutes.
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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LandingPage(String);

const FIELD: &str = "url";
const NO_CONTROLS: &str = "must not hold control characters";

impl LandingPage {
    /// Checks the URL, and removes white space at its ends. The rest stays unchanged.
    ///
    /// # Errors
    /// The error names the rule that the URL breaks, and never shows the URL.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        Self::check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Accepts the URL of a response: any text with a scheme and no control characters.
    pub(crate) fn from_answer(text: String) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        if !is_printed(trimmed) {
            return Err(InvalidValue::hidden(FIELD, NO_CONTROLS));
        }
        if !trimmed
            .split_once(':')
            .is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
        {
            return Err(InvalidValue::hidden(
                FIELD,
                "must begin with a scheme, such as https:",
            ));
        }
        Ok(Self(if trimmed.len() < text.len() {
            trimmed.to_owned()
        } else {
            text
        }))
    }

    /// Returns the URL as it is sent, by value.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn check(text: &str) -> Result<(), InvalidValue> {
        let refuse = |rule: &'static str| Err(InvalidValue::hidden(FIELD, rule));
        if text.is_empty() {
            return refuse("must not be blank");
        }
        if !is_printed(text) {
            return refuse(NO_CONTROLS);
        }
        match scheme(text) {
            "vipps" | "vippsmt" => {}
            "https" if names_host(text) => {}
            "http" if is_loopback(text) => {}
            "http" => return refuse("must be https; http is accepted on loopback only"),
            "https" => return refuse("must name a host"),
            _ => {
                return refuse(
                    "must be the URL that initiate answered: https://, vipps:// or vippsMT://",
                );
            }
        }
        Ok(())
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

    /// Returns the value of the query member `token`, unchanged. Force approve of the test
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

/// Accepts every URL that a response may contain, so that each serialized landing page can be read.
impl<'de> Deserialize<'de> for LandingPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_answer(lenient::scalar(deserializer)?).map_err(D::Error::custom)
    }
}

/// Returns the scheme in lower case if a landing page may have it, and an empty text otherwise.
fn scheme(text: &str) -> &'static str {
    ["https", "http", "vippsmt", "vipps"]
        .into_iter()
        .find(|scheme| {
            text.split_at_checked(scheme.len())
                .is_some_and(|(head, rest)| {
                    head.eq_ignore_ascii_case(scheme) && rest.starts_with("://")
                })
        })
        .unwrap_or_default()
}

/// Returns whether an `https` URL names a host. Most hosts are plain and need no parser.
fn names_host(text: &str) -> bool {
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(is_plain_host) || Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Returns whether a host is two or more labels of ASCII letters, digits and hyphens. No label is
/// punycode, and the last label has only letters.
fn is_plain_host(text: &str) -> bool {
    let is_plain = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && label.get(2..4).is_none_or(|at| at != "--")
    };
    text.split('.').all(is_plain)
        && text
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn host(text: &str) -> Option<String> {
    Url::parse(text).ok()?.host_str().map(str::to_owned)
}

fn is_loopback(text: &str) -> bool {
    let url = Url::parse(text);
    match url.as_ref().ok().and_then(Url::host) {
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
            let host = host(&self.0).unwrap_or_default();
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
    fn what_passes_for_a_host_is_one() {
        for plain in [
            "api.vipps.no",
            "a.b",
            "x-1.Example.COM",
            "-a-.no",
            &format!("{}.no", "a".repeat(300)),
        ] {
            assert!(is_plain_host(plain), "{plain}");
            let url = Url::parse(&format!("https://{plain}/a?b"));
            assert!(url.is_ok_and(|url| url.has_host()), "{plain}");
        }
        // These are for the parser to judge.
        for other in [
            "", ".", "a", "a..b", ".a.b", "a.b.", "1.2", "a.0x1", "xn--a.no", "a.b:443", "u@a.b",
            "a_b.no", "å.no", "[::1]", "a.b\\c",
        ] {
            assert!(!is_plain_host(other), "{other}");
        }
        for (url, good) in [
            ("https://a", true),
            ("https://[::1]/", true),
            ("https://127.0.0.1:1/", true),
            ("https://xn--vipps-zua.no/", true),
            ("https://1.2.3.256/", false),
            ("https://", false),
            ("https://?a", false),
            ("https://xn--a/", false),
        ] {
            assert_eq!(LandingPage::parse(url).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn keeps_the_url_and_shows_only_its_host() {
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
    fn cuts_blanks_off_the_ends_only() {
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
    fn refuses_the_rest_without_showing_it() {
        for (text, rule) in [
            ("", "blank"),
            (" \t\n", "blank"),
            ("https://api.vipps.no/\n?token=s3cret", "control"),
            ("https://api.vipps.no/\0s3cret", "control"),
            ("http://api.vipps.no/?token=s3cret", "loopback"),
            ("http://127.0.0.1@s3cret.no/", "loopback"),
            ("http://127.0.0.1.s3cret.no/", "loopback"),
            ("https://?token=s3cret", "host"),
            ("https:s3cret", "initiate"),
            ("vipps:s3cret", "initiate"),
            ("vippsmt2://s3cret", "initiate"),
            ("javascript:s3cret", "initiate"),
            ("ø", "initiate"),
            ("s3cret", "initiate"),
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
    fn takes_an_answer_whatever_its_scheme_and_reads_it_back() {
        for (text, shown, app) in [
            ("mobilepay://?token=s3cret", "mobilepay://…", true),
            ("mobilepay:s3cret?token=s3cret", "mobilepay:…", true),
            ("vipps-mt+x.2://pay?token=s3cret", "vipps-mt+x.2://…", true),
            ("https://?token=s3cret", "https:///…", false),
            (
                "http://api.vipps.no/?token=s3cret",
                "http://api.vipps.no/…",
                false,
            ),
            ("https://æ.no/?token=s3cret", "https://xn--6ca.no/…", false),
        ] {
            let page = LandingPage::from_answer(format!(" {text}\n")).unwrap();
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
    fn an_answer_without_a_scheme_is_no_page_and_is_not_shown() {
        for (text, rule) in [
            ("", "scheme"),
            (" ", "scheme"),
            ("s3cret", "scheme"),
            ("://s3cret", "scheme"),
            ("1app://s3cret", "scheme"),
            ("my app://s3cret", "scheme"),
            ("https:", "scheme"),
            ("4791234567", "scheme"),
            ("https://api.vipps.no/\ns3cret", "control"),
            ("mobilepay://\u{9b}s3cret", "control"),
        ] {
            let error = LandingPage::from_answer(text.to_owned()).unwrap_err();
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
