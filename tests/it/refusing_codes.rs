//! A documented refusing code is a refusal even with the statuses 402 and 409, which alone leave
//! the outcome unknown.

use vipps::testing::Recorder;
use vipps::{Error, Outcome, RetryPolicy};

use crate::support::{amount, id, text};

const ORDER: &str = "/ecomm/v2/payments/acme-shop-123";

/// The codes that require the support team or a change of the sales unit.
const CONTACT: [(&str, &str); 10] = [
    ("Payment", "74"),
    ("Merchant", "31"),
    ("Merchant", "32"),
    ("Merchant", "33"),
    ("Merchant", "36"),
    ("Merchant", "37"),
    ("Merchant", "38"),
    ("Merchant", "39"),
    ("Merchant", "51"),
    ("Merchant", "97"),
];
const PERMANENT: [(&str, &str); 6] = [
    ("Payment", "51"),
    ("Payment", "61"),
    ("Payment", "98"),
    ("VippsError", "91"),
    ("Merchant", "35"),
    ("InvalidRequest", "merchantInfo.fallBack"),
];
const NEW_ORDER: [(&str, &str); 4] = [
    ("Payment", "41"),
    ("Payment", "45"),
    ("User", "81"),
    ("User", "82"),
];
/// Codes without a definite meaning, and undocumented codes.
const UNCLEAR: [(&str, &str); 6] = [
    ("Payment", "52"),
    ("Payment", "63"),
    ("VippsError", "92"),
    ("VippsError", "99"),
    ("Merchant", "7777"),
    ("Robot", "37"),
];

/// Sends every write of the eCom API, each with this response.
async fn writes(status: u16, group: &str, code: &str) -> [Error; 4] {
    let body = format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}","errorMessage":"x"}}]"#);
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", status, &body)
        .respond("POST", &format!("{ORDER}/capture"), status, &body)
        .respond("POST", &format!("{ORDER}/refund"), status, &body)
        .respond("PUT", &format!("{ORDER}/cancel"), status, &body);
    let vipps = recorder.builder().unwrap().retry(RetryPolicy::none());
    let ecom = vipps.build().unwrap().ecom();
    let payment = ecom.payment(id());
    [
        ecom.initiate(id(), amount(), text()).await.unwrap_err(),
        payment.capture_remaining().await.unwrap_err(),
        payment.refund(amount()).await.unwrap_err(),
        payment.cancel().await.unwrap_err(),
    ]
}

async fn check(codes: &[(&str, &str)], outcome: Outcome) {
    for status in [402, 409] {
        for (group, code) in codes {
            for error in writes(status, group, code).await {
                assert_eq!(
                    error.outcome(),
                    outcome,
                    "{status} {group} {code}: {error:?}"
                );
                assert!(
                    !error.is_retryable() || outcome == Outcome::Unknown,
                    "{error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn contact_code_with_402_or_409_is_a_refusal() {
    check(&CONTACT, Outcome::Rejected).await;
}

#[tokio::test]
async fn permanent_code_with_402_or_409_is_a_refusal() {
    check(&PERMANENT, Outcome::Rejected).await;
}

#[tokio::test]
async fn new_order_code_with_402_or_409_is_a_refusal() {
    check(&NEW_ORDER, Outcome::Rejected).await;
}

#[tokio::test]
async fn unclear_code_with_402_or_409_leaves_it_unknown() {
    check(&UNCLEAR, Outcome::Unknown).await;
}
