//! Parameters without a schema, optional parameters of a path, and parameters that the path and its
//! operation do not share.
//!
//! The generator refuses a parameter that states no type, an optional parameter of a path, and a path with a parameter that its
//! operation does not describe. It never sends a path parameter that the path does not contain.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, Note, note, text};
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, path, operation| {
        describe_path(notes, pointer, path, operation)?;
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let Value::Object(parameter) = parameter else {
                continue;
            };
            let pointer = format!("{pointer}/parameters/{index}");
            let is_required = parameter.get("required") == Some(&Value::Bool(true));
            if parameter.get("in") == Some(&json!("path")) && !is_required {
                parameter.insert("required".to_owned(), true.into());
                notes.push(note(&pointer, "required: it is a part of the path"));
            }
            if !parameter.contains_key("schema") {
                parameter.remove("content");
                parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                notes.push(note(pointer, "a parameter without a schema is text"));
            }
        }
        Ok(())
    })
}

/// Adds the parameters of the path that the operation does not describe. Refuses parameters that
/// the path does not contain.
fn describe_path(
    notes: &mut Vec<Note>,
    pointer: &str,
    path: &str,
    operation: &mut Map<String, Value>,
) -> Result<(), Error> {
    let described = operation.get("parameters").and_then(Value::as_array);
    let mut missing = names(path);
    for (index, parameter) in described.into_iter().flatten().enumerate() {
        let name = text(parameter, "name").unwrap_or_default();
        if text(parameter, "in") != Some("path") {
            continue;
        }
        if !names(path).contains(&name) {
            return Err(Error::unreadable(
                format!("{pointer}/parameters/{index}"),
                format!("the path does not contain the parameter {name}"),
                format!("add {{{name}}} to the path, or describe it with `in: query`"),
            ));
        }
        missing.retain(|other| *other != name);
    }
    for name in missing {
        let parameter =
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            parameters.push(parameter);
        }
        notes.push(note(
            pointer,
            format!("the parameter {name} of the path is text"),
        ));
    }
    Ok(())
}

/// Returns the names of the parameters in a path.
fn names(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn a_parameter_without_a_schema_is_text() {
        becomes(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: header}, {name: y, in: query, content: {application/json: {schema: {type: object}}}}]}}}",
            "paths: {/a: {get: {parameters: [{name: x, in: header, schema: {type: string}}, {name: y, in: query, schema: {type: string}}]}}}",
        );
    }

    #[test]
    fn an_optional_parameter_of_a_path_is_required() {
        becomes(
            apply,
            "paths: {'/a/{x}': {get: {parameters: [{name: x, in: path, schema: {type: string}}, {name: q, in: query, schema: {type: string}}]}}}",
            "paths: {'/a/{x}': {get: {parameters: [{name: x, in: path, required: true, schema: {type: string}}, {name: q, in: query, schema: {type: string}}]}}}",
        );
    }

    #[test]
    fn a_parameter_that_only_the_path_names_is_text() {
        becomes(
            apply,
            "paths: {'/a/{x}/{y}': {get: {parameters: [{name: y, in: path, required: true, schema: {type: integer}}]}}}",
            "paths: {'/a/{x}/{y}': {get: {parameters: [{name: y, in: path, required: true, schema: {type: integer}}, {name: x, in: path, required: true, schema: {type: string}}]}}}",
        );
    }

    #[test]
    fn a_path_parameter_outside_of_the_path_is_refused() {
        let error = run(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: path, schema: {type: string}}]}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a/get/parameters/0");
        assert!(error.to_string().contains("the parameter x"), "{error}");
    }

    #[test]
    fn described_parameters_stay() {
        leaves(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: query, schema: {type: integer}}]}, put: {}}}",
        );
    }
}
