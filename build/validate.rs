//! The structure that every pass relies on.

use serde_json::{Map, Value};

use super::document::{Document, METHODS, child, escape, object};
use super::error::Error;

/// Adds missing required members, then checks that mappings are mappings and lists are lists.
pub(crate) fn complete(document: &mut Document) -> Result<(), Error> {
    let root = object(&mut document.root);
    if !root.contains_key("paths") {
        if !root.contains_key("webhooks") {
            return Err(Error::at(
                "",
                "`paths` is missing",
                "an API needs at least one operation",
            ));
        }
        root.insert("paths".to_owned(), Value::Object(Map::new()));
    }
    check(&document.root)?;
    let info = child(object(&mut document.root), "info");
    for (key, value) in [("title", "API"), ("version", "0")] {
        match info.get(key) {
            Some(Value::String(_)) => {}
            Some(Value::Number(number)) => {
                let text = number.to_string();
                info.insert(key.to_owned(), text.into());
            }
            _ => {
                info.insert(key.to_owned(), value.into());
            }
        }
    }
    Ok(())
}

/// Refuses the first node of the wrong kind. Null counts as missing.
pub(crate) fn check(root: &Value) -> Result<(), Error> {
    let paths = mapping(root.get("paths"), "/paths")?;
    is_mapping(root.get("info"), "/info")?;
    for (path, item) in paths {
        if path.starts_with("x-") {
            continue;
        }
        let pointer = format!("/paths/{}", escape(path));
        path_item(item, &pointer)?;
    }
    for (name, item) in mapping(root.get("webhooks"), "/webhooks")? {
        path_item(item, &format!("/webhooks/{}", escape(name)))?;
    }
    for (section, entries) in mapping(root.get("components"), "/components")? {
        if section.starts_with("x-") {
            continue;
        }
        let pointer = format!("/components/{}", escape(section));
        for (name, entry) in mapping(Some(entries), &pointer)? {
            let pointer = format!("{pointer}/{}", escape(name));
            match section.as_str() {
                "schemas" if entry.is_boolean() => {}
                "schemas" | "parameters" | "headers" => {
                    is_mapping(Some(entry), &pointer)?;
                }
                "requestBodies" | "responses" => carrier(entry, &pointer)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn path_item(item: &Value, pointer: &str) -> Result<(), Error> {
    is_mapping(Some(item), pointer)?;
    parameters(item, pointer)?;
    for method in METHODS {
        let pointer = format!("{pointer}/{method}");
        let operation = item.get(method);
        is_mapping(operation, &pointer)?;
        let Some(operation) = operation else { continue };
        parameters(operation, &pointer)?;
        if let Some(body) = operation.get("requestBody") {
            carrier(body, &format!("{pointer}/requestBody"))?;
        }
        let pointer = format!("{pointer}/responses");
        for (status, response) in mapping(operation.get("responses"), &pointer)? {
            // A text is read as the description.
            if !response.is_string() {
                carrier(response, &format!("{pointer}/{}", escape(status)))?;
            }
        }
    }
    Ok(())
}

fn parameters(holder: &Value, pointer: &str) -> Result<(), Error> {
    match holder.get("parameters") {
        None | Some(Value::Null | Value::Array(_)) => Ok(()),
        Some(_) => Err(Error::at(
            format!("{pointer}/parameters"),
            "`parameters` is no list",
            "write each parameter as a list entry",
        )),
    }
}

fn carrier(value: &Value, pointer: &str) -> Result<(), Error> {
    is_mapping(Some(value), pointer)?;
    for key in ["content", "headers"] {
        let pointer = format!("{pointer}/{key}");
        for (name, entry) in mapping(value.get(key), &pointer)? {
            is_mapping(Some(entry), &format!("{pointer}/{}", escape(name)))?;
        }
    }
    Ok(())
}

fn is_mapping(value: Option<&Value>, pointer: &str) -> Result<(), Error> {
    mapping(value, pointer).map(drop)
}

/// Returns the members of a mapping. A missing mapping has none.
fn mapping<'a>(
    value: Option<&'a Value>,
    pointer: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, Error> {
    match value {
        None | Some(Value::Null) => Ok(None.into_iter().flatten()),
        Some(Value::Object(map)) => Ok(Some(map).into_iter().flatten()),
        Some(_) => Err(Error::at(
            pointer,
            "not a mapping",
            "OpenAPI has named members here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::passes::testing::{apply, becomes};
    use super::*;

    #[test]
    fn what_is_missing_is_completed() {
        becomes(
            complete,
            "{info: {version: 1.0}, webhooks: {}}",
            "{info: {version: '1.0', title: API}, webhooks: {}, paths: {}}",
        );
        assert_eq!(
            apply(complete, "{info: {}}").unwrap_err().what,
            "`paths` is missing"
        );
    }

    #[test]
    fn nodes_of_another_kind_are_refused_with_their_place() {
        for (document, pointer) in [
            ("paths: [a]", "/paths"),
            ("paths: {/a: 5}", "/paths/~1a"),
            ("paths: {/a: {get: [5]}}", "/paths/~1a/get"),
            (
                "paths: {/a: {get: {parameters: {}}}}",
                "/paths/~1a/get/parameters",
            ),
            (
                "paths: {/a: {get: {responses: []}}}",
                "/paths/~1a/get/responses",
            ),
            (
                "paths: {/a: {get: {responses: {'200': {content: {a/b: 5}}}}}}",
                "/paths/~1a/get/responses/200/content/a~1b",
            ),
            (
                "paths: {/a: {get: {requestBody: []}}}",
                "/paths/~1a/get/requestBody",
            ),
            (
                "{paths: {}, components: {schemas: {A: 5}}}",
                "/components/schemas/A",
            ),
            ("{paths: {}, components: []}", "/components"),
            ("{paths: {}, info: 5}", "/info"),
        ] {
            assert_eq!(
                apply(complete, document).unwrap_err().pointer,
                pointer,
                "{document}"
            );
        }
    }
}
