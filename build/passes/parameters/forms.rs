//! Parameters in forms that the generator cannot write.
//!
//! Lists and objects in headers and paths do not compile, and the generator refuses cookies and rare
//! styles. As text the caller can still send them.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, Note, note, schema_ref, text};
use super::super::super::error::Error;
use super::super::super::reachability;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let root = document.root.clone();
    let mut warnings = Vec::new();
    let done = document.each_operation(|notes, pointer, _, operation| {
        let Some(Value::Array(parameters)) = operation.get_mut("parameters") else {
            return Ok(());
        };
        let mut kept = Vec::new();
        for (index, parameter) in std::mem::take(parameters).into_iter().enumerate() {
            let pointer = format!("{pointer}/parameters/{index}");
            let Value::Object(mut parameter) = parameter else {
                continue;
            };
            if parameter.get("in") == Some(&json!("cookie")) {
                drop_cookie(&parameter, pointer, notes, &mut warnings)?;
                continue;
            }
            flatten(&mut parameter, &root, pointer, notes);
            kept.push(Value::Object(parameter));
        }
        *parameters = kept;
        Ok(())
    });
    document.warnings.append(&mut warnings);
    done
}

fn drop_cookie(
    parameter: &Map<String, Value>,
    pointer: String,
    notes: &mut Vec<Note>,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let name = parameter["name"].as_str().unwrap_or_default();
    if parameter.get("required") == Some(&Value::Bool(true)) {
        return Err(Error::at(
            pointer,
            format!("the cookie {name} is required, and cookies cannot be generated"),
            "describe it as a header, or make it optional",
        ));
    }
    warnings.push(format!(
        "#{pointer}: the cookie {name} cannot be generated and is left out"
    ));
    notes.push(note(pointer, format!("dropped: the cookie {name}")));
    Ok(())
}

fn flatten(
    parameter: &mut Map<String, Value>,
    root: &Value,
    pointer: String,
    notes: &mut Vec<Note>,
) {
    let place = parameter["in"].as_str().unwrap_or_default().to_owned();
    let style = parameter.remove("style");
    let style = style
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let explode = parameter.remove("explode");
    for key in ["allowReserved", "allowEmptyValue"] {
        parameter.remove(key);
    }
    let Some(schema) = parameter.get_mut("schema") else {
        return;
    };
    if let Value::Object(schema) = schema {
        schema.remove("nullable");
    }
    let target = schema_ref(schema)
        .and_then(|name| reachability::component(root, name))
        .unwrap_or(schema);
    let kind = text(target, "type").unwrap_or_default();
    let scalar = matches!(kind, "string" | "integer" | "number" | "boolean");
    let plain = match place.as_str() {
        "query" => {
            let repeated = kind == "array"
                && matches!(style.as_str(), "" | "form")
                && explode != Some(Value::Bool(false));
            scalar || repeated
        }
        _ => scalar,
    };
    if !plain {
        notes.push(note(
            pointer,
            format!(
                "{} is text here, in the form the server wants",
                parameter["name"]
            ),
        ));
        parameter.insert("schema".to_owned(), json!({ "type": "string" }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    fn with(parameters: &str) -> String {
        format!(
            "{{paths: {{/a: {{get: {{parameters: {parameters}}}}}}}, components: {{schemas: {{L: {{type: array, items: {{}}}}, E: {{type: string, enum: [a]}}}}}}}}"
        )
    }

    #[test]
    fn lists_outside_queries_become_text() {
        becomes(
            apply,
            &with(
                "[{name: h, in: header, schema: {type: array, items: {type: string}}}, {name: r, in: header, schema: {$ref: '#/components/schemas/L'}}, {name: p, in: query, style: pipeDelimited, schema: {type: array, items: {}}}]",
            ),
            &with(
                "[{name: h, in: header, schema: {type: string}}, {name: r, in: header, schema: {type: string}}, {name: p, in: query, schema: {type: string}}]",
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

    #[test]
    fn cookies_are_left_out_or_refused() {
        let document = run(
            apply,
            &with("[{name: c, in: cookie, schema: {type: string}}]"),
        )
        .unwrap();
        assert_eq!(document.warnings.len(), 1);
        run(
            apply,
            &with("[{name: c, in: cookie, required: true, schema: {type: string}}]"),
        )
        .unwrap_err();
    }
}
