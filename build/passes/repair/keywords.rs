//! Keywords whose value has the wrong type.
//!
//! A length written as text, or a number where text belongs, makes the whole document unreadable
//! for the generator.

use serde_json::{Map, Number, Value};

use super::super::super::document::{Document, is_in};
use super::super::super::error::Error;

const COUNTS: &str = "minLength maxLength minItems maxItems minProperties maxProperties";
const NUMBERS: &str = "minimum maximum multipleOf";
const FLAGS: &str =
    "nullable readOnly writeOnly deprecated uniqueItems exclusiveMinimum exclusiveMaximum";
const TEXTS: &str = "description title summary format pattern";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| schema.as_object_mut().map(repair).unwrap_or_default());
    Ok(())
}

fn repair(schema: &mut Map<String, Value>) -> Vec<String> {
    let mut changes = Vec::new();
    let keys: Vec<String> = schema.keys().cloned().collect();
    for key in keys {
        let value = &schema[&key];
        let repaired = match key.as_str() {
            k if is_in(COUNTS, k) => as_count(value).map(Value::Number),
            k if is_in(NUMBERS, k) => as_number(value).map(Value::Number),
            k if is_in(FLAGS, k) => as_flag(value).map(Value::Bool),
            k if is_in(TEXTS, k) => as_text(value).map(Value::String),
            "required" => as_names(value),
            _ => continue,
        };
        match repaired {
            Some(repaired) if repaired == *value => {}
            Some(repaired) => {
                changes.push(format!("{key}: {value} is read as {repaired}"));
                schema.insert(key, repaired);
            }
            None => {
                changes.push(format!("{key}: {value} has no meaning here and is dropped"));
                schema.remove(&key);
            }
        }
    }
    changes
}

/// Returns a whole number, which may be written `100.0`.
fn as_count(value: &Value) -> Option<Number> {
    let number = as_number(value)?;
    let text = number.to_string();
    text.strip_suffix(".0")
        .unwrap_or(&text)
        .parse::<u64>()
        .ok()
        .map(Into::into)
}

fn as_number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_lowercase().parse().ok(),
        _ => None,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns a valid value of `required`, which is a list of names. Some documents have a flag there.
fn as_names(value: &Value) -> Option<Value> {
    let list = value.as_array()?;
    let mut names: Vec<Value> = Vec::new();
    for name in list.iter().filter(|name| name.is_string()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    (!names.is_empty()).then(|| names.into())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn values_of_another_type_are_converted() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {maxLength: '100', minLength: 1.0, minimum: '0.5', nullable: 'true', description: 5}}}",
            "components: {schemas: {A: {maxLength: 100, minLength: 1, minimum: 0.5, nullable: true, description: '5'}}}",
        );
        assert_eq!(document.notes.len(), 5);
    }

    #[test]
    fn values_without_a_meaning_are_dropped() {
        becomes(
            apply,
            "components: {schemas: {A: {maxLength: many, required: true, exclusiveMinimum: 5, properties: {b: {required: [x, x]}}}}}",
            "components: {schemas: {A: {properties: {b: {required: [x]}}}}}",
        );
    }

    #[test]
    fn properties_with_the_name_of_a_keyword_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {title: {type: string}, required: {type: boolean}}}}}",
        );
    }
}
