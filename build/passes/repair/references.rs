//! References without a target, and components that are part of themselves.
//!
//! The generator panics at a missing target, and writes a type that contains itself for a cycle. If
//! no generated part depends on a missing schema, any value is accepted in its place, with a
//! warning.

use serde_json::{Value, json};

use super::super::super::document::{
    Document, METHODS, Note, SCHEMA_REF, escape, note, schema_ref, text, walk_schemas,
};
use super::super::super::error::Error;
use super::super::super::reachability::{Reachability, component, component_of, is_success};

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    refuse_cycles(document)?;
    let reachability = Reachability::of(document);
    let names: Vec<String> = document.schemas().map(|(name, _)| name.clone()).collect();
    let mut notes = Vec::new();
    let mut outcome = check_operations(&mut document.root, &mut notes);
    walk_schemas(&mut document.root, &mut |pointer, schema| {
        let Some(reference) = text(schema, "$ref") else {
            return;
        };
        let is_known =
            schema_ref(schema).is_some_and(|name| names.iter().any(|known| known == name));
        if is_known || outcome.is_err() {
            return;
        }
        let is_generated = match component_of(pointer) {
            Some(component) => reachability.is_reached(&component),
            None => pointer
                .split_once("/responses/")
                .is_none_or(|(_, status)| is_success(status)),
        };
        if is_generated {
            outcome = Err(dangling(pointer, reference));
        } else {
            notes.push(note(pointer, format!("{reference} has no target; no generated part depends on it, so any value is accepted")));
            *schema = json!({});
        }
    });
    for dropped in notes {
        document
            .warnings
            .push(format!("#{}: {}", dropped.pointer, dropped.text));
        document.note(dropped.pointer, dropped.text);
    }
    outcome
}

/// Refuses missing path items, parameters, bodies and successful responses. Drops missing error
/// responses.
fn check_operations(root: &mut Value, notes: &mut Vec<Note>) -> Result<(), Error> {
    let paths = root.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let pointer = format!("/paths/{}", escape(path));
        refuse(item, &pointer)?;
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            let pointer = format!("{pointer}/{method}");
            let parameters = operation.get("parameters").and_then(Value::as_array);
            for (index, parameter) in parameters.into_iter().flatten().enumerate() {
                refuse(parameter, &format!("{pointer}/parameters/{index}"))?;
            }
            refuse(&operation["requestBody"], &format!("{pointer}/requestBody"))?;
            let responses = operation
                .get_mut("responses")
                .and_then(Value::as_object_mut);
            for (status, response) in responses.into_iter().flatten() {
                let pointer = format!("{pointer}/responses/{status}");
                if is_success(status) {
                    refuse(response, &pointer)?;
                } else if let Some(reference) = text(response, "$ref") {
                    notes.push(note(
                        pointer,
                        format!("{reference} has no target; error responses are not generated"),
                    ));
                    *response = json!({ "description": "" });
                }
            }
        }
    }
    Ok(())
}

fn refuse(value: &Value, pointer: &str) -> Result<(), Error> {
    text(value, "$ref").map_or(Ok(()), |reference| Err(dangling(pointer, reference)))
}

fn dangling(pointer: &str, reference: &str) -> Error {
    Error::at(
        pointer,
        format!("`$ref: {reference}` has no target"),
        "correct the reference or add its target",
    )
}

/// Refuses components that consist only of references to each other, or that are part of
/// themselves through `allOf`. The generator overflows its stack at the latter.
fn refuse_cycles(document: &Document) -> Result<(), Error> {
    for (name, schema) in document.schemas() {
        if let Some(target) = cycle(&document.root, schema, &mut vec![name]) {
            return Err(Error::at(
                format!("/components/schemas/{}", escape(name)),
                format!("`$ref: {SCHEMA_REF}{target}` is part of a cycle"),
                "describe the shape of one schema of the cycle",
            ));
        }
    }
    Ok(())
}

/// Returns the first reference, also in `allOf`, to a component of the trail.
fn cycle<'a>(root: &'a Value, schema: &'a Value, trail: &mut Vec<&'a str>) -> Option<&'a str> {
    if let Some(target) = schema_ref(schema) {
        if trail.contains(&target) {
            return Some(target);
        }
        trail.push(target);
        let found = component(root, target).and_then(|next| cycle(root, next, trail));
        trail.pop();
        return found;
    }
    let parts = schema.get("allOf").and_then(Value::as_array);
    let mut parts = parts.into_iter().flatten();
    parts.find_map(|part| cycle(root, part, trail))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    #[test]
    fn a_missing_schema_of_a_successful_response_is_refused() {
        let error = run(
            apply,
            "
            paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
            components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/Gone'}}}}}
            ",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/components/schemas/A/properties/b");
        assert!(error.fault.contains("#/components/schemas/Gone"), "{error}");
    }

    #[test]
    fn missing_parameters_bodies_and_path_items_are_refused() {
        for (fragment, pointer) in [
            (
                "paths: {/a: {get: {parameters: [{$ref: '#/x'}]}}}",
                "/paths/~1a/get/parameters/0",
            ),
            (
                "paths: {/a: {get: {requestBody: {$ref: '#/x'}}}}",
                "/paths/~1a/get/requestBody",
            ),
            (
                "paths: {/a: {get: {responses: {'200': {$ref: '#/x'}}}}}",
                "/paths/~1a/get/responses/200",
            ),
            ("paths: {/a: {$ref: '#/x'}}", "/paths/~1a"),
        ] {
            assert_eq!(run(apply, fragment).unwrap_err().pointer, pointer);
        }
    }

    #[test]
    fn missing_parts_of_error_responses_are_warnings() {
        let document = run(
            apply,
            "paths: {/a: {get: {responses: {'400': {content: {application/json: {schema: {$ref: '#/components/schemas/Gone'}}}}, '500': {$ref: '#/components/responses/Gone'}}}}}",
        )
        .unwrap();
        assert_eq!((document.warnings.len(), document.notes.len()), (2, 2));
    }

    #[test]
    fn components_that_are_part_of_themselves_are_refused() {
        for schemas in [
            "{A: {$ref: '#/components/schemas/A'}}",
            "{A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}",
            "{A: {allOf: [{properties: {x: {}}}, {$ref: '#/components/schemas/B'}]}, B: {allOf: [{$ref: '#/components/schemas/A'}]}}",
        ] {
            let error = run(apply, &format!("components: {{schemas: {schemas}}}")).unwrap_err();
            assert!(error.fault.contains("cycle"), "{error}");
        }
    }

    #[test]
    fn references_to_components_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {}}}",
        );
    }

    #[test]
    fn a_member_of_the_own_type_and_a_part_used_twice_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {a: {allOf: [{$ref: '#/components/schemas/A'}]}}}, B: {allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/C'}]}, C: {allOf: [{$ref: '#/components/schemas/A'}]}}}",
        );
    }
}
