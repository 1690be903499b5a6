//! A payment and its code in one call, and the error if only the payment is created.

use crate::support::{INITIATED, amount, id, text};
use vipps::testing::Recorder;
use vipps::{ErrorKind, Outcome};

const QR: &str = "/qr/v1";

/// The payment exists although its code is missing. A second call would fail because the order id
/// is used.
#[tokio::test(start_paused = true)]
async fn failed_code_reports_the_open_payment() {
    let started = || Recorder::new().respond("POST", "/ecomm/v2/payments", 200, INITIATED);
    let problem = r#"{"title":"Validation error","detail":"Order timeout"}"#;
    for (recorder, kind) in [
        (started().respond("POST", QR, 400, problem), ErrorKind::Api),
        (started().respond("POST", QR, 503, ""), ErrorKind::Api),
        (
            started().respond("POST", QR, 429, ""),
            ErrorKind::RateLimited,
        ),
        (started().respond("POST", QR, 200, "{}"), ErrorKind::Decode),
        (
            started().respond("POST", QR, 200, r#"{"url":" ","expiresIn":300}"#),
            ErrorKind::Decode,
        ),
        (started().lose_response("POST", QR), ErrorKind::Connection),
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
    let recorder = Recorder::new().respond("POST", "/ecomm/v2/payments", 400, used);
    let call = recorder.client().pay_by_qr(id(), amount(), text());
    let error = call.await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(recorder.shape_of("generate_otp_qr").is_empty());
}

/// A payment that cannot have a code is not started.
#[tokio::test]
async fn options_without_a_code_are_refused_before_sending() {
    let recorder = Recorder::new();
    let sale = || recorder.client().pay_by_qr(id(), amount(), text());
    let number = || crate::support::PHONE.parse().unwrap();
    for (call, field) in [
        (
            sale().payment(vipps::ecom::Initiate::app_switch),
            "app_switch",
        ),
        (
            sale().payment(|p| p.skip_landing_page().phone_number(number())),
            "skip_landing_page",
        ),
    ] {
        let error = call.await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(
            error.to_string().starts_with(&format!("{field}: ")),
            "{error}"
        );
    }
    assert!(recorder.requests().is_empty());
}

/// A partner starts a payment for a merchant. The later calls are for that merchant too.
#[tokio::test]
async fn payment_uses_the_sales_unit_that_started_it() {
    let path = |tail: &str| format!("/ecomm/v2/payments/acme-shop-123/{tail}");
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", 200, crate::support::INITIATED)
        .respond(
            "POST",
            "/qr/v1",
            200,
            r#"{"url":"https://qr.vipps.no/x","expiresIn":300}"#,
        )
        .respond("GET", &path("details"), 200, crate::support::DETAILS)
        .respond("POST", &path("capture"), 200, crate::support::TRANSACTION)
        .respond("PUT", &path("cancel"), 200, crate::support::CANCELLED);
    let number = || "7654321".parse().unwrap();
    let sale = recorder
        .client()
        .pay_by_qr(id(), amount(), text())
        .merchant_serial_number(number())
        .await
        .unwrap();
    sale.payment().wait().await.unwrap();
    sale.payment().capture_remaining().await.unwrap();
    sale.payment().cancel().await.unwrap();
    for request in recorder
        .requests()
        .iter()
        .filter(|r| r.operation() != Some("fetch_authorization_token_using_post"))
    {
        assert!(
            request.as_str().contains("merchant-serial-number: 7654321"),
            "{request}"
        );
        assert!(!request.as_str().contains("123456\""), "{request}");
    }
}
