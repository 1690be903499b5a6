//! Fixtures of the tests of the ePayment API.

use serde_json::json;
use vipps::Reference;

pub(crate) const REFERENCE: &str = "kiosk-7-000451";
pub(crate) const CREATE: &str = "/epayment/v1/payments";
pub(crate) const PAYMENT: &str = "/epayment/v1/payments/kiosk-7-000451";
pub(crate) const EVENTS: &str = "/epayment/v1/payments/kiosk-7-000451/events";
pub(crate) const PAGE: &str = "https://shop.example.com/orders/451";
pub(crate) const CREATED: &str = r#"{"reference":"kiosk-7-000451","redirectUrl":"https://pay.example.com/?token=secret-landing-token"}"#;

pub(crate) fn reference() -> Reference {
    REFERENCE.parse().unwrap()
}

/// A problem of the API with this code.
pub(crate) fn problem(status: u16, code: &str) -> String {
    json!({"type": format!("https://httpstatuses.io/{status}"), "title": "The title",
        "detail": "The detail.", "instance": CREATE, "status": status,
        "extraDetails": [{"name": "ErrorCode", "reason": code}], "traceId": "00-813b"})
    .to_string()
}

fn nok(value: i64) -> serde_json::Value {
    json!({"currency": "NOK", "value": value})
}

/// The details of a payment of 100 NOK, with these sums: authorized, captured, cancelled and
/// refunded, in øre.
pub(crate) fn details(state: &str, sums: [i64; 4]) -> String {
    let [authorized, captured, cancelled, refunded] = sums.map(nok);
    json!({"reference": REFERENCE, "state": state, "amount": nok(10_000),
        "aggregate": {"authorizedAmount": authorized, "capturedAmount": captured,
            "cancelledAmount": cancelled, "refundedAmount": refunded},
        "paymentMethod": {"type": "WALLET"}, "profile": {}, "pspReference": "psp-1"})
    .to_string()
}
