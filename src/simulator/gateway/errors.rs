//! The errors of the gateway, and those that only the simulator returns.

use http::StatusCode;
use serde_json::json;

use super::message::Response;

/// Returns an error of the API gateway.
pub(crate) fn gateway(status: StatusCode, message: &str) -> Response {
    Response::json(
        status,
        json!({"statusCode": status.as_u16(), "message": message}),
    )
    .deviating("the gateway has its own error format")
}

/// Returns an error in the gateway's other format, which the eCom description uses.
pub(crate) fn gateway_info(status: StatusCode, title: &str, message: &str) -> Response {
    Response::json(
        status,
        json!({
            "responseInfo": {"responseCode": status.as_u16(), "responseMessage": title},
            "result": {"message": message},
        }),
    )
}

/// Returns the 501 for a feature that the simulator does not model.
pub(crate) fn unmodelled(feature: &str) -> Response {
    Response::json(
        StatusCode::NOT_IMPLEMENTED,
        json!({
            "title": "Not modelled by the simulator",
            "status": 501,
            "detail": format!("The simulator does not model {feature}; the response of Vipps is not documented."),
        }),
    )
    .deviating("an error of the simulator itself")
    .noted(format!("not modelled: {feature}"))
}

/// Returns the 501 that replaces a response of the simulator that the vendored document forbids.
/// It reports an error in the simulator itself.
pub(crate) fn invalid_response(operation: &str, violation: &str) -> Response {
    Response::json(
        StatusCode::NOT_IMPLEMENTED,
        json!({
            "title": "A response of the simulator breaks the vendored document",
            "status": 501,
            "detail": format!("{operation}: {violation}"),
        }),
    )
    .deviating("an error of the simulator itself")
    .noted(format!("own response breaks the document: {violation}"))
}

/// Returns the message about a sales unit that the keys do not belong to.
pub(crate) fn foreign(sales_unit: &str) -> String {
    format!("Invalid MSN: {sales_unit}. Check your API keys on portal.vipps.no for this sales unit")
}

/// The remark about a payment that needs a permission to send push messages.
pub(crate) const NO_PUSH_MESSAGES: &str = "the sales unit may not send push messages; see Builder::allow_skip_landing_page and --allow-skip-landing-page";

/// The message of a request without a valid access token.
pub(crate) const UNAUTHORIZED: &str = "Something went wrong, please try again later";
