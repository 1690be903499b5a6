//! The check that a document uses no key and no type that OpenAPI does not define.
//!
//! The passes and the generator read the keys that they look for. A misspelled key would be read as
//! absent, and its content would be lost silently.

mod kinds;

use serde_json::Value;

use super::document::{Document, escape, text};
use super::error::Error;
use super::passes::meant_type;
use Holds::{Callbacks, List, Map, One, Paths, Responses, Type};
use kinds::{DOCUMENT, Holds, Kind, PATH_ITEM, RESPONSE};

pub(crate) const NAME: &str = "check-vocabulary";
pub(crate) const REASON: &str = "a misspelled key would be read as absent; a few mistakes of official documents are accepted, because they do not affect the shape";

/// Notes the mistakes that are accepted, and refuses all others.
pub(crate) fn note_mistakes(document: &mut Document) -> Result<(), Error> {
    document.pass = NAME;
    for (pointer, key) in check(&document.root)? {
        document.note(
            pointer,
            format!("`{key}` does not belong here and is not read"),
        );
    }
    Ok(())
}

/// Refuses the first key or type that OpenAPI does not define, and a value that should be a mapping
/// or a list and is not. Returns the pointer and the key of each accepted mistake.
pub(crate) fn check(root: &Value) -> Result<Vec<(String, String)>, Error> {
    let mut checker = Checker {
        is_3_1: text(root, "openapi").is_some_and(|v| v.trim().starts_with("3.1")),
        mistakes: Vec::new(),
    };
    checker.object(root, "", &DOCUMENT)?;
    Ok(checker.mistakes)
}

struct Checker {
    is_3_1: bool,
    mistakes: Vec<(String, String)>,
}

impl Checker {
    /// Checks the keys of an object. Other steps check that the value is an object.
    fn object(&mut self, value: &Value, pointer: &str, kind: &'static Kind) -> Result<(), Error> {
        for (key, value) in value.as_object().into_iter().flatten() {
            let is_in = |keys: &[&str]| keys.contains(&key.as_str());
            let held = kind.keys.iter().find(|(name, _)| name == key);
            let new = is_in(kind.since_3_1);
            if let Some((_, holds)) = held {
                self.value(value, &format!("{pointer}/{}", escape(key)), *holds)?;
            } else if is_in(kind.mistakes) {
                self.mistakes.push((pointer.to_owned(), key.clone()));
            } else if new && !self.is_3_1 {
                let what = format!("a key of {} in OpenAPI 3.0", kind.name);
                return Err(unknown(pointer, key, &what));
            } else if !new && !is_in(kind.plain) && !is_in(kind.misplaced) && !is_extension(key) {
                return Err(unknown(pointer, key, &format!("a key of {}", kind.name)));
            }
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, pointer: &str, holds: Holds) -> Result<(), Error> {
        if value.is_null() {
            return Ok(());
        }
        match holds {
            Type => self.types(value, pointer),
            One(kind) => self.object(value, pointer, kind),
            List(kind) => {
                let Value::Array(list) = value else {
                    let advice = "OpenAPI has a list here";
                    return Err(Error::unreadable(pointer, "not a list", advice));
                };
                list.iter().enumerate().try_for_each(|(index, entry)| {
                    self.object(entry, &format!("{pointer}/{index}"), kind)
                })
            }
            Map(kind) => self.entries(value, pointer, One(kind), |_| true),
            Callbacks => self.entries(value, pointer, Paths, |_| true),
            Paths => {
                let is_path = |name: &str| !is_extension(name);
                self.entries(value, pointer, One(&PATH_ITEM), is_path)
            }
            Responses => {
                let codes = value.as_object().into_iter().flatten();
                let odd = codes
                    .map(|(code, _)| code)
                    .find(|code| !is_status(code) && !is_extension(code));
                if let Some(code) = odd {
                    return Err(unknown(pointer, code, "a status code"));
                }
                self.entries(value, pointer, One(&RESPONSE), is_status)
            }
        }
    }

    /// Checks the values below the names that are `wanted`.
    fn entries(
        &mut self,
        value: &Value,
        pointer: &str,
        holds: Holds,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let Value::Object(map) = value else {
            let advice = "OpenAPI has named members here";
            return Err(Error::unreadable(pointer, "not a mapping", advice));
        };
        map.iter()
            .filter(|(name, _)| wanted(name))
            .try_for_each(|(name, entry)| {
                self.value(entry, &format!("{pointer}/{}", escape(name)), holds)
            })
    }

    /// Checks the names of types. Non-standard names such as `int` are accepted, because the pass
    /// repair-types translates them.
    fn types(&self, value: &Value, pointer: &str) -> Result<(), Error> {
        let is_known = |name: &Value| match name.as_str() {
            Some("null") => self.is_3_1,
            Some(name) => meant_type(name).is_some(),
            None => false,
        };
        let names = match value {
            Value::Array(names) if self.is_3_1 => names.as_slice(),
            name => std::slice::from_ref(name),
        };
        match names.iter().find(|name| !is_known(name)) {
            Some(name) => Err(Error::unreadable(
                pointer,
                format!("{name} is not a type"),
                "write string, integer, number, boolean, array or object",
            )),
            None => Ok(()),
        }
    }
}

fn unknown(pointer: &str, key: &str, what: &str) -> Error {
    Error::unreadable(
        pointer,
        format!("`{key}` is not {what}"),
        "correct its spelling or its place; the name of an extension begins with `x-`",
    )
}

fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// Returns whether the key is `default` or a status code such as `404` or `4XX`.
fn is_status(code: &str) -> bool {
    code == "default"
        || matches!(code.as_bytes(), [b'1'..=b'5', rest @ ..]
            if rest.len() == 2 && (rest.iter().all(u8::is_ascii_digit) || rest.eq_ignore_ascii_case(b"xx")))
}
