//! Idempotency keys.

use super::*;

const CAPTURE: &str = "/epayment/v1/payments/acme-shop-123-order123abc/capture";
const REFUND: &str = "/epayment/v1/payments/acme-shop-123-order123abc/refund";

fn part(value: i64) -> Value {
    json!({"modificationAmount": nok(value)})
}

#[test]
fn same_key_and_body_have_one_effect_and_one_response() {
    let mut bench = Bench::new();
    let first = json_of(&bench.keyed(PAYMENTS, "create", create_body()));
    let again = bench.keyed(PAYMENTS, "create", create_body());
    assert_eq!((again.status.as_u16(), json_of(&again)), (201, first));
    assert_eq!(bench.state.domain.payments().len(), 1);

    bench.approve();
    let first = json_of(&bench.keyed(CAPTURE, "capture", part(5_000)));
    bench.modify("capture", 1_000);
    let again = json_of(&bench.keyed(CAPTURE, "capture", part(5_000)));
    assert_eq!(again, first);
    assert_eq!(bench.account().captured(), 6_000);

    let first = json_of(&bench.keyed(REFUND, "refund", part(2_000)));
    let again = json_of(&bench.keyed(REFUND, "refund", part(2_000)));
    assert_eq!(again, first);
    assert_eq!(bench.account().refunded(), 2_000);
}

#[test]
fn key_of_another_body_is_a_conflict() {
    let mut bench = Bench::new();
    bench.keyed(PAYMENTS, "create", create_body());
    let mut other = create_body();
    other["reference"] = "acme-shop-123-other".into();
    let refused = bench.keyed(PAYMENTS, "create", other);
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4020")
    );

    bench.approve();
    bench.keyed(CAPTURE, "key", part(5_000));
    let refused = bench.keyed(CAPTURE, "key", part(6_000));
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4010")
    );
    bench.keyed(REFUND, "key", part(1_000));
    let refused = bench.keyed(REFUND, "key", part(2_000));
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (409, "4150")
    );
    let account = bench.account();
    assert_eq!((account.captured(), account.refunded()), (5_000, 1_000));
}

#[test]
fn key_of_another_payment_is_a_conflict() {
    let mut bench = Bench::new();
    bench.created();
    bench.approve();
    bench.keyed(CAPTURE, "key", part(5_000));
    let mut other = create_body();
    other["reference"] = "acme-shop-123-other".into();
    bench.create(other);
    let path = CAPTURE.replace(ORDER, "acme-shop-123-other");
    assert_eq!(outcome(&bench.keyed(&path, "key", part(5_000))), "4010");
}

#[test]
fn refusal_stays_with_its_key() {
    let mut bench = Bench::new();
    bench.created();
    assert_eq!(outcome(&bench.keyed(CAPTURE, "early", part(5_000))), "6080");
    bench.approve();
    assert_eq!(outcome(&bench.keyed(CAPTURE, "early", part(5_000))), "6080");
    assert_eq!(outcome(&bench.keyed(CAPTURE, "early", part(4_000))), "4010");
    assert_eq!(outcome(&bench.keyed(CAPTURE, "new", part(5_000))), "ok");
    assert_eq!(bench.account().captured(), 5_000);
}

#[test]
fn broken_request_keeps_its_key() {
    let mut bench = Bench::new();
    let broken = with("/reference", json!("short"));
    let refused = bench.keyed(PAYMENTS, "key", broken);
    assert_eq!(outcome(&refused), "field reference");
    assert_eq!(
        outcome(&bench.keyed(PAYMENTS, "key", create_body())),
        "4020"
    );
    assert_eq!(
        outcome(&bench.keyed(PAYMENTS, "other", create_body())),
        "ok"
    );
}

/// The gateway refuses these requests before the API reads the key.
#[test]
fn rate_limit_and_bad_token_leave_the_key_unused() {
    let mut bench = Bench::new();
    bench.created();
    bench.approve();
    let request = bench.signed(Method::POST, CAPTURE, Some(part(1_000)));
    let request = request.with("idempotency-key", "key");
    let unsigned = request.clone().without("authorization");
    assert_eq!(bench.send(unsigned).status, 401);
    for _ in 0..5 {
        bench.keyed(CAPTURE, "used", part(1_000));
    }
    assert_eq!(bench.send(request.clone()).status, 429);
    bench.wait_for_limits();
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.send(request).status, 200);
    assert_eq!(bench.account().captured(), 2_000);
}

/// The key of a capture by eCom belongs to the payment in both APIs.
#[test]
fn key_of_an_ecom_capture_moves_no_money_here() {
    let mut bench = Bench::new();
    bench.open(20_000);
    bench.approve();
    bench.act("capture", Some(5_000), Some("key"));
    assert_eq!(outcome(&bench.keyed(CAPTURE, "key", part(5_000))), "4010");
    assert_eq!(bench.account().captured(), 5_000);
}

#[test]
fn key_is_required_and_has_at_most_50_characters() {
    let mut bench = Bench::new();
    let request = bench.signed(Method::POST, PAYMENTS, Some(create_body()));
    assert_eq!(outcome(&bench.send(request)), "field Idempotency-Key");
    for key in ["", &"k".repeat(51)] {
        let refused = bench.keyed(PAYMENTS, key, create_body());
        assert_eq!(outcome(&refused), "field Idempotency-Key", "{key}");
    }
    assert_eq!(
        outcome(&bench.keyed(PAYMENTS, &"k".repeat(50), create_body())),
        "ok"
    );
}
