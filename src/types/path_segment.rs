//! Text for one segment of a path.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::InvalidValue;

/// A parameter of an operation that becomes one segment of its path, such as an id.
///
/// Any text can be converted. A call with text that is not one segment fails before anything is
/// sent: with text that is empty, `.` or `..`, or that contains `/`, `\` or a control character.
///
/// `Debug` shows no part of the text, because an id may be personal data. `Display` writes the text
/// for the path. Refused text is written in a form that no path can have.
///
/// ```
/// let id = vipps::types::PathSegment::from("order-1");
/// assert_eq!(id.to_string(), "order-1");
/// assert_eq!(format!("{id:?}"), "[redacted]");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathSegment(String);

/// The first character of refused text in a path. A control character is refused in every path, and
/// the percent-encoded text follows it, so that the error can show the text. The text alone could
/// name another path: the URL parser reads `a\..\b` as `b`.
const REFUSED: char = '\u{1}';

const RULE: &str = "must not be empty, `.` or `..`, nor contain `/`, `\\` or control characters";

impl PathSegment {
    /// Checks that a parameter, decoded from a path, is one segment for servers that split the path
    /// before decoding it and for servers that split it afterwards.
    pub(crate) fn check(field: &str, value: &str) -> Result<(), InvalidValue> {
        if is_one_segment(value) {
            return Ok(());
        }
        let refused = value.strip_prefix(REFUSED).map(percent_decode_str);
        let text = refused.and_then(|text| text.decode_utf8().ok());
        let shown = text.unwrap_or(Cow::Borrowed(value));
        Err(InvalidValue::new(field.to_owned(), RULE, shown))
    }
}

fn is_one_segment(value: &str) -> bool {
    let splits = |c: char| c.is_control() || matches!(c, '/' | '\\');
    !matches!(value, "" | "." | "..") && !value.contains(splits)
}

impl fmt::Debug for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_one_segment(&self.0) {
            return f.write_str(&self.0);
        }
        let encoded = utf8_percent_encode(&self.0, NON_ALPHANUMERIC);
        write!(f, "{REFUSED}{encoded}")
    }
}

impl From<String> for PathSegment {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PathSegment {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_is_written_unchanged() {
        for text in ["order-1", "a b", "a+b;c%2Fd", "æøå", "...", ".a"] {
            let segment = PathSegment::from(text);
            assert_eq!(segment.to_string(), text);
            PathSegment::check("id", &segment.to_string()).unwrap();
        }
    }

    #[test]
    fn text_that_is_refused_names_no_path_and_is_shown_in_the_error() {
        for text in [
            "", ".", "..", "/", "a/b", "\\", "a\\..\\b", "\0", "a\nb", "a\u{85}", "\u{1}",
            "\u{1}%2E",
        ] {
            let written = PathSegment::from(text).to_string();
            let rest = written.strip_prefix('\u{1}').unwrap();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '%';
            assert!(rest.chars().all(is_plain), "{written}");
            let error = PathSegment::check("id", &written).unwrap_err();
            assert_eq!(error, InvalidValue::new("id", RULE, text));
        }
    }

    #[test]
    fn debug_shows_no_part_of_the_text() {
        let segment = PathSegment::from("canary".to_owned());
        assert_eq!(format!("{segment:?}"), "[redacted]");
    }
}
