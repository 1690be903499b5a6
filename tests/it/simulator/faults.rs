//! Faults on the wire.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::CAPTURE;
use super::shop::Shop;

const DETAILS: &str = "get_payment_details_using_get";

/// An order that waits for its capture.
async fn reserved() -> Shop {
    let shop = Shop::open().await;
    shop.initiate("order-1", 49_900).await;
    shop.sim.payer().approve("order-1").unwrap();
    shop
}

fn charged(shop: &Shop) -> i64 {
    shop.sim.account("order-1").unwrap().charged()
}

#[tokio::test]
async fn lost_response_leaves_the_effect() {
    let shop = reserved().await;
    let fault = shop.sim.faults().on(CAPTURE).times(1).lose_response();
    assert!(shop.capture("order-1", "key").await.is_err());
    assert_eq!((fault.hits(), charged(&shop)), (1, 49_900));
    let entry = shop.sim.journal().entries().pop().unwrap();
    assert_eq!(entry.status(), None);
    assert!(entry.note().unwrap().contains("took effect"));

    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    assert_eq!(charged(&shop), 49_900);
}

#[tokio::test]
async fn fault_with_status_body_and_retry_after() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    faults.on(CAPTURE).times(1).retry_after(7).status(503);
    let response = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["retry-after"]
        ),
        (503, &"7".parse().unwrap())
    );

    faults
        .on(CAPTURE)
        .times(1)
        .status_with_body(500, r#"{"message":"no"}"#);
    let response = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(response.text().await.unwrap(), r#"{"message":"no"}"#);

    faults
        .on(CAPTURE)
        .times(1)
        .status_with_body(502, "<html></html>");
    let response = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html");

    faults.on(CAPTURE).times(1).ecom_error("VippsError", "94");
    let response = shop.capture("order-1", "key").await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body[0]["errorCode"], "94");
    assert_eq!(charged(&shop), 0);
}

#[tokio::test]
async fn rules_choose_their_requests() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    let other = faults.on(CAPTURE).order("order-2").status(500);
    let second = faults.on(DETAILS).nth(2).status(500);
    let window = faults
        .any()
        .during(Duration::from_secs(10))
        .probability(0.0)
        .status(500);
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let response = shop
            .request(Method::GET, "/ecomm/v2/payments/order-1/details")
            .send()
            .await
            .unwrap();
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 200]);
    assert_eq!((other.hits(), second.hits(), window.hits()), (0, 1, 0));

    let expired = faults.any().during(Duration::from_secs(10)).status(500);
    shop.sim.clock().advance(Duration::from_secs(10));
    shop.details("order-1").await;
    assert_eq!(expired.hits(), 0);

    let removed = faults.any().status(500);
    removed.remove();
    shop.details("order-1").await;
    faults.any().status(500);
    faults.clear();
    shop.details("order-1").await;
}

#[tokio::test]
async fn same_seed_injects_the_same_faults() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let shop = reserved().await;
        let rule = shop.sim.faults().on(DETAILS).probability(0.3).seed(seed);
        let fault = rule.status(500);
        let mut struck = Vec::new();
        for request in 0..60 {
            let before = fault.hits();
            shop.request(Method::GET, "/ecomm/v2/payments/order-1/details")
                .send()
                .await
                .unwrap();
            if fault.hits() > before {
                struck.push(request);
            }
        }
        assert!((6..=32).contains(&struck.len()), "{struck:?}");
        runs.push(struck);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[1], runs[2]);
}

/// The second delivery has the idempotency key of the first. Without a key, both take effect.
#[tokio::test]
async fn duplicate_without_a_key_takes_effect_twice() {
    for (key, captures, charged) in [("key", 1, 1_000), ("", 2, 2_000)] {
        let shop = reserved().await;
        let twice = shop.sim.faults().on(CAPTURE).times(1).duplicate();
        let part = serde_json::json!({
            "merchantInfo": {"merchantSerialNumber": shop.sim.keys().merchant_serial_number()},
            "transaction": {"amount": 1_000, "transactionText": "A part"},
        });
        let request = shop.request(Method::POST, "/ecomm/v2/payments/order-1/capture");
        let response = request.header("x-request-id", key).json(&part);
        assert_eq!(response.send().await.unwrap().status(), 200);
        assert_eq!(twice.hits(), 1);
        let account = shop.sim.account("order-1").unwrap();
        let kind = vipps::simulator::EffectKind::Capture;
        assert_eq!(
            (account.count(kind), account.captured()),
            (captures, charged)
        );
    }
}

