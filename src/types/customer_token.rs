//! What a check-in gives to the merchant.

use std::hash::{Hash, Hasher};

use secrecy::{ExposeSecret, SecretString};

use super::InvalidValue;
use super::text::text_type;

/// The token of a customer who checked in (`customerToken` of the webhook event `user.checked-in.v1`): 1 to 4096
/// visible ASCII characters, opaque.
///
/// Good for 15 minutes. The ePayment API takes it as it is; the exchange turns it into a phone number. It stands for a
/// person and never appears in `Debug` output or errors. Its own memory is overwritten when it is dropped; the copies in
/// request bodies and in the buffers of the HTTP library are not.
#[derive(Clone)]
pub struct CustomerToken(SecretString);

text_type!(hidden CustomerToken, expose);

impl CustomerToken {
    /// The most characters that a token can have.
    pub const MAX_LEN: usize = 4096;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    /// When it is empty, longer than 4096 characters, or has a blank, a control character or anything beyond ASCII.
    /// The error does not show the token.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let is_visible = text.bytes().all(|b| b.is_ascii_graphic());
        if is_visible && (1..=Self::MAX_LEN).contains(&text.len()) {
            Ok(Self(SecretString::from(text)))
        } else {
            let rule = "must be 1 to 4096 visible ASCII characters without blanks";
            Err(InvalidValue::hidden("customer_token", rule))
        }
    }

    /// The token itself: personal data, not for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for CustomerToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for CustomerToken {}

impl Hash for CustomerToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in [
            "x",
            "wbA8ceVRKkoYiQAV+/AG6Q+q0ATP4=",
            "!~",
            &"x".repeat(4096),
        ] {
            let token = CustomerToken::parse(text).unwrap();
            assert_eq!(token.expose(), text);
            let json = serde_json::to_string(&token).unwrap();
            assert_eq!(json, serde_json::to_string(text).unwrap());
            assert!(serde_json::from_str::<CustomerToken>(&json).unwrap() == token);
        }
        assert!(CustomerToken::parse("a").unwrap() != CustomerToken::parse("b").unwrap());
    }

    #[test]
    fn refuses_the_rest_and_shows_nothing() {
        for text in [
            "",
            " ",
            "canary ",
            " canary",
            "can ary",
            "canary\n",
            "canaryø",
            "canary\u{7f}",
            &"x".repeat(4097),
        ] {
            let error = CustomerToken::parse(text).unwrap_err();
            assert_eq!(
                (error.field(), error.value()),
                ("customer_token", None),
                "{text:?}"
            );
            assert!(!error.to_string().contains("canary"), "{error}");
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<CustomerToken>(&json)
                .unwrap_err()
                .to_string();
            assert!(!error.contains("canary"), "{error}");
        }
        let token = CustomerToken::parse("canary").unwrap();
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "CustomerToken([redacted]) CustomerToken([redacted])"
        );
    }
}
