//! Payments of the ePayment API: created, cancelled, approved, captured and refunded.

use vipps::epayment::{EventName, PaymentEvent, PaymentState};
use vipps::{Amount, Currency, ErrorKind, Outcome, RequestId};

use super::fixture::{Fixture, PRICE, with_fixture};
use super::target;

/// Runs a test on an approved payment, if the environment allows one.
macro_rules! approved {
    ($fixture:ident, $test:literal) => {
        match Fixture::approved_epayment(&$fixture, $test).await {
            Some(payment) => payment,
            None => return,
        }
    };
}

fn names(events: &[PaymentEvent]) -> Vec<EventName> {
    let names = events.iter().filter_map(|event| event.name.clone());
    names.collect()
}

#[tokio::test]
async fn epayment_is_created_once_for_a_key() {
    with_fixture(async |fixture| {
        let (reference, key) = (fixture.reference(), RequestId::random());
        let create = || {
            fixture
                .create(reference.clone(), PRICE)
                .idempotency_key(key.clone())
        };
        let created = create().await.unwrap();
        assert!(created.redirect_url().is_some());
        let again = create().await.unwrap();
        assert_eq!(again.reference(), &reference);
        assert_eq!(again.redirect_url(), created.redirect_url());
        // The API repeated its first response. After a conflict, the client would read the payment.
        assert_eq!(fixture.vipps.metrics().calls, 2);

        let payment = created.payment(&fixture.vipps);
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), &PaymentState::Created);
        assert_eq!(details.amount(), Some(PRICE));
        let sums = details.aggregate();
        for sum in [
            sums.authorized,
            sums.captured,
            sums.cancelled,
            sums.refunded,
        ] {
            assert_eq!(sum, Some(Amount::nok(0)));
        }
        assert!(details.can_cancel() && !details.can_capture() && !details.can_refund());
        let events = payment.events().await.unwrap();
        assert_eq!(names(&events), [EventName::Created]);
        assert!(events[0].succeeded() && events[0].timestamp.is_some());
        assert_eq!(events[0].idempotency_key.as_deref(), Some(key.as_str()));
        assert_eq!(events[0].psp_reference.as_deref(), details.psp_reference());

        let other = fixture.create(reference.clone(), PRICE).await.unwrap_err();
        assert!(other.has_code("4150"), "{other}");
        assert_eq!(other.outcome(), Outcome::Rejected);
    })
    .await;
}

#[tokio::test]
async fn code_of_an_epayment_is_a_link_to_an_image() {
    with_fixture(async |fixture| {
        let create = fixture.vipps.epayment().create(fixture.reference(), PRICE);
        let created = create.qr().customer_present().await.unwrap();
        let link = created.redirect_url().unwrap();
        assert!(link.starts_with("https://") || !target::is_real(), "{link}");
    })
    .await;
}

