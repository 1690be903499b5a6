//! Errors behind a success status.

use serde_json::{Map, Value};

use super::clean;
use super::forms::{details, is_login, is_status_message, is_success, response_info, says_code};
use super::json::{Json, get, has, member, read, says_something};

/// Whether the body of a response with a success status is an error after all.
///
/// A filled error code is one wherever it stands: alone, in a list or an object under any name, and
/// also beside what a success holds. Everything else that looks like an error counts only where
/// nothing looks like a success.
///
/// Every successful response passes through here, so that a cheap search comes before the parser.
pub(crate) fn is_error(body: &[u8]) -> bool {
    if !is_suspicious(body) {
        return false;
    }
    let text = String::from_utf8_lossy(body);
    let Json { value, .. } = read(text.trim_start_matches('\u{feff}'));
    match value {
        Value::Object(object) => {
            says_code(&object, 1) || (is_error_object(&object) && !is_success(&object))
        }
        Value::Array(list) => {
            let mut objects = list.iter().filter_map(Value::as_object).peekable();
            let is_error = |o: &Map<String, Value>| has(o, "errorCode") || has(o, "errorMessage");
            objects.peek().is_some() && objects.all(|o| is_error(o) && !is_success(o))
        }
        _ => false,
    }
}

/// Whether an object lists errors under any name, with or without codes. Beside a success such a list
/// is no error to [`is_error`], but the response of an operation that moves money must not carry one.
pub(crate) fn lists_errors(body: &[u8]) -> bool {
    if !is_suspicious(body) {
        return false;
    }
    let text = String::from_utf8_lossy(body);
    let Json { value, .. } = read(text.trim_start_matches('\u{feff}'));
    let errors = |object| details(object).any(|(_, errors)| is_filled(errors));
    value.as_object().is_some_and(errors)
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => list.iter().any(is_filled),
        Value::Object(object) => {
            // The code 0 stands for no error, whatever its message.
            let code = member(object, "errorCode", clean::label);
            code.is_none_or(|code| !code.trim_matches('0').is_empty())
                && object.values().any(is_filled)
        }
    }
}

fn is_error_object(object: &Map<String, Value>) -> bool {
    let is_within = |range: std::ops::Range<u16>, name: &str, object: &Map<String, Value>| {
        let status = member(object, name, clean::label);
        status.is_some_and(|s| s.parse().is_ok_and(|s| range.contains(&s)))
    };
    let lists_errors = |name| get(object, name).is_some_and(says_something);
    member(object, "errorCode", clean::label).is_some()
        || lists_errors("errors")
        || has(object, "error_description")
        || is_login(object)
        || is_within(400..600, "status", object)
        || response_info(object).is_some_and(|info| !is_within(200..300, "responseCode", info))
        || (is_status_message(object) && !is_within(200..300, "statusCode", object))
}

/// Whether a part of the names that an error may have is anywhere, in any capitals: of `error…` and
/// of `responseInfo`; or of a `status` with the value of an error.
fn is_suspicious(body: &[u8]) -> bool {
    const STATUS: &[u8] = b"\"status";
    let (may_be_error, may_have_status) = glance(body);
    may_be_error
        || (may_have_status
            && body.windows(STATUS.len()).enumerate().any(|(at, name)| {
                name.eq_ignore_ascii_case(STATUS)
                    && body.get(at + STATUS.len()..).is_some_and(tells_error)
            }))
}

/// Whether a part of the names is anywhere: of `"error…` or `responseInfo`, and of `"status…`. This
/// is a loop that compilers make steps of many bytes of.
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
            // The bit that tells small letters from capitals.
            let is = |part: &[u8; 3]| {
                (a | 0x20 == part[0]) & (b | 0x20 == part[1]) & (c | 0x20 == part[2])
            };
            (
                may_be_error | is(b"\"er") | is(b"sei"),
                may_have_status | is(b"\"st"),
            )
        },
    )
}

/// Whether the bytes after `"status` make it a `statusCode`, or a `status` that begins as the HTTP
/// status of an error does.
fn tells_error(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b"\"") else {
        return rest
            .get(..5)
            .is_some_and(|r| r.eq_ignore_ascii_case(b"code\""));
    };
    let value = rest.trim_ascii_start().strip_prefix(b":");
    let value = value.unwrap_or_default().trim_ascii_start();
    matches!(value, [b'4' | b'5', ..] | [b'"', b'4' | b'5', ..])
}
