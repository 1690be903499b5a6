//! Reads JSON as far as it goes, and looks members up as servers spell them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::MAX_ERRORS;

/// A body, and whether all of it has been read.
pub(super) struct Json {
    pub(super) value: Value,
    /// False for text that ends too early, goes on after its end, is no JSON, or holds a list with
    /// more entries than are kept.
    pub(super) whole: bool,
}

/// Reads a body that may have been cut. The part before the cut is kept, also inside of an
/// unfinished list or object, because the first error code may decide about retries.
pub(super) fn read(text: &str) -> Json {
    let mut json = Json {
        value: Value::Null,
        whole: true,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let slot = Slot {
        value: &mut json.value,
        whole: &mut json.whole,
    };
    let read = slot.deserialize(&mut deserializer);
    json.whole &= read.is_ok() && deserializer.end().is_ok();
    json
}

/// The value of a member, whatever its capitals; `null` and blank text count as missing.
pub(super) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let spelled = object.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    spelled.map(|(_, value)| value).find(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

pub(super) fn has(object: &Map<String, Value>, name: &str) -> bool {
    get(object, name).is_some()
}

/// A member's text, cleaned. Numbers count as text, and an empty text as missing.
pub(super) fn member(
    object: &Map<String, Value>,
    name: &str,
    clean: fn(&str) -> String,
) -> Option<String> {
    let text = match get(object, name)? {
        Value::String(text) => clean(text),
        Value::Number(number) => clean(&number.to_string()),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Where a value goes while it is read.
struct Slot<'a> {
    value: &'a mut Value,
    whole: &'a mut bool,
}

impl Slot<'_> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the type of every visitor's method"
    )]
    fn set<E>(self, value: impl Into<Value>) -> Result<(), E> {
        *self.value = value.into();
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.set(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.set(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.set(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.set(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        let step = || {
            let mut value = Value::Null;
            let slot = Slot {
                value: &mut value,
                whole: self.whole,
            };
            if list.len() < MAX_ERRORS {
                let more = access.next_element_seed(slot);
                // An element that was cut counts if anything of it came.
                if matches!(more, Ok(Some(()))) || says_something(&value) {
                    list.push(value);
                }
                return more;
            }
            let more = access.next_element::<IgnoredAny>()?.map(drop);
            *self.whole &= more.is_none();
            Ok(more)
        };
        let end = repeat(step);
        *self.value = Value::Array(list);
        end
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        let step = || {
            let Some(name) = access.next_key::<String>()? else {
                return Ok(None);
            };
            let mut value = Value::Null;
            let slot = Slot {
                value: &mut value,
                whole: self.whole,
            };
            let read = access.next_value_seed(slot);
            if read.is_ok() || says_something(&value) {
                object.insert(name, value);
            }
            read.map(Some)
        };
        let end = repeat(step);
        *self.value = Value::Object(object);
        end
    }
}

/// Runs a step until it returns `None` or fails.
fn repeat<E>(mut step: impl FnMut() -> Result<Option<()>, E>) -> Result<(), E> {
    while step()?.is_some() {}
    Ok(())
}

pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::String(text) => !text.trim().is_empty(),
        _ => false,
    }
}
