//! The id under which Vipps MobilePay's support finds a request.

use http::HeaderMap;
use serde_json::Value;

use super::json::{Object, text};
use super::sanitize;

/// The names in bodies, most useful first. Capitals, `_` and `-` are ignored.
const NAMES: [&str; 6] = [
    "contextid",
    "instance",
    "traceid",
    "correlationid",
    "requestid",
    "activityid",
];

/// The response headers, most useful first. The reference documents none; these are the ones of
/// Azure's gateways and of W3C trace context. `x-request-id` comes last, because it may repeat the
/// idempotency key of the request.
const HEADERS: [&str; 9] = [
    "x-correlation-id",
    "correlation-id",
    "x-trace-id",
    "traceparent",
    "x-ms-correlation-request-id",
    "x-ms-request-id",
    "x-azure-ref",
    "request-id",
    "x-request-id",
];

/// The levels of a body that are searched. Errors are wrapped twice at most.
const LEVELS: usize = 5;

/// Returns the most useful id of a response: from its body, or else from its headers.
///
/// RFC 9457 allows a URL or a path as `instance`, and the webhooks API sends a path. It identifies
/// no request, and the path of a Userinfo request contains the customer's id, so it is ignored.
pub(super) fn find(body: &Value, headers: &HeaderMap) -> Option<String> {
    let mut ids = in_body(body).filter(|id| !id.starts_with('/') && !id.contains("://"));
    let in_headers = HEADERS.iter().filter_map(|name| headers.get(*name));
    let in_headers = in_headers
        .filter_map(|value| value.to_str().ok())
        .map(sanitize::id)
        .find(|id| !id.is_empty());
    ids.next().or(in_headers)
}

/// Returns all ids of a body: the outermost level first, and the most useful first within a level.
fn in_body(body: &Value) -> impl Iterator<Item = String> {
    let levels = std::iter::successors(Some(vec![body]), |level| {
        Some(level.iter().copied().flat_map(children).collect())
    });
    levels.take(LEVELS).flat_map(|level| {
        let objects: Vec<_> = level.into_iter().filter_map(Value::as_object).collect();
        let named = move |name| {
            objects
                .clone()
                .into_iter()
                .flat_map(move |o| named(o, name))
        };
        NAMES.into_iter().flat_map(named)
    })
}

fn named<'a>(object: &'a Object, normalized: &'a str) -> impl Iterator<Item = String> + 'a {
    let matches = move |name: &&String| {
        let alphanumeric = name.bytes().filter(u8::is_ascii_alphanumeric);
        alphanumeric
            .map(|b| b.to_ascii_lowercase())
            .eq(normalized.bytes())
    };
    let names = object.keys().filter(matches);
    names.filter_map(|name| text(object, name, sanitize::id))
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(list) => list.iter().collect(),
        _ => Vec::new(),
    }
}
