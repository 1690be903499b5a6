//! Parameters without a schema, and parameters that the path and its operation do not share.
//!
//! The generator refuses a parameter that states no type, and a path with a parameter that its
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
            if let Value::Object(parameter) = parameter
                && !parameter.contains_key("schema")
                && !parameter.contains_key("content")
            {
                parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                let pointer = format!("{pointer}/parameters/{index}");
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
            "paths: {/a: {get: {parameters: [{name: x, in: header}]}}}",
            "paths: {/a: {get: {parameters: [{name: x, in: header, schema: {type: string}}]}}}",
        );
    }

    #[test]
    fn a_parameter_that_only_the_path_names_is_text() {
        becomes(
            apply,
            "paths: {'/a/{x}/{y}': {get: {parameters: [{name: y, in: path, schema: {type: integer}}]}}}",
            "paths: {'/a/{x}/{y}': {get: {parameters: [{name: y, in: path, schema: {type: integer}}, {name: x, in: path, required: true, schema: {type: string}}]}}}",
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
