//! The merchant's addresses that Vipps calls.

use std::borrow::Cow;

use url::{Host, Url};

use super::InvalidValue;
use super::text_type::text_type;

/// The longest URL that eCom accepts, in characters.
pub(crate) const MAX_LENGTH: usize = 255;

/// An `https` URL of the merchant that Vipps MobilePay calls: `callbackPrefix`,
/// `shippingDetailsPrefix` and `consentRemovalPrefix` of an eCom payment, or the address of a
/// webhook.
///
/// The URL has at most 255 ASCII characters (eCom document). The host is a DNS name with a dot.
/// `localhost`, `shop.local` and IP addresses are refused, as the API refuses them. User name,
/// password and fragment are refused too. Vipps MobilePay reaches the ports 80, 443 and 8080 (eCom
/// guide, callbacks); other ports may be blocked.
///
/// The text is stored unchanged.
///
/// ```
/// use vipps::types::HttpsUrl;
///
/// let url = HttpsUrl::parse("https://shop.example.com/vipps/")?;
/// assert_eq!(url.as_str(), "https://shop.example.com/vipps/");
/// assert_eq!(url.as_prefix(), "https://shop.example.com/vipps");
/// assert!(HttpsUrl::parse("http://shop.example.com/vipps").is_err());
/// # Ok::<(), vipps::types::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpsUrl(String);

impl HttpsUrl {
    /// Checks a URL.
    ///
    /// # Errors
    /// The error names the rule that the URL breaks. It does not show a URL that may hold a password.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if check_page("url", text, MAX_LENGTH)?.fragment().is_some() {
            return Err(refused("url", "must not have a fragment (`#...`)", text));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the URL without slashes at the end. Vipps appends a path such as
    /// `/v2/payments/{orderId}` to a prefix, so a slash at the end would be doubled.
    pub fn as_prefix(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// Converts into the text of [`as_prefix`](Self::as_prefix).
    pub(crate) fn into_prefix(mut self) -> String {
        self.0.truncate(self.as_prefix().len());
        self.0
    }
}

text_type!(HttpsUrl);

/// Returns an error that shows the URL, unless the URL may contain a password.
pub(crate) fn refused(
    field: &'static str,
    rule: impl Into<Cow<'static, str>>,
    text: &str,
) -> InvalidValue {
    if text.contains('@') {
        InvalidValue::without_value(field, rule)
    } else {
        InvalidValue::new(field, rule, text)
    }
}

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

/// Returns whether a link has `//` after its scheme, and may have the scheme of an app.
pub(crate) fn is_app_link(url: &Url) -> bool {
    url.has_authority() && !NOT_AN_APP.contains(&url.scheme())
}

/// Checks the length in characters and the characters of a link.
pub(crate) fn check_characters(
    field: &'static str,
    text: &str,
    max_length: usize,
) -> Result<(), InvalidValue> {
    let is_allowed = |c: char| c.is_ascii_graphic() && !r#""<>\^`{|}"#.contains(c);
    if let Some((at, c)) = (1..).zip(text.chars()).find(|(_, c)| !is_allowed(*c)) {
        let rule = format!(
            "must have only the characters of a URL; percent-encode `{}` at position {at}, or write the host in \
             punycode (xn--...)",
            c.escape_debug()
        );
        return Err(refused(field, rule, text));
    }
    if text.len() > max_length {
        let rule = format!(
            "must be at most {max_length} characters; it has {}",
            text.len()
        );
        return Err(refused(field, rule, text));
    }
    Ok(())
}

/// Checks the rules of a page that a browser opens, which are those of [`HttpsUrl`], but the URL
/// may have a fragment and another length.
pub(crate) fn check_page(
    field: &'static str,
    text: &str,
    max_length: usize,
) -> Result<Url, InvalidValue> {
    check_characters(field, text, max_length)?;
    let refuse = |rule: &'static str| Err(refused(field, rule, text));
    // The parser also accepts `https:example.com` and `https:///example.com`.
    let rest = match text.split_at_checked("https://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => rest,
        _ => return refuse("must start with https://"),
    };
    let url =
        Url::parse(text).map_err(|e| refused(field, format!("must be a valid URL ({e})"), text))?;
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not have a user name or password");
    }
    if url.port() == Some(0) {
        return refuse("must have no port, or a port from 1 to 65535");
    }
    match url.host() {
        // The parser decodes `%61` in a host to a letter, which Vipps may not do.
        Some(Host::Domain(name))
            if is_public_dns_name(name) && rest.to_ascii_lowercase().starts_with(name) =>
        {
            Ok(url)
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
            refuse("must name the host by its DNS name, not by an IP address")
        }
        _ => refuse("must have a public DNS name as host, such as shop.example.com"),
    }
}

