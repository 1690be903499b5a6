//! Reads the body of an answer that is an error.
//!
//! The APIs, their gateway, the login service and the proxies in between send a dozen shapes of body with as many ideas
//! of the content type, so this looks only at the body, takes what it knows, and never fails.

mod api_error;
pub(super) mod clean;
mod forms;
pub(crate) mod ids;
mod json;
mod success;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use api_error::{ApiError, ErrorGroup};
use forms::{details, is_by_field, is_login, is_problem, is_status_message, response_info};
use json::{get, has, member};
pub(crate) use success::is_error;

/// How many errors of one answer are kept.
const MAX_ERRORS: usize = 32;
/// How much of a plain text is shown.
const MAX_TEXT: usize = 200;

/// What the body of a failed answer says.
#[derive(Debug)]
pub(crate) struct ParsedBody {
    /// At most 32.
    pub(crate) errors: Vec<ApiError>,
    /// The best of the ids that support asks for.
    pub(crate) correlation_id: Option<String>,
    /// The id that is taken already, of the QR API's answer 409.
    pub(crate) conflict_id: Option<String>,
    /// Whether the API or its gateway made the body, and all of it came. Only then does it state
    /// what became of the request.
    pub(crate) is_conclusive: bool,
    /// Whether something else than the API or its gateway made the body. An unfinished or cut body
    /// is neither conclusive nor foreign.
    pub(crate) is_foreign: bool,
    /// Whether the gateway says that the subscription's quota of calls is used up.
    pub(crate) is_over_quota: bool,
    /// The numbers of the login service's `AADSTS…` codes, from its list and its texts.
    pub(crate) login_codes: Vec<u64>,
    text: Option<String>,
    status: u16,
}

impl ParsedBody {
    /// Whether one of the texts contains these words, in any capitalisation.
    pub(crate) fn mentions(&self, words: &str) -> bool {
        let contains = |text: &str| text.to_ascii_lowercase().contains(words);
        let errors = self.errors.iter().filter_map(ApiError::message);
        self.text.as_deref().into_iter().chain(errors).any(contains)
    }

    /// Whether the response refuses the subscription key, and not possibly the access token.
    pub(crate) fn is_about_subscription_key(&self) -> bool {
        let is_about_key = [
            "subscription key",
            "subscription-key",
            "subscription not found",
        ];
        let may_be_about_token = ["token", "authorization", "bearer"];
        is_about_key.iter().any(|words| self.mentions(words))
            && !may_be_about_token.iter().any(|words| self.mentions(words))
    }

    /// What to tell when `errors` is empty: the body's own text, or else what its HTTP status means.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        match &self.text {
            Some(text) => Cow::Owned(text.clone()),
            None => Cow::Borrowed(reason(self.status)),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200..300 => "an error in an answer whose status is a success",
        _ => http::StatusCode::from_u16(status)
            .ok()
            .and_then(|s| s.canonical_reason())
            .unwrap_or("an unknown status"),
    }
}

/// Reads the body of an answer that is an error by its status or by [`is_error`].
pub(crate) fn parse(status: u16, body: &[u8]) -> ParsedBody {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let json = json::read(text);
    let is_conclusive = json.whole && forms::is_of_api(status, &json.value);
    let is_cut = !json.whole && text.starts_with(['{', '[']);
    let mut parsed = ParsedBody {
        errors: Vec::new(),
        correlation_id: ids::in_body(&json.value),
        conflict_id: None,
        is_conclusive,
        is_foreign: !is_conclusive && !is_cut && !is_empty_of_gateway(status, text),
        is_over_quota: false,
        login_codes: login_codes_in(text),
        text: None,
        status,
    };
    match &json.value {
        Value::Array(list) if !list.is_empty() || json.whole => parsed.take_list(list),
        Value::Object(object) if !object.is_empty() || json.whole => parsed.take_object(object),
        _ => parsed.text = describe(status, text, body.len()),
    }
    parsed.errors.truncate(MAX_ERRORS);
    parsed
}

/// Whether the body is empty and the documents know the status without a body: the gateway turns
/// requests away with 401 and 429, and nothing but an API sends 423.
fn is_empty_of_gateway(status: u16, text: &str) -> bool {
    text.is_empty() && matches!(status, 401 | 423 | 429)
}

