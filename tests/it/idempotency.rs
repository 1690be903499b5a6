//! Each operation that moves money has one key, generated or set by the caller. The key is part of
//! the result and of the error, and is the same on every attempt and in every process.

use crate::support::{TRANSACTION, id};
use vipps::simulator::{EffectKind, Simulator};
use vipps::testing::Recorder;
use vipps::types::RequestId;
use vipps::{Amount, Outcome, Remedy, RetryPolicy, Vipps};

const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const REFUND: &str = "/ecomm/v2/payments/acme-shop-123/refund";

/// A simulator with one reserved payment of 200 kr.
async fn reserved() -> (Simulator, Vipps) {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let text = crate::support::text();
    let order = vipps.ecom().initiate(id(), Amount::nok(200), text);
    order.await.unwrap();
    sim.payer().approve("acme-shop-123").unwrap();
    (sim, vipps)
}

fn keys_sent(sim: &Simulator, operation: &str) -> Vec<String> {
    let entries = sim.journal().entries();
    let of_operation = entries.iter().filter(|e| e.operation() == Some(operation));
    of_operation
        .map(|e| e.header("x-request-id").unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_operation_has_a_key_that_its_response_contains() {
    let (sim, vipps) = reserved().await;
    let payment = vipps.ecom().payment(id());
    let part = || payment.capture(Amount::nok(20));
    let (first, second) = (part().await.unwrap(), part().await.unwrap());
    let refund = payment.refund(Amount::nok(20)).await.unwrap();
    let keys: Vec<_> = [&first, &second, &refund]
        .map(|t| t.idempotency_key.clone().unwrap().to_string())
        .to_vec();
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    for key in &keys {
        assert!(
            (20..=RequestId::MAX_GENERATED_LEN).contains(&key.len()),
            "{key}"
        );
    }
    assert_eq!(keys_sent(&sim, "capture_payment_using_post"), keys[..2]);
    assert_eq!(keys_sent(&sim, "refund_payment_using_post"), keys[2..]);
    let account = sim.account("acme-shop-123").unwrap();
    let in_ledger: Vec<_> = account
        .effects()
        .iter()
        .filter_map(|e| e.idempotency_key())
        .collect();
    assert_eq!(in_ledger, keys);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_carries_the_key_of_the_first() {
    let (sim, vipps) = reserved().await;
    let lost = sim.faults().on("capture_payment_using_post");
    lost.times(2).lose_response();
    let captured = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    let key = captured.idempotency_key.unwrap().to_string();
    assert_eq!(keys_sent(&sim, "capture_payment_using_post"), vec![key; 3]);
    let account = sim.account("acme-shop-123").unwrap();
    assert_eq!(
        (account.count(EffectKind::Capture), account.captured()),
        (1, 20_000)
    );
}

#[tokio::test(start_paused = true)]
async fn key_of_the_caller_has_1_to_40_characters() {
    for length in [1, 30, 31, 40] {
        let key = RequestId::parse(&"k".repeat(length)).unwrap();
        let recorder = Recorder::new()
            .respond("POST", CAPTURE, 200, TRANSACTION)
            .respond("POST", REFUND, 400, r#"{"statusCode":400,"message":"x"}"#);
        let payment = recorder.client().ecom().payment(id());
        let captured = payment
            .capture_remaining()
            .idempotency_key(key.clone())
            .await
            .unwrap();
        assert_eq!(captured.idempotency_key, Some(key.clone()));
        let error = payment
            .refund(Amount::nok(200))
            .idempotency_key(key.clone())
            .await
            .unwrap_err();
        assert_eq!(error.idempotency_key(), Some(&key));
        assert_eq!(error.order_id(), Some(&id()));
    }
    let too_long = RequestId::parse(&"k".repeat(41)).unwrap();
    let recorder = Recorder::new().respond("POST", CAPTURE, 200, TRANSACTION);
    let payment = recorder.client().ecom().payment(id());
    let error = payment
        .capture_remaining()
        .idempotency_key(too_long)
        .await
        .unwrap_err();
    assert_eq!(error.invalid_value().unwrap().field(), "idempotency_key");
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(recorder.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn key_reused_for_another_request_is_refused() {
    let (sim, vipps) = reserved().await;
    let payment = vipps.ecom().payment(id());
    let with = |amount| {
        let capture = payment.capture(Amount::nok(amount));
        capture.idempotency_key("one-key".parse().unwrap())
    };
    with(50).await.unwrap();
    let again = with(50).await.unwrap();
    assert_eq!(again.amount, Some(Amount::nok(50)));
    let error = with(60).await.unwrap_err();
    assert!(error.has_code("93"), "{error}");
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Rejected, 1));
    assert_eq!(error.api_errors()[0].remedy(), Some(Remedy::ChangeRequest));
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("key") && hint.contains("another amount"),
        "{hint}"
    );
    assert_eq!(sim.account("acme-shop-123").unwrap().captured(), 5_000);
}

/// Keys belong to an operation of an order: a refund may carry the key of a capture.
#[tokio::test(start_paused = true)]
async fn key_of_a_capture_is_accepted_for_a_refund() {
    let (sim, vipps) = reserved().await;
    let payment = vipps.ecom().payment(id());
    let key: RequestId = "one-key".parse().unwrap();
    payment
        .capture_remaining()
        .idempotency_key(key.clone())
        .await
        .unwrap();
    payment
        .refund(Amount::nok(200))
        .idempotency_key(key)
        .await
        .unwrap();
    let account = sim.account("acme-shop-123").unwrap();
    assert_eq!((account.captured(), account.refunded()), (20_000, 20_000));
}

#[tokio::test(start_paused = true)]
async fn five_hundred_generated_keys_are_different() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 500, "");
    let vipps = recorder.client();
    let mut keys = std::collections::HashSet::new();
    for _ in 0..500 {
        let capture = vipps.ecom().payment(id()).capture_remaining();
        let error = capture.retry(RetryPolicy::none()).await.unwrap_err();
        assert!(keys.insert(error.idempotency_key().unwrap().clone()));
    }
}

/// The error of a raw call contains the key and the order id.
#[tokio::test(start_paused = true)]
async fn raw_call_error_contains_key_and_order_id() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 200, "{");
    let error = recorder
        .client()
        .call(|raw| async move {
            let body = vipps::raw::ecom::types::PaymentActionsRequest::builder();
            let capture = raw.ecom().capture_payment_using_post();
            capture.order_id("acme-shop-123").body(body).send().await
        })
        .await
        .unwrap_err();
    assert!(
        error.outcome() != Outcome::NotSent,
        "the body was refused: {error}"
    );
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(
        error
            .idempotency_key()
            .is_some_and(|key| key.as_str().len() <= 30)
    );
    assert_eq!(error.order_id(), Some(&id()));
}
