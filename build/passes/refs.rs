//! References inside the document.

use serde_json::{Map, Value, json};

use super::super::document::{
    Document, METHODS, Note, SCHEMA_REF, escape, note, text, walk_schemas,
};
use super::super::error::Error;
use super::super::reachability::{Reachability, component_of, is_success};
use super::super::validate;

pub(crate) const NAME: &str = "resolve-refs";
pub(crate) const REASON: &str = "parameters, bodies and responses are inlined so that later passes see one shape; a reference that leads nowhere makes the generator panic";

const ADVICE: &str = "correct the reference or add what it names";
/// The maximum length of a chain of references. A longer chain is treated as a cycle.
const LONGEST: usize = 32;

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let source = document.root.clone();
    let mut notes = Vec::new();
    inline_carriers(&mut document.root, &source, &mut notes)?;
    validate::check(&document.root)?;
    inline_deep_schema_refs(&mut document.root, &source, &mut notes)?;
    let pass = document.pass;
    document
        .notes
        .extend(notes.into_iter().map(|n| Note { pass, ..n }));
    refuse_circles(document)?;
    repair_dangling(document)
}

fn lookup<'a>(source: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    source
        .pointer(pointer)
        .or_else(|| source.pointer(&pointer.replace("%7B", "{").replace("%7D", "}")))
}

/// Replaces a reference by its target, and follows references of the target.
fn resolve(value: &mut Value, source: &Value, pointer: &str) -> Result<bool, Error> {
    let mut steps = 0;
    while let Some(reference) = text(value, "$ref") {
        let Some(target) = lookup(source, reference) else {
            return Ok(false);
        };
        *value = target.clone();
        steps += 1;
        if steps > LONGEST {
            return Err(Error::at(
                pointer,
                "references lead into each other without end",
                "break the circle",
            ));
        }
    }
    Ok(true)
}

fn dangling(pointer: &str, value: &Value) -> Error {
    let reference = text(value, "$ref").unwrap_or_default();
    Error::at(
        pointer,
        format!("`$ref: {reference}` leads nowhere"),
        ADVICE,
    )
}

/// Path items, parameters, bodies, responses and headers.
fn inline_carriers(root: &mut Value, source: &Value, notes: &mut Vec<Note>) -> Result<(), Error> {
    let Some(Value::Object(paths)) = root.get_mut("paths") else {
        return Ok(());
    };
    for (path, item) in paths.iter_mut() {
        let pointer = format!("/paths/{}", escape(path));
        if !resolve(item, source, &pointer)? {
            return Err(dangling(&pointer, item));
        }
        let Value::Object(item) = item else { continue };
        let shared = resolve_parameters(item.remove("parameters"), source, &pointer)?;
        for method in METHODS {
            let Some(Value::Object(operation)) = item.get_mut(method) else {
                continue;
            };
            let pointer = format!("{pointer}/{method}");
            note_references(operation, &pointer, notes);
            let mut own = resolve_parameters(operation.remove("parameters"), source, &pointer)?;
            let key = |p: &Value| (p.get("name").cloned(), p.get("in").cloned());
            let mut all: Vec<Value> = shared
                .iter()
                .filter(|s| own.iter().all(|o| key(o) != key(s)))
                .cloned()
                .collect();
            all.append(&mut own);
            if !all.is_empty() {
                operation.insert("parameters".to_owned(), all.into());
            }
            if let Some(body) = operation.get_mut("requestBody") {
                let pointer = format!("{pointer}/requestBody");
                if !resolve(body, source, &pointer)? {
                    return Err(dangling(&pointer, body));
                }
            }
            resolve_responses(operation, source, &pointer, notes)?;
        }
    }
    if let Some(Value::Object(components)) = root.get_mut("components") {
        for section in [
            "parameters",
            "requestBodies",
            "responses",
            "headers",
            "examples",
            "links",
            "callbacks",
            "pathItems",
        ] {
            components.remove(section);
        }
    }
    Ok(())
}

/// Adds one note about everything that an operation refers to.
fn note_references(operation: &Map<String, Value>, pointer: &str, notes: &mut Vec<Note>) {
    let listed = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let responses = operation.get("responses").and_then(Value::as_object);
    let taken: Vec<&str> = listed
        .chain(operation.get("requestBody"))
        .chain(responses.into_iter().flat_map(Map::values))
        .filter_map(|value| text(value, "$ref"))
        .filter_map(|reference| reference.rsplit('/').next())
        .collect();
    if !taken.is_empty() {
        notes.push(note(pointer, format!("taken in: {}", taken.join(", "))));
    }
}

