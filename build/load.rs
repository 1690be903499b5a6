//! From a file to a JSON document.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Number, Value};

use super::document::escape;
use super::refusal::Refusal;

/// Reads a file beside the document; `None` if there is none.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads files from a folder.
pub(crate) fn from_folder(folder: &Path) -> impl Fn(&str) -> Option<String> {
    move |name| std::fs::read_to_string(folder.join(name)).ok()
}

/// Parses YAML (or JSON, which is YAML) into a JSON value.
pub(crate) fn parse(text: &str) -> Result<Value, Refusal> {
    let advice = "the file must be one YAML 1.2 or JSON document";
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut yaml: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| {
        Refusal::unreadable("", format!("not readable as YAML: {error}"), advice)
    })?;
    yaml.apply_merge().map_err(|error| {
        Refusal::unreadable(
            "",
            format!("a YAML merge key cannot be followed: {error}"),
            advice,
        )
    })?;
    to_json(yaml, "")
}

fn to_json(yaml: yaml_serde::Value, pointer: &str) -> Result<Value, Refusal> {
    use yaml_serde::Value as Yaml;
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::String(value) => Value::String(value),
        Yaml::Number(number) => Value::Number(to_number(&number, pointer)?),
        Yaml::Sequence(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, item)| to_json(item, &format!("{pointer}/{index}")))
            .collect::<Result<_, _>>()?,
        Yaml::Mapping(map) => {
            let mut json = Map::new();
            for (key, value) in map {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    Yaml::Null => "null".to_owned(),
                    _ => {
                        return Err(Refusal::unreadable(
                            pointer,
                            "a mapping or list is used as a key",
                            "keys of an OpenAPI document are strings",
                        ));
                    }
                };
                let inner = format!("{pointer}/{}", escape(&key));
                let value = to_json(value, &inner)?;
                if json.insert(key.clone(), value).is_some() {
                    return Err(Refusal::unreadable(
                        inner,
                        format!("the key `{key}` is there twice"),
                        "keep one of the two; the other would be lost",
                    ));
                }
            }
            Value::Object(json)
        }
        Yaml::Tagged(tagged) => to_json(tagged.value, pointer)?,
    })
}

fn to_number(number: &yaml_serde::Number, pointer: &str) -> Result<Number, Refusal> {
    let json = if let Some(value) = number.as_i64() {
        Some(value.into())
    } else if let Some(value) = number.as_u64() {
        Some(value.into())
    } else {
        number.as_f64().and_then(Number::from_f64)
    };
    json.ok_or_else(|| {
        Refusal::unreadable(
            pointer,
            format!("`{number}` is not a number that JSON can hold"),
            "write a finite number, or quote it if it is text",
        )
    })
}

/// Is this an OpenAPI document that the pipeline understands?
pub(crate) fn check_version(root: &Value) -> Result<(), Refusal> {
    let advice = "put an OpenAPI 3.0 or 3.1 document there";
    let Some(map) = root.as_object() else {
        return Err(Refusal::unreadable(
            "",
            "not an OpenAPI document: the top level is no mapping",
            advice,
        ));
    };
    if let Some(version) = map.get("swagger") {
        let version = version.to_string().replace('"', "");
        return Err(Refusal::unreadable(
            "/swagger",
            format!("Swagger {version} documents are not read"),
            "convert it to OpenAPI 3.0 first (editor.swagger.io does) and put the result there",
        ));
    }
    let version = match map.get("openapi") {
        None => {
            return Err(Refusal::unreadable(
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
    Err(Refusal::unreadable(
        "/openapi",
        format!("OpenAPI {version} is not supported"),
        advice,
    ))
}

/// The files that the document refers to, by name.
pub(crate) fn referred_files(value: &Value) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    collect_files(value, &mut files);
    files
}

fn collect_files(value: &Value, files: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let file = reference.split('#').next().unwrap_or_default();
                if !file.is_empty() && !file.contains("://") {
                    files.insert(file.trim_start_matches("./").to_owned());
                }
            }
            map.values().for_each(|inner| collect_files(inner, files));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_files(inner, files)),
        _ => {}
    }
}
