//! What is repeated, how often, how patiently, and what is said when it does not help. On virtual time: a wait of
//! twenty seconds costs nothing and is measured exactly.

use std::time::Duration;

use crate::support::{DETAILS, INITIATED, TRANSACTION, amount, id, text};
use tokio::time::Instant;
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, RetryPolicy, Vipps};

const INITIATE: &str = "/ecomm/v2/payments";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";

/// A client with the default policy.
fn patient(recorder: &Recorder) -> Vipps {
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
    vipps.ecom().payment(&id()).capture().await
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_twice_and_then_told() {
    for status in [408, 429, 500, 502, 503, 504] {
        let recorder = Recorder::new().answer("GET", DETAILS_PATH, status, "<html>nope</html>");
        let error = patient(&recorder)
            .ecom()
            .payment(&id())
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
async fn a_refusal_is_not_repeated() {
    for status in [400, 403, 404, 405, 415, 422] {
        let refusal = r#"{"statusCode":400,"message":"x"}"#;
        let recorder = Recorder::new().answer("POST", CAPTURE, status, refusal);
        let error = capture(&patient(&recorder)).await.unwrap_err();
        assert_eq!((error.http_status(), error.attempts()), (Some(status), 1));
        assert_eq!(error.outcome(), Outcome::Rejected);
        assert!(!error.is_retryable());
    }
}

fn code(group: &str, code: &str) -> String {
    format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}","errorMessage":"x"}}]"#)
}

/// Trouble at the payment's provider (402), *done, look there* (303) and a conflict of which the API's documents tell
/// nothing (409) do not say that no money moved, unless a code does.
#[tokio::test(start_paused = true)]
async fn a_status_that_does_not_tell_is_unknown_unless_a_code_decides() {
    for status in [402, 409, 303, 300, 304] {
        let unknown_code = code("Payment", "7777");
        let look_first = code("Payment", "63");
        for body in [
            "",
            "<html>Payment Required</html>",
            &unknown_code,
            &look_first,
            "{}",
            "[]",
        ] {
            let recorder = Recorder::new()
                .answer("POST", CAPTURE, status, body)
                .answer("POST", INITIATE, status, body)
                .answer("PUT", CANCEL, status, body);
            let vipps = patient(&recorder);
            let payment = vipps.ecom().payment(&id());
            let initiate = vipps.ecom().initiate(id(), amount(), text());
            for error in [
                capture(&vipps).await.unwrap_err(),
                initiate.await.unwrap_err(),
                payment.cancel().await.unwrap_err(),
            ] {
                assert_eq!(
                    error.outcome(),
                    Outcome::Unknown,
                    "{status} {body} {error:?}"
                );
                assert_eq!((error.http_status(), error.attempts()), (Some(status), 1));
                assert!(!error.is_retryable());
            }
        }
    }
    for (group, number) in [("Payment", "61"), ("Payment", "44"), ("Merchant", "34")] {
        for status in [402, 409] {
            let body = code(group, number);
            let recorder = Recorder::new().answer("POST", CAPTURE, status, &body);
            let error = capture(&patient(&recorder)).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::Rejected, "{status} {body}");
        }
    }
    // A read changes nothing, and an id that is taken is an answer of the QR API.
    let recorder = Recorder::new().answer(
        "GET",
        DETAILS_PATH,
        402,
        r#"{"statusCode":400,"message":"x"}"#,
    );
    let details = patient(&recorder).ecom().payment(&id()).details();
    assert_eq!(details.await.unwrap_err().outcome(), Outcome::Rejected);
    let taken = r#"{"id":"billboard_1"}"#;
    let recorder = Recorder::new().answer("POST", "/qr/v1/merchant-redirect", 409, taken);
    let vipps = patient(&recorder);
    let code = vipps
        .qr()
        .merchant_redirect(&"billboard_1".parse().unwrap());
    let created = code.create("https://example.com/".parse().unwrap()).await;
    assert_eq!(created.unwrap_err().outcome(), Outcome::Rejected);
}

/// Whatever else it says, neither a success nor a failure of the server is a refusal.
#[tokio::test(start_paused = true)]
async fn only_a_4xx_says_that_an_order_is_locked() {
    for number in ["94", "98"] {
        let body = code("VippsError", number);
        for status in [200, 201, 202] {
            let recorder = Recorder::new()
                .answer("POST", CAPTURE, status, &body)
                .answer("POST", INITIATE, status, &body);
            let vipps = patient(&recorder);
            let initiate = vipps.ecom().initiate(id(), amount(), text());
            for error in [
                capture(&vipps).await.unwrap_err(),
                initiate.await.unwrap_err(),
            ] {
                assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
                assert!(!error.is_retryable());
            }
        }
        for status in [408, 500, 502, 503] {
            let recorder = Recorder::new()
                .answer("POST", CAPTURE, status, &body)
                .answer("POST", INITIATE, status, &body)
                .answer("PUT", CANCEL, status, &body)
                .answer("GET", DETAILS_PATH, 500, "");
            let vipps = patient(&recorder);
            let initiate = vipps.ecom().initiate(id(), amount(), text());
            let error = initiate.await.unwrap_err();
            assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
            let error = vipps.ecom().payment(&id()).cancel().await.unwrap_err();
            assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
            // With a key it is safe to repeat, as patiently as a lock asks.
            let begun = Instant::now();
            let error = capture(&vipps).await.unwrap_err();
            assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 3));
            assert!(begun.elapsed() >= Duration::from_millis(300));
        }
    }
    // In another group than the documented one the number means nothing that is known.
    let recorder = Recorder::new().answer("POST", CAPTURE, 400, &code("Payment", "94"));
    let error = capture(&patient(&recorder)).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Rejected, 1));
    // The API leaves the group out at times, and no other group has this one.
    let recorder = Recorder::new().answer("POST", CAPTURE, 400, r#"[{"errorCode":"94"}]"#);
    assert_eq!(
        capture(&patient(&recorder)).await.unwrap_err().attempts(),
        3
    );
    // Where one code says *later* and another *look*, looking comes first.
    let both = r#"[{"errorGroup":"VippsError","errorCode":"94"},{"errorGroup":"Payment","errorCode":"63"}]"#;
    let recorder = Recorder::new().answer("POST", CAPTURE, 400, both);
    let error = capture(&patient(&recorder)).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
}

