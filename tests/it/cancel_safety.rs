//! A dropped future loses its generated idempotency key. A key of the caller survives.

mod every_await;

use std::time::Duration;

use vipps::simulator::{EffectKind, Simulator};
use vipps::types::OrderId;
use vipps::{Amount, RequestId, Vipps};

use crate::support::{amount, id, text};

const ORDER: &str = "acme-shop-123";

async fn reserved() -> Simulator {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let start = vipps.ecom().initiate(id(), amount(), text());
    start.await.unwrap();
    sim.payer().approve(ORDER).unwrap();
    sim
}

/// The handler of a button: captures 10 kr, and is dropped if the browser disconnects before the
/// response.
async fn capture_click(vipps: &Vipps, key: Option<RequestId>) {
    let mut capture = vipps.ecom().payment(id()).capture(Amount::nok(10));
    if let Some(key) = key {
        capture = capture.idempotency_key(key);
    }
    tokio::select! {
        result = capture => drop(result.unwrap()),
        () = tokio::time::sleep(Duration::from_secs(2)) => {}
    }
}

async fn refund_click(vipps: &Vipps, key: Option<RequestId>) {
    let mut refund = vipps.ecom().payment(id()).refund(Amount::nok(10));
    if let Some(key) = key {
        refund = refund.idempotency_key(key);
    }
    tokio::select! {
        result = refund => drop(result.unwrap()),
        () = tokio::time::sleep(Duration::from_secs(2)) => {}
    }
}

/// The first click takes effect, and its response is later than the disconnect of the browser.
fn slow_after_effect(sim: &Simulator, operation: &str) {
    let stalled = sim.faults().on(operation);
    stalled.after_effect().times(1).stall();
}

#[tokio::test(start_paused = true)]
async fn two_clicks_with_a_stored_key_capture_once() {
    let sim = reserved().await;
    slow_after_effect(&sim, "capture_payment_using_post");
    let stored = RequestId::random();
    capture_click(&sim.client(), Some(stored.clone())).await;
    assert_eq!(sim.account(ORDER).unwrap().captured(), 1_000);
    capture_click(&sim.client(), Some(stored)).await;
    let account = sim.account(ORDER).unwrap();
    assert_eq!(account.count(EffectKind::Capture), 1);
    assert_eq!(account.captured(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn two_clicks_with_a_derived_key_capture_once() {
    let sim = reserved().await;
    slow_after_effect(&sim, "capture_payment_using_post");
    for _ in 0..2 {
        // No key is stored. Each click derives it.
        let key = RequestId::derive(id(), "capture of parcel 1");
        capture_click(&sim.client(), Some(key)).await;
    }
    assert_eq!(sim.account(ORDER).unwrap().captured(), 1_000);
    // A second parcel is a separate capture.
    let key = RequestId::derive(id(), "capture of parcel 2");
    capture_click(&sim.client(), Some(key)).await;
    assert_eq!(sim.account(ORDER).unwrap().captured(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn two_clicks_with_a_stored_key_refund_once() {
    let sim = reserved().await;
    sim.client()
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    slow_after_effect(&sim, "refund_payment_using_post");
    let stored = RequestId::random();
    for _ in 0..2 {
        refund_click(&sim.client(), Some(stored.clone())).await;
    }
    assert_eq!(sim.account(ORDER).unwrap().refunded(), 1_000);
}

/// The documentation of `Capture` and `Refund` warns of this behaviour.
#[tokio::test(start_paused = true)]
async fn two_clicks_without_a_key_move_the_money_twice() {
    let sim = reserved().await;
    slow_after_effect(&sim, "capture_payment_using_post");
    for _ in 0..2 {
        capture_click(&sim.client(), None).await;
    }
    assert_eq!(sim.account(ORDER).unwrap().captured(), 2_000);
    slow_after_effect(&sim, "refund_payment_using_post");
    for _ in 0..2 {
        refund_click(&sim.client(), None).await;
    }
    assert_eq!(sim.account(ORDER).unwrap().refunded(), 2_000);
}

/// Keys are stored and compared across releases, so these texts never change.
#[test]
fn derive_is_stable_and_at_most_thirty_characters() {
    // Base 32 of the first 16 bytes of `sha256("vipps/idempotency-key/1/{order}/{purpose}")`, from
    // Python's hashlib.
    for (order, purpose, key) in [
        ("acme-shop-123", "capture", "7arfvq39oh3k803hfpc9cdcfht"),
        ("acme-shop-123", "refund", "3u6a4c5jivlnv4op8nhc68j8ic"),
        ("acme-shop-124", "capture", "163c3fucbis85qlvfkjvbv8iug"),
        ("a", "", "3ipqd55iurv4d28ad0d7incisv"),
    ] {
        let order: OrderId = order.parse().unwrap();
        let derived = RequestId::derive(&order, purpose);
        assert_eq!(derived.as_str(), key);
        assert!(derived.as_str().len() <= RequestId::MAX_GENERATED_LEN);
        assert_eq!(RequestId::parse(derived.as_str()), Ok(derived));
    }
    let longest: OrderId = "x".repeat(50).parse().unwrap();
    let derived = RequestId::derive(&longest, &"y".repeat(1_000));
    assert_eq!(derived.as_str().len(), 26);
}

#[test]
fn derived_keys_differ_by_order_and_purpose() {
    let of = |order: &str, purpose| RequestId::derive(order.parse::<OrderId>().unwrap(), purpose);
    // The joined texts of order id and purpose are equal.
    assert_ne!(of("order-1", "2-capture"), of("order-12", "-capture"));
    assert_ne!(of("order-1", "capture"), of("order-1", "Capture"));
    assert_ne!(of("order-1", "capture"), of("order-1", "capture "));
    assert_eq!(of("order-1", "capture"), of("order-1", "capture"));
}
