//! Messages of the simulator that code in the same process receives.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};
use vipps::simulator::{DeliveryOutcome, Simulator};

use crate::simulator_shop::{Shop, payment};

type RecordedTimes = Arc<Mutex<Vec<(String, Value)>>>;

/// A merchant that records the callbacks.
fn router(seen: &RecordedTimes) -> Router {
    async fn callback(State(seen): State<RecordedTimes>, Path(order): Path<String>, body: Bytes) {
        let body = serde_json::from_slice(&body).unwrap();
        seen.lock().unwrap().push((order, body));
    }
    Router::new()
        .route("/callbacks/v2/payments/{order}", post(callback))
        .with_state(Arc::clone(seen))
}

fn response(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
    let response = http::Response::builder().status(status);
    response.body(body.into()).unwrap()
}

#[tokio::test]
async fn service_receives_the_callback_in_memory() {
    let shop = Shop::new();
    let seen = RecordedTimes::default();
    shop.sim.deliver_to(router(&seen));
    assert_eq!(shop.initiate(&payment("order-1", 49_900)).0, 200);
    shop.sim.payer().approve("order-1").unwrap();
    assert_eq!(shop.sim.deliveries(), []);
    shop.sim.settled().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].0, "order-1");
    assert_eq!(seen[0].1["transactionInfo"]["status"], "RESERVED");
    let deliveries = shop.sim.deliveries();
    assert_eq!(deliveries[0].outcome(), &DeliveryOutcome::Responded(200));
}

#[tokio::test]
async fn running_simulator_passes_the_callback_to_the_service() {
    let sim = Simulator::start().unwrap();
    let seen = RecordedTimes::default();
    sim.deliver_to(router(&seen));
    let order = "order-1".parse().unwrap();
    let text = "Tea".parse().unwrap();
    let vipps = sim.client();
    let callbacks = "https://example.com/callbacks".parse().unwrap();
    let initiate = vipps.ecom().initiate(order, vipps::Amount::nok(9), text);
    initiate.callback_prefix(callbacks).await.unwrap();
    sim.payer().reject("order-1").unwrap();
    sim.settled().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].1["transactionInfo"]["status"], "CANCELLED");
}

#[tokio::test]
async fn shipping_methods_of_a_function_complete_the_approval() {
    let shop = Shop::new();
    shop.sim.deliver_to_fn(|request| {
        if !request.uri().path().ends_with("/shippingDetails") {
            return response(200, "");
        }
        let sent: Value = serde_json::from_slice(request.body()).unwrap();
        let methods = json!({"addressId": sent["addressId"], "orderId": "order-1", "shippingDetails": [
            {"isDefault": "Y", "priority": 1, "shippingCost": 99, "shippingMethod": "Post", "shippingMethodId": "post"},
        ]});
        response(200, methods.to_string())
    });
    let mut body = payment("order-1", 49_900);
    body["merchantInfo"]["paymentType"] = "eComm Express Payment".into();
    body["merchantInfo"]["consentRemovalPrefix"] = "https://example.com/consents".into();
    body["merchantInfo"]["shippingDetailsPrefix"] = "https://example.com/shipping".into();
    assert_eq!(shop.initiate(&body).0, 200);
    shop.sim.payer().approve("order-1").unwrap();
    assert_eq!(shop.sim.account("order-1").unwrap().reserved(), 0);
    shop.sim.settled().await;
    assert_eq!(shop.sim.account("order-1").unwrap().reserved(), 59_800);
    let outcomes: Vec<_> = shop.sim.deliveries();
    let operations: Vec<_> = outcomes
        .iter()
        .map(vipps::simulator::Delivery::operation)
        .collect();
    assert_eq!(operations, ["shipping_details", "payment_callback"]);
}

#[tokio::test]
async fn webhook_that_fails_is_sent_again_with_a_new_signature() {
    let shop = Shop::new();
    let (status, code) = (
        Arc::new(AtomicU16::new(503)),
        "/qr/v1/merchant-callback/till-1",
    );
    let verified = Arc::new(Mutex::new(Vec::new()));
    let (response_status, recorded) = (Arc::clone(&status), Arc::clone(&verified));
    shop.sim
        .register_webhook("https://example.com/hook", "secret")
        .unwrap();
    shop.sim.deliver_to_fn(move |request| {
        let header = |name| request.headers()[name].to_str().unwrap().to_owned();
        recorded
            .lock()
            .unwrap()
            .push((header("x-ms-date"), header("authorization")));
        response(response_status.load(Ordering::Relaxed), "")
    });
    let place = json!({"locationDescription": "Kasse 1"});
    assert_eq!(shop.send("PUT", code, &place).0, 200);
    let text = shop.get(code).1["qrContent"].as_str().unwrap().to_owned();
    shop.sim.payer().scan(&text).unwrap();
    shop.sim.settled().await;
    status.store(200, Ordering::Relaxed);
    shop.sim.clock().advance(Duration::from_secs(2));
    shop.sim.settled().await;
    let deliveries = shop.sim.deliveries();
    let outcomes: Vec<_> = deliveries
        .iter()
        .map(|one| (one.attempt(), one.outcome()))
        .collect();
    let expected = [
        DeliveryOutcome::Responded(503),
        DeliveryOutcome::Responded(200),
    ];
    assert_eq!(outcomes, [(1, &expected[0]), (2, &expected[1])]);
    let verified = verified.lock().unwrap();
    assert_ne!(verified[0], verified[1]);
}

#[tokio::test]
async fn failing_service_is_recorded_with_its_reason() {
    let shop = Shop::new();
    let refuse = tower::service_fn(|_| {
        std::future::ready(Err::<http::Response<String>, _>("closed for today"))
    });
    shop.sim.deliver_to(refuse);
    assert_eq!(shop.initiate(&payment("order-1", 49_900)).0, 200);
    shop.sim.payer().approve("order-1").unwrap();
    shop.sim.settled().await;
    let expected = DeliveryOutcome::Failed("closed for today".into());
    assert_eq!(shop.sim.deliveries()[0].outcome(), &expected);
}

/// A writer whose lines the test reads.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn of_kind(&self, kind: &str) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line["kind"] == kind).collect()
    }
}

#[tokio::test]
async fn json_log_has_requests_and_deliveries_once_each() {
    let shop = Shop::new();
    let lines = Lines::default();
    shop.sim.deliver_to_fn(|_| response(200, ""));
    let log = shop.sim.write_json_log(lines.clone());
    let payment = async {
        assert_eq!(shop.initiate(&payment("order-1", 49_900)).0, 200);
        shop.sim.payer().approve("order-1").unwrap();
        tokio::task::yield_now().await;
        // The callback is still pending here.
        assert_eq!(lines.of_kind("delivery").len(), 0);
        shop.sim.settled().await;
        tokio::task::yield_now().await;
        assert_eq!(shop.get("/ecomm/v2/payments/order-1/details").0, 200);
        tokio::task::yield_now().await;
    };
    tokio::select! {
        biased;
        ended = log => panic!("{ended:?}"),
        () = payment => {}
    }
    let requests = lines.of_kind("request");
    let operations: Vec<_> = requests
        .iter()
        .map(|line| line["operation"].as_str())
        .collect();
    let expected = [
        "fetch_authorization_token_using_post",
        "initiate_payment_v3_using_post",
        "get_payment_details_using_get",
    ];
    assert_eq!(operations, expected.map(Some));
    let deliveries = lines.of_kind("delivery");
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0]["outcome"], "responded");
}
