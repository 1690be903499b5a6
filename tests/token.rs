//! The token: one request for any number of callers, renewed once when refused, never kept when it failed.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use support::{DETAILS, id};
use tokio::time::Instant;
use vipps::{
    Credentials, Environment, ErrorKind, Outcome, Transport, TransportError, TransportFuture, Vipps,
};

/// Answers token requests by script, and payment details to whoever carries the newest token.
#[derive(Clone, Debug, Default)]
struct Server {
    tokens: Arc<AtomicUsize>,
    details: Arc<AtomicUsize>,
    /// Token requests that fail before the first one succeeds.
    failures: usize,
    status: u16,
    lifetime: u64,
    /// Refuses tokens up to this number.
    refuse: Arc<AtomicUsize>,
}

impl Server {
    fn new() -> Self {
        Self {
            status: 500,
            lifetime: 3600,
            ..Self::default()
        }
    }

    fn client(&self) -> Vipps {
        let credentials =
            Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
        Vipps::builder(credentials)
            .environment(Environment::Test)
            .transport(self.clone())
            .build()
            .unwrap()
    }

    fn token_requests(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }

    fn answer(&self, request: &http::Request<Bytes>) -> (u16, String) {
        if request.uri().path() == "/accesstoken/get" {
            let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
            if number <= self.failures {
                return (
                    self.status,
                    r#"{"statusCode":500,"message":"down"}"#.to_owned(),
                );
            }
            let lifetime = self.lifetime;
            return (
                200,
                format!(r#"{{"access_token":"token-{number}","expires_in":"{lifetime}"}}"#),
            );
        }
        self.details.fetch_add(1, Ordering::SeqCst);
        let bearer = request.headers()["authorization"].to_str().unwrap();
        let number: usize = bearer
            .strip_prefix("Bearer token-")
            .unwrap()
            .parse()
            .unwrap();
        if number <= self.refuse.load(Ordering::SeqCst) {
            return (401, r#"{"statusCode":401,"message":"expired"}"#.to_owned());
        }
        (200, DETAILS.to_owned())
    }
}

impl Transport for Server {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let (status, body) = self.answer(&request);
            if status == 0 {
                return Err(TransportError::not_sent("no route"));
            }
            Ok(http::Response::builder()
                .status(status)
                .body(Bytes::from(body))
                .unwrap())
        })
    }
}

async fn many(vipps: &Vipps, callers: usize) -> Vec<Result<(), vipps::Error>> {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let vipps = vipps.clone();
            tokio::spawn(async move { vipps.ecom().payment(&id()).details().await.map(drop) })
        })
        .collect();
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await.unwrap());
    }
    results
}

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_callers_make_one_token_request() {
    let server = Server::new();
    let results = many(&server.client(), 1000).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_told_401_make_one_refresh_and_one_replay_each() {
    let server = Server::new();
    let vipps = server.client();
    vipps.ecom().payment(&id()).details().await.unwrap();
    server.refuse.store(1, Ordering::SeqCst);
    let results = many(&vipps, 1000).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.token_requests(), 2);
    assert_eq!(server.details.load(Ordering::SeqCst), 1 + 1000 + 1000);
}

#[tokio::test(start_paused = true)]
async fn a_401_that_stays_is_reported_after_one_refresh() {
    let server = Server::new();
    server.refuse.store(usize::MAX, Ordering::SeqCst);
    let error = server
        .client()
        .ecom()
        .payment(&id())
        .details()
        .await
        .unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(401), 2));
    assert_eq!(server.token_requests(), 2);
    assert!(error.hint().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_is_shared_by_those_who_wait_and_kept_by_nobody() {
    let server = Server {
        failures: 3,
        ..Server::new()
    };
    let vipps = server.client();
    let results = many(&vipps, 1000).await;
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Authentication, Outcome::NotSent)
        );
        assert_eq!(error.http_status(), Some(500));
    }
    // One fetch, with its own three attempts.
    assert_eq!(server.token_requests(), 3);
    vipps.ecom().payment(&id()).details().await.unwrap();
    assert_eq!(server.token_requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn wrong_keys_are_not_tried_again() {
    let server = Server {
        failures: usize::MAX,
        status: 401,
        ..Server::new()
    };
    let error = server
        .client()
        .ecom()
        .payment(&id())
        .details()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.http_status()),
        (ErrorKind::Authentication, Some(401))
    );
    assert_eq!(server.token_requests(), 1);
    assert!(!error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn ahead_of_its_end_a_token_is_refreshed_without_anybody_waiting() {
    let server = Server::new();
    let vipps = server.client();
    vipps.ecom().payment(&id()).details().await.unwrap();
    tokio::time::advance(Duration::from_secs(3600 - 61)).await;
    let begun = Instant::now();
    vipps.ecom().payment(&id()).details().await.unwrap();
    // The call's own 50 ms, and not the 50 ms of the token request.
    assert!(
        begun.elapsed() < Duration::from_millis(100),
        "{:?}",
        begun.elapsed()
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_dropped_hands_over() {
    let server = Server::new();
    let vipps = server.client();
    let leader = {
        let vipps = vipps.clone();
        tokio::spawn(async move { vipps.ecom().payment(&id()).details().await })
    };
    tokio::time::sleep(Duration::from_millis(10)).await;
    let follower = tokio::spawn(async move { vipps.ecom().payment(&id()).details().await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    leader.abort();
    follower.await.unwrap().unwrap();
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_kept_beyond_its_end() {
    let server = Server {
        lifetime: 100,
        ..Server::new()
    };
    let vipps = server.client();
    vipps.ecom().payment(&id()).details().await.unwrap();
    tokio::time::advance(Duration::from_secs(101)).await;
    vipps.ecom().payment(&id()).details().await.unwrap();
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test]
async fn an_answer_that_holds_no_token_tells_where_it_came_from_and_nothing_of_it() {
    for body in [
        "<html>maintenance</html>",
        r#"{"access_token":["canned.token.value"]}"#,
    ] {
        let recorder =
            vipps::testing::Recorder::new().answer("POST", "/accesstoken/get", 200, body);
        let error = recorder
            .client()
            .ecom()
            .payment(&id())
            .details()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert_eq!(error.path(), Some("/accesstoken/get"));
        assert_eq!(error.http_status(), Some(200));
        assert!(error.raw_body().is_empty());
    }
}
