//! The requests and responses of the simulator as plain data, without a socket.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent, percent-encoded.
    pub(crate) path: String,
    /// The query as sent, percent-encoded, without the question mark.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Returns a header's text, trimmed. A value that is not text counts as missing.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// Returns the first query parameter with this name, decoded. Case is ignored, because guide
    /// and document spell some names differently.
    pub(crate) fn query_parameter(&self, name: &str) -> Option<String> {
        parameter(self.query.as_deref()?, name)
    }
}

/// Reads one parameter from a query string.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(key)?
            .eq_ignore_ascii_case(name)
            .then(|| decode(value))
            .flatten()
    })
}

/// Percent-decodes a text. Returns `None` if the result is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// The media type of problem details.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// A response. Its status and headers have the types that are sent, so that no response is replaced
/// by another when it is encoded.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    /// The media type of a JSON body.
    media_type: &'static str,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Body,
    /// The reason why this response may differ from the vendored document: Vipps is known to
    /// send it.
    pub(crate) deviation: Option<&'static str>,
    /// The remark in the journal about this exchange.
    pub(crate) note: Option<String>,
    /// The error code of the API in the body.
    pub(crate) error_code: Option<String>,
}

/// The body of a response.
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
            media_type: "application/json;charset=UTF-8",
            headers: Vec::new(),
            body,
            deviation: None,
            note: None,
            error_code: None,
        }
    }

    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self::new(status, Body::Json(body))
    }

    /// Returns a response with problem details (RFC 9457).
    pub(crate) fn problem(status: StatusCode, body: Value) -> Self {
        Self {
            media_type: PROBLEM,
            ..Self::json(status, body)
        }
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

    pub(crate) fn with_error_code(mut self, code: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self
    }

    /// Marks a response that Vipps is known to send although it differs from the document.
    pub(crate) fn deviating(mut self, reason: &'static str) -> Self {
        self.deviation = Some(reason);
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

    /// Encodes the body, so that it is encoded only once.
    pub(crate) fn ready(mut self) -> Self {
        if let (Some(media_type), bytes) = self.encoded() {
            self.body = Body::Raw(media_type, bytes);
        }
        self
    }

    /// Returns the body's media type and its encoded bytes.
    pub(crate) fn encoded(&self) -> (Option<&'static str>, Bytes) {
        match &self.body {
            Body::Empty => (None, Bytes::new()),
            Body::Json(value) => (Some(self.media_type), Bytes::from(value.to_string())),
            Body::Raw(media_type, bytes) => (Some(media_type), bytes.clone()),
        }
    }
}
