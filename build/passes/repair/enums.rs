//! Enumerations beside a pattern or a length, with a value twice, or with text without quotes.
//!
//! The generator silently drops every value that a pattern or length beside an enumeration does
//! not match. It refuses a value that occurs twice, and a number in an enumeration of text.

use serde_json::Value;

use super::super::super::document::Document;
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| {
        let Some(schema) = schema
            .as_object_mut()
            .filter(|map| map.contains_key("enum"))
        else {
            return Vec::new();
        };
        let limits = ["pattern", "minLength", "maxLength"].into_iter();
        let removed = limits.filter(|keyword| schema.remove(*keyword).is_some());
        let notes = removed.map(|keyword| {
            format!("{keyword} beside an enumeration is dropped: the values are listed")
        });
        let mut notes: Vec<String> = notes.collect();
        let is_text = schema.get("type").is_some_and(|name| name == "string");
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            let before = values.clone();
            let mut kept = Vec::new();
            for mut value in std::mem::take(values) {
                if is_text && (value.is_number() || value.is_boolean()) {
                    value = value.to_string().into();
                }
                if !kept.contains(&value) {
                    kept.push(value);
                }
            }
            if kept != before {
                notes.push(
                    "values that occur twice are dropped, and numbers become text".to_owned(),
                );
            }
            *values = kept;
        }
        notes
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn limits_beside_an_enumeration_are_removed() {
        becomes(
            apply,
            r"components: {schemas: {A: {type: string, enum: [H, W], pattern: '^\[A-Z]$', maxLength: 1}}}",
            "components: {schemas: {A: {type: string, enum: [H, W]}}}",
        );
    }

    #[test]
    fn values_become_text_and_occur_once() {
        becomes(
            apply,
            "components: {schemas: {A: {type: string, enum: [1, true, X, X, null]}, B: {type: integer, enum: [2, 2]}}}",
            "components: {schemas: {A: {type: string, enum: ['1', 'true', X, null]}, B: {type: integer, enum: [2]}}}",
        );
    }

    #[test]
    fn other_limits_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {type: string, enum: [H, W]}, B: {type: string, pattern: a}}}",
        );
    }
}
