//! Reads the body of an error response.
//!
//! The APIs, their gateway, the login service and the proxies in between write errors in several
//! shapes, with unreliable content types. Therefore only the body counts. `shapes.rs` lists the
//! shapes. Reading never fails.

pub(super) mod shapes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::Value;

use super::api_error::ApiError;
use super::json::{self, Json, Object, get, text};
use super::{correlation_id, sanitize};
use crate::operation::ErrorCode;
use shapes::{SHAPES, is_by_field, is_conclusive, nested_errors, response_info};

/// The maximum number of errors of one response.
const MAX_ERRORS: usize = 32;
/// The maximum length of a plain text, in characters.
const MAX_TEXT: usize = 200;

/// The origin of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The response was cut, is empty, or is missing.
    Unclear,
    /// The API or its gateway made the response, and all of it was received. Only then does it
    /// state whether the request took effect.
    Api,
    /// Neither the API nor its gateway made the response.
    Foreign,
}

/// The contents of the body of an error response.
#[derive(Debug)]
pub(super) struct ErrorBody<'a> {
    /// At most 32.
    pub(super) errors: Vec<ApiError>,
    /// The message of the body itself, apart from its errors.
    text: Option<String>,
    pub(super) correlation_id: Option<String>,
    /// The id that is already in use, of HTTP 409 of the QR API.
    pub(super) conflict_id: Option<String>,
    pub(super) origin: Origin,
    status: u16,
    codes: &'a [&'static [ErrorCode]],
}

impl<'a> ErrorBody<'a> {
    /// Reads the body of a response that is an error by its status or by
    /// [`is_error`](super::success_body::is_error).
    pub(super) fn read(
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        codes: &'a [&'static [ErrorCode]],
    ) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let Json { value, is_complete } = json::read(text);
        let mut parsed = Self {
            errors: Vec::new(),
            text: None,
            correlation_id: correlation_id::find(&value, headers),
            conflict_id: None,
            origin: Origin::Unclear,
            status,
            codes,
        };
        match &value {
            Value::Array(list) if !list.is_empty() || is_complete => parsed.read_list(list),
            Value::Object(object) if !object.is_empty() || is_complete => {
                parsed.read_object(object);
            }
            _ => parsed.text = describe(status, text, body.len()),
        }
        let is_cut = !is_complete && text.starts_with(['{', '[']);
        parsed.origin = if is_cut || parsed.errors.len() > MAX_ERRORS {
            // The missing errors may contain a code that leaves the outcome open.
            Origin::Unclear
        } else if is_conclusive(status, &value) {
            Origin::Api
        } else if is_empty_of_gateway(status, text) {
            Origin::Unclear
        } else {
            Origin::Foreign
        };
        parsed.errors.truncate(MAX_ERRORS);
        parsed
    }

    /// Returns the text that describes the response if `errors` is empty: the message of the body,
    /// or else the meaning of the HTTP status.
    pub(super) fn message(&self) -> Cow<'static, str> {
        match &self.text {
            Some(text) => Cow::Owned(text.clone()),
            None => Cow::Borrowed(reason(self.status)),
        }
    }

    /// Returns whether one of the texts contains one of these words, which are in lower case.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        let errors = self.errors.iter().filter_map(ApiError::message);
        self.text.as_deref().into_iter().chain(errors).any(|text| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }

    /// Returns whether the gateway refused the request because the quota of the subscription key is
    /// used up.
    pub(super) fn is_over_quota(&self) -> bool {
        self.status == 403
            && self.errors.is_empty()
            && self.origin == Origin::Api
            && self.mentions(&["quota"])
    }

    /// Returns whether the response refuses the subscription key, and not possibly the access
    /// token.
    pub(super) fn is_about_subscription_key(&self) -> bool {
        self.mentions(&SUBSCRIPTION_KEY) && !self.mentions(&["token", "authorization", "bearer"])
    }

    fn push(&mut self, error: Option<ApiError>) {
        self.errors.extend(error);
    }

    /// Reads a list of errors or of texts.
    fn read_list(&mut self, list: &[Value]) {
        for value in list {
            match value {
                Value::Object(object) => match ApiError::from_object(object, self.codes) {
                    Some(error) => self.errors.push(error),
                    None => self.read_nested(object),
                },
                Value::String(text) => self.push(ApiError::new(None, filled(text))),
                _ => {}
            }
        }
    }

    fn read_object(&mut self, object: &Object) {
        if self.status == 409 {
            self.conflict_id = conflict_id(object);
        }
        let shape = SHAPES
            .iter()
            .find(|shape| (shape.matches)(object, self.status));
        if let Some(shape) = shape {
            (shape.read)(self, object);
        }
    }

    fn read_plain(&mut self, object: &Object) {
        self.read_nested(object);
        let text = |name| text(object, name, sanitize::message);
        self.text = text("message").or_else(|| text("error"));
    }

    fn read_problem(&mut self, object: &Object) {
        let title = text(object, "title", sanitize::message);
        let row = title
            .as_deref()
            .and_then(|title| ErrorCode::find(self.codes, None, title));
        let detail = text(object, "detail", sanitize::message);
        // ePayment: "See extraDetails for further details". The errors are read from there.
        let is_reference = |detail: &String| detail.starts_with("See extraDetails");
        self.text = joined(title, detail.filter(|detail| !is_reference(detail)));
        for error in &mut self.errors {
            error.or_message(self.text.as_ref());
        }
        if self.errors.is_empty() {
            let error = ApiError::new(None, self.text.clone());
            self.push(error.map(|error| error.explained(row)));
        }
    }

    /// The code of this shape is either the HTTP status or the gateway's own.
    fn read_response_info(&mut self, object: &Object) {
        let Some(info) = response_info(object) else {
            return;
        };
        let result = match get(object, "result") {
            Some(Value::Object(result)) => text(result, "message", sanitize::message),
            Some(Value::String(result)) => filled(result),
            _ => None,
        };
        let code = text(info, "responseCode", sanitize::label)
            .filter(|code| *code != self.status.to_string());
        let message = text(info, "responseMessage", sanitize::message);
        self.text = joined(code, joined(message, result));
    }

    /// Reads every member of an object that lists errors, under any name.
    fn read_nested(&mut self, object: &Object) {
        for (name, value) in nested_errors(object) {
            match value {
                Value::Array(list) => self.read_list(list),
                Value::Object(fields) => self.read_fields(fields),
                // The text of `error` alone is a label of the whole body.
                Value::String(text) if !name.eq_ignore_ascii_case("error") => {
                    self.push(ApiError::new(None, filled(text)));
                }
                _ => {}
            }
        }
    }

    /// Reads one error, or messages by field.
    fn read_fields(&mut self, fields: &Object) {
        if !is_by_field(fields)
            && let Some(error) = ApiError::from_object(fields, self.codes)
        {
            self.errors.push(error);
            return;
        }
        let before = self.errors.len();
        self.read_nested(fields);
        if self.errors.len() > before {
            return;
        }
        for (name, value) in fields {
            let texts = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in texts.iter().filter_map(Value::as_str) {
                self.push(ApiError::of_field(name, filled(text)));
            }
        }
    }
}

