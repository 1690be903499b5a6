//! The access token: one request for any number of callers, replaced once when refused.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polled::poll_at_most;
use crate::support::{DETAILS, id};
use bytes::Bytes;
use tokio::time::Instant;
use vipps::{
    Credentials, Environment, ErrorKind, Outcome, Randomness, RetryPolicy, Transport,
    TransportError, TransportFuture, Vipps, VippsBuilder,
};

/// Responds to token requests according to its fields, and to details requests if the token is
/// valid.
#[derive(Clone, Debug, Default)]
struct Server {
    tokens: Arc<AtomicUsize>,
    details: Arc<AtomicUsize>,
    /// Token requests that fail before the first one succeeds.
    failures: usize,
    status: u16,
    /// The `Retry-After` of a failure, in seconds.
    retry_after: Option<u64>,
    lifetime: u64,
    /// Refuses tokens up to this number.
    refuse: Arc<AtomicUsize>,
    /// Token requests from this number on receive no response.
    stalls_from: Arc<AtomicUsize>,
    flights: Arc<Flights>,
}

/// The pending token requests, and the start of each.
#[derive(Debug, Default)]
struct Flights {
    concurrent: AtomicUsize,
    max_concurrent: AtomicUsize,
    start_times: Mutex<Vec<Instant>>,
}

/// One token request, until its response or its drop.
struct Flight(Arc<Flights>);

impl Flight {
    fn begin(flights: &Arc<Flights>) -> Self {
        let concurrent = flights.concurrent.fetch_add(1, Ordering::SeqCst) + 1;
        flights
            .max_concurrent
            .fetch_max(concurrent, Ordering::SeqCst);
        flights.start_times.lock().unwrap().push(Instant::now());
        Self(flights.clone())
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.concurrent.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    fn new() -> Self {
        Self {
            status: 500,
            lifetime: 3600,
            stalls_from: Arc::new(AtomicUsize::new(usize::MAX)),
            ..Self::default()
        }
    }

    fn client(&self) -> Vipps {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> VippsBuilder {
        let credentials =
            Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
        Vipps::builder(credentials)
            .environment(Environment::Test)
            .transport(self.clone())
    }

    fn token_requests(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }

    fn respond(&self, request: &http::Request<Bytes>) -> (u16, String) {
        if request.uri().path() == "/accesstoken/get" {
            let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
            if number <= self.failures {
                return (
                    self.status,
                    format!(r#"{{"title":"down","traceId":"request-{number}"}}"#),
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
            let is_token = request.uri().path() == "/accesstoken/get";
            let _flight = is_token.then(|| Flight::begin(&self.flights));
            // Adds await points at which the caller may be dropped.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            if is_token && self.token_requests() + 1 >= self.stalls_from.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            let (status, body) = self.respond(&request);
            if status == 0 {
                return Err(TransportError::not_sent("no route"));
            }
            let mut response = http::Response::builder().status(status);
            if let (Some(seconds), 401 | 429 | 503) = (self.retry_after, status) {
                response = response.header("retry-after", seconds);
            }
            Ok(response.body(Bytes::from(body)).unwrap())
        })
    }
}

async fn concurrent_calls(vipps: &Vipps, callers: usize) -> Vec<Result<(), vipps::Error>> {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let vipps = vipps.clone();
            tokio::spawn(async move { vipps.ecom().payment(id()).details().await.map(drop) })
        })
        .collect();
    let mut results = Vec::new();
    for call in calls {
        results.push(call.await.unwrap());
    }
    results
}

#[tokio::test(start_paused = true)]
async fn thousand_cold_callers_send_one_token_request() {
    let server = Server::new();
    let results = concurrent_calls(&server.client(), 1000).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_refused_with_401_share_one_fetch_and_replay_once() {
    let server = Server::new();
    let vipps = server.client();
    vipps.ecom().payment(id()).details().await.unwrap();
    server.refuse.store(1, Ordering::SeqCst);
    let results = concurrent_calls(&vipps, 1000).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.token_requests(), 2);
    assert_eq!(server.details.load(Ordering::SeqCst), 1 + 1000 + 1000);
}

#[tokio::test(start_paused = true)]
async fn a_second_401_is_reported_after_one_replay() {
    let server = Server::new();
    server.refuse.store(usize::MAX, Ordering::SeqCst);
    let error = server
        .client()
        .ecom()
        .payment(id())
        .details()
        .await
        .unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(401), 2));
    assert_eq!(server.token_requests(), 2);
    assert!(error.hint().is_some());
}

