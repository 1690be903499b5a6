//! The errors of the QR API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::gateway::Response;
use crate::simulator::random::Random;

/// Returns a problem body of the QR API.
pub(super) fn problem(
    status: StatusCode,
    title: &str,
    detail: &str,
    random: &mut Random,
) -> Response {
    Response::json(
        status,
        json!({"title": title, "detail": detail, "instance": random.uuid()}),
    )
}

/// Returns the error for a media type that the API does not support.
pub(super) fn media_type(detail: &str, random: &mut Random) -> Response {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    problem(status, "Unsupported Media Type", detail, random)
}

/// Returns the QR API's error for fields that break a rule. The names are in Pascal case.
pub(super) fn invalid(params: &[(String, String)], random: &mut Random) -> Response {
    let params: Vec<Value> = params
        .iter()
        .map(|(name, reason)| json!({"name": pascal_case(name), "reason": reason}))
        .collect();
    Response::json(
        StatusCode::BAD_REQUEST,
        json!({
            "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1",
            "title": "One or more validation errors occurred.",
            "detail": "BadRequest",
            "instance": random.trace_id(),
            "invalidParams": params,
        }),
    )
}

/// Returns the error of the two exchange operations for fields that break a rule.
pub(super) fn exchange_invalid(params: &[(String, String)]) -> Response {
    let params: Vec<Value> = params
        .iter()
        .map(|(name, reason)| json!({"name": name, "reason": reason}))
        .collect();
    Response::json(
        StatusCode::BAD_REQUEST,
        json!({
            "title": "Bad request",
            "status": 400,
            "detail": "The request body contains one or more invalid parameters.",
            "extraDetails": params,
        }),
    )
}

fn pascal_case(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal_case("redirectUrl"), "RedirectUrl");
        assert_eq!(pascal_case(""), "");
        assert_eq!(pascal_case("ærlig"), "Ærlig");
    }
}
