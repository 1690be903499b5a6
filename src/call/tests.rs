//! Calls of unlisted operations through the hooks of the generated code.

use std::time::Duration;

use super::response::Response;
use super::{CallOptions, Context};
use crate::error::{ErrorKind, Outcome, Result};
use crate::operation::Endpoint;
use crate::testing::Recorder;

const PATH: &str = "/v9/new";

fn request(context: &Context, method: &str) -> reqwest::Request {
    let url = format!("{}{PATH}", context.base_url()).parse().unwrap();
    reqwest::Request::new(method.parse().unwrap(), url)
}

async fn call(
    recorder: &Recorder,
    method: &'static str,
    idempotency_header: Option<&'static str>,
) -> Result<Box<Response>> {
    let endpoint = Box::leak(Box::new(Endpoint {
        document: "later",
        id: "of_a_later_document",
        method,
        path: PATH,
        idempotency_header,
    }));
    let vipps = recorder.client();
    let context = Context::raw(vipps.runtime(), &CallOptions::default());
    let sent = context
        .exec(request(&context, method), Some(endpoint))
        .await;
    sent.unwrap();
    context.take_result().unwrap()
}

#[tokio::test]
async fn declared_header_has_the_same_key_on_every_attempt() {
    for (name, other) in [
        ("idempotency-key", "x-request-id"),
        ("x-request-id", "idempotency-key"),
    ] {
        let recorder = Recorder::new()
            .respond("POST", PATH, 401, "")
            .respond("POST", PATH, 200, "{}");
        let outcome = call(&recorder, "POST", Some(name)).await;
        assert!(outcome.is_ok());
        let sent = recorder.to_snapshot();
        let lines = format!("\n{name}: [idempotency key 1]\n");
        assert_eq!(sent.matches(&lines).count(), 2, "{sent}");
        assert!(!sent.contains(other), "{sent}");
    }
    let recorder = Recorder::new().respond("POST", PATH, 200, "{}");
    assert!(call(&recorder, "POST", None).await.is_ok());
    assert!(!recorder.to_snapshot().contains("idempotency key"));
}

#[tokio::test]
async fn raw_call_has_one_deadline_for_all_its_requests() {
    let recorder = Recorder::new().respond("GET", PATH, 200, "{}");
    let vipps = recorder.client();
    let options = CallOptions::new().deadline(Duration::from_secs(5));
    let context = Context::raw(vipps.runtime(), &options);
    let get = async || {
        let sent = context.exec(request(&context, "GET"), None).await;
        sent.unwrap();
        context.take_result().unwrap()
    };
    recorder.clock().advance(Duration::from_secs(4));
    assert!(get().await.is_ok());
    recorder.clock().advance(Duration::from_secs(1));
    let Err(error) = get().await else {
        panic!("the deadline has passed")
    };
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.elapsed(), Duration::from_secs(5));
}

/// The case of a raw call that is dropped after its first response.
#[tokio::test]
async fn dropped_response_releases_the_runtime() {
    let recorder = Recorder::new().respond("GET", PATH, 200, "{}");
    let vipps = recorder.client();
    let context = Context::raw(vipps.runtime(), &CallOptions::default());
    let sent = context.exec(request(&context, "GET"), None).await;
    sent.unwrap();
    let state = std::sync::Arc::downgrade(&context.0);
    drop(context);
    assert!(state.upgrade().is_none());
    assert_eq!(vipps.metrics().succeeded, 1);
}

#[tokio::test]
async fn document_sets_media_types_and_keeps_the_clients_headers() {
    let recorder = Recorder::new().respond("GET", PATH, 200, "{}");
    let vipps = recorder.client();
    let context = Context::raw(vipps.runtime(), &CallOptions::default());
    let mut request = request(&context, "GET");
    for (name, value) in [
        ("accept", "image/png"),
        ("merchant-serial-number", "999999"),
        ("size", "512"),
    ] {
        let value = http::HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
    }
    context.exec(request, None).await.unwrap();
    let sent = recorder.to_snapshot();
    assert!(sent.contains("\naccept: image/png\n"), "{sent}");
    assert!(sent.contains("\nsize: 512\n"), "{sent}");
    assert!(!sent.contains("999999"), "{sent}");
}

#[tokio::test]
async fn key_alone_lets_no_unlisted_write_be_retried() {
    let recorder = Recorder::new().lose_response("POST", PATH);
    let outcome = call(&recorder, "POST", Some("idempotency-key")).await;
    let Err(error) = outcome else {
        panic!("there is no response")
    };
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::Connection, Outcome::Unknown, 1)
    );
    assert!(error.idempotency_key().is_some());
    let recorder = Recorder::new()
        .lose_response("GET", PATH)
        .respond("GET", PATH, 200, "{}");
    let outcome = call(&recorder, "GET", None).await;
    assert!(outcome.is_ok());
}