/// Words of a response that is about the subscription key.
pub(super) const SUBSCRIPTION_KEY: [&str; 3] = [
    "subscription key",
    "subscription-key",
    "subscription not found",
];

/// Returns the row of a response of the login service, which names its codes in a list and in the
/// text.
fn login_code(object: &Object, codes: &[&'static [ErrorCode]]) -> Option<&'static ErrorCode> {
    let description = get(object, "error_description").and_then(Value::as_str);
    // A code is a whole word: 7000222 (expired secret) starts like 70002 (wrong secret).
    let words = description
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_alphanumeric());
    let listed = get(object, "error_codes").and_then(Value::as_array);
    let listed: Vec<String> = listed
        .into_iter()
        .flatten()
        .map(|code| match code {
            Value::String(code) => code.trim().to_owned(),
            code => code.to_string(),
        })
        .map(|code| format!("AADSTS{}", code.trim_start_matches("AADSTS")))
        .collect();
    let candidates: Vec<&str> = words.chain(listed.iter().map(String::as_str)).collect();
    let mut rows = codes.iter().copied().flatten();
    rows.find(|row| candidates.contains(&row.code))
}

/// Returns the id exactly as it was received, because it is the name of something.
fn conflict_id(object: &Object) -> Option<String> {
    match get(object, "id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Returns whether a body is empty where the documents list a status without a body: the gateway
/// turns requests away with 401 and 429, and only an API sends 423.
fn is_empty_of_gateway(status: u16, text: &str) -> bool {
    text.is_empty() && matches!(status, 401 | 423 | 429)
}

/// Returns whether a body is a web page, which no API sends.
pub(super) fn is_page(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

/// Describes a body that is not JSON.
fn describe(status: u16, text: &str, bytes: usize) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let reason = reason(status);
    if text.starts_with('<') || text.contains("</") {
        return Some(format!("{reason} (an HTML page of {bytes} bytes)"));
    }
    // Broken JSON may contain personal data anywhere.
    if text.starts_with(['{', '[']) || text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return Some(format!("{reason} (an unreadable body of {bytes} bytes)"));
    }
    let message = sanitize::message(text.trim_matches('"'));
    Some(sanitize::cut(&message, MAX_TEXT)).filter(|text| !text.is_empty())
}

pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200..300 => "an error in a response whose status is a success",
        _ => http::StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("an unknown status"),
    }
}

fn filled(text: &str) -> Option<String> {
    Some(sanitize::message(text)).filter(|text| !text.is_empty())
}

fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Some(format!("{first}: {second}")),
        (first, second) => first.or(second),
    }
}
