//! An OpenAPI document between the passes, and the functions that walk it.

use serde_json::{Map, Value};

use super::error::Error;

/// The HTTP methods of a path item, in the spelling of OpenAPI.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(crate) const SCHEMA_REF: &str = "#/components/schemas/";

/// One change that a pass made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) pass: &'static str,
    pub(crate) pointer: String,
    pub(crate) text: String,
}

/// The document, with the changes so far.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) root: Value,
    /// The changes, in the order in which they were made.
    pub(crate) notes: Vec<Note>,
    /// Warnings, which the build prints even without the log.
    pub(crate) warnings: Vec<String>,
    /// The name of the current pass, which is added to notes.
    pub(crate) pass: &'static str,
    /// The overlays with their files, until they are applied.
    pub(crate) overlays: Vec<(String, Value)>,
}

impl Document {
    pub(crate) fn new(root: Value) -> Self {
        Self {
            root,
            notes: Vec::new(),
            warnings: Vec::new(),
            pass: "",
            overlays: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, pointer: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Note {
            pass: self.pass,
            pointer: pointer.into(),
            text: text.into(),
        });
    }

    /// Adds the notes of the current pass.
    pub(crate) fn add_notes(&mut self, notes: Vec<Note>) {
        let pass = self.pass;
        self.notes
            .extend(notes.into_iter().map(|note| Note { pass, ..note }));
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.root
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// Returns `components.schemas`, which is created if it is missing.
    pub(crate) fn schemas_mut(&mut self) -> &mut Map<String, Value> {
        child(child(object(&mut self.root), "components"), "schemas")
    }

    /// Returns every operation with its pointer, path and method.
    pub(crate) fn operations(&self) -> Vec<Place<'_>> {
        let mut all = Vec::new();
        let paths = self.root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    all.push(Place {
                        pointer: format!("/paths/{}/{method}", escape(path)),
                        path,
                        method,
                        operation,
                    });
                }
            }
        }
        all
    }

    /// Calls `visit` with every operation, to change it. The visitor may add notes.
    pub(crate) fn each_operation(
        &mut self,
        mut visit: impl FnMut(&mut Vec<Note>, &str, &str, &mut Map<String, Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut notes = Vec::new();
        let paths = self.root.get_mut("paths").and_then(Value::as_object_mut);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                if let Some(Value::Object(operation)) = item.get_mut(method) {
                    let pointer = format!("/paths/{}/{method}", escape(path));
                    visit(&mut notes, &pointer, path, operation)?;
                }
            }
        }
        self.add_notes(notes);
        Ok(())
    }

    /// Calls `visit` with every schema, outer before inner, and its pointer. The visitor returns
    /// its changes.
    pub(crate) fn each_schema(&mut self, mut visit: impl FnMut(&str, &mut Value) -> Vec<String>) {
        let mut notes = Vec::new();
        walk_schemas(&mut self.root, &mut |pointer, schema| {
            let changes = visit(pointer, schema).into_iter();
            notes.extend(changes.map(|text| note(pointer, text)));
        });
        self.add_notes(notes);
    }
}

/// An operation and its place.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) pointer: String,
    pub(crate) path: &'a str,
    pub(crate) method: &'static str,
    pub(crate) operation: &'a Value,
}

/// Returns a note without its pass, which the caller fills in.
pub(crate) fn note(pointer: impl Into<String>, text: impl Into<String>) -> Note {
    Note {
        pass: "",
        pointer: pointer.into(),
        text: text.into(),
    }
}

/// Returns a key as a step of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns the key of a step of a JSON pointer.
pub(crate) fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Returns the value as an object. Any other value is replaced by an empty object.
pub(crate) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("just made an object"),
    }
}

/// Returns the member as an object, which is created if it is missing.
pub(crate) fn child<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    object(map.entry(key).or_insert_with(|| Value::Object(Map::new())))
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Returns the name of the component schema that this schema refers to.
pub(crate) fn schema_ref(schema: &Value) -> Option<&str> {
    text(schema, "$ref")?.strip_prefix(SCHEMA_REF)
}

