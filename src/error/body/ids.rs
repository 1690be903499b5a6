//! The id under which Vipps MobilePay's support finds a request.

use serde_json::{Map, Value};

use super::clean;
use super::json::member;

/// The names in bodies, most useful first. Capitals, `_` and `-` do not count.
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

/// RFC 9457 allows a path as `instance`, and the webhooks API sends one. A path identifies no request.
pub(crate) fn is_path(id: &str) -> bool {
    id.starts_with('/')
}

/// The best id of a body, which is a path only if there is nothing else.
pub(super) fn in_body(body: &Value) -> Option<String> {
    let mut level = vec![body];
    let mut path = None;
    for _ in 0..LEVELS {
        let objects = || level.iter().filter_map(|value| value.as_object());
        for id in NAMES
            .iter()
            .flat_map(|name| objects().filter_map(|o| named(o, name)))
        {
            if !is_path(&id) {
                return Some(id);
            }
            path = path.or(Some(id));
        }
        level = level.into_iter().flat_map(children).collect();
    }
    path
}

pub(crate) fn in_headers(headers: &http::HeaderMap) -> Option<String> {
    let texts = HEADERS
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok());
    texts.map(clean::id).find(|id| !id.is_empty())
}

fn named(object: &Map<String, Value>, wanted: &str) -> Option<String> {
    let is_wanted = |name: &str| {
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
        letters.map(|b| b.to_ascii_lowercase()).eq(wanted.bytes())
    };
    let mut names = object.keys().filter(|name| is_wanted(name));
    names.find_map(|name| member(object, name, clean::id))
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(list) => list.iter().collect(),
        _ => Vec::new(),
    }
}
