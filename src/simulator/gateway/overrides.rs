//! Overrides: rules of a document that the real servers break. Each API lists its own in
//! `spec_overrides`.

use serde_json::{Value, json};

use super::document::schema_mut;

/// A rule that the simulator does not enforce.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    allow(dead_code, reason = "reason and source are documentation")
)]
pub(crate) struct Override {
    /// The behaviour of the real servers.
    pub(crate) reason: &'static str,
    /// The source of this knowledge.
    pub(crate) source: &'static str,
    /// Changes the document.
    pub(crate) apply: fn(&mut Value),
}

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

/// Allows a merchant serial number of 4 to 10 digits.
pub(crate) fn any_serial_number(schema: &mut Value) {
    without_length(schema);
    schema["pattern"] = json!("^[0-9]{4,10}$");
}

/// Applies `change` to a schema, if the document or one of its files has it.
pub(crate) fn schema(root: &mut Value, name: &str, change: impl FnOnce(&mut Value)) {
    if let Some(schema) = schema_mut(root, name) {
        change(schema);
    }
}

/// Applies `change` to the schema of a member, if the document or one of its files has it.
pub(crate) fn member(root: &mut Value, name: &str, member: &str, change: impl FnOnce(&mut Value)) {
    schema(root, name, |schema| {
        if let Some(schema) = schema.pointer_mut(&format!("/properties/{member}")) {
            change(schema);
        }
    });
}

/// Applies `change` to every parameter with this name, in the operations and in the components.
pub(crate) fn parameter(root: &mut Value, name: &str, change: fn(&mut Value)) {
    match root {
        Value::Array(items) => {
            for item in items {
                parameter(item, name, change);
            }
        }
        Value::Object(members) => {
            let is_parameter = members.contains_key("in") && members.contains_key("schema");
            if is_parameter && members.get("name").is_some_and(|value| value == name) {
                change(root);
                return;
            }
            for member in members.values_mut() {
                parameter(member, name, change);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::simulator::apis;

    #[test]
    fn every_override_changes_its_document_and_has_a_source() {
        for api in apis::ALL {
            let mut root = api.document.vendored.clone();
            for entry in api.document.overrides {
                let before = root.clone();
                (entry.apply)(&mut root);
                assert!(root != before, "{}: {}", api.name, entry.reason);
                assert!(!entry.source.is_empty(), "{}: {}", api.name, entry.reason);
            }
        }
    }
}
