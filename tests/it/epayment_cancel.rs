//! Cancels and approvals of ePayment: the details are read before a cancel is retried.

use std::time::Duration;

use vipps::epayment::{Modification, Payment, PaymentState};
use vipps::testing::Recorder;
use vipps::{Amount, Environment, ErrorKind, Outcome, PhoneNumber, Result};

use crate::epayment::{CREATE, CREATED, PAYMENT, REFERENCE, details, problem, reference};

const CANCEL: &str = "/epayment/v1/payments/kiosk-7-000451/cancel";
const APPROVE: &str = "/epayment/v1/test/payments/kiosk-7-000451/approve";

fn payment(recorder: &Recorder) -> Payment {
    recorder.client().epayment().payment(reference())
}

fn sent(recorder: &Recorder) -> usize {
    recorder
        .to_snapshot()
        .matches(&format!("POST {CANCEL}"))
        .count()
}

fn open() -> String {
    details("CREATED", [0, 0, 0, 0])
}

fn terminated() -> String {
    details("TERMINATED", [0, 0, 10_000, 0])
}

fn reserved() -> String {
    details("AUTHORIZED", [10_000, 0, 0, 0])
}

fn released() -> String {
    details("AUTHORIZED", [10_000, 4_000, 6_000, 0])
}

async fn cancel(status: u16, body: &str, details_body: &str) -> Result<Modification> {
    let recorder = Recorder::new()
        .respond("POST", CANCEL, status, body)
        .respond("GET", PAYMENT, 200, details_body);
    payment(&recorder).cancel().await
}

#[tokio::test]
async fn cancelled_payment_is_a_success() {
    for (body, state, cancelled) in [
        (terminated(), PaymentState::Terminated, 100),
        (released(), PaymentState::Authorized, 60),
        (
            details("AUTHORIZED", [10_000, 0, 10_000, 0]),
            PaymentState::Authorized,
            100,
        ),
    ] {
        let done = cancel(200, &body, &reserved()).await.unwrap();
        assert_eq!(done.state, Some(state));
        assert_eq!(done.amount, Some(Amount::nok(cancelled)));
        assert_eq!(done.idempotency_key, None);
    }
}

#[tokio::test]
async fn success_without_proof_is_verified_by_the_details() {
    for body in [
        "",
        "{}",
        "[]",
        "<html>",
        &reserved(),
        &open(),
        r#"{"state":"AUTHORIZED"}"#,
    ] {
        let done = cancel(200, body, &released()).await.unwrap();
        assert_eq!(done.amount, Some(Amount::nok(60)), "{body}");
        for details_body in [
            reserved(),
            open(),
            "{}".to_owned(),
            details("AUTHORIZED", [10_000, 10_000, 0, 0]),
        ] {
            let error = cancel(200, body, &details_body).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown, "{body}: {error}");
        }
    }
    let other = terminated().replace(REFERENCE, "kiosk-7-000452");
    let error = cancel(200, &other, &terminated()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, Outcome::Unknown)
    );
}

#[tokio::test]
async fn lost_cancel_that_took_effect_is_not_retried() {
    let recorder =
        Recorder::new()
            .lose_response("POST", CANCEL)
            .respond("GET", PAYMENT, 200, &terminated());
    let done = payment(&recorder).cancel().await.unwrap();
    assert_eq!(done.state, Some(PaymentState::Terminated));
    assert_eq!(sent(&recorder), 1);
}

#[tokio::test]
async fn lost_cancel_is_retried_while_the_payment_is_open() {
    for details_body in [open(), reserved()] {
        let recorder = Recorder::new()
            .lose_response("POST", CANCEL)
            .respond("GET", PAYMENT, 200, &details_body)
            .respond("POST", CANCEL, 200, &released());
        payment(&recorder).cancel().await.unwrap();
        assert_eq!(sent(&recorder), 2);
    }
    let recorder = Recorder::new().lose_response("POST", CANCEL).respond(
        "GET",
        PAYMENT,
        200,
        &details("AUTHORIZED", [10_000, 10_000, 0, 0]),
    );
    let error = payment(&recorder).cancel().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(sent(&recorder), 1);
}

