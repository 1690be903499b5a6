//! The call options of `pay_by_qr`: the outer setter takes precedence over the setter of `payment`.

use std::time::Duration;

use tokio::time::Instant;
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{ErrorKind, PayByQr, RetryPolicy, Vipps};

use crate::support::{INITIATED, amount, id, text};

const CODE: &str = r#"{"url":"https://qr.vipps.no/x","expiresIn":300}"#;

fn sale(vipps: &Vipps) -> PayByQr {
    vipps.pay_by_qr(id(), amount(), text())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns the duration of a call in seconds, if the named operation never gets a response.
async fn seconds_until_failure(stalled: &str, change: impl FnOnce(PayByQr) -> PayByQr) -> u64 {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    sim.faults().on(stalled).after_effect().stall();
    let start_time = Instant::now();
    let error = change(sale(&sim.client())).await.unwrap_err();
    assert!(
        [ErrorKind::Deadline, ErrorKind::Timeout].contains(&error.kind()),
        "{error:?}"
    );
    start_time.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_outer_deadline_wins_then_the_inner_one() {
    for stalled in ["initiate_payment_v3_using_post", "generate_otp_qr"] {
        let inner = |s| move |sale: PayByQr| sale.payment(|p| p.deadline(seconds(s)));
        assert_eq!(
            seconds_until_failure(stalled, inner(3)).await,
            3,
            "{stalled}"
        );
        let outer = |sale: PayByQr| sale.deadline(seconds(4));
        assert_eq!(seconds_until_failure(stalled, outer).await, 4, "{stalled}");
        let both = |sale| outer(inner(3)(sale));
        assert_eq!(seconds_until_failure(stalled, both).await, 4, "{stalled}");
        let both = |sale| inner(5)(outer(sale));
        assert_eq!(seconds_until_failure(stalled, both).await, 4, "{stalled}");
    }
}

/// The deadline covers both requests: the second request has only the time that the first request
/// left.
#[tokio::test(start_paused = true)]
async fn an_inner_deadline_covers_both_requests() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let slow = sim.faults().on("initiate_payment_v3_using_post");
    slow.after_effect().delay(seconds(3));
    sim.faults().on("generate_otp_qr").after_effect().stall();
    let start_time = Instant::now();
    let call = sale(&sim.client()).payment(|p| p.deadline(seconds(5)));
    call.await.unwrap_err();
    assert_eq!(start_time.elapsed().as_secs(), 5);
}

fn attempts(n: u32) -> RetryPolicy {
    RetryPolicy::default().attempts(n)
}

/// Returns the number of requests of the first operation if it fails with 429, and of the second
/// operation if it fails with 503.
async fn requests_of(change: impl Fn(PayByQr) -> PayByQr) -> (usize, usize) {
    let recorder = Recorder::new().respond("POST", "/ecomm/v2/payments", 429, "");
    let _ = change(sale(&recorder.client()))
        .deadline(seconds(3600))
        .await;
    let first = count(&recorder, "initiate_payment_v3_using_post");
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", 200, INITIATED)
        .respond("POST", "/qr/v1", 503, "");
    let _ = change(sale(&recorder.client()))
        .deadline(seconds(3600))
        .await;
    (first, count(&recorder, "generate_otp_qr"))
}

fn count(recorder: &Recorder, operation: &str) -> usize {
    let requests = recorder.requests();
    let of_it = requests.iter().filter(|r| r.operation() == Some(operation));
    of_it.count()
}

#[tokio::test(start_paused = true)]
async fn the_outer_retry_policy_wins_then_the_inner_one() {
    assert_eq!(requests_of(|sale| sale).await, (3, 3));
    let inner = |sale: PayByQr| sale.payment(|p| p.retry(attempts(2)));
    assert_eq!(requests_of(inner).await, (2, 2));
    let outer = |sale: PayByQr| sale.retry(attempts(1));
    assert_eq!(requests_of(outer).await, (1, 1));
    assert_eq!(requests_of(|sale| outer(inner(sale))).await, (1, 1));
    assert_eq!(requests_of(|sale| inner(outer(sale))).await, (1, 1));
}

/// The requests of a call, as they were sent.
async fn sent(change: impl FnOnce(PayByQr) -> PayByQr) -> [String; 2] {
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", 200, INITIATED)
        .respond("POST", "/qr/v1", 200, CODE);
    change(sale(&recorder.client())).await.unwrap();
    ["initiate_payment_v3_using_post", "generate_otp_qr"].map(|o| recorder.shape_of(o))
}

#[tokio::test(start_paused = true)]
async fn the_outer_sales_unit_wins_then_the_inner_one() {
    let inner =
        |sale: PayByQr| sale.payment(|p| p.merchant_serial_number("111111".parse().unwrap()));
    let outer = |sale: PayByQr| sale.merchant_serial_number("222222".parse().unwrap());
    for (requests, number) in [
        (sent(inner).await, "111111"),
        (sent(outer).await, "222222"),
        (sent(|sale| outer(inner(sale))).await, "222222"),
        (sent(|sale| inner(outer(sale))).await, "222222"),
    ] {
        for request in requests {
            let header = format!("merchant-serial-number: {number}");
            assert!(request.contains(&header), "{number}: {request}");
        }
    }
}

/// Neither operation has an idempotency key in the API. One key for both would be shared by two
/// requests.
#[tokio::test(start_paused = true)]
async fn neither_request_carries_an_idempotency_key() {
    for request in sent(|sale| sale).await {
        assert!(request.starts_with("POST "), "{request}");
        for header in ["x-request-id", "idempotency-key"] {
            assert!(!request.contains(header), "{request}");
        }
    }
}
