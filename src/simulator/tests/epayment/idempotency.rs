//! Idempotency keys.

use super::*;

const CAPTURE: &str = "/epayment/v1/payments/acme-shop-123-order123abc/capture";
const REFUND: &str = "/epayment/v1/payments/acme-shop-123-order123abc/refund";

fn part(value: i64) -> Value {
    json!({"modificationAmount": nok(value)})
}

#[test]
fn same_key_and_body_have_one_effect_and_one_response() {
    let mut harness = Harness::new();
    let first = json_of(&harness.keyed(PAYMENTS, "create", create_body()));
    let repeated = harness.keyed(PAYMENTS, "create", create_body());
    assert_eq!((repeated.status.as_u16(), json_of(&repeated)), (201, first));
    assert_eq!(harness.state.domain.payments().len(), 1);

    harness.approve();
    let first = json_of(&harness.keyed(CAPTURE, "capture", part(5_000)));
    harness.modify("capture", 1_000);
    let repeated = json_of(&harness.keyed(CAPTURE, "capture", part(5_000)));
    assert_eq!(repeated, first);
    assert_eq!(harness.account().captured(), 6_000);

    let first = json_of(&harness.keyed(REFUND, "refund", part(2_000)));
    let repeated = json_of(&harness.keyed(REFUND, "refund", part(2_000)));
    assert_eq!(repeated, first);
    assert_eq!(harness.account().refunded(), 2_000);
}

#[test]
fn key_of_another_body_is_a_conflict() {
    let mut harness = Harness::new();
    harness.keyed(PAYMENTS, "create", create_body());
    let mut other = create_body();
    other["reference"] = "acme-shop-123-other".into();
    let refused = harness.keyed(PAYMENTS, "create", other);
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4020")
    );

    harness.approve();
    harness.keyed(CAPTURE, "key", part(5_000));
    let refused = harness.keyed(CAPTURE, "key", part(6_000));
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4010")
    );
    harness.keyed(REFUND, "key", part(1_000));
    let refused = harness.keyed(REFUND, "key", part(2_000));
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4150")
    );
    let account = harness.account();
    assert_eq!((account.captured(), account.refunded()), (5_000, 1_000));
}

#[test]
fn key_of_another_payment_is_a_conflict() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    harness.keyed(CAPTURE, "key", part(5_000));
    let mut other = create_body();
    other["reference"] = "acme-shop-123-other".into();
    harness.create(other);
    let path = CAPTURE.replace(ORDER, "acme-shop-123-other");
    assert_eq!(outcome(&harness.keyed(&path, "key", part(5_000))), "4010");
}

#[test]
fn refusal_stays_with_its_key() {
    let mut harness = Harness::new();
    harness.created();
    assert_eq!(
        outcome(&harness.keyed(CAPTURE, "early", part(5_000))),
        "6080"
    );
    harness.approve();
    assert_eq!(
        outcome(&harness.keyed(CAPTURE, "early", part(5_000))),
        "6080"
    );
    assert_eq!(
        outcome(&harness.keyed(CAPTURE, "early", part(4_000))),
        "4010"
    );
    assert_eq!(outcome(&harness.keyed(CAPTURE, "new", part(5_000))), "ok");
    assert_eq!(harness.account().captured(), 5_000);
}

#[test]
fn broken_request_keeps_its_key() {
    let mut harness = Harness::new();
    let broken = with("/reference", json!("short"));
    let refused = harness.keyed(PAYMENTS, "key", broken);
    assert_eq!(outcome(&refused), "field reference");
    assert_eq!(
        outcome(&harness.keyed(PAYMENTS, "key", create_body())),
        "4020"
    );
    assert_eq!(
        outcome(&harness.keyed(PAYMENTS, "other", create_body())),
        "ok"
    );
}

/// The gateway refuses these requests before the API reads the key.
#[test]
fn rate_limit_and_bad_token_leave_the_key_unused() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    let request = harness.signed(Method::POST, CAPTURE, Some(part(1_000)));
    let request = request.with("idempotency-key", "key");
    let unsigned = request.clone().without("authorization");
    assert_eq!(harness.send(unsigned).status, 401);
    for _ in 0..5 {
        harness.keyed(CAPTURE, "used", part(1_000));
    }
    assert_eq!(harness.send(request.clone()).status, 429);
    harness.wait_for_limits();
    harness.advance(Duration::from_secs(60));
    assert_eq!(harness.send(request).status, 200);
    assert_eq!(harness.account().captured(), 2_000);
}

/// The key of a capture by eCom belongs to the payment in both APIs.
#[test]
fn key_of_an_ecom_capture_moves_no_money_here() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.act("capture", Some(5_000), Some("key"));
    assert_eq!(outcome(&harness.keyed(CAPTURE, "key", part(5_000))), "4010");
    assert_eq!(harness.account().captured(), 5_000);
}

#[test]
fn key_is_required_and_has_at_most_50_characters() {
    let mut harness = Harness::new();
    let request = harness.signed(Method::POST, PAYMENTS, Some(create_body()));
    assert_eq!(outcome(&harness.send(request)), "field Idempotency-Key");
    for key in ["", &"k".repeat(51)] {
        let refused = harness.keyed(PAYMENTS, key, create_body());
        assert_eq!(outcome(&refused), "field Idempotency-Key", "{key}");
    }
    assert_eq!(
        outcome(&harness.keyed(PAYMENTS, &"k".repeat(50), create_body())),
        "ok"
    );
}
