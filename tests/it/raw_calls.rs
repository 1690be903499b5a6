//! Generated operations by themselves: an answer that the document does not foresee is told as well as any other.

use crate::support::assert_nothing_leaks;
use std::time::Duration;

use vipps::raw::{Raw, ecom::types};
use vipps::testing::Recorder;
use vipps::{CallOptions, ErrorKind, Outcome, RequestId, RetryPolicy, Vipps};

const DETAILS: &str = "/ecomm/v2/payments/order-1/details";
const CANCEL: &str = "/ecomm/v2/payments/order-1/cancel";

async fn details(vipps: &Vipps) -> vipps::Error {
    let call = vipps.call(|raw| async move {
        let operation = raw.ecom().get_payment_details_using_get();
        operation.order_id("order-1").send().await
    });
    call.await.map(drop).unwrap_err()
}

#[tokio::test]
async fn an_answer_that_does_not_fit_keeps_its_place_and_effort() {
    for body in ["", "<html>", r#"{"orderId":{"91234567":1}}"#] {
        let recorder = Recorder::new().answer("GET", DETAILS, 200, body);
        let error = details(&recorder.client()).await;
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.method(), Some("GET"));
        assert_eq!(error.path(), Some("/ecomm/v2/payments/{orderId}/details"));
        assert_eq!((error.http_status(), error.attempts()), (Some(200), 1));
        assert_eq!(error.raw_body(), body.as_bytes());
        // It only reads, so that nothing can be in doubt.
        assert_eq!(error.outcome(), Outcome::NoEffect);
        assert_nothing_leaks(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn a_long_answer_that_does_not_fit_is_cut() {
    let long = format!("[{}1]", "1,".repeat(100_000));
    let recorder = Recorder::new().answer("GET", DETAILS, 200, &long);
    let error = details(&recorder.client()).await;
    assert_eq!(error.raw_body().len(), 64 << 10);
}

#[tokio::test]
async fn an_odd_answer_to_a_write_leaves_its_outcome_unknown() {
    let recorder = Recorder::new().answer("PUT", CANCEL, 200, "<html>");
    let call = recorder.client();
    let call = call.call(|raw| async move {
        let body = vipps::raw::ecom::types::CancelPaymentActionRequest::builder();
        let merchant = vipps::raw::ecom::types::MerchantInfoPayment::builder();
        let transaction = vipps::raw::ecom::types::CancelTransaction::builder();
        let body = body
            .merchant_info(merchant.merchant_serial_number("123456".to_owned()))
            .transaction(transaction.transaction_text("No".to_owned()));
        let operation = raw.ecom().cancel_payment_request_using_put();
        operation.order_id("order-1").body(body).send().await
    });
    let error = call.await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.method(), Some("PUT"));
}

const CAPTURE: &str = "/ecomm/v2/payments/order-1/capture";
const CAPTURED: &str = r#"{"orderId":"order-1","transactionInfo":{"status":"Captured"}}"#;

async fn capture(vipps: &Vipps, options: CallOptions) -> vipps::Result<()> {
    let merchant = types::MerchantInfoPayment::builder();
    let merchant = merchant.merchant_serial_number("654321".to_owned());
    let transaction = types::Transaction::builder().transaction_text("Socks".to_owned());
    let body = types::PaymentActionsRequest::builder()
        .merchant_info(types::MerchantInfoPayment::try_from(merchant).unwrap())
        .transaction(types::Transaction::try_from(transaction).unwrap());
    let call = vipps.call_with(options, |raw: Raw| async move {
        let operation = raw.ecom().capture_payment_using_post();
        operation.order_id("order-1").body(body).send().await
    });
    call.await.map(drop)
}

/// What the raw operations and the wrapper's can be told is the same.
#[tokio::test]
async fn a_raw_call_can_be_told_how_it_is_to_be_made() {
    let recorder = Recorder::new().answer("POST", CAPTURE, 200, CAPTURED);
    let options = CallOptions::new()
        .idempotency_key(RequestId::parse("my-key").unwrap())
        .merchant_serial_number("654321".parse().unwrap());
    capture(&recorder.client(), options).await.unwrap();
    let raw = recorder.shape_of("capture_payment_using_post");
    assert!(raw.contains("\nmerchant-serial-number: 654321\n"), "{raw}");

    let recorder = Recorder::new().answer("POST", CAPTURE, 200, CAPTURED);
    let payment = recorder
        .client()
        .ecom()
        .payment(&"order-1".parse().unwrap());
    let wrapped = payment
        .merchant_serial_number("654321".parse().unwrap())
        .capture()
        .text("Socks".parse().unwrap())
        .idempotency_key(RequestId::parse("my-key").unwrap());
    wrapped.await.unwrap();
    assert_eq!(raw, recorder.shape_of("capture_payment_using_post"));
}

#[tokio::test]
async fn a_raw_call_in_doubt_is_repeated_with_its_own_key() {
    let recorder = Recorder::new()
        .lose("POST", CAPTURE)
        .answer("POST", CAPTURE, 200, CAPTURED);
    let vipps = recorder.client();
    let once = CallOptions::new().retry(RetryPolicy::none());
    let error = capture(&vipps, once.clone()).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let key = error.idempotency_key().unwrap().clone();
    capture(&vipps, once.idempotency_key(key)).await.unwrap();
    let sent = recorder.to_snapshot();
    assert_eq!(sent.matches("[idempotency key 1]").count(), 2, "{sent}");
    assert!(!sent.contains("[idempotency key 2]"), "{sent}");
}

#[tokio::test]
async fn a_raw_call_keeps_to_its_own_deadline() {
    let recorder = Recorder::new().answer("POST", CAPTURE, 429, "");
    let hurried = CallOptions::new().deadline(Duration::from_millis(100));
    let error = capture(&recorder.client(), hurried).await.unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(429), 1));
    let error = capture(&recorder.client(), CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 3);
}

/// The generated methods take no key, so that the table has to say who sends one.
#[test]
fn the_table_of_operations_says_which_have_a_key() {
    let keyed = |operations: &[vipps::raw::Operation]| -> Vec<_> {
        let keyed = operations
            .iter()
            .filter(|o| o.idempotency_key == Some("x-request-id"));
        keyed.map(|o| o.id).collect()
    };
    let mut ecom = keyed(vipps::raw::ecom::OPERATIONS);
    ecom.sort_unstable();
    assert_eq!(
        ecom,
        [
            "capture_payment_using_post",
            "integration_test_approve_payment",
            "refund_payment_using_post"
        ]
    );
    assert!(keyed(vipps::raw::qr::OPERATIONS).is_empty());
}
