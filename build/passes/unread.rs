//! Members that no later step reads.

use serde_json::{Map, Value};

use super::super::document::{Document, METHODS, is_in, object};
use super::super::error::Error;
use super::crate_types::is_mark;

pub(crate) const NAME: &str = "drop-unread";
pub(crate) const REASON: &str = "the generator does not use tags, security and similar members, and a mistake in one of them would stop it; a title would rename a type, and annotations would appear in its documentation";

const ROOT: &str = "openapi info paths components x-sensitive x-merchant-messages";
const INFO: &str = "title version description";
const OPERATION: &str =
    "operationId summary description parameters requestBody responses deprecated";
const PARAMETER: &str = "name in required description schema style explode";
/// Keywords of a schema that do not describe a value.
const ANNOTATIONS: &str =
    "discriminator example examples externalDocs readOnly title writeOnly xml";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let before: Vec<String> = object(&mut document.root).keys().cloned().collect();
    let root = object(&mut document.root);
    keep(root, ROOT);
    root.insert("openapi".to_owned(), "3.0.3".into());
    if let Some(Value::Object(info)) = root.get_mut("info") {
        keep(info, INFO);
    }
    if let Some(Value::Object(components)) = root.get_mut("components") {
        keep(components, "schemas");
    }
    if let Some(Value::Object(paths)) = root.get_mut("paths") {
        for item in paths.values_mut() {
            let item = object(item);
            keep(item, &METHODS.join(" "));
        }
    }
    let root = object(&mut document.root);
    let removed: Vec<String> = before
        .into_iter()
        .filter(|key| !root.contains_key(key))
        .collect();
    if !removed.is_empty() {
        document.note("", format!("left out: {}", removed.join(", ")));
    }
    document.each_schema(|_, schema| {
        if let Value::Object(schema) = schema {
            schema.retain(|keyword, _| {
                let is_extension = keyword.starts_with("x-") && !is_mark(keyword);
                !is_extension && !is_in(ANNOTATIONS, keyword)
            });
        }
        Vec::new()
    });
    document.each_operation(|_, _, _, operation| {
        keep(operation, OPERATION);
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            keep(object(parameter), PARAMETER);
        }
        if let Some(Value::Object(body)) = operation.get_mut("requestBody") {
            keep_carrier(body);
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (_, response) in responses.into_iter().flatten() {
            keep_carrier(object(response));
        }
        Ok(())
    })
}

fn keep_carrier(carrier: &mut Map<String, Value>) {
    keep(carrier, "description content");
    let content = carrier.get_mut("content").and_then(Value::as_object_mut);
    for (_, media) in content.into_iter().flatten() {
        keep(object(media), "schema");
    }
}

fn keep(map: &mut Map<String, Value>, keys: &str) {
    map.retain(|key, _| is_in(keys, key));
}

#[cfg(test)]
mod tests {
    use super::super::testing::becomes;
    use super::*;

    #[test]
    fn parts_that_are_not_read_are_removed() {
        becomes(
            apply,
            "{openapi: 3.0.0, tags: token, info: {title: A, version: '1', contact: 5}, paths: {/a: {summary: x, get: {tags: token, operationId: a, security: 5, responses: {'200': {headers: 5, description: ''}}}}}, components: {schemas: {A: {}}, securitySchemes: 5}}",
            "{openapi: 3.0.3, info: {title: A, version: '1'}, paths: {/a: {get: {operationId: a, responses: {'200': {description: ''}}}}}, components: {schemas: {A: {}}}}",
        );
    }

    #[test]
    fn annotations_are_removed_and_properties_stay() {
        becomes(
            apply,
            "openapi: 3.0.3\ncomponents: {schemas: {A: {title: T, x-sensitive: false, x-examples: {}, properties: {example: {type: integer, example: 4}, title: {type: string}}}}}",
            "openapi: 3.0.3\ncomponents: {schemas: {A: {x-sensitive: false, properties: {example: {type: integer}, title: {type: string}}}}}",
        );
    }
}
