//! A client that several tokio runtimes share, and a client without any runtime.

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Runtime;
use vipps::testing::{ManualClock, Recorder};
use vipps::{Amount, ErrorKind, Outcome, RetryPolicy, Transport, TransportFuture, Vipps};

use crate::raw::{RawServer, http_response, write_and_keep_alive};
use crate::support::{Call, DETAILS, boxed, id, landing_page, text};

const TRANSACTION: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":100}}"#;

/// The deadline. A call that waits for another runtime would reach it.
const DEADLINE: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// The first runtime still exists, but no thread polls its connections any more.
#[test]
fn a_call_does_not_wait_for_a_runtime_that_is_not_polled() {
    let server = RawServer::with_keep_alive(vec![write_and_keep_alive(http_response(
        "200 OK",
        TRANSACTION,
    ))]);
    let vipps = server.client();
    let mut runtimes = Vec::new();
    for _ in 0..3 {
        let runtime = runtime();
        for _ in 0..2 {
            let capture = vipps.ecom().payment(id()).capture_remaining();
            let done = runtime.block_on(capture.deadline(DEADLINE).into_future());
            assert!(done.is_ok(), "{done:?}");
        }
        runtimes.push(runtime);
    }
    // Each runtime reuses its own connection.
    let used: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(used, [0, 0, 1, 1, 2, 2]);
}

#[test]
fn a_call_succeeds_after_its_first_runtime_was_dropped() {
    let server = RawServer::with_keep_alive(vec![write_and_keep_alive(http_response(
        "200 OK",
        TRANSACTION,
    ))]);
    let vipps = server.client();
    for _ in 0..3 {
        let capture = vipps.ecom().payment(id()).capture_remaining();
        let done = runtime().block_on(capture.deadline(DEADLINE).into_future());
        assert!(done.is_ok(), "{done:?}");
    }
}

/// Polls a future outside of any runtime.
fn poll_once<T>(call: impl IntoFuture<Output = T>) -> Poll<T> {
    let call = pin!(call.into_future());
    call.poll(&mut Context::from_waker(Waker::noop()))
}

fn calls(vipps: &Vipps) -> Vec<(&'static str, Call)> {
    let payment = vipps.ecom().payment(id());
    let amount = Amount::nok(1);
    let raw = vipps.clone();
    let mut poll = payment.wait().poll();
    vec![
        (
            "initiate",
            boxed(vipps.ecom().initiate(id(), amount, text())),
        ),
        ("capture", boxed(payment.capture_remaining())),
        ("refund", boxed(payment.refund(amount))),
        ("cancel", boxed(payment.cancel())),
        ("details", boxed(payment.details())),
        ("wait", boxed(payment.wait())),
        (
            "watch",
            Box::pin(async move { poll.next().await.unwrap().map(drop) }),
        ),
        ("pay_by_qr", boxed(vipps.pay_by_qr(id(), amount, text()))),
        ("one_time", boxed(vipps.qr().one_time(&landing_page()))),
        (
            "raw",
            Box::pin(async move {
                raw.call(|raw| async move {
                    let details = raw.ecom().get_payment_details_using_get();
                    details.order_id("o-1").send().await
                })
                .await
                .map(drop)
            }),
        ),
    ]
}

/// A transport that fails the test if it receives a request.
#[derive(Debug)]
struct Unreached;

impl Transport for Unreached {
    fn send(&self, _: http::Request<bytes::Bytes>) -> TransportFuture<'_> {
        panic!("a request was sent without a runtime for its time limits")
    }
}

#[test]
fn a_call_without_a_runtime_is_an_error_and_not_sent() {
    let server = RawServer::with_keep_alive(vec![]);
    for vipps in [
        server.client(),
        server
            .builder()
            .retry(RetryPolicy::default())
            .build()
            .unwrap(),
        server
            .builder()
            .http_client_builder(reqwest::Client::builder())
            .build()
            .unwrap(),
        server.builder().transport(Unreached).build().unwrap(),
        // The connections need a runtime, too.
        server.builder().clock(ManualClock::new()).build().unwrap(),
    ] {
        for (name, call) in calls(&vipps) {
            let Poll::Ready(Err(error)) = poll_once(call) else {
                panic!("{name} does not fail without a runtime")
            };
            assert_eq!(
                (error.kind(), error.outcome(), error.is_retryable()),
                (ErrorKind::Configuration, Outcome::NotSent, false),
                "{name}: {error:?}"
            );
            assert!(error.to_string().contains("tokio runtime"), "{error}");
            // A wait fails before its first poll.
            let is_wait = ["wait", "watch"].contains(&name);
            assert!(is_wait || error.operation().is_some(), "{name}: {error:?}");
        }
    }
    assert_eq!(server.connections(), 0);
}

/// The clock of a recorder waits without a runtime, and no request reaches the network.
#[test]
fn own_clock_and_transport_need_no_runtime() {
    let recorder = Recorder::new().respond(
        "GET",
        "/ecomm/v2/payments/acme-shop-123/details",
        200,
        DETAILS,
    );
    let vipps = recorder.client();
    let details = poll_once(vipps.ecom().payment(id()).details());
    assert!(matches!(details, Poll::Ready(Ok(_))), "{details:?}");
}
