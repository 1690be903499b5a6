//! Schemas that accept any JSON value.
//!
//! The generator derives `Debug` for every type, and a value of any shape can hold personal data
//! anywhere in it.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, SCHEMA_REF, text};
use super::super::super::error::Error;

/// The component that stands for a value of any shape.
pub(super) const COMPONENT: &str = "AnyJson";

/// Keywords that give a schema a shape.
const SHAPES: [&str; 6] = ["$ref", "allOf", "anyOf", "enum", "not", "oneOf"];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let mut used = false;
    document.each_schema(|pointer, schema| {
        let changes = replace(pointer, schema);
        used |= changes.is_some();
        changes.map(str::to_owned).into_iter().collect()
    });
    if used {
        let schema = json!({ "description": "Any JSON value." });
        document.schemas_mut().insert(COMPONENT.to_owned(), schema);
    }
    Ok(())
}

/// Returns the description of the change.
fn replace(pointer: &str, schema: &mut Value) -> Option<&'static str> {
    // The generator merges the parts of a composition, and reads bodies other than JSON by their
    // media type.
    let is_part = pointer
        .rsplit_once('/')
        .is_some_and(|(outer, _)| outer.ends_with("/allOf"));
    let is_text = pointer.contains("octet-stream") || pointer.contains("/text~1");
    let Value::Object(map) = schema else {
        return None;
    };
    if is_part || is_text || SHAPES.iter().any(|keyword| map.contains_key(*keyword)) {
        return None;
    }
    let any = json!({ "$ref": format!("{SCHEMA_REF}{COMPONENT}") });
    match text(&Value::Object(map.clone()), "type") {
        None | Some("object") if !has_members(map) => {
            if !is_open(map.get("additionalProperties")) {
                return None;
            }
            let mut any = any;
            if let Some(description) = map.remove("description") {
                any["description"] = description;
            }
            *schema = any;
            Some("any JSON value is accepted, and is never printed")
        }
        None | Some("object") if map.contains_key("additionalProperties") => {
            // The generator would add a member for the rest of the object.
            let rest = map.get("additionalProperties");
            if rest == Some(&Value::Bool(false)) || !is_open(rest) {
                return None;
            }
            map.remove("additionalProperties");
            Some("members that are not described are ignored")
        }
        Some("array") if !map.contains_key("items") => {
            map.insert("items".to_owned(), any);
            Some("an entry may be any JSON value, which is never printed")
        }
        _ => None,
    }
}

fn has_members(map: &Map<String, Value>) -> bool {
    let properties = map.get("properties").and_then(Value::as_object);
    map.contains_key("items") || properties.is_some_and(|properties| !properties.is_empty())
}

/// Returns whether the values of an object may be of any type.
fn is_open(values: Option<&Value>) -> bool {
    match values {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Object(schema)) => {
            let is_free = !SHAPES.iter().any(|keyword| schema.contains_key(*keyword));
            is_free && !schema.contains_key("type") && !has_members(schema)
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    const ANY: &str = "{$ref: '#/components/schemas/AnyJson'}";

    #[test]
    fn open_schemas_become_a_type_that_redacts_itself() {
        for open in [
            "{}",
            "{nullable: true}",
            "{type: object}",
            "{type: object, properties: {}, nullable: true}",
            "{type: object, additionalProperties: true}",
            "{type: object, additionalProperties: {}}",
            "{type: object, additionalProperties: {description: d}}",
        ] {
            becomes(
                apply,
                &format!("components: {{schemas: {{A: {{properties: {{a: {open}}}}}}}}}"),
                &format!(
                    "components: {{schemas: {{A: {{properties: {{a: {ANY}}}}}, AnyJson: {{description: Any JSON value.}}}}}}"
                ),
            );
        }
    }

    #[test]
    fn entries_values_choices_bodies_and_components_are_found() {
        let document = run(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {}}}}}}}
            components:
              schemas:
                Any: {description: d}
                List: {type: array}
                Lists: {type: array, items: {type: object}}
                Choice: {oneOf: [{type: string}, {type: object}]}
                Map: {type: object, additionalProperties: {type: array, items: {}}}
                Open: {properties: {a: {type: string}}, additionalProperties: {}}
            ",
        )
        .unwrap();
        let any = json!({ "$ref": "#/components/schemas/AnyJson" });
        let schemas = &document.root["components"]["schemas"];
        let body = &document.root["paths"]["/a"]["post"]["requestBody"];
        assert_eq!(body["content"]["application/json"]["schema"], any);
        let described = json!({ "$ref": "#/components/schemas/AnyJson", "description": "d" });
        assert_eq!(schemas["Any"], described);
        assert_eq!(schemas["List"]["items"], any);
        assert_eq!(schemas["Lists"]["items"], any);
        assert_eq!(schemas["Choice"]["oneOf"][1], any);
        assert_eq!(schemas["Map"]["additionalProperties"]["items"], any);
        assert_eq!(schemas["Open"].get("additionalProperties"), None);
    }

    #[test]
    fn schemas_with_a_shape_stay() {
        leaves(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/octet-stream: {schema: {}}}}}}}
            components:
              schemas:
                A: {type: string}
                B: {allOf: [{type: object}, {$ref: '#/components/schemas/A'}]}
                C: {type: object, additionalProperties: {type: string}}
                D: {type: object, additionalProperties: false}
                E: {enum: [a]}
            ",
        );
    }
}
