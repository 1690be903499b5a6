//! The error for a value that breaks a documented rule.

use std::borrow::Cow;
use std::fmt;

/// Longer values are cut, because people read the error, and it may be written to a log.
const MAX_SHOWN: usize = 80;

/// A value that breaks a documented rule, refused before anything was sent.
///
/// The error names the field, the rule and the value. A secret or personal value is omitted. A long
/// value is cut to at most 80 characters, and control characters are escaped.
///
/// ```
/// let error = vipps::OrderId::parse("order 1").unwrap_err();
/// assert_eq!(error.field(), "order_id");
/// assert_eq!(error.value(), Some("order 1"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidValue {
    field: Cow<'static, str>,
    rule: Cow<'static, str>,
    value: Option<String>,
}

impl InvalidValue {
    /// Returns the error for a value that may be shown.
    pub(crate) fn new(
        field: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            value: Some(shown(&value.into())),
        }
    }

    /// Returns the error for a value that must not be shown: a secret, or personal data.
    pub(crate) fn without_value(
        field: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            value: None,
        }
    }

    /// Returns the error with the field name that the caller uses.
    pub(crate) fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = field.into();
        self
    }

    /// Returns the name of the field, in snake case: `order_id`, `amount`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the rule that is broken, as a phrase that follows the field's name: `must be …`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the refused value, or `None` if the value is a secret or personal data.
    ///
    /// A long value is cut to at most 80 characters, the last of which is `…`. Control characters
    /// and other invisible characters are escaped.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)?;
        match &self.value {
            Some(value) => write!(f, ", got \"{value}\""),
            None => Ok(()),
        }
    }
}

/// Formats the error as `Display` does, so that `main() -> Result<(), Box<dyn Error>>` prints a
/// sentence.
impl fmt::Debug for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InvalidValue {}

fn shown(value: &str) -> String {
    let mut text = String::new();
    let mut length = 0;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let mut escaped = String::new();
        match character {
            // These characters are legible and need no escape.
            '"' | '\'' | '\\' => escaped.push(character),
            other => escaped.extend(other.escape_debug()),
        }
        let width = escaped.chars().count();
        // The last place is reserved for the ellipsis, unless this is the last character.
        let max_length = if characters.peek().is_some() {
            MAX_SHOWN - 1
        } else {
            MAX_SHOWN
        };
        if length + width > max_length {
            text.push('…');
            break;
        }
        text.push_str(&escaped);
        length += width;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_field_rule_and_value() {
        let error = InvalidValue::new("amount", "must be at least 100 øre (1 kr)", "99 øre");
        assert_eq!(
            error.to_string(),
            "amount: must be at least 100 øre (1 kr), got \"99 øre\""
        );
        assert_eq!(error.field(), "amount");
        assert_eq!(error.rule(), "must be at least 100 øre (1 kr)");
        assert_eq!(error.value(), Some("99 øre"));
        assert_eq!(
            InvalidValue::new("a", "b", "").to_string(),
            "a: b, got \"\""
        );
    }

    #[test]
    fn value_of_a_secret_is_not_shown() {
        let error = InvalidValue::without_value("client_secret", "must not be empty");
        assert_eq!(error.to_string(), "client_secret: must not be empty");
        assert_eq!(error.value(), None);
    }

    #[test]
    fn field_can_have_the_name_that_the_caller_uses() {
        let error = InvalidValue::new("system_text", "rule", "x").with_field("system_name");
        assert_eq!(error.to_string(), "system_name: rule, got \"x\"");
    }

    #[test]
    fn invisible_characters_are_escaped() {
        let error = InvalidValue::new("a", "b", "1\r\n\t\u{0}\u{7f}\u{202e}å\"\\");
        assert_eq!(error.value(), Some("1\\r\\n\\t\\0\\u{7f}\\u{202e}å\"\\"));
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let value = |text: String| {
            InvalidValue::new("a", "b", text)
                .value()
                .unwrap()
                .to_owned()
        };
        assert_eq!(value("ø".repeat(80)), "ø".repeat(80));
        assert_eq!(value("ø".repeat(81)), format!("{}…", "ø".repeat(79)));
        assert_eq!(value("ø".repeat(100_000)), format!("{}…", "ø".repeat(79)));
        // An escape is never cut.
        assert_eq!(
            value(format!("{}\n", "x".repeat(79))),
            format!("{}…", "x".repeat(79))
        );
        assert_eq!(
            value(format!("{}\n", "x".repeat(78))),
            format!("{}\\n", "x".repeat(78))
        );
    }
}
