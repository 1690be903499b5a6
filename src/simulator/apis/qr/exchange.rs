//! The exchange of a customer's personal code, or of a check-in token, for a phone number.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use crate::simulator::domain::qr::number_in_text;
use crate::simulator::gateway::{Call, Failure, Response, State};

pub(super) fn personal_qr(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let text = call.text("/qrCode").unwrap_or_default();
    let body = match (state.domain.codes.personal(text), number_in_text(text)) {
        (Some(code), _) => json!({
            "msisdn": code.customer.msisdn,
            "version": "2.0",
            "timestamp": code.created_at.as_second(),
        }),
        (None, Some(msisdn)) => json!({"msisdn": msisdn, "version": "1.0"}),
        (None, None) => {
            let reason = "The complete data contained in the QR code is required.";
            return Err(invalid("qrCode", reason));
        }
    };
    Ok(Response::json(StatusCode::OK, body))
}

pub(super) fn customer(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    if call.body.get("customer").is_none_or(Value::is_null) {
        return Err(invalid("customer", "Customer object is required."));
    }
    let Some(token) = call.text("/customer/customerToken") else {
        return Err(invalid("customerToken", "Customer token is required."));
    };
    let check_in = state.domain.codes.check_in(token, call.now)?;
    let body = json!({
        "msisdn": check_in.customer.msisdn,
        "timestamp": check_in.checked_in_at.as_second(),
    });
    Ok(Response::json(StatusCode::OK, body))
}

fn invalid(name: &str, reason: &str) -> Failure {
    errors::exchange_invalid(&[(name.into(), reason.into())]).into()
}
