//! What a broken wire does to a call, byte by byte and through the real HTTP client: the right kind, the right word on
//! the outcome, within the deadline, and never a panic.

mod broken;
mod framing;
mod http2;
mod large;
mod pooled;
mod refused;
mod stalls;

use std::fmt::Debug;
use std::future::IntoFuture;
use std::time::{Duration, Instant};

use crate::raw::{Act, RawServer};
use vipps::ecom::{Payment, PaymentDetails, Transaction};
use vipps::{Error, ErrorKind, Outcome, Vipps};

const TRANSACTION: &str =
    r#"{"orderId":"o-1","transactionInfo":{"amount":100,"status":"Captured"}}"#;

const DEADLINE: Duration = Duration::from_millis(400);
/// What a busy machine may take to wake a task up.
const SLACK: Duration = Duration::from_millis(500);

/// What a call comes to, which must be within its deadline.
async fn timed<T: Debug>(call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, Error> {
    let begun = Instant::now();
    let came = call.await;
    let took = begun.elapsed();
    assert!(
        took < DEADLINE + SLACK,
        "a deadline of {DEADLINE:?} was not kept: {took:?}, {came:?}"
    );
    came
}

fn payment(vipps: &Vipps) -> Payment {
    vipps.ecom().payment(&"o-1".parse().unwrap())
}

async fn capture(vipps: &Vipps) -> Result<Transaction, Error> {
    timed(payment(vipps).capture().deadline(DEADLINE)).await
}

async fn details(vipps: &Vipps) -> Result<PaymentDetails, Error> {
    timed(payment(vipps).details().deadline(DEADLINE)).await
}

async fn initiate(vipps: &Vipps) -> Result<(), Error> {
    let id = "o-1".parse().unwrap();
    let order = vipps
        .ecom()
        .initiate(id, vipps::Amount::kroner(1), "Tea".parse().unwrap());
    timed(order.deadline(DEADLINE)).await.map(drop)
}

/// A capture's error, and a read's.
async fn both(act: &Act) -> (Error, Error) {
    let server = RawServer::start(vec![act.clone()]);
    let show = |done: &dyn Debug| format!("{act:?}: {done:?}");
    // Each with connections of its own.
    let write = capture(&server.client()).await;
    let write = write.map_or_else(|error| error, |done| panic!("{}", show(&done)));
    let read = details(&server.client()).await;
    let read = read.map_or_else(|error| error, |done| panic!("{}", show(&done)));
    for error in [&write, &read] {
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains("127.0.0.1"), "{shown}");
        assert_eq!(error.attempts(), 1);
    }
    (write, read)
}

/// Both end in this kind: the capture in doubt, the read without.
async fn assert_unclear(act: Act, kind: ErrorKind) {
    let (write, read) = both(&act).await;
    assert_eq!(
        (write.kind(), write.outcome()),
        (kind, Outcome::Unknown),
        "{act:?} {write:?}"
    );
    assert_eq!(
        (read.kind(), read.outcome()),
        (kind, Outcome::NoEffect),
        "{act:?} {read:?}"
    );
    assert_eq!(write.order_id().map(vipps::OrderId::as_str), Some("o-1"));
    assert!(write.idempotency_key().is_some());
}

/// A capture succeeds in spite of it.
async fn assert_read(act: Act) {
    let server = RawServer::start(vec![act.clone()]);
    let done = capture(&server.client()).await;
    let done = done.unwrap_or_else(|error| panic!("{act:?}: {error:?}"));
    assert_eq!(done.amount, Some(vipps::Amount::ore(100)), "{act:?}");
}

/// An answer that is whole.
fn full(body: &str) -> Vec<u8> {
    crate::raw::with_head("200 OK", body)
}
