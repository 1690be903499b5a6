//! The references of a document: to its own parts, to files beside it, and to URLs.
//!
//! A URL is read from the file with its name beside the document. The build downloads nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{
    Document, METHODS, SCHEMA_REF, child, escape, is_in, object, text, unescape, walk_schema,
    walk_schemas,
};
use super::error::Error;
use super::load::{Read, parse, sibling};
use super::merchant;
use super::names::{free, pascal};

pub(crate) const NAME: &str = "resolve-refs";
pub(crate) const REASON: &str = "the generator reads one file and follows only references to component schemas; all other targets are copied to the place of the reference, so later passes handle one form";

/// The maximum length of a chain of references. A longer chain is treated as a cycle.
const LONGEST: usize = 32;

/// Replaces each reference by its target, except references to component schemas. A component
/// schema of another file becomes a component of the document.
///
/// A reference whose target is missing in its file is left to the pass `repair`.
pub(crate) fn resolve(document: &mut Document, read: Read<'_>) -> Result<(), Error> {
    document.pass = NAME;
    let mut resolver = Resolver {
        read,
        source: document.root.clone(),
        files: BTreeMap::new(),
        imported: BTreeMap::new(),
        pending: Vec::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
    };
    resolver.document(&mut document.root)?;
    for (pointer, text) in resolver.notes {
        document.note(pointer, text);
    }
    document.warnings.append(&mut resolver.warnings);
    Ok(())
}

struct Resolver<'a> {
    read: Read<'a>,
    /// The document before any reference is replaced.
    source: Value,
    /// The files beside the document, by name. Their references are absolute: `file#/pointer`.
    files: BTreeMap<String, Value>,
    /// The components that schemas of other files have become, by absolute reference.
    imported: BTreeMap<String, String>,
    /// Imported schemas whose own references are not resolved yet.
    pending: Vec<(String, Value)>,
    notes: Vec<(String, String)>,
    warnings: Vec<String>,
}

