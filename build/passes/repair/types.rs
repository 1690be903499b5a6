//! Type names that OpenAPI does not define, and types that contradict the keywords beside them.
//!
//! The generator supports six types. `type: token` is an error for it, and `type: string` beside
//! properties loses the properties.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, text};
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| schema.as_object_mut().map(repair).unwrap_or_default());
    Ok(())
}

fn repair(schema: &mut Map<String, Value>) -> Vec<String> {
    let mut changes = Vec::new();
    // The vocabulary check has rejected all other names.
    if let Some(name) = schema.get("type").and_then(Value::as_str)
        && let Some(standard_type) = standard_type(name)
        && standard_type != name
    {
        changes.push(format!("type: {name} is read as {standard_type}"));
        schema.insert("type".to_owned(), standard_type.into());
    }
    correct_type(schema, &mut changes);
    changes
}

/// Returns the OpenAPI type of a non-standard type name.
pub(crate) fn standard_type(name: &str) -> Option<&'static str> {
    Some(match name.trim().to_lowercase().as_str() {
        "string" | "str" | "text" | "date" | "date-time" | "datetime" | "uuid" | "guid" | "uri"
        | "url" | "email" | "file" | "binary" | "byte" | "password" | "token" | "enum" => "string",
        "integer" | "int" | "int32" | "int64" | "long" => "integer",
        "number" | "float" | "double" | "decimal" => "number",
        "boolean" | "bool" => "boolean",
        "array" | "list" => "array",
        "object" | "map" | "dict" => "object",
        _ => return None,
    })
}

/// Returns the type that the other keywords imply.
fn implied(schema: &Map<String, Value>) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().any(|key| schema.contains_key(*key));
    if has(&["properties", "additionalProperties"]) {
        Some("object")
    } else if has(&["items"]) {
        Some("array")
    } else if has(&["pattern", "minLength", "maxLength"]) {
        Some("string")
    } else {
        None
    }
}

fn correct_type(schema: &mut Map<String, Value>, changes: &mut Vec<String>) {
    let composed = ["allOf", "oneOf", "anyOf", "$ref"]
        .iter()
        .any(|key| schema.contains_key(*key));
    let written = schema
        .get("type")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let structure = match implied(schema) {
        Some(kind @ ("object" | "array")) => Some(kind),
        _ => None,
    };
    match (written.as_deref(), structure) {
        (Some(written), Some(kind)) if written != kind => {
            changes.push(format!(
                "type: {written} is read as {kind}, which the other keywords imply"
            ));
            schema.insert("type".to_owned(), kind.into());
        }
        (None, _) if !composed => {
            let kind = implied(schema).or_else(|| enum_type(schema));
            if let Some(kind) = kind {
                changes.push(format!("type: {kind} is implied"));
                schema.insert("type".to_owned(), kind.into());
            }
        }
        _ => {}
    }
    if text(&Value::Object(schema.clone()), "type") == Some("array")
        && !schema.contains_key("items")
    {
        changes.push("an array without `items` may contain any values".to_owned());
        schema.insert("items".to_owned(), json!({}));
    }
}

fn enum_type(schema: &Map<String, Value>) -> Option<&'static str> {
    let values = schema.get("enum")?.as_array()?;
    let all = |is: fn(&Value) -> bool| values.iter().all(is);
    if all(|v| v.is_string() || v.is_null()) {
        Some("string")
    } else if all(|v| v.is_i64() || v.is_null()) {
        Some("integer")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn other_type_names_are_translated() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {t: {type: token}, n: {type: Int}, y: {type: text, properties: {}}}}}}",
            "components: {schemas: {A: {type: object, properties: {t: {type: string}, n: {type: integer}, y: {type: object, properties: {}}}}}}",
        );
    }

    #[test]
    fn properties_beside_type_string_are_not_lost() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {type: string, properties: {t: {type: string}}}}}",
            "components: {schemas: {A: {type: object, properties: {t: {type: string}}}}}",
        );
        assert_eq!(document.notes.len(), 1);
    }

    #[test]
    fn a_missing_type_follows_from_the_other_keywords() {
        becomes(
            apply,
            "components: {schemas: {A: {items: {enum: [a]}}, B: {type: array}, C: {maxLength: 3}}}",
            "components: {schemas: {A: {type: array, items: {type: string, enum: [a]}}, B: {type: array, items: {}}, C: {type: string, maxLength: 3}}}",
        );
    }

    #[test]
    fn valid_types_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {type: object}, B: {oneOf: [{type: string}]}, C: {}}}",
        );
    }
}
