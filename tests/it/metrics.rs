//! The counters. Every call increments exactly one result counter, and every request is counted
//! when it is sent.

use std::time::Duration;

use crate::support::{DETAILS, INITIATED, TRANSACTION, amount, id, text};
use vipps::testing::Recorder;
use vipps::{Credentials, Environment, Metrics, Vipps};

const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

/// Returns the counters that are not zero, in the form of `Debug`.
fn counted(metrics: Metrics) -> Vec<(String, u64)> {
    let printed = format!("{metrics:?}");
    let inner = printed
        .trim_start_matches("Metrics { ")
        .trim_end_matches(" }");
    let pairs = inner.split(", ").map(|pair| {
        let (name, value) = pair.split_once(": ").unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    pairs.filter(|(_, value)| *value > 0).collect()
}

macro_rules! assert_counted {
    ($vipps:expr, $($name:ident: $value:expr),+) => {{
        let expected: Vec<(String, u64)> = vec![$((stringify!($name).to_owned(), $value)),+];
        assert_eq!(counted($vipps.metrics()), expected);
        assert_eq!($vipps.metrics().in_flight(), 0);
    }};
}

#[tokio::test(start_paused = true)]
async fn successes_and_the_token_request_are_counted() {
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", 200, INITIATED)
        .respond("GET", DETAILS_PATH, 200, DETAILS);
    let vipps = recorder.client();
    let clone = vipps.clone();
    vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    clone.ecom().payment(id()).details().await.unwrap();
    assert_counted!(
        vipps, calls: 2, succeeded: 2, attempts: 2, token_requests: 1, tokens_fetched: 1
    );
}

#[tokio::test(start_paused = true)]
async fn retries_and_replays_are_counted() {
    let recorder = Recorder::new()
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 401, "")
        .respond("POST", CAPTURE, 429, "")
        .respond("POST", CAPTURE, 200, TRANSACTION);
    let vipps = recorder.client();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    assert_counted!(
        vipps, calls: 1, succeeded: 1, attempts: 4, retries: 2, replays: 1,
        token_requests: 2, tokens_fetched: 2
    );
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_by_outcome() {
    let recorder = Recorder::new()
        .respond("POST", CAPTURE, 400, r#"{"statusCode":400,"message":"x"}"#)
        .lose_response("POST", CAPTURE)
        .respond(
            "GET",
            DETAILS_PATH,
            404,
            r#"{"statusCode":400,"message":"x"}"#,
        )
        .lose_response("GET", DETAILS_PATH)
        // A response that cannot be read counts as a failure, even with a success status.
        .respond("POST", "/ecomm/v2/payments", 200, "nonsense");
    let vipps = recorder.client();
    let payment = vipps.ecom().payment(id());
    payment.capture_remaining().await.unwrap_err();
    payment.capture_remaining().await.unwrap_err();
    payment.details().await.unwrap_err();
    payment.details().await.unwrap_err();
    vipps
        .ecom()
        .initiate(id(), amount(), text())
        .await
        .unwrap_err();
    assert_counted!(
        vipps, calls: 5, rejected: 2, no_effect: 1, unknown: 2, attempts: 9, retries: 4,
        token_requests: 1, tokens_fetched: 1
    );
}

#[tokio::test(start_paused = true)]
async fn undecodable_raw_response_counts_as_failed() {
    let recorder = Recorder::new()
        .respond("GET", DETAILS_PATH, 200, DETAILS)
        .respond("GET", DETAILS_PATH, 200, r#"{"orderId":7}"#);
    let vipps = recorder.client();
    let details = || {
        vipps.call(|raw| async move {
            let details = raw.ecom().get_payment_details_using_get();
            details.order_id("acme-shop-123").send().await
        })
    };
    details().await.unwrap();
    details().await.unwrap_err();
    assert_counted!(
        vipps, calls: 2, succeeded: 1, no_effect: 1, attempts: 2, token_requests: 1, tokens_fetched: 1
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_token_is_not_sent() {
    let recorder = Recorder::new().respond("POST", "/accesstoken/get", 500, "");
    let vipps = recorder.client();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    assert_counted!(
        vipps, calls: 1, not_sent: 1, token_requests: 3, token_failures: 1
    );
}

/// The jitter is fixed, so the first wait is longer than the timeout of the caller.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_retry_is_abandoned() {
    let recorder = Recorder::new().lose_response("POST", CAPTURE);
    let vipps = crate::support::on_tokio_time(&recorder).build().unwrap();
    let call = vipps.ecom().payment(id()).capture_remaining().send();
    assert!(
        tokio::time::timeout(Duration::from_millis(1), call)
            .await
            .is_err()
    );
    assert_counted!(
        vipps, calls: 1, abandoned: 1, attempts: 1, retries: 1, token_requests: 1, tokens_fetched: 1
    );
}

#[tokio::test(start_paused = true)]
async fn call_refused_before_the_wire_is_not_counted() {
    let credentials = Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    let builder = Vipps::builder(credentials).environment(Environment::Test);
    let vipps = builder.build().unwrap();
    let refused = vipps.ecom().payment(id()).capture(vipps::Amount::nok(0));
    refused.await.unwrap_err();
    assert_eq!(vipps.metrics(), Metrics::default());
}