fn resolve_parameters(
    list: Option<Value>,
    source: &Value,
    pointer: &str,
) -> Result<Vec<Value>, Error> {
    let Some(Value::Array(list)) = list else {
        return Ok(Vec::new());
    };
    let mut resolved: Vec<Value> = Vec::new();
    for (index, mut parameter) in list.into_iter().enumerate() {
        let pointer = format!("{pointer}/parameters/{index}");
        if !resolve(&mut parameter, source, &pointer)? {
            return Err(dangling(&pointer, &parameter));
        }
        if !resolved.contains(&parameter) {
            resolved.push(parameter);
        }
    }
    Ok(resolved)
}

fn resolve_responses(
    operation: &mut Map<String, Value>,
    source: &Value,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return Ok(());
    };
    for (status, response) in responses.iter_mut() {
        let pointer = format!("{pointer}/responses/{status}");
        if !resolve(response, source, &pointer)? {
            if is_success(status) {
                return Err(dangling(&pointer, response));
            }
            notes.push(note(
                &pointer,
                format!(
                    "dropped {response}, which leads nowhere: error responses are not generated"
                ),
            ));
            *response = json!({ "description": "" });
        }
        if let Some(Value::Object(headers)) = response.get_mut("headers") {
            for (name, header) in headers.iter_mut() {
                let pointer = format!("{pointer}/headers/{}", escape(name));
                if !resolve(header, source, &pointer)? {
                    return Err(dangling(&pointer, header));
                }
            }
        }
        if let Some(response) = response.as_object_mut() {
            response.remove("links");
        }
    }
    Ok(())
}