/// Nothing was authorized, and the whole amount is cancelled.
#[tokio::test]
async fn epayment_is_terminated_before_approval() {
    with_fixture(async |fixture| {
        let reference = fixture.reference();
        let created = fixture.create(reference, PRICE).await.unwrap();
        let payment = created.payment(&fixture.vipps);
        let capture = payment.capture(PRICE).await.unwrap_err();
        assert!(capture.has_code("6080"), "{capture}");
        let refund = payment.refund(PRICE).await.unwrap_err();
        assert!(refund.has_code("6020"), "{refund}");
        let cancelled = payment.cancel().await.unwrap();
        assert_eq!(cancelled.state, Some(PaymentState::Terminated));
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), &PaymentState::Terminated);
        assert_eq!(details.aggregate().authorized, Some(Amount::nok(0)));
        assert_eq!(details.aggregate().cancelled, Some(PRICE));
        assert!(!details.can_cancel() && !details.can_capture());
        let events = payment.events().await.unwrap();
        assert_eq!(names(&events), [EventName::Created, EventName::Terminated]);
        // A cancel of a payment that has ended counts as success.
        payment.cancel().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn unknown_epayment_is_not_found() {
    with_fixture(async |fixture| {
        let payment = fixture.vipps.epayment().payment(fixture.reference());
        for error in [
            payment.details().await.unwrap_err(),
            payment.events().await.unwrap_err(),
            payment.cancel().await.unwrap_err(),
            payment.capture(PRICE).await.unwrap_err(),
            payment.refund(PRICE).await.unwrap_err(),
        ] {
            assert_eq!(error.http_status(), Some(404), "{error}");
            assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn epayment_is_captured_and_refunded_in_parts() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "epayment_is_captured_and_refunded_in_parts");
        let (four, six) = (Amount::nok(4), Amount::nok(6));
        let details = payment.details().await.unwrap();
        assert_eq!(details.remaining_to_capture(), Some(PRICE));
        let more = payment.capture(Amount::nok(11)).await.unwrap_err();
        assert!(more.has_code("6090"), "{more}");

        let key = RequestId::random();
        for _ in 0..2 {
            let capture = payment.capture(four).idempotency_key(key.clone());
            let captured = capture.await.unwrap();
            assert_eq!(captured.aggregate.captured, Some(four));
        }
        assert_eq!(payment.capture_remaining().await.unwrap().amount, Some(six));
        let details = payment.details().await.unwrap();
        // A capture changes the sums, and not the state.
        assert_eq!(details.state(), &PaymentState::Authorized);
        assert!(!details.can_capture() && !details.can_cancel() && details.can_refund());

        let refunded = payment.refund(four).await.unwrap();
        assert_eq!(refunded.aggregate.refunded, Some(four));
        let more = payment.refund(Amount::nok(7)).await.unwrap_err();
        assert!(more.has_code("6150"), "{more}");
        assert_eq!(payment.refund_remaining().await.unwrap().amount, Some(six));

        let events = payment.events().await.unwrap();
        let of_key: Vec<_> = events
            .iter()
            .filter(|event| event.idempotency_key.as_deref() == Some(key.as_str()))
            .collect();
        let [event] = of_key.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!(event.name, Some(EventName::Captured));
        assert_eq!((event.succeeded(), event.amount), (true, Some(four)));
    })
    .await;
}

#[tokio::test]
async fn key_of_a_capture_with_another_amount_is_refused() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "key_of_a_capture_with_another_amount_is_refused");
        let key = RequestId::random();
        let capture = |amount| payment.capture(amount).idempotency_key(key.clone());
        capture(Amount::nok(4)).await.unwrap();
        let error = capture(Amount::nok(5)).await.unwrap_err();
        assert_eq!(error.http_status(), Some(409), "{error}");
        let details = payment.details().await.unwrap();
        assert_eq!(details.aggregate().captured, Some(Amount::nok(4)));
    })
    .await;
}

#[tokio::test]
async fn rest_of_an_epayment_is_cancelled() {
    with_fixture(async |fixture| {
        let payment = approved!(fixture, "rest_of_an_epayment_is_cancelled");
        let kept = payment.cancel().only_if_not_approved().await.unwrap_err();
        assert!(kept.has_code("6060"), "{kept}");
        payment.capture(Amount::nok(4)).await.unwrap();
        let cancelled = payment.cancel().await.unwrap();
        assert_eq!(cancelled.aggregate.cancelled, Some(Amount::nok(6)));
        let late = payment.capture(Amount::nok(1)).await.unwrap_err();
        assert_eq!(late.outcome(), Outcome::Rejected, "{late}");
        let events = payment.events().await.unwrap();
        assert_eq!(names(&events).last(), Some(&EventName::Cancelled));
    })
    .await;
}

/// The sales units of the test environment are in Norway.
#[tokio::test]
async fn danish_and_finnish_epayments_have_their_currency() {
    with_fixture(async |fixture| {
        for amount in [Amount::dkk(10), Amount::eur(10)] {
            let currency: Currency = amount.currency();
            if target::is_real() {
                eprintln!("SKIPPED {currency}: the test environment accepts NOK only");
                continue;
            }
            let created = fixture.create(fixture.reference(), amount).await.unwrap();
            let payment = created.payment(&fixture.vipps);
            let details = payment.details().await.unwrap();
            assert_eq!(details.amount(), Some(amount));
            let authorized = details.aggregate().authorized;
            assert_eq!(authorized.map(Amount::currency), Some(currency));
            payment.cancel().await.unwrap();
        }
    })
    .await;
}
