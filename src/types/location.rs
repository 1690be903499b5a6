//! Where a merchant callback QR code hangs.

use super::InvalidValue;
use super::text::{is_printed, length, text_type};

/// Where a merchant callback QR code is (`locationDescription`), such as `Kasse 1` or `Platform 3`: 1 to 36 characters,
/// trimmed.
///
/// The customer reads it in the app after a scan. Characters are counted as UTF-16 does, where most emoji are two, since
/// the API does not say how it counts; control characters, line ends included, are refused.
///
/// ```
/// use vipps::types::LocationDescription;
///
/// assert_eq!(LocationDescription::parse(" Kasse 1 ")?.as_str(), "Kasse 1");
/// # Ok::<(), vipps::types::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationDescription(String);

text_type!(LocationDescription);

impl LocationDescription {
    /// The most characters that a description can have.
    pub const MAX_LEN: usize = 36;

    /// Trims and checks the text.
    ///
    /// # Errors
    /// When it is blank, longer than 36 characters, or has a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        let length = length(trimmed);
        let refuse = |rule: String| Err(InvalidValue::new("location_description", rule, text));
        if !(1..=Self::MAX_LEN).contains(&length) {
            return refuse(format!(
                "must be 1 to {} characters; it has {length}",
                Self::MAX_LEN
            ));
        }
        if !is_printed(trimmed) {
            return refuse("must not have control characters".to_owned());
        }
        Ok(Self(trimmed.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for (text, kept) in [
            ("K", "K"),
            (" Kasse 1\n", "Kasse 1"),
            ("Bl\u{e5}b\u{e6}r / \"2\" 😀", "Blåbær / \"2\" 😀"),
            (&format!(" {} ", "å".repeat(36)), &"å".repeat(36)),
            (&"😀".repeat(18), &"😀".repeat(18)),
        ] {
            let location = LocationDescription::parse(text).unwrap();
            assert_eq!(location.as_str(), kept);
            let json = serde_json::to_string(&location).unwrap();
            assert_eq!(
                serde_json::from_str::<LocationDescription>(&json).unwrap(),
                location
            );
        }
        for (text, rule) in [
            ("", "it has 0"),
            (" \n", "it has 0"),
            (&"å".repeat(37), "1 to 36 characters; it has 37"),
            (&"😀".repeat(19), "1 to 36 characters; it has 38"),
            ("a\nb", "control"),
            ("a\u{7f}b", "control"),
        ] {
            let error = LocationDescription::parse(text).unwrap_err();
            assert_eq!(error.field(), "location_description");
            assert!(error.rule().contains(rule), "{text:?}: {error}");
        }
    }
}
