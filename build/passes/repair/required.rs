//! Required names without a property.
//!
//! A required name without a property becomes a required field of unknown type, so every valid
//! response fails to decode.

use serde_json::{Map, Value};

use super::super::super::document::Document;
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|pointer, schema| {
        // A part of a composition may require a property of another part.
        let composed = ["/allOf/", "/oneOf/", "/anyOf/"]
            .iter()
            .any(|step| pointer.contains(step));
        match schema {
            Value::Object(schema) if !composed => repair(schema),
            _ => Vec::new(),
        }
    });
    Ok(())
}

fn repair(schema: &mut Map<String, Value>) -> Vec<String> {
    if ["allOf", "oneOf", "anyOf"]
        .iter()
        .any(|key| schema.contains_key(*key))
    {
        return Vec::new();
    }
    let known: Vec<String> = schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    let Some(Value::Array(required)) = schema.get_mut("required") else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    required.retain(|name| {
        let has_property = name
            .as_str()
            .is_some_and(|name| known.iter().any(|k| k == name));
        if !has_property {
            changes.push(format!(
                "{name} is required but has no property; it is optional now"
            ));
        }
        has_property
    });
    if required.is_empty() {
        schema.remove("required");
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn required_name_without_a_property_is_removed() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {required: [postCode, city], properties: {zipCode: {}, city: {}}}, B: {required: [x]}}}",
            "components: {schemas: {A: {required: [city], properties: {zipCode: {}, city: {}}}, B: {}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn compositions_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {allOf: [{properties: {a: {}}}, {required: [a]}]}, B: {required: [a], allOf: [{properties: {a: {}}}]}}}",
        );
    }
}
