//! What callbacks prove themselves with.

use secrecy::{ExposeSecret, SecretString};

use super::InvalidValue;
use super::text::text_type;

/// A secret of the merchant's choice that comes back with each callback of a payment (`authToken`): 1 to 255 visible
/// ASCII characters, blanks only between.
///
/// The callback has it as its `Authorization` header, word for word and without a scheme such as `Bearer`, unless it is
/// given here. It never appears in `Debug` output or errors. Its own memory is overwritten when it is dropped; the
/// copies in request bodies and in the buffers of the HTTP library are not.
#[derive(Clone)]
pub struct AuthToken(SecretString);

text_type!(hidden AuthToken, expose);

impl AuthToken {
    /// The most characters that a token can have.
    pub const MAX_LEN: usize = 255;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 255 characters, begins or ends with a blank, or has a control character or
    /// anything beyond ASCII. The error does not show the token.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let is_visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if is_visible && text.trim() == text && (1..=Self::MAX_LEN).contains(&text.len()) {
            Ok(Self(SecretString::from(text)))
        } else {
            let rule = "must be 1 to 255 visible ASCII characters, with no blank at either end";
            Err(InvalidValue::hidden("auth_token", rule))
        }
    }

    /// The secret itself. Compare it in constant time.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in ["x", "Bearer abc", "~!@#\"'", &"x".repeat(255)] {
            assert_eq!(AuthToken::parse(text).unwrap().expose(), text);
        }
        for text in [
            "",
            " ",
            " x",
            "x ",
            "x\n",
            "a\r\nb",
            "a\tb",
            "ø",
            &"x".repeat(256),
        ] {
            let error = AuthToken::parse(text).unwrap_err();
            assert_eq!(error.field(), "auth_token", "{text:?}");
            assert_eq!(error.value(), None, "{text:?}");
        }
    }

    #[test]
    fn is_sent_and_never_shown() {
        let token: AuthToken = "canary".parse().unwrap();
        assert_eq!(format!("{token:?}"), "AuthToken([redacted])");
        assert_eq!(serde_json::to_string(&token).unwrap(), r#""canary""#);
        let read: AuthToken = serde_json::from_str(r#""canary""#).unwrap();
        assert_eq!(read.expose(), "canary");
        let error = serde_json::from_str::<AuthToken>(r#"" canary""#)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}
