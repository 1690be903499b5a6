//! HTTP 423 and the eCom code 94 both mean that the order is locked. The same request is retried
//! after a wait.

use std::time::Duration;

use tokio::time::Instant;
use vipps::testing::Recorder;
use vipps::{Outcome, Vipps};

use crate::support::{
    self, Call, DETAILS, INITIATED, TRANSACTION, amount, boxed, id, landing_page, requests_sent,
    text,
};

const PROBLEM: &str =
    r#"{"title":"Locked","detail":"Another request works on this payment","traceId":"t-1"}"#;
const CODE_94: &str = r#"[{"errorGroup":"VippsError","errorCode":"94","errorMessage":"locked"}]"#;
const PAYMENTS: &str = "/ecomm/v2/payments";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";
const REDIRECT: &str = "/qr/v1/merchant-redirect/b";
const CANCELLED: &str =
    r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":20000,"status":"Cancelled"}}"#;
const REDIRECT_QR: &str =
    r#"{"id":"b","url":"https://qr.vipps.no/x","redirectUrl":"https://example.com/"}"#;

/// The method, the path, the body of the success, and the call.
type Operation = (&'static str, &'static str, &'static str, fn(&Vipps) -> Call);

/// One operation of every class.
const OPERATIONS: [Operation; 6] = [
    ("GET", DETAILS_PATH, DETAILS, |v| {
        boxed(v.ecom().payment(id()).details())
    }),
    ("POST", CAPTURE, TRANSACTION, |v| {
        boxed(v.ecom().payment(id()).capture_remaining())
    }),
    ("PUT", REDIRECT, REDIRECT_QR, |v| {
        let code = v.qr().merchant_redirect("b".parse().unwrap());
        boxed(code.update("https://example.com/".parse().unwrap()))
    }),
    (
        "POST",
        "/qr/v1",
        r#"{"url":"https://qr.vipps.no/x","expiresIn":300}"#,
        |v| boxed(v.qr().one_time(&landing_page())),
    ),
    ("PUT", CANCEL, CANCELLED, |v| {
        boxed(v.ecom().payment(id()).cancel())
    }),
    ("POST", PAYMENTS, INITIATED, |v| {
        boxed(v.ecom().initiate(id(), amount(), text()))
    }),
];

fn client(recorder: &Recorder) -> Vipps {
    support::on_tokio_time(recorder).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn capture_retries_with_the_same_key_after_423() {
    let recorder = Recorder::new()
        .respond("POST", CAPTURE, 423, PROBLEM)
        .respond("POST", CAPTURE, 200, TRANSACTION);
    let start_time = Instant::now();
    client(&recorder)
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    assert_eq!(requests_sent(&recorder, "POST"), 2);
    assert!(!recorder.to_snapshot().contains("[idempotency key 2]"));
    // The slow waits are at least 100 ms.
    assert!(start_time.elapsed() >= Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn every_class_retries_after_423_as_after_code_94() {
    for (method, path, success, call) in OPERATIONS {
        for (status, body) in [(423, PROBLEM), (423, CODE_94), (423, ""), (400, CODE_94)] {
            let recorder = Recorder::new()
                .respond(method, path, status, body)
                .respond(method, path, 200, success);
            let done = call(&client(&recorder)).await;
            assert!(done.is_ok(), "{method} {path} {status} {body}: {done:?}");
            assert_eq!(
                requests_sent(&recorder, method),
                2,
                "{method} {path} {status}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lock_that_lasts_is_rejected_and_retryable() {
    for (status, body) in [(423, PROBLEM), (423, ""), (400, CODE_94)] {
        let recorder = Recorder::new().respond("POST", CAPTURE, status, body);
        let call = client(&recorder).ecom().payment(id()).capture_remaining();
        let error = call.await.unwrap_err();
        assert_eq!((error.outcome(), error.attempts()), (Outcome::Rejected, 3));
        assert!(error.is_retryable(), "{status} {body}");
        assert!(
            error.hint().unwrap_or_default().contains("same"),
            "{error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn lock_of_another_sender_leaves_a_write_unknown() {
    let page = "<html><body>423 Locked</body></html>";
    let recorder = Recorder::new().respond("POST", PAYMENTS, 423, page);
    let call = client(&recorder).ecom().initiate(id(), amount(), text());
    let error = call.await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    // A capture has a key, so it can be retried.
    let recorder = Recorder::new().respond("POST", CAPTURE, 423, page).respond(
        "POST",
        CAPTURE,
        200,
        TRANSACTION,
    );
    client(&recorder)
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn wait_continues_after_423() {
    for body in [PROBLEM, ""] {
        let recorder = Recorder::new()
            .respond("GET", DETAILS_PATH, 423, body)
            .respond("GET", DETAILS_PATH, 200, DETAILS);
        let details = client(&recorder).ecom().payment(id()).wait().await.unwrap();
        assert_eq!(details.state(), vipps::ecom::PaymentState::Reserved);
    }
}
