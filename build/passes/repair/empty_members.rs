//! Members without a value, such as an empty `get:`.
//!
//! They are read as null, which the generator refuses.

use serde_json::{Map, Value};

use super::super::super::document::{Document, Note, escape, is_in, note};
use super::super::super::error::Error;

/// Keys whose null is a value of the API.
const DATA: &str = "default example examples x-examples enum value const";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let mut notes = Vec::new();
    visit(&mut document.root, "", false, &mut notes);
    document.add_notes(notes);
    Ok(())
}

fn visit(value: &mut Value, pointer: &str, named: bool, notes: &mut Vec<Note>) {
    match value {
        Value::Object(map) => visit_object(map, pointer, named, notes),
        Value::Array(list) => {
            for (index, inner) in list.iter_mut().enumerate() {
                visit(inner, &format!("{pointer}/{index}"), false, notes);
            }
        }
        _ => {}
    }
}

/// Removes null members, and replaces a null property by an empty schema. With `named`, the keys of
/// the map are names of properties, not keywords.
fn visit_object(map: &mut Map<String, Value>, pointer: &str, named: bool, notes: &mut Vec<Note>) {
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        let inner = format!("{pointer}/{}", escape(&key));
        if !named && is_in(DATA, &key) {
            continue;
        }
        match map.get_mut(&key) {
            Some(Value::Null) if named => {
                map.insert(key, Value::Object(Map::new()));
                notes.push(note(inner, "an empty property accepts any value"));
            }
            Some(Value::Null) => {
                map.remove(&key);
                notes.push(note(inner, "dropped: it is empty"));
            }
            Some(value) => {
                let holds_names = !named && matches!(key.as_str(), "properties" | "schemas");
                visit(value, &inner, holds_names, notes);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn empty_members_are_removed_and_empty_properties_open() {
        let document = becomes(
            apply,
            "
            paths: {/a: , /b: {get: {parameters: , operationId: b}}}
            components: {schemas: {A: {properties: {x: , get: {type: string}}}}}
            ",
            "
            paths: {/b: {get: {operationId: b}}}
            components: {schemas: {A: {properties: {x: {}, get: {type: string}}}}}
            ",
        );
        assert_eq!(document.notes.len(), 3);
    }

    #[test]
    fn null_as_data_stays() {
        leaves(
            apply,
            "components: {schemas: {A: {type: string, default: , enum: [a, null]}}}",
        );
    }
}
