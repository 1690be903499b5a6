//! Endpoints that the merchant serves and the API calls.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::document::{
    Document, METHODS, Note, SCHEMA_REF, escape, note, object, schema_ref, text,
};
use super::super::error::Error;
use super::super::merchant::{is_merchant_path, is_merchant_tag, prefix_names};
use super::super::names;
use super::super::reachability::MERCHANT;

pub(crate) const NAME: &str = "lift-merchant-endpoints";
pub(crate) const REASON: &str = "callbacks and merchant-side paths are served by the merchant: the client must not offer them, but needs the types of their bodies";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let prefixes = prefix_names(&document.root);
    let tags: Vec<String> = document
        .root
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tag| {
            Some((
                text(tag, "name")?,
                text(tag, "description").unwrap_or_default(),
            ))
        })
        .filter(|(name, description)| is_merchant_tag(name, description))
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut lifted = Vec::new();
    let mut notes = Vec::new();
    if let Some(Value::Object(paths)) = document.root.get_mut("paths") {
        paths.retain(|path, item| {
            if path.starts_with("x-") {
                return false;
            }
            let pointer = format!("/paths/{}", escape(path));
            if is_merchant_path(path, &prefixes) {
                lift_item(item, &mut lifted);
                notes.push(note(pointer, "lifted: the merchant serves it"));
                return false;
            }
            lift_operations(item, &pointer, &tags, &mut lifted, &mut notes);
            true
        });
    }
    if let Some(Value::Object(webhooks)) = object(&mut document.root).remove("webhooks") {
        for (name, mut item) in webhooks {
            lift_item(&mut item, &mut lifted);
            notes.push(note(
                format!("/webhooks/{}", escape(&name)),
                "lifted: the merchant serves it",
            ));
        }
    }
    document.add_notes(notes);
    keep_payloads(document, lifted);
    Ok(())
}

/// Removes callbacks, and operations with a tag of the merchant, from a path item.
fn lift_operations(
    item: &mut Value,
    pointer: &str,
    tags: &[String],
    lifted: &mut Vec<Value>,
    notes: &mut Vec<Note>,
) {
    let Value::Object(item) = item else { return };
    for method in METHODS {
        let Some(operation) = item.get_mut(method) else {
            continue;
        };
        if let Some(Value::Object(callbacks)) = operation
            .as_object_mut()
            .and_then(|map| map.remove("callbacks"))
        {
            for (_, callback) in callbacks {
                for (_, mut callback_item) in callback.as_object().cloned().unwrap_or_default() {
                    lift_item(&mut callback_item, lifted);
                }
            }
            notes.push(note(
                format!("{pointer}/{method}/callbacks"),
                "lifted: the merchant serves them",
            ));
        }
        let own: Vec<&str> = operation
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let merchant = !own.is_empty()
            && own
                .iter()
                .all(|tag| is_merchant_tag(tag, "") || tags.iter().any(|t| t == tag));
        if merchant {
            if let Some(operation) = item.remove(method) {
                lifted.push(operation);
            }
            notes.push(note(
                format!("{pointer}/{method}"),
                "lifted: its tag marks it as the merchant's",
            ));
        }
    }
}

fn lift_item(item: &mut Value, lifted: &mut Vec<Value>) {
    let Value::Object(item) = item else { return };
    lifted.extend(METHODS.iter().filter_map(|method| item.remove(*method)));
}

/// Keeps the schemas of lifted operations: components stay, inline ones become components.
fn keep_payloads(document: &mut Document, lifted: Vec<Value>) {
    let mut messages: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for operation in lifted {
        let id = text(&operation, "operationId")
            .unwrap_or("merchantEndpoint")
            .to_owned();
        let responses = operation.get("responses").and_then(Value::as_object);
        let carriers = operation
            .get("requestBody")
            .map(|body| ("received", body, "Body"))
            .into_iter()
            .chain(
                responses
                    .into_iter()
                    .flatten()
                    .map(|(_, response)| ("sent", response, "Response")),
            );
        for (direction, carrier, end) in carriers {
            for schema in payloads(carrier) {
                if let Some(name) = keep(document, schema, &format!("{id}{end}")) {
                    let reference = json!({ "$ref": format!("{SCHEMA_REF}{name}") });
                    let known = messages.entry(direction).or_default();
                    if !known.contains(&reference) {
                        known.push(reference);
                    }
                }
            }
        }
    }
    if !messages.is_empty() {
        object(&mut document.root).insert(MERCHANT.to_owned(), json!(messages));
    }
}