/// Whether a body is a web page, which no API sends.
pub(super) fn is_page(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

impl ParsedBody {
    /// A list of errors or of texts.
    fn take_list(&mut self, list: &[Value]) {
        for value in list {
            match value {
                Value::Object(object) => match ApiError::from_object(object) {
                    Some(error) => self.errors.push(error),
                    None => self.take_all_details(object),
                },
                Value::String(text) => self.errors.extend(ApiError::new(None, said(text))),
                _ => {}
            }
        }
    }

    fn take_object(&mut self, object: &Map<String, Value>) {
        if object.len() == 1 || self.status == 409 {
            self.conflict_id = conflict_id(object);
        }
        let is = |name| has(object, name);
        let is_error = is("errorCode") || is("errorMessage");
        if is_error {
            self.errors.extend(ApiError::from_object(object));
        }
        self.take_all_details(object);
        if is_error {
            return;
        }
        let text = |name| member(object, name, clean::message);
        if is("error_description") || is_login(object) {
            let code = member(object, "error", clean::label);
            self.errors
                .extend(ApiError::new(code, text("error_description")));
            self.login_codes.extend(listed_login_codes(object));
        } else if let Some(info) = response_info(object) {
            self.take_gateway(info, get(object, "result"));
        } else if is_status_message(object) {
            self.text = text("message");
            let quota = self
                .text
                .as_ref()
                .is_some_and(|t| t.to_ascii_lowercase().contains("quota"));
            self.is_over_quota = self.status == 403 && quota;
        } else if is_problem(object) {
            self.text = joined(text("title"), text("detail"));
            if self.errors.is_empty() {
                self.errors.extend(ApiError::new(None, self.text.clone()));
            }
        } else if self.conflict_id.is_some() {
            self.text = (self.status == 409).then(|| "this id is taken already".to_owned());
        } else {
            self.text = text("message").or_else(|| text("error"));
        }
    }

    /// The API gateway's shape, whose code is either the HTTP status again or the gateway's own.
    fn take_gateway(&mut self, info: &Map<String, Value>, result: Option<&Value>) {
        let first = member(info, "responseMessage", clean::message);
        let second = result
            .and_then(Value::as_object)
            .and_then(|result| member(result, "message", clean::message));
        let text = joined(
            first,
            second.or_else(|| result.and_then(Value::as_str).and_then(said)),
        );
        let code = member(info, "responseCode", clean::label)
            .filter(|code| *code != self.status.to_string());
        self.text = joined(code, text);
    }

    /// Everything that an object lists as errors, under whatever name.
    fn take_all_details(&mut self, object: &Map<String, Value>) {
        for (name, value) in details(object) {
            match value {
                Value::Array(list) => self.take_list(list),
                Value::Object(fields) => self.take_fields(fields),
                // The text under `error` alone is a label of the whole.
                Value::String(text) if !name.eq_ignore_ascii_case("error") => {
                    self.errors.extend(ApiError::new(None, said(text)));
                }
                _ => {}
            }
        }
    }

    /// One error, or messages by field.
    fn take_fields(&mut self, fields: &Map<String, Value>) {
        let error = if is_by_field(fields) {
            None
        } else {
            ApiError::from_object(fields)
        };
        if let Some(error) = error {
            self.errors.push(error);
            return;
        }
        let before = self.errors.len();
        self.take_all_details(fields);
        if self.errors.len() > before {
            return;
        }
        for (name, value) in fields.iter().take(MAX_ERRORS) {
            let texts = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in texts.iter().filter_map(Value::as_str) {
                self.errors.extend(ApiError::of_field(name, said(text)));
            }
        }
    }
}

/// The prefix of the login service's codes.
const LOGIN_CODE: &str = "AADSTS";

/// The numbers of the login service's codes in a text. A number is read to its last digit, since
/// 7000222 (expired secret) begins like 70002 (wrong secret).
fn login_codes_in(text: &str) -> Vec<u64> {
    let number = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
    };
    let parts = text.split(LOGIN_CODE).skip(1);
    parts.filter_map(number).take(MAX_ERRORS).collect()
}

/// The numbers of the login service's codes that its responses list apart from the text.
fn listed_login_codes(object: &Map<String, Value>) -> impl Iterator<Item = u64> {
    let codes = get(object, "error_codes").and_then(Value::as_array);
    let number = |code: &Value| {
        let text = || code.as_str()?.trim().parse().ok();
        code.as_u64().or_else(text)
    };
    codes.into_iter().flatten().filter_map(number)
}

fn said(text: &str) -> Option<String> {
    Some(clean::message(text)).filter(|text| !text.is_empty())
}

fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Some(format!("{first}: {second}")),
        (first, second) => first.or(second),
    }
}

/// Exactly as it came, because it is the name of something.
fn conflict_id(object: &Map<String, Value>) -> Option<String> {
    match get(object, "id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// What to say about a body that is no JSON.
fn describe(status: u16, text: &str, bytes: usize) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let reason = reason(status);
    if text.starts_with('<') || text.contains("</") {
        return Some(format!("{reason} (an HTML page of {bytes} bytes)"));
    }
    // Broken JSON may hold personal data anywhere, and bytes that are no text help nobody.
    if text.starts_with(['{', '[']) || text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return Some(format!("{reason} (an unreadable body of {bytes} bytes)"));
    }
    Some(clean::cut(
        &clean::message(text.trim_matches('"')),
        MAX_TEXT,
    ))
    .filter(|text| !text.is_empty())
}
