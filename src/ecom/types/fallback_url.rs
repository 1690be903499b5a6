//! The page or app that opens after a payment.

use url::Url;

use crate::types::InvalidValue;
use crate::types::https_url::{MAX_LENGTH, check_characters, check_page, is_app_link, refused};
use crate::types::text_type::text_type;

/// The page or app that the customer's phone opens after a payment, paid or not (wire name
/// `fallBack`).
///
/// It has at most 255 characters (eCom specification) and is one of these:
///
/// * an `https` URL by the rules of [`HttpsUrl`](crate::types::HttpsUrl), here also with a
///   fragment, because a browser opens it: `https://shop.example.com/#/orders/123`
/// * a link with the scheme of your own app, such as `myapp://payment/123`
/// * the word `INTENT` ([`FallbackUrl::intent`]): on Android the Vipps app closes, and your app is
///   in front
///
/// Plain `http` is refused.
///
/// The customer may never arrive there, or may arrive in another browser, without your cookies.
/// Always read the payment's details.
///
/// ```
/// use vipps::ecom::FallbackUrl;
///
/// assert!(FallbackUrl::parse("https://shop.example.com/orders/123").is_ok());
/// assert!(FallbackUrl::parse("myapp://orders/123")?.is_app_link());
/// assert!(FallbackUrl::parse("http://shop.example.com/").is_err());
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FallbackUrl(String);

const FIELD: &str = "fallback_url";
const INTENT: &str = "INTENT";
const FORMS: &str =
    "must be an https:// URL, a link of your own app such as myapp://done, or the word INTENT";

impl FallbackUrl {
    /// Checks a URL, an app link or the word `INTENT`.
    ///
    /// # Errors
    /// [`InvalidValue`] with the rule that the text breaks. A URL that may contain a password is
    /// not shown.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text == INTENT {
            return Ok(Self::intent());
        }
        check_characters(FIELD, text, MAX_LENGTH)?;
        let refuse = |rule: &'static str| Err(refused(FIELD, rule, text));
        match Url::parse(text) {
            Ok(url) if url.scheme() == "https" => check_page(FIELD, text, MAX_LENGTH).map(drop),
            Ok(url) if url.scheme() == "http" => refuse("must be https, not http"),
            Ok(url) if is_app_link(&url) => Ok(()),
            _ => refuse(FORMS),
        }?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the word `INTENT`: the Vipps app closes, and your app is in front (Android).
    pub fn intent() -> Self {
        Self(INTENT.to_owned())
    }

    /// Returns whether this is a link with the scheme of an app, or `INTENT`. Vipps accepts these
    /// values if the payment is started with
    /// [`Initiate::app_switch`](crate::ecom::Initiate::app_switch).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_app_links_and_intent_are_unchanged() {
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
    fn other_urls_are_refused_with_the_rule() {
        for (text, rule) in [
            ("", "INTENT"),
            ("http://example.com", "not http"),
            ("http://127.0.0.1/x", "not http"),
            ("HTTP://example.com", "not http"),
            ("JavaScript:alert(1)", "INTENT"),
            ("data:text/html,x", "INTENT"),
            ("mailto:a", "INTENT"),
            ("view-source:https://example.com", "INTENT"),
            ("javascript://example.com/%0aalert(1)", "INTENT"),
            ("data://text/html,x", "INTENT"),
            ("file:///etc/passwd", "INTENT"),
            ("ftp://example.com/", "INTENT"),
            ("https://localhost/x", "DNS name"),
            ("https:example.com", "https://"),
            ("https://10.0.0.1/x", "IP address"),
            ("https://user:x@example.com/#a", "password"),
            ("https://localhost/#a", "DNS name"),
            ("intent", "INTENT"),
            ("INTENT ", "position 7"),
            ("myapp", "INTENT"),
            ("myapp:done", "INTENT"),
            ("my app://done", "position 3"),
            ("1app://done", "INTENT"),
            ("my_app://done", "INTENT"),
            ("://done", "INTENT"),
            ("myapp://d\no", "position 10"),
            ("myapp://søt", "position 10"),
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
    fn more_than_255_characters_are_refused() {
        let longest = format!("myapp://{}", "x".repeat(247));
        assert!(FallbackUrl::parse(&longest).is_ok());
        assert!(
            FallbackUrl::parse(&(longest + "x"))
                .unwrap_err()
                .to_string()
                .contains("at most 255")
        );
    }
}
