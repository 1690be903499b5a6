//! Lenient reading of responses: numbers as strings, strings as numbers, and `null` for a missing
//! value.
//!
//! The functions are for `#[serde(default, deserialize_with = "…")]`. A value other than a text, a
//! whole number or a bool is read as a [`Value`], because only `Value` reads numbers under every
//! feature of `serde_json` that another crate of the build may enable. Most values of a response
//! are texts, whole numbers and bools, which are read directly.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;

use super::by_name;

/// The largest integer up to which every integer has its own `f64`.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A value of a response: text, borrowed if possible, or another kind of value.
enum Read<'de> {
    Text(Cow<'de, str>),
    Whole(i64),
    Bool(bool),
    Other(Value),
}

impl<'de> Deserialize<'de> for Read<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Read<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Read::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Read::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Read::Text(Cow::Owned(text)))
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Self::Value, E> {
        Ok(Read::Bool(bool))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Read::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Read::Other(number.into()), Read::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Read::Other(number.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Read::Other(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Read::Other(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Read::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Read::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        // A number arrives here too if a feature of `serde_json` represents it as a map.
        Value::deserialize(MapAccessDeserializer::new(map)).map(Read::from)
    }
}

impl From<Value> for Read<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(Cow::Owned(text)),
            Value::Bool(bool) => Self::Bool(bool),
            other => match other.as_i64() {
                Some(number) => Self::Whole(number),
                None => Self::Other(other),
            },
        }
    }
}

impl<'de> Read<'de> {
    /// Returns the text, or the JSON of another value; `None` for `null`.
    fn into_text(self) -> Option<Cow<'de, str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Whole(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(bool) => Some(Cow::Borrowed(if bool { "true" } else { "false" })),
            Self::Other(Value::Null) => None,
            Self::Other(value) => Some(Cow::Owned(value.to_string())),
        }
    }
}

/// Reads text from any value: a number or a bool in its JSON spelling, an empty text for `null`, an
/// array or object as JSON.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    some_text(deserializer).map(Cow::into_owned)
}

/// Like [`text`], but borrows the text if possible.
pub(crate) fn some_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Cow<'de, str>, D::Error> {
    Read::deserialize(deserializer).map(|read| read.into_text().unwrap_or_default())
}

/// Like [`text`]; `null` is `None`.
pub(crate) fn opt_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Read::deserialize(deserializer).map(|read| read.into_text().map(Cow::into_owned))
}

/// Reads an id from text or a number. An empty value and a value of another kind are `None`.
pub(crate) fn opt_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let id = match Read::deserialize(deserializer)? {
        Read::Text(text) => text.into_owned(),
        Read::Whole(number) => number.to_string(),
        Read::Bool(_) | Read::Other(_) => return Ok(None),
    };
    Ok(Some(id).filter(|id| !id.is_empty()))
}

/// Reads text from a string or a number. Another value is an error, which does not show the value.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Read::deserialize(deserializer)? {
        Read::Text(text) => Ok(text.into_owned()),
        Read::Whole(number) => Ok(number.to_string()),
        Read::Other(Value::Number(number)) => Ok(number.to_string()),
        other @ (Read::Bool(_) | Read::Other(_)) => Err(D::Error::custom(format_args!(
            "expected a string or a number, found {}",
            other.kind()
        ))),
    }
}

/// Reads text from a string or from the digits of a whole number that is not negative. Another
/// value is an error, which does not show the value.
pub(crate) fn text_or_digits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    match Read::deserialize(deserializer)? {
        Read::Text(text) => Ok(text.into_owned()),
        Read::Whole(number @ 0..) => Ok(number.to_string()),
        other => Err(D::Error::custom(format_args!(
            "expected a string or digits, found {}",
            other.kind()
        ))),
    }
}

/// Reads an integer from a number or a string. A fraction and any other value is an error.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let read = Read::deserialize(deserializer)?;
    read.whole().ok_or_else(|| {
        D::Error::custom(format_args!(
            "expected a whole number, found {}",
            read.kind()
        ))
    })
}

/// Like [`integer`]; an unreadable value is `None`.
pub(crate) fn opt_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Read::deserialize(deserializer).map(|read| read.whole())
}

/// Reads whole seconds from a number or a string. A fraction of a second is cut off, and an
/// unreadable value is `None`.
pub(crate) fn opt_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    let read = Read::deserialize(deserializer)?;
    let part = || match &read {
        Read::Other(Value::Number(number)) => number.as_f64(),
        Read::Text(text) => text.trim().parse().ok(),
        Read::Whole(_) | Read::Bool(_) | Read::Other(_) => None,
    };
    let rounded = || part().map(f64::floor).and_then(whole_float);
    Ok(read.whole().or_else(rounded))
}

