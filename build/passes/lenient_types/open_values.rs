//! Values of responses beyond the documented ones.
//!
//! A closed enumeration refuses a value that the server adds later. An alternative whose members
//! are all optional always matches first.

use serde_json::{Map, Value};

use super::super::super::document::{Document, schema_ref, text};
use super::super::super::error::Error;
use super::super::super::names::{free, pascal};
use super::super::super::reachability::{Reachability, component_of, read_at};

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    loop {
        let mut choices = Vec::new();
        document.each_schema(|pointer, schema| match schema {
            Value::Object(schema) if read_at(&reachability, pointer) => {
                open(pointer, schema, &mut choices)
            }
            _ => Vec::new(),
        });
        if choices.is_empty() {
            return Ok(());
        }
        // An alternative may contain alternatives itself.
        for (pointer, choice) in choices {
            keep(document, &pointer, choice);
        }
    }
}

fn open(
    pointer: &str,
    schema: &mut Map<String, Value>,
    choices: &mut Vec<(String, Value)>,
) -> Vec<String> {
    let mut changes = Vec::new();
    if let Some(values) = schema.remove("enum") {
        let listed = list(&values);
        describe(schema, &format!("Known values: {listed}."));
        changes.push(format!("any text is read; known values: {listed}"));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(members)) = schema.remove(keyword) {
            let names: Vec<&str> = members.iter().filter_map(schema_ref).collect();
            schema.remove("type");
            schema.remove("discriminator");
            if !names.is_empty() {
                describe(schema, &format!("One of: `{}`.", names.join("`, `")));
            }
            changes.push(format!("{keyword} is read as any JSON value"));
            let described = |member: &Value| {
                ["properties", "items", "allOf", "oneOf", "anyOf"]
                    .iter()
                    .any(|key| member.get(key).is_some())
            };
            let inline = members.into_iter().filter(described);
            choices.extend(inline.map(|member| (pointer.to_owned(), member)));
        }
    }
    if schema.remove("not").is_some() {
        changes.push("not: a response may contain any value".to_owned());
    }
    changes
}

/// Adds an inline alternative as a component, so that its fields are not lost.
fn keep(document: &mut Document, pointer: &str, choice: Value) {
    let owner = component_of(pointer).or_else(|| {
        let place = document.operations().into_iter().find(|place| {
            pointer
                .strip_prefix(&place.pointer)
                .is_some_and(|rest| rest.starts_with('/'))
        })?;
        text(place.operation, "operationId").map(str::to_owned)
    });
    let wanted = format!("{}Choice", pascal(&owner.unwrap_or_default()));
    let schemas = document.schemas_mut();
    let taken: Vec<String> = schemas.keys().map(|name| pascal(name)).collect();
    let name = free(&wanted, |name| taken.iter().any(|t| t == name));
    schemas.insert(name.clone(), choice);
    document.note(
        pointer,
        format!("an alternative becomes the component {name}"),
    );
}

fn list(values: &Value) -> String {
    let values: Vec<String> = values
        .as_array()
        .into_iter()
        .flatten()
        .map(|value| {
            format!(
                "`{}`",
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            )
        })
        .collect();
    values.join(", ")
}

fn describe(schema: &mut Map<String, Value>, sentence: &str) {
    let written = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let both = if written.is_empty() {
        sentence.to_owned()
    } else {
        format!("{written}\n\n{sentence}")
    };
    schema.insert("description".to_owned(), both.into());
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::becomes;
    use super::*;

    /// One operation that sends a `Request` and receives a `Response`.
    const PATHS: &str = "
paths:
  /a:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Request'}}}}
      responses: {2XX: {content: {application/json: {schema: {$ref: '#/components/schemas/Response'}}}}}
";

    #[test]
    fn schemas_of_requests_stay_closed() {
        let before = "
components:
  schemas:
    Request: {properties: {kind: {type: string, enum: [A, B]}}}
    Response: {properties: {state: {type: string, description: The state., enum: [A, B]}}}
    Event: {oneOf: [{$ref: '#/components/schemas/Request'}, {$ref: '#/components/schemas/Response'}]}
";
        let after = "
components:
  schemas:
    Request: {properties: {kind: {type: string, enum: [A, B]}}}
    Response: {properties: {state: {type: string, description: \"The state.\\n\\nKnown values: `A`, `B`.\"}}}
    Event: {description: 'One of: `Request`, `Response`.'}
";
        let document = becomes(apply, &[PATHS, before].concat(), &[PATHS, after].concat());
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn choices_without_a_name_get_one() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {b: {anyOf: [{type: string}, {properties: {c: {oneOf: [{properties: {d: {}}}]}}}]}}}}}",
            "components: {schemas: {A: {properties: {b: {}}}, AChoice: {properties: {c: {}}}, AChoiceChoice: {properties: {d: {}}}}}",
        );
    }
}
