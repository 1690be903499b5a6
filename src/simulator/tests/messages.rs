//! The bodies of callbacks, validated against the schemas of the specification.

use super::*;
use crate::simulator::gateway::{OutgoingMessage, contract};

/// Returns the only queued callback.
fn only_callback(harness: &mut Harness) -> OutgoingMessage {
    let mut calls = std::mem::take(&mut harness.state.outbox);
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// Returns the callback's body, which must break the vendored schema at the places `known` and
/// nowhere else.
fn callback(harness: &mut Harness, schema: &str, known: &[&str]) -> Value {
    let call = only_callback(harness);
    assert_eq!(call.message.id, "payment_callback");
    assert_eq!(
        call.url,
        format!("https://example.com/vipps/callbacks/v2/payments/{ORDER}")
    );
    let body = call.body.unwrap();
    assert_eq!(against_schema(schema, &body), known, "{body:#}");
    body
}

/// Returns the places where a value breaks a schema of the document.
fn against_schema(schema: &str, value: &Value) -> Vec<String> {
    contract::against_schema(&apis::ecom::DOCUMENT, schema, value)
}

const REGULAR: &str = "RegularCheckOutPaymentRequest";
const EXPRESS: &str = "ExpressCheckOutPaymentRequest";
/// Recorded callbacks spell the group `PAYMENTS`, which the document does not list.
const ERROR_GROUP: &str = "/errorInfo/errorGroup";
/// The guide lists `RESERVE_FAILED` and `SALE_FAILED`, the document does not.
const STATUS: &str = "/transactionInfo/status";

#[test]
fn reservation_has_the_status_reserved() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    let body = callback(&mut harness, REGULAR, &[]);
    assert_eq!(body["merchantSerialNumber"], MSN);
    assert_eq!(body["transactionInfo"]["status"], "RESERVED");
    assert_eq!(body["transactionInfo"]["amount"], 20_000);
    assert_eq!(body.get("userDetails"), None);
    assert_eq!(body.get("errorInfo"), None);
}

#[test]
fn direct_capture_has_the_status_sale() {
    let mut harness = Harness::with(CaptureType::Direct);
    harness.open(20_000);
    harness.approve();
    let body = callback(&mut harness, REGULAR, &[]);
    assert_eq!(body["transactionInfo"]["status"], "SALE");
}

#[test]
fn rejection_in_the_app_has_the_status_cancelled() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.reject();
    let body = callback(&mut harness, REGULAR, &[]);
    assert_eq!(body["transactionInfo"]["status"], "CANCELLED");
    assert!(body["transactionInfo"]["transactionId"].is_string());
    assert_eq!(body.get("errorInfo"), None);
}

#[test]
fn rejection_on_the_landing_page_has_the_status_rejected() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness
        .with_payment(|domain, order, now| domain.reject(order, false, now))
        .unwrap();
    let body = callback(&mut harness, REGULAR, &[ERROR_GROUP]);
    assert_eq!(body["transactionInfo"]["status"], "REJECTED");
    assert_eq!(body["transactionInfo"].get("transactionId"), None);
    assert_eq!(
        body["errorInfo"],
        json!({
            "errorCode": "45",
            "errorGroup": "PAYMENTS",
            "errorMessage": "User has not acted upon the payment",
        })
    );
    assert_eq!(harness.operations(), ["CANCEL", "INITIATE"]);
}

#[test]
fn expiry_has_the_status_rejected() {
    for scanned in [false, true] {
        let mut harness = Harness::new();
        harness.open(20_000);
        if scanned {
            harness.scan();
        }
        harness.advance(Duration::from_secs(600));
        let now = harness.now;
        harness.state.tick(now);
        let body = callback(&mut harness, REGULAR, &[ERROR_GROUP]);
        let info = &body["transactionInfo"];
        assert_eq!(info["status"], "REJECTED");
        assert_eq!(info.get("transactionId").is_some(), scanned);
        let message = body["errorInfo"]["errorMessage"].as_str().unwrap();
        assert_eq!(message.contains("cancelled or"), scanned, "{message}");
        assert_eq!(info["timeStamp"], "2026-03-02T09:05:00.000Z");
    }
}

#[test]
fn refused_card_has_a_failed_status() {
    for (capture_type, status) in [
        (CaptureType::Reserve, "RESERVE_FAILED"),
        (CaptureType::Direct, "SALE_FAILED"),
    ] {
        let mut harness = Harness::with(capture_type);
        harness.open(182);
        assert!(harness.try_approve(None).is_err());
        let body = callback(&mut harness, REGULAR, &[STATUS]);
        assert_eq!(body["transactionInfo"]["status"], status);
    }
}

#[test]
fn express_callback_has_customer_and_address() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["merchantInfo"]["paymentType"] = "eComm Express Payment".into();
    body["merchantInfo"]["consentRemovalPrefix"] = "https://example.com/consent".into();
    body["merchantInfo"]["staticShippingDetails"] = json!([
        {"isDefault": "Y", "shippingCost": 49, "shippingMethod": "Post", "shippingMethodId": "post"},
    ]);
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    assert_eq!(harness.send(request).status, 200);
    harness.approve();
    let body = callback(&mut harness, EXPRESS, &[]);
    assert_eq!(body["transactionInfo"]["status"], "RESERVE");
    assert_eq!(body["transactionInfo"]["amount"], 24_900);
    assert_eq!(body["shippingDetails"]["address"]["zipCode"], "0191");
    assert_eq!(body["shippingDetails"]["shippingCost"], 49);
    assert_eq!(body["userDetails"]["firstName"], "Ada");
}

#[test]
fn cancel_by_the_merchant_has_no_callback() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.cancel(false);
    assert!(harness.state.outbox.is_empty());
}

#[test]
fn auth_token_is_sent_unchanged() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["merchantInfo"]["authToken"] = "no scheme added".into();
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    harness.send(request);
    harness.approve();
    assert_eq!(
        only_callback(&mut harness).authorization.as_deref(),
        Some("no scheme added")
    );
}

/// Every member that the document requires or types is looked at, so that a wrong callback fails.
#[test]
fn callback_with_a_wrong_member_breaks_the_schema() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    let body = callback(&mut harness, REGULAR, &[]);
    for pointer in [
        "/merchantSerialNumber",
        "/orderId",
        "/transactionInfo",
        "/transactionInfo/amount",
        "/transactionInfo/status",
        "/transactionInfo/timeStamp",
        "/transactionInfo/transactionId",
    ] {
        let mut invalid = body.clone();
        *invalid.pointer_mut(pointer).unwrap() = json!([]);
        assert_eq!(against_schema(REGULAR, &invalid), [pointer]);
    }
    for name in ["merchantSerialNumber", "orderId", "transactionInfo"] {
        let mut invalid = body.clone();
        invalid.as_object_mut().unwrap().remove(name);
        assert_eq!(against_schema(REGULAR, &invalid), [""], "{name}");
    }
    let mut rejected = body;
    rejected["errorInfo"] = json!({"errorGroup": "Payment", "errorCode": 45});
    let mut broken = against_schema(REGULAR, &rejected);
    broken.sort();
    assert_eq!(broken, ["/errorInfo", "/errorInfo/errorCode"]);
}
