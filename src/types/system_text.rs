//! Who is calling.

use super::InvalidValue;
use super::text::text_type;

/// The value of a `Vipps-System-*` header, such as the name or version of the calling system: 1 to 30 visible ASCII
/// characters and blanks between, trimmed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemText(String);

text_type!(SystemText);

impl SystemText {
    /// The most characters that a value can have.
    pub const MAX_LEN: usize = 30;

    /// Trims and checks the text.
    ///
    /// # Errors
    ///
    /// When it is blank, longer than 30 characters, or has a control character or anything beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        let is_visible = trimmed.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if is_visible && (1..=Self::MAX_LEN).contains(&trimmed.len()) {
            Ok(Self(trimmed.to_owned()))
        } else {
            let rule = "must be 1 to 30 visible ASCII characters";
            Err(InvalidValue::new("system_text", rule, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        let long = "x".repeat(30);
        for (text, kept) in [
            ("acme", "acme"),
            (" Acme Shop 3.1.2\n", "Acme Shop 3.1.2"),
            (&long, &long),
        ] {
            assert_eq!(SystemText::parse(text).unwrap().as_str(), kept);
        }
        for text in [
            "",
            "  ",
            "a\nb",
            "a\tb",
            "a\r\nX: y",
            "\u{7f}",
            "blåbær",
            &"x".repeat(31),
        ] {
            let error = SystemText::parse(text).unwrap_err();
            assert_eq!(error.field(), "system_text", "{text:?}");
            assert_eq!(error.with_field("plugin_name").field(), "plugin_name");
        }
    }
}
