//! The web page that a printed code opens.

use std::fmt::Write as _;

use crate::types::InvalidValue;
use crate::types::https_url::refused;
use crate::types::text_type::text_type;

/// The web page that a merchant redirect QR code opens: `redirectUrl` of its create and update.
///
/// The QR API accepts fewer characters than a URL may have: `https://` in lower case, then a
/// letter, a digit, `_` or `.`, and after this character also `# ! : ? + = & % @ - /`. All other
/// characters must be percent-encoded (`,` as `%2C`), and a host with other letters must be written
/// in punycode. The error names the position. No maximum length is documented.
///
/// ```
/// use vipps::qr::RedirectUrl;
///
/// assert!(RedirectUrl::parse("https://example.com/shoes?size=42").is_ok());
/// let error = RedirectUrl::parse("https://example.com/a,b").unwrap_err();
/// assert!(error.to_string().contains("%2C"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUrl(String);

const FIELD: &str = "redirect_url";
const SCHEME: &str = "https://";

impl RedirectUrl {
    /// Checks a URL.
    ///
    /// # Errors
    /// [`InvalidValue`] if the text breaks a rule of the type. It names the first refused
    /// character, its position (the first is 1) and the replacement. A URL that may contain a
    /// password is not shown.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(refused(
                FIELD,
                "must start with https:// in lower case",
                text,
            ));
        };
        if rest.is_empty() {
            return Err(refused(FIELD, "must name a host after https://", text));
        }
        let mut in_host = true;
        for (index, c) in rest.chars().enumerate() {
            in_host &= !matches!(c, '/' | '?' | '#' | ':');
            let word = c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
            if word || (index > 0 && "#!:?+=&%@-/".contains(c)) {
                continue;
            }
            let position = SCHEME.len() + index + 1;
            let advice = if index == 0 && c.is_ascii() {
                "the host must start with a letter or digit".to_owned()
            } else if in_host && !c.is_ascii() {
                "write the host in punycode (xn--...)".to_owned()
            } else if in_host {
                "a host has no such character".to_owned()
            } else {
                format!("write it as {}", percent_encoded(c))
            };
            let shown = c.escape_debug();
            let rule = format!("must not contain `{shown}` at position {position}; {advice}");
            return Err(refused(FIELD, rule, text));
        }
        Ok(Self(text.to_owned()))
    }
}

text_type!(RedirectUrl);

fn percent_encoded(c: char) -> String {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer)
        .bytes()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_pattern_are_accepted() {
        for text in [
            "https://example.com",
            "https://example.com/myProduct",
            "https://x",
            "https://_a.b-c.no:8443/a/b.html?x=1&y=%C3%A5+1#top!",
            "https://user@example.com/@x",
            "https://A.B",
        ] {
            let url = RedirectUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.to_string().as_str()), (text, text));
            let json = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<RedirectUrl>(&json).unwrap(), url);
        }
    }

    #[test]
    fn errors_name_character_position_and_replacement() {
        for (text, rule) in [
            (
                "https://example.com/a,b",
                "`,` at position 22; write it as %2C",
            ),
            (
                "https://example.com/~me",
                "`~` at position 21; write it as %7E",
            ),
            (
                "https://example.com/a b",
                "` ` at position 22; write it as %20",
            ),
            (
                "https://example.com/å",
                "`å` at position 21; write it as %C3%A5",
            ),
            ("https://example.com/å/😀", "`å` at position 21"),
            (
                "https://example.com?x=😀",
                "`😀` at position 23; write it as %F0%9F%98%80",
            ),
            (
                "https://example.com/\n",
                "`\\n` at position 21; write it as %0A",
            ),
            ("https://example.com/a$", "%24"),
            ("https://example.com\n", "`\\n` at position 20; a host"),
            ("https://exa;mple.com", "`;` at position 12; a host"),
            (
                "https://blåbær.no",
                "`å` at position 11; write the host in punycode",
            ),
            ("https://ø.no", "punycode"),
            (
                "https://-example.com",
                "`-` at position 9; the host must start",
            ),
            ("https:///x", "`/` at position 9; the host must start"),
            ("https://", "name a host"),
            ("http://example.com", "https:// in lower case"),
            ("HTTPS://example.com", "https:// in lower case"),
            (" https://example.com", "https:// in lower case"),
            ("", "https:// in lower case"),
        ] {
            let error = RedirectUrl::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with("redirect_url: ") && error.contains(rule),
                "{text}: {error}"
            );
        }
    }

    /// Lists the whole alphabet of the pattern again, because no regex engine is a dependency.
    #[test]
    fn exactly_the_alphabet_of_the_pattern_is_accepted() {
        let word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
        for c in (0..0x250).filter_map(char::from_u32) {
            let first = word.contains(c);
            let later = first || "#!:.?+=&%@-/".contains(c);
            assert_eq!(
                RedirectUrl::parse(&format!("https://{c}")).is_ok(),
                first,
                "{c:?}"
            );
            assert_eq!(
                RedirectUrl::parse(&format!("https://a{c}")).is_ok(),
                later,
                "{c:?}"
            );
            assert_eq!(
                RedirectUrl::parse(&format!("https://a/{c}b")).is_ok(),
                later,
                "{c:?}"
            );
        }
    }

    #[test]
    fn errors_never_show_a_password() {
        let error = RedirectUrl::parse("https://user:secret@example.com/,")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("%2C") && !error.contains("secret"),
            "{error}"
        );
    }
}
