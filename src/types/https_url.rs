//! The merchant's addresses that Vipps calls.

use std::borrow::Cow;

use url::{Host, Url};

use super::InvalidValue;
use super::text::text_type;

/// The longest URL that eCom accepts, in characters.
pub(super) const MAX_LENGTH: usize = 255;

/// An `https` URL of the merchant that Vipps can reach: `callbackPrefix`, `shippingDetailsPrefix`
/// and `consentRemovalPrefix` of an eCom payment, or the address of a webhook.
///
/// The URL has at most 255 characters of ASCII. The host is a DNS name with a dot. `localhost`,
/// `shop.local` and IP addresses are refused, as Vipps refuses them. User name, password and
/// fragment are refused too. Vipps is known to reach the ports 80, 443 and 8080.
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
    /// Names the rule that the URL breaks. A URL that may hold a password is not repeated.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        check_https("url", text)?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the URL without slashes at the end. Vipps appends a path such as
    /// `/v2/payments/{orderId}` to a prefix, so a slash at the end would be doubled.
    pub fn as_prefix(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// Returns the text of [`as_prefix`](Self::as_prefix), by value.
    pub(crate) fn into_prefix(mut self) -> String {
        self.0.truncate(self.as_prefix().len());
        self.0
    }
}

text_type!(HttpsUrl);

/// Returns an error that shows the URL, unless the URL may contain a password.
pub(super) fn refused(
    field: &'static str,
    rule: impl Into<Cow<'static, str>>,
    text: &str,
) -> InvalidValue {
    if text.contains('@') {
        InvalidValue::hidden(field, rule)
    } else {
        InvalidValue::new(field, rule, text)
    }
}

/// Checks the length and the characters of a link in an eCom payment.
pub(super) fn check_characters(field: &'static str, text: &str) -> Result<(), InvalidValue> {
    if text.is_empty() {
        return Err(refused(field, "must not be empty", text));
    }
    for (at, c) in (1..).zip(text.chars()) {
        let rule = match c {
            _ if c.is_whitespace() || c.is_control() => {
                format!("must not hold blanks or control characters; there is one at position {at}")
            }
            _ if !c.is_ascii() => format!(
                "must be ASCII; `{c}` at position {at} needs punycode (xn--...) in the host and percent-encoding \
                 elsewhere"
            ),
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => format!(
                "must not hold `{c}` (position {at}); write it as %{:02X}",
                u32::from(c)
            ),
            _ => continue,
        };
        return Err(refused(field, rule, text));
    }
    if text.len() > MAX_LENGTH {
        return Err(refused(
            field,
            format!(
                "must be at most {MAX_LENGTH} characters; it has {}",
                text.len()
            ),
            text,
        ));
    }
    Ok(())
}

/// Checks all the rules of [`HttpsUrl`], for a field of any name.
fn check_https(field: &'static str, text: &str) -> Result<(), InvalidValue> {
    check_page(field, text)?;
    if text.contains('#') {
        return Err(refused(field, "must not have a fragment (`#...`)", text));
    }
    Ok(())
}

/// Checks the rules of a page that a browser opens. The URL may have a fragment.
pub(super) fn check_page(field: &'static str, text: &str) -> Result<(), InvalidValue> {
    check_characters(field, text)?;
    let refuse = |rule: &'static str| Err(refused(field, rule, text));
    let rest = match text.split_at_checked("https://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => rest,
        _ => return refuse("must start with https://"),
    };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return refuse("must not hold a user name or password");
    }
    if tail.split('#').nth(2).is_some() {
        return refuse("must have one `#` at most; write another one as %23");
    }
    if !escapes_are_whole(tail) {
        return refuse("must follow each `%` with two hexadecimal digits; a `%` itself is %25");
    }
    if authority.starts_with('[') {
        return refuse(NOT_AN_ADDRESS);
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if host.is_empty() {
        return refuse("must name a host");
    }
    if port.is_some_and(|port| !is_port(port)) {
        return refuse("must have a port from 1 to 65535, or none");
    }
    let url =
        Url::parse(text).map_err(|e| refused(field, format!("must be a valid URL ({e})"), text))?;
    match url.host() {
        // The text is checked and not `name`, because the parser has decoded `%61` to a letter in
        // `name`.
        Some(Host::Domain(_)) if is_dns_name(host) => Ok(()),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => refuse(NOT_AN_ADDRESS),
        _ => refuse("must have a public DNS name as host, such as shop.example.com"),
    }
}

const NOT_AN_ADDRESS: &str = "must name the host by its DNS name, not by an IP address";

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes();
        let mut hex = || digits.next().is_some_and(|b| b.is_ascii_hexdigit());
        hex() && hex()
    })
}

fn is_dns_name(name: &str) -> bool {
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let Some((front, last)) = name.rsplit_once('.') else {
        return false;
    };
    let last = last.to_ascii_lowercase();
    let public = !matches!(last.as_str(), "localhost" | "local" | "internal")
        && last.len() >= 2
        && (last.bytes().all(|b| b.is_ascii_alphabetic()) || last.starts_with("xn--"));
    name.len() <= 253 && public && label_is_fine(&last) && front.split('.').all(label_is_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_vipps_can_reach_as_it_was_given() {
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
    fn refuses_the_rest_and_says_why() {
        for (text, rule) in [
            ("", "empty"),
            ("http://example.com", "https://"),
            ("example.com", "https://"),
            ("https:example.com", "https://"),
            ("https:/example.com", "https://"),
            ("ftp://example.com", "https://"),
            ("htøps://x", "ASCII"),
            ("https://", "name a host"),
            ("https:///example.com", "name a host"),
            ("https://:443/", "name a host"),
            ("https://?x", "name a host"),
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
            ("https://[::1", "IP address"),
            ("https://example.com:", "port"),
            ("https://example.com:0", "port"),
            ("https://example.com:65536", "port"),
            ("https://example.com:+80", "port"),
            ("https://example.com:80:80", "port"),
            ("https://example.com/#x", "fragment"),
            ("https://example.com/%", "%25"),
            ("https://example.com/%2", "%25"),
            ("https://example.com/%zz", "%25"),
            ("https://example.com/a b", "position 22"),
            (" https://example.com", "position 1"),
            ("https://example.com\n", "position 20"),
            ("https://exa\tmple.com", "position 12"),
            ("https://example.com/\u{7f}", "position 21"),
            ("https://example.com\\x", "%5C"),
            ("https://blåbær.no", "punycode"),
            ("https://example.com/å", "percent-encoding"),
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
    fn never_repeats_a_password() {
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
    fn counts_255_characters() {
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
    fn cuts_all_slashes_off_a_prefix() {
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
    fn checks_when_read_from_json() {
        assert!(serde_json::from_str::<HttpsUrl>(r#""https://example.com/a""#).is_ok());
        let error = serde_json::from_str::<HttpsUrl>(r#""http://example.com""#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("https://"), "{error}");
        assert!(serde_json::from_str::<HttpsUrl>("1").is_err());
    }
}
