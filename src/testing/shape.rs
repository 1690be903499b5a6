//! The shape of a request: a canonical text without secrets.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use serde_json::Value;

use super::redact::Redactor;
use crate::raw::{self, Endpoint};

/// A request as a text without secrets: method, path, query, headers and body, each in a stable
/// order. [`Recorder::requests`](super::Recorder::requests) returns the requests of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestShape {
    operation: Option<&'static str>,
    text: String,
}

/// The headers whose values are shown, in this order. The values of others are hidden.
const SHOWN_HEADERS: [&str; 12] = [
    "accept",
    "content-type",
    "size",
    "authorization",
    "ocp-apim-subscription-key",
    "merchant-serial-number",
    "vipps-system-name",
    "vipps-system-version",
    "vipps-system-plugin-name",
    "vipps-system-plugin-version",
    "x-request-id",
    "idempotency-key",
];

/// The headers that are omitted, because the transport adds them or each release of this crate
/// changes them.
const OMITTED_HEADERS: [&str; 3] = ["host", "content-length", "user-agent"];

impl RequestShape {
    pub(super) fn new(request: &http::Request<Bytes>, redactor: &mut Redactor) -> Self {
        let path = request.uri().path();
        let operation = endpoint(request.method().as_str(), path);
        // Secrets are collected first, so that they are hidden in every other part of the request.
        let authorization = request
            .headers()
            .get_all("authorization")
            .iter()
            .map(|value| authorization(&String::from_utf8_lossy(value.as_bytes()), redactor))
            .collect();
        let mut body = Body::read(request.body());
        body.hide(redactor);
        let path = &hide_customer(operation, path, redactor);
        let merchant_ids = merchant_ids(operation, path, &body);

        let mut text = format!("{} {}\n", request.method(), {
            self::path(operation, path, &merchant_ids, redactor)
        });
        if let Some(operation) = operation.filter(|o| o.path != path) {
            let _ = writeln!(text, "  as {}", operation.path);
        }
        text += &query(
            request.uri().query().unwrap_or_default(),
            &merchant_ids,
            redactor,
        );
        text += &headers(request.headers(), authorization, redactor);
        text += &body.show(&merchant_ids, redactor);
        Self {
            operation: operation.map(|o| o.id),
            text,
        }
    }

    /// Returns the id of the operation in snake case; `None` if no document describes the request.
    pub fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// Returns the text of the request.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RequestShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn authorization(value: &str, redactor: &mut Redactor) -> String {
    match value.split_once(' ') {
        Some((scheme, token)) => format!("{scheme} {}", redactor.secret("token", token)),
        None => redactor.secret("token", value),
    }
}

/// Returns the ids that the merchant chose. The request shows them, so they are shown in URLs too.
fn merchant_ids(operation: Option<&Endpoint>, path: &str, body: &Body) -> Vec<String> {
    let template = operation.map_or("", |o| o.path);
    let in_path = template
        .rsplit('/')
        .zip(path.rsplit('/'))
        .filter(|(template, _)| template.starts_with('{'))
        .map(|(_, segment)| segment);
    let in_body = [
        "/transaction/orderId",
        "/merchantInfo/merchantSerialNumber",
        "/id",
    ];
    let in_body = in_body.into_iter().filter_map(|pointer| body.text(pointer));
    in_path.chain(in_body).map(str::to_owned).collect()
}

/// Replaces the customer's id in a path, which is personal data and not an id of the merchant.
fn hide_customer(operation: Option<&Endpoint>, path: &str, redactor: &mut Redactor) -> String {
    let template = operation.map_or("", |o| o.path);
    let is_customer = template.rsplit('/').next() == Some("{sub}");
    match path.rsplit_once('/') {
        Some((rest, sub)) if is_customer => format!("{rest}/{}", redactor.secret("sub", sub)),
        _ => path.to_owned(),
    }
}

fn path(
    operation: Option<&Endpoint>,
    path: &str,
    merchant_ids: &[String],
    redactor: &mut Redactor,
) -> String {
    if operation.is_some() {
        return redactor.replace_secrets(path);
    }
    let segments: Vec<_> = path
        .split('/')
        .map(|s| redactor.segment(s, merchant_ids))
        .collect();
    segments.join("/")
}

fn query(query: &str, merchant_ids: &[String], redactor: &mut Redactor) -> String {
    let mut members: Vec<_> = query.split('&').filter(|q| !q.is_empty()).collect();
    members.sort_unstable();
    members.into_iter().fold(String::new(), |mut text, member| {
        let _ = writeln!(text, "  ? {}", redactor.parameter(member, merchant_ids));
        text
    })
}

fn headers(
    headers: &http::HeaderMap,
    authorization: Vec<String>,
    redactor: &mut Redactor,
) -> String {
    let mut text = String::new();
    let mut authorization = authorization.into_iter();
    for name in SHOWN_HEADERS {
        for value in headers.get_all(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = match name {
                "authorization" => authorization.next().unwrap_or_default(),
                "ocp-apim-subscription-key" => "[subscription key]".to_owned(),
                "x-request-id" | "idempotency-key" => {
                    redactor.placeholder("idempotency key", &value)
                }
                _ => redactor.replace_secrets(&value),
            };
            let _ = writeln!(text, "{name}: {shown}");
        }
    }
    let known = |name: &&str| SHOWN_HEADERS.contains(name) || OMITTED_HEADERS.contains(name);
    let mut others: Vec<_> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| !known(name))
        .collect();
    others.sort_unstable();
    for name in others {
        let _ = writeln!(text, "{name}: [hidden]");
    }
    text
}

enum Body {
    Empty,
    Json(Value),
    Other(usize),
}

impl Body {
    fn read(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                // serde_json sorts members unless another crate enables its feature
                // `preserve_order`.
                value.sort_all_objects();
                Self::Json(value)
            }
            Err(_) => Self::Other(bytes.len()),
        }
    }

    fn hide(&mut self, redactor: &mut Redactor) {
        if let Self::Json(value) = self {
            redactor.hide_json(value);
        }
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        match self {
            Self::Json(value) => value.pointer(pointer)?.as_str(),
            _ => None,
        }
    }

    fn show(self, merchant_ids: &[String], redactor: &mut Redactor) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Json(mut value) => {
                redactor.show_json(&mut value, merchant_ids);
                value.sort_all_objects();
                format!("\n{value:#}\n")
            }
            Self::Other(length) => format!("\n[{length} bytes that are not JSON]\n"),
        }
    }
}

/// Returns the endpoint whose path template matches. The template with the fewest parameters takes
/// precedence.
fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    let variables = |endpoint: &&Endpoint| endpoint.path.matches('{').count();
    raw::endpoints()
        .filter(|endpoint| endpoint.method == method && matches_template(endpoint.path, path))
        .min_by_key(variables)
}

fn matches_template(template: &str, path: &str) -> bool {
    // Compared from the end, because a base URL may have a path prefix.
    let mut segments = path.rsplit('/');
    template.rsplit('/').filter(|t| !t.is_empty()).all(|t| {
        segments
            .next()
            .is_some_and(|segment| t == segment || (t.starts_with('{') && !segment.is_empty()))
    })
}
