//! The signature of a webhook: HMAC-SHA256 over the registered URL, the date and the hash of the
//! body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::types::InvalidValue;
use crate::types::characters::is_invisible;

const FIELD: &str = "registered_url";

/// The parts of a registered URL that are signed: its host, path and query.
#[derive(Clone, Debug)]
pub(super) struct SignedUrl {
    host: String,
    path_and_query: String,
}

impl SignedUrl {
    pub(super) fn parse(url: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: &str| {
            let rule = rule.to_owned();
            // The text before an `@` may contain a password, which must not be shown.
            if url.contains('@') {
                InvalidValue::without_value(FIELD, rule)
            } else {
                InvalidValue::new(FIELD, rule, url)
            }
        };
        let refuse_at = |rule: &str, at: usize| refuse(&format!("{rule}; see position {}", at + 1));
        // URL parsers drop white space and read `\` as `/`, so the parsed host and path would
        // differ from the text.
        for (at, c) in url.chars().enumerate() {
            match c {
                '\\' => return Err(refuse_at("must not contain `\\`; write it as %5C", at)),
                _ if c.is_whitespace() || c.is_control() => {
                    let rule = "must not contain spaces or control characters";
                    return Err(refuse_at(rule, at));
                }
                _ => {}
            }
        }
        let (_, rest) = split_scheme(url)
            .ok_or_else(|| refuse("must start with https:// or http:// and a host name"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if authority.is_empty() {
            return Err(refuse("must name a host after the two slashes"));
        }
        // The path and query are signed as they were registered; the parser would normalize them.
        let path_and_query = match tail.split('#').next().unwrap_or_default() {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        if let Some(at) = tail.chars().position(|c| !c.is_ascii()) {
            let before = url.chars().count() - tail.chars().count();
            return Err(refuse_at(
                "must be ASCII after the host; percent-encode other characters as they were registered",
                before + at,
            ));
        }
        let parsed = Url::parse(url).map_err(|e| refuse(&format!("must be a valid URL ({e})")))?;
        // The parser writes a non-ASCII host in punycode, as HTTP clients do in `Host`. It drops
        // the default port of the scheme, as the signature does.
        let host = parsed
            .host_str()
            .ok_or_else(|| refuse("must name a host after the two slashes"))?;
        let host = match parsed.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self {
            host,
            path_and_query,
        })
    }

    /// Returns `true` if the base64 `signature` was made with `secret`. The comparison takes
    /// constant time.
    pub(super) fn verify(
        &self,
        secret: &str,
        date: &[u8],
        hash: &ContentHash,
        signature: &[u8],
    ) -> bool {
        let (Some(mac), Ok(signature)) = (self.mac(secret, date, hash), STANDARD.decode(signature))
        else {
            return false;
        };
        mac.verify_slice(&signature).is_ok()
    }

    #[cfg(feature = "testing")]
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the request target for the registered `url`.
    #[cfg(feature = "testing")]
    pub(super) fn uri(&self, url: &str) -> Result<http::Uri, InvalidValue> {
        let scheme = split_scheme(url).map_or("https", |(scheme, _)| scheme);
        format!("{scheme}://{}{}", self.host, self.path_and_query)
            .parse()
            .map_err(|_| {
                InvalidValue::without_value(FIELD, "must be a valid request target of HTTP")
            })
    }

    /// Returns the signature as base64.
    #[cfg(feature = "testing")]
    pub(super) fn sign(&self, secret: &str, date: &[u8], hash: &ContentHash) -> Option<String> {
        let mac = self.mac(secret, date, hash)?;
        Some(STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Returns the HMAC over the signed values. The key is the text of the secret, although it
    /// looks like base64. Never `None`, because HMAC takes a key of any length.
    fn mac(&self, secret: &str, date: &[u8], hash: &ContentHash) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        for part in [
            b"POST\n",
            self.path_and_query.as_bytes(),
            b"\n",
            date,
            b";",
            self.host.as_bytes(),
            b";",
            hash.to_base64().as_bytes(),
        ] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// Splits off the scheme of a URL.
fn split_scheme(url: &str) -> Option<(&'static str, &str)> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let (found, rest) = url.split_at_checked(scheme.len())?;
        let rest = rest.strip_prefix("://")?;
        found.eq_ignore_ascii_case(scheme).then_some((scheme, rest))
    })
}

/// The SHA-256 hash of a body.
pub(super) struct ContentHash([u8; 32]);

pub(super) fn content_hash(body: &[u8]) -> ContentHash {
    ContentHash(Sha256::digest(body).into())
}

impl ContentHash {
    pub(super) fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Returns `true` if the header states this hash. The comparison takes constant time.
    pub(super) fn matches(&self, stated: &[u8]) -> bool {
        STANDARD
            .decode(stated)
            .is_ok_and(|stated| bool::from(stated.ct_eq(&self.0)))
    }
}

/// Checks the secret of a registration.
pub(super) fn parse_secret(text: &str) -> Result<SecretString, InvalidValue> {
    if text.is_empty() || text.trim() != text {
        let rule = "must be the secret as the registration returned it, without a space or line break at either end";
        return Err(InvalidValue::without_value("webhook_secret", rule));
    }
    // HMAC pads a key with NUL, so a secret and the same secret with a NUL at its end verify alike.
    let is_forbidden =
        |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if let Some(at) = text.chars().position(is_forbidden) {
        let rule = format!(
            "must be the secret as the registration returned it; the character at position {} is a control character \
             or invisible",
            at + 1
        );
        return Err(InvalidValue::without_value("webhook_secret", rule));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_path_and_query_are_parsed_as_signed() {
        for (url, host, path) in [
            ("https://example.com", "example.com", "/"),
            ("https://example.com/", "example.com", "/"),
            ("https://example.com/a/", "example.com", "/a/"),
            ("https://example.com?x=1", "example.com", "/?x=1"),
            (
                "https://example.com/a?x=1&y=/b?c",
                "example.com",
                "/a?x=1&y=/b?c",
            ),
            ("https://example.com/a#b", "example.com", "/a"),
            ("https://example.com?x#/y", "example.com", "/?x"),
            ("https://example.com#/y?z", "example.com", "/"),
            ("https://example.com:443/a", "example.com", "/a"),
            ("https://example.com:80/a", "example.com:80", "/a"),
            ("https://example.com:8080/a", "example.com:8080", "/a"),
            ("http://example.com:80/a", "example.com", "/a"),
            ("http://127.0.0.1:3000/a", "127.0.0.1:3000", "/a"),
            ("http://[::1]:3000/a", "[::1]:3000", "/a"),
            ("HTTPS://Example.COM/A", "example.com", "/A"),
            ("https://u:p@example.com/a@b", "example.com", "/a@b"),
            (
                "https://example.com/a%20b/./../c?q=%C3%A6",
                "example.com",
                "/a%20b/./../c?q=%C3%A6",
            ),
        ] {
            let signed_url = SignedUrl::parse(url).unwrap();
            let found = (signed_url.host.as_str(), signed_url.path_and_query.as_str());
            assert_eq!(found, (host, path), "{url}");
        }
    }

    #[test]
    fn urls_that_cannot_be_registered_are_refused() {
        for url in [
            "",
            "example.com/a",
            "/a",
            "ftp://example.com/a",
            "mailto:a",
            "https://",
            "https://example.com/a b",
            "https://example.com/å",
            "https://example.com/a\n",
        ] {
            let error = SignedUrl::parse(url).unwrap_err();
            assert_eq!(error.field(), "registered_url", "{url}");
            assert!(error.value().is_some(), "{url}");
        }
        let error = SignedUrl::parse("https://user:canary@example.com/ ").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn a_content_hash_matches_only_the_whole_hash() {
        let hash = content_hash(b"");
        let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(hash.to_base64(), text);
        assert!(hash.matches(text.as_bytes()));
        for invalid in [
            "",
            "=",
            &text[..43],
            "47DE",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
        ] {
            assert!(!hash.matches(invalid.as_bytes()), "{invalid}");
        }
    }
}
