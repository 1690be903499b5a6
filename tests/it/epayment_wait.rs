//! Waiting for the customer's decision about an ePayment payment.

use std::time::Duration;

use jiff::SignedDuration;
use vipps::epayment::{PaymentState, PollEvent, PollInterval};
use vipps::testing::Recorder;
use vipps::{Amount, ErrorKind};

use crate::epayment::{CREATE, CREATED, PAGE, PAYMENT, details, reference};

fn in_state(state: &str) -> String {
    details(state, [0, 0, 0, 0])
}

#[tokio::test]
async fn wait_returns_the_stated_decision() {
    for (state, expected) in [
        ("AUTHORIZED", PaymentState::Authorized),
        ("ABORTED", PaymentState::Aborted),
        ("EXPIRED", PaymentState::Expired),
        ("TERMINATED", PaymentState::Terminated),
    ] {
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &in_state("CREATED"))
            .respond("GET", PAYMENT, 503, "")
            .respond("GET", PAYMENT, 200, &in_state(state));
        let payment = recorder.client().epayment().payment(reference());
        let details = payment.wait().await.unwrap();
        assert_eq!(details.state(), &expected);
        assert!(details.state().is_decided());
    }
}

#[tokio::test]
async fn poll_returns_each_step_once() {
    let recorder = Recorder::new()
        .respond("GET", PAYMENT, 200, &in_state("CREATED"))
        .respond("GET", PAYMENT, 200, &in_state("CREATED"))
        .respond("GET", PAYMENT, 200, &in_state("AUTHORIZED"));
    let payment = recorder.client().epayment().payment(reference());
    let mut poll = payment.wait().interval(PollInterval::Web).poll();
    assert!(matches!(poll.next().await, Some(Ok(PollEvent::Waiting(_)))));
    assert!(matches!(poll.next().await, Some(Ok(PollEvent::Decided(_)))));
    assert!(poll.next().await.is_none());
}

/// Returns the duration of a wait for a payment that stays in this state.
async fn duration_of_wait(state: &str, created: Option<SignedDuration>) -> Duration {
    let recorder = Recorder::new()
        .respond("POST", CREATE, 201, CREATED)
        .respond("GET", PAYMENT, 200, &in_state(state));
    let vipps = recorder.client();
    let payment = match created {
        None => vipps.epayment().payment(reference()),
        Some(life) => {
            let create = vipps.epayment().create(reference(), Amount::nok(100)).qr();
            let expires_at = vipps::Clock::now(&recorder.clock()) + life;
            let create = create.receipt_url(PAGE.parse().unwrap());
            create.expires_at(expires_at).await.unwrap().payment(&vipps)
        }
    };
    let start_time = recorder.clock().elapsed();
    let wait = payment
        .wait()
        .interval(PollInterval::Every(Duration::from_secs(600)));
    let error = wait.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    recorder.clock().elapsed().saturating_sub(start_time)
}

#[tokio::test]
async fn wait_ends_after_11_minutes() {
    for state in ["CREATED", "NEW_STATE"] {
        assert_eq!(
            duration_of_wait(state, None).await,
            Duration::from_secs(660)
        );
    }
}

#[tokio::test]
async fn wait_for_a_long_living_payment_ends_after_its_expiry() {
    let life = SignedDuration::from_hours(24);
    let waited = duration_of_wait("CREATED", Some(life)).await;
    let expected = Duration::from_secs(24 * 3600 + 60);
    let difference = expected.abs_diff(waited);
    assert!(difference <= Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn unknown_state_decides_nothing() {
    let recorder = Recorder::new()
        .respond("GET", PAYMENT, 200, &in_state("NEW_STATE"))
        .respond("GET", PAYMENT, 200, &in_state("AUTHORIZED"));
    let payment = recorder.client().epayment().payment(reference());
    let details = payment.wait().await.unwrap();
    assert_eq!(details.state(), &PaymentState::Authorized);
}
