//! Keywords whose value has the wrong type.
//!
//! A length written as text, or a number where text belongs, makes the whole document unreadable
//! for the generator.

use serde_json::{Map, Number, Value};

use super::super::super::document::{Document, Note, escape, note, object};
use super::super::super::error::Error;

const COUNTS: [&str; 6] = [
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];
const NUMBERS: [&str; 3] = ["minimum", "maximum", "multipleOf"];
const FLAGS: [&str; 7] = [
    "nullable",
    "readOnly",
    "writeOnly",
    "deprecated",
    "uniqueItems",
    "exclusiveMinimum",
    "exclusiveMaximum",
];
const TEXTS: [&str; 6] = [
    "description",
    "title",
    "summary",
    "format",
    "pattern",
    "operationId",
];
const OBJECTS: [&str; 2] = ["properties", "patternProperties"];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| match schema {
        Value::Object(schema) => repair_schema(schema),
        Value::Bool(true) => {
            *schema = Value::Object(Map::new());
            vec!["`true` stands for anything".to_owned()]
        }
        _ => Vec::new(),
    });
    let mut notes = Vec::new();
    let paths = document
        .root
        .get_mut("paths")
        .and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        repair_prose(item, &format!("/paths/{}", escape(path)), &mut notes);
    }
    let pass = document.pass;
    document
        .notes
        .extend(notes.into_iter().map(|n| Note { pass, ..n }));
    document.each_operation(|notes, pointer, _, operation| {
        if let Some(Value::String(tag)) = operation.get("tags").cloned() {
            notes.push(note(
                format!("{pointer}/tags"),
                format!("{tag} is read as a list of one"),
            ));
            operation.insert("tags".to_owned(), vec![tag].into());
        }
        let responses = object(operation.entry("responses").or_insert(Value::Null));
        for (status, response) in responses.iter_mut() {
            let pointer = format!("{pointer}/responses/{status}");
            match response {
                Value::Object(response) => {
                    response.entry("description").or_insert_with(|| "".into());
                }
                Value::String(text) => {
                    *response = serde_json::json!({ "description": text });
                    notes.push(note(pointer, "the text is taken for the description"));
                }
                _ => {}
            }
        }
        Ok(())
    })
}

fn repair_schema(schema: &mut Map<String, Value>) -> Vec<String> {
    let mut changes = Vec::new();
    let keys: Vec<String> = schema.keys().cloned().collect();
    for key in keys {
        let value = &schema[&key];
        let repaired = match key.as_str() {
            k if COUNTS.contains(&k) => as_count(value).map(Value::Number),
            k if NUMBERS.contains(&k) => as_number(value).map(Value::Number),
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_number() => Some(value.clone()),
            k if FLAGS.contains(&k) => as_flag(value).map(Value::Bool),
            k if TEXTS.contains(&k) => as_text(value).map(Value::String),
            k if OBJECTS.contains(&k) => value.is_object().then(|| value.clone()),
            "required" => as_names(value),
            "enum" | "allOf" | "oneOf" | "anyOf" => value.is_array().then(|| value.clone()),
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

fn as_count(value: &Value) -> Option<Number> {
    let number = as_number(value)?;
    if let Some(count) = number.as_u64() {
        return Some(count.into());
    }
    // `100.0` is a count too.
    let float = number
        .as_f64()
        .filter(|f| f.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(f))?;
    format!("{float:.0}").parse::<u64>().ok().map(Into::into)
}

fn as_number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let text = text.trim();
            text.parse::<i64>()
                .map(Number::from)
                .ok()
                .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
        }
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
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
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

/// Text members outside schemas: of operations, parameters, bodies and responses.
fn repair_prose(value: &mut Value, pointer: &str, notes: &mut Vec<Note>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                let pointer = format!("{pointer}/{}", escape(key));
                match key.as_str() {
                    "schema" | "example" | "examples" => {}
                    k if TEXTS.contains(&k) && !inner.is_string() => {
                        let repaired = as_text(inner).unwrap_or_default();
                        notes.push(note(pointer, format!("{inner} is read as text")));
                        *inner = repaired.into();
                    }
                    "required" | "deprecated" if !inner.is_boolean() && !inner.is_array() => {
                        let flag = as_flag(inner).unwrap_or_default();
                        notes.push(note(pointer, format!("{inner} is read as {flag}")));
                        *inner = flag.into();
                    }
                    _ => repair_prose(inner, &pointer, notes),
                }
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter_mut().enumerate() {
                repair_prose(inner, &format!("{pointer}/{index}"), notes);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn numbers_as_text_become_numbers() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {maxLength: '100', minLength: 1.0, minimum: '0.5', nullable: 'true', description: 5}}}",
            "components: {schemas: {A: {maxLength: 100, minLength: 1, minimum: 0.5, nullable: true, description: '5'}}}",
        );
        assert_eq!(document.notes.len(), 5);
    }

    #[test]
    fn what_has_no_meaning_goes() {
        becomes(
            apply,
            "components: {schemas: {A: {maxLength: many, required: true, properties: {b: {required: [x, x]}}}}}",
            "components: {schemas: {A: {properties: {b: {required: [x]}}}}}",
        );
    }

    #[test]
    fn a_property_may_be_called_like_a_keyword() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {title: {type: string}, required: {type: boolean}}}}}",
        );
    }

    #[test]
    fn a_lone_tag_is_a_list_of_one() {
        becomes(
            apply,
            "paths: {/a: {get: {tags: token, responses: {}}}}",
            "paths: {/a: {get: {tags: [token], responses: {}}}}",
        );
    }

    #[test]
    fn operations_get_responses_with_descriptions() {
        becomes(
            apply,
            "paths: {/a: {get: {summary: 5, responses: {'200': {}, '400': Bad}}, put: {}}}",
            "paths: {/a: {get: {summary: '5', responses: {'200': {description: ''}, '400': {description: Bad}}}, put: {responses: {}}}}",
        );
    }
}
