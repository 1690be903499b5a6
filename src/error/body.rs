//! Reads the body of an answer that is an error.
//!
//! The APIs, their gateway, the login service and the proxies in between send a dozen shapes of body with as many ideas
//! of the content type, so this looks only at the body, takes what it knows, and never fails.

mod api_error;
mod clean;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::{Finder, find};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use api_error::member;
pub use api_error::{ApiError, ErrorGroup};

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
    text: Option<String>,
    status: u16,
}

impl ParsedBody {
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
    let mut parsed = ParsedBody {
        errors: Vec::new(),
        correlation_id: None,
        conflict_id: None,
        text: None,
        status,
    };
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    match read(text) {
        Top::List(list) => parsed.take_list(&list),
        Top::Object(object) => parsed.take_object(&object),
        Top::Other => parsed.text = describe(status, text, body.len()),
    }
    parsed.errors.truncate(MAX_ERRORS);
    parsed
}

/// What a body has somewhere that may be an error: the first stands for `errorCode`, `errorMessage`, `errors`,
/// `error_description` and `error_codes`; the second for either case of `responseInfo`.
const SUSPICIOUS: [&[u8]; 2] = [b"\"error", b"esponseInfo\""];

/// What the gateway's `statusCode` begins with, and the `status` of a problem, and that of a transaction. Many a success
/// has it, so that the searcher is made once.
static STATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"status"));

fn is_suspicious(body: &[u8]) -> bool {
    let tells_error = |at: usize| tells_error(&body[at + STATUS.needle().len()..]);
    let (may_be_error, may_have_status) = glance(body);
    (may_be_error && SUSPICIOUS.iter().any(|name| find(body, name).is_some()))
        || (may_have_status && STATUS.find_iter(body).any(tells_error))
}

/// Whether a part of the names is anywhere: of [`SUSPICIOUS`], and of [`STATUS`]. Every success is looked through, and
/// this is a loop that compilers make steps of many bytes of.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches there are many bytes in a step"
)]
fn glance(body: &[u8]) -> (bool, bool) {
    let threes = body
        .iter()
        .zip(body.iter().skip(1))
        .zip(body.iter().skip(2));
    threes.fold(
        (false, false),
        |(may_be_error, may_have_status), ((&a, &b), &c)| {
            let is = |part: &[u8; 3]| (a == part[0]) & (b == part[1]) & (c == part[2]);
            (
                may_be_error | is(b"\"er") | is(b"seI"),
                may_have_status | is(b"\"st"),
            )
        },
    )
}

/// Whether what follows `"status` makes it a `statusCode`, or a `status` that begins as the HTTP status of an error does.
fn tells_error(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b"\"") else {
        return rest.starts_with(b"Code\"");
    };
    let value = rest.trim_ascii_start().strip_prefix(b":");
    let value = value.unwrap_or_default().trim_ascii_start();
    matches!(value, [b'4' | b'5', ..] | [b'"', b'4' | b'5', ..])
}

/// Whether the body of an answer with a success status is an error after all.
///
/// This runs on every successful answer, so it searches before it parses. A member that only looks like an error and
/// lies deeper, such as `errorInfo` in a payment's history, is none.
pub(crate) fn is_error(body: &[u8]) -> bool {
    if !is_suspicious(body) {
        return false;
    }
    match read(String::from_utf8_lossy(body).trim_start_matches('\u{feff}')) {
        Top::Object(object) => is_error_object(&object) && !is_success_object(&object),
        Top::List(list) => {
            let mut objects = list.iter().filter_map(Value::as_object).peekable();
            objects.peek().is_some()
                && objects.all(|o| {
                    (has(o, "errorCode") || has(o, "errorMessage")) && !is_success_object(o)
                })
        }
        Top::Other => false,
    }
}

fn is_error_object(object: &Map<String, Value>) -> bool {
    let fine = |code: Option<String>| {
        code.and_then(|c| c.parse::<u16>().ok())
            .is_some_and(|c| (200..300).contains(&c))
    };
    let failed = |status: String| {
        status
            .parse::<u16>()
            .is_ok_and(|status| (400..600).contains(&status))
    };
    let info = response_info(object);
    has(object, "errorCode")
        || object.get("errors").is_some_and(says_something)
        || member(object, "status", clean::label).is_some_and(failed)
        || has(object, "error_description")
        || (has(object, "error") && has(object, "error_codes"))
        || info.is_some_and(|info| !fine(member(info, "responseCode", clean::label)))
        || (has(object, "statusCode")
            && has(object, "message")
            && !fine(member(object, "statusCode", clean::label)))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::String(text) => !text.trim().is_empty(),
        _ => false,
    }
}

/// Whether the object holds what only the answer of an operation that worked holds.
fn is_success_object(object: &Map<String, Value>) -> bool {
    const MEMBERS: [&str; 13] = [
        "transactionInfo",
        "transaction",
        "transactionSummary",
        "transactionLogHistory",
        "url",
        "redirectUrl",
        "merchantQrId",
        "qrContent",
        "qrImageUrl",
        "msisdn",
        "access_token",
        "webhooks",
        "secret",
    ];
    MEMBERS.iter().any(|name| has(object, name))
}

