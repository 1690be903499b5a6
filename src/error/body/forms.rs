//! The forms in which the APIs and their gateway write errors.

use serde_json::{Map, Value};

use super::clean;
use super::json::{get, has, member, says_something};

type Object = Map<String, Value>;

/// One row for each documented form of an object. Only the API or its gateway writes one of these,
/// so that a whole body in such a form states what became of the request.
///
/// `{"message":…}`, `{"error":"…"}` and the like are no rows, although they are read: every proxy
/// writes them.
const FORMS: [fn(&Object) -> bool; 6] = [
    // eCom: a code and its group, of which the API leaves out one at times.
    |o| {
        ["errorCode", "errorGroup"]
            .iter()
            .any(|name| member(o, name, clean::label).is_some())
    },
    is_login,
    // The gateway's two forms.
    |o| response_info(o).is_some_and(|i| has(i, "responseCode") || has(i, "responseMessage")),
    is_status_message,
    // QR and webhooks: a problem, of whose members any may be null.
    |o| is_problem(o) && PROBLEM.iter().filter(|name| has(o, name)).count() > 1,
    // Validation: messages by field, which only a reader of the request can write.
    |o| get(o, "errors").is_some_and(|errors| errors.as_object().is_some_and(is_by_field)),
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

/// How many objects deep an error may be wrapped.
const WRAPPERS: usize = 3;

/// Whether the API or its gateway made this body of an error response.
pub(super) fn is_of_api(status: u16, body: &Value) -> bool {
    match body {
        // A list of plain texts is a documented form; inside of an object it is not.
        Value::Array(list) => {
            let is_text = |value: &Value| value.is_string() && says_something(value);
            (!list.is_empty() && list.iter().all(is_text)) || is_form(body, WRAPPERS)
        }
        // The QR API tells the id that is taken, and nothing else.
        Value::Object(object) => (status == 409 && has(object, "id")) || is_form(body, WRAPPERS),
        _ => false,
    }
}

fn is_form(value: &Value, wrappers: usize) -> bool {
    match value {
        Value::Object(object) => {
            FORMS.iter().any(|is| is(object))
                || (wrappers > 0 && details(object).any(|(_, v)| is_form(v, wrappers - 1)))
        }
        Value::Array(list) => list.iter().any(|v| v.is_object() && is_form(v, wrappers)),
        _ => false,
    }
}

/// Azure AD's form, in which the token endpoint answers.
pub(super) fn is_login(object: &Object) -> bool {
    has(object, "error") && (has(object, "error_description") || has(object, "error_codes"))
}

pub(super) fn is_status_message(object: &Object) -> bool {
    has(object, "statusCode") && has(object, "message")
}

pub(super) fn is_problem(object: &Object) -> bool {
    PROBLEM.iter().take(4).any(|name| has(object, name))
}

pub(super) fn response_info(object: &Object) -> Option<&Object> {
    get(object, "responseInfo")?.as_object()
}

/// Whether the members are lists of messages.
pub(super) fn is_by_field(object: &Object) -> bool {
    let is_messages = |value: &Value| {
        value
            .as_array()
            .is_some_and(|l| l.iter().any(Value::is_string))
    };
    object.values().any(is_messages)
}

/// Whether the object itself is an error of the eCom API with a code. Zero stands for no error.
pub(super) fn has_code(object: &Object) -> bool {
    member(object, "errorCode", clean::label).is_some_and(|code| !code.trim_matches('0').is_empty())
}

/// Whether an object says by a code that something went wrong: itself, or in one of its members.
pub(super) fn says_code(object: &Object, wrappers: usize) -> bool {
    let coded = |value: &Value| match value {
        Value::Object(object) => wrappers > 0 && says_code(object, wrappers - 1),
        Value::Array(list) => list.iter().filter_map(Value::as_object).any(has_code),
        _ => false,
    };
    has_code(object) || details(object).any(|(_, value)| coded(value))
}

/// The members that may list errors: those named so, and every other one that holds error codes.
/// Members of a success are none, because the history of a payment tells its own failures.
pub(super) fn details(object: &Object) -> impl Iterator<Item = (&str, &Value)> {
    object.iter().filter_map(|(name, value)| {
        let holds_codes = || match value {
            Value::Object(object) => has_code(object),
            Value::Array(list) => list.iter().filter_map(Value::as_object).any(has_code),
            _ => false,
        };
        let lists = names_errors(name) || (!is_of_success(name) && holds_codes());
        lists.then_some((name.as_str(), value))
    })
}

/// `error`, `errors`, `errorInfo`, `errorDetails` and so on, and the two names of the QR API.
fn names_errors(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_part = ["errorcode", "errorgroup", "errormessage"].contains(&name.as_str());
    (name.starts_with("error") && !name.starts_with("error_") && !is_part)
        || ["invalidparams", "extradetails"].contains(&name.as_str())
}

/// Members of a response of an operation that worked.
const OF_SUCCESS: [&str; 13] = [
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

fn is_of_success(name: &str) -> bool {
    OF_SUCCESS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the object holds what only the response of an operation that worked holds.
pub(super) fn is_success(object: &Object) -> bool {
    OF_SUCCESS.iter().any(|name| has(object, name))
}
