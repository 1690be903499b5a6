//! The tools of the `spec_overrides` files: each API lists there the rules of its document that the
//! real servers break.

use serde_json::Value;

/// Removes keywords from a schema.
pub(crate) fn without(schema: &mut Value, keywords: &[&str]) {
    if let Some(members) = schema.as_object_mut() {
        members.retain(|name, _| !keywords.contains(&name.as_str()));
    }
}

/// Removes the rules about the length and the characters of a text.
pub(crate) fn without_length(schema: &mut Value) {
    without(schema, &["pattern", "minLength", "maxLength"]);
}

/// Applies `change` to a schema, if the document has it.
pub(crate) fn schema(document: &mut Value, name: &str, change: impl FnOnce(&mut Value)) {
    if let Some(schema) = document.pointer_mut(&format!("/components/schemas/{name}")) {
        change(schema);
    }
}

/// Applies `change` to the schema of a member, if the document has it.
pub(crate) fn member(
    document: &mut Value,
    name: &str,
    member: &str,
    change: impl FnOnce(&mut Value),
) {
    schema(document, name, |schema| {
        if let Some(schema) = schema.pointer_mut(&format!("/properties/{member}")) {
            change(schema);
        }
    });
}

/// Returns the parameters of all operations.
pub(crate) fn parameters(document: &mut Value) -> Vec<&mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.filter_map(|(_, path)| path.as_object_mut()).flatten();
    operations
        .filter_map(|(_, operation)| operation.get_mut("parameters")?.as_array_mut())
        .flatten()
        .collect()
}
