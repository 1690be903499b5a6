//! The schemas that requests and responses reach.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, schema_ref, unescape};

/// The key under which the pass lift-merchant keeps the requests (`received`) and the responses
/// (`sent`) of merchant-side endpoints.
pub(crate) const MERCHANT: &str = "x-merchant-messages";

/// Component schemas by direction.
#[derive(Debug, Default)]
pub(crate) struct Reachability {
    /// Reachable from a parameter, a request body or a response of the merchant.
    pub(crate) sent: BTreeSet<String>,
    /// Reachable from a successful response.
    pub(crate) received: BTreeSet<String>,
}

impl Reachability {
    pub(crate) fn of(document: &Document) -> Self {
        let mut reachability = Self::default();
        for place in document.operations() {
            for key in ["parameters", "requestBody"] {
                if let Some(value) = place.operation.get(key) {
                    follow(&document.root, value, &mut reachability.sent);
                }
            }
            let responses = place.operation.get("responses").and_then(Value::as_object);
            for (status, response) in responses.into_iter().flatten() {
                if is_success(status) {
                    follow(&document.root, response, &mut reachability.received);
                }
            }
        }
        for item in document
            .root
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(parameters) = item.1.get("parameters") {
                follow(&document.root, parameters, &mut reachability.sent);
            }
        }
        if let Some(responses) = document
            .root
            .get(MERCHANT)
            .and_then(|messages| messages.get("sent"))
        {
            follow(&document.root, responses, &mut reachability.sent);
        }
        reachability
    }

    /// Returns whether a request or a successful response contains the schema.
    pub(crate) fn is_reached(&self, component: &str) -> bool {
        self.sent.contains(component) || self.received.contains(component)
    }

    /// Returns whether the schema can be part of a response or a callback, or is referred to
    /// nowhere.
    ///
    /// Schemas of requests alone are strict. All others must accept what a server may send.
    pub(crate) fn is_read(&self, component: &str) -> bool {
        self.received.contains(component) || !self.sent.contains(component)
    }
}

pub(crate) fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

pub(crate) fn component<'a>(root: &'a Value, name: &str) -> Option<&'a Value> {
    root.pointer("/components/schemas")?.get(name)
}

/// Collects the components that `value` refers to, directly or not.
pub(crate) fn follow(root: &Value, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) = schema_ref(value)
                && found.insert(name.to_owned())
                && let Some(target) = component(root, name)
            {
                follow(root, target, found);
            }
            map.values().for_each(|inner| follow(root, inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| follow(root, inner, found)),
        _ => {}
    }
}

/// Returns whether the schema at this pointer can be part of a response.
pub(crate) fn read_at(reachability: &Reachability, pointer: &str) -> bool {
    match component_of(pointer) {
        Some(component) => reachability.is_read(&component),
        None => pointer.contains("/responses/"),
    }
}

/// Returns whether the schema at this pointer cannot be part of a request.
pub(crate) fn only_read_at(reachability: &Reachability, pointer: &str) -> bool {
    match component_of(pointer) {
        Some(component) => !reachability.sent.contains(&component),
        None => pointer.contains("/responses/"),
    }
}

/// Returns the component that holds the schema at this pointer.
pub(crate) fn component_of(pointer: &str) -> Option<String> {
    let name = pointer
        .strip_prefix("/components/schemas/")?
        .split('/')
        .next()?;
    Some(unescape(name))
}
