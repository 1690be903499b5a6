//! Errors behind a success status.

use serde_json::Value;

use super::body::shapes::{
    OF_SUCCESS, has_code, is_login, is_status_message, nested_errors, response_info,
};
use super::json::{self, Object, get, has, is_filled, text};
use super::sanitize;

/// Returns whether the body of a response with a success status is an error.
///
/// A filled error code makes the body an error at any place: at the outermost level, in a list or
/// an object under any name, and beside the members of a success. All other signs of an error count
/// only if the body has no member of a success.
pub(crate) fn is_error(body: &[u8]) -> bool {
    match read(body) {
        Value::Object(object) => {
            contains_code(&object, 1) || (is_error_object(&object) && !is_success(&object))
        }
        Value::Array(list) => {
            let mut objects = list.iter().filter_map(Value::as_object).peekable();
            let is_error = |o: &Object| has(o, "errorCode") || has(o, "errorMessage");
            objects.peek().is_some() && objects.all(|o| is_error(o) && !is_success(o))
        }
        _ => false,
    }
}

/// Returns whether an object lists errors under any name, with or without codes.
///
/// [`is_error`] does not count such a list as an error beside the members of a success, but the
/// response of an operation that moves money must not contain it.
pub(crate) fn lists_errors(body: &[u8]) -> bool {
    let body = read(body);
    let mut lists = body.as_object().into_iter().flat_map(nested_errors);
    lists.any(|(_, errors)| is_error_value(errors))
}

/// Returns the JSON of a body, or `null` if the body is certainly no error.
fn read(body: &[u8]) -> Value {
    if may_be_error(body) {
        let text = String::from_utf8_lossy(body);
        json::read(text.trim_start_matches('\u{feff}')).value
    } else {
        Value::Null
    }
}

/// Returns whether a body may contain one of the names that an error has. Most bodies of a success
/// contain none of them and need not be parsed.
fn may_be_error(body: &[u8]) -> bool {
    // Names, texts, and what is between them.
    let mut parts = body.split(|byte| *byte == b'"');
    while let Some(part) = parts.next() {
        let is = |name: &str| part.eq_ignore_ascii_case(name.as_bytes());
        let start = part.get(..5).unwrap_or_default();
        if start.eq_ignore_ascii_case(b"error") || is("responseInfo") || is("statusCode") {
            return true;
        }
        // A `status` is the HTTP status of an error only if it is 400 to 599.
        if is("status") {
            let mut value = parts.clone().take(2).flatten();
            let first = value.find(|byte| !byte.is_ascii_whitespace() && **byte != b':');
            if matches!(first, Some(b'4' | b'5')) {
                return true;
            }
        }
    }
    false
}

/// Returns whether an object contains an error code, itself or in one of its members.
fn contains_code(object: &Object, wrappers: usize) -> bool {
    let is_coded = |value: &Value| match value {
        Value::Object(object) => wrappers > 0 && contains_code(object, wrappers - 1),
        Value::Array(list) => list.iter().filter_map(Value::as_object).any(has_code),
        _ => false,
    };
    has_code(object) || nested_errors(object).any(|(_, value)| is_coded(value))
}

fn is_error_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => list.iter().any(is_error_value),
        Value::Object(object) => {
            // The code 0 means no error, even with a message.
            let is_zero = text(object, "errorCode", sanitize::label).is_some() && !has_code(object);
            !is_zero && object.values().any(is_error_value)
        }
    }
}

fn is_error_object(object: &Object) -> bool {
    let is_within = |range: std::ops::Range<u16>, name: &str, object: &Object| {
        let status = text(object, name, sanitize::label);
        status.is_some_and(|s| s.parse().is_ok_and(|s| range.contains(&s)))
    };
    let lists_errors = |name| get(object, name).is_some_and(is_filled);
    text(object, "errorCode", sanitize::label).is_some()
        || lists_errors("errors")
        || has(object, "error_description")
        || is_login(object)
        || is_within(400..600, "status", object)
        || response_info(object).is_some_and(|info| !is_within(200..300, "responseCode", info))
        || (is_status_message(object) && !is_within(200..300, "statusCode", object))
}

