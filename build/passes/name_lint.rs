//! Names that would clash in Rust.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::document::{Document, SCHEMA_REF, escape, is_in, schema_ref, text, walk_schemas};
use super::super::error::Error;
use super::super::names::{field, free, pascal, snake};
use super::is_replaced;

pub(crate) const NAME: &str = "name-lint";
pub(crate) const REASON: &str = "the generator silently merges or drops parts with the same Rust name; types are renamed, and equal properties and parameters stop the build";

/// Type names that would shadow types used by the generated code.
const RESERVED: &str = "AsMut AsRef Box Clone Copy Debug Default Deserialize Display Drop Eq Err Extend Fn FnMut FnOnce \
    From FromStr Hash Into IntoIterator Iterator None Ok Option Ord PartialEq PartialOrd Result Self Self_ Send \
    Serialize Sized Some String Sync ToOwned ToString TryFrom TryInto Vec";
/// Methods that every operation builder has.
const SETTERS: [&str; 4] = ["send", "new", "clone", "body_map"];

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    rename_types(document);
    lint_parameters(document)?;
    lint_properties(document)
}

/// Renames component schemas whose names would clash in Rust.
fn rename_types(document: &mut Document) {
    let mut taken: Vec<String> = Vec::new();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for (name, _) in document.schemas() {
        let wanted = pascal(name);
        let clash = |name: &str| {
            taken.iter().any(|t| t == name) || is_in(RESERVED, name) || is_replaced(name)
        };
        let rust = if clash(&wanted) && !taken.contains(&wanted) {
            free(&format!("{}Schema", wanted.trim_end_matches('_')), clash)
        } else {
            free(&wanted, clash)
        };
        if rust != wanted || !is_plain(name) {
            renamed.insert(name.clone(), rust.clone());
        }
        taken.push(rust);
    }
    if renamed.is_empty() {
        return;
    }
    let schemas = document.schemas_mut();
    let old = std::mem::take(schemas);
    for (name, schema) in old {
        let name = renamed.get(&name).cloned().unwrap_or(name);
        schemas.insert(name, schema);
    }
    walk_schemas(&mut document.root, &mut |_, schema| {
        if let Some(new) = schema_ref(schema).and_then(|name| renamed.get(name)) {
            *schema = serde_json::json!({ "$ref": format!("{SCHEMA_REF}{new}") });
        }
    });
    for (old, new) in renamed {
        document.note(
            format!("/components/schemas/{}", escape(&old)),
            format!("is named {new} in Rust"),
        );
    }
}

/// Returns whether all characters of the name can be part of a reference.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn lint_parameters(document: &Document) -> Result<(), Error> {
    for place in document.operations() {
        let mut seen: BTreeMap<String, String> = SETTERS
            .iter()
            .map(|name| ((*name).to_owned(), "a method of the builder".to_owned()))
            .collect();
        if place.operation.get("requestBody").is_some() {
            seen.insert("body".to_owned(), "the request body".to_owned());
        }
        let parameters = place.operation.get("parameters").and_then(Value::as_array);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let name = text(parameter, "name").unwrap_or_default();
            if let Some(other) = seen.insert(snake(name), format!("the parameter {name}")) {
                return Err(Error::at(
                    format!("{}/parameters/{index}/name", place.pointer),
                    format!(
                        "the parameter {name} has the same Rust name as {other}: {}",
                        snake(name)
                    ),
                    "use different names, because one of the two would be lost",
                ));
            }
        }
    }
    Ok(())
}

fn lint_properties(document: &mut Document) -> Result<(), Error> {
    let mut error = None;
    walk_schemas(&mut document.root, &mut |pointer, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        let clash = properties.and_then(clash);
        if let Some((first, second)) = clash
            && error.is_none()
        {
            error = Some(Error::at(
                format!("{pointer}/properties/{}", escape(&second)),
                format!(
                    "the properties {first} and {second} have the same Rust name: {}",
                    field(&second)
                ),
                "use different names, because one of the two would be lost",
            ));
        }
    });
    error.map_or(Ok(()), Err)
}

fn clash(properties: &Map<String, Value>) -> Option<(String, String)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    properties
        .keys()
        .find_map(|name| Some((seen.insert(field(name), name)?.to_owned(), name.clone())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn types_of_one_name_are_renamed_with_their_references() {
        let document = becomes(
            apply,
            "components: {schemas: {Error: {type: object}, error: {type: array, items: {$ref: '#/components/schemas/error'}}, Default: {type: object}}}",
            "components: {schemas: {Error: {type: object}, Error2: {type: array, items: {$ref: '#/components/schemas/Error2'}}, DefaultSchema: {type: object}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn parameters_of_one_name_are_refused() {
        let error = run(
            apply,
            "paths: {/a: {get: {parameters: [{name: X-Id, in: header}, {name: xId, in: query}]}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a/get/parameters/1/name");
        run(
            apply,
            "paths: {/a: {post: {requestBody: {}, parameters: [{name: body, in: query}]}}}",
        )
        .unwrap_err();
    }

    #[test]
    fn properties_of_one_name_are_refused() {
        let error = run(
            apply,
            "components: {schemas: {A: {properties: {userId: {}, user_id: {}}}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/components/schemas/A/properties/user_id");
    }

    #[test]
    fn different_names_are_unchanged() {
        leaves(
            apply,
            "components: {schemas: {Error: {properties: {a: {}, b: {enum: [x, y]}}}, ErrorArray: {}}}",
        );
    }
}
