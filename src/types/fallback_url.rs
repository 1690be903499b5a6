//! The page or app that opens after a payment.

use super::InvalidValue;
use super::https_url::{check_characters, check_page, refused};
use super::text::text_type;

/// The page or app that the customer's phone opens after a payment, successful or not: `fallBack`
/// of an eCom payment (the wire name has a capital B).
///
/// It has at most 255 characters and is one of these:
///
/// * an `https` URL by the rules of [`HttpsUrl`](super::HttpsUrl), here also with a fragment,
///   because a browser opens it: `https://shop.example.com/#/orders/123`
/// * a link with the scheme of your own app, such as `myapp://payment/123`
/// * the word `INTENT` ([`FallbackUrl::intent`]): on Android the Vipps app closes, and your app is
///   in front
///
/// Plain `http` is refused, and so are schemes that no app can own (`javascript:`, `data:`,
/// `file:`, `ftp:` ...).
///
/// The customer may never arrive there, or may arrive in another browser, without your cookies.
/// Always read the payment's details.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FallbackUrl(String);

const FIELD: &str = "fallback_url";
const INTENT: &str = "INTENT";

/// Schemes that belong to browsers, protocols and systems, in lower case.
const NOT_AN_APP: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "cid",
    "content",
    "data",
    "dict",
    "dns",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "git",
    "gopher",
    "imap",
    "jar",
    "javascript",
    "ldap",
    "ldaps",
    "mailto",
    "mid",
    "news",
    "nfs",
    "nntp",
    "pop",
    "resource",
    "rtsp",
    "sftp",
    "sip",
    "sips",
    "sms",
    "smb",
    "ssh",
    "tel",
    "telnet",
    "tftp",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

impl FallbackUrl {
    /// Checks a URL, an app link or the word `INTENT`.
    ///
    /// # Errors
    /// Names the rule that the text breaks. A URL that may hold a password is not repeated.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        check_characters(FIELD, text)?;
        let refuse = |rule: &'static str| Err(refused(FIELD, rule, text));
        let scheme = text
            .split_once(':')
            .map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
        match scheme {
            None if text == INTENT => {}
            Some((scheme, _)) if scheme == "https" => check_page(FIELD, text)?,
            Some((scheme, _)) if scheme == "http" => return refuse("must be https, not http"),
            Some((scheme, _)) if NOT_AN_APP.contains(&scheme.as_str()) => {
                return refuse(
                    "must be https or the scheme of your own app; no app can own this scheme",
                );
            }
            Some((scheme, rest)) if is_scheme(&scheme) && rest.starts_with("//") => {}
            _ => {
                return refuse(
                    "must be an https:// URL, a link of your own app such as myapp://done, or the word INTENT",
                );
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the word `INTENT`: the Vipps app closes, and your app is in front (Android).
    pub fn intent() -> Self {
        Self(INTENT.to_owned())
    }

    /// Returns whether this is a link with an app's own scheme, or `INTENT`. Vipps accepts these
    /// values if the payment is initiated with `isApp`.
    pub fn is_app_link(&self) -> bool {
        !self
            .0
            .split(':')
            .next()
            .unwrap_or_default()
            .eq_ignore_ascii_case("https")
    }
}

text_type!(FallbackUrl);

/// The syntax of a scheme (RFC 3986, section 3.1).
pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_urls_app_links_and_the_word() {
        for (text, app) in [
            ("https://example.com/done?order=1", false),
            ("HTTPS://example.com", false),
            ("https://example.com/#/orders/1?paid=%C3%A5", false),
            ("https://example.com#!done", false),
            ("https://example.com/?a#", false),
            ("myapp://", true),
            ("myapp://payment/123?x=1#y", true),
            ("MyApp.v2+x-y://done", true),
            ("INTENT", true),
        ] {
            let url = FallbackUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.is_app_link()), (text, app));
            let json = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<FallbackUrl>(&json).unwrap(), url);
        }
        assert_eq!(FallbackUrl::intent(), FallbackUrl::parse("INTENT").unwrap());
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        for (text, rule) in [
            ("", "empty"),
            ("http://example.com", "not http"),
            ("http://127.0.0.1/x", "not http"),
            ("HTTP://example.com", "not http"),
            ("javascript://alert(1)", "no app"),
            ("JavaScript:alert(1)", "no app"),
            ("data:text/html,x", "no app"),
            ("file:///etc/passwd", "no app"),
            ("ftp://example.com", "no app"),
            ("mailto:a", "no app"),
            ("wss://example.com", "no app"),
            ("view-source:https://example.com", "no app"),
            ("https://localhost/x", "DNS name"),
            ("https:example.com", "https://"),
            ("https://10.0.0.1/x", "IP address"),
            ("https://example.com/#a#b", "one `#`"),
            ("https://example.com/#100%", "two hexadecimal digits"),
            ("https://user:x@example.com/#a", "password"),
            ("https://localhost/#a", "DNS name"),
            ("intent", "INTENT"),
            ("INTENT ", "blanks"),
            ("myapp", "INTENT"),
            ("myapp:done", "INTENT"),
            ("my app://done", "blanks"),
            ("1app://done", "INTENT"),
            ("my_app://done", "INTENT"),
            ("://done", "INTENT"),
            ("myapp://d\no", "blanks"),
            ("myapp://søt", "ASCII"),
        ] {
            let error = FallbackUrl::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with("fallback_url: ") && error.contains(rule),
                "{text}: {error}"
            );
        }
        let error = FallbackUrl::parse("http://user:secret@example.com")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn counts_255_characters() {
        let longest = format!("myapp://{}", "x".repeat(247));
        assert!(FallbackUrl::parse(&longest).is_ok());
        assert!(
            FallbackUrl::parse(&(longest + "x"))
                .unwrap_err()
                .to_string()
                .contains("at most 255")
        );
    }

    #[test]
    fn the_list_of_schemes_can_match() {
        assert!(
            NOT_AN_APP
                .iter()
                .all(|s| is_scheme(s) && *s == s.to_ascii_lowercase())
        );
    }
}
