//! Lenient reading of responses: numbers as strings, strings as numbers, and `null` for a missing
//! value.
//!
//! The functions are for `#[serde(default, deserialize_with = "…")]`. They read a [`Value`] first,
//! because only `Value` reads numbers under every feature of `serde_json` that another crate of the
//! build may enable.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::by_name;

#[cfg(test)]
mod tests;

/// The largest integer up to which every integer has its own `f64`.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Returns the text, or the JSON of another value; `None` for `null`.
fn into_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Returns a number or a text as a whole number, or `None` for any other value.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole_float(number.as_f64()?)),
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
fn whole_float(number: f64) -> Option<i64> {
    // Beyond 2⁵³ neighbouring integers share a float, so the original integer is unknown.
    (number.fract() == 0.0 && number.abs() < MAX_EXACT).then_some(number as i64)
}

/// Returns the error for a value of another kind. It does not show the value.
fn unexpected<E: Error>(expected: &str, value: &Value) -> E {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "another number",
        Value::String(_) => "other text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    E::custom(format_args!("expected {expected}, found {found}"))
}

/// Reads text from any value: a number or a bool in its JSON spelling, an empty text for `null`, an
/// array or object as JSON.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(opt_text(deserializer)?.unwrap_or_default())
}

/// Like [`text`]; `null` is `None`.
pub(crate) fn opt_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Value::deserialize(deserializer).map(into_text)
}

/// Reads an id from text or a number. An empty value and a value of another kind are `None`.
pub(crate) fn opt_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let id = match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        other => other.as_i64().map(|number| number.to_string()),
    };
    Ok(id.filter(|id| !id.is_empty()))
}

/// Reads text from a string or a number. Another value is an error, which does not show the value.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(unexpected("a string or a number", &other)),
    }
}

/// Reads text from a string or from the digits of a whole number that is not negative. Another
/// value is an error, which does not show the value.
pub(crate) fn text_or_digits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        other => match other.as_i64() {
            Some(number @ 0..) => Ok(number.to_string()),
            _ => Err(unexpected("a string or digits", &other)),
        },
    }
}

/// Reads an integer from a number or a string. A fraction and any other value is an error.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole(&value).ok_or_else(|| unexpected("a whole number", &value))
}

/// Like [`integer`]; an unreadable value is `None`.
pub(crate) fn opt_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|value| whole(&value))
}

/// Reads whole seconds from a number or a string. A fraction of a second is cut off, and an
/// unreadable value is `None`.
pub(crate) fn opt_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let fraction = || match &value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let cut = || fraction().map(f64::floor).and_then(whole_float);
    Ok(whole(&value).or_else(cut))
}

/// Reads a bool from a bool, `"Y"`/`"N"`, `"yes"`/`"no"`, `"true"`/`"false"` or `1`/`0`. An
/// unreadable value is `None`.
pub(crate) fn opt_bool<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Bool(bool) => return Ok(Some(bool)),
        other => into_text(other).unwrap_or_default(),
    };
    let is = |words: [&str; 4]| {
        words
            .iter()
            .any(|word| text.trim().eq_ignore_ascii_case(word))
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
