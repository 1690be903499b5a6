//! The simulator without a socket.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vipps::simulator::{DeliveryOutcome, Simulator, WireResponse};

use super::CAPTURE;

/// Sends a complete request and returns the response.
fn send(sim: &Simulator, token: &str, method: &str, path: &str, body: &Value) -> WireResponse {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("ocp-apim-subscription-key", sim.keys().subscription_key())
        .header("content-type", "application/json")
        .header("x-request-id", "key")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    sim.arrive(request).take_effect().1
}

fn whole(reply: WireResponse) -> (u16, Value) {
    let WireResponse::Complete(response) = reply else {
        panic!("{reply:?}");
    };
    let body = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status().as_u16(), body)
}

/// A simulator, a token and a reserved order.
fn reserved() -> (Simulator, String) {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    assert_eq!(sim.address(), None);
    let request = http::Request::post("/accesstoken/get")
        .header("client_id", sim.keys().client_id())
        .header("client_secret", sim.keys().client_secret())
        .header("ocp-apim-subscription-key", sim.keys().subscription_key())
        .body(Bytes::new())
        .unwrap();
    let (status, body) = whole(sim.arrive(request).take_effect().1);
    assert_eq!(status, 200, "{body}");
    let token = body["access_token"].as_str().unwrap().to_owned();
    let body = json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": "123456",
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
        },
        "transaction": {"orderId": "order-1", "amount": 20_000, "transactionText": "Socks"},
    });
    let (status, body) = whole(send(&sim, &token, "POST", "/ecomm/v2/payments", &body));
    assert_eq!(status, 200, "{body}");
    sim.payer().approve("order-1").unwrap();
    (sim, token)
}

fn capture(sim: &Simulator, token: &str) -> WireResponse {
    let body = json!({
        "merchantInfo": {"merchantSerialNumber": "123456"},
        "transaction": {"amount": 20_000, "transactionText": "Socks"},
    });
    let path = "/ecomm/v2/payments/order-1/capture";
    send(sim, token, "POST", path, &body)
}

fn charged(sim: &Simulator) -> i64 {
    sim.account("order-1").unwrap().charged()
}

#[test]
fn broken_responses_are_errors_in_memory() {
    let (sim, token) = reserved();
    let faults = sim.faults();
    let rule = || faults.on(CAPTURE).times(1);
    rule().lose_request();
    assert!(matches!(capture(&sim, &token), WireResponse::Reset));
    rule().stall();
    assert!(matches!(capture(&sim, &token), WireResponse::Stalled));
    assert_eq!(charged(&sim), 0);
    rule().reset();
    let WireResponse::Truncated(response) = capture(&sim, &token) else {
        panic!("not cut");
    };
    assert!(serde_json::from_slice::<Value>(response.body()).is_err());
    assert_eq!(charged(&sim), 20_000);
    assert_eq!(whole(capture(&sim, &token)).0, 200);
}

#[test]
fn a_request_that_waits_may_never_take_effect() {
    let (sim, token) = reserved();
    let late = Duration::from_secs(30);
    sim.faults()
        .on(CAPTURE)
        .before_effect()
        .times(1)
        .delay(late);
    let request = http::Request::post("/ecomm/v2/payments/order-1/capture")
        .header("authorization", format!("Bearer {token}"))
        .header("ocp-apim-subscription-key", sim.keys().subscription_key())
        .header("content-type", "application/json")
        .body(Bytes::from(
            json!({"transaction": {"transactionText": "Socks"}}).to_string(),
        ))
        .unwrap();
    let arrived = sim.arrive(request);
    assert_eq!(arrived.wait(), late);
    assert_eq!(charged(&sim), 0);
    sim.clock().advance(late);
    let (wait, reply) = arrived.take_effect();
    assert_eq!((wait, whole(reply).0), (Duration::ZERO, 200));
    assert_eq!(charged(&sim), 20_000);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let (sim, token) = reserved();
        let response = whole(capture(&sim, &token)).1.to_string();
        (token, response, format!("{:?}", sim.journal().entries()))
    };
    assert_eq!(run(), run());
}

#[tokio::test]
async fn no_callback_is_sent_in_memory() {
    let (sim, _) = reserved();
    sim.route("https://example.com", ([127, 0, 0, 1], 1))
        .unwrap();
    sim.settled().await;
    let outcome = sim.deliveries().pop().unwrap().outcome().clone();
    assert!(matches!(outcome, DeliveryOutcome::Failed(_)), "{outcome:?}");
}
