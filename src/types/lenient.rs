//! Reading what the API may answer: numbers as strings, strings as numbers, `null` for nothing.
//!
//! For `#[serde(default, deserialize_with = "…")]`. Everything goes through [`Value`], since only it reads numbers
//! under every feature of `serde_json` that another crate of the same build may switch on.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::{Number, Value};

use super::Amount;

/// The largest integer below which every integer has an `f64` of its own.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Text from anything: a number or a bool in its JSON spelling, nothing for `null`, an array or object as JSON.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| any_text(value).unwrap_or_default())
}

/// Like [`text`]; `null` is `None`.
pub(crate) fn opt_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Value::deserialize(deserializer).map(any_text)
}

/// Text from a string or a number; anything else is an error, which does not show the value.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(D::Error::custom(format_args!(
            "expected a string or a number, found {}",
            kind(&other)
        ))),
    }
}

/// An integer from a number or a string; an error for fractions and everything else.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole(&value).ok_or_else(|| {
        D::Error::custom(format_args!(
            "expected a whole number, found {}",
            kind(&value)
        ))
    })
}

/// Like [`integer`]; what cannot be read is `None`.
pub(crate) fn opt_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|value| whole(&value))
}

/// A bool from a bool, `"Y"`/`"N"`, `"true"`/`"false"`, `1`/`0`; what cannot be read is `None`.
pub(crate) fn opt_bool<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if let Value::Bool(bool) = value {
        return Ok(Some(bool));
    }
    let Some(text) = any_text(value) else {
        return Ok(None);
    };
    let is = |words: [&str; 4]| {
        words
            .iter()
            .any(|word| text.trim().eq_ignore_ascii_case(word))
    };
    Ok(if is(["y", "yes", "true", "1"]) {
        Some(true)
    } else if is(["n", "no", "false", "0"]) {
        Some(false)
    } else {
        None
    })
}

/// Øre from a whole number or a string of one; what cannot be read is `None`.
pub(crate) fn opt_amount<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Amount>, D::Error> {
    Ok(opt_integer(deserializer)?.map(Amount::ore))
}

/// Anything that has a reading of its own; what cannot be read is `None`.
pub(crate) fn opt<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// A list; `null` is an empty one.
pub(crate) fn vec<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn any_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole_float(number)),
        Value::String(text) => {
            let text = text.trim();
            let (integer, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let is_whole = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
            integer.parse().ok().filter(|_| is_whole)
        }
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole and within ±2⁵³")]
fn whole_float(number: &Number) -> Option<i64> {
    // Beyond 2⁵³ neighbouring integers share a float: which one was meant is lost.
    number
        .as_f64()
        .filter(|f| f.fract() == 0.0 && f.abs() < MAX_EXACT)
        .map(|f| f as i64)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "another number",
        Value::String(_) => "other text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct All {
        #[serde(deserialize_with = "text")]
        text: String,
        #[serde(deserialize_with = "opt_text")]
        opt_text: Option<String>,
        #[serde(deserialize_with = "integer")]
        integer: i64,
        #[serde(deserialize_with = "opt_integer")]
        opt_integer: Option<i64>,
        #[serde(deserialize_with = "opt_bool")]
        opt_bool: Option<bool>,
        #[serde(deserialize_with = "opt_amount")]
        opt_amount: Option<Amount>,
        #[serde(deserialize_with = "opt")]
        opt: Option<[u8; 2]>,
        #[serde(deserialize_with = "vec")]
        vec: Vec<u8>,
    }

    fn read(member: &str, value: &str) -> Result<All, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"{member}":{value},"other":[1]}}"#))
    }

    #[test]
    fn absent_members_are_defaults() {
        assert_eq!(serde_json::from_str::<All>("{}").unwrap(), All::default());
    }

    #[test]
    fn text_from_anything() {
        for (json, expected) in [
            (r#""a""#, Some("a")),
            (r#""""#, Some("")),
            ("45", Some("45")),
            ("-1.5", Some("-1.5")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("true", Some("true")),
            (r#"{"a":[1]}"#, Some(r#"{"a":[1]}"#)),
            ("null", None),
        ] {
            assert_eq!(
                read("opt_text", json).unwrap().opt_text.as_deref(),
                expected,
                "{json}"
            );
            assert_eq!(
                read("text", json).unwrap().text,
                expected.unwrap_or_default(),
                "{json}"
            );
        }
    }

    #[test]
    fn integers_from_numbers_and_strings() {
        for (json, expected) in [
            ("20000", 20000),
            ("-5", -5),
            ("20000.0", 20000),
            ("2e4", 20000),
            ("-0.0", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("9007199254740991.0", 9_007_199_254_740_991),
            (r#""20000""#, 20000),
            (r#"" 20000.00 ""#, 20000),
            (r#""9223372036854775807""#, i64::MAX),
        ] {
            assert_eq!(read("integer", json).unwrap().integer, expected, "{json}");
            assert_eq!(
                read("opt_integer", json).unwrap().opt_integer,
                Some(expected),
                "{json}"
            );
            let amount = read("opt_amount", json).unwrap().opt_amount;
            assert_eq!(amount, Some(Amount::ore(expected)), "{json}");
        }
    }

    #[test]
    fn what_is_no_integer() {
        for json in [
            "1.5",
            "1e300",
            "9007199254740993.0",
            "9223372036854775808",
            "true",
            "[]",
            "{}",
            r#""""#,
            r#""1.5""#,
            r#""1.""#,
            r#"".0""#,
            r#""1e3""#,
            r#""x""#,
            r#""9223372036854775808""#,
            "null",
        ] {
            assert!(read("integer", json).is_err(), "{json}");
            assert_eq!(
                read("opt_integer", json).unwrap().opt_integer,
                None,
                "{json}"
            );
            assert_eq!(read("opt_amount", json).unwrap().opt_amount, None, "{json}");
        }
    }

    #[test]
    fn bools() {
        for json in [
            "true",
            "1",
            r#""Y""#,
            r#""y""#,
            r#""TRUE""#,
            r#""1""#,
            r#"" yes ""#,
        ] {
            assert_eq!(
                read("opt_bool", json).unwrap().opt_bool,
                Some(true),
                "{json}"
            );
        }
        for json in [
            "false",
            "0",
            r#""N""#,
            r#""n""#,
            r#""False""#,
            r#""0""#,
            r#""no""#,
        ] {
            assert_eq!(
                read("opt_bool", json).unwrap().opt_bool,
                Some(false),
                "{json}"
            );
        }
        for json in ["null", "2", r#""""#, r#""maybe""#, "[]", "{}"] {
            assert_eq!(read("opt_bool", json).unwrap().opt_bool, None, "{json}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        assert_eq!(read("opt", "[1,2]").unwrap().opt, Some([1, 2]));
        for json in ["null", "[1]", r#""x""#, "{}", "7"] {
            assert_eq!(read("opt", json).unwrap().opt, None, "{json}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(read("vec", "null").unwrap().vec, Vec::<u8>::new());
        assert_eq!(read("vec", "[1,2]").unwrap().vec, [1, 2]);
        assert!(read("vec", r#""x""#).is_err());
    }

    #[test]
    fn scalars_only() {
        let scalar = |json: &str| scalar(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(scalar(r#""a""#).unwrap(), "a");
        assert_eq!(scalar("654321").unwrap(), "654321");
        for json in ["null", "true", r#"["secret"]"#, r#"{"secret":1}"#] {
            let error = scalar(json).unwrap_err().to_string();
            assert!(error.contains("expected a string or a number"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
