//! Parameters without a schema, with an unknown place, or that do not match their path.
//!
//! The generator needs the name, the place and the schema of each parameter, and panics when a
//! path and its parameters differ.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, Note, note};
use super::super::super::error::Error;

/// Schema keywords that some documents write on the parameter itself. The vocabulary check accepts
/// them there, because this pass moves them into the schema.
pub(crate) const SCHEMA_KEYWORDS: &[&str] = &[
    "type",
    "format",
    "pattern",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "items",
];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, path, operation| {
        let written = match operation.remove("parameters") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let mut kept: Vec<Map<String, Value>> = Vec::new();
        for (index, parameter) in written.into_iter().enumerate() {
            let pointer = format!("{pointer}/parameters/{index}");
            let Value::Object(mut parameter) = parameter else {
                return Err(Error::at(
                    pointer,
                    "a parameter that is no mapping",
                    "give it `name`, `in` and `schema`",
                ));
            };
            repair_place(&mut parameter, path, &pointer, notes)?;
            repair_schema(&mut parameter, &pointer, notes);
            let same = |p: &Map<String, Value>| {
                p["name"] == parameter["name"] && p["in"] == parameter["in"]
            };
            if kept.iter().any(same) {
                notes.push(note(
                    pointer,
                    format!("dropped: {} is there twice", parameter["name"]),
                ));
            } else {
                kept.push(parameter);
            }
        }
        adapt_path(&mut kept, path, pointer, notes);
        if !kept.is_empty() {
            let list: Vec<Value> = kept.into_iter().map(Value::Object).collect();
            operation.insert("parameters".to_owned(), list.into());
        }
        Ok(())
    })
}

fn repair_place(
    parameter: &mut Map<String, Value>,
    path: &str,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let Some(name) = parameter
        .get("name")
        .and_then(Value::as_str)
        .map(str::to_owned)
    else {
        return Err(Error::at(
            pointer,
            "a parameter without a name",
            "add `name`",
        ));
    };
    let written = parameter
        .get("in")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let meant = match written.trim().to_lowercase().as_str() {
        "header" | "headers" => "header",
        "path" | "paths" => "path",
        "query" | "querystring" => "query",
        "cookie" => "cookie",
        _ if path.contains(&format!("{{{name}}}")) => "path",
        _ => {
            return Err(Error::at(
                pointer,
                format!("parameter {name} is in {written:?}, which is no place"),
                "write path, query or header",
            ));
        }
    };
    if written != meant {
        notes.push(note(
            pointer,
            format!("{name}: in {written} is read as in {meant}"),
        ));
        parameter.insert("in".to_owned(), meant.into());
    }
    if meant == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
        notes.push(note(
            pointer,
            format!("{name}: a path parameter is always required"),
        ));
        parameter.insert("required".to_owned(), true.into());
    }
    Ok(())
}

fn repair_schema(parameter: &mut Map<String, Value>, pointer: &str, notes: &mut Vec<Note>) {
    let mut strays = Map::new();
    for &keyword in SCHEMA_KEYWORDS {
        if let Some(value) = parameter.remove(keyword) {
            strays.insert(keyword.to_owned(), value);
        }
    }
    let from_content = parameter
        .remove("content")
        .and_then(|content| content.as_object()?.values().next()?.get("schema").cloned());
    let schema = parameter
        .remove("schema")
        .filter(Value::is_object)
        .or(from_content);
    let missing = schema.is_none();
    let mut schema = schema.unwrap_or_else(|| json!({ "type": "string" }));
    if !strays.is_empty() {
        let names: Vec<&str> = strays.keys().map(String::as_str).collect();
        notes.push(note(
            pointer,
            format!("{} belongs into the schema", names.join(", ")),
        ));
        if let Value::Object(schema) = &mut schema
            && !schema.contains_key("$ref")
        {
            for (keyword, value) in strays {
                if missing || !schema.contains_key(&keyword) {
                    schema.insert(keyword, value);
                }
            }
        }
    } else if missing {
        notes.push(note(pointer, "a parameter without a schema is text"));
    }
    parameter.insert("schema".to_owned(), schema);
}

/// Adds missing path parameters, and removes path parameters that the path does not contain.
fn adapt_path(
    kept: &mut Vec<Map<String, Value>>,
    path: &str,
    pointer: &str,
    notes: &mut Vec<Note>,
) {
    let wanted = template_names(path);
    kept.retain(|parameter| {
        let name = parameter["name"].as_str().unwrap_or_default();
        let stays = parameter["in"] != "path" || wanted.iter().any(|w| w == name);
        if !stays {
            notes.push(note(
                format!("{pointer}/parameters"),
                format!("dropped: the path has no {{{name}}}"),
            ));
        }
        stays
    });
    for name in wanted {
        let there = kept
            .iter()
            .any(|p| p["in"] == "path" && p["name"] == name.as_str());
        if !there {
            notes.push(note(
                format!("{pointer}/parameters"),
                format!("added: {{{name}}} of the path is not described"),
            ));
            let added = json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
            if let Value::Object(added) = added {
                kept.push(added);
            }
        }
    }
}

/// Returns the names between braces.
pub(super) fn template_names(path: &str) -> Vec<String> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn schemas_are_completed() {
        becomes(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: headers}, {name: y, in: query, type: integer}, {name: z, in: query, pattern: a, schema: {type: string}}]}}}",
            "paths: {/a: {get: {parameters: [{name: x, in: header, schema: {type: string}}, {name: y, in: query, schema: {type: integer}}, {name: z, in: query, schema: {type: string, pattern: a}}]}}}",
        );
    }

    #[test]
    fn path_and_parameters_agree_afterwards() {
        let document = becomes(
            apply,
            "paths: {'/a/{id}/{n}': {get: {parameters: [{name: id, in: path, schema: {}}, {name: gone, in: path, schema: {}}]}}}",
            "paths: {'/a/{id}/{n}': {get: {parameters: [{name: id, in: path, required: true, schema: {}}, {name: n, in: path, required: true, schema: {type: string}}]}}}",
        );
        assert_eq!(document.notes.len(), 4);
    }

    #[test]
    fn a_parameter_given_twice_is_kept_once() {
        let document = run(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: header, schema: {type: string}}, {name: x, in: header, required: true, schema: {type: string}}]}}}",
        )
        .unwrap();
        assert_eq!(
            document.root["paths"]["/a"]["get"]["parameters"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn valid_parameters_stay() {
        leaves(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: query, schema: {type: string}}]}, put: {}}}",
        );
    }

    #[test]
    fn a_parameter_without_name_or_place_is_refused() {
        run(apply, "paths: {/a: {get: {parameters: [{in: query}]}}}").unwrap_err();
        let error = run(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: body}]}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a/get/parameters/0");
    }
}
