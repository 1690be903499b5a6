//! Enumerations beside a pattern or a length.
//!
//! The generator silently drops every value that a pattern or length beside an enumeration does
//! not match.

use serde_json::{Map, Value};

use super::super::super::document::Document;
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| match schema {
        Value::Object(schema) if schema.contains_key("enum") => repair(schema),
        _ => Vec::new(),
    });
    Ok(())
}

fn repair(schema: &mut Map<String, Value>) -> Vec<String> {
    let mut changes = Vec::new();
    let Some(Value::Array(written)) = schema.get("enum").cloned() else {
        return changes;
    };
    let textual = schema.get("type").and_then(Value::as_str) == Some("string");
    let mut values: Vec<Value> = Vec::new();
    for value in &written {
        let value = match value {
            Value::Null => {
                schema.insert("nullable".to_owned(), true.into());
                continue;
            }
            Value::Number(number) if textual => Value::String(number.to_string()),
            Value::Bool(flag) if textual => Value::String(flag.to_string()),
            other => other.clone(),
        };
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.is_empty() {
        schema.remove("enum");
        changes.push("an enumeration without values is dropped".to_owned());
        return changes;
    }
    if values != written {
        changes.push(format!(
            "enum: {} is read as {}",
            Value::from(written),
            Value::from(values.clone())
        ));
        schema.insert("enum".to_owned(), values.into());
    }
    for keyword in ["pattern", "minLength", "maxLength"] {
        if schema.remove(keyword).is_some() {
            changes.push(format!(
                "{keyword} beside an enumeration is dropped: the values are listed"
            ));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn limits_beside_values_go() {
        becomes(
            apply,
            r"components: {schemas: {A: {type: string, enum: [H, W], pattern: '^\[A-Z]$', maxLength: 1}}}",
            "components: {schemas: {A: {type: string, enum: [H, W]}}}",
        );
    }

    #[test]
    fn values_are_of_the_type_and_unique() {
        becomes(
            apply,
            "components: {schemas: {A: {type: string, enum: [1, a, a, null, true]}, B: {type: string, enum: []}}}",
            "components: {schemas: {A: {type: string, nullable: true, enum: ['1', a, 'true']}, B: {type: string}}}",
        );
    }

    #[test]
    fn valid_enumerations_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {type: string, enum: [H, W]}, B: {type: integer, enum: [1]}}}",
        );
    }
}
