//! The retry policy: which requests are retried, how often, after which waits, and with which error
//! at the end. Time is virtual, so long waits take no time and are measured exactly.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{CANCELLED, DETAILS, INITIATED, amount, id, text};
use tokio::time::Instant;
use vipps::testing::Recorder;
use vipps::{
    Error, ErrorKind, Outcome, RetryPolicy, Transport, TransportError, TransportFuture, Vipps,
};

const INITIATE: &str = "/ecomm/v2/payments";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";

/// A client with the default policy.
fn client(recorder: &Recorder) -> Vipps {
    crate::support::on_tokio_time(recorder).build().unwrap()
}

fn count(recorder: &Recorder, operation: &str) -> usize {
    recorder
        .requests()
        .iter()
        .filter(|r| r.operation() == Some(operation))
        .count()
}

async fn capture(vipps: &Vipps) -> Result<vipps::ecom::Transaction, Error> {
    vipps.ecom().payment(id()).capture_remaining().await
}

#[tokio::test(start_paused = true)]
async fn read_is_retried_twice_and_then_fails() {
    for status in [408, 429, 500, 502, 503, 504] {
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, status, "<html>nope</html>");
        let error = client(&recorder)
            .ecom()
            .payment(id())
            .details()
            .await
            .unwrap_err();
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(error.attempts(), 3);
        assert_eq!(count(&recorder, "get_payment_details_using_get"), 3);
        assert!(error.is_retryable());
        assert!(matches!(
            error.outcome(),
            Outcome::NoEffect | Outcome::Rejected
        ));
        assert_eq!(error.path(), Some("/ecomm/v2/payments/{orderId}/details"));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_awaited_within_its_limit_and_the_deadline() {
    let took = |retry_after: &'static str, policy: RetryPolicy, deadline: u64| async move {
        let busy = http::Response::builder().status(429);
        let busy = busy.header("retry-after", retry_after).body("").unwrap();
        let recorder = Recorder::new()
            .respond_with("GET", DETAILS_PATH, busy)
            .respond("GET", DETAILS_PATH, 200, DETAILS);
        let start_time = Instant::now();
        let details = client(&recorder).ecom().payment(id()).details();
        let details = details
            .retry(policy)
            .deadline(Duration::from_secs(deadline));
        let result = details.await.map(drop);
        (result, start_time.elapsed().as_secs())
    };
    let default_policy = RetryPolicy::default;
    // Rate limits are per minute, so the default limit of a wait is 60 s.
    for (retry_after, policy, deadline, waits) in [
        ("21", default_policy(), 300, Some(21)),
        ("60", default_policy(), 300, Some(60)),
        ("61", default_policy(), 300, None),
        (
            "61",
            default_policy().longest_retry_after(Duration::from_secs(120)),
            300,
            Some(61),
        ),
        (
            "3",
            default_policy().longest_retry_after(Duration::from_secs(2)),
            300,
            None,
        ),
        ("60", default_policy(), 30, None),
        ("60", default_policy(), 60, None),
        (
            "61",
            default_policy().longest_retry_after(Duration::MAX),
            60,
            None,
        ),
    ] {
        let (result, took) = took(retry_after, policy.clone(), deadline).await;
        if let Some(waits) = waits {
            assert!(
                result.is_ok() && took == waits,
                "{retry_after} {policy:?} {took}"
            );
        } else {
            let error = result.unwrap_err();
            let retry_after = Duration::from_secs(retry_after.parse().unwrap());
            assert_eq!(
                (error.retry_after(), took),
                (Some(retry_after), 0),
                "{policy:?}"
            );
            assert!(error.is_retryable());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lost_capture_is_unknown_and_its_error_contains_the_key() {
    let recorder = Recorder::new().lose_response("POST", CAPTURE);
    let key = vipps::RequestId::parse("my-key").unwrap();
    let vipps = client(&recorder);
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .idempotency_key(key.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connection, Outcome::Unknown)
    );
    assert_eq!(error.idempotency_key(), Some(&key));
    assert!(
        error.to_string().contains("may have taken effect"),
        "{error}"
    );
}

/// A later refusal does not prove that the attempt before it had no effect.
#[tokio::test(start_paused = true)]
async fn lost_write_stays_unknown_after_a_later_refusal() {
    for (status, body) in [
        (
            400,
            r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}]"#,
        ),
        (401, ""),
        (403, ""),
    ] {
        let recorder = Recorder::new()
            .lose_response("POST", CAPTURE)
            .respond("POST", CAPTURE, status, body);
        let error = capture(&client(&recorder)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{status}");
        assert_eq!(error.http_status(), Some(status));
    }
}

/// The 401 is not from the API, so the request may have been applied before the replay.
#[tokio::test(start_paused = true)]
async fn foreign_401_leaves_a_write_unknown_after_its_replay() {
    let refusal = r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}]"#;
    let recorder = Recorder::new()
        .respond("POST", CAPTURE, 401, "<html>login</html>")
        .respond("POST", CAPTURE, 400, refusal);
    let error = capture(&client(&recorder)).await.unwrap_err();
    assert_eq!(
        (error.http_status(), error.outcome()),
        (Some(400), Outcome::Unknown)
    );
}

