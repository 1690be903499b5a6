//! Payments that a test user has approved.

use vipps::ecom::{Operation, PaymentState, TransactionStatus};
use vipps::{Amount, Outcome, RequestId};

use super::fixture::{Fixture, PRICE, with_fixture};

/// Runs a test on an approved payment, if the environment allows one.
macro_rules! approved {
    ($fixture:ident, $test:literal) => {
        match Fixture::approved(&$fixture, $test).await {
            Some(payment) => payment,
            None => return,
        }
    };
}

#[tokio::test]
async fn approved_payment_is_reserved() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "approved_payment_is_reserved");
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Reserved);
        let newest = &details.events()[0];
        assert_eq!(newest.operation, Some(Operation::Reserve));
        assert_eq!(newest.amount, Some(PRICE));
        assert!(newest.transaction_id.is_some() && details.is_scanned());
        let sums = details.sums();
        assert_eq!(sums.remaining_to_capture, PRICE);
        assert_eq!(
            (sums.captured, sums.refunded),
            (Amount::nok(0), Amount::nok(0))
        );

        #[allow(deprecated, reason = "the operation is still available")]
        let status = payment.status().await.unwrap();
        assert_eq!(status.operation, Some(Operation::Reserve));
    })
    .await;
}

#[tokio::test]
async fn payment_is_captured_and_refunded_in_parts() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "payment_is_captured_and_refunded_in_parts");
        let (four, six) = (Amount::nok(4), Amount::nok(6));

        let first = payment.capture(four).await.unwrap();
        assert_eq!(first.status, Some(TransactionStatus::Captured));
        assert_eq!(first.amount, Some(four));
        let sums = first.summary.unwrap();
        assert_eq!((sums.captured, sums.remaining_to_capture), (four, six));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::PartiallyCaptured);

        let rest = payment.capture_remaining().await.unwrap();
        assert_eq!(rest.amount, Some(six));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Captured);
        assert_eq!(details.sums().captured, PRICE);

        let back = payment.refund(four).await.unwrap();
        assert_eq!(back.status, Some(TransactionStatus::Refunded));
        assert_eq!(back.amount, Some(four));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::PartiallyRefunded);
        assert_eq!(details.sums().remaining_to_refund, six);

        let rest = payment.refund_remaining().await.unwrap();
        assert_eq!(rest.amount, Some(six));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Refunded);
        assert!(!details.can_refund() && !details.can_capture());
    })
    .await;
}

/// Retries after a lost response rely on this: the same key moves the money once, and the log
/// contains the key.
#[tokio::test]
async fn same_key_captures_once() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "same_key_captures_once");
        let key = RequestId::parse("contract-capture").unwrap();
        let capture = || {
            let part = payment.capture(Amount::nok(4));
            part.idempotency_key(key.clone())
        };
        let one = capture().await.unwrap();
        let other = capture().await.unwrap();
        assert_eq!(one.amount, other.amount);

        let details = payment.details().await.unwrap();
        assert_eq!(details.sums().captured, Amount::nok(4));
        let captures: Vec<_> = details
            .events()
            .iter()
            .filter(|event| event.operation == Some(Operation::Capture) && event.succeeded())
            .collect();
        let [event] = captures.as_slice() else {
            panic!("{captures:?}")
        };
        assert_eq!(event.idempotency_key.as_deref(), Some(key.as_str()));
    })
    .await;
}

/// A key is bound to its amount.
#[tokio::test]
async fn key_of_a_capture_with_another_amount_is_refused() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "key_of_a_capture_with_another_amount_is_refused");
        let capture = |amount| {
            let key = RequestId::parse("contract-other").unwrap();
            payment.capture(amount).idempotency_key(key)
        };
        capture(Amount::nok(4)).await.unwrap();
        let error = capture(Amount::nok(5)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
        let details = payment.details().await.unwrap();
        assert_eq!(details.sums().captured, Amount::nok(4));
    })
    .await;
}

#[tokio::test]
async fn reservation_is_cancelled() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "reservation_is_cancelled");
        let cancelled = payment.cancel().await.unwrap();
        assert_eq!(cancelled.status, Some(TransactionStatus::Cancelled));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Cancelled);
        assert_eq!(details.sums().remaining_to_capture, Amount::nok(0));
        let error = payment.capture_remaining().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
    })
    .await;
}

#[tokio::test]
async fn rest_of_a_reservation_is_released() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "rest_of_a_reservation_is_released");
        payment.capture(Amount::nok(4)).await.unwrap();
        payment.cancel().release_remaining().await.unwrap();
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Captured);
        assert_eq!(details.sums().captured, Amount::nok(4));
        assert!(!details.can_capture() && details.can_refund());
    })
    .await;
}

/// A program detects an excessive amount by these error codes.
#[tokio::test]
async fn amount_above_the_limit_is_refused_with_a_code() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "amount_above_the_limit_is_refused_with_a_code");
        let more = Amount::nok(11);
        let refused = async |code: &str, result: vipps::Result<_>| {
            let error = result.map(|_: vipps::ecom::Transaction| ()).unwrap_err();
            assert!(error.has_code(code), "not {code}: {error}");
            assert_eq!(error.outcome(), Outcome::Rejected);
        };
        refused("61", payment.capture(more).await).await;
        refused("72", payment.refund(PRICE).await).await;
        payment.capture_remaining().await.unwrap();
        refused("71", payment.refund(more).await).await;
        refused("51", payment.cancel().await).await;
        let details = payment.details().await.unwrap();
        assert_eq!(details.sums().captured, PRICE);
        assert_eq!(details.sums().refunded, Amount::nok(0));
    })
    .await;
}
