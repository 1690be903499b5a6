//! Which schemas can stand in what is sent, and which in what is received.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, schema_ref};

/// Key under which the lift pass leaves what merchant-side endpoints are sent (`received`) and
/// reply (`sent`).
pub(crate) const MERCHANT: &str = "x-merchant-messages";

/// Component schemas by direction.
#[derive(Debug, Default)]
pub(crate) struct Reachability {
    /// Reachable from a parameter, a request body or a merchant's own reply.
    pub(crate) sent: BTreeSet<String>,
    /// Reachable from a success answer.
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
        if let Some(replies) = document
            .root
            .get(MERCHANT)
            .and_then(|messages| messages.get("sent"))
        {
            follow(&document.root, replies, &mut reachability.sent);
        }
        reachability
    }

    /// Can this schema be part of an answer, a callback, or of nothing we know of?
    ///
    /// What only stands in requests is checked strictly; all else is read, and reading must not
    /// fail on what a server may say.
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

/// Is what stands at this schema pointer read rather than sent?
pub(crate) fn read_at(reachability: &Reachability, pointer: &str) -> bool {
    match component_of(pointer) {
        Some(component) => reachability.is_read(&component),
        None => pointer.contains("/responses/"),
    }
}

/// Is what stands at this schema pointer read and never sent?
pub(crate) fn only_read_at(reachability: &Reachability, pointer: &str) -> bool {
    match component_of(pointer) {
        Some(component) => !reachability.sent.contains(&component),
        None => pointer.contains("/responses/"),
    }
}

/// The component that a schema pointer stands in, or the operation and status for others.
pub(crate) fn component_of(pointer: &str) -> Option<String> {
    let name = pointer
        .strip_prefix("/components/schemas/")?
        .split('/')
        .next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}