/// Returns whether the list of words, which are separated by spaces, contains the word.
pub(crate) fn is_in(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

pub(crate) fn is_string(schema: &Value) -> bool {
    text(schema, "type") == Some("string")
}

type Visit<'a> = dyn FnMut(&str, &mut Value) + 'a;

/// Visits every schema of the document: of components, parameters, bodies, responses and headers.
pub(crate) fn walk_schemas(root: &mut Value, visit: &mut Visit<'_>) {
    if let Some(Value::Object(components)) = root.get_mut("components") {
        for (section, entries) in components.iter_mut() {
            let Value::Object(entries) = entries else {
                continue;
            };
            for (name, entry) in entries.iter_mut() {
                let pointer = format!("/components/{section}/{}", escape(name));
                match section.as_str() {
                    "schemas" => walk_schema(entry, &pointer, visit),
                    "parameters" | "headers" | "requestBodies" | "responses" => {
                        walk_carrier(entry, &pointer, visit);
                    }
                    _ => {}
                }
            }
        }
    }
    for section in ["paths", "webhooks"] {
        let items = root.get_mut(section).and_then(Value::as_object_mut);
        for (path, item) in items.into_iter().flatten() {
            walk_path_item(item, &format!("/{section}/{}", escape(path)), visit);
        }
    }
}

fn walk_path_item(item: &mut Value, pointer: &str, visit: &mut Visit<'_>) {
    walk_parameters(item, pointer, visit);
    for method in METHODS {
        let Some(operation) = item.get_mut(method) else {
            continue;
        };
        let pointer = format!("{pointer}/{method}");
        walk_parameters(operation, &pointer, visit);
        if let Some(body) = operation.get_mut("requestBody") {
            walk_carrier(body, &format!("{pointer}/requestBody"), visit);
        }
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            for (status, response) in responses.iter_mut() {
                walk_carrier(response, &format!("{pointer}/responses/{status}"), visit);
            }
        }
        if let Some(Value::Object(callbacks)) = operation.get_mut("callbacks") {
            for (name, callback) in callbacks.iter_mut() {
                for (expression, item) in callback.as_object_mut().into_iter().flatten() {
                    let pointer = format!(
                        "{pointer}/callbacks/{}/{}",
                        escape(name),
                        escape(expression)
                    );
                    walk_path_item(item, &pointer, visit);
                }
            }
        }
    }
}

fn walk_parameters(holder: &mut Value, pointer: &str, visit: &mut Visit<'_>) {
    if let Some(Value::Array(list)) = holder.get_mut("parameters") {
        for (index, entry) in list.iter_mut().enumerate() {
            walk_carrier(entry, &format!("{pointer}/parameters/{index}"), visit);
        }
    }
}

/// Visits the schemas of a parameter, header, body or response.
fn walk_carrier(carrier: &mut Value, pointer: &str, visit: &mut Visit<'_>) {
    if let Some(schema) = carrier.get_mut("schema") {
        walk_schema(schema, &format!("{pointer}/schema"), visit);
    }
    if let Some(Value::Object(content)) = carrier.get_mut("content") {
        for (media, entry) in content.iter_mut() {
            if let Some(schema) = entry.get_mut("schema") {
                let pointer = format!("{pointer}/content/{}/schema", escape(media));
                walk_schema(schema, &pointer, visit);
            }
        }
    }
    if let Some(Value::Object(headers)) = carrier.get_mut("headers") {
        for (name, header) in headers.iter_mut() {
            walk_carrier(
                header,
                &format!("{pointer}/headers/{}", escape(name)),
                visit,
            );
        }
    }
}

/// Visits the schema, then the schemas inside it.
pub(crate) fn walk_schema(schema: &mut Value, pointer: &str, visit: &mut Visit<'_>) {
    visit(pointer, schema);
    let Value::Object(schema) = schema else {
        return;
    };
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(properties)) => {
                for (name, property) in properties.iter_mut() {
                    let pointer = format!("{pointer}/{keyword}/{}", escape(name));
                    walk_schema(property, &pointer, visit);
                }
            }
            ("additionalProperties", Value::Bool(_)) => {}
            ("items" | "additionalProperties" | "not", inner) => {
                walk_schema(inner, &format!("{pointer}/{keyword}"), visit);
            }
            ("allOf" | "oneOf" | "anyOf", Value::Array(list)) => {
                for (index, inner) in list.iter_mut().enumerate() {
                    walk_schema(inner, &format!("{pointer}/{keyword}/{index}"), visit);
                }
            }
            _ => {}
        }
    }
}