#[tokio::test(start_paused = true)]
async fn waiting_callers_share_a_failed_fetch_and_later_calls_retry() {
    let server = Server {
        failures: 3,
        ..Server::new()
    };
    let vipps = server.client();
    let results = concurrent_calls(&vipps, 1000).await;
    // Each error contains the whole response of the token endpoint.
    let response_parts = |error: &vipps::Error| {
        (
            error.kind(),
            error.outcome(),
            error.http_status(),
            error.correlation_id().map(str::to_owned),
            error.raw_body().to_vec(),
            error.to_string(),
        )
    };
    let errors: Vec<_> = results.into_iter().map(Result::unwrap_err).collect();
    let first = response_parts(&errors[0]);
    assert_eq!(
        (first.0, first.1, first.2, first.3.as_deref()),
        (
            ErrorKind::Authentication,
            Outcome::NotSent,
            Some(500),
            Some("request-3")
        )
    );
    assert_eq!(errors.len(), 1_000);
    assert!(errors.iter().all(|error| response_parts(error) == first));
    // One fetch, with its own three attempts.
    assert_eq!(server.token_requests(), 3);
    vipps.ecom().payment(id()).details().await.unwrap();
    assert_eq!(server.token_requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn wrong_keys_are_not_retried() {
    let server = Server {
        failures: usize::MAX,
        status: 401,
        ..Server::new()
    };
    let error = server
        .client()
        .ecom()
        .payment(id())
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

/// Returns the pause after this number of consecutive failures.
fn pause(failures: usize) -> Duration {
    Duration::from_millis(100 * 2_u64.pow(failures.min(7).try_into().unwrap()) / 2)
        .min(LONGEST_PAUSE)
}

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn failing_endpoint_receives_one_request_per_pause() {
    let server = Server {
        failures: usize::MAX,
        ..Server::new()
    };
    // Without retries, each request is a fetch.
    let vipps = server.builder().retry(RetryPolicy::none()).build().unwrap();
    let mut calls = Vec::new();
    for _ in 0..300 {
        for _ in 0..10 {
            let vipps = vipps.clone();
            let call = async move { vipps.ecom().payment(id()).details().await.unwrap_err() };
            calls.push(tokio::spawn(call));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut shared = BTreeMap::<_, Vec<_>>::new();
    for call in calls {
        let error = call.await.unwrap();
        assert_eq!(error.outcome(), Outcome::NotSent);
        let request = error.correlation_id().unwrap().to_owned();
        shared.entry(request).or_default().push(error.to_string());
    }
    let start_times = server.flights.start_times.lock().unwrap();
    for (failures, pair) in (1..).zip(start_times.windows(2)) {
        assert!(pair[1] - pair[0] >= pause(failures), "after {failures}");
    }
    // In 30 s there are seven growing pauses and four or five of the longest. The last callers wait
    // for one more.
    assert!(
        (11..=13).contains(&start_times.len()),
        "{}",
        start_times.len()
    );
    assert_eq!(server.flights.max_concurrent.load(Ordering::SeqCst), 1);
    // All callers of a fetch receive the same error.
    assert_eq!(shared.len(), start_times.len());
    assert_eq!(shared.values().map(Vec::len).sum::<usize>(), 3_000);
    for texts in shared.values() {
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    }
}

/// No token request is sent before the `Retry-After` of the endpoint has passed. Calls in that time
/// fail at once with its error, and wait only for the last 5 s.
#[tokio::test(start_paused = true)]
async fn retry_after_of_the_endpoint_applies_to_later_calls() {
    for (retry_after, pause) in [(2, 2), (40, 40), (300, 300), (86_400, 300)] {
        for status in [401, 429, 503] {
            let server = Server {
                failures: 1,
                status,
                retry_after: Some(retry_after),
                ..Server::new()
            };
            let vipps = server.builder().retry(RetryPolicy::none()).build().unwrap();
            let call = || async { vipps.ecom().payment(id()).details().await };
            let first = call().await.unwrap_err();
            let failed = Instant::now();
            assert_eq!(first.retry_after(), Some(Duration::from_secs(retry_after)));
            assert_eq!(first.is_retryable(), status != 401);
            let pause_duration = Duration::from_secs(pause);
            while failed.elapsed() + Duration::from_secs(5) < pause_duration {
                let start_time = Instant::now();
                let error = call().await.unwrap_err();
                assert_eq!(start_time.elapsed(), Duration::ZERO);
                assert_eq!(error.to_string(), first.to_string());
                assert_eq!(error.is_retryable(), first.is_retryable());
                assert_eq!(
                    (error.kind(), error.outcome(), error.retry_after()),
                    (
                        ErrorKind::Authentication,
                        Outcome::NotSent,
                        pause_duration.checked_sub(failed.elapsed())
                    )
                );
                assert_eq!(server.token_requests(), 1);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            // The call waits for the rest of the pause.
            call().await.unwrap();
            let start_times = server.flights.start_times.lock().unwrap();
            let waited = start_times[1] - failed;
            assert!(
                waited >= Duration::from_secs(pause),
                "{retry_after}: {waited:?}"
            );
            assert!(
                waited <= Duration::from_secs(pause + 1),
                "{retry_after}: {waited:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_ahead_of_expiry_without_a_wait() {
    for stalls in [false, true] {
        let server = Server::new();
        let vipps = server.client();
        vipps.ecom().payment(id()).details().await.unwrap();
        tokio::time::advance(Duration::from_secs(3600 - 61)).await;
        if stalls {
            server.stalls_from.store(2, Ordering::SeqCst);
        }
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let vipps = vipps.clone();
                tokio::spawn(async move {
                    let start_time = Instant::now();
                    vipps.ecom().payment(id()).details().await.unwrap();
                    start_time.elapsed()
                })
            })
            .collect();
        for call in calls {
            // The 50 ms of the call itself. The paused clock advances only when all tasks wait.
            assert_eq!(call.await.unwrap(), Duration::from_millis(50));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(server.flights.start_times.lock().unwrap().len(), 2);
        assert_eq!(server.token_requests(), if stalls { 1 } else { 2 });
    }
}

/// Returns the same byte each time.
#[derive(Debug)]
struct SameByte(u8);

impl Randomness for SameByte {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

/// Clients that started together do not refresh together.
#[tokio::test(start_paused = true)]
async fn randomness_moves_a_refresh_by_half_its_margin() {
    for (byte, refresh) in [(0, 3240), (255, 3060)] {
        let server = Server::new();
        let vipps = server.builder().randomness(SameByte(byte)).build().unwrap();
        let call = || async { vipps.ecom().payment(id()).details().await.unwrap() };
        let start_time = Instant::now();
        call().await;
        for (at, requests) in [(refresh - 1, 1), (refresh + 1, 2)] {
            tokio::time::sleep_until(start_time + Duration::from_secs(at)).await;
            call().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(server.token_requests(), requests, "{byte} at {at} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_survives_its_caller_dropped_at_any_await() {
    let mut dropped = 0;
    for polls in 1.. {
        let server = Server::new();
        let vipps = server.client();
        let call = |vipps: Vipps| async move { vipps.ecom().payment(id()).details().await };
        let leader = tokio::spawn(poll_at_most(polls, call(vipps.clone())));
        let followers: Vec<_> = (0..5).map(|_| tokio::spawn(call(vipps.clone()))).collect();
        let finished = leader.await.unwrap().is_some();
        for follower in followers {
            follower.await.unwrap().unwrap();
        }
        call(vipps).await.unwrap();
        assert_eq!(server.flights.max_concurrent.load(Ordering::SeqCst), 1);
        let responses = server.token_requests();
        assert_eq!(responses, 1, "dropped after {polls} polls");
        if finished {
            break;
        }
        dropped += 1;
    }
    // A call awaits the token once, since the token is fetched in a task of its own. The other
    // awaits are those of the call.
    assert!(dropped >= 5, "{dropped}");
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_not_used() {
    let server = Server {
        lifetime: 100,
        ..Server::new()
    };
    let vipps = server.client();
    vipps.ecom().payment(id()).details().await.unwrap();
    tokio::time::advance(Duration::from_secs(101)).await;
    vipps.ecom().payment(id()).details().await.unwrap();
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test]
async fn a_response_without_a_token_names_its_path_and_hides_body() {
    for body in [
        "<html>maintenance</html>",
        r#"{"access_token":["canned.token.value"]}"#,
    ] {
        let recorder =
            vipps::testing::Recorder::new().respond("POST", "/accesstoken/get", 200, body);
        let error = recorder
            .client()
            .ecom()
            .payment(id())
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