/// A gateway's failure that calls itself a success passes like one that does not.
#[tokio::test(start_paused = true)]
async fn a_read_that_tells_nothing_is_repeated() {
    let down = r#"{"responseInfo":{"responseCode":503,"responseMessage":"Service Unavailable"}}"#;
    let recorder = Recorder::new()
        .answer("GET", DETAILS_PATH, 200, down)
        .answer("GET", DETAILS_PATH, 200, DETAILS);
    let vipps = patient(&recorder);
    vipps.ecom().payment(&id()).details().await.unwrap();
    assert_eq!(count(&recorder, "get_payment_details_using_get"), 2);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_retry_after_is_waited_for_is_a_setting_within_the_deadline() {
    let took = |asked: &'static str, policy: RetryPolicy, deadline: u64| async move {
        let busy = http::Response::builder().status(429);
        let busy = busy.header("retry-after", asked).body("").unwrap();
        let recorder = Recorder::new().respond("GET", DETAILS_PATH, busy).answer(
            "GET",
            DETAILS_PATH,
            200,
            DETAILS,
        );
        let begun = Instant::now();
        let details = patient(&recorder).ecom().payment(&id()).details();
        let details = details
            .retry(policy)
            .deadline(Duration::from_secs(deadline));
        let told = details.await.map(drop);
        (told, begun.elapsed().as_secs())
    };
    let usual = RetryPolicy::default;
    // The limits are per minute, so that a minute is worth waiting for where there is time.
    for (asked, policy, deadline, waits) in [
        ("21", usual(), 300, Some(21)),
        ("60", usual(), 300, Some(60)),
        ("61", usual(), 300, None),
        (
            "61",
            usual().longest_retry_after(Duration::from_secs(120)),
            300,
            Some(61),
        ),
        (
            "3",
            usual().longest_retry_after(Duration::from_secs(2)),
            300,
            None,
        ),
        ("60", usual(), 30, None),
        ("61", usual().longest_retry_after(Duration::MAX), 60, None),
    ] {
        let (told, took) = took(asked, policy.clone(), deadline).await;
        if let Some(waits) = waits {
            assert!(told.is_ok() && took == waits, "{asked} {policy:?} {took}");
        } else {
            let error = told.unwrap_err();
            let asked = Duration::from_secs(asked.parse().unwrap());
            assert_eq!((error.retry_after(), took), (Some(asked), 0), "{policy:?}");
            assert!(error.is_retryable());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_capture_is_repeated_with_the_same_key_until_it_succeeds() {
    let recorder = Recorder::new()
        .lose("POST", CAPTURE)
        .answer("POST", CAPTURE, 500, "")
        .answer("POST", CAPTURE, 200, TRANSACTION);
    let done = capture(&patient(&recorder)).await.unwrap();
    assert_eq!(count(&recorder, "capture_payment_using_post"), 3);
    assert!(!recorder.to_snapshot().contains("[idempotency key 2]"));
    assert!(done.idempotency_key.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_capture_that_stays_lost_is_unknown_and_tells_its_key() {
    let recorder = Recorder::new().lose("POST", CAPTURE);
    let key = vipps::RequestId::parse("my-key").unwrap();
    let vipps = patient(&recorder);
    let error = vipps
        .ecom()
        .payment(&id())
        .capture()
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

/// A later refusal does not say what became of the attempt before it.
#[tokio::test(start_paused = true)]
async fn once_lost_a_write_stays_unknown_whatever_is_said_later() {
    for (status, body) in [
        (
            400,
            r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}]"#,
        ),
        (401, ""),
        (403, ""),
    ] {
        let recorder = Recorder::new()
            .lose("POST", CAPTURE)
            .answer("POST", CAPTURE, status, body);
        let error = capture(&patient(&recorder)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{status}");
        assert_eq!(error.http_status(), Some(status));
    }
}

/// The replay after the 401 needs a token, and the request that was lost may have captured.
#[tokio::test(start_paused = true)]
async fn once_lost_a_write_stays_unknown_without_a_new_token() {
    let token = r#"{"access_token":"raw.token","expires_in":"3600"}"#;
    let recorder = Recorder::new()
        .answer("POST", "/accesstoken/get", 200, token)
        .answer("POST", "/accesstoken/get", 400, "")
        .lose("POST", CAPTURE)
        .answer("POST", CAPTURE, 401, "");
    let error = capture(&patient(&recorder)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
}

/// Five captures a minute are allowed, so that the replay after the 401 would have to wait beyond the deadline.
#[tokio::test(start_paused = true)]
async fn once_lost_a_write_stays_unknown_when_the_limit_ends_it() {
    let recorder = Recorder::new()
        .lose("POST", CAPTURE)
        .lose("POST", CAPTURE)
        .lose("POST", CAPTURE)
        .lose("POST", CAPTURE)
        .answer("POST", CAPTURE, 401, "");
    let vipps = crate::support::on_tokio_time(&recorder)
        .retry(RetryPolicy::default().attempts(10))
        .build()
        .unwrap();
    let error = capture(&vipps).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(count(&recorder, "capture_payment_using_post"), 5);
}

#[tokio::test(start_paused = true)]
async fn initiate_is_sent_once_when_its_answer_is_lost() {
    let lost = Recorder::new().lose("POST", INITIATE);
    let broken = |status| Recorder::new().answer("POST", INITIATE, status, "");
    for recorder in [
        lost,
        broken(500),
        broken(502),
        broken(503),
        broken(504),
        broken(408),
    ] {
        let error = patient(&recorder)
            .ecom()
            .initiate(id(), amount(), text())
            .await
            .unwrap_err();
        assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
        assert_eq!(count(&recorder, "initiate_payment_v3_using_post"), 1);
        assert!(!error.is_retryable());
    }
}

#[tokio::test(start_paused = true)]
async fn initiate_told_to_slow_down_waits_and_keeps_to_two_a_minute() {
    let recorder = Recorder::new()
        .answer("POST", INITIATE, 429, "")
        .answer("POST", INITIATE, 200, INITIATED);
    patient(&recorder)
        .ecom()
        .initiate(id(), amount(), text())
        .await
        .unwrap();
    assert_eq!(count(&recorder, "initiate_payment_v3_using_post"), 2);

    let recorder = Recorder::new().answer("POST", INITIATE, 429, "");
    let begun = Instant::now();
    let call = patient(&recorder)
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
        begun.elapsed() >= Duration::from_secs(60),
        "the third came within a minute of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn waits_after_429_are_longer_than_after_503() {
    let longest = |status| async move {
        let recorder = Recorder::new().answer("GET", DETAILS_PATH, status, "");
        let begun = Instant::now();
        patient(&recorder)
            .ecom()
            .payment(&id())
            .details()
            .await
            .unwrap_err();
        begun.elapsed()
    };
    // Full jitter: at most 100 + 200 ms, and never less than that after a 429.
    assert!(longest(503).await <= Duration::from_millis(310));
    assert!(longest(429).await >= Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn locked_orders_are_waited_for_with_the_same_key() {
    for code in ["94", "98"] {
        let body = format!(
            r#"[{{"errorGroup":"VippsError","errorCode":"{code}","errorMessage":"busy"}}]"#
        );
        let recorder = Recorder::new().answer("POST", CAPTURE, 400, &body).answer(
            "POST",
            CAPTURE,
            200,
            TRANSACTION,
        );
        capture(&patient(&recorder)).await.unwrap();
        assert_eq!(count(&recorder, "capture_payment_using_post"), 2);
        assert!(!recorder.to_snapshot().contains("[idempotency key 2]"));
    }
    let too_late =
        r#"[{"errorGroup":"Payment","errorCode":"98","errorMessage":"later than 180 days"}]"#;
    let recorder = Recorder::new().answer("POST", CAPTURE, 400, too_late);
    assert_eq!(
        capture(&patient(&recorder)).await.unwrap_err().attempts(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn cancel_looks_at_the_details_before_it_is_repeated() {
    let cancelled = DETAILS.replace("RESERVE", "VOID");
    let recorder = Recorder::new()
        .lose("PUT", CANCEL)
        .answer("GET", DETAILS_PATH, 200, &cancelled);
    let done = patient(&recorder)
        .ecom()
        .payment(&id())
        .cancel()
        .await
        .unwrap();
    assert_eq!(done.status, Some(vipps::ecom::TransactionStatus::Cancelled));
    assert_eq!(count(&recorder, "cancel_payment_request_using_put"), 1);

    let recorder = Recorder::new()
        .lose("PUT", CANCEL)
        .answer("PUT", CANCEL, 200, TRANSACTION)
        .answer("GET", DETAILS_PATH, 200, DETAILS);
    patient(&recorder)
        .ecom()
        .payment(&id())
        .cancel()
        .await
        .unwrap();
    assert_eq!(count(&recorder, "cancel_payment_request_using_put"), 2);

    let recorder = Recorder::new()
        .lose("PUT", CANCEL)
        .answer("GET", DETAILS_PATH, 500, "");
    let error = patient(&recorder)
        .ecom()
        .payment(&id())
        .cancel()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_call_that_would_wait_longer() {
    let recorder = Recorder::new().answer("GET", DETAILS_PATH, 503, "");
    let policy = RetryPolicy::default()
        .backoff(Duration::from_secs(4), Duration::from_secs(4))
        .attempts(10);
    let begun = Instant::now();
    let call = patient(&recorder)
        .ecom()
        .payment(&id())
        .details()
        .retry(policy)
        .deadline(Duration::from_secs(5));
    let error = call.await.unwrap_err();
    assert_eq!(error.http_status(), Some(503));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(error.attempts() > 1);
}

#[tokio::test(start_paused = true)]
async fn without_repeats_there_is_one_attempt() {
    let recorder = Recorder::new().answer("GET", DETAILS_PATH, 503, "");
    let error = patient(&recorder)
        .ecom()
        .payment(&id())
        .details()
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_budget_keeps_an_outage_from_being_made_worse() {
    let recorder = Recorder::new().answer("GET", DETAILS_PATH, 503, "");
    let vipps = patient(&recorder);
    for _ in 0..100 {
        vipps.ecom().payment(&id()).details().await.unwrap_err();
    }
    let sent = count(&recorder, "get_payment_details_using_get");
    // 500 / 14 repeats in all, on top of one attempt for each call.
    assert_eq!(sent, 100 + 35);
}

/// A 200 whose body is an error list is not a capture.
#[tokio::test(start_paused = true)]
async fn a_success_that_is_an_error_list_is_unknown() {
    let body =
        r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x","contextId":"c-1"}]"#;
    let recorder = Recorder::new().answer("POST", CAPTURE, 200, body);
    let error = capture(&patient(&recorder)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::Api, Outcome::Unknown, 1)
    );
    assert!(error.has_code("61"));
    assert_eq!(error.correlation_id(), Some("c-1"));
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_is_unknown_for_a_write() {
    for body in ["", "{", "<html>", "null", "{}", "[]", "\u{0}"] {
        let recorder = Recorder::new().answer("POST", CAPTURE, 200, body);
        let error = capture(&patient(&recorder)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::Unknown),
            "{body:?}"
        );
        assert!(error.idempotency_key().is_some());
    }
    let recorder = Recorder::new().answer("GET", DETAILS_PATH, 200, "{");
    let error = patient(&recorder)
        .ecom()
        .payment(&id())
        .details()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, Outcome::NoEffect)
    );
}

#[tokio::test(start_paused = true)]
async fn an_html_502_keeps_its_status() {
    let recorder = Recorder::new().answer(
        "POST",
        CAPTURE,
        502,
        "<html><body>Bad Gateway</body></html>",
    );
    let error = capture(&patient(&recorder)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.http_status()),
        (ErrorKind::Api, Some(502))
    );
    assert!(error.raw_body().starts_with(b"<html>"));
    assert!(!error.to_string().contains("<html>"));
}
