//! The canonical text of a request.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use serde_json::Value;

use super::redact::Names;
use crate::raw::{self, Operation};

/// What a request looks like, without anything secret: method, path, query, headers and body, each in a stable order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestShape {
    operation: Option<&'static str>,
    text: String,
}

/// Headers whose values are shown, in this order. Others are named, and their values hidden.
const SHOWN: [&str; 11] = [
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
];

/// Headers that the transport makes, or that change with every release of this crate.
const LEFT_OUT: [&str; 3] = ["host", "content-length", "user-agent"];

impl RequestShape {
    pub(super) fn new(request: &http::Request<Bytes>, names: &mut Names) -> Self {
        let path = request.uri().path();
        let operation = operation(request.method().as_str(), path);
        let mut text = format!("{} {path}\n", request.method());
        if let Some(operation) = operation.filter(|o| o.path != path) {
            let _ = writeln!(text, "  as {}", operation.path);
        }
        let mut query: Vec<_> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|q| !q.is_empty())
            .collect();
        query.sort_unstable();
        for member in query {
            let _ = writeln!(text, "  ? {member}");
        }
        let headers = request.headers();
        for name in SHOWN {
            for value in headers.get_all(name) {
                let value = String::from_utf8_lossy(value.as_bytes());
                let shown = match name {
                    "authorization" => match value.split_once(' ') {
                        Some((scheme, token)) => format!("{scheme} {}", names.name("token", token)),
                        None => names.name("token", &value),
                    },
                    "ocp-apim-subscription-key" => "[subscription key]".to_owned(),
                    "x-request-id" => names.name("idempotency key", &value),
                    _ => value.into_owned(),
                };
                let _ = writeln!(text, "{name}: {shown}");
            }
        }
        let known = |name: &str| SHOWN.contains(&name) || LEFT_OUT.contains(&name);
        let mut others: Vec<_> = headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| !known(name))
            .collect();
        others.sort_unstable();
        for name in others {
            let _ = writeln!(text, "{name}: [hidden]");
        }
        if !request.body().is_empty() {
            text += "\n";
            text += &body(request.body(), names);
            text += "\n";
        }
        Self {
            operation: operation.map(|o| o.id),
            text,
        }
    }

    /// The operation's id in snake case, when the request is one of the documents' operations.
    pub fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RequestShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn body(bytes: &[u8], names: &mut Names) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
        return format!("[{} bytes that are not JSON]", bytes.len());
    };
    // serde_json keeps members sorted, so equal bodies have equal texts.
    value.sort_all_objects();
    names.in_json(&mut value);
    format!("{value:#}")
}

/// The operation whose path template fits, the most literal one first.
fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let all = [
        raw::access_token::OPERATIONS,
        raw::ecom::OPERATIONS,
        raw::qr::OPERATIONS,
    ];
    let variables = |o: &&Operation| o.path.matches('{').count();
    all.into_iter()
        .flatten()
        .filter(|o| o.method == method && fits(o.path, path))
        .min_by_key(variables)
}

fn fits(template: &str, path: &str) -> bool {
    // A base URL may have a prefix, so that the template is compared from the end.
    let mut steps = path.rsplit('/');
    template.rsplit('/').filter(|t| !t.is_empty()).all(|t| {
        steps
            .next()
            .is_some_and(|step| t == step || (t.starts_with('{') && !step.is_empty()))
    })
}
