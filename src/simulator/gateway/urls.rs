//! The rule for the URLs of a merchant.

/// Returns `true` if a URL is `https://` with a host name that can exist on the public internet.
pub(crate) fn is_public_https(text: &str) -> bool {
    // URL parsers read `\` as `/`, so that the host would not be that of the text.
    if text.contains(|c: char| c.is_whitespace() || c == '\\') {
        return false;
    }
    let Ok(url) = url::Url::parse(text) else {
        return false;
    };
    let public = match url.host() {
        Some(url::Host::Domain(name)) => {
            let mut labels = name.trim_end_matches('.').rsplit('.');
            let top = labels.next().unwrap_or_default();
            labels.next().is_some_and(|label| !label.is_empty())
                && top.len() >= 2
                && top.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && top.starts_with(|c: char| c.is_ascii_alphabetic())
                && top != "localhost"
        }
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    };
    url.scheme() == "https" && public
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_must_be_public_and_https() {
        for valid in [
            "https://example.com/vipps",
            "https://shop.example.co.uk:8080/",
            "https://xn--brum-qoa.no/x?y=1",
        ] {
            assert!(is_public_https(valid), "{valid}");
        }
        for invalid in [
            "http://example.com/",
            "https://localhost/",
            "https://shop/",
            "https:///x",
            "https://example.com:99999/",
            "https://example.com/a b",
            "https://example.com\\\\@other.example/",
            "myapp://x",
            "",
        ] {
            assert!(!is_public_https(invalid), "{invalid}");
        }
    }
}
