//! References into files beside the document.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{Document, SCHEMA_REF, escape, note};
use super::error::Error;
use super::load::{Read, parse};
use super::merchant;

pub(crate) const NAME: &str = "inline-external-refs";
pub(crate) const REASON: &str =
    "the generator reads one file and refuses a path item that is a reference";

/// Follows references into sibling files, so that the document stands alone.
///
/// A schema component of another file becomes a component here; anything else is copied in place.
/// Of two schemas with one name and one shape, the document's own is used.
pub(crate) fn inline(document: &mut Document, read: Read<'_>) -> Result<(), Error> {
    document.pass = NAME;
    drop_missing_merchant_paths(document, read);
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

/// Drops merchant-side paths whose file is missing, with a warning. They are not generated anyway.
fn drop_missing_merchant_paths(document: &mut Document, read: Read<'_>) {
    let prefixes = merchant::prefix_names(&document.root);
    let Some(paths) = document
        .root
        .get_mut("paths")
        .and_then(Value::as_object_mut)
    else {
        return;
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
}

/// Returns the name of the file that a reference leads to. A URL leads to the file of its name beside the document, if
/// there is one; the build downloads nothing.
fn sibling(target: &str, read: Read<'_>) -> String {
    let name = target.rsplit('/').next().unwrap_or(target);
    if target.contains("://") && read(name).is_some() {
        return name.to_owned();
    }
    target.trim_start_matches("./").to_owned()
}

struct Inliner<'a> {
    read: Read<'a>,
    files: BTreeMap<String, Value>,
    /// The names of imported schemas in this document, by file and original name.
    imported: BTreeMap<(String, String), String>,
    own: BTreeMap<String, Value>,
    new: Map<String, Value>,
    notes: Vec<(String, String)>,
}

/// The longest chain of references that is followed.
const DEEPEST: usize = 64;

impl Inliner<'_> {
    /// Follows the references in a value of this file. The document itself has an empty file name.
    fn visit(
        &mut self,
        value: &mut Value,
        file: &str,
        pointer: &str,
        depth: usize,
    ) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::at(
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
            let target = sibling(target, self.read);
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
    ) -> Result<(), Error> {
        let found = self.load(file, pointer)?.pointer(inner).cloned();
        let mut found = found.ok_or_else(|| {
            Error::at(
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
    ) -> Result<String, Error> {
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

    fn load(&mut self, file: &str, pointer: &str) -> Result<&Value, Error> {
        let advice = "put the file beside the document, under the name the reference uses";
        if file.contains("://") {
            return Err(Error::unreadable(
                pointer,
                format!("`$ref` leads out of the folder, to {file}"),
                advice,
            ));
        }
        if file.starts_with('/') || file.split('/').any(|step| step == "..") {
            return Err(Error::at(
                pointer,
                format!("`$ref` leads out of the folder, to {file}"),
                advice,
            ));
        }
        if !self.files.contains_key(file) {
            let text = (self.read)(file).ok_or_else(|| {
                Error::at(
                    pointer,
                    format!("`$ref` leads to {file}, which is not there"),
                    advice,
                )
            })?;
            let value = parse(&text).map_err(|error| {
                Error::at(pointer, format!("{file}: {}", error.what), error.advice)
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

/// Returns the schema without prose and limits.
fn shape(schema: &Value) -> Value {
    without(schema, &[&PROSE[..], &LIMITS[..]].concat())
}

/// Returns the schema without prose.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::passes::testing;
    use super::*;

    fn inlined(main: &str, other: &str) -> Result<Document, Error> {
        let mut document = testing::document(main);
        let read = |name: &str| (name == "more.yaml").then(|| other.to_owned());
        inline(&mut document, &read).map(|()| document)
    }

    #[test]
    fn a_path_item_of_another_file_comes_with_its_schemas() {
        let document = inlined(
            "paths: {/a: {$ref: 'more.yaml#/paths/~1a'}}",
            "
            paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/P'}], requestBody: {schema: {$ref: '#/components/schemas/A'}}}}}
            components:
              parameters: {P: {name: p}}
              schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}}, B: {type: string}}
            ",
        )
        .unwrap();
        assert_eq!(
            document.root,
            json!({
                "paths": { "/a": { "get": {
                    "parameters": [{ "name": "p" }],
                    "requestBody": { "schema": { "$ref": "#/components/schemas/A" } },
                } } },
                "components": { "schemas": {
                    "A": { "properties": {
                        "a": { "$ref": "#/components/schemas/A" },
                        "b": { "$ref": "#/components/schemas/B" },
                    } },
                    "B": { "type": "string" },
                } },
            })
        );
    }

    #[test]
    fn of_two_schemas_of_one_name_the_documents_own_wins_when_only_limits_differ() {
        let main = "
            paths: {/a: {$ref: './more.yaml#/a'}}
            components: {schemas: {A: {type: number, minimum: 0}, B: {type: string}}}
            ";
        let document = inlined(
            main,
            "{a: {x: {$ref: '#/components/schemas/A'}, y: {$ref: '#/components/schemas/B'}}, components: {schemas: {A: {type: number, minimum: 1, description: A}, B: {type: integer}}}}",
        )
        .unwrap();
        let schemas = &document.root["components"]["schemas"];
        assert_eq!(schemas["A"], json!({ "type": "number", "minimum": 0 }));
        assert_eq!(schemas["B"], json!({ "type": "string" }));
        assert_eq!(schemas["BMore"], json!({ "type": "integer" }));
        assert_eq!(
            document.root["paths"]["/a"]["y"],
            json!({ "$ref": "#/components/schemas/BMore" })
        );
        assert_eq!(document.notes.len(), 3);
    }

    #[test]
    fn without_its_file_a_merchant_path_is_left_out_with_a_warning() {
        let main = "
            paths: {/callbackPrefix/x: {$ref: 'gone.yaml#/x'}}
            components: {schemas: {A: {properties: {callbackPrefix: {type: string}}}}}
            ";
        let document = inlined(main, "").unwrap();
        assert_eq!(document.root["paths"], json!({}));
        assert_eq!(document.warnings.len(), 1);
    }

    #[test]
    fn a_url_leads_to_the_file_of_its_name() {
        let document = inlined(
            "paths: {/a: {$ref: 'https://a.example/v1/more.yaml#/a'}}",
            "{a: {x: {$ref: '#/components/schemas/A'}}, components: {schemas: {A: {type: string}}}}",
        )
        .unwrap();
        assert_eq!(
            document.root["components"]["schemas"]["A"],
            json!({ "type": "string" })
        );
        let error = inlined("paths: {/a: {$ref: 'https://a.example/x.yaml#/x'}}", "").unwrap_err();
        assert!(!error.readable && error.what.contains("https://a.example/x.yaml"));
    }

    #[test]
    fn a_path_of_the_api_needs_its_file() {
        let error = inlined("paths: {/a: {$ref: 'gone.yaml#/x'}}", "").unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a");
        inlined("paths: {/a: {$ref: 'more.yaml#/x'}}", "y: 1").unwrap_err();
        inlined("paths: {/a: {$ref: 'more.yaml#/x'}}", "x: {$ref: '#/x'}").unwrap_err();
        inlined("paths: {/a: {$ref: 'https://a.example/x.yaml#/x'}}", "").unwrap_err();
    }
}
