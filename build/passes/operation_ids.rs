//! Unique names for operations.

use std::collections::BTreeMap;

use super::super::document::{Document, escape, note, text};
use super::super::error::Error;
use super::super::names::{free, snake};

pub(crate) const NAME: &str = "operation-ids";
pub(crate) const REASON: &str = "the generator names methods by operation id: it refuses an operation without one, and two ids with one Rust name do not compile";

/// Methods of every generated client, and words that its builders use.
const TAKEN: [&str; 14] = [
    "new",
    "new_with_client",
    "of",
    "api_version",
    "baseurl",
    "client",
    "inner",
    "pre",
    "exec",
    "post",
    "error",
    "byte_stream",
    "response_value",
    "operation_info",
];

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    for place in document.operations() {
        let Some(id) = text(place.operation, "operationId") else {
            continue;
        };
        if let Some(first) = places.insert(id.to_owned(), place.pointer.clone()) {
            return Err(Error::at(
                format!("{}/operationId", place.pointer),
                format!("the operation id {id} is used twice, here and at #{first}"),
                "give each operation a unique id",
            ));
        }
    }
    let mut taken: Vec<String> = TAKEN.iter().map(|&name| name.to_owned()).collect();
    let mut names = Vec::new();
    for place in document.operations() {
        let written =
            text(place.operation, "operationId").filter(|id| id.chars().any(char::is_alphanumeric));
        let wanted = written.map_or_else(|| derived(place.method, place.path), str::to_owned);
        let name = free(&wanted, |name| taken.contains(&snake(name)));
        taken.push(snake(&name));
        if written != Some(&name) {
            names.push((place.pointer, written.map(str::to_owned), name));
        }
    }
    for (pointer, written, name) in names {
        if let Some(operation) = document.root.pointer_mut(&pointer) {
            operation["operationId"] = name.clone().into();
        }
        let changes = match written {
            None => format!("has no id; named {name}"),
            Some(written) => format!("{written} is named {name}, because the name is taken"),
        };
        let note = note(format!("{pointer}/operationId"), changes);
        document.note(note.pointer, note.text);
    }
    Ok(())
}

/// Returns a name such as `get_v1_items_by_id` for `GET /v1/items/{id}`.
fn derived(method: &str, path: &str) -> String {
    let steps = path.split('/').filter(|step| !step.is_empty()).map(|step| {
        match step
            .strip_prefix('{')
            .and_then(|step| step.strip_suffix('}'))
        {
            Some(name) => format!("by_{name}"),
            None => step.to_owned(),
        }
    });
    let name: Vec<String> = std::iter::once(method.to_owned()).chain(steps).collect();
    snake(&escape(&name.join("_")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn missing_ids_are_derived_and_taken_names_numbered() {
        becomes(
            apply,
            "paths: {'/v1/items/{itemId}': {get: {}}, /a: {get: {operationId: doIt}, put: {operationId: DoIt}}, /b: {get: {operationId: exec}}}",
            "paths: {'/v1/items/{itemId}': {get: {operationId: get_v1_items_by_item_id}}, /a: {get: {operationId: doIt}, put: {operationId: DoIt2}}, /b: {get: {operationId: exec2}}}",
        );
    }

    #[test]
    fn an_id_used_twice_is_refused() {
        let error = run(
            apply,
            "paths: {/a: {get: {operationId: x}}, /b: {get: {operationId: x}}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/paths/~1b/get/operationId");
        assert!(error.fault.contains("#/paths/~1a/get"), "{error}");
    }

    #[test]
    fn valid_ids_stay() {
        leaves(apply, "paths: {/a: {get: {operationId: doIt}}}");
    }
}