/// The replay after the 401 needs a token, and the lost request may have captured.
#[tokio::test(start_paused = true)]
async fn lost_write_stays_unknown_without_a_new_token() {
    let token = r#"{"access_token":"raw.token","expires_in":"3600"}"#;
    let recorder = Recorder::new()
        .respond("POST", "/accesstoken/get", 200, token)
        .respond("POST", "/accesstoken/get", 400, "")
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 401, "");
    let error = capture(&client(&recorder)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    // The error of the token names the call that needed it.
    assert_eq!(error.attempts(), 2);
    assert!(error.idempotency_key().is_some(), "{error:?}");
}

/// Five captures a minute are allowed, so the replay after the 401 would wait beyond the deadline.
#[tokio::test(start_paused = true)]
async fn lost_write_stays_unknown_at_the_rate_limit() {
    let recorder = Recorder::new()
        .lose_response("POST", CAPTURE)
        .lose_response("POST", CAPTURE)
        .lose_response("POST", CAPTURE)
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 401, "");
    let vipps = crate::support::on_tokio_time(&recorder)
        .retry(RetryPolicy::default().attempts(10))
        .build()
        .unwrap();
    let error = capture(&vipps).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(count(&recorder, "capture_payment_using_post"), 5);
}

/// Returns a token, loses the next response, and cannot send any later request.
#[derive(Debug, Default)]
struct LostThenUnsent(AtomicUsize);

impl Transport for LostThenUnsent {
    fn send(&self, _: http::Request<bytes::Bytes>) -> TransportFuture<'_> {
        let token = r#"{"access_token":"raw.token","expires_in":"3600"}"#;
        let result = match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(http::Response::new(token.into())),
            1 => Err(TransportError::maybe_sent("the connection broke")),
            _ => Err(TransportError::not_sent("no connection")),
        };
        Box::pin(async { result })
    }
}

#[tokio::test(start_paused = true)]
async fn lost_write_stays_unknown_if_no_retry_is_sent() {
    let builder = crate::support::on_tokio_time(&Recorder::new());
    let vipps = builder
        .transport(LostThenUnsent::default())
        .build()
        .unwrap();
    let error = capture(&vipps).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::Connect, Outcome::Unknown, 3)
    );
}

/// Returns a token, and no other response.
#[derive(Debug, Default)]
struct OnlyToken(AtomicUsize);

impl Transport for OnlyToken {
    fn send(&self, _: http::Request<bytes::Bytes>) -> TransportFuture<'_> {
        let token = r#"{"access_token":"raw.token","expires_in":"3600"}"#;
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Box::pin(async { Ok(http::Response::new(token.into())) }),
            _ => Box::pin(std::future::pending()),
        }
    }
}

