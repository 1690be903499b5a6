//! The place of a node that is not valid in OpenAPI 3.0, or on which the generator fails.

use serde_json::{Value, json};

use super::document::{Document, METHODS, escape, walk_schemas};
use super::error::Error;
use super::generate::clip;

/// Returns the error of the smallest node that the parser refuses.
pub(super) fn locate(root: &mut Value, whole: &str) -> Error {
    let refuse = |pointer: &str, error: &str| {
        Error::at(
            pointer,
            format!("not valid in OpenAPI 3.0: {}", clip(error, 200)),
            "correct the node; the specification is at spec.openapis.org/oas/v3.0.3",
        )
    };
    let mut found: Option<(String, String)> = None;
    walk_schemas(root, &mut |pointer, schema| {
        if let Err(error) =
            serde_json::from_value::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema.clone())
        {
            let deeper = found
                .as_ref()
                .is_none_or(|(known, _)| pointer.starts_with(known.as_str()));
            if deeper {
                found = Some((pointer.to_owned(), error.to_string()));
            }
        }
    });
    if let Some((pointer, error)) = found {
        return refuse(&pointer, &error);
    }
    let paths = root.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let pointer = format!("/paths/{}", escape(path));
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let pointer = format!("{pointer}/{method}");
            let parameters = operation.get("parameters").and_then(Value::as_array);
            for (index, parameter) in parameters.into_iter().flatten().enumerate() {
                if let Err(error) =
                    serde_json::from_value::<openapiv3::Parameter>(parameter.clone())
                {
                    return refuse(&format!("{pointer}/parameters/{index}"), &error.to_string());
                }
            }
            if let Err(error) = serde_json::from_value::<openapiv3::Operation>(operation.clone()) {
                return refuse(&pointer, &error.to_string());
            }
        }
        if let Err(error) = serde_json::from_value::<openapiv3::PathItem>(item.clone()) {
            return refuse(&pointer, &error.to_string());
        }
    }
    for section in ["info", "servers", "tags", "components", "security"] {
        let mut alone = serde_json::json!({ "openapi": "3.0.0", "info": { "title": "", "version": "" }, "paths": {} });
        if let Some(value) = root.get(section) {
            alone[section] = value.clone();
            if let Err(error) = serde_json::from_value::<openapiv3::OpenAPI>(alone) {
                return refuse(&format!("/{section}"), &error.to_string());
            }
        }
    }
    refuse("", whole)
}

/// Returns the pointer of the component schema or operation that fails alone, or nothing if only
/// the whole document fails.
///
/// The other schemas accept any value, because references need a target.
pub(super) fn failing_part(document: &Document, fails: impl Fn(&Document) -> bool) -> String {
    let mut part = document.clone();
    for (name, _) in document.schemas() {
        part.root = document.root.clone();
        part.root["paths"] = json!({});
        for (other, schema) in part.schemas_mut() {
            if other != name {
                *schema = json!({});
            }
        }
        if fails(&part) {
            return format!("/components/schemas/{}", escape(name));
        }
    }
    for place in document.operations() {
        part.root["components"] = document.root["components"].clone();
        part.root["paths"] = json!({ place.path: { place.method: place.operation } });
        if fails(&part) {
            return place.pointer;
        }
    }
    String::new()
}
