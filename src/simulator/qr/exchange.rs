//! The exchange of a customer's personal code, or of a check-in token, for a phone number.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::clock::later;
use crate::simulator::core::Call;
use crate::simulator::errors;
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::CONTENT_HOST;

/// The lifetime of a check-in token.
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A personal code that a customer shows.
#[derive(Debug)]
pub(crate) struct Personal {
    pub(crate) msisdn: String,
    pub(crate) made: Timestamp,
}

/// A customer who has checked in.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) msisdn: String,
    pub(crate) since: Timestamp,
}

pub(crate) fn personal_qr(state: &mut State, call: &Call<'_>) -> Response {
    let text = call.text("/qrCode").unwrap_or_default();
    if let Some(personal) = state.codes.personal.get(text) {
        return Response::json(
            StatusCode::OK,
            json!({
                "msisdn": personal.msisdn,
                "version": "2.0",
                "timestamp": personal.made.as_second(),
            }),
        );
    }
    match clear_text(text) {
        Some(msisdn) => Response::json(StatusCode::OK, json!({"msisdn": msisdn, "version": "1.0"})),
        None => invalid(
            "qrCode",
            "The complete data contained in the QR code is required.",
        ),
    }
}

/// Returns the phone number in a version 1 personal code, which contains it in plain text:
/// `https://qr.vipps.no/28/2/01/031/4791234567?v=1`.
fn clear_text(text: &str) -> Option<&str> {
    let path = text.strip_prefix(CONTENT_HOST)?.strip_prefix("/28/")?;
    let (path, query) = path.split_once('?')?;
    let (_, number) = path.rsplit_once('/')?;
    let is_number = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && query == "v=1").then_some(number)
}

pub(crate) fn customer(state: &mut State, call: &Call<'_>) -> Response {
    if call.body.get("customer").is_none_or(Value::is_null) {
        return invalid("customer", "Customer object is required.");
    }
    let Some(token) = call.text("/customer/customerToken") else {
        return invalid("customerToken", "Customer token is required.");
    };
    match state.codes.customers.get(token) {
        Some(customer) if later(customer.since, TOKEN_LIFETIME) > call.now => Response::json(
            StatusCode::OK,
            json!({"msisdn": customer.msisdn, "timestamp": customer.since.as_second()}),
        ),
        Some(_) => invalid("customerToken", "The customer token has expired."),
        None => invalid("customerToken", "The customer token is not valid."),
    }
}

fn invalid(name: &str, reason: &str) -> Response {
    errors::exchange_invalid(&[(name.into(), reason.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_personal_codes_say_their_number() {
        assert_eq!(
            clear_text("https://qr.vipps.no/28/2/01/031/4791234567?v=1"),
            Some("4791234567")
        );
        for other in [
            "4791234567",
            "https://qr.vipps.no/p/abc",
            "https://example.com/28/2/01/031/4791234567?v=1",
            "https://qr.vipps.no/28/2/01/031/4791234567",
            "https://qr.vipps.no/28/2/01/031/x?v=1",
        ] {
            assert_eq!(clear_text(other), None, "{other}");
        }
    }
}
