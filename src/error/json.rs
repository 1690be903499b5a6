//! Reads JSON that may be incomplete, and finds members in any capitalisation.

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// The JSON of a body.
pub(super) struct Json {
    pub(super) value: Value,
    /// Set if the whole text is one JSON value.
    pub(super) is_complete: bool,
}

/// Reads a text as JSON.
///
/// If the text is cut or broken, everything before the fault is read, including the members of an
/// unfinished list or object, because the first error code may decide about retries.
pub(super) fn read(text: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(value) => Json {
            value,
            is_complete: true,
        },
        Err(error) => Json {
            value: serde_json::from_str(&close(text, valid_bytes(text, &error)))
                .unwrap_or_default(),
            is_complete: false,
        },
    }
}

/// Returns the number of bytes before the fault.
fn valid_bytes(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let lines = text.split_inclusive('\n').map(str::len);
    let before: usize = lines.take(error.line().saturating_sub(1)).sum();
    // The column counts the faulty byte too.
    before + error.column().saturating_sub(1)
}

/// Makes complete JSON of the first bytes of a text: everything up to the last complete value, and
/// the brackets that are then still open.
fn close(text: &str, bytes: usize) -> String {
    let mut brackets = Vec::new();
    let (mut end, mut open) = (0, 0);
    let mut is_text = false;
    let mut is_escaped = false;
    let mut previous = b',';
    for (at, byte) in text.bytes().enumerate().take(bytes) {
        let complete = match byte {
            _ if is_escaped => {
                is_escaped = false;
                None
            }
            b'\\' if is_text => {
                is_escaped = true;
                None
            }
            b'"' => {
                is_text = !is_text;
                // The name of a member is no value.
                let is_value = previous == b':' || brackets.last() == Some(&']');
                (!is_text && is_value).then_some(at + 1)
            }
            _ if is_text => None,
            b'{' | b'[' => {
                brackets.push(if byte == b'{' { '}' } else { ']' });
                previous = byte;
                None
            }
            b'}' | b']' => {
                brackets.pop();
                Some(at + 1)
            }
            // A number is complete only before a comma: 9 may be the start of 94.
            b',' => {
                previous = byte;
                Some(at)
            }
            b':' => {
                previous = byte;
                None
            }
            _ => None,
        };
        if let Some(complete) = complete {
            (end, open) = (complete, brackets.len());
        }
    }
    let closing = brackets.iter().take(open).rev();
    let complete = text.get(..end).unwrap_or_default();
    complete.chars().chain(closing.copied()).collect()
}

/// Returns the value of a member in any capitalisation. `null` and text of spaces count as missing.
pub(super) fn get<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let matching = object.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    matching.map(|(_, value)| value).find(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

pub(super) fn has(object: &Object, name: &str) -> bool {
    get(object, name).is_some()
}

/// Returns the text of a member, sanitised. Numbers count as text, and an empty text as missing.
pub(super) fn text(object: &Object, name: &str, sanitize: fn(&str) -> String) -> Option<String> {
    let text = match get(object, name)? {
        Value::String(text) => sanitize(text),
        Value::Number(number) => sanitize(&number.to_string()),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Returns whether a list, an object or a text is not empty.
pub(super) fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::String(text) => !text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_or_broken_json_is_read_up_to_the_fault() {
        for (text, expected) in [
            (r#"{"a":"1","b":"2"#, r#"{"a":"1"}"#),
            (r#"{"a":"1","b":"2""#, r#"{"a":"1","b":"2"}"#),
            (r#"{"a":"1","b"#, r#"{"a":"1"}"#),
            (r#"{"a":"1","b":"#, r#"{"a":"1"}"#),
            (r#"{"a":1,"b":9"#, r#"{"a":1}"#),
            (r#"{"a":[true,fal"#, r#"{"a":[true]}"#),
            (r#"[["x","#, r#"[["x"]]"#),
            (r#"{"a":"\""#, "null"),
            (r#"{"a":"},\\"#, "null"),
            (r#"[{"a":{"b":"c"},"d"#, r#"[{"a":{"b":"c"}}]"#),
            ("{\"a\":1,\n\"b\" x", r#"{"a":1}"#),
            (r#"{"a":1,,"b":2}"#, r#"{"a":1}"#),
            (r#"{"a":"1"]"#, r#"{"a":"1"}"#),
            (r#"{"a":"å","b":tru}"#, r#"{"a":"å"}"#),
            ("{\"a\":1}\n<html>", r#"{"a":1}"#),
            (r#"{"a":"1"}{"b":"2"}"#, r#"{"a":"1"}"#),
            (r#"[{"a":"1"},{"#, r#"[{"a":"1"}]"#),
            ("[", "null"),
            ("", "null"),
            ("<html>", "null"),
        ] {
            let json = read(text);
            assert_eq!(json.value.to_string(), expected, "{text}");
            assert!(!json.is_complete, "{text}");
        }
        assert!(read(r#" {"a":[1,2]} "#).is_complete);
    }
}
