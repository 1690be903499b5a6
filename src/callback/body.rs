//! The JSON bodies of callbacks and of the responses to them.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::CallbackError;
use crate::types::by_name;

/// Reads the JSON object of a callback.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, CallbackError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // The parser's message may quote personal data of the body. A `Value` keeps the last of two
    // members of the same name, which a struct refuses.
    let body: Value = serde_json::from_slice(body).map_err(|e| {
        let rule = format!("must be JSON; see line {}, column {}", e.line(), e.column());
        CallbackError::body("body", rule)
    })?;
    by_name::from_value(body).map_err(|_| CallbackError::body("body", "must be a JSON object"))
}

/// Returns a response of HTTP 200 with this JSON.
pub(super) fn json_response(json: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json));
    let media_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
