//! From a file to a JSON document: YAML, and references into files beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Number, Value};

use super::document::{Document, SCHEMA_REF, child, escape, note, object};
use super::merchant;
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
    let mut yaml: yaml_serde::Value = yaml_serde::from_str(text)
        .map_err(|error| Refusal::at("", format!("not readable as YAML: {error}"), advice))?;
    yaml.apply_merge().map_err(|error| {
        Refusal::at(
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
                        return Err(Refusal::at(
                            pointer,
                            "a mapping or list is used as a key",
                            "keys of an OpenAPI document are strings",
                        ));
                    }
                };
                let inner = format!("{pointer}/{}", escape(&key));
                let value = to_json(value, &inner)?;
                if json.insert(key.clone(), value).is_some() {
                    return Err(Refusal::at(
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
        Refusal::at(
            pointer,
            format!("`{number}` is not a number that JSON can hold"),
            "write a finite number, or quote it if it is text",
        )
    })
}

/// Is this an OpenAPI document that the pipeline understands?
pub(crate) fn check_version(root: &Value) -> Result<(), Refusal> {
    let advice = "put an OpenAPI 3.0 document there";
    let Some(map) = root.as_object() else {
        return Err(Refusal::at(
            "",
            "not an OpenAPI document: the top level is no mapping",
            advice,
        ));
    };
    if let Some(version) = map.get("swagger") {
        let version = version.to_string().replace('"', "");
        return Err(Refusal::at(
            "/swagger",
            format!("Swagger {version} documents are not read"),
            "convert it to OpenAPI 3.0 first (editor.swagger.io does) and put the result there",
        ));
    }
    let version = match map.get("openapi") {
        None => {
            return Err(Refusal::at(
                "",
                "not an OpenAPI document: `openapi` is missing",
                advice,
            ));
        }
        Some(Value::String(version)) => version.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    if version == "3.0" || version.starts_with("3.0.") {
        return Ok(());
    }
    Err(Refusal::at(
        "/openapi",
        format!("OpenAPI {version} is not supported"),
        advice,
    ))
}

/// The files that the document refers to, by name.
pub(crate) fn referred_files(value: &Value) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    collect(value, &mut files);
    return files;

    fn collect(value: &Value, files: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    let file = reference.split('#').next().unwrap_or_default();
                    if !file.is_empty() && !file.contains("://") {
                        files.insert(file.trim_start_matches("./").to_owned());
                    }
                }
                map.values().for_each(|inner| collect(inner, files));
            }
            Value::Array(list) => list.iter().for_each(|inner| collect(inner, files)),
            _ => {}
        }
    }
}

pub(crate) const INLINE_WHY: &str =
    "the generator reads one file and refuses a path item that is a reference";

/// Follows references into sibling files, so that the document stands alone.
///
/// A schema component of another file becomes a component here; anything else is copied in place.
/// Where both files describe the same shape under one name, the document's own wins.
pub(crate) fn inline_external_refs(document: &mut Document, read: Read<'_>) -> Result<(), Refusal> {
    document.pass = "inline-external-refs";
    drop_missing_merchant_paths(document, read)?;
    let mut work = Inliner {
        read,
        files: BTreeMap::new(),
        imported: BTreeMap::new(),
        own: document
            .schemas()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect(),
        new: Map::new(),
        notes: Vec::new(),
    };
    let mut root = std::mem::take(&mut document.root);
    work.visit(&mut root, "", "", 0)?;
    document.root = root;
    for (pointer, text) in work.notes {
        document.note(pointer, text);
    }
    if !work.new.is_empty() {
        document.schemas_mut().append(&mut work.new);
    }
    Ok(())
}

/// A merchant-side path is not generated, so the build goes on without its file, but says so.
fn drop_missing_merchant_paths(document: &mut Document, read: Read<'_>) -> Result<(), Refusal> {
    let prefixes = merchant::prefix_names(&document.root);
    let Some(paths) = document
        .root
        .get_mut("paths")
        .and_then(Value::as_object_mut)
    else {
        return Ok(());
    };
    let mut missing = Vec::new();
    for (path, item) in paths.iter() {
        let file = item
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.split('#').next())
            .filter(|file| !file.is_empty() && !file.contains("://"));
        if let Some(file) = file
            && merchant::is_merchant_path(path, &prefixes)
            && read(file).is_none()
        {
            missing.push((path.clone(), file.to_owned()));
        }
    }
    for (path, file) in missing {
        paths.remove(&path);
        document.warnings.push(format!(
            "{file} is missing: the merchant-side path {path} and what only it describes are left out"
        ));
        document.notes.push(super::document::Note {
            pass: document.pass,
            ..note(
                format!("/paths/{}", escape(&path)),
                format!("dropped: {file} is missing"),
            )
        });
    }
    Ok(())
}

struct Inliner<'a> {
    read: Read<'a>,
    files: BTreeMap<String, Value>,
    /// Which name a foreign schema has here, by file and name.
    imported: BTreeMap<(String, String), String>,
    own: BTreeMap<String, Value>,
    new: Map<String, Value>,
    notes: Vec<(String, String)>,
}

/// Deeper than any honest chain of references.
const DEEPEST: usize = 64;

