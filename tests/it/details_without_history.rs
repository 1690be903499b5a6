//! Details without a usable history are an error, or leave the state unknown. They are never read
//! as a payment that was just started.

use std::error::Error as _;
use std::time::Duration;

use vipps::ecom::{PaymentDetails, PaymentState};
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome};

use crate::support::{self, id};

const PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

/// Bodies without a usable member `transactionLogHistory`.
const WITHOUT_HISTORY: [&str; 15] = [
    "{}",
    "[]",
    "null",
    "7",
    r#""ok""#,
    r#"{"message":"Planned maintenance, back at 03:00"}"#,
    r#"{"orderId":"acme-shop-123"}"#,
    r#"{"transactionLogHistory":null}"#,
    r#"{"transactionLogHistory":{}}"#,
    r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":34900,"status":"RESERVE"}}"#,
    r#"{"orderId":"acme-shop-123","url":"https://api.vipps.no/x"}"#,
    r#"{"reference":"acme-shop-123","state":"AUTHORIZED","amount":{"currency":"NOK","value":34900},
        "aggregate":{"authorizedAmount":{"currency":"NOK","value":34900}}}"#,
    r#"{"data":{"transactionLogHistory":[{"operation":"RESERVE","operationSuccess":true}]}}"#,
    r#"{"transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":34900}}"#,
    r#"{"transactionSummary":{}}"#,
];

/// Bodies with an error in addition to the expected members.
const WITH_ERRORS: [&str; 7] = [
    r#"{"error":[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"No such order"}]}"#,
    r#"{"error":{"errorGroup":"Merchant","errorCode":"35","errorMessage":"No such order"}}"#,
    r#"{"errorInfo":{"errorGroup":"Merchant","errorCode":"35","errorMessage":"No such order"}}"#,
    r#"{"ErrorInfo":{"ErrorGroup":"Merchant","ErrorCode":35,"ErrorMessage":"No such order"}}"#,
    r#"{"problems":[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"No such order"}]}"#,
    r#"{"transactionLogHistory":[],"error":[{"errorGroup":"Merchant","errorCode":"35"}]}"#,
    r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":true}],
        "errorInfo":[{"errorGroup":"Merchant","errorCode":"35"}]}"#,
];

async fn details(body: &str) -> Result<PaymentDetails, Error> {
    let recorder = Recorder::new().respond("GET", PATH, 200, body);
    recorder.client().ecom().payment(id()).details().await
}

