//! Text that must not appear in logs.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lenient;

/// Text that is a secret or personal data: a name, an e-mail address, a customer token, a link with
/// a token in it.
///
/// `Debug` shows no part of the text and there is no `Display`, so that the text does not get into a
/// log by accident. Any text is accepted. Seven days after the reservation of a payment, the eCom
/// API returns `[Expired]` instead of personal data.
///
/// ```
/// let name = vipps::types::Sensitive::from("Ada");
/// assert_eq!(format!("{name:?}"), "[redacted]");
/// assert_eq!(name.expose(), "Ada");
/// ```
#[doc(alias("redacted", "secret"))]
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Sensitive(String);

impl Sensitive {
    /// Returns the text, which is not for logs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Converts into the text, which is not for logs.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Serializes as the text in clear, because requests contain it.
impl Serialize for Sensitive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Deserializes from any value: a number or a bool in its JSON spelling, `null` as empty text.
impl<'de> Deserialize<'de> for Sensitive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::text(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_part_of_the_text() {
        let text = Sensitive::from("canary");
        assert_eq!(format!("{text:?} {text:#?}"), "[redacted] [redacted]");
        assert_eq!(text.expose(), "canary");
        assert_eq!(text.clone().into_inner(), "canary");
        assert_eq!(Sensitive::default().expose(), "");
        assert_eq!(format!("{:?}", Sensitive::default()), "[redacted]");
    }

    #[test]
    fn any_json_value_is_read_as_text() {
        for (json, text) in [
            (r#""Ada""#, "Ada"),
            (r#""[Expired]""#, "[Expired]"),
            ("4791234567", "4791234567"),
            ("0", "0"),
            ("true", "true"),
            ("null", ""),
            (r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            let read: Sensitive = serde_json::from_str(json).unwrap();
            assert_eq!(read, Sensitive::from(text), "{json}");
        }
        assert_eq!(
            serde_json::from_str::<Option<Sensitive>>("null").unwrap(),
            None
        );
        assert_eq!(
            serde_json::to_string(&Sensitive::from("Ada")).unwrap(),
            r#""Ada""#
        );
    }
}