/// Copies the targets of references to other places than `#/components/schemas/Name`, because the
/// generator does not follow them.
fn inline_deep_schema_refs(
    root: &mut Value,
    source: &Value,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let names: Vec<String> = source
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .map(|schemas| schemas.keys().cloned().collect())
        .unwrap_or_default();
    let mut failed = None;
    walk_schemas(root, &mut |pointer, schema| {
        let mut steps = 0;
        while let Some(reference) = text(schema, "$ref") {
            let name = reference.strip_prefix(SCHEMA_REF);
            if name.is_some_and(|name| names.iter().any(|n| n == name)) {
                break;
            }
            let last = reference.rsplit('/').next().unwrap_or_default();
            if reference.starts_with("#/definitions/") && names.iter().any(|n| n == last) {
                notes.push(note(
                    pointer,
                    format!("{reference} is a Swagger 2.0 place; the schema {last} is meant"),
                ));
                *schema = json!({ "$ref": format!("{SCHEMA_REF}{last}") });
                break;
            }
            let Some(target) = lookup(source, reference).filter(|_| reference.contains('/')) else {
                break;
            };
            steps += 1;
            // A reference to a parent of itself would be copied without end.
            let around = reference.trim_start_matches('#');
            if steps > LONGEST || pointer.starts_with(around) || pointer.len() > 4096 {
                failed = Some(Error::at(
                    pointer,
                    format!("`$ref: {reference}` leads in a circle"),
                    "make the schema a component",
                ));
                *schema = json!({});
                break;
            }
            notes.push(note(pointer, format!("copied from {reference}")));
            *schema = target.clone();
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Rejects components that consist only of references to each other. The generator would write a
/// type that contains itself.
fn refuse_circles(document: &Document) -> Result<(), Error> {
    let next = |name: &str| -> Option<String> {
        let schema = document.root.pointer("/components/schemas")?.get(name)?;
        Some(text(schema, "$ref")?.strip_prefix(SCHEMA_REF)?.to_owned())
    };
    for (name, _) in document.schemas() {
        let mut seen = vec![name.clone()];
        while let Some(target) = seen.last().and_then(|last| next(last)) {
            if seen.contains(&target) {
                return Err(Error::at(
                    format!("/components/schemas/{name}"),
                    format!("`$ref: {SCHEMA_REF}{target}` leads in a circle"),
                    "give one schema of the circle a shape of its own",
                ));
            }
            seen.push(target);
        }
    }
    Ok(())
}

/// Rejects dangling references in generated types. In error responses and in unused schemas, a
/// dangling reference is replaced by a schema of any value, with a warning.
fn repair_dangling(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    let names: Vec<String> = document.schemas().map(|(name, _)| name.clone()).collect();
    let mut error = None;
    let mut notes = Vec::new();
    walk_schemas(&mut document.root, &mut |pointer, schema| {
        let Some(reference) = text(schema, "$ref") else {
            return;
        };
        let known = reference
            .strip_prefix(SCHEMA_REF)
            .is_some_and(|name| names.iter().any(|n| n == name));
        if known || error.is_some() {
            return;
        }
        let matters = match component_of(pointer) {
            Some(component) => {
                reachability.sent.contains(&component) || reachability.received.contains(&component)
            }
            None => pointer
                .split_once("/responses/")
                .is_none_or(|(_, rest)| is_success(rest)),
        };
        if matters {
            error = Some(Error::at(
                pointer,
                format!("`$ref: {reference}` leads nowhere"),
                ADVICE,
            ));
        } else {
            notes.push(note(pointer, format!("{reference} leads nowhere; nothing generated depends on it, so anything may stand here")));
            *schema = json!({});
        }
    });
    for dropped in notes {
        document
            .warnings
            .push(format!("#{}: {}", dropped.pointer, dropped.text));
        document.note(dropped.pointer, dropped.text);
    }
    error.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, document, leaves};
    use super::*;

    #[test]
    fn parameters_bodies_and_responses_are_inlined() {
        becomes(
            apply,
            "
            paths:
              /a/{id}:
                parameters: [{$ref: '#/components/parameters/Id'}, {name: x, in: query}]
                get:
                  parameters: [{name: x, in: query, required: true}]
                  requestBody: {$ref: '#/components/requestBodies/B'}
                  responses: {'400': {$ref: '#/components/responses/Bad'}}
            components:
              parameters: {Id: {$ref: '#/components/parameters/RealId'}, RealId: {name: id, in: path}}
              requestBodies: {B: {content: {}}}
              responses: {Bad: {description: no}}
            ",
            "
            paths:
              /a/{id}:
                get:
                  parameters: [{name: id, in: path}, {name: x, in: query, required: true}]
                  requestBody: {content: {}}
                  responses: {'400': {description: no}}
            components: {}
            ",
        );
    }

    #[test]
    fn a_reference_to_a_place_inside_a_schema_is_copied() {
        let document = run(
            apply,
            "
            components:
              schemas:
                A: {properties: {x: {type: string, enum: [a]}}}
                B: {properties: {y: {$ref: '#/components/schemas/A/properties/x'}, z: {$ref: '#/definitions/A'}}}
            ",
        )
        .unwrap();
        let b = &document.root["components"]["schemas"]["B"]["properties"];
        assert_eq!(b["y"], json!({ "type": "string", "enum": ["a"] }));
        assert_eq!(b["z"], json!({ "$ref": "#/components/schemas/A" }));
    }

    #[test]
    fn a_dangling_reference_in_a_success_answer_is_refused_with_its_place() {
        let error = run(
            apply,
            "
            paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
            components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/Gone'}}}}}
            ",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/components/schemas/A/properties/b");
        assert!(error.what.contains("#/components/schemas/Gone"), "{error}");
    }

    #[test]
    fn a_dangling_parameter_is_refused() {
        let error = run(
            apply,
            "paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/P'}]}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a/get/parameters/0");
    }

    #[test]
    fn a_dangling_reference_in_an_error_answer_is_a_warning() {
        let document = run(
            apply,
            "paths: {/a: {get: {responses: {'400': {content: {application/json: {schema: {$ref: '#/components/schemas/Gone'}}}}, '500': {$ref: '#/components/responses/Gone'}}}}}",
        )
        .unwrap();
        assert_eq!(document.warnings.len(), 1);
        assert_eq!(document.notes.len(), 3);
    }

    #[test]
    fn components_that_only_refer_to_each_other_are_refused() {
        for schemas in [
            "{Loop: {$ref: '#/components/schemas/Loop'}}",
            "{A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}",
        ] {
            let mut document = document(&format!("components: {{schemas: {schemas}}}"));
            let error = apply(&mut document).unwrap_err();
            assert!(error.what.contains("circle"), "{error}");
        }
    }

    #[test]
    fn circles_are_refused_unless_they_go_through_components() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}}}}}",
        );
        let error = run(
            apply,
            "
            paths: {/a: {get: {requestBody: {$ref: '#/components/requestBodies/B'}}}}
            components: {requestBodies: {B: {$ref: '#/components/requestBodies/B'}}}
            ",
        )
        .unwrap_err();
        assert!(error.what.contains("without end"), "{error}");
        run(apply, "components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A/properties'}}}}}").unwrap_err();
    }
}
