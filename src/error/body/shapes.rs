//! The shapes of an error body.

use serde_json::Value;

use super::{ErrorBody, login_code};
use crate::error::api_error::{ApiError, names_code};
use crate::error::json::{Object, get, has, is_filled, text};
use crate::error::sanitize;

/// The maximum depth of an error below the outermost object.
const MAX_DEPTH: usize = 3;

/// One shape of an object that is an error response.
pub(super) struct Shape {
    pub(super) matches: fn(&Object, status: u16) -> bool,
    /// Returns whether only the API or its gateway writes such an object. A complete body then
    /// states whether the request took effect.
    is_conclusive: fn(&Object, status: u16) -> bool,
    pub(super) read: fn(&mut ErrorBody<'_>, &Object),
}

/// The first shape that matches is read. Members are found in any capitalisation.
pub(super) const SHAPES: [Shape; 8] = [
    // eCom: {"errorGroup":"Payment","errorCode":"44","errorMessage":"…","contextId":"…"}
    // The API sometimes leaves out the code or the group.
    Shape {
        matches: |o, _| has(o, "errorCode") || has(o, "errorMessage") || has(o, "errorGroup"),
        is_conclusive: |o, _| {
            ["errorCode", "errorGroup"]
                .iter()
                .any(|name| text(o, name, sanitize::label).is_some())
        },
        read: |body, o| {
            body.push(ApiError::from_object(o, body.codes));
            body.read_nested(o);
        },
    },
    // The login service:
    // {"error":"invalid_client","error_description":"AADSTS70002: …","error_codes":[70002]}
    Shape {
        matches: |o, _| has(o, "error_description") || is_login(o),
        is_conclusive: |o, _| is_login(o),
        read: |body, o| {
            body.read_nested(o);
            let code = text(o, "error", sanitize::label);
            let error = ApiError::new(code, text(o, "error_description", sanitize::message));
            body.push(error.map(|error| error.explained(login_code(o, body.codes))));
        },
    },
    // The gateway:
    // {"responseInfo":{"responseCode":404,"responseMessage":"…"},"result":{"message":"…"}}
    Shape {
        matches: |o, _| response_info(o).is_some(),
        is_conclusive: |o, _| {
            response_info(o)
                .is_some_and(|info| has(info, "responseCode") || has(info, "responseMessage"))
        },
        read: |body, o| {
            body.read_nested(o);
            body.read_response_info(o);
        },
    },
    // The gateway: {"statusCode":401,"message":"…"}
    Shape {
        matches: |o, _| is_status_message(o),
        is_conclusive: |o, _| is_status_message(o),
        read: |body, o| {
            body.read_nested(o);
            body.text = text(o, "message", sanitize::message);
        },
    },
    // QR, ePayment and webhooks, a problem:
    // {"title":"…","detail":"…","instance":"…","invalidParams":[{"name":"…","reason":"…"}]}
    // Any of its members may be null.
    Shape {
        matches: |o, _| is_problem(o),
        is_conclusive: |o, _| is_problem(o) && PROBLEM.iter().filter(|n| has(o, n)).count() > 1,
        read: |body, o| {
            body.read_nested(o);
            body.read_problem(o);
        },
    },
    // Validation: {"errors":{"amount":["too low"]}}
    // A proxy cannot write it, because it names fields of the request.
    Shape {
        matches: |o, _| is_validation(o),
        is_conclusive: |o, _| is_validation(o),
        read: |body, o| body.read_plain(o),
    },
    // QR, an id that is in use: {"id":"billboard_1"}
    Shape {
        matches: |o, status| status == 409 && has(o, "id"),
        is_conclusive: |o, status| status == 409 && has(o, "id"),
        read: |body, o| {
            body.read_nested(o);
            body.text = Some("this id is already in use".to_owned());
        },
    },
    // Everything else, such as {"message":"…"} and {"error":"…"}. Every proxy writes these.
    Shape {
        matches: |_, _| true,
        is_conclusive: |_, _| false,
        read: |body, o| body.read_plain(o),
    },
];

/// The members of a problem. One of the first four makes it one.
const PROBLEM: [&str; 9] = [
    "title",
    "detail",
    "invalidParams",
    "extraDetails",
    "type",
    "status",
    "instance",
    "traceId",
    "errors",
];

fn is_problem(object: &Object) -> bool {
    PROBLEM.iter().take(4).any(|name| has(object, name))
}

pub(in crate::error) fn is_login(object: &Object) -> bool {
    has(object, "error") && (has(object, "error_description") || has(object, "error_codes"))
}

pub(in crate::error) fn is_status_message(object: &Object) -> bool {
    has(object, "statusCode") && has(object, "message")
}

pub(in crate::error) fn response_info(object: &Object) -> Option<&Object> {
    get(object, "responseInfo")?.as_object()
}

fn is_validation(object: &Object) -> bool {
    let errors = get(object, "errors").and_then(Value::as_object);
    errors.is_some_and(is_by_field)
}

/// Returns whether the members of an object are lists of messages.
pub(super) fn is_by_field(object: &Object) -> bool {
    let mut lists = object.values().filter_map(Value::as_array);
    lists.any(|list| list.iter().any(Value::is_string))
}

/// Returns whether a body is in a shape that only the API or its gateway writes.
pub(super) fn is_conclusive(status: u16, body: &Value) -> bool {
    // A list of texts is documented as a whole body only.
    let is_text = |value: &Value| value.is_string() && is_filled(value);
    let is_texts = |list: &Vec<Value>| !list.is_empty() && list.iter().all(is_text);
    body.as_array().is_some_and(is_texts) || is_shape(status, body, MAX_DEPTH)
}

fn is_shape(status: u16, value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(object) => {
            SHAPES
                .iter()
                .any(|shape| (shape.is_conclusive)(object, status))
                || (depth > 0
                    // The status is omitted, because an id in use is never nested.
                    && nested_errors(object).any(|(_, value)| is_shape(0, value, depth - 1)))
        }
        Value::Array(list) => {
            let mut objects = list.iter().filter(|value| value.is_object());
            objects.any(|value| is_shape(0, value, depth))
        }
        _ => false,
    }
}

