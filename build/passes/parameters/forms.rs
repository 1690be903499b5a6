//! Lists and objects in headers and paths, and rare styles of queries.
//!
//! The generator refuses them, or its code for them does not compile. The caller passes them as
//! text.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, note, schema_ref, text};
use super::super::super::error::Error;
use super::super::super::reachability;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let root = document.root.clone();
    document.each_operation(|notes, pointer, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            let Value::Object(parameter) = parameter else {
                continue;
            };
            let is_plain = is_plain(parameter, &root);
            for key in ["style", "explode"] {
                parameter.remove(key);
            }
            if !is_plain {
                parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                let pointer = format!("{pointer}/parameters/{index}");
                notes.push(note(pointer, "passed as text"));
            }
        }
        Ok(())
    })
}

/// Returns whether the parameter is a scalar, or a list in a query whose entries are sent one by
/// one.
fn is_plain(parameter: &Map<String, Value>, root: &Value) -> bool {
    let Some(schema) = parameter.get("schema") else {
        return true;
    };
    let target = schema_ref(schema).and_then(|name| reachability::component(root, name));
    match text(target.unwrap_or(schema), "type") {
        Some("array") => {
            let is_repeated = parameter.get("style").is_none_or(|style| style == "form")
                && parameter.get("explode") != Some(&Value::Bool(false));
            is_repeated && parameter.get("in") == Some(&json!("query"))
        }
        Some(name) => name != "object",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    fn with(parameters: &str) -> String {
        format!(
            "{{paths: {{/a: {{get: {{parameters: {parameters}}}}}}}, components: {{schemas: {{L: {{type: array, items: {{}}}}, E: {{type: string, enum: [a]}}}}}}}}"
        )
    }

    #[test]
    fn objects_and_lists_outside_queries_become_text() {
        becomes(
            apply,
            &with(
                "[{name: h, in: header, schema: {type: array, items: {type: string}}}, {name: r, in: header, schema: {$ref: '#/components/schemas/L'}}, {name: p, in: query, style: pipeDelimited, schema: {type: array, items: {}}}, {name: o, in: query, schema: {type: object}}]",
            ),
            &with(
                "[{name: h, in: header, schema: {type: string}}, {name: r, in: header, schema: {type: string}}, {name: p, in: query, schema: {type: string}}, {name: o, in: query, schema: {type: string}}]",
            ),
        );
    }

    #[test]
    fn scalars_enumerations_and_repeated_queries_stay() {
        leaves(
            apply,
            &with(
                "[{name: q, in: query, schema: {type: array, items: {type: string}}}, {name: e, in: header, schema: {$ref: '#/components/schemas/E'}}]",
            ),
        );
    }
}