/// Returns whether an object has a member that only the response of an operation that succeeded
/// has.
fn is_success(object: &Object) -> bool {
    OF_SUCCESS.iter().any(|name| has(object, name))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::error::body::{ErrorBody, reason};

    #[test]
    fn errors_with_a_success_status_are_seen() {
        for body in [
            r#"[{"errorGroup":"Payment","errorCode":"44","errorMessage":"x"}]"#,
            r#"[{"errorMessage":"x"}]"#,
            r#"{"errorCode":"99","errorMessage":"x"}"#,
            r#" {"orderId":"acme-1","errorCode":99}"#,
            r#"{"responseInfo":{"responseCode":500,"responseMessage":"x"}}"#,
            r#"{"ResponseInfo":{"responseCode":"1000","responseMessage":"x"},"result":{}}"#,
            r#"{"error":"invalid_client","error_description":"x"}"#,
            r#"{"error":"invalid_client","error_codes":[1]}"#,
            r#"{"statusCode":401,"message":"x"}"#,
            r#"{"statusCode":"401","message":"x"}"#,
            "\u{feff}{\"errorCode\":\"99\"}",
            r#"{"errors":{"url":["wrong"]}}"#,
            r#"{"errors":["wrong"],"id":"x"}"#,
            r#"{"errors":"wrong"}"#,
            r#"{"title":"wrong","status":400}"#,
            r#"{"status":"ok","title":"wrong","extra":{},"status" : "503"}"#,
            r#"{"type":"about:blank","status":
                599,"detail":"wrong"}"#,
            r#"[{"errorCode":"44","errorMessage":"x"},{"errorC"#,
            r#"{"orderId":"acme-1","transactionInfo":{"status":"RESERVE"},"errorInfo":{"errorCode":"45","errorMessage":"x"}}"#,
        ] {
            assert!(is_error(body.as_bytes()), "{body}");
            let parsed = ErrorBody::read(200, &HeaderMap::new(), body.as_bytes(), &[]);
            assert_ne!(
                (parsed.message(), parsed.errors.len()),
                (reason(200).into(), 0),
                "{body}"
            );
        }
    }

    #[test]
    fn bodies_of_a_success_are_not_errors() {
        for body in [
            // A list of texts.
            r#"["NOK","errorCode"]"#,
            // eCom: initiate, capture, cancel, refund, details, status, force approve
            r#"{"orderId":"acme-1","url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ"}"#,
            r#"{"orderId":"acme-1","transactionInfo":{"amount":20000,"status":"Captured"},"transactionSummary":{"capturedAmount":20000}}"#,
            r#"{"orderId":"acme-1","transactionInfo":{"amount":20000,"status":"Cancelled"},"transactionSummary":{}}"#,
            r#"{"orderId":"acme-1","transaction":{"amount":20000,"status":"Refund"},"transactionSummary":{}}"#,
            r#"{"orderId":"acme-1","transactionLogHistory":[{"amount":1,"operation":"RESERVE","operationSuccess":false,"errorInfo":{"errorCode":"45","errorGroup":"PAYMENTS","errorMessage":"x"}}]}"#,
            r#"{"orderId":"acme-1","transactionInfo":{"status":"RESERVE"},"errorInfo":{"errorCode":null,"errorMessage":"x"}}"#,
            "",
            "{}",
            // The members of an error without a value, beside those of a success.
            r#"{"orderId":"acme-1","transactionInfo":{"status":"Captured"},"errorCode":"0","errorMessage":"none"}"#,
            r#"{"orderId":"acme-1","errorCode":null,"errorMessage":""}"#,
            // QR: one-time, redirect, list, callback, list, exchange, customer exchange
            r#"{"url":"https://qr.vipps.no/generate/qr.png?...","expiresIn":544}"#,
            r#"{"id":"billboard_1","url":"https://qr.vipps.no/x","redirectUrl":"https://example.com/?a=\"errorCode\"","expiresIn":-1}"#,
            r#"[{"id":"\"errorCode\"","url":"https://qr.vipps.no/x","redirectUrl":"https://example.com","errorCode":"1"}]"#,
            "[]",
            r#"{"merchantSerialNumber":"12345","merchantQrId":"q","locationDescription":"\"statusCode\" message","qrContent":"x"}"#,
            r#"[{"merchantQrId":"q","locationDescription":"\"errorCode\""}]"#,
            r#"{"msisdn":"4798765432","version":"2.0","timestamp":1}"#,
            r#"{"msisdn":"4798765432"}"#,
            // The access token, webhooks.
            r#"{"token_type":"Bearer","expires_in":"86398","access_token":"eyJ"}"#,
            r#"{"id":"090a478d-37ff-4e77-970e-d457aeb26a3a","secret":"s"}"#,
            r#"{"webhooks":[{"id":"1","url":"https://example.com","events":["user.checked-in.v1"]}]}"#,
            // A wrapper of the gateway around a success.
            r#"{"responseInfo":{"responseCode":200,"responseMessage":"OK"},"result":{}}"#,
            r#"{"statusCode":200,"message":"approved"}"#,
            r#"{"statusCode":401}"#,
            // No JSON.
            r#"OK "errorCode""#,
            "<html>\"statusCode\"</html>",
            "<html>\"status\":400</html>",
            "\"errors\"",
            "[\"",
            "[[\"wrong\"]]",
            // An empty list of errors, a status that is missing, of a success or nested deeper.
            r#"{"errors":[]}"#,
            r#"{"errors":{},"error":null}"#,
            r#"{"errors":" "}"#,
            r#"{"errors":0}"#,
            r#"{"status":200,"title":"x"}"#,
            r#"{"status":"400 pieces"}"#,
            r#"{"status":4000}"#,
            r#"{"status":["400"]}"#,
            r#"{"order":{"status":400}}"#,
            r#"{"orderId":"acme-1","transactionInfo":{},"status":500,"errors":["x"]}"#,
        ] {
            assert!(!is_error(body.as_bytes()), "{body}");
        }
    }
}
