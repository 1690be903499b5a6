//! A URL that the customer's phone opens.

use url::Url;

use crate::types::InvalidValue;
use crate::types::https_url::{check_characters, check_page, is_app_link, refused};
use crate::types::text_type::text_type;

const FIELD: &str = "url";
const MAX_LENGTH: usize = 2500;

const FORMS: &str = "must be an https:// URL, or a link of your own app such as myapp://done";

/// A page or an app link that the customer opens: the page after the payment (`returnUrl`), or the
/// receipt (`receiptUrl`).
///
/// It has at most 2500 ASCII characters (ePayment specification) and is either an `https` URL with
/// a public DNS name as host, or a link with the scheme of your own app, such as
/// `myapp://payment/123`. Characters that a URL must not contain, such as `"` and `\`, must be
/// percent-encoded.
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
        check_characters(FIELD, text, MAX_LENGTH)?;
        let refuse = |rule: &'static str| Err(refused(FIELD, rule, text));
        match Url::parse(text) {
            Ok(url) if url.scheme() == "https" => check_page(FIELD, text, MAX_LENGTH).map(drop),
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                refuse("must not have a user name or password")
            }
            Ok(url) if is_app_link(&url) => Ok(()),
            _ => refuse(FORMS),
        }?;
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
            // `://` after another scheme.
            "javascript:location='https://example.com'",
            "javascript:alert(1)//://x",
            "data:text/html,https://example.com",
            "blob:https://example.com",
            "view-source:https://example.com",
            // A browser reads `\` as `/`, and other parsers read it as a part of the host.
            "https://shop.example.com\\.example.org/",
            "https://example.com/<script>",
            "https://example.com:0/",
            "https:///example.com",
            "https://.example.com",
            "https://example..com",
            "https://-example.com",
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
