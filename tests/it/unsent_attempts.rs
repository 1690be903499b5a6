//! The limits per minute apply to requests that the API received. An attempt that was never sent
//! does not count.

use std::time::Duration;

use vipps::testing::Recorder;
use vipps::{Amount, Environment, ErrorKind, Outcome, RetryPolicy};

use crate::support::{id, text};

/// Returns the URL of a port without a listener.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn client(policy: RetryPolicy) -> vipps::Vipps {
    let token = r#"{"access_token":"a.b.c","expires_in":"3600"}"#;
    let recorder = Recorder::new().respond("POST", "/accesstoken/get", 200, token);
    let keys = vipps::Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    let builder = vipps::Vipps::builder(keys)
        .environment(Environment::custom(&closed_port()).unwrap())
        .retry(policy.backoff(Duration::ZERO, Duration::ZERO));
    builder.record(&recorder).build().unwrap()
}

/// At most 2 requests a minute are allowed for an initiate, and 5 for a capture.
#[tokio::test]
async fn refused_connections_do_not_count_against_the_limit() {
    let vipps = client(RetryPolicy::default().attempts(7));
    let order = vipps.ecom().initiate(id(), Amount::nok(1), text());
    let initiate = order.await.unwrap_err();
    let capture = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    for error in [initiate, capture] {
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connect, Outcome::NotSent, 7),
            "{error:?}"
        );
    }
}

/// All rounds of a cancel share one limit.
#[tokio::test]
async fn unsent_attempts_of_a_cancel_do_not_count() {
    let vipps = client(RetryPolicy::default().attempts(8));
    let error = vipps.ecom().payment(id()).cancel().await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 8));
}
