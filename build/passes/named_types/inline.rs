//! Names for inline schemas.

use serde_json::{Value, json};

use super::super::super::document::{Document, METHODS, SCHEMA_REF, escape, text};
use super::super::super::error::Error;
use super::super::super::names::{free, pascal};

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let names: Vec<String> = document.schemas().map(|(name, _)| name.clone()).collect();
    let mut names_of_types = Names {
        taken: names.iter().map(|name| pascal(name)).collect(),
        made: Vec::new(),
        notes: Vec::new(),
    };
    for name in names {
        let pointer = format!("/components/schemas/{}", escape(&name));
        if let Some(schema) = document.schemas_mut().get_mut(&name) {
            names_of_types.children(schema, &pascal(&name), &pointer);
        }
    }
    let mut shared: Vec<(Value, String)> = Vec::new();
    let paths = document
        .root
        .get_mut("paths")
        .and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                let pointer = format!("/paths/{}/{method}", escape(path));
                names_of_types.operation(operation, &pointer, &mut shared);
            }
        }
    }
    for (name, schema) in names_of_types.made {
        document.schemas_mut().insert(name, schema);
    }
    for (pointer, name) in names_of_types.notes {
        document.note(pointer, format!("named {name}"));
    }
    Ok(())
}

struct Names {
    taken: Vec<String>,
    made: Vec<(String, Value)>,
    notes: Vec<(String, String)>,
}

impl Names {
    fn operation(
        &mut self,
        operation: &mut Value,
        pointer: &str,
        shared: &mut Vec<(Value, String)>,
    ) {
        let id = pascal(text(operation, "operationId").unwrap_or_default());
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let name = pascal(text(parameter, "name").unwrap_or_default());
            if let Some(schema) = parameter.get_mut("schema") {
                let pointer = format!("{pointer}/parameters/{index}/schema");
                self.parameter(schema, &name, &id, &pointer, shared);
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            self.contents(
                body,
                &format!("{id}Body"),
                &format!("{pointer}/requestBody"),
            );
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            self.contents(
                response,
                &format!("{id}Response"),
                &format!("{pointer}/responses/{status}"),
            );
        }
    }

    /// Names the schema of a parameter. Equal parameters of several operations share one component.
    fn parameter(
        &mut self,
        schema: &mut Value,
        name: &str,
        id: &str,
        pointer: &str,
        shared: &mut Vec<(Value, String)>,
    ) {
        let (target, name) = if text(schema, "type") == Some("array") {
            match schema.get_mut("items") {
                Some(items) => (items, format!("{name}Item")),
                None => return,
            }
        } else {
            (schema, name.to_owned())
        };
        let before = target.clone();
        if let Some((_, known)) = shared.iter().find(|(schema, _)| *schema == before) {
            *target = json!({ "$ref": format!("{SCHEMA_REF}{known}") });
            return;
        }
        let wanted = if self.taken.contains(&name) {
            format!("{id}{name}")
        } else {
            name
        };
        if let Some(made) = self.schema(target, &wanted, pointer) {
            shared.push((before, made));
        }
    }

    fn contents(&mut self, carrier: &mut Value, name: &str, pointer: &str) {
        let content = carrier.get_mut("content").and_then(Value::as_object_mut);
        for (media, entry) in content.into_iter().flatten() {
            if let Some(schema) = entry.get_mut("schema") {
                let media = escape(media);
                self.schema(schema, name, &format!("{pointer}/content/{media}/schema"));
            }
        }
    }

    /// Makes the schema a component if the generator would make a type of it. Returns the name.
    fn schema(&mut self, schema: &mut Value, wanted: &str, pointer: &str) -> Option<String> {
        if schema.get("$ref").is_some() {
            return None;
        }
        if !needs_name(schema) {
            self.children(schema, wanted, pointer);
            return None;
        }
        let name = free(&pascal(wanted), |name| self.taken.iter().any(|t| t == name));
        self.taken.push(name.clone());
        self.children(schema, &name, pointer);
        self.notes.push((pointer.to_owned(), name.clone()));
        let named = std::mem::replace(schema, json!({ "$ref": format!("{SCHEMA_REF}{name}") }));
        self.made.push((name.clone(), named));
        Some(name)
    }

