//! A vendored document: its operations, and what the simulator checks against it.

use std::fmt;
use std::sync::OnceLock;

use http::Method;
use serde_json::Value;

use super::contract::{self, Checks};

/// The methods that a path can have.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::PATCH,
];

/// A document with the simulator's exceptions applied.
pub(crate) struct Document {
    pub(super) root: Value,
    pub(super) operations: Vec<DocumentedOperation>,
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
    /// The path with the server's prefix.
    pub(super) path: String,
    pub(super) has_body: bool,
    checks: OnceLock<Result<Checks, String>>,
}

impl fmt::Debug for DocumentedOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.id, self.method, self.path)
    }
}

impl Document {
    /// Reads a document and applies `exceptions` to it. Panics if the document that the build made
    /// cannot be read, because every operation would otherwise return 501.
    #[allow(clippy::panic, reason = "a broken build, not a broken request")]
    pub(crate) fn new(name: &str, text: &str, exceptions: fn(&mut Value)) -> Self {
        let mut root = match serde_json::from_str(text) {
            Ok(root @ Value::Object(_)) => root,
            Ok(_) => panic!("the document {name}: must be a JSON object"),
            Err(error) => panic!("the document {name}: {error}"),
        };
        exceptions(&mut root);
        let mut operations = Vec::new();
        for (path, item) in root["paths"].as_object().into_iter().flatten() {
            for method in METHODS {
                let key = method.as_str().to_ascii_lowercase();
                if let Some(id) = item[&key]["operationId"].as_str() {
                    operations.push(DocumentedOperation {
                        id: id.to_owned(),
                        path: path.clone(),
                        has_body: !item[&key]["requestBody"].is_null(),
                        method,
                        checks: OnceLock::new(),
                    });
                }
            }
        }
        Self { root, operations }
    }

    /// Returns the operation whose id is `id`, except for case and underscores.
    pub(super) fn operation(&self, id: &str) -> Option<&DocumentedOperation> {
        let plain = |id: &str| id.replace('_', "").to_lowercase();
        let mut operations = self.operations.iter();
        operations.find(|operation| plain(&operation.id) == plain(id))
    }

    /// Returns the checks of an operation, compiled at its first call in this process.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "the document ecom: ")]
    fn unreadable_document_panics() {
        Document::new("ecom", "{\"paths\":", |_| {});
    }

    #[test]
    #[should_panic(expected = "the document qr: must be a JSON object")]
    fn document_that_is_no_object_panics() {
        Document::new("qr", "null", |_| {});
    }
}