/// Reads a bool from a bool, `"Y"`/`"N"`, `"yes"`/`"no"`, `"true"`/`"false"` or `1`/`0`. An
/// unreadable value is `None`.
pub(crate) fn opt_bool<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    let read = Read::deserialize(deserializer)?.into_text();
    let is = |words: [&str; 4]| {
        let text = read.as_deref().unwrap_or_default().trim();
        words.iter().any(|word| text.eq_ignore_ascii_case(word))
    };
    let yes = is(["y", "yes", "true", "1"]);
    let no = is(["n", "no", "false", "0"]);
    Ok((yes || no).then_some(yes))
}

/// Reads any type that implements `Deserialize`; an unreadable value is `None`.
pub(crate) fn opt<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| by_name::from_value(value).ok())
}

/// Like [`opt`], but reads only JSON text, and in place.
pub(crate) fn opt_part<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.and_then(part))
}

fn part<T: DeserializeOwned>(json: &RawValue) -> Option<T> {
    by_name::from_str(json.get()).ok().or_else(|| {
        // A duplicate member is an error for a type, but not for a `Value`.
        serde_json::from_str(json.get())
            .and_then(by_name::from_value)
            .ok()
    })
}

/// Reads a list, each item as [`opt_part`] does. An unreadable item is a default value, and `null`
/// instead of the list is `None`. Reads only JSON text.
pub(crate) fn parts<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    deserializer.deserialize_option(Parts(PhantomData))
}

struct Parts<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned + Default> Visitor<'de> for Parts<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(json) = seq.next_element::<&RawValue>()? {
            items.push(part(json).unwrap_or_default());
        }
        Ok(Some(items))
    }
}

impl Read<'_> {
    fn whole(&self) -> Option<i64> {
        match self {
            Self::Whole(number) => Some(*number),
            Self::Other(Value::Number(number)) => number.as_f64().and_then(whole_float),
            Self::Text(text) => {
                let text = text.trim();
                let (integer, fraction) = text.split_once('.').unwrap_or((text, "0"));
                let is_whole = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
                integer.parse().ok().filter(|_| is_whole)
            }
            Self::Bool(_) | Self::Other(_) => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "other text",
            Self::Whole(_) => "another number",
            Self::Bool(_) => "a bool",
            Self::Other(value) => match value {
                Value::Null => "null",
                Value::Bool(_) => "a bool",
                Value::Number(_) => "another number",
                Value::String(_) => "other text",
                Value::Array(_) => "an array",
                Value::Object(_) => "an object",
            },
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole and within ±2⁵³")]
fn whole_float(number: f64) -> Option<i64> {
    // Beyond 2⁵³ neighbouring integers share a float, so the original integer is unknown.
    (number.fract() == 0.0 && number.abs() < MAX_EXACT).then_some(number as i64)
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
        #[serde(deserialize_with = "opt")]
        opt: Option<[u8; 2]>,
        #[serde(deserialize_with = "parts")]
        parts: Option<Vec<u8>>,
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
        assert_eq!(read("parts", "null").unwrap().parts, None);
        assert_eq!(
            read("parts", r#"[1,"x",{},3]"#).unwrap().parts,
            Some(vec![1, 0, 0, 3])
        );
        assert!(read("parts", r#""x""#).is_err());
        assert!(read("parts", "{}").is_err());
    }

    #[test]
    fn a_part_is_read_as_a_whole_value_would_be() {
        let part = |json: &str| {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            super::part::<All>(raw)
        };
        let last = All {
            opt_text: Some("b".to_owned()),
            ..All::default()
        };
        assert_eq!(part(r#"{"opt_text":"b"}"#), Some(last));
        // Twice there, and the last one counts, as in a `Value`.
        for json in [
            r#"{"opt_text":"a","opt_text":"b"}"#,
            r#"{"opt_text":"a","integer":1}"#,
            "{}",
            "null",
            "[]",
            r#""x""#,
            r#"{"integer":{}}"#,
        ] {
            let value = serde_json::from_str(json).unwrap();
            let whole: Option<All> = by_name::from_value(value).ok();
            assert_eq!(part(json), whole, "{json}");
        }
    }

    #[test]
    fn text_with_escapes_is_text() {
        let read = read("opt_text", r#""a\n\u00f8""#).unwrap();
        assert_eq!(read.opt_text.as_deref(), Some("a\nø"));
        assert_eq!(
            self::read("integer", r#""\u0031\u0032""#).unwrap().integer,
            12
        );
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
