//! A payment and its code in one call: what is said when only the payment comes about.

mod support;

use support::{INITIATED, amount, id, text};
use vipps::testing::Recorder;
use vipps::{ErrorKind, Outcome};

const QR: &str = "/qr/v1";

/// The payment can be paid although its code is missing, and the same call again would find the order id used.
#[tokio::test(start_paused = true)]
async fn a_code_that_fails_leaves_a_payment_behind_and_says_so() {
    let started = || Recorder::new().answer("POST", "/ecomm/v2/payments", 200, INITIATED);
    let problem = r#"{"title":"Validation error","detail":"Order timeout"}"#;
    for (recorder, kind) in [
        (started().answer("POST", QR, 400, problem), ErrorKind::Api),
        (started().answer("POST", QR, 503, ""), ErrorKind::Api),
        (
            started().answer("POST", QR, 429, ""),
            ErrorKind::RateLimited,
        ),
        (started().answer("POST", QR, 200, "{}"), ErrorKind::Decode),
        (started().lose("POST", QR), ErrorKind::Connection),
    ] {
        let call = recorder.client().pay_by_qr(id(), amount(), text());
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.path(), Some(QR));
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
        assert!(!error.is_retryable(), "{error}");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("Cancel the payment"), "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_is_refused_is_only_refused() {
    let used = r#"[{"errorGroup":"Payment","errorCode":"34","errorMessage":"used"}]"#;
    let recorder = Recorder::new().answer("POST", "/ecomm/v2/payments", 400, used);
    let call = recorder.client().pay_by_qr(id(), amount(), text());
    let error = call.await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(recorder.shape_of("generate_otp_qr").is_empty());
}
