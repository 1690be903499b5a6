//! The merchant's name for a merchant redirect QR code.

use super::InvalidValue;
use super::text::text_type;

/// The id that the merchant gives to a merchant redirect QR code (`id`): 1 to 128 of `a-z A-Z 0-9 æøåÆØÅ _ - + %` and
/// blanks, none of these at either end.
///
/// It belongs to the code for as long as that exists: creating a second one with it is a conflict (409), and after a
/// delete it makes a new code with another image.
///
/// ```
/// use vipps::types::RedirectQrId;
///
/// assert!(RedirectQrId::parse("billboard_1").is_ok());
/// assert!(RedirectQrId::parse("billboard/1").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectQrId(String);

text_type!(RedirectQrId);

impl RedirectQrId {
    /// The most characters that an id can have.
    pub const MAX_LEN: usize = 128;

    /// Checks the text; nothing is trimmed, since the id ends up in print and in paths as it is.
    ///
    /// # Errors
    /// When it is empty or longer than 128 characters, begins or ends with a blank, or has a character that the QR API
    /// refuses. The API's own pattern would also take line ends and, depending on its reading, letters of other
    /// alphabets; those are refused here.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: String| Err(InvalidValue::new("id", rule, text));
        let length = text.chars().count();
        if !(1..=Self::MAX_LEN).contains(&length) {
            return refuse(format!(
                "must be 1 to {} characters; it has {length}",
                Self::MAX_LEN
            ));
        }
        if let Some((at, c)) = (1..).zip(text.chars()).find(|(_, c)| !is_allowed(*c)) {
            return refuse(format!(
                "must be of a-z, A-Z, 0-9, æøåÆØÅ, blank and `_ - + %`; position {at} has `{}`",
                c.escape_debug()
            ));
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return refuse("must not begin or end with a blank".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-+% æøåÆØÅ".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in [
            "a",
            "billboard_1",
            "mobilepay",
            "50% off + more-1",
            "ÆØÅ æøå",
            "%2F",
            &"å".repeat(128),
        ] {
            let id = RedirectQrId::parse(text).unwrap();
            assert_eq!(id.as_str(), text);
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<RedirectQrId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        for (text, rule) in [
            ("", "1 to 128 characters; it has 0"),
            (&"å".repeat(129), "it has 129"),
            (" ", "begin or end"),
            ("   ", "begin or end"),
            (" a", "begin or end"),
            ("a ", "begin or end"),
            ("a.b", "position 2 has `.`"),
            (".", "position 1 has `.`"),
            ("..", "position 1"),
            ("a/b", "position 2 has `/`"),
            ("a\\b", "position 2"),
            ("a?b", "position 2"),
            ("a#b", "position 2"),
            ("a\n", "position 2 has `\\n`"),
            ("a\tb", "position 2 has `\\t`"),
            ("a\u{a0}b", "position 2"),
            ("åü", "position 2 has `ü`"),
            ("a\u{30a}", "position 2"),
            ("😀", "position 1"),
        ] {
            let error = RedirectQrId::parse(text).unwrap_err();
            assert_eq!(error.field(), "id");
            assert!(error.rule().contains(rule), "{text:?}: {error}");
            assert!(error.value().is_some());
        }
    }
}
