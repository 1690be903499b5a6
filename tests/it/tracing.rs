//! Names, levels and fields of spans and events. A changed snapshot breaks dashboards that use
//! them.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use crate::capture::Capture;
use crate::store::{FakeStore, StoreFault};
use crate::support::{INITIATED, TRANSACTION, amount, id, text};
use vipps::testing::Recorder;
use vipps::{Outcome, Randomness, RetryPolicy, Transport, TransportFuture, Vipps};

const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";

/// Fixed bytes, so that waits and keys are equal in every run.
#[derive(Debug)]
struct Fixed;

impl Randomness for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x80);
    }
}

fn client(recorder: &Recorder) -> Vipps {
    let builder = crate::support::on_tokio_time(recorder).randomness(Fixed);
    builder.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_succeeds() {
    let recorder = Recorder::new().respond("POST", "/ecomm/v2/payments", 200, INITIATED);
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    insta::assert_snapshot!(capture.text("vipps"));
}

#[tokio::test(start_paused = true)]
async fn a_capture_that_is_lost_then_refused_a_token_then_served() {
    let recorder = Recorder::new()
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 401, "")
        .respond("POST", CAPTURE, 429, "")
        .respond("POST", CAPTURE, 200, TRANSACTION);
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    insta::assert_snapshot!(capture.text("vipps"));
}

#[tokio::test(start_paused = true)]
async fn a_capture_whose_outcome_stays_unknown() {
    let recorder = Recorder::new().lose_response("POST", CAPTURE);
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    let call = vipps.ecom().payment(id()).capture_remaining();
    call.retry(RetryPolicy::none()).await.unwrap_err();
    insta::assert_snapshot!(capture.text("vipps"));
}

#[tokio::test(start_paused = true)]
async fn no_token() {
    let recorder = Recorder::new().respond(
        "POST",
        "/accesstoken/get",
        403,
        r#"{"statusCode":403,"message":"x"}"#,
    );
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    insta::assert_snapshot!(capture.text("vipps"));
}

/// The body is decoded after the last attempt, and the error still belongs to the span of the call.
#[tokio::test(start_paused = true)]
async fn undecodable_response() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 200, "nonsense");
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let lines = capture.lines("vipps");
    let tail = &lines[lines.len() - 8..];
    insta::assert_snapshot!(tail.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped() {
    let recorder = Recorder::new().lose_response("POST", CAPTURE);
    let vipps = client(&recorder);
    let (capture, _guard) = Capture::start();
    let call = vipps.ecom().payment(id()).capture_remaining();
    let dropped = tokio::time::timeout(Duration::from_millis(1), call.send()).await;
    assert!(dropped.is_err());
    let lines = capture.lines("vipps");
    let tail = &lines[lines.len() - 2..];
    assert_eq!(
        tail,
        [
            r#"  vipps.call has vipps.outcome="abandoned""#,
            "  vipps.call ends"
        ]
    );
}

/// Runs three clients, one after the other. The store of the last client is down, and this client
/// fetches two tokens.
async fn clients_with_a_store() {
    let store = FakeStore::default();
    for fault in [StoreFault::None, StoreFault::None, StoreFault::Down] {
        store.set_fault(fault);
        let mut recorder = Recorder::new();
        if matches!(fault, StoreFault::Down) {
            recorder = recorder.respond("POST", "/ecomm/v2/payments", 401, "");
        }
        let recorder = recorder.respond("POST", "/ecomm/v2/payments", 200, INITIATED);
        let builder = recorder.builder().unwrap().randomness(Fixed);
        let vipps = builder.token_store(store.clone()).build().unwrap();
        vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_from_the_store_and_a_store_that_failed() {
    let (capture, _guard) = Capture::start();
    clients_with_a_store().await;
    let lines = capture.lines("vipps");
    let of_tokens: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("event `token"))
        .map(String::as_str)
        .collect();
    insta::assert_snapshot!(of_tokens.join("\n"));
}

/// Records the names of the spans that it runs in, and never responds.
#[derive(Clone, Debug, Default)]
struct SpanNames(Arc<Mutex<Vec<Option<&'static str>>>>);

impl SpanNames {
    fn record(&self) {
        let span = tracing::Span::current();
        let name = span.metadata().map(tracing::Metadata::name);
        self.0.lock().unwrap().push(name);
    }
}

impl Transport for SpanNames {
    fn send(&self, _: http::Request<bytes::Bytes>) -> TransportFuture<'_> {
        self.record();
        Box::pin(poll_fn(|_| {
            self.record();
            Poll::Pending
        }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_runs_in_the_span_of_its_attempt() {
    let names = SpanNames::default();
    let number = "123456".parse().unwrap();
    let keys = vipps::Credentials::new("id", "secret", "key", number).unwrap();
    let vipps = Vipps::builder(keys)
        .transport(names.clone())
        .build()
        .unwrap();
    let (_capture, _guard) = Capture::start();
    let details = vipps.ecom().payment(id()).details();
    details.await.unwrap_err();
    let names = names.0.lock().unwrap();
    // The start, the first poll, and the last poll when the time of the attempt is up.
    assert!(names.len() >= 3, "{names:?}");
    assert!(
        names.iter().all(|name| *name == Some("vipps.attempt")),
        "{names:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_table_in_the_documentation_names_every_field_and_event() {
    let table = include_str!("../../src/telemetry.rs");
    let recorder = Recorder::new()
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 401, "")
        .respond("POST", CAPTURE, 429, "")
        .respond("POST", CAPTURE, 500, "")
        .lose_response("GET", "/ecomm/v2/payments/acme-shop-123/details");
    let (capture, _guard) = Capture::start();
    let payment = client(&recorder).ecom().payment(id());
    // Enough calls to use up the retry budget.
    for _ in 0..30 {
        payment.capture_remaining().await.unwrap_err();
    }
    let wait = payment.wait().deadline(Duration::from_secs(3));
    wait.await.unwrap_err();
    clients_with_a_store().await;
    let lines = capture.lines("vipps");
    for expected in [
        "retry budget used up",
        "poll failed",
        "may have taken effect",
        "token taken from the store",
        "token store failed",
    ] {
        assert!(
            lines.iter().any(|line| line.contains(expected)),
            "{expected}"
        );
    }
    for line in &lines {
        let mut words = line.split(' ');
        let (level, name) = (words.next().unwrap(), words.next().unwrap());
        let row = match line.split('`').nth(1) {
            Some(message) => format!("| `{message}` | {level} |"),
            None => format!("| `{name}` | {level} |"),
        };
        assert!(
            level.is_empty() || table.contains(&row),
            "no row begins with {row}"
        );
        for word in line.split(' ') {
            if let Some((field, _)) = word.split_once('=') {
                assert!(
                    table.contains(&format!("`{field}`")),
                    "{field} is not in the table"
                );
            }
        }
    }
}
