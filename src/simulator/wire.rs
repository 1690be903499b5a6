//! What goes into the core and what comes out of it: plain data, no socket.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Percent-encoded, as sent.
    pub(crate) path: String,
    /// Without the question mark, percent-encoded, as sent.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's text, trimmed; a value that is no text counts as absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The first query parameter of that name in any case, decoded: guide and
    /// spec spell some of them differently.
    pub(crate) fn query_parameter(&self, name: &str) -> Option<String> {
        parameter(self.query.as_deref()?, name)
    }
}

/// Reads one parameter out of a query string.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(key)?
            .eq_ignore_ascii_case(name)
            .then(|| decode(value))
            .flatten()
    })
}

/// Percent-decodes; `None` when the result is no UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// An answer. Its status and headers are of the types that are sent, so that no answer is replaced
/// by another one on the way out.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Body,
    /// Why this answer need not fit the vendored spec: Vipps is known to
    /// answer like this all the same.
    pub(crate) departs: Option<&'static str>,
    /// What the journal should say about this exchange.
    pub(crate) note: Option<String>,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Raw(&'static str, Bytes),
}

impl Response {
    pub(crate) fn new(status: StatusCode, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            departs: None,
            note: None,
        }
    }

    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self::new(status, Body::Json(body))
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, Body::Empty)
    }

    pub(crate) fn raw(
        status: StatusCode,
        media_type: &'static str,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::new(status, Body::Raw(media_type, bytes.into()))
    }

    /// Marks an answer that follows the wire where the spec says otherwise.
    pub(crate) fn departing(mut self, why: &'static str) -> Self {
        self.departs = Some(why);
        self
    }

    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With the body as it goes over the wire, so that it is put together once.
    pub(crate) fn ready(mut self) -> Self {
        if let (Some(media_type), bytes) = self.encoded() {
            self.body = Body::Raw(media_type, bytes);
        }
        self
    }

    /// The body's bytes and media type as they go over the wire.
    pub(crate) fn encoded(&self) -> (Option<&'static str>, Bytes) {
        match &self.body {
            Body::Empty => (None, Bytes::new()),
            Body::Json(value) => (
                Some("application/json;charset=UTF-8"),
                Bytes::from(value.to_string()),
            ),
            Body::Raw(media_type, bytes) => (Some(media_type), bytes.clone()),
        }
    }
}
