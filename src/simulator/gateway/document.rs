//! A vendored document: its operations, and what the simulator checks against it.
//!
//! The build converts the published YAML to JSON and changes nothing else. References are resolved
//! here and not by the build, so that a wrong pass of the build cannot make the client and the
//! simulator wrong together.

use std::fmt;
#[cfg(feature = "simulator-contract")]
use std::sync::OnceLock;

use http::Method;
use serde_json::Value;

#[cfg(feature = "simulator-contract")]
use super::contract::{self, Checks};
use super::overrides::Override;

/// The member of the root that holds the other files of a document.
const FILES: &str = "files";
/// The methods that a path can have.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::PATCH,
];

/// A document with its overrides applied.
pub(crate) struct Document {
    pub(super) root: Value,
    operations: Vec<DocumentedOperation>,
    /// The document without the overrides.
    #[cfg(test)]
    pub(super) vendored: Value,
    #[cfg(test)]
    pub(super) overrides: &'static [Override],
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.operations).finish()
    }
}

/// An operation in a document.
pub(crate) struct DocumentedOperation {
    /// The document's `operationId`.
    id: String,
    pub(super) method: Method,
    /// The path as the document writes it.
    pub(super) template: String,
    /// The path with the server's prefix.
    pub(super) path: String,
    pub(super) has_body: bool,
    #[cfg(feature = "simulator-contract")]
    checks: OnceLock<Result<Checks, String>>,
}

impl fmt::Debug for DocumentedOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.id, self.method, self.path)
    }
}

impl Document {
    /// Reads a document and the files that it refers to, by name, and applies the overrides. Panics
    /// if a text that the build made cannot be read, because every operation would otherwise return
    /// 501.
    pub(crate) fn new(text: &str, files: &[(&str, &str)], overrides: &'static [Override]) -> Self {
        let mut root = parse(text);
        rewrite_references(&mut root, "");
        for (name, text) in files {
            let mut file = parse(text);
            rewrite_references(&mut file, name);
            root[FILES][name] = file;
        }
        #[cfg(test)]
        let vendored = root.clone();
        for entry in overrides {
            (entry.apply)(&mut root);
        }
        let operations = operations(&root);
        Self {
            root,
            operations,
            #[cfg(test)]
            vendored,
            #[cfg(test)]
            overrides,
        }
    }

    /// Returns the operation whose id is `id`, except for case and underscores.
    pub(super) fn operation(&self, id: &str) -> Option<&DocumentedOperation> {
        let plain = |id: &str| id.replace('_', "").to_lowercase();
        let mut operations = self.operations.iter();
        operations.find(|operation| plain(&operation.id) == plain(id))
    }

    /// Returns the checks of an operation, compiled at its first call in this process.
    #[cfg(feature = "simulator-contract")]
    pub(super) fn checks<'a>(
        &self,
        operation: &'a DocumentedOperation,
    ) -> Result<&'a Checks, String> {
        let compiled = operation
            .checks
            .get_or_init(|| contract::compile(&self.root, operation));
        compiled.as_ref().map_err(Clone::clone)
    }
}

#[allow(clippy::panic, reason = "a broken build, not a broken request")]
fn parse(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(document @ Value::Object(_)) => document,
        Ok(_) => panic!("a vendored document: must be a JSON object"),
        Err(error) => panic!("a vendored document: {error}"),
    }
}

/// Makes every reference one into the root. `#/x` of the file `name` becomes `#/files/name/x`, and
/// so does `name#/x` of the document.
fn rewrite_references(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => {
            for item in items {
                rewrite_references(item, name);
            }
        }
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some((file, pointer)) = reference.split_once('#')
            {
                let file = file.rsplit('/').next().unwrap_or_default();
                let file = if file.is_empty() { name } else { file };
                if !file.is_empty() {
                    *reference = format!("#/{FILES}/{file}{pointer}");
                }
            }
            for member in members.values_mut() {
                rewrite_references(member, name);
            }
        }
        _ => {}
    }
}