#[tokio::test]
async fn lost_request_has_no_effect() {
    let shop = reserved().await;
    let lost = shop.sim.faults().on(CAPTURE).times(1).lose_request();
    assert!(shop.capture("order-1", "key").await.is_err());
    assert_eq!((lost.hits(), charged(&shop)), (1, 0));
    let entry = shop.sim.journal().entries().pop().unwrap();
    assert_eq!(entry.status(), None);
}

#[tokio::test]
async fn malformed_json_is_a_whole_response_without_json() {
    let shop = reserved().await;
    shop.sim.faults().on(CAPTURE).times(1).malformed_json();
    let response = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.bytes().await.unwrap();
    assert!(!body.is_empty());
    assert!(serde_json::from_slice::<Value>(&body).is_err());
    assert_eq!(charged(&shop), 49_900);
}

#[tokio::test]
async fn reset_breaks_the_connection_within_the_body() {
    let shop = reserved().await;
    shop.sim.faults().on(CAPTURE).times(1).reset();
    let response = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(response.status(), 200);
    let error = response.bytes().await.unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
    assert_eq!(charged(&shop), 49_900);
}

#[tokio::test]
async fn stall_sends_nothing_at_the_chosen_stage() {
    for (after, expected) in [(false, 0), (true, 49_900)] {
        let shop = reserved().await;
        let rule = shop.sim.faults().on(CAPTURE).times(1);
        let rule = if after { rule.after_effect() } else { rule };
        rule.stall();
        let capture = shop.capture("order-1", "key");
        let stalled = tokio::time::timeout(Duration::from_millis(300), capture).await;
        assert!(stalled.is_err(), "{stalled:?}");
        assert_eq!(charged(&shop), expected);
    }
}

#[tokio::test]
async fn drip_sends_the_whole_response_within_its_time() {
    let shop = reserved().await;
    let time = Duration::from_millis(400);
    shop.sim.faults().on(CAPTURE).times(1).drip(time);
    let start_time = std::time::Instant::now();
    let mut response = shop.capture("order-1", "key").await.unwrap();
    let mut pieces = 0;
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        pieces += 1;
        body.extend_from_slice(&piece);
    }
    assert!(start_time.elapsed() >= time, "{:?}", start_time.elapsed());
    assert!(pieces > 3, "{pieces}");
    assert!(serde_json::from_slice::<Value>(&body).unwrap().is_object());
    // The next response on the connection is sent at once.
    let start_time = std::time::Instant::now();
    shop.details("order-1").await;
    assert!(start_time.elapsed() < time, "{:?}", start_time.elapsed());
}

#[tokio::test]
async fn delay_applies_before_or_after_the_effect() {
    let shop = reserved().await;
    let late = Duration::from_millis(300);
    shop.sim.faults().on(CAPTURE).times(1).delay(late);
    let (response, ()) = tokio::join!(shop.capture("order-1", "key"), async {
        while charged(&shop) == 0 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(response.unwrap().status(), 200);

    let shop = reserved().await;
    shop.sim
        .faults()
        .on(CAPTURE)
        .before_effect()
        .times(1)
        .delay(late);
    let impatient = tokio::time::timeout(late / 3, shop.capture("order-1", "key")).await;
    assert!(impatient.is_err());
    assert_eq!(charged(&shop), 0);
}

/// A lost response and a reset within the body are distinguishable on the socket.
#[test]
fn connection_faults_end_the_connection_as_named() {
    use std::io::{ErrorKind, Read as _, Write as _};

    let sim = vipps::simulator::Simulator::start().unwrap();
    let read_to_end = || {
        let mut stream = std::net::TcpStream::connect(sim.address().unwrap()).unwrap();
        stream
            .write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut response = Vec::new();
        let end = stream.read_to_end(&mut response);
        (response, end.map_err(|error| error.kind()))
    };
    let rule = || sim.faults().any().times(1);

    rule().lose_request();
    assert_eq!(read_to_end(), (vec![], Err(ErrorKind::ConnectionReset)));
    rule().lose_response();
    assert_eq!(read_to_end(), (vec![], Err(ErrorKind::ConnectionReset)));

    rule().reset();
    let (response, end) = read_to_end();
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
    let start_time = String::from_utf8(response).unwrap();
    let (_, body) = start_time.split_once("\r\n\r\n").unwrap();
    assert!(!body.is_empty() && !body.ends_with('}'), "{start_time}");
}
