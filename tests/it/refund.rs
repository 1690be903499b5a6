//! A refund of the rest refunds the remaining amount exactly once, also after retries.

use std::time::Duration;

use crate::support::{CANCELLED, PARTLY_REFUNDED, id, refunded};
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{Amount, Currency, ErrorKind, Outcome, RequestId};

const DETAILS: &str = "/ecomm/v2/payments/acme-shop-123/details";
const REFUND: &str = "/ecomm/v2/payments/acme-shop-123/refund";

fn amounts(recorder: &Recorder) -> Vec<i64> {
    let shape = recorder.shape_of("refund_payment_using_post");
    let of = shape
        .lines()
        .filter_map(|l| l.trim().strip_prefix("\"amount\": "));
    of.map(|n| n.trim_end_matches(',').parse().unwrap())
        .collect()
}

#[tokio::test]
async fn rest_is_computed_from_the_details() {
    let recorder = Recorder::new()
        .respond("GET", DETAILS, 200, PARTLY_REFUNDED)
        .respond("POST", REFUND, 200, &refunded(15_000));
    let payment = recorder.client().ecom().payment(id());
    payment.refund_remaining().await.unwrap();
    assert_eq!(amounts(&recorder), [15_000]);
    // Without stated sums, the history determines the rest.
    let without = PARTLY_REFUNDED.replace("transactionSummary", "gone");
    let recorder = Recorder::new()
        .respond("GET", DETAILS, 200, &without)
        .respond("POST", REFUND, 200, &refunded(15_000));
    let payment = recorder.client().ecom().payment(id());
    payment.refund_remaining().await.unwrap();
    assert_eq!(amounts(&recorder), [15_000]);
}

#[tokio::test]
async fn refund_without_remaining_amount_sends_nothing() {
    let nothing_remaining = PARTLY_REFUNDED.replace("15000", "0");
    for details in [crate::support::DETAILS, nothing_remaining.as_str()] {
        let recorder = Recorder::new().respond("GET", DETAILS, 200, details);
        let payment = recorder.client().ecom().payment(id());
        let error = payment.refund_remaining().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::State, Outcome::NotSent)
        );
        assert!(error.to_string().contains("nothing is left"), "{error}");
        assert!(amounts(&recorder).is_empty());
    }
}

/// The rest of contradictory details is no amount to send.
#[tokio::test]
async fn contradictory_details_leave_no_amount_to_refund() {
    let too_much_left = PARTLY_REFUNDED.replace("15000", "40000");
    let negative_refund = PARTLY_REFUNDED
        .replace("transactionSummary", "gone")
        .replace(r#""amount":5000"#, r#""amount":-5000"#);
    for details in [too_much_left, negative_refund] {
        let recorder = Recorder::new().respond("GET", DETAILS, 200, &details);
        let payment = recorder.client().ecom().payment(id());
        let error = payment.refund_remaining().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::State, Outcome::NotSent)
        );
        assert!(error.to_string().contains("contradict"), "{error}");
        assert!(amounts(&recorder).is_empty());
    }
}

/// The first attempt took effect and its response was lost. Its key is in the history.
#[tokio::test]
async fn retry_with_the_same_key_has_the_same_amount() {
    let all_back = PARTLY_REFUNDED.replace("15000", "0");
    for details in [PARTLY_REFUNDED, &all_back] {
        let recorder = Recorder::new()
            .respond("GET", DETAILS, 200, details)
            .respond("POST", REFUND, 200, &refunded(5_000));
        let payment = recorder.client().ecom().payment(id());
        let key = RequestId::parse("first-refund").unwrap();
        payment
            .refund_remaining()
            .idempotency_key(key)
            .await
            .unwrap();
        assert_eq!(amounts(&recorder), [5_000]);
        let details = recorder.shape_of("get_payment_details_using_get");
        assert!(!details.contains("x-request-id"), "{details}");
    }
}

#[tokio::test]
async fn without_details_no_refund_is_sent() {
    let recorder = Recorder::new().respond("GET", DETAILS, 503, "");
    let payment = recorder.client().ecom().payment(id());
    let error = payment.refund_remaining().await.unwrap_err();
    assert_eq!(
        (error.http_status(), error.outcome()),
        (Some(503), Outcome::NoEffect)
    );
    assert!(amounts(&recorder).is_empty());
}

/// The deadline covers both requests.
#[tokio::test(start_paused = true)]
async fn deadline_covers_the_details_and_the_refund() {
    let recorder = Recorder::new()
        .respond("GET", DETAILS, 503, "")
        .respond("GET", DETAILS, 200, PARTLY_REFUNDED)
        .lose_response("POST", REFUND);
    let vipps = crate::support::on_tokio_time(&recorder).build().unwrap();
    let start_time = tokio::time::Instant::now();
    let policy = vipps::RetryPolicy::default()
        .attempts(10)
        .backoff(Duration::from_secs(2), Duration::from_secs(2));
    let refund = vipps.ecom().payment(id()).refund_remaining().retry(policy);
    let error = refund.deadline(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(start_time.elapsed() <= Duration::from_secs(5));
}

/// The deadline may be unlimited.
#[tokio::test]
async fn unlimited_deadline_is_accepted() {
    let recorder = Recorder::new()
        .respond("GET", DETAILS, 200, PARTLY_REFUNDED)
        .respond("POST", REFUND, 200, &refunded(15_000))
        .respond(
            "PUT",
            "/ecomm/v2/payments/acme-shop-123/cancel",
            200,
            CANCELLED,
        );
    let payment = recorder.client().ecom().payment(id());
    payment
        .refund_remaining()
        .deadline(Duration::MAX)
        .await
        .unwrap();
    payment.cancel().deadline(Duration::MAX).await.unwrap();
    payment.details().deadline(Duration::MAX).await.unwrap();
}

/// The ledger of the simulator shows the refund.
#[tokio::test]
async fn whole_captured_amount_is_refunded() {
    let sim = Simulator::start().unwrap();
    let ecom = sim.client().ecom();
    let text = "Socks".parse().unwrap();
    ecom.initiate(id(), Amount::minor(20_001, Currency::NOK), text)
        .await
        .unwrap();
    sim.payer().approve("acme-shop-123").unwrap();
    let payment = ecom.payment(id());
    payment
        .capture(Amount::minor(10_001, Currency::NOK))
        .await
        .unwrap();
    payment
        .refund(Amount::minor(2_500, Currency::NOK))
        .await
        .unwrap();
    let rest = payment.refund_remaining().await.unwrap();
    assert_eq!(rest.amount, Some(Amount::minor(7_501, Currency::NOK)));
    let details = payment.details().await.unwrap();
    assert_eq!(
        details.sums().refunded,
        Amount::minor(10_001, Currency::NOK)
    );
    assert_eq!(
        payment.refund_remaining().await.unwrap_err().kind(),
        ErrorKind::State
    );
    // The second half was never captured, and can be released.
    assert!(details.can_release() && !details.can_refund());
    payment.cancel().release_remaining().await.unwrap();
    let details = payment.details().await.unwrap();
    assert!(!details.can_capture() && !details.can_release());
}
