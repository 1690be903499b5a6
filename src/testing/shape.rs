//! The canonical text of a request.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use serde_json::Value;

use super::redact::Redactor;
use crate::raw::{self, Endpoint};

/// What a request looks like, without anything secret: method, path, query, headers and body, each in a stable order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestShape {
    operation: Option<&'static str>,
    text: String,
}

/// Headers whose values are shown, in this order. Others are named, and their values hidden.
const SHOWN: [&str; 12] = [
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

/// Headers that the transport makes, or that change with every release of this crate.
const LEFT_OUT: [&str; 3] = ["host", "content-length", "user-agent"];

impl RequestShape {
    pub(super) fn new(request: &http::Request<Bytes>, redactor: &mut Redactor) -> Self {
        let path = request.uri().path();
        let operation = endpoint(request.method().as_str(), path);
        // What is secret is found first, so that it is hidden wherever else it stands.
        let authorization = request
            .headers()
            .get_all("authorization")
            .iter()
            .map(|value| authorization(&String::from_utf8_lossy(value.as_bytes()), redactor))
            .collect();
        let mut body = Body::read(request.body());
        body.hide(redactor);
        let plain = plain(operation, path, &body);

        let mut text = format!("{} {}\n", request.method(), {
            self::path(operation, path, &plain, redactor)
        });
        if let Some(operation) = operation.filter(|o| o.path != path) {
            let _ = writeln!(text, "  as {}", operation.path);
        }
        text += &query(request.uri().query().unwrap_or_default(), &plain, redactor);
        text += &headers(request.headers(), authorization, redactor);
        text += &body.show(&plain, redactor);
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

fn authorization(value: &str, redactor: &mut Redactor) -> String {
    match value.split_once(' ') {
        Some((scheme, token)) => format!("{scheme} {}", redactor.secret("token", token)),
        None => redactor.secret("token", value),
    }
}

/// What the request shows anyway, so that it may be seen in its URLs too: the ids that the merchant gave.
fn plain(operation: Option<&Endpoint>, path: &str, body: &Body) -> Vec<String> {
    let template = operation.map_or("", |o| o.path);
    let in_path = template
        .rsplit('/')
        .zip(path.rsplit('/'))
        .filter(|(template, _)| template.starts_with('{'))
        .map(|(_, step)| step);
    let in_body = [
        "/transaction/orderId",
        "/merchantInfo/merchantSerialNumber",
        "/id",
    ];
    let in_body = in_body.into_iter().filter_map(|pointer| body.text(pointer));
    in_path.chain(in_body).map(str::to_owned).collect()
}

fn path(
    operation: Option<&Endpoint>,
    path: &str,
    plain: &[String],
    redactor: &mut Redactor,
) -> String {
    if operation.is_some() {
        return redactor.scrub(path);
    }
    let steps: Vec<_> = path.split('/').map(|s| redactor.step(s, plain)).collect();
    steps.join("/")
}

fn query(query: &str, plain: &[String], redactor: &mut Redactor) -> String {
    let mut members: Vec<_> = query.split('&').filter(|q| !q.is_empty()).collect();
    members.sort_unstable();
    members.into_iter().fold(String::new(), |mut text, member| {
        let _ = writeln!(text, "  ? {}", redactor.parameter(member, plain));
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
    for name in SHOWN {
        for value in headers.get_all(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = match name {
                "authorization" => authorization.next().unwrap_or_default(),
                "ocp-apim-subscription-key" => "[subscription key]".to_owned(),
                "x-request-id" | "idempotency-key" => redactor.name("idempotency key", &value),
                _ => redactor.scrub(&value),
            };
            let _ = writeln!(text, "{name}: {shown}");
        }
    }
    let known = |name: &&str| SHOWN.contains(name) || LEFT_OUT.contains(name);
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
                // serde_json keeps members sorted unless another crate of the build tells it otherwise.
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

    fn show(self, plain: &[String], redactor: &mut Redactor) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Json(mut value) => {
                redactor.show_json(&mut value, plain);
                value.sort_all_objects();
                format!("\n{value:#}\n")
            }
            Self::Other(length) => format!("\n[{length} bytes that are not JSON]\n"),
        }
    }
}

/// The endpoint whose path template fits, the most literal one first.
fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    let variables = |endpoint: &&Endpoint| endpoint.path.matches('{').count();
    raw::endpoints()
        .filter(|endpoint| endpoint.method == method && fits(endpoint.path, path))
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
