//! Orders that are not paid or do not exist.

use vipps::ecom::{Operation, PaymentState};
use vipps::{Credentials, ErrorGroup, ErrorKind, Outcome, Vipps};

use super::fixture::{PRICE, with_fixture};
use super::target;

/// The error "order not found" shows that the API accepted the token.
#[tokio::test]
async fn valid_keys_return_a_token() {
    with_fixture(async |fixture| {
        let error = fixture
            .vipps
            .ecom()
            .payment(fixture.order())
            .details()
            .await;
        let error = error.unwrap_err();
        assert!(error.has_code("35"), "{error}");
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        assert_eq!(error.http_status(), Some(404), "{error}");
        assert_eq!(fixture.vipps.metrics().tokens_fetched, 1);
    })
    .await;
}

/// Unknown keys are refused when the token is fetched, and the call is not sent.
#[tokio::test]
async fn invalid_keys_return_no_token() {
    with_fixture(async |fixture| {
        let number = fixture.vipps.merchant_serial_number().clone();
        let keys = Credentials::new(
            "00000000-0000-4000-8000-000000000000",
            "bm8tc3VjaC1zZWNyZXQ=",
            "00000000000000000000000000000000",
            number,
        );
        let unknown_client = Vipps::builder(keys.unwrap()).environment(target::environment());
        let unknown_client = unknown_client.build().unwrap();
        let details = unknown_client.ecom().payment(fixture.order()).details();
        let error = details.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
        assert_eq!(error.outcome(), Outcome::NotSent);
    })
    .await;
}

#[tokio::test]
async fn initiated_payment_has_a_landing_page() {
    with_fixture(async |fixture| {
        let started = fixture.initiated().await;
        assert!(!started.landing_page().is_app_link());
        assert!(started.landing_page().token().is_some());

        let details = started.payment(&fixture.vipps).details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Initiated);
        let [event] = details.events() else {
            panic!("{details:?}")
        };
        assert_eq!(event.operation, Some(Operation::Initiate));
        assert!(event.succeeded());
        assert_eq!(event.amount, Some(PRICE));
        assert!(event.timestamp.as_ref().unwrap().instant().is_some());
        assert!(details.can_cancel() && !details.can_capture() && !details.is_scanned());
    })
    .await;
}

/// A payment that is not approved can be cancelled once, and cannot be captured.
#[tokio::test]
async fn payment_is_cancelled_before_approval() {
    with_fixture(async |fixture| {
        let payment = fixture.initiated().await.payment(&fixture.vipps);
        let capture = payment.capture_remaining().await.unwrap_err();
        assert_eq!(capture.outcome(), Outcome::Rejected, "{capture}");
        payment.cancel().await.unwrap();
        let details = payment.details().await.unwrap();
        assert_eq!(details.state(), PaymentState::Cancelled);
        assert!(!details.can_cancel());
    })
    .await;
}

/// An order id cannot be reused, not even after its payment was cancelled.
#[tokio::test]
async fn used_order_id_is_refused() {
    with_fixture(async |fixture| {
        let payment = fixture.initiated().await.payment(&fixture.vipps);
        payment.cancel().await.unwrap();
        let text = || "Contract test".parse().unwrap();
        let id = payment.order_id().clone();
        let again = fixture.vipps.ecom().initiate(id, PRICE, text()).await;
        let error = again.unwrap_err();
        assert!(error.has_code("34"), "{error}");
        assert_eq!(error.outcome(), Outcome::Rejected);
    })
    .await;
}

#[tokio::test]
async fn operations_on_an_unknown_order_are_refused() {
    with_fixture(async |fixture| {
        let payment = fixture.vipps.ecom().payment(fixture.order());
        for error in [
            payment.details().await.unwrap_err(),
            payment.capture_remaining().await.unwrap_err(),
            payment.refund(PRICE).await.unwrap_err(),
            payment.cancel().await.unwrap_err(),
        ] {
            assert!(error.has_code("35"), "{error}");
            let group = error.api_errors()[0].group();
            assert_eq!(group, Some(&ErrorGroup::Merchant), "{error}");
        }
    })
    .await;
}
