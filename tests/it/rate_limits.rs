//! An error contains the documented limit of its operation. The hint of a 429 is about the API of
//! its operation.

use std::time::Duration;

use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, RateLimit, RequestId, RetryPolicy};

use crate::support::{amount, id, text};

const TOKEN: &str = "/accesstoken/get";
const PAYMENTS: &str = "/ecomm/v2/payments";
const ORDER: &str = "/ecomm/v2/payments/acme-shop-123";
const QUOTA: &str = r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 00:10:00."}"#;

/// The errors of the five limited operations, each with its limit.
async fn limited(status: u16, body: &str) -> Vec<(u32, Error)> {
    let path = |name: &str| format!("{ORDER}/{name}");
    let recorder = Recorder::new()
        .respond("POST", PAYMENTS, status, body)
        .respond("POST", &path("capture"), status, body)
        .respond("POST", &path("refund"), status, body)
        .respond("PUT", &path("cancel"), status, body)
        .respond("GET", &path("details"), status, body)
        .respond("GET", &path("status"), status, body);
    let vipps = recorder.builder().unwrap().retry(RetryPolicy::none());
    let ecom = vipps.build().unwrap().ecom();
    let payment = ecom.payment(id());
    #[expect(deprecated, reason = "the deprecated operation has a limit too")]
    let state = payment.status();
    vec![
        (2, ecom.initiate(id(), amount(), text()).await.unwrap_err()),
        (5, payment.capture_remaining().await.unwrap_err()),
        (5, payment.refund(amount()).await.unwrap_err()),
        (5, payment.cancel().await.unwrap_err()),
        (120, payment.details().await.unwrap_err()),
        (120, state.await.unwrap_err()),
    ]
}

#[tokio::test]
async fn error_of_429_carries_the_limit_of_its_operation() {
    for (requests, error) in limited(429, "").await {
        let limit = error.rate_limit().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(
            (limit.requests(), limit.period()),
            (requests, Duration::from_secs(60))
        );
        assert!(
            limit
                .to_string()
                .starts_with(&format!("{requests} requests in 60 s")),
            "{limit}"
        );
    }
}

#[tokio::test]
async fn hint_of_429_names_only_the_limit_of_its_operation() {
    for (requests, error) in limited(429, "").await {
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains(&format!("{requests} requests a minute")),
            "{hint}"
        );
        let others = [2, 5, 120].into_iter().filter(|n| *n != requests);
        for other in others {
            assert!(
                !hint.contains(&format!(" {other} ")),
                "{other} is in {hint:?}"
            );
        }
    }
}

#[tokio::test]
async fn hint_of_a_token_429_names_no_order_limit() {
    let recorder = Recorder::new().respond("POST", TOKEN, 429, "");
    let vipps = recorder.builder().unwrap().retry(RetryPolicy::none());
    let payment = vipps.build().unwrap().ecom().payment(id());
    let error = payment.capture_remaining().await.unwrap_err();
    assert_eq!(
        error.rate_limit(),
        None,
        "the limit of captures does not apply to the token endpoint"
    );
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.contains("token") && !hint.contains("each order"),
        "{hint}"
    );
}

#[tokio::test]
async fn hint_of_a_qr_429_states_that_no_limit_is_documented() {
    let path = "/qr/v1/merchant-redirect";
    let recorder = Recorder::new().respond("GET", path, 429, "");
    let vipps = recorder.builder().unwrap().retry(RetryPolicy::none());
    let error = vipps
        .build()
        .unwrap()
        .qr()
        .merchant_redirects()
        .await
        .unwrap_err();
    assert_eq!(error.rate_limit(), None);
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.contains("QR API") && !hint.contains("each order"),
        "{hint}"
    );
}

#[tokio::test]
async fn used_up_quota_of_the_key_is_no_limit_per_order() {
    for (_, error) in limited(403, QUOTA).await {
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains("quota") && !hint.contains("no right"),
            "{hint}"
        );
    }
    let recorder = Recorder::new().respond("POST", TOKEN, 403, QUOTA);
    let payment = recorder.client().ecom().payment(id());
    let error = payment.details().await.unwrap_err();
    assert!(
        error.hint().unwrap_or_default().contains("quota"),
        "{error:?}"
    );
}

#[tokio::test]
async fn error_code_of_a_429_is_explained_before_the_limit() {
    let body = r#"[{"errorGroup":"Merchant","errorCode":"33","errorMessage":"x"}]"#;
    for (_, error) in limited(429, body).await {
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("Contact Vipps MobilePay"), "{hint}");
    }
}

/// The error of a refused amount contains the limit too, so that a caller can space later calls.
#[tokio::test]
async fn every_error_of_a_limited_operation_carries_the_limit() {
    let key = RequestId::random();
    let lost = Recorder::new().lose_response("POST", &format!("{ORDER}/capture"));
    let payment = lost.client().ecom().payment(id());
    let error = payment
        .capture_remaining()
        .idempotency_key(key)
        .await
        .unwrap_err();
    assert_eq!(error.rate_limit().map(RateLimit::requests), Some(5));
}
