//! The merchant's name for a merchant callback QR code.

use super::InvalidValue;
use super::text::text_type;

/// The most characters that an id in a path can have here.
const MAX_LEN: usize = 128;

/// The id that the merchant gives to a merchant callback QR code (`merchantQrId`), such as a UUID or the name of a
/// till: 1 to 128 characters, without `/ \ ? #` and control characters, and no blank at either end.
///
/// Together with the merchant serial number it is the code; neither can change. The webhook event
/// `user.checked-in.v1` names it. The QR API documents neither alphabet nor length: what is refused here could not be
/// told from another path.
///
/// ```
/// use vipps::types::CallbackQrId;
///
/// assert!(CallbackQrId::parse("27072f82-c4b6-49cd-9838-10f21d87496e").is_ok());
/// assert!(CallbackQrId::parse("till/1").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallbackQrId(String);

text_type!(CallbackQrId);

impl CallbackQrId {
    /// The most characters that an id can have.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    /// Names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        check_path_segment("merchant_qr_id", text)?;
        Ok(Self(text.to_owned()))
    }
}

/// What can be one segment of a path, once it is percent-encoded, and nothing else.
pub(super) fn check_path_segment(field: &'static str, text: &str) -> Result<(), InvalidValue> {
    let refuse = |rule: String| Err(InvalidValue::new(field, rule, text));
    let length = text.chars().count();
    if !(1..=MAX_LEN).contains(&length) {
        return refuse(format!(
            "must be 1 to {MAX_LEN} characters; it has {length}"
        ));
    }
    let is_refused = |c: char| c.is_control() || matches!(c, '/' | '\\' | '?' | '#');
    if let Some((at, c)) = (1..).zip(text.chars()).find(|(_, c)| is_refused(*c)) {
        return refuse(format!(
            "must not have `/`, `\\`, `?`, `#` or control characters; position {at} has `{}`",
            c.escape_debug()
        ));
    }
    if text.trim() != text {
        return refuse("must not begin or end with a blank".to_owned());
    }
    // Servers and URL parsers resolve these, even when they are percent-encoded.
    if matches!(text, "." | "..") {
        return refuse("must not be `.` or `..`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in [
            "a",
            "27072f82-c4b6-49cd-9838-10f21d87496e",
            "Kasse 1, 2. etasje",
            "mobilepay",
            "...",
            ".a",
            "50%",
            "%2F",
            "кассаØ",
            &"å".repeat(128),
        ] {
            let id = CallbackQrId::parse(text).unwrap();
            assert_eq!(id.as_str(), text);
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<CallbackQrId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        for (text, rule) in [
            ("", "1 to 128 characters; it has 0"),
            (&"å".repeat(129), "it has 129"),
            (" ", "begin or end"),
            (" a", "begin or end"),
            ("a\u{a0}", "begin or end"),
            ("mobilepay/1", "position 10 has `/`"),
            ("a\\b", "position 2"),
            ("a?", "position 2 has `?`"),
            ("#a", "position 1 has `#`"),
            ("a\n", "position 2 has `\\n`"),
            ("a\0b", "position 2"),
            ("a\u{85}b", "position 2"),
            (".", "`.` or `..`"),
            ("..", "`.` or `..`"),
        ] {
            let error = CallbackQrId::parse(text).unwrap_err();
            assert_eq!(error.field(), "merchant_qr_id");
            assert!(error.rule().contains(rule), "{text:?}: {error}");
            assert!(error.value().is_some());
        }
    }
}
