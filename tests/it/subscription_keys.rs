//! A 401 about the subscription key does not invalidate the access token, which stays in use.

use std::time::Duration;

use crate::store::FakeStore;
use crate::support::id;
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{Error, Outcome, Vipps};

const TOKEN: &str = "fetch_authorization_token_using_post";
const DETAILS: &str = "/ecomm/v2/payments/acme-shop-123/details";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";

/// Refusals of the subscription key, in the forms of the gateway.
const KEY_REFUSALS: [&str; 6] = [
    r#"{"statusCode":401,"message":"Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."}"#,
    r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#,
    r#"{"StatusCode":"401","Message":"access denied due to INVALID Subscription Key."}"#,
    r#"{"errorCode":"Unauthorized","errorMessage":"Subscription not found","contextId":"c"}"#,
    r#"[{"errorCode":"Unauthorized","errorMessage":"The Ocp-Apim-Subscription-Key is not valid for this product","contextId":"c"}]"#,
    r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"},"result":{"message":"Access denied due to invalid subscription key."}}"#,
];

/// Refusals that are, or may be, about the token.
const TOKEN_REFUSALS: [&str; 6] = [
    "",
    "<html><body>Subscription key</body></html>",
    r#"{"statusCode":401,"message":"Unauthorized. Access token is missing or invalid."}"#,
    r#"{"statusCode":401,"message":"Access denied: invalid subscription key or access token."}"#,
    r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"},"result":{"message":"(Something went wrong, please try again later)"}}"#,
    r#"[{"errorCode":"Unauthorized","errorMessage":"Subscription not found"},{"errorCode":"Unauthorized","errorMessage":"Token expired"}]"#,
];

fn token_requests(recorder: &Recorder) -> usize {
    let requests = recorder.requests();
    requests
        .iter()
        .filter(|r| r.operation() == Some(TOKEN))
        .count()
}

async fn details(vipps: &Vipps) -> Error {
    vipps.ecom().payment(id()).details().await.unwrap_err()
}

#[track_caller]
fn check(error: &Error, body: &str) {
    assert_eq!(
        (error.http_status(), error.attempts(), error.is_retryable()),
        (Some(401), 1, false),
        "{body}"
    );
    assert_eq!(error.outcome(), Outcome::Rejected, "{body}");
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("ubscription"), "{body}: {hint}");
}

#[tokio::test]
async fn a_401_about_the_key_keeps_the_token() {
    for body in KEY_REFUSALS {
        let recorder = Recorder::new()
            .respond("GET", DETAILS, 401, body)
            .respond("POST", CAPTURE, 401, body);
        let vipps = recorder.client();
        check(&details(&vipps).await, body);
        check(
            &vipps
                .ecom()
                .payment(id())
                .capture_remaining()
                .await
                .unwrap_err(),
            body,
        );
        check(&details(&vipps).await, body);
        assert_eq!(token_requests(&recorder), 1, "{body}");
        assert_eq!(recorder.requests().len(), 4, "{body}");
        assert_eq!(vipps.metrics().replays, 0, "{body}");
    }
}

#[tokio::test]
async fn a_401_that_may_be_about_the_token_replaces_it() {
    for body in TOKEN_REFUSALS {
        let recorder = Recorder::new().respond("GET", DETAILS, 401, body);
        let vipps = recorder.client();
        assert_eq!(details(&vipps).await.http_status(), Some(401));
        assert_eq!(token_requests(&recorder), 2, "{body}");
        assert_eq!(vipps.metrics().replays, 1, "{body}");
    }
}

/// A client that marks the stored token as refused would fetch a new token at its next flight.
#[tokio::test(start_paused = true)]
async fn a_401_about_the_key_keeps_the_stored_token() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let store = FakeStore::default();
    let process = || {
        let builder = sim.client_builder().token_store(store.clone());
        builder.build().unwrap()
    };
    process().qr().merchant_callbacks().await.unwrap();
    let vipps = process();
    for body in KEY_REFUSALS {
        let fault = sim.faults().on("get_merchant_callback_qrs");
        let fault = fault.status_with_body(401, body);
        check(&vipps.qr().merchant_callbacks().await.unwrap_err(), body);
        fault.remove();
        vipps.qr().merchant_callbacks().await.unwrap();
    }
    let metrics = vipps.metrics();
    assert_eq!((metrics.tokens_shared, metrics.replays), (1, 0));
    assert_eq!(sim.journal().count(TOKEN), 1);
    // After the expiry of its token, the client loads the stored token and accepts it.
    let stored = store.stored(&store.only_key()).await.unwrap();
    let key = store.only_key();
    store
        .put(&key, stored.access_token(), Duration::from_secs(7200))
        .await;
    tokio::time::advance(Duration::from_secs(3590)).await;
    drop(vipps.qr().merchant_callbacks().await);
    assert_eq!(vipps.metrics().tokens_shared, 2);
}
