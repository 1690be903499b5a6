//! Generated operations by themselves: an answer that the document does not foresee is told as well as any other.

mod support;

use support::assert_nothing_leaks;
use vipps::testing::Recorder;
use vipps::{ErrorKind, Outcome, Vipps};

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