#[tokio::test]
async fn too_long_retry_after_ends_a_lost_cancel_at_once() {
    let busy = http::Response::builder()
        .status(503)
        .header("retry-after", "61")
        .body("")
        .unwrap();
    let recorder =
        Recorder::new()
            .respond_with("POST", CANCEL, busy)
            .respond("GET", PAYMENT, 200, &open());
    let cancel = payment(&recorder).cancel();
    let error = cancel.deadline(Duration::from_secs(600)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(!recorder.to_snapshot().contains("s later"));
    assert_eq!(sent(&recorder), 1);
}

#[tokio::test]
async fn refusal_after_a_completed_cancel_is_a_success() {
    let expired = details("EXPIRED", [0, 0, 0, 0]);
    for code in ["6050", "6190"] {
        for details_body in [terminated(), released(), expired.clone()] {
            cancel(400, &problem(400, code), &details_body)
                .await
                .unwrap();
        }
        let error = cancel(400, &problem(400, code), &reserved())
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{code}");
        let error = cancel(400, &problem(400, code), "{}").await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{code}");
    }
}

#[tokio::test]
async fn refusal_of_a_cancel_is_rejected() {
    for code in ["6030", "6040", "5090"] {
        let recorder = Recorder::new().respond("POST", CANCEL, 400, &problem(400, code));
        let error = payment(&recorder).cancel().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{code}");
        assert!(!error.needs_new_key(), "{code}");
        assert_eq!(sent(&recorder), 1, "{code}");
    }
}

#[tokio::test]
async fn approved_payment_keeps_its_reservation() {
    let recorder = Recorder::new()
        .respond("POST", CANCEL, 400, &problem(400, "6060"))
        .respond("GET", PAYMENT, 200, &reserved());
    let error = payment(&recorder)
        .cancel()
        .only_if_not_approved()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.has_code("6060"));
    assert_eq!(sent(&recorder), 1);
}

#[tokio::test]
async fn cancel_waits_while_the_customer_approves() {
    let recorder = Recorder::new()
        .respond("POST", CANCEL, 400, &problem(400, "6250"))
        .respond("POST", CANCEL, 200, &terminated());
    payment(&recorder).cancel().await.unwrap();
    assert_eq!(sent(&recorder), 2);
}

#[tokio::test]
async fn refusal_after_a_lost_cancel_stays_unknown() {
    let recorder = Recorder::new()
        .lose_response("POST", CANCEL)
        .respond("GET", PAYMENT, 200, &reserved())
        .respond("POST", CANCEL, 400, &problem(400, "6030"));
    let error = payment(&recorder).cancel().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}

fn phone() -> PhoneNumber {
    crate::support::PHONE.parse().unwrap()
}

#[tokio::test]
async fn approval_with_an_empty_response_is_a_success() {
    for body in ["", " ", "{}", r#"{"reference":"kiosk-7-000451"}"#] {
        let recorder = Recorder::new().respond("POST", APPROVE, 200, body);
        payment(&recorder)
            .force_approve()
            .customer(phone())
            .await
            .unwrap();
        let sent = recorder.to_snapshot();
        assert!(
            !sent.contains("x-request-id") && !sent.contains("idempotency-key"),
            "{sent}"
        );
    }
    for body in [
        "<html>",
        r#"["wrong"]"#,
        r#"{"reference":"kiosk-7-000452"}"#,
        r#"{"status":400,"title":"x"}"#,
    ] {
        let recorder = Recorder::new().respond("POST", APPROVE, 200, body).respond(
            "GET",
            PAYMENT,
            200,
            &open(),
        );
        let error = payment(&recorder)
            .force_approve()
            .customer(phone())
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
    }
}

#[tokio::test]
async fn approval_that_took_place_before_is_a_success() {
    for (status, code) in [(400, "6230"), (500, "3010")] {
        let recorder = Recorder::new()
            .respond("POST", APPROVE, status, &problem(status, code))
            .respond("GET", PAYMENT, 200, &reserved());
        payment(&recorder)
            .force_approve()
            .customer(phone())
            .await
            .unwrap();
    }
    let recorder = Recorder::new()
        .respond("POST", APPROVE, 400, &problem(400, "10030"))
        .respond("GET", PAYMENT, 200, &open());
    let error = payment(&recorder)
        .force_approve()
        .customer(phone())
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(
        error.api_errors()[0]
            .explanation()
            .unwrap()
            .contains("by hand")
    );
}

#[tokio::test]
async fn approval_takes_the_token_of_the_redirect_url() {
    let recorder = Recorder::new()
        .respond("POST", CREATE, 201, CREATED)
        .respond("POST", APPROVE, 200, "");
    let vipps = recorder.client();
    let created = vipps
        .epayment()
        .create(reference(), Amount::nok(100))
        .qr()
        .await
        .unwrap();
    let approve = created
        .payment(&vipps)
        .force_approve()
        .redirect_url(&created);
    crate::support::assert_nothing_leaks(&format!("{approve:?}"));
    approve.await.unwrap();
    assert!(recorder.shape_of("force_approve").contains("\"token\": "));
}

#[tokio::test]
async fn approval_without_a_user_or_in_production_is_not_sent() {
    let recorder = Recorder::new();
    let error = payment(&recorder).force_approve().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let production = recorder
        .builder()
        .unwrap()
        .environment(Environment::Production);
    let vipps = production.build().unwrap();
    let payment = vipps.epayment().payment(reference());
    let error = payment.force_approve().customer(phone()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::State, Outcome::NotSent)
    );
    assert!(recorder.requests().is_empty());
}
