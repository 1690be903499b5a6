//! A URL that the customer's phone opens.

use crate::types::InvalidValue;
use crate::types::text_type::text_type;

const FIELD: &str = "url";
const MAX_LENGTH: usize = 2500;

/// Schemes that belong to browsers, protocols and systems, in lower case.
const NOT_AN_APP: [&str; 14] = [
    "about",
    "blob",
    "content",
    "data",
    "file",
    "ftp",
    "http",
    "javascript",
    "mailto",
    "sms",
    "tel",
    "vbscript",
    "ws",
    "wss",
];

/// A page or an app link that the customer opens: the page after the payment (`returnUrl`), or the
/// receipt (`receiptUrl`).
///
/// It has at most 2500 ASCII characters (ePayment specification) and is either an `https` URL with
/// a host, or a link with the scheme of your own app, such as `myapp://payment/123`.
///
/// The customer may never arrive there, or may arrive in another browser, without your cookies.
/// Always read the details of the payment.
///
/// ```
/// use vipps::epayment::PageUrl;
///
/// assert!(PageUrl::parse("https://shop.example.com/orders/451").is_ok());
/// assert!(PageUrl::parse("myapp://orders/451").is_ok());
/// assert!(PageUrl::parse("http://shop.example.com/").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageUrl(String);

text_type!(PageUrl);

impl PageUrl {
    /// Checks a URL.
    ///
    /// # Errors
    /// [`InvalidValue`] if the text breaks a rule of the type. A URL that may contain a password is
    /// not shown.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: &'static str| {
            Err(if text.contains('@') {
                InvalidValue::without_value(FIELD, rule)
            } else {
                InvalidValue::new(FIELD, rule, text)
            })
        };
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return refuse("must be ASCII without spaces and control characters");
        }
        if text.len() > MAX_LENGTH {
            return refuse("must be at most 2500 characters");
        }
        let Some((scheme, _)) = text.split_once("://") else {
            return refuse("must begin with https:// or the scheme of your own app");
        };
        let scheme = scheme.to_ascii_lowercase();
        if NOT_AN_APP.contains(&scheme.as_str()) {
            return refuse("must be https or the scheme of your own app");
        }
        let Ok(url) = url::Url::parse(text) else {
            return refuse("must be a valid URL");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("must not have a user name or password");
        }
        if scheme == "https" && !url.domain().is_some_and(|host| host.contains('.')) {
            return refuse("must have a public DNS name as host, such as shop.example.com");
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_pages_and_app_links_are_accepted() {
        for text in [
            "https://example.com",
            "https://shop.example.com/orders/451?paid=%C3%A5#top",
            "myapp://",
            "MyApp.v2://done/451",
        ] {
            assert_eq!(PageUrl::parse(text).unwrap().as_str(), text);
        }
        let longest = format!("https://example.com/{}", "x".repeat(2480));
        PageUrl::parse(&longest).unwrap();
        PageUrl::parse(&(longest + "x")).unwrap_err();
    }

    #[test]
    fn other_links_are_refused() {
        for text in [
            "",
            "shop.example.com",
            "http://example.com",
            "HTTP://example.com",
            "javascript://alert(1)",
            "file:///etc/passwd",
            "https://localhost/",
            "https://",
            "https://example.com/a b",
            "https://example.com/å",
            "https://example.com/\n",
            "my_app://x",
        ] {
            let error = PageUrl::parse(text).unwrap_err();
            assert_eq!(
                (error.field(), error.value().is_some()),
                ("url", true),
                "{text}"
            );
        }
        let error = PageUrl::parse("https://user:secret@example.com").unwrap_err();
        assert_eq!(error.value(), None);
    }
}