/// The members that may list errors: the ones with the name of an error, and every other one that
/// contains error codes. Members of a success are left out, because the history of a payment may
/// contain failures.
pub(in crate::error) fn nested_errors(object: &Object) -> impl Iterator<Item = (&str, &Value)> {
    object.iter().filter_map(|(name, value)| {
        let contains_codes = || match value {
            Value::Object(object) => has_code(object),
            Value::Array(list) => list.iter().filter_map(Value::as_object).any(has_code),
            _ => false,
        };
        let is_list = names_errors(name) || (!is_name_of_success(name) && contains_codes());
        is_list.then_some((name.as_str(), value))
    })
}

/// Returns whether the object has an error code of the eCom or the ePayment API. Zero stands for no
/// error.
pub(in crate::error) fn has_code(object: &Object) -> bool {
    let of_problem = || names_code(object).then(|| text(object, "reason", sanitize::label))?;
    let code = text(object, "errorCode", sanitize::label).or_else(of_problem);
    code.is_some_and(|code| !code.trim_matches('0').is_empty())
}

/// Matches `error`, `errors`, `errorInfo`, `errorDetails` and so on, and the two names of the QR
/// API.
fn names_errors(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_part = ["errorcode", "errorgroup", "errormessage"].contains(&name.as_str());
    (name.starts_with("error") && !name.starts_with("error_") && !is_part)
        || ["invalidparams", "extradetails"].contains(&name.as_str())
}

/// Members of the response of an operation that succeeded.
pub(in crate::error) const OF_SUCCESS: [&str; 15] = [
    "aggregate",
    "metadata",
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

fn is_name_of_success(name: &str) -> bool {
    let mut names = OF_SUCCESS.iter();
    names.any(|of_success| of_success.eq_ignore_ascii_case(name))
}
