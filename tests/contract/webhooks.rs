//! Webhook registrations, and profiles of customers who have shared nothing.

use vipps::Outcome;
use vipps::types::HttpsUrl;
use vipps::webhooks::EventType;

use super::fixture::with_fixture;

fn url() -> HttpsUrl {
    "https://example.com/vipps/contract".parse().expect("a URL")
}

#[tokio::test]
async fn registration_is_listed_and_deleted() {
    with_fixture(|fixture| async move {
        let webhooks = fixture.vipps.webhooks();
        let events = [EventType::PaymentAborted, EventType::PaymentExpired];
        let registration = webhooks.register(url(), events).await.unwrap();
        fixture.registered(registration.id());
        let listed = webhooks.list().await.unwrap();
        let listed = listed.iter().find(|other| other.id() == registration.id());
        let listed = listed.expect("the new registration");
        assert_eq!(listed.url(), url().as_str());
        assert_eq!(listed.events().len(), 2);
        webhooks.delete(registration.id()).await.unwrap();
        let left = webhooks.list().await.unwrap();
        assert!(left.iter().all(|other| other.id() != registration.id()));
        // A deleted registration counts as success.
        webhooks.delete(registration.id()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn unknown_event_type_is_refused() {
    with_fixture(|fixture| async move {
        let register = fixture
            .vipps
            .webhooks()
            .register(url(), ["contract.unknown.v1"]);
        let error = register.await.unwrap_err();
        assert_eq!(error.http_status(), Some(400), "{error}");
        assert_eq!(error.outcome(), Outcome::Rejected);
        assert!(error.correlation_id().is_some());
    })
    .await;
}

#[tokio::test]
async fn profile_of_an_unknown_customer_is_not_found() {
    with_fixture(|fixture| async move {
        let sub = "6f1c0d3e-2b7a-4c59-9e8f-0a1b2c3d4e5f";
        let error = fixture.vipps.userinfo(sub).await.unwrap_err();
        assert_eq!(error.http_status(), Some(404), "{error}");
    })
    .await;
}