impl Inliner<'_> {
    /// `file` is where the value comes from, empty for the document itself.
    fn visit(
        &mut self,
        value: &mut Value,
        file: &str,
        pointer: &str,
        depth: usize,
    ) -> Result<(), Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::at(
                pointer,
                "references lead into each other without end",
                "break the circle, or make its members schema components",
            ));
        }
        if let Some(Value::String(reference)) = value.get("$ref") {
            let reference = reference.clone();
            let (target, inner) = reference.split_once('#').unwrap_or((&reference, ""));
            if target.is_empty() && file.is_empty() {
                return Ok(());
            }
            let target = if target.is_empty() { file } else { target };
            let target = target.trim_start_matches("./").to_owned();
            let inner = inner.to_owned();
            return self.follow(value, &target, &inner, pointer, depth);
        }
        match value {
            Value::Object(map) => {
                for (key, inner) in map.iter_mut() {
                    self.visit(inner, file, &format!("{pointer}/{}", escape(key)), depth)?;
                }
            }
            Value::Array(list) => {
                for (index, inner) in list.iter_mut().enumerate() {
                    self.visit(inner, file, &format!("{pointer}/{index}"), depth)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn follow(
        &mut self,
        value: &mut Value,
        file: &str,
        inner: &str,
        pointer: &str,
        depth: usize,
    ) -> Result<(), Refusal> {
        let found = self.load(file, pointer)?.pointer(inner).cloned();
        let mut found = found.ok_or_else(|| {
            Refusal::at(
                pointer,
                format!("`$ref: {file}#{inner}` leads nowhere: {file} has nothing at {inner}"),
                "correct the reference or bring the matching version of the other file",
            )
        })?;
        if let Some(name) = inner.strip_prefix("/components/schemas/")
            && !name.contains('/')
        {
            let name = name.replace("~1", "/").replace("~0", "~");
            let here = self.import(file, &name, found, depth)?;
            *value = serde_json::json!({ "$ref": format!("{SCHEMA_REF}{here}") });
            return Ok(());
        }
        self.visit(&mut found, file, pointer, depth + 1)?;
        if !pointer.is_empty() && depth == 0 {
            self.notes
                .push((pointer.to_owned(), format!("taken from {file}#{inner}")));
        }
        *value = found;
        Ok(())
    }

    fn import(
        &mut self,
        file: &str,
        name: &str,
        mut schema: Value,
        depth: usize,
    ) -> Result<String, Refusal> {
        let key = (file.to_owned(), name.to_owned());
        if let Some(here) = self.imported.get(&key) {
            return Ok(here.clone());
        }
        if let Some(own) = self.own.get(name)
            && shape(own) == shape(&schema)
        {
            if limits(own) != limits(&schema) {
                self.notes.push((
                    format!("/components/schemas/{}", escape(name)),
                    format!("differs in its limits from the copy in {file}; this one is used"),
                ));
            }
            self.imported.insert(key, name.to_owned());
            return Ok(name.to_owned());
        }
        let stem = file
            .rsplit('/')
            .next()
            .unwrap_or(file)
            .split('.')
            .next()
            .unwrap_or(file);
        let wanted = if self.own.contains_key(name) {
            format!("{name}{}", super::names::pascal(stem))
        } else {
            name.to_owned()
        };
        let here = super::names::free(&wanted, |n| {
            self.own.contains_key(n) || self.new.contains_key(n)
        });
        self.notes.push((
            format!("/components/schemas/{}", escape(&here)),
            format!("taken from {file}#/components/schemas/{}", escape(name)),
        ));
        self.imported.insert(key, here.clone());
        self.new.insert(here.clone(), Value::Null);
        self.visit(
            &mut schema,
            file,
            &format!("/components/schemas/{}", escape(name)),
            depth + 1,
        )?;
        self.new.insert(here.clone(), schema);
        Ok(here)
    }

    fn load(&mut self, file: &str, pointer: &str) -> Result<&Value, Refusal> {
        let advice = "put the file beside the document, under the name the reference uses";
        if file.contains("://") || file.starts_with('/') || file.split('/').any(|step| step == "..")
        {
            return Err(Refusal::at(
                pointer,
                format!("`$ref` leads out of the folder, to {file}"),
                advice,
            ));
        }
        if !self.files.contains_key(file) {
            let text = (self.read)(file).ok_or_else(|| {
                Refusal::at(
                    pointer,
                    format!("`$ref` leads to {file}, which is not there"),
                    advice,
                )
            })?;
            let value = parse(&text).map_err(|refusal| {
                Refusal::at(pointer, format!("{file}: {}", refusal.what), refusal.advice)
            })?;
            self.files.insert(file.to_owned(), value);
        }
        Ok(&self.files[file])
    }
}

const PROSE: [&str; 7] = [
    "description",
    "title",
    "example",
    "examples",
    "externalDocs",
    "x-examples",
    "summary",
];
const LIMITS: [&str; 10] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "multipleOf",
];

/// The schema without prose and limits.
fn shape(schema: &Value) -> Value {
    without(schema, &[&PROSE[..], &LIMITS[..]].concat())
}

/// The schema without prose.
fn limits(schema: &Value) -> Value {
    without(schema, &PROSE)
}

fn without(schema: &Value, keywords: &[&str]) -> Value {
    let mut schema = schema.clone();
    super::document::walk_schema(&mut schema, "", &mut |_, inner| {
        if let Value::Object(map) = inner {
            map.retain(|keyword, _| !keywords.contains(&keyword.as_str()));
        }
    });
    schema
}

/// `info.title`, `info.version` and `paths` must be there, or nothing else makes sense.
pub(crate) fn check_frame(document: &mut Document) -> Result<(), Refusal> {
    document.pass = "check-frame";
    match document.root.get("paths") {
        Some(Value::Object(_)) => {}
        Some(_) => {
            return Err(Refusal::at(
                "/paths",
                "`paths` is not a mapping",
                "each path is a key that holds its operations",
            ));
        }
        None => {
            return Err(Refusal::at(
                "",
                "`paths` is missing",
                "an API needs at least one operation",
            ));
        }
    }
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