impl Resolver<'_> {
    fn document(&mut self, root: &mut Value) -> Result<(), Error> {
        let prefixes = merchant::prefix_names(root);
        if let Some(Value::Object(paths)) = root.get_mut("paths") {
            for path in paths.keys().cloned().collect::<Vec<_>>() {
                let item = &mut paths[&path];
                let missing = self.missing_file(item);
                if let Some(file) = missing
                    && merchant::is_merchant_path(&path, &prefixes)
                {
                    self.warnings.push(format!(
                        "{file} is missing: the merchant-side path {path} and its schemas are left out"
                    ));
                    paths.remove(&path);
                } else {
                    self.path_item(item, &format!("/paths/{}", escape(&path)))?;
                }
            }
        }
        if let Some(Value::Object(webhooks)) = root.get_mut("webhooks") {
            for (name, item) in webhooks.iter_mut() {
                self.path_item(item, &format!("/webhooks/{}", escape(name)))?;
            }
        }
        if let Some(Value::Object(components)) = root.get_mut("components") {
            components
                .retain(|section, _| ["schemas", "securitySchemes"].contains(&section.as_str()));
        }
        self.schemas(|visit| walk_schemas(root, visit))?;
        // The references of imported schemas can import further ones.
        while let Some((name, mut schema)) = self.pending.pop() {
            let pointer = format!("/components/schemas/{name}");
            self.schemas(|visit| walk_schema(&mut schema, &pointer, visit))?;
            child(child(object(root), "components"), "schemas").insert(unescape(&name), schema);
        }
        Ok(())
    }

    /// Returns the file of a reference to a file that is not beside the document.
    fn missing_file(&self, item: &Value) -> Option<String> {
        let (file, _) = split(text(item, "$ref")?);
        (!file.is_empty() && (self.read)(sibling(file)).is_none()).then(|| file.to_owned())
    }

    fn path_item(&mut self, item: &mut Value, pointer: &str) -> Result<(), Error> {
        if let Some(reference) = self.copy(item, pointer)? {
            self.notes
                .push((pointer.to_owned(), format!("taken from {reference}")));
        }
        let Value::Object(item) = item else {
            return Ok(());
        };
        let mut shared = item.remove("parameters").unwrap_or_default();
        self.list(&mut shared, &format!("{pointer}/parameters"))?;
        for method in METHODS {
            if let Some(Value::Object(operation)) = item.get_mut(method) {
                self.operation(operation, &shared, &format!("{pointer}/{method}"))?;
            }
        }
        Ok(())
    }

    fn operation(
        &mut self,
        operation: &mut Map<String, Value>,
        shared: &Value,
        pointer: &str,
    ) -> Result<(), Error> {
        let copied =
            carriers(operation).filter_map(|carrier| text(carrier, "$ref")?.rsplit('/').next());
        let copied: Vec<&str> = copied.collect();
        if !copied.is_empty() {
            self.notes.push((
                pointer.to_owned(),
                format!("copied parts: {}", copied.join(", ")),
            ));
        }
        let mut own = operation.remove("parameters").unwrap_or_default();
        self.list(&mut own, &format!("{pointer}/parameters"))?;
        let parameters = merged(shared, own);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = operation.get_mut("requestBody") {
            self.copy(body, &format!("{pointer}/requestBody"))?;
        }
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            for (status, response) in responses.iter_mut() {
                let pointer = format!("{pointer}/responses/{status}");
                self.copy(response, &pointer)?;
                if let Some(Value::Object(headers)) = response.get_mut("headers") {
                    for (name, header) in headers.iter_mut() {
                        self.copy(header, &format!("{pointer}/headers/{}", escape(name)))?;
                    }
                }
            }
        }
        if let Some(Value::Object(callbacks)) = operation.get_mut("callbacks") {
            for (name, callback) in callbacks.iter_mut() {
                let pointer = format!("{pointer}/callbacks/{}", escape(name));
                self.copy(callback, &pointer)?;
                for (expression, item) in callback.as_object_mut().into_iter().flatten() {
                    self.path_item(item, &format!("{pointer}/{}", escape(expression)))?;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &mut Value, pointer: &str) -> Result<(), Error> {
        let entries = list.as_array_mut().into_iter().flatten().enumerate();
        for (index, entry) in entries {
            self.copy(entry, &format!("{pointer}/{index}"))?;
        }
        Ok(())
    }

    /// Replaces a reference by its target, and follows references of the target. Returns the first
    /// reference.
    fn copy(&mut self, value: &mut Value, pointer: &str) -> Result<Option<String>, Error> {
        let first = text(value, "$ref").map(str::to_owned);
        for _ in 0..LONGEST {
            let Some(reference) = text(value, "$ref").map(str::to_owned) else {
                return Ok(first);
            };
            let Some(target) = self.target(&reference, pointer)? else {
                return Ok(first);
            };
            *value = target;
        }
        Err(Error::at(
            pointer,
            "the references form a cycle",
            "remove one of the references",
        ))
    }

    /// Resolves the references of all schemas that `walk` visits.
    fn schemas(
        &mut self,
        walk: impl FnOnce(&mut dyn FnMut(&str, &mut Value)),
    ) -> Result<(), Error> {
        let mut outcome = Ok(());
        walk(&mut |pointer, schema| {
            if outcome.is_ok() {
                outcome = self.schema(schema, pointer);
            }
        });
        outcome
    }

    /// Resolves the reference of one schema, without those of the schemas inside it.
    fn schema(&mut self, schema: &mut Value, pointer: &str) -> Result<(), Error> {
        let mut steps = 0;
        while let Some(reference) = text(schema, "$ref").map(str::to_owned) {
            match self.schema_target(&reference, pointer)? {
                None => break,
                Some(Target::Component(name)) => {
                    schema["$ref"] = format!("{SCHEMA_REF}{name}").into();
                    break;
                }
                Some(Target::Other(target)) => {
                    steps += 1;
                    // A reference to its own parent would be copied forever.
                    let is_parent = pointer.starts_with(reference.trim_start_matches('#'));
                    if steps > LONGEST || is_parent || pointer.len() > 4096 {
                        return Err(Error::at(
                            pointer,
                            format!("`$ref: {reference}` is part of a cycle"),
                            "make the schema a component",
                        ));
                    }
                    self.notes
                        .push((pointer.to_owned(), format!("copied from {reference}")));
                    let mut siblings = std::mem::replace(schema, target);
                    object(&mut siblings).remove("$ref");
                    if let Value::Object(schema) = schema {
                        schema.append(object(&mut siblings));
                    }
                }
            }
        }
        Ok(())
    }

    fn schema_target(&mut self, reference: &str, pointer: &str) -> Result<Option<Target>, Error> {
        // Swagger 2.0 keeps its schemas in `definitions`.
        let reference = reference.replacen("#/definitions/", SCHEMA_REF, 1);
        let Some(target) = self.target(&reference, pointer)? else {
            return Ok(None);
        };
        let (file, inner) = split(&reference);
        let name = inner
            .strip_prefix("/components/schemas/")
            .filter(|name| !name.contains('/'));
        Ok(Some(match name {
            Some(name) if file.is_empty() => Target::Component(name.to_owned()),
            Some(name) => Target::Component(self.import(file, name, target)),
            None => Target::Other(target),
        }))
    }

    /// Returns the component that a schema of another file becomes.
    fn import(&mut self, file: &str, name: &str, schema: Value) -> String {
        let file = sibling(file);
        let reference = format!("{file}#/components/schemas/{name}");
        if let Some(component) = self.imported.get(&reference) {
            return component.clone();
        }
        let own = |name: &str| self.source.pointer(&format!("/components/schemas/{name}"));
        let is_taken =
            |name: &str| own(name).is_some() || self.imported.values().any(|taken| taken == name);
        let component = match own(name) {
            Some(own) if shape(own) == shape(&schema) => name.to_owned(),
            Some(_) => free(
                &format!("{name}{}", pascal(file.split('.').next().unwrap_or(file))),
                is_taken,
            ),
            None => free(name, is_taken),
        };
        if own(&component).is_none() {
            self.notes.push((
                format!("/components/schemas/{component}"),
                format!("taken from {reference}"),
            ));
            self.pending.push((component.clone(), schema));
        }
        self.imported.insert(reference, component.clone());
        component
    }

    /// Returns a copy of the target of a reference, or `None` if the target is missing in its file.
    fn target(&mut self, reference: &str, pointer: &str) -> Result<Option<Value>, Error> {
        let (file, inner) = split(reference);
        let source = if file.is_empty() {
            &self.source
        } else {
            self.file(file, pointer)?
        };
        let target = source
            .pointer(inner)
            .or_else(|| source.pointer(&inner.replace("%7B", "{").replace("%7D", "}")));
        if target.is_none() && !file.is_empty() {
            return Err(Error::at(
                pointer,
                format!("`$ref: {reference}` has no target: {file} has no part {inner}"),
                "correct the reference or save the matching version of the other file",
            ));
        }
        // A reference to a whole document is not a part of the document.
        Ok(target
            .filter(|_| !(file.is_empty() && inner.is_empty()))
            .cloned())
    }

    fn file(&mut self, file: &str, pointer: &str) -> Result<&Value, Error> {
        let name = sibling(file);
        if !self.files.contains_key(name) {
            if name.starts_with('/') || name.split('/').any(|step| step == "..") {
                let fault = format!("`$ref` refers to {file}, which is outside of the folder");
                return Err(Error::at(
                    pointer,
                    fault,
                    "put the file beside the document",
                ));
            }
            let text = (self.read)(name).ok_or_else(|| {
                let fault = format!("`$ref` refers to {file}, which is not beside the document");
                let advice = format!("save the file there as {name}; the build downloads nothing");
                if file.contains("://") {
                    Error::unreadable(pointer, fault, advice)
                } else {
                    Error::at(pointer, fault, advice)
                }
            })?;
            let mut value = parse(&text).map_err(|error| {
                Error::at(pointer, format!("{file}: {}", error.fault), error.advice)
            })?;
            make_absolute(&mut value, name);
            self.files.insert(name.to_owned(), value);
        }
        Ok(&self.files[name])
    }
}

enum Target {
    Component(String),
    /// A schema outside of the components.
    Other(Value),
}

/// Returns the file of a reference, which is empty for the document itself, and the JSON pointer.
fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// Writes the name of the file into its references to its own parts.
fn make_absolute(value: &mut Value, file: &str) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && reference.starts_with('#')
            {
                reference.insert_str(0, file);
            }
            map.values_mut()
                .for_each(|inner| make_absolute(inner, file));
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| make_absolute(inner, file)),
        _ => {}
    }
}

