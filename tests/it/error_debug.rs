//! The `Debug` output of an error, which `main() -> Result<(), Box<dyn Error>>` and `unwrap` print.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use vipps::testing::Recorder;
use vipps::{
    Credentials, Error, OrderId, Outcome, Transport, TransportError, TransportFuture, Vipps,
};

use crate::support::{INITIATED, amount, assert_nothing_leaks, id, text};

const PAYMENTS: &str = "/ecomm/v2/payments";

/// A transport that fails with this chain of causes.
#[derive(Clone, Debug)]
struct Failing(Vec<&'static str>);

impl Transport for Failing {
    fn send(&self, _: http::Request<Bytes>) -> TransportFuture<'_> {
        let mut causes = self.0.iter().rev();
        let mut cause = Cause(causes.next().copied().unwrap_or_default(), None);
        for text in causes {
            cause = Cause(text, Some(Arc::new(cause)));
        }
        Box::pin(async move { Err(TransportError::not_sent(cause)) })
    }
}

#[derive(Debug)]
struct Cause(&'static str, Option<Arc<Cause>>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.1.as_ref().map(|cause| &**cause as _)
    }
}

async fn not_sent(causes: &[&'static str]) -> Error {
    let keys = Credentials::new("client", "secret", "key", "123456".parse().unwrap()).unwrap();
    let policy = vipps::RetryPolicy::none();
    let vipps = Vipps::builder(keys).transport(Failing(causes.to_vec()));
    let vipps = vipps.retry(policy).build().unwrap();
    let call = vipps.ecom().initiate(id(), amount(), text());
    call.await.unwrap_err()
}

async fn refused(status: u16, body: &str) -> Error {
    let recorder = Recorder::new().respond("POST", PAYMENTS, status, body);
    let call = recorder.client().ecom().initiate(id(), amount(), text());
    call.await.unwrap_err()
}

async fn samples() -> Vec<Error> {
    let lost = Recorder::new().lose_response("POST", PAYMENTS).client();
    let undecided = Recorder::new().client();
    let waiting = undecided.ecom().payment(id()).wait();
    let code = r#"[{"errorGroup":"Merchant","errorCode":"37","errorMessage":"is closed","contextId":"c-1"}]"#;
    vec![
        refused(400, code).await,
        refused(500, "<html>busy</html>").await,
        refused(200, "{}").await,
        not_sent(&["tcp connect error", "Connection refused (os error 111)"]).await,
        lost.ecom()
            .initiate(id(), amount(), text())
            .await
            .unwrap_err(),
        waiting.deadline(Duration::from_secs(30)).await.unwrap_err(),
        OrderId::parse("a b").unwrap_err().into(),
    ]
}

#[tokio::test]
async fn debug_starts_with_display_in_one_line() {
    for error in samples().await {
        let (display, debug) = (error.to_string(), format!("{error:?}"));
        assert!(debug.starts_with(&display), "{display}\n{debug}");
        assert!(!debug.contains('\n'), "{debug}");
        let boxed: Box<dyn StdError> = error.into();
        assert_eq!(format!("{boxed:?}"), debug);
    }
}

#[tokio::test]
async fn alternate_debug_has_display_as_its_first_line() {
    for error in samples().await {
        let debug = format!("{error:#?}");
        assert_eq!(debug.lines().next(), Some(&*error.to_string()), "{debug}");
        assert!(debug.lines().count() > 1, "{debug}");
    }
}

#[tokio::test]
async fn debug_names_kind_outcome_and_hint() {
    for error in samples().await {
        for debug in [format!("{error:?}"), format!("{error:#?}")] {
            assert!(
                debug.contains(&format!("kind: {:?}", error.kind())),
                "{debug}"
            );
            let outcome = format!("outcome: {:?}", error.outcome());
            assert!(debug.contains(&outcome), "{debug}");
            if let Some(hint) = error.hint() {
                assert!(debug.contains(&format!("hint: {hint}")), "{debug}");
            }
        }
    }
}

#[tokio::test]
async fn debug_names_every_cause_after_display() {
    let error = not_sent(&["tcp connect error", "Connection refused"]).await;
    let debug = format!("{error:?}");
    let after = debug.strip_prefix(&error.to_string()).unwrap();
    let (first, second) = (
        after.find("tcp connect error"),
        after.find("Connection refused"),
    );
    assert!(first.is_some() && first < second, "{debug}");
    assert!(second < after.find("kind:"), "{debug}");

    let lines = format!("{error:#?}");
    assert!(
        lines.contains("\n  caused by: tcp connect error\n"),
        "{lines}"
    );
    assert!(
        lines.contains("\n  caused by: Connection refused\n"),
        "{lines}"
    );
}

#[tokio::test]
async fn debug_masks_secrets_and_line_ends_of_causes() {
    let token = "eyJraWQiOiJ4In0.canned.token.value";
    let error = not_sent(&["a\r\nforged: line for 91234567", token]).await;
    assert_eq!(error.outcome(), Outcome::NotSent);
    let debug = format!("{error:?}");
    assert!(!debug.contains('\n') && debug.contains("forged"), "{debug}");
    assert_nothing_leaks(&debug);
    assert_nothing_leaks(&format!("{error:#?}"));
}

#[tokio::test]
async fn debug_has_no_body_and_no_order_id() {
    let body = r#"{"orderId":"acme-shop-123","url":7,"name":"Ada"}"#;
    assert!(INITIATED.contains("acme-shop-123"));
    for status in [200, 400, 500] {
        let error = refused(status, body).await;
        assert_eq!(error.order_id(), Some(&id()));
        for debug in [format!("{error:?}"), format!("{error:#?}")] {
            assert!(
                !debug.contains("acme-shop-123") && !debug.contains("Ada"),
                "{debug}"
            );
        }
    }
}

#[test]
fn debug_of_an_invalid_value_is_its_display() {
    let invalid = OrderId::parse("a b").unwrap_err();
    let display = invalid.to_string();
    assert_eq!(format!("{invalid:?}"), display);
    assert_eq!(format!("{invalid:#?}"), display);
}
