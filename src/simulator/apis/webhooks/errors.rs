//! The errors of the Webhooks API: problem details.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::gateway::Response;
use crate::simulator::random::Random;

/// The path in every error, as in the sample of the document.
const INSTANCE: &str = "/v1/webhooks";

/// Returns the error for a member that breaks a rule.
pub(super) fn invalid(name: &str, reason: &str, random: &mut Random) -> Response {
    all_invalid(&[(name, reason)], random)
}

/// Returns the error for members that break a rule: their names and the reasons.
pub(super) fn all_invalid(details: &[(&str, &str)], random: &mut Random) -> Response {
    let details: Vec<Value> = details
        .iter()
        .map(|(name, reason)| json!({"name": name, "reason": reason}))
        .collect();
    let mut body = body(
        StatusCode::BAD_REQUEST,
        "Bad Request",
        "One or more validation errors occurred.",
        random,
    );
    body["extraDetails"] = details.into();
    Response::problem(StatusCode::BAD_REQUEST, body)
}

/// Returns the error for an id without a registration. The document does not list its status.
pub(super) fn not_found(random: &mut Random) -> Response {
    let status = StatusCode::NOT_FOUND;
    let detail = "There is no webhook with this id.";
    Response::problem(status, body(status, "Not Found", detail, random))
}

fn body(status: StatusCode, title: &str, detail: &str, random: &mut Random) -> Value {
    json!({
        "type": null,
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "instance": INSTANCE,
        "traceId": random.trace_id(),
    })
}