/// Returns the parts of an operation that can be references.
fn carriers(operation: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let responses = operation.get("responses").and_then(Value::as_object);
    let responses = responses.into_iter().flat_map(Map::values);
    parameters
        .into_iter()
        .flatten()
        .chain(operation.get("requestBody"))
        .chain(responses)
}

/// Returns the parameters of an operation. A parameter of the operation replaces the parameter of
/// its path with the same name and place.
fn merged(shared: &Value, own: Value) -> Vec<Value> {
    let key = |parameter: &Value| (parameter.get("name").cloned(), parameter.get("in").cloned());
    let Value::Array(own) = own else {
        return shared.as_array().cloned().unwrap_or_default();
    };
    let is_own = |parameter: &&Value| own.iter().any(|own| key(own) == key(parameter));
    let shared = shared.as_array().into_iter().flatten();
    let mut all: Vec<Value> = shared
        .filter(|parameter| !is_own(parameter))
        .cloned()
        .collect();
    for parameter in own {
        if !all.contains(&parameter) {
            all.push(parameter);
        }
    }
    all
}

/// Returns the schema without prose and limits. Schemas with the same shape have the same type.
fn shape(schema: &Value) -> Value {
    const LEFT_OUT: &str = "description title summary example examples x-examples externalDocs pattern minLength maxLength \
        minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems multipleOf";
    let mut schema = schema.clone();
    walk_schema(&mut schema, "", &mut |_, inner| {
        if let Value::Object(map) = inner {
            map.retain(|keyword, _| !is_in(LEFT_OUT, keyword));
            if let Some(Value::String(reference)) = map.get_mut("$ref") {
                *reference = split(reference).1.to_owned();
            }
        }
    });
    schema
}

#[cfg(test)]
mod tests;
