//! Parameters that become a part of a path.
//!
//! The generator puts any text into a path. An id such as `..`, or one with a backslash, would
//! reach the path of another operation.

use serde_json::{Value, json};

use super::super::super::document::{Document, SCHEMA_REF, is_string, note, schema_ref, text};
use super::super::super::error::Error;
use super::super::super::reachability;

/// The component that stands for text which is one segment of a path.
pub(super) const COMPONENT: &str = "PathSegment";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let root = document.root.clone();
    let mut used = false;
    document.each_operation(|notes, pointer, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            if text(parameter, "in") != Some("path") {
                continue;
            }
            let Some(schema) = parameter.get_mut("schema") else {
                continue;
            };
            let target = schema_ref(schema)
                .and_then(|name| reachability::component(&root, name))
                .unwrap_or(schema);
            if !is_string(target) || target.get("enum").is_some() {
                continue;
            }
            *schema = json!({ "$ref": format!("{SCHEMA_REF}{COMPONENT}") });
            used = true;
            notes.push(note(
                format!("{pointer}/parameters/{index}/schema"),
                "is one segment of the path",
            ));
        }
        Ok(())
    })?;
    if used {
        let schema = json!({ "type": "string", "description": "One segment of a path." });
        document.schemas_mut().insert(COMPONENT.to_owned(), schema);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    #[test]
    fn texts_in_a_path_become_segments() {
        let document = run(
            apply,
            "
            paths: {'/a/{b}/{c}': {get: {parameters: [{name: b, in: path, schema: {type: string}}, {name: c, in: path, schema: {$ref: '#/components/schemas/C'}}, {name: d, in: query, schema: {type: string}}]}}}
            components: {schemas: {C: {type: string}}}
            ",
        )
        .unwrap();
        let parameters = &document.root["paths"]["/a/{b}/{c}"]["get"]["parameters"];
        let segment = json!({ "$ref": "#/components/schemas/PathSegment" });
        assert_eq!(parameters[0]["schema"], segment);
        assert_eq!(parameters[1]["schema"], segment);
        assert_eq!(parameters[2]["schema"], json!({ "type": "string" }));
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn numbers_and_enumerations_stay() {
        leaves(
            apply,
            "
            paths: {'/a/{b}/{c}': {get: {parameters: [{name: b, in: path, schema: {type: integer}}, {name: c, in: path, schema: {$ref: '#/components/schemas/C'}}]}}}
            components: {schemas: {C: {type: string, enum: [x]}}}
            ",
        );
    }
}