/// The attempt may have reached the API, which accepts five captures a minute.
#[tokio::test(start_paused = true)]
async fn an_attempt_without_a_response_counts_against_the_limit() {
    let vipps = crate::support::on_tokio_time(&Recorder::new())
        .transport(OnlyToken::default())
        .attempt_timeout(Duration::from_secs(1))
        .retry(RetryPolicy::default().attempts(6))
        .build()
        .unwrap();
    let start_time = Instant::now();
    let capture = vipps.ecom().payment(id()).capture_remaining();
    let capture = capture.deadline(Duration::from_secs(300));
    let error = capture.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::Timeout, Outcome::Unknown, 6)
    );
    assert!(
        start_time.elapsed() >= Duration::from_secs(61),
        "{start_time:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_minute_ends_an_initiate_with_its_last_error() {
    let recorder = Recorder::new().respond("POST", INITIATE, 429, "");
    let start_time = Instant::now();
    let call = client(&recorder).ecom().initiate(id(), amount(), text());
    let error = call.deadline(Duration::from_secs(50)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::RateLimited, Outcome::Rejected, 2)
    );
    // Two requests, and no wait for the time at which a third is allowed.
    assert!(start_time.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn initiate_after_429_stays_within_two_a_minute() {
    let recorder = Recorder::new()
        .respond("POST", INITIATE, 429, "")
        .respond("POST", INITIATE, 200, INITIATED);
    client(&recorder)
        .ecom()
        .initiate(id(), amount(), text())
        .await
        .unwrap();
    assert_eq!(count(&recorder, "initiate_payment_v3_using_post"), 2);

    let recorder = Recorder::new().respond("POST", INITIATE, 429, "");
    let start_time = Instant::now();
    let call = client(&recorder)
        .ecom()
        .initiate(id(), amount(), text())
        .deadline(Duration::from_secs(300));
    let error = call.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::RateLimited, Outcome::Rejected)
    );
    assert_eq!(count(&recorder, "initiate_payment_v3_using_post"), 3);
    assert!(
        start_time.elapsed() >= Duration::from_secs(60),
        "the third request was sent within a minute of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn too_long_retry_after_ends_a_lost_cancel_at_once() {
    let busy = http::Response::builder().status(503);
    let busy = busy.header("retry-after", "61").body("").unwrap();
    let recorder = Recorder::new().respond_with("PUT", CANCEL, busy).respond(
        "GET",
        DETAILS_PATH,
        200,
        DETAILS,
    );
    let start_time = Instant::now();
    let cancel = client(&recorder).ecom().payment(id()).cancel();
    let error = cancel.deadline(Duration::from_secs(600)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert_eq!(start_time.elapsed(), Duration::ZERO);
    assert_eq!(count(&recorder, "cancel_payment_request_using_put"), 1);
}

#[tokio::test(start_paused = true)]
async fn cancel_reads_the_details_before_its_retry() {
    let cancelled = DETAILS.replace("RESERVE", "VOID");
    let recorder =
        Recorder::new()
            .lose_response("PUT", CANCEL)
            .respond("GET", DETAILS_PATH, 200, &cancelled);
    let done = client(&recorder)
        .ecom()
        .payment(id())
        .cancel()
        .await
        .unwrap();
    assert_eq!(done.status, Some(vipps::ecom::TransactionStatus::Cancelled));
    assert_eq!(count(&recorder, "cancel_payment_request_using_put"), 1);

    let recorder = Recorder::new()
        .lose_response("PUT", CANCEL)
        .respond("PUT", CANCEL, 200, CANCELLED)
        .respond("GET", DETAILS_PATH, 200, DETAILS);
    client(&recorder)
        .ecom()
        .payment(id())
        .cancel()
        .await
        .unwrap();
    assert_eq!(count(&recorder, "cancel_payment_request_using_put"), 2);

    let recorder =
        Recorder::new()
            .lose_response("PUT", CANCEL)
            .respond("GET", DETAILS_PATH, 500, "");
    let error = client(&recorder)
        .ecom()
        .payment(id())
        .cancel()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_call_that_would_wait_longer() {
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 503, "");
    let policy = RetryPolicy::default()
        .backoff(Duration::from_secs(4), Duration::from_secs(4))
        .attempts(10);
    let start_time = Instant::now();
    let call = client(&recorder)
        .ecom()
        .payment(id())
        .details()
        .retry(policy)
        .deadline(Duration::from_secs(5));
    let error = call.await.unwrap_err();
    assert_eq!(error.http_status(), Some(503));
    assert!(start_time.elapsed() < Duration::from_secs(5));
    assert!(error.attempts() > 1);
}

#[tokio::test(start_paused = true)]
async fn policy_none_sends_one_attempt() {
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 503, "");
    let error = client(&recorder)
        .ecom()
        .payment(id())
        .details()
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn budget_ends_retries_during_an_outage() {
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 503, "");
    let vipps = client(&recorder);
    for _ in 0..100 {
        vipps.ecom().payment(id()).details().await.unwrap_err();
    }
    let sent = count(&recorder, "get_payment_details_using_get");
    // 500 / 14 retries in total, and one attempt for each call.
    assert_eq!(sent, 100 + 35);
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_is_unknown_for_a_write() {
    for body in ["", "{", "<html>", "null", "{}", "[]", "\u{0}"] {
        let recorder = Recorder::new().respond("POST", CAPTURE, 200, body);
        let error = capture(&client(&recorder)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::Unknown),
            "{body:?}"
        );
        assert!(error.idempotency_key().is_some());
    }
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, "{");
    let error = client(&recorder)
        .ecom()
        .payment(id())
        .details()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, Outcome::NoEffect)
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_time_sends_nothing() {
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, DETAILS);
    let vipps = client(&recorder);
    let payment = vipps.ecom().payment(id());
    for (tokens, attempts) in [(0, 0), (1, 1)] {
        let details = payment.details().deadline(Duration::ZERO);
        let error = details.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Deadline, Outcome::NotSent)
        );
        // A token is fetched in a task of its own.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let metrics = vipps.metrics();
        assert_eq!(
            (metrics.token_requests, metrics.attempts),
            (tokens, attempts)
        );
        // The second round has a token.
        if tokens == 0 {
            payment.details().await.unwrap();
        }
    }
}

/// The clock of the client is years behind or ahead of the server's clock.
#[tokio::test]
async fn date_of_retry_after_counts_from_the_date_of_the_response() {
    let details = "/ecomm/v2/payments/acme-shop-123/details";
    for year in [2044, 2019] {
        let busy = http::Response::builder()
            .status(503)
            .header("date", format!("06 Nov {year} 08:49:37 GMT"))
            .header("retry-after", format!("06 Nov {year} 08:49:44 GMT"))
            .body("")
            .unwrap();
        let recorder = vipps::testing::Recorder::new()
            .respond_with("GET", details, busy)
            .respond("GET", details, 200, crate::support::DETAILS);
        let payment = recorder.client().ecom().payment(crate::support::id());
        payment.details().await.unwrap();
        let sent = recorder.to_snapshot();
        assert!(sent.contains("--- 7 s later"), "{year}: {sent}");
    }
}
