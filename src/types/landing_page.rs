//! The page or app link that an initiated payment is opened with.

use std::fmt;

use url::{Host, Url};

use super::InvalidValue;
use super::text::text_type;

/// The URL that eCom's initiate answers: a landing page (`https`), or an app link (`vipps://`, in the test environment
/// `vippsMT://`) for a payment that was initiated with `isApp`. It is good for about five minutes.
///
/// Send it to the customer, or hand it to the one-time payment QR code, exactly as it is: [`as_str`](Self::as_str).
/// Do not open it in a frame, mail it, text it, shorten it or take it apart; its form may change.
///
/// It holds a token, so `Debug` and `Display` show no more than scheme and host. Plain `http` is accepted on this
/// machine's loopback only, where a simulator may answer.
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

impl LandingPage {
    /// Checks the URL and cuts blanks off its ends; the rest stays as it is.
    ///
    /// # Errors
    /// Names the rule that the URL breaks, never the URL.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        Self::check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// As [`parse`](Self::parse), without a copy.
    pub(crate) fn from_answer(text: String) -> Result<Self, InvalidValue> {
        if text.trim().len() < text.len() {
            return Self::parse(&text);
        }
        Self::check(&text)?;
        Ok(Self(text))
    }

    /// The URL as it is sent, by value.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn check(text: &str) -> Result<(), InvalidValue> {
        let refuse = |rule: &'static str| Err(InvalidValue::hidden(FIELD, rule));
        if text.is_empty() {
            return refuse("must not be blank");
        }
        if has_controls(text) {
            return refuse("must not hold control characters");
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

    /// The URL as initiate answered it. It holds a token: for the customer and the QR API, not for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this opens the Vipps app (`vipps://`, `vippsMT://`) rather than a page.
    pub fn is_app_link(&self) -> bool {
        matches!(scheme(&self.0), "vipps" | "vippsmt")
    }

    /// The value of the query member `token`, as it stands in the URL. Force approve of the test environment asks
    /// for it.
    pub fn token(&self) -> Option<&str> {
        let (_, query) = self.0.split_once('?')?;
        let query = query.split('#').next()?;
        query
            .split('&')
            .find_map(|member| member.strip_prefix("token="))
            .filter(|token| !token.is_empty())
    }
}

text_type!(@conversions LandingPage, as_str);

/// The scheme, in lower case, when it is one of the four that a landing page may have.
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

fn has_controls(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|b| b.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Whether a https URL names a host. Nearly all do so in plain words, which need no parser.
fn names_host(text: &str) -> bool {
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(is_plain_host) || Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Two or more labels of ASCII letters, digits and hyphens, none of them punycode and the last one no number.
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

/// So that a landing page from elsewhere, such as the Recurring API, can become a QR code.
impl AsRef<LandingPage> for LandingPage {
    fn as_ref(&self) -> &LandingPage {
        self
    }
}

impl fmt::Display for LandingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_app_link() {
            write!(f, "{}://…", self.0.split(':').next().unwrap_or_default())
        } else {
            write!(
                f,
                "{}://{}/…",
                scheme(&self.0),
                host(&self.0).unwrap_or_default()
            )
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
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<LandingPage>(&json)
                .unwrap_err()
                .to_string();
            assert!(error.contains(rule) && !error.contains("s3cret"), "{error}");
        }
        let error = serde_json::from_str::<LandingPage>("4791234567")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("4791234567"), "{error}");
    }
}
