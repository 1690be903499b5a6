//! Choices between objects that accept every object.
//!
//! A choice between objects with one optional member each has no effect: all alternatives accept
//! the empty object. The API requires exactly one of the members.

use serde_json::{Value, json};

use super::super::super::document::{Document, SCHEMA_REF, note, schema_ref};
use super::super::super::error::Error;
use super::super::super::reachability::component;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let root = document.root.clone();
    let mut alternatives = Vec::new();
    document.each_schema(|_, schema| {
        let members = schema.get("oneOf").and_then(Value::as_array);
        let names: Vec<&str> = members
            .into_iter()
            .flatten()
            .filter_map(schema_ref)
            .collect();
        let is_choice = names.len() > 1 && Some(names.len()) == members.map(Vec::len);
        if is_choice && names.iter().all(|name| lone_member(&root, name).is_some()) {
            alternatives.extend(names.into_iter().map(str::to_owned));
        }
        Vec::new()
    });
    alternatives.sort();
    alternatives.dedup();
    for name in alternatives {
        let Some(member) = lone_member(&root, &name) else {
            continue;
        };
        document.schemas_mut()[&name]["required"] = json!([member]);
        let pointer = SCHEMA_REF.trim_start_matches('#');
        let note = note(
            format!("{pointer}{name}"),
            format!("{member} is required: it distinguishes this choice from the others"),
        );
        document.note(note.pointer, note.text);
    }
    Ok(())
}

/// Returns the name of the only member of a component, if this member is optional.
fn lone_member(root: &Value, name: &str) -> Option<String> {
    let schema = component(root, name)?;
    let mut members = schema.get("properties")?.as_object()?.keys();
    let member = members.next()?;
    let is_lone = members.next().is_none() && schema.get("required").is_none();
    is_lone.then(|| member.clone())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn lone_members_of_a_choice_are_required() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {oneOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}]}, B: {properties: {b: {}}}, C: {properties: {c: {}}}}}",
            "components: {schemas: {A: {oneOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}]}, B: {required: [b], properties: {b: {}}}, C: {required: [c], properties: {c: {}}}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn other_choices_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {oneOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}]}, B: {properties: {b: {}}}, C: {properties: {c: {}, d: {}}}}}",
        );
        leaves(
            apply,
            "components: {schemas: {A: {oneOf: [{$ref: '#/components/schemas/B'}, {type: string}]}, B: {properties: {b: {}}}}}",
        );
    }
}
