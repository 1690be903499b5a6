//! Headers that belong to the client, not to the single call.
//!
//! Credentials, system names, the serial number and the idempotency key are the same for every call
//! of a client. As parameters they would have to be passed to every call, or be sent twice.

use serde_json::Value;

use super::super::super::document::{Document, note, text};
use super::super::super::error::Error;

/// The key under which an operation keeps the name of the header of its idempotency key, which is
/// no parameter.
pub(crate) const KEY: &str = "x-idempotency-key";

/// The headers of an idempotency key. Newer APIs use the first, and may have the second for logs.
const KEYS: [&str; 2] = ["idempotency-key", "x-request-id"];
const HEADERS: [&str; 6] = [
    "authorization",
    "content-type",
    "ocp-apim-subscription-key",
    "merchant-serial-number",
    "client_id",
    "client_secret",
];
const PREFIX: &str = "vipps-system-";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, _, operation| {
        let Some(Value::Array(parameters)) = operation.get_mut("parameters") else {
            return Ok(());
        };
        let mut removed = Vec::new();
        parameters.retain(|parameter| {
            let name = text(parameter, "name").unwrap_or_default();
            let strip = text(parameter, "in") == Some("header") && is_the_clients(name);
            if strip {
                removed.push(name.to_owned());
            }
            !strip
        });
        if parameters.is_empty() {
            operation.remove("parameters");
        }
        let is_gone = |key: &&str| removed.iter().any(|name| name.eq_ignore_ascii_case(key));
        if let Some(key) = KEYS.into_iter().find(is_gone) {
            operation.insert(KEY.to_owned(), key.into());
        }
        if !removed.is_empty() {
            notes.push(note(
                format!("{pointer}/parameters"),
                format!("set by the client: {}", removed.join(", ")),
            ));
        }
        Ok(())
    })
}

fn is_the_clients(name: &str) -> bool {
    let name = name.to_lowercase();
    HEADERS.contains(&name.as_str()) || KEYS.contains(&name.as_str()) || name.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn headers_of_the_client_are_removed_in_any_case() {
        let document = becomes(
            apply,
            "paths: {/a: {get: {parameters: [{name: AUTHORIZATION, in: header}, {name: Accept, in: header}, {name: Vipps-System-Name, in: header}, {name: X-Request-Id, in: header}]}, put: {parameters: [{name: Content-Type, in: header}]}}}",
            "paths: {/a: {get: {parameters: [{name: Accept, in: header}], x-idempotency-key: x-request-id}, put: {}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn the_name_of_the_idempotency_header_is_recorded() {
        becomes(
            apply,
            "paths: {/a: {post: {parameters: [{name: X-Request-Id, in: header}, {name: IDEMPOTENCY-KEY, in: header}]}}}",
            "paths: {/a: {post: {x-idempotency-key: idempotency-key}}}",
        );
    }

    #[test]
    fn parameters_of_the_call_stay() {
        leaves(
            apply,
            "paths: {/a: {get: {parameters: [{name: Size, in: header}, {name: client_id, in: query}]}}}",
        );
    }
}