    /// Names the schemas inside a named schema.
    fn children(&mut self, schema: &mut Value, parent: &str, pointer: &str) {
        let Value::Object(schema) = schema else {
            return;
        };
        for (keyword, value) in schema.iter_mut() {
            let pointer = format!("{pointer}/{keyword}");
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties.iter_mut() {
                        let pointer = format!("{pointer}/{}", escape(name));
                        self.schema(property, &format!("{parent}{}", pascal(name)), &pointer);
                    }
                }
                ("items", inner @ Value::Object(_)) => {
                    self.schema(inner, &format!("{parent}Item"), &pointer);
                }
                ("additionalProperties", inner @ Value::Object(_)) => {
                    self.schema(inner, &format!("{parent}Value"), &pointer);
                }
                // The generator merges the parts of `allOf`, so only the schemas inside them need a
                // name.
                ("allOf", Value::Array(parts)) => {
                    for (index, part) in parts.iter_mut().enumerate() {
                        self.children(part, parent, &format!("{pointer}/{index}"));
                    }
                }
                ("oneOf" | "anyOf", Value::Array(choices)) => {
                    for (index, choice) in choices.iter_mut().enumerate() {
                        self.schema(
                            choice,
                            &format!("{parent}Choice{}", index + 1),
                            &format!("{pointer}/{index}"),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

/// Returns whether the generator would make a type of this schema.
fn needs_name(schema: &Value) -> bool {
    let described = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty());
    described
        || ["enum", "oneOf", "anyOf", "allOf"]
            .iter()
            .any(|keyword| schema.get(keyword).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn nested_objects_and_enumerations_become_components() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {properties: {b: {properties: {c: {type: array, items: {enum: [x]}}}}, d: {type: string}}}, Ab: {type: string}}}",
            "
            components:
              schemas:
                A: {properties: {b: {$ref: '#/components/schemas/Ab2'}, d: {type: string}}}
                Ab: {type: string}
                Ab2: {properties: {c: {type: array, items: {$ref: '#/components/schemas/Ab2CItem'}}}}
                Ab2CItem: {enum: [x]}
            ",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn bodies_and_responses_are_named_after_their_operation() {
        let document = run(
            apply,
            "paths: {/a: {post: {operationId: doIt, requestBody: {content: {application/json: {schema: {properties: {a: {}}}}}}, responses: {2XX: {content: {application/json: {schema: {type: array, items: {properties: {a: {}}}}}}}}}}}",
        )
        .unwrap();
        let names: Vec<&String> = document.schemas().map(|(name, _)| name).collect();
        assert_eq!(names, ["DoItBody", "DoItResponseItem"]);
    }

    #[test]
    fn operations_share_the_type_of_a_shared_parameter() {
        let accept = "{name: Accept, in: header, schema: {type: string, enum: [image/png]}}";
        let document = run(
            apply,
            &format!("paths: {{/a: {{get: {{operationId: a, parameters: [{accept}]}}, put: {{operationId: b, parameters: [{accept}]}}}}}}"),
        )
        .unwrap();
        let names: Vec<&String> = document.schemas().map(|(name, _)| name).collect();
        assert_eq!(names, ["Accept"]);
        let reference = json!({ "$ref": "#/components/schemas/Accept" });
        assert_eq!(
            document.root["paths"]["/a"]["put"]["parameters"][0]["schema"],
            reference
        );
    }

    #[test]
    fn plain_schemas_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {a: {type: string}, m: {type: object, additionalProperties: {type: string}}}}}}",
        );
    }
}
