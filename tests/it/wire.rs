//! Broken connections below a call, byte by byte and through the real HTTP client. Each call must
//! end within its deadline with the right error kind and outcome, and must never panic.

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

use crate::raw::{RawServer, Steps};
use vipps::ecom::{Payment, PaymentDetails, Transaction};
use vipps::{Error, ErrorKind, Outcome, Vipps};

const TRANSACTION: &str =
    r#"{"orderId":"o-1","transactionInfo":{"amount":100,"status":"Captured"}}"#;

/// The deadline of a call that ends earlier, even on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// The deadline of a call that ends only at its deadline. A busy machine connects and sends within
/// this time.
const STALLED: Duration = Duration::from_secs(2);
/// The time that a busy machine may take to run a task.
const SLACK: Duration = Duration::from_secs(10);
/// A pause of a server within a response.
const PAUSE: Duration = Duration::from_millis(50);

/// Returns the result of a call, which must end within its deadline.
async fn timed<T: Debug>(
    call: impl IntoFuture<Output = Result<T, Error>>,
    deadline: Duration,
) -> Result<T, Error> {
    let start_time = Instant::now();
    let result = call.await;
    let took = start_time.elapsed();
    assert!(
        took < deadline + SLACK,
        "the call exceeded its deadline of {deadline:?}: {took:?}, {result:?}"
    );
    result
}

fn payment(vipps: &Vipps) -> Payment {
    vipps.ecom().payment("o-1".parse().unwrap())
}

async fn capture(vipps: &Vipps) -> Result<Transaction, Error> {
    timed(
        payment(vipps).capture_remaining().deadline(DEADLINE),
        DEADLINE,
    )
    .await
}

async fn details(vipps: &Vipps) -> Result<PaymentDetails, Error> {
    timed(payment(vipps).details().deadline(DEADLINE), DEADLINE).await
}

async fn initiate(vipps: &Vipps) -> Result<(), Error> {
    let id = "o-1".parse().unwrap();
    let order = vipps
        .ecom()
        .initiate(id, vipps::Amount::nok(1), "Tea".parse().unwrap());
    timed(order.deadline(DEADLINE), DEADLINE).await.map(drop)
}

/// Returns the errors of a capture and of a read.
async fn errors_of(steps: &Steps) -> (Error, Error) {
    errors_within(steps, DEADLINE).await
}

async fn errors_within(steps: &Steps, deadline: Duration) -> (Error, Error) {
    let server = RawServer::start(vec![steps.clone()]);
    let show = |done: &dyn Debug| format!("{steps:?}: {done:?}");
    // Each call has its own connections.
    let vipps = server.client();
    let write = timed(
        payment(&vipps).capture_remaining().deadline(deadline),
        deadline,
    )
    .await;
    let write = write.map_or_else(|error| error, |done| panic!("{}", show(&done)));
    let vipps = server.client();
    let read = timed(payment(&vipps).details().deadline(deadline), deadline).await;
    let read = read.map_or_else(|error| error, |done| panic!("{}", show(&done)));
    for error in [&write, &read] {
        let printed = format!("{error:?} {error}");
        assert!(!printed.contains("127.0.0.1"), "{printed}");
        assert_eq!(error.attempts(), 1);
    }
    (write, read)
}

/// Asserts that both calls fail with this kind: the capture with an unknown outcome, the read
/// without an effect.
async fn assert_unclear(steps: Steps, kind: ErrorKind) {
    let deadline = match kind {
        ErrorKind::Deadline => STALLED,
        _ => DEADLINE,
    };
    let (write, read) = errors_within(&steps, deadline).await;
    assert_eq!(
        (write.kind(), write.outcome()),
        (kind, Outcome::Unknown),
        "{steps:?} {write:?}"
    );
    assert_eq!(
        (read.kind(), read.outcome()),
        (kind, Outcome::NoEffect),
        "{steps:?} {read:?}"
    );
    assert_eq!(write.order_id().map(vipps::OrderId::as_str), Some("o-1"));
    assert!(write.idempotency_key().is_some());
}

/// Asserts that a capture succeeds with this response.
async fn assert_read(steps: Steps) {
    let server = RawServer::start(vec![steps.clone()]);
    let done = capture(&server.client()).await;
    let done = done.unwrap_or_else(|error| panic!("{steps:?}: {error:?}"));
    assert_eq!(
        done.amount,
        Some(vipps::Amount::minor(100, vipps::Currency::NOK)),
        "{steps:?}"
    );
}

/// Returns a complete response.
fn full(body: &str) -> Vec<u8> {
    crate::raw::http_response("200 OK", body)
}
