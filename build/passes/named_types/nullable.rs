//! Nullable structures and wrapped references.

use serde_json::Value;

use super::super::super::document::{Document, schema_ref};
use super::super::super::error::Error;

/// Keywords that do not change the shape of a schema.
const ANNOTATIONS: [&str; 7] = [
    "default",
    "deprecated",
    "description",
    "example",
    "readOnly",
    "title",
    "writeOnly",
];

/// Makes nullable structures optional, and unwraps lone references.
pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let nullable: Vec<String> = document
        .schemas()
        .filter(|(_, schema)| is_nullable(schema))
        .map(|(name, _)| name.clone())
        .collect();
    document.each_schema(|_, schema| {
        let mut changes = Vec::new();
        if let Some(Value::Object(properties)) = schema.get("properties") {
            let optional: Vec<String> = properties
                .iter()
                .filter(|(_, property)| {
                    is_nullable(property)
                        || schema_ref(property)
                            .is_some_and(|name| nullable.iter().any(|n| n == name))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(Value::Array(required)) = schema.get_mut("required") {
                required.retain(|name| {
                    let stays = !optional.iter().any(|o| name == o.as_str());
                    if !stays {
                        changes.push(format!("{name} may be null, so it is optional"));
                    }
                    stays
                });
                if required.is_empty()
                    && let Value::Object(schema) = schema
                {
                    schema.remove("required");
                }
            }
        }
        if is_nullable(schema)
            && let Value::Object(schema) = schema
        {
            schema.remove("nullable");
            changes.push("null becomes a missing member".to_owned());
        }
        if let Some(reference) = lone_reference(schema) {
            *schema = reference;
            changes.push("the composition of one part is replaced by the part".to_owned());
        }
        changes
    });
    Ok(())
}

/// Returns whether the generator would wrap this in a type of its own.
fn is_nullable(schema: &Value) -> bool {
    let structured = ["properties", "enum", "oneOf", "anyOf", "allOf"]
        .iter()
        .any(|keyword| schema.get(keyword).is_some());
    structured && schema.get("nullable") == Some(&Value::Bool(true))
}

/// Returns the reference that `allOf` only wraps, with the description of the wrapper.
fn lone_reference(schema: &Value) -> Option<Value> {
    let map = schema.as_object()?;
    let [part] = map.get("allOf")?.as_array()?.as_slice() else {
        return None;
    };
    let adds_nothing = map.iter().all(|(key, value)| match key.as_str() {
        "allOf" => true,
        "type" => value == "object",
        "additionalProperties" => value.is_boolean(),
        key => ANNOTATIONS.contains(&key) || key.starts_with("x-"),
    });
    if !adds_nothing || part.get("$ref").is_none() {
        return None;
    }
    let mut reference = part.clone();
    if let Some(description) = map.get("description") {
        reference["description"] = description.clone();
    }
    Some(reference)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn nullable_objects_become_optional_members() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {required: [b, c, d], properties: {b: {$ref: '#/components/schemas/B'}, c: {nullable: true, properties: {}}, d: {type: string}}}, B: {nullable: true, enum: [x]}}}",
            "components: {schemas: {A: {required: [d], properties: {b: {$ref: '#/components/schemas/B'}, c: {properties: {}}, d: {type: string}}}, B: {enum: [x]}}}",
        );
        assert_eq!(document.notes.len(), 4);
    }

    #[test]
    fn composition_of_one_part_becomes_the_part() {
        becomes(
            apply,
            "components: {schemas: {A: {required: [b], properties: {b: {nullable: true, description: d, allOf: [{$ref: '#/components/schemas/B'}]}}}}}",
            "components: {schemas: {A: {properties: {b: {description: d, $ref: '#/components/schemas/B'}}}}}",
        );
    }

    #[test]
    fn annotations_do_not_keep_a_composition_of_one_part() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {b: {deprecated: true, title: t, x-a: 1, allOf: [{$ref: '#/components/schemas/B'}]}}}, C: {type: object, additionalProperties: false, allOf: [{$ref: '#/components/schemas/B'}]}}}",
            "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B'}}}, C: {$ref: '#/components/schemas/B'}}}",
        );
        leaves(
            apply,
            "components: {schemas: {A: {required: [c], allOf: [{$ref: '#/components/schemas/B'}]}}}",
        );
    }

    #[test]
    fn nullable_scalars_and_lists_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {required: [b], properties: {b: {type: string, nullable: true}, l: {type: array, nullable: true}}}}}",
        );
    }
}