/// Returns whether the name, in lower case, has two labels or more and may be public.
fn is_public_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_top =
        |label: &str| label.len() >= 2 && !matches!(label, "localhost" | "local" | "internal");
    name.len() <= 253
        && name.split('.').all(is_label)
        && name.rsplit_once('.').is_some_and(|(_, last)| is_top(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_urls_are_unchanged() {
        for text in [
            "https://example.com",
            "https://shop.example.com/vipps/callback",
            "https://Shop.Example.COM/A//b/",
            "HTTPS://example.com/",
            "https://example.com:8080/x",
            "https://example.com:1",
            "https://example.com:65535",
            "https://xn--blbr-roah.no/x",
            "https://example.xn--p1ai/",
            "https://example.com/?wc-api=vipps&callback=",
            "https://example.com?a[]=%C3%A5",
            "https://example.com/@user/(1)~*'$;,",
            "https://a-b.c1.no/",
            "https://12.34.no",
            "https://shop.test/x",
        ] {
            let url = HttpsUrl::parse(text).unwrap();
            assert_eq!(
                (url.as_str(), url.to_string().as_str()),
                (text, text),
                "{text}"
            );
            assert_eq!(
                serde_json::to_string(&url).unwrap(),
                serde_json::to_string(text).unwrap()
            );
        }
    }

    #[test]
    fn other_urls_are_refused_with_the_rule() {
        for (text, rule) in [
            ("", "https://"),
            ("http://example.com", "https://"),
            ("example.com", "https://"),
            ("https:example.com", "https://"),
            ("https:/example.com", "https://"),
            ("ftp://example.com", "https://"),
            ("htøps://x", "punycode"),
            ("https://", "empty host"),
            ("https:///example.com", "public DNS name"),
            ("https://:443/", "empty host"),
            ("https://?x", "empty host"),
            ("https://localhost/x", "public DNS name"),
            ("https://shop", "public DNS name"),
            ("https://shop.local", "public DNS name"),
            ("https://shop.localhost", "public DNS name"),
            ("https://shop.internal", "public DNS name"),
            ("https://example.com.", "public DNS name"),
            ("https://.example.com", "public DNS name"),
            ("https://a..com", "public DNS name"),
            ("https://-a.com", "public DNS name"),
            ("https://a-.com", "public DNS name"),
            ("https://a_b.com", "public DNS name"),
            ("https://ex%61mple.com", "public DNS name"),
            ("https://example.c", "public DNS name"),
            ("https://127.0.0.1/", "IP address"),
            ("https://0x7f.1/", "IP address"),
            ("https://[::1]/", "IP address"),
            ("https://[::1", "valid URL"),
            ("https://example.com:0", "port"),
            ("https://example.com:65536", "port"),
            ("https://example.com:+80", "port"),
            ("https://example.com:80:80", "port"),
            ("https://example.com/#x", "fragment"),
            ("https://example.com/a b", "position 22"),
            (" https://example.com", "position 1"),
            ("https://example.com\n", "position 20"),
            ("https://exa\tmple.com", "position 12"),
            ("https://example.com/\u{7f}", "position 21"),
            ("https://example.com\\x", "position 20"),
            ("https://blåbær.no", "punycode"),
            ("https://example.com/å", "percent-encode"),
        ] {
            let error = HttpsUrl::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with("url: ") && error.contains(rule),
                "{text}: {error}"
            );
            assert!(error.contains(", got \""), "{error}");
        }
    }

    #[test]
    fn errors_never_show_a_password() {
        for text in [
            "https://user:secret@example.com",
            "https://secret@example.com/",
            "ftp://user:secret@example.com",
            "user:secret@example.com",
            "https://user:secret@",
            "https://user:se?cret@example.com",
            "https://user:secret@exa mple.com",
            "https:/user:secret@example.com",
        ] {
            let error = HttpsUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("cret"), "{error}");
        }
        let error = HttpsUrl::parse("https://user:secret@example.com").unwrap_err();
        assert!(error.to_string().contains("user name"), "{error}");
    }

    #[test]
    fn more_than_255_characters_are_refused() {
        let head = "https://example.com/";
        let longest = format!("{head}{}", "x".repeat(MAX_LENGTH - head.len()));
        assert!(HttpsUrl::parse(&longest).is_ok());
        let error = HttpsUrl::parse(&(longest + "x")).unwrap_err().to_string();
        assert!(
            error.contains("at most 255") && error.contains("256"),
            "{error}"
        );
    }

    #[test]
    fn checks_the_lengths_of_dns_labels() {
        let label = "a".repeat(63);
        assert!(HttpsUrl::parse(&format!("https://{label}.no")).is_ok());
        assert!(HttpsUrl::parse(&format!("https://{label}a.no")).is_err());
    }

    #[test]
    fn a_prefix_has_no_slash_at_the_end() {
        for (text, prefix) in [
            ("https://example.com", "https://example.com"),
            ("https://example.com/", "https://example.com"),
            ("https://example.com/a///", "https://example.com/a"),
            ("https://example.com/?cb=", "https://example.com/?cb="),
        ] {
            assert_eq!(HttpsUrl::parse(text).unwrap().as_prefix(), prefix);
        }
    }

    #[test]
    fn json_is_checked() {
        assert!(serde_json::from_str::<HttpsUrl>(r#""https://example.com/a""#).is_ok());
        let error = serde_json::from_str::<HttpsUrl>(r#""http://example.com""#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("https://"), "{error}");
        assert!(serde_json::from_str::<HttpsUrl>("1").is_err());
    }
}
