//! Reads files, and checks the version of OpenAPI.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::document::{child, object};
use super::error::Error;
use super::yaml;

/// Reads a file beside the document. Returns `None` if it is missing.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads files from a folder.
pub(crate) fn from_folder(folder: &Path) -> impl Fn(&str) -> Option<String> {
    move |name| std::fs::read_to_string(folder.join(name)).ok()
}

/// Parses YAML or JSON into a JSON value.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    yaml::parse(text).map(|(value, _)| value)
}

/// Refuses documents of other versions than OpenAPI 3.0 and 3.1.
pub(crate) fn check_version(root: &Value) -> Result<(), Error> {
    let advice = "use an OpenAPI 3.0 or 3.1 document";
    let Some(map) = root.as_object() else {
        return Err(Error::unreadable(
            "",
            "not an OpenAPI document: the top level is not a mapping",
            advice,
        ));
    };
    if let Some(version) = map.get("swagger") {
        let version = version.to_string().replace('"', "");
        return Err(Error::unreadable(
            "/swagger",
            format!("Swagger {version} is not supported"),
            "convert it to OpenAPI 3.0, for example with editor.swagger.io",
        ));
    }
    let version = match map.get("openapi") {
        None => {
            return Err(Error::unreadable(
                "",
                "not an OpenAPI document: `openapi` is missing",
                advice,
            ));
        }
        Some(Value::String(version)) => version.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    if ["3.0", "3.1"]
        .iter()
        .any(|known| version == *known || version.starts_with(&format!("{known}.")))
    {
        return Ok(());
    }
    Err(Error::unreadable(
        "/openapi",
        format!("OpenAPI {version} is not supported"),
        advice,
    ))
}

/// Adds the members that every document must have and that some releases lack.
pub(crate) fn complete(root: &mut Value) -> Result<(), Error> {
    let has = |key| root.get(key).is_some_and(|value: &Value| !value.is_null());
    if !has("paths") && !has("webhooks") {
        let advice = "an API needs at least one operation";
        return Err(Error::at("", "`paths` is missing", advice));
    }
    let root = object(root);
    child(root, "paths");
    let info = child(root, "info");
    for (key, default) in [("title", "API"), ("version", "0")] {
        let text = match info.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => default.to_owned(),
        };
        info.insert(key.to_owned(), text.into());
    }
    Ok(())
}

/// Returns the names of the files that the document refers to.
pub(crate) fn referred_files(value: &Value) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    collect_files(value, &mut files);
    files
}

fn collect_files(value: &Value, files: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref")
                && let file = reference.split('#').next().unwrap_or_default()
                && !file.is_empty()
            {
                files.insert(sibling(file).to_owned());
            }
            map.values().for_each(|inner| collect_files(inner, files));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_files(inner, files)),
        _ => {}
    }
}

/// Returns the name beside the document of the file of a reference. For a URL it is the last
/// segment.
pub(crate) fn sibling(file: &str) -> &str {
    match file.rsplit_once('/') {
        Some((start, name)) if start.contains("://") => name,
        _ => file.trim_start_matches("./"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_members_are_added() {
        let mut root = parse("{info: {version: 1.0}, webhooks: {}}").unwrap();
        complete(&mut root).unwrap();
        let wanted = "{info: {version: '1.0', title: API}, webhooks: {}, paths: {}}";
        assert_eq!(root, parse(wanted).unwrap());
        let error = complete(&mut parse("{info: {}, paths: }").unwrap()).unwrap_err();
        assert_eq!(error.fault, "`paths` is missing");
    }

    #[test]
    fn files_are_named_by_their_last_segment_behind_a_url() {
        let value = parse("[{$ref: './a.yaml#/x'}, {$ref: 'https://e.x/1/b.yaml'}, {$ref: '#/c'}]");
        let files = referred_files(&value.unwrap());
        assert_eq!(
            files,
            BTreeSet::from(["a.yaml".to_owned(), "b.yaml".to_owned()])
        );
    }
}