#[tokio::test]
async fn details_without_a_history_are_an_error() {
    for body in WITHOUT_HISTORY {
        let error = details(body).await.expect_err(body);
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.outcome(), Outcome::NoEffect, "{body}");
        let stored = PaymentDetails::from_json(id(), body).expect_err(body);
        assert_eq!(stored.kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn details_with_an_error_list_name_its_codes() {
    for body in WITH_ERRORS {
        let error = details(body).await.expect_err(body);
        assert_eq!(error.kind(), ErrorKind::Api, "{body}");
        assert_eq!(error.outcome(), Outcome::NoEffect, "{body}");
        assert!(error.has_code("35"), "{body}: {error}");
        assert!(PaymentDetails::from_json(id(), body).is_err(), "{body}");
    }
}

/// The history lacks the start of the payment, so it proves nothing.
#[tokio::test]
async fn an_empty_history_leaves_the_state_unknown() {
    for body in [
        r#"{"transactionLogHistory":[]}"#,
        r#"{"orderId":"acme-shop-123","transactionLogHistory":[],"error":null,"errorInfo":{},"errors":[]}"#,
        r#"{"transactionLogHistory":[],"transactionSummary":{}}"#,
        r#"{"transactionLogHistory":[],"transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":0}}"#,
    ] {
        let details = details(body).await.unwrap();
        assert_eq!(details.state(), PaymentState::Unknown, "{body}");
        assert!(!details.can_cancel() && !details.can_capture(), "{body}");
        assert!(!details.is_expired("2030-01-01T00:00:00Z".parse().unwrap()));
    }
}

#[tokio::test]
async fn entries_that_state_nothing_leave_the_state_unknown() {
    for history in [
        "[{}]",
        "[null]",
        "[7]",
        r#"["INITIATE"]"#,
        "[[]]",
        r#"[["RESERVE",true,34900]]"#,
        r#"[{"event":"RESERVE"}]"#,
        r#"[{"name":"CREATED","success":true}]"#,
    ] {
        let body = format!(r#"{{"transactionLogHistory":{history}}}"#);
        let details = details(&body).await.unwrap();
        assert_eq!(details.state(), PaymentState::Unknown, "{history}");
        assert!(!details.can_cancel() && !details.can_capture(), "{history}");
        assert!(!details.is_expired("2030-01-01T00:00:00Z".parse().unwrap()));
    }
}

/// Names in other capitals must not turn a failed event into a successful event.
#[tokio::test]
async fn members_are_read_in_any_capitalisation() {
    let reserved = r#"{"OrderId":"acme-shop-123","TransactionLogHistory":[
        {"Operation":"RESERVE","OperationSuccess":true,"Amount":34900,"TimeStamp":"2026-11-02T10:16:00Z"},
        {"Operation":"INITIATE","OperationSuccess":true,"Amount":34900,"TimeStamp":"2026-11-02T10:15:00Z"}],
        "TransactionSummary":{"CapturedAmount":0,"RemainingAmountToCapture":34900}}"#;
    for body in [
        reserved.to_owned(),
        reserved.replace("TransactionLogHistory", "transactionloghistory"),
        reserved.replace("Operation", "OPERATION"),
    ] {
        let details = details(&body).await.unwrap();
        assert_eq!(details.state(), PaymentState::Reserved, "{body}");
        let sums = details.summary().expect("stated sums");
        assert_eq!(sums.remaining_to_capture.minor_units(), 34_900, "{body}");
    }
    let failed = r#"{"transactionLogHistory":[
        {"operation":"RESERVE","OperationSuccess":false,"amount":34900},
        {"operation":"INITIATE","operationSuccess":true,"amount":34900}]}"#;
    assert_eq!(
        details(failed).await.unwrap().state(),
        PaymentState::Initiated
    );
}

#[tokio::test(start_paused = true)]
async fn wait_treats_details_without_a_history_as_a_failed_poll() {
    for body in WITHOUT_HISTORY.into_iter().chain(WITH_ERRORS) {
        let recorder = Recorder::new()
            .respond("GET", PATH, 200, body)
            .respond("GET", PATH, 200, body)
            .respond("GET", PATH, 200, support::DETAILS);
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let details = vipps.ecom().payment(id()).wait().await.unwrap();
        assert_eq!(details.state(), PaymentState::Reserved, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn expired_wait_states_that_its_polls_failed() {
    for body in WITHOUT_HISTORY.into_iter().chain(WITH_ERRORS) {
        let recorder = Recorder::new().respond("GET", PATH, 200, body);
        let vipps = support::on_tokio_time(&recorder).build().unwrap();
        let wait = vipps.ecom().payment(id()).wait();
        let error = wait.deadline(Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline, "{body}");
        assert!(error.source().is_some(), "{body}");
        let text = error.to_string();
        assert!(text.contains("the last poll failed"), "{body}: {text}");
        assert!(!text.contains("has not decided"), "{body}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn expired_wait_states_that_the_state_is_unknown() {
    let body = r#"{"transactionLogHistory":[
        {"operation":"AUTHORISED","operationSuccess":true,"amount":34900},
        {"operation":"INITIATE","operationSuccess":true,"amount":34900}]}"#;
    let recorder = Recorder::new().respond("GET", PATH, 200, body);
    let vipps = support::on_tokio_time(&recorder).build().unwrap();
    let error = vipps.ecom().payment(id()).wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    let text = error.to_string();
    assert!(text.contains("unknown"), "{text}");
    assert!(!text.contains("has not decided"), "{text}");
}
