//! Members that a response may leave out.
//!
//! Servers leave out members that the documents require, and send null for lists. Defaults are
//! removed, because the generator would send them in every request.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, text};
use super::super::super::error::Error;
use super::super::super::reachability::{Reachability, only_read_at};

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    document.each_schema(|pointer, schema| {
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        if only_read_at(&reachability, pointer) {
            relax(schema, &mut changes);
        }
        if let Some(value) = schema.remove("default") {
            changes.push(format!("the default {value} is not sent"));
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            schema.remove("additionalProperties");
            changes.push("unknown members are ignored".to_owned());
        }
        changes
    });
    Ok(())
}

fn relax(schema: &mut Map<String, Value>, changes: &mut Vec<String>) {
    if let Some(required) = schema.remove("required") {
        let names: Vec<&str> = required
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        changes.push(format!("optional in responses: {}", names.join(", ")));
    }
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for (name, property) in properties.iter_mut() {
        // An optional object accepts null. An optional list or map would otherwise refuse null.
        let map = text(property, "type") == Some("object") && property.get("properties").is_none();
        let list = text(property, "type") == Some("array");
        if (list || map) && property.get("nullable") != Some(&Value::Bool(true)) {
            property["nullable"] = json!(true);
            changes.push(format!("{name} may be null in responses"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn read_members_are_optional_without_a_default() {
        becomes(
            apply,
            "components: {schemas: {A: {type: object, required: [a, l], additionalProperties: false, properties: {a: {type: string, default: x}, l: {type: array, items: {}}}}}}",
            "components: {schemas: {A: {type: object, properties: {a: {type: string}, l: {type: array, nullable: true, items: {}}}}}}",
        );
    }

    #[test]
    fn sent_members_stay_required() {
        leaves(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {type: object, required: [l], properties: {l: {type: array, items: {}}}}}}
            ",
        );
    }
}