/// Returns the target of a reference, or the value itself if it is not a reference.
pub(super) fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    // A reference can lead to another one. None of the documents has a longer chain.
    for _ in 0..8 {
        let Some(reference) = value["$ref"].as_str() else {
            break;
        };
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        value = root.pointer(pointer).unwrap_or(&Value::Null);
    }
    value
}

/// Returns the schema with this name, from the document or from one of its files.
pub(super) fn schema_mut<'a>(root: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let pointer = format!("/components/schemas/{name}");
    if root.pointer(&pointer).is_some() {
        return root.pointer_mut(&pointer);
    }
    let mut files = root.get_mut(FILES)?.as_object_mut()?.values_mut();
    files.find_map(|file| file.pointer_mut(&pointer))
}

fn operations(root: &Value) -> Vec<DocumentedOperation> {
    let server = root["servers"][0]["url"].as_str().unwrap_or_default();
    let prefix = url::Url::parse(server).map_or(String::new(), |url| url.path().to_owned());
    let prefix = prefix.trim_end_matches('/');
    let mut operations = Vec::new();
    for (template, item) in root["paths"].as_object().into_iter().flatten() {
        let item = resolve(root, item);
        for method in METHODS {
            let described = &item[method.as_str().to_ascii_lowercase()];
            let Some(id) = described["operationId"].as_str() else {
                continue;
            };
            operations.push(DocumentedOperation {
                id: id.to_owned(),
                template: template.clone(),
                // A request may have a slash at the end, which the gateway ignores.
                path: format!("{prefix}{}", template.trim_end_matches('/')),
                has_body: !described["requestBody"].is_null(),
                method,
                #[cfg(feature = "simulator-contract")]
                checks: OnceLock::new(),
            });
        }
    }
    operations
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[should_panic(expected = "a vendored document: EOF")]
    fn unreadable_document_panics() {
        Document::new("{\"paths\":", &[], &[]);
    }

    #[test]
    #[should_panic(expected = "must be a JSON object")]
    fn document_that_is_no_object_panics() {
        Document::new("null", &[], &[]);
    }

    #[test]
    fn references_of_all_files_lead_into_the_root() {
        let main = r##"{"a": {"$ref": "#/b"}, "b": {"$ref": "https://x.no/1/other.yaml#/c"}}"##;
        let other = r##"{"c": {"$ref": "#/d"}, "d": {"type": "string"}}"##;
        let document = Document::new(main, &[("other.yaml", other)], &[]);
        let root = &document.root;
        assert_eq!(root["a"]["$ref"], "#/b");
        assert_eq!(root["b"]["$ref"], "#/files/other.yaml/c");
        assert_eq!(*resolve(root, &root["a"]), json!({"type": "string"}));
    }

    #[test]
    fn path_has_the_prefix_of_the_server() {
        let text = json!({
            "servers": [{"url": "https://api.vipps.no/toy/"}],
            "paths": {"/v1/{id}": {"get": {"operationId": "getToy"}}},
        });
        let document = Document::new(&text.to_string(), &[], &[]);
        let operation = document.operation("get_toy").unwrap();
        assert_eq!(operation.path, "/toy/v1/{id}");
    }

    /// The documents are those of the repository, without the changes that the build makes for the
    /// client.
    #[test]
    fn documents_are_the_vendored_files() {
        for (built, file) in [
            (
                include_str!(concat!(env!("OUT_DIR"), "/access-token.source.json")),
                include_str!("../../../openapi/access-token.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/ecom.source.json")),
                include_str!("../../../openapi/ecom.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/epayment.source.json")),
                include_str!("../../../openapi/epayment.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/ms_import.source.json")),
                include_str!("../../../openapi/ms_import.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/qr.source.json")),
                include_str!("../../../openapi/qr.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/userinfo.source.json")),
                include_str!("../../../openapi/userinfo.yaml"),
            ),
            (
                include_str!(concat!(env!("OUT_DIR"), "/webhooks.source.json")),
                include_str!("../../../openapi/webhooks.yaml"),
            ),
        ] {
            let vendored: Value = yaml_serde::from_str(file).unwrap();
            assert!(parse(built) == vendored, "{}", &file[..80]);
        }
    }
}