fn has(object: &Map<String, Value>, name: &str) -> bool {
    object
        .get(name)
        .is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

fn response_info(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object
        .get("responseInfo")
        .or_else(|| object.get("ResponseInfo"))?
        .as_object()
}

impl ParsedBody {
    fn take_list(&mut self, list: &[Value]) {
        for value in list {
            let error = match value {
                Value::Object(object) => {
                    if self.correlation_id.is_none() {
                        self.correlation_id = correlation_id(object);
                    }
                    ApiError::from_object(object)
                }
                Value::String(text) => ApiError::new(None, said(text)),
                _ => None,
            };
            self.errors.extend(error);
        }
    }

    fn take_object(&mut self, object: &Map<String, Value>) {
        self.correlation_id = correlation_id(object);
        if object.len() == 1 || self.status == 409 {
            self.conflict_id = conflict_id(object);
        }
        let is = |name| has(object, name);
        if is("errorCode") || is("errorMessage") {
            self.errors.extend(ApiError::from_object(object));
        } else if is("error_description") || (is("error") && is("error_codes")) {
            let message = member(object, "error_description", clean::message);
            self.errors.extend(ApiError::new(
                member(object, "error", clean::label),
                message,
            ));
        } else if let Some(info) = response_info(object) {
            self.take_gateway(info, object.get("result"));
        } else if is("statusCode") && is("message") {
            self.text = member(object, "message", clean::message);
        } else if ["title", "detail", "invalidParams", "extraDetails"]
            .into_iter()
            .any(is)
        {
            self.take_problem(object);
        } else if self.conflict_id.is_some() {
            self.text = (self.status == 409).then(|| "this id is taken already".to_owned());
        } else {
            self.text = member(object, "message", clean::message)
                .or_else(|| member(object, "error", clean::message));
            self.take_details(object.get("errors"));
            self.errors.extend(
                object
                    .get("error")
                    .and_then(Value::as_object)
                    .and_then(ApiError::from_object),
            );
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

    /// RFC 9457's problem, with the list of what is wrong in one of its three spellings.
    fn take_problem(&mut self, object: &Map<String, Value>) {
        for list in ["invalidParams", "extraDetails", "errors"] {
            self.take_details(object.get(list));
        }
        let title = member(object, "title", clean::message);
        self.text = joined(title, member(object, "detail", clean::message));
        if self.errors.is_empty() {
            self.errors.extend(ApiError::new(None, self.text.clone()));
        }
    }

    /// A list of `{name, reason}` or of texts, an object of messages by field, or one text.
    fn take_details(&mut self, details: Option<&Value>) {
        match details {
            Some(Value::Array(list)) => self.take_list(list.get(..MAX_ERRORS).unwrap_or(list)),
            Some(Value::Object(fields)) => {
                for (name, value) in fields.iter().take(MAX_ERRORS) {
                    let texts = value
                        .as_array()
                        .map_or(std::slice::from_ref(value), Vec::as_slice);
                    for text in texts.iter().filter_map(Value::as_str).take(MAX_ERRORS) {
                        self.errors.extend(ApiError::of_field(name, said(text)));
                    }
                }
            }
            Some(Value::String(text)) => self.errors.extend(ApiError::new(None, said(text))),
            _ => {}
        }
    }
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
    match object.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The first that is there of the ids that support asks for.
fn correlation_id(object: &Map<String, Value>) -> Option<String> {
    let ids = || {
        [
            "contextId",
            "instance",
            "traceId",
            "trace_id",
            "correlation_id",
        ]
        .into_iter()
        .filter_map(|name| member(object, name, clean::id))
    };
    // RFC 9457 allows a path as `instance`, and the webhooks API sends one. It tells nobody which request it was.
    ids()
        .find(|id| !id.starts_with('/'))
        .or_else(|| ids().next())
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

/// The outermost level of a body.
enum Top {
    Other,
    List(Vec<Value>),
    Object(Map<String, Value>),
}

/// Reads what can be read: a body that was cut on its way keeps what came before the cut, because the first of the
/// error codes may decide whether a payment is repeated. A list is read no further than errors are kept.
fn read(text: &str) -> Top {
    let mut top = Top::Other;
    let outcome = TopSeed(&mut top).deserialize(&mut serde_json::Deserializer::from_str(text));
    match &top {
        Top::List(list) if outcome.is_err() && list.is_empty() => Top::Other,
        Top::Object(object) if outcome.is_err() && object.is_empty() => Top::Other,
        _ => top,
    }
}

struct TopSeed<'a>(&'a mut Top);

impl<'de> DeserializeSeed<'de> for TopSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TopSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        *self.0 = Top::List(Vec::new());
        while let (Top::List(list), Some(value)) = (&mut *self.0, access.next_element()?) {
            list.push(value);
            if list.len() >= MAX_ERRORS {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        *self.0 = Top::Object(Map::new());
        while let (Top::Object(object), Some((name, value))) = (&mut *self.0, access.next_entry()?)
        {
            object.insert(name, value);
        }
        Ok(())
    }
}
