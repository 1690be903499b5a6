//! The recorder of `vipps::testing`: recordings are equal in every run, and work in front of any
//! transport.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{DETAILS, TRANSACTION, amount, id, text};
use bytes::Bytes;
use vipps::ecom::PollInterval;
use vipps::simulator::Simulator;
use vipps::testing::{ManualClock, Recorder};
use vipps::{Amount, Clock as _, ErrorKind, Outcome, Transport, TransportFuture};

const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

/// The text form of a recording: two identical requests with one key, and the wait between them.
#[tokio::test]
async fn snapshot_lists_attempts_waits_and_the_key() {
    let recorder = Recorder::new()
        .respond("POST", CAPTURE, 503, "")
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 200, TRANSACTION);
    let payment = recorder.client().ecom().payment(id());
    payment.capture_remaining().await.unwrap();
    insta::assert_snapshot!(recorder.to_snapshot());
}

/// Records the idempotency keys, which a snapshot hides.
#[derive(Clone, Debug, Default)]
struct KeyRecorder(Arc<Mutex<Vec<String>>>);

impl Transport for KeyRecorder {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let headers = request.headers();
        let key = headers.get("x-request-id");
        if let Some(key) = key.or_else(|| headers.get("idempotency-key")) {
            let key = key.to_str().unwrap().to_owned();
            self.0.lock().unwrap().push(key);
        }
        let is_token = request.uri().path().ends_with("/accesstoken/get");
        let (status, body) = if is_token {
            (200, r#"{"access_token":"t","expires_in":"3599"}"#)
        } else {
            (503, "")
        };
        let response = http::Response::builder().status(status);
        Box::pin(async move { Ok(response.body(Bytes::from(body)).unwrap()) })
    }
}

#[tokio::test]
async fn recordings_of_two_runs_are_equal() {
    let run = async || {
        let keys = KeyRecorder::default();
        let recorder = Recorder::in_front_of(keys.clone());
        let payment = recorder.client().ecom().payment(id());
        for _ in 0..2 {
            payment.capture_remaining().await.unwrap_err();
        }
        let keys = keys.0.lock().unwrap().clone();
        (recorder.to_snapshot(), recorder.clock().elapsed(), keys)
    };
    let start_time = std::time::Instant::now();
    let (one, other) = (run().await, run().await);
    assert_eq!(one, other);
    // Two calls of three attempts each: two keys, and waits that are recorded without real delay.
    let mut keys = one.2;
    assert_eq!(keys.len(), 6);
    keys.dedup();
    assert_eq!(keys.len(), 2);
    assert!(one.1 > Duration::from_millis(100), "{:?}", one.1);
    assert_eq!(one.0.matches(" s later\n").count(), 4, "{}", one.0);
    assert!(start_time.elapsed() < Duration::from_secs(5));
}

/// Create, capture and refund of ePayment carry a key, and the other operations none.
#[tokio::test]
async fn keys_of_epayment_are_the_same_in_every_run() {
    let run = async || {
        let keys = KeyRecorder::default();
        let vipps = Recorder::in_front_of(keys.clone()).client();
        let reference = crate::epayment::reference;
        let sums = crate::epayment::details("AUTHORIZED", [10_000, 5_000, 0, 0]);
        let before = vipps::epayment::PaymentDetails::from_json(reference(), &sums).unwrap();
        let create = vipps.epayment().create(reference(), Amount::nok(100));
        create.qr().await.unwrap_err();
        let payment = vipps.epayment().payment(reference());
        let capture = payment.capture(Amount::nok(30)).baseline(&before);
        capture.await.unwrap_err();
        let refund = payment.refund(Amount::nok(30)).baseline(&before);
        refund.await.unwrap_err();
        payment.cancel().await.unwrap_err();
        payment.details().await.unwrap_err();
        let recorded = keys.0.lock().unwrap();
        recorded.clone()
    };
    let mut keys = run().await;
    assert_eq!(keys, run().await);
    assert_eq!(
        keys.len(),
        9,
        "three operations of three attempts: {keys:?}"
    );
    keys.dedup();
    assert_eq!(keys.len(), 3, "{keys:?}");
}

