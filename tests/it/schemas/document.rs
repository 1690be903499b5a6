//! The vendored documents, read without the build that generates the bindings from them.

use std::path::Path;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// A published document, defects included.
pub(crate) struct Document {
    pub(crate) root: Value,
    /// The prefix of each path.
    prefix: &'static str,
}

pub(crate) static ECOM: LazyLock<Document> = LazyLock::new(|| Document::read("ecom.yaml", ""));
pub(crate) static EPAYMENT: LazyLock<Document> =
    LazyLock::new(|| Document::read("epayment.yaml", "/epayment"));
pub(crate) static QR: LazyLock<Document> = LazyLock::new(|| Document::read("qr.yaml", "/qr"));
pub(crate) static USERINFO: LazyLock<Document> =
    LazyLock::new(|| Document::read("userinfo.yaml", ""));
pub(crate) static WEBHOOKS: LazyLock<Document> =
    LazyLock::new(|| Document::read("webhooks.yaml", "/webhooks"));

impl Document {
    fn read(file: &str, prefix: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("openapi")
            .join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let root = yaml_serde::from_str(&text).unwrap();
        Self { root, prefix }
    }

    pub(crate) fn component(&self, name: &str) -> &Value {
        let schema = &self.root["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is missing");
        schema
    }

    /// Follows a reference within the document.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let target = self.root.pointer(reference.trim_start_matches('#'));
                self.resolve(target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
            }
            None => schema,
        }
    }

    /// Returns the schema of the request body of this operation.
    fn body(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.strip_prefix(self.prefix)?;
        let matches_path = |template: &str| {
            let (ours, theirs): (Vec<_>, Vec<_>) =
                (path.split('/').collect(), template.split('/').collect());
            let same = |(ours, theirs): (&&str, &&str)| ours == theirs || theirs.starts_with('{');
            ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
        };
        let paths = self.root["paths"].as_object()?;
        let found = paths.iter().filter(|(template, _)| matches_path(template));
        let (_, item) = found.min_by_key(|(template, _)| template.matches('{').count())?;
        let body = self.resolve(&item[method.to_ascii_lowercase()]["requestBody"]);
        let media = body["content"].as_object()?.values().next()?;
        Some(&media["schema"])
    }

    /// Validates a value against a schema of this document, with unknown members forbidden.
    pub(crate) fn strict(&self, schema: &Value) -> Validator {
        let schemas = &self.root["components"]["schemas"];
        let root = json!({
            "allOf": [closed(schema)],
            "components": {"schemas": closed(schemas)},
        });
        // OpenAPI 3.0 has the keywords of draft 4.
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .should_validate_formats(false)
            .build(&root)
            .unwrap()
    }
}

/// Returns a strict validator for the body of this request, from the documents.
pub(crate) fn of_request(method: &str, path: &str) -> Validator {
    let of = |document: &Document| Some(document.strict(document.body(method, path)?));
    of(&QR)
        .or_else(|| of(&ECOM))
        .or_else(|| of(&EPAYMENT))
        .or_else(|| of(&WEBHOOKS))
        .unwrap_or_else(|| panic!("no document has a body for {method} {path}"))
}

/// Forbids unknown members, and translates `nullable` to JSON Schema.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(closed).collect(),
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), closed(value)))
                .collect();
            // No property is named `properties`.
            if out.contains_key("properties") {
                out.insert("additionalProperties".to_owned(), false.into());
            }
            if out.get("nullable") == Some(&json!(true)) {
                let kind = out["type"].clone();
                out.insert("type".to_owned(), json!([kind, "null"]));
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}