/// Returns the schemas of a body or response.
fn payloads(carrier: &Value) -> impl Iterator<Item = &Value> {
    let content = carrier.get("content").and_then(Value::as_object);
    let media = content.into_iter().flat_map(Map::values);
    media.filter_map(|media| media.get("schema"))
}

/// Returns the component of the schema. An inline schema that describes an object becomes one.
fn keep(document: &mut Document, schema: &Value, wanted: &str) -> Option<String> {
    if let Some(name) = schema_ref(schema) {
        return Some(name.to_owned());
    }
    let described = ["properties", "oneOf", "anyOf", "allOf", "items"]
        .iter()
        .any(|keyword| schema.get(keyword).is_some());
    if !described {
        return None;
    }
    let schemas = document.schemas_mut();
    if let Some((name, _)) = schemas.iter().find(|(_, known)| *known == schema) {
        return Some(name.clone());
    }
    let name = names::free(&names::pascal(wanted), |name| schemas.contains_key(name));
    schemas.insert(name.clone(), schema.clone());
    document.note(
        format!("/components/schemas/{}", escape(&name)),
        "payload of a merchant-side endpoint",
    );
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn merchant_paths_are_lifted_and_their_payloads_stay() {
        let document = becomes(
            apply,
            "
            paths:
              '[callbackPrefix]/v2/payments/{orderId}':
                post: {operationId: notify, requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/News'}}}}}
              /consentPrefix/v2/x:
                post:
                  operationId: ask
                  responses: {'200': {content: {application/json: {schema: {properties: {cost: {type: string}}}}}}}
              /v2/payments: {post: {operationId: pay}}
            components: {schemas: {News: {type: object}, Start: {properties: {consentPrefix: {type: string}}}}}
            ",
            "
            paths: {/v2/payments: {post: {operationId: pay}}}
            components:
              schemas:
                News: {type: object}
                Start: {properties: {consentPrefix: {type: string}}}
                AskResponse: {properties: {cost: {type: string}}}
            x-merchant-messages: {received: [{$ref: '#/components/schemas/News'}], sent: [{$ref: '#/components/schemas/AskResponse'}]}
            ",
        );
        assert_eq!(document.notes.len(), 3);
    }

    #[test]
    fn callbacks_are_lifted() {
        becomes(
            apply,
            "
            paths:
              /pay:
                post:
                  operationId: pay
                  callbacks: {told: {'{$request.body#/url}': {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/News'}}}}}}}}
            ",
            "{paths: {/pay: {post: {operationId: pay}}}, x-merchant-messages: {received: [{$ref: '#/components/schemas/News'}]}}",
        );
    }

    #[test]
    fn webhooks_are_lifted() {
        becomes(
            apply,
            "{webhooks: {told: {post: {operationId: told, requestBody: {content: {application/json: {schema: {properties: {a: {}}}}}}}}}, paths: {}}",
            "{paths: {}, components: {schemas: {ToldBody: {properties: {a: {}}}}}, x-merchant-messages: {received: [{$ref: '#/components/schemas/ToldBody'}]}}",
        );
    }

    #[test]
    fn operations_are_lifted_by_their_tag() {
        let document = run(
            apply,
            "
            tags: [{name: Hooks, description: These are implemented by the merchant.}]
            paths: {/a: {post: {tags: [Hooks]}, get: {tags: [Other]}}}
            ",
        )
        .unwrap();
        assert_eq!(
            document.root["paths"]["/a"],
            json!({ "get": { "tags": ["Other"] } })
        );
    }

    #[test]
    fn an_api_path_that_shares_a_property_name_stays() {
        leaves(
            apply,
            "
            tags: [{name: Merchant redirect QR}]
            paths: {/url/v1: {get: {tags: [Merchant redirect QR]}}}
            components: {schemas: {A: {properties: {url: {type: string}}}}}
            ",
        );
    }
}