/// Polls for eleven minutes of virtual time, without a payment.
#[tokio::test]
async fn wait_without_a_payment_takes_no_real_time() {
    let recorder = Recorder::new().respond(
        "GET",
        DETAILS_PATH,
        200,
        r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":true,"timeStamp":"2026-03-02T09:00:00Z"}]}"#,
    );
    let payment = recorder.client().ecom().payment(id());
    let details = payment.wait().interval(PollInterval::Web).await.unwrap();
    assert!(details.is_expired(recorder.clock().now()));
    let polls = recorder.requests().len() - 1;
    assert!((250..350).contains(&polls), "{polls} polls");
    assert!(recorder.to_snapshot().contains("\n--- 2 s later\n"));
    assert!(recorder.clock().elapsed() > Duration::from_secs(600));
}

/// Two concurrent callers share a token, as with any clock.
#[tokio::test]
async fn concurrent_callers_share_a_token() {
    let recorder = Recorder::new().respond("GET", DETAILS_PATH, 200, DETAILS);
    let payment = recorder.client().ecom().payment(id());
    let (one, other) = tokio::join!(payment.details().send(), payment.details().send());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(recorder.requests().len(), 3);
    assert_eq!(recorder.clock().elapsed(), Duration::ZERO);
}

/// Advances the clock by 31 s and never responds.
#[derive(Debug)]
struct AdvancingTransport(ManualClock);

impl Transport for AdvancingTransport {
    fn send(&self, _: http::Request<Bytes>) -> TransportFuture<'_> {
        self.0.advance(Duration::from_secs(31));
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn manual_clock_can_exceed_the_attempt_timeout() {
    let clock = ManualClock::new();
    let token = r#"{"access_token":"t","expires_in":"3599"}"#;
    let recorder = Recorder::in_front_of(AdvancingTransport(clock.clone()));
    let recorder = recorder.respond("POST", "/accesstoken/get", 200, token);
    let vipps = recorder.builder().unwrap().clock(clock).build().unwrap();
    let error = vipps.ecom().payment(id()).details().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.elapsed(), Duration::from_secs(31));
}

/// The recording is the same with and without a socket, and the simulator has served the requests.
#[tokio::test]
async fn recording_is_equal_with_and_without_a_socket() {
    let mut texts = Vec::new();
    for sim in [
        Simulator::start().unwrap(),
        Simulator::builder().in_memory().unwrap(),
    ] {
        let recorder = Recorder::new();
        let vipps = sim.client_builder().record(&recorder).build().unwrap();
        let started = vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
        sim.payer().approve(id().as_str()).unwrap();
        started.payment(&vipps).capture_remaining().await.unwrap();
        assert_eq!(sim.account(id().as_str()).unwrap().charged(), 20_000);
        assert_eq!(sim.journal().entries().len(), recorder.requests().len());
        texts.push(recorder.to_snapshot());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].matches("\n---\n").count(), 2);
}

/// A recorder returns the errors of its transport unchanged.
#[tokio::test]
async fn canned_transport_errors_fail_the_call() {
    let sim = Simulator::start().unwrap();
    let recorder = Recorder::new();
    let vipps = sim.client_builder().record(&recorder).build().unwrap();
    let start = || vipps.ecom().initiate(id(), amount(), text());
    let initiate = "initiate_payment_v3_using_post";
    sim.faults().on(initiate).times(1).lose_response();
    assert_eq!(start().await.unwrap_err().outcome(), Outcome::Unknown);
    assert!(start().await.unwrap_err().has_code("34"));
    // A client without an open connection.
    let unused = sim.client_builder().record(&recorder).build().unwrap();
    drop(sim);
    let details = unused.ecom().payment(id()).details();
    assert_eq!(details.await.unwrap_err().outcome(), Outcome::NotSent);
}

/// A canned response prevents the request from reaching the simulator.
#[tokio::test]
async fn canned_responses_take_precedence() {
    let sim = Simulator::start().unwrap();
    let recorder = Recorder::new().respond("POST", "/ecomm/v2/payments", 429, "");
    let vipps = sim.client_builder().record(&recorder);
    let vipps = vipps.retry(vipps::RetryPolicy::none()).build().unwrap();
    let refused = vipps.ecom().initiate(id(), amount(), text()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(sim.journal().count("initiate_payment_v3_using_post"), 0);
}

#[tokio::test]
async fn members_that_show_names_are_in_the_snapshot() {
    let recorder = Recorder::new().show("basket").show("nextYear");
    let request = http::Request::post("https://api.vipps.no/tomorrow?basket=big-one&other=big-two")
        .body(Bytes::from(r#"{"nextYear":2027,"other":2028}"#));
    recorder.send(request.unwrap()).await.unwrap();
    insta::assert_snapshot!(recorder.to_snapshot());
}
