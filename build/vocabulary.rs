//! Checks that a document uses only keys and types that OpenAPI defines.
//!
//! The passes and the generator read the keys that they look for. They would treat a misspelled key
//! as absent, and its content would be lost silently. The check also ensures the structure that
//! every pass relies on: mappings are mappings, and lists are lists.

mod kinds;

use serde_json::{Map, Value};

use super::document::{Document, escape, is_in, text};
use super::error::Error;
use super::generate::clip;
use super::passes::standard_type;
use Holds::{Callbacks, List, One, Paths, Responses, Type};
use kinds::{DOCUMENT, Holds, Kind, PATH_ITEM, RESPONSE, SCHEMA};

pub(crate) const NAME: &str = "check-vocabulary";
pub(crate) const REASON: &str = "a misspelled key would be read as absent; a few mistakes of official documents are accepted, because they do not affect the shape";

/// Notes the mistakes that are accepted, and refuses all others.
pub(crate) fn note_mistakes(document: &mut Document) -> Result<(), Error> {
    document.pass = NAME;
    for (pointer, key) in check(&document.root)? {
        document.note(
            pointer,
            format!("`{key}` is not a key of this object, and is ignored"),
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
    /// Checks an object and its keys. Null counts as missing, and a schema can be `true` or
    /// `false`.
    fn object(&mut self, value: &Value, pointer: &str, kind: &'static Kind) -> Result<(), Error> {
        if value.is_null() || (value.is_boolean() && std::ptr::eq(kind, &raw const SCHEMA)) {
            return Ok(());
        }
        for (key, value) in mapping(value, pointer)? {
            if key == "$ref" && !value.is_string() {
                let pointer = format!("{pointer}/$ref");
                let advice = "write the place of the part, such as '#/components/schemas/A'";
                return Err(Error::unreadable(pointer, "`$ref` is not text", advice));
            }
            let held = kind.keys.iter().find(|(name, _)| name == key);
            let is_new = is_in(kind.since_3_1, key);
            if let Some((_, holds)) = held {
                self.value(value, &format!("{pointer}/{}", escape(key)), *holds)?;
            } else if is_in(kind.mistakes, key) {
                self.mistakes.push((pointer.to_owned(), key.clone()));
            } else if is_new && !self.is_3_1 {
                let expected = format!("a key of {} in OpenAPI 3.0", kind.name);
                return Err(unknown(pointer, key, &expected));
            } else if !is_new && !is_in(kind.plain, key) && !is_extension(key) {
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
                    let advice = "write a list";
                    return Err(Error::unreadable(pointer, "not a list", advice));
                };
                list.iter().enumerate().try_for_each(|(index, entry)| {
                    self.object(entry, &format!("{pointer}/{index}"), kind)
                })
            }
            Holds::Map(kind) => self.entries(value, pointer, One(kind), |_| true),
            Callbacks => self.entries(value, pointer, Paths, |_| true),
            Paths => self.entries(value, pointer, One(&PATH_ITEM), |name| !is_extension(name)),
            Responses => {
                let mut codes = mapping(value, pointer)?.keys();
                match codes.find(|code| !is_status(code) && !is_extension(code)) {
                    Some(code) => Err(unknown(pointer, code, "a status code")),
                    None => self.entries(value, pointer, One(&RESPONSE), is_status),
                }
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
        let mut entries = mapping(value, pointer)?
            .iter()
            .filter(|(name, _)| wanted(name));
        entries.try_for_each(|(name, entry)| {
            self.value(entry, &format!("{pointer}/{}", escape(name)), holds)
        })
    }

    /// Checks the names of types. Non-standard names such as `int` are accepted, because the pass
    /// repair-types translates them.
    fn types(&self, value: &Value, pointer: &str) -> Result<(), Error> {
        let is_known = |name: &Value| match name.as_str() {
            Some("null") => self.is_3_1,
            Some(name) => standard_type(name).is_some(),
            None => false,
        };
        let names = match value {
            Value::Array(names) if self.is_3_1 => names.as_slice(),
            name => std::slice::from_ref(name),
        };
        match names.iter().find(|name| !is_known(name)) {
            Some(name) => Err(Error::unreadable(
                pointer,
                format!("{} is not a type", clip(&name.to_string(), 60)),
                "write string, integer, number, boolean, array or object",
            )),
            None => Ok(()),
        }
    }
}

fn mapping<'a>(value: &'a Value, pointer: &str) -> Result<&'a Map<String, Value>, Error> {
    let advice = "write named members";
    let map = value.as_object();
    map.ok_or_else(|| Error::unreadable(pointer, "not a mapping", advice))
}

fn unknown(pointer: &str, key: &str, expected: &str) -> Error {
    Error::unreadable(
        pointer,
        format!("`{key}` is not {expected}"),
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
