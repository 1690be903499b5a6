//! Waiting for the customer: the times of the polls, the events, and the result. Time is virtual.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::id;
use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, sleep, timeout};
use vipps::ecom::{PaymentDetails, PaymentState, Poll, PollEvent, PollInterval, Wait};
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Transport, TransportFuture};

/// The response to one poll.
#[derive(Clone, Copy, Debug)]
enum Response {
    Waiting,
    Scanned,
    Paid,
    Expired,
    Fails(u16),
    SlowDown(u64),
    /// 503 with a `Retry-After` in seconds.
    Closed(u64),
    Slowly(u64),
    /// A success without details.
    Garbage(&'static str),
    TooMuch,
}
use Response::{
    Closed, Expired, Fails, Garbage, Paid, Scanned, SlowDown, Slowly, TooMuch, Waiting,
};

/// Serves the responses in order, repeats the last response, and records the start of each poll.
#[derive(Clone, Debug)]
struct Script {
    responses: Arc<Mutex<VecDeque<Response>>>,
    polls: Arc<Mutex<Vec<Duration>>>,
    start_time: Instant,
}

impl Script {
    fn new(responses: &[Response]) -> Self {
        Self {
            responses: Arc::new(Mutex::new(responses.iter().copied().collect())),
            polls: Arc::default(),
            start_time: Instant::now(),
        }
    }

    fn wait(&self) -> Wait {
        let token = r#"{"access_token":"t","expires_in":"3599"}"#;
        let recorder =
            Recorder::in_front_of(self.clone()).respond("POST", "/accesstoken/get", 200, token);
        let vipps = crate::support::on_tokio_time(&recorder).build().unwrap();
        vipps.ecom().payment(id()).wait()
    }

    /// Returns the start of each poll, in tenths of a second.
    fn polls(&self) -> Vec<u128> {
        let polls = self.polls.lock().unwrap();
        polls.iter().map(|at| (at.as_millis() + 50) / 100).collect()
    }

    fn count(&self) -> usize {
        self.polls.lock().unwrap().len()
    }

    fn next(&self) -> Response {
        self.polls.lock().unwrap().push(self.start_time.elapsed());
        let mut responses = self.responses.lock().unwrap();
        let first = *responses.front().expect("a response");
        if responses.len() > 1 {
            responses.pop_front();
        }
        first
    }
}

fn log(operations: &[&str], scanned: bool) -> String {
    let entries: Vec<_> = operations
        .iter()
        .map(|operation| {
            let id = if scanned { r#","transactionId":"5001420062""# } else { "" };
            format!(
                r#"{{"operation":"{operation}","operationSuccess":true,"amount":20000,"timeStamp":"2026-03-02T09:00:00Z"{id}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"orderId":"acme-shop-123","transactionLogHistory":[{}]}}"#,
        entries.join(",")
    )
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        assert!(
            request.uri().path().ends_with("/details"),
            "{}",
            request.uri()
        );
        let response = self.next();
        Box::pin(async move {
            if let Slowly(milliseconds) = response {
                sleep(Duration::from_millis(milliseconds)).await;
            }
            let (status, body) = match response {
                Waiting | Expired => (200, log(&["INITIATE"], false)),
                Scanned => (200, log(&["INITIATE"], true)),
                Paid | Slowly(_) => (200, log(&["RESERVE", "INITIATE"], true)),
                SlowDown(_) => (429, String::new()),
                Closed(_) => (503, String::new()),
                Garbage(body) => (200, body.to_owned()),
                TooMuch => (200, " ".repeat((1 << 20) + 1)),
                Fails(404) => {
                    let body = r#"[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"x"}]"#;
                    (404, body.to_owned())
                }
                Fails(status) => (status, r#"{"statusCode":400,"message":"x"}"#.to_owned()),
            };
            let date = if matches!(response, Expired) {
                "Mon, 02 Mar 2026 09:10:01 GMT"
            } else {
                "Mon, 02 Mar 2026 09:00:05 GMT"
            };
            let mut builder = http::Response::builder()
                .status(status)
                .header("date", date);
            if let SlowDown(seconds) | Closed(seconds) = response
                && seconds > 0
            {
                builder = builder.header("retry-after", seconds.to_string());
            }
            Ok(builder.body(Bytes::from(body)).expect("a response"))
        })
    }
}

fn name(event: &PollEvent) -> &'static str {
    match event {
        PollEvent::Waiting(_) => "waiting",
        PollEvent::Scanned(_) => "scanned",
        PollEvent::Decided(_) => "decided",
        _ => "new",
    }
}

async fn all(mut poll: Poll) -> (Vec<&'static str>, Option<Error>) {
    let mut names = Vec::new();
    while let Some(event) = poll.next().await {
        match event {
            Ok(event) => names.push(name(&event)),
            Err(error) => {
                assert!(poll.next().await.is_none(), "the poll ends after an error");
                return (names, Some(error));
            }
        }
    }
    assert!(
        poll.next().await.is_none(),
        "the poll ends after its decision"
    );
    (names, None)
}

fn state(details: &PaymentDetails) -> PaymentState {
    details.state_at(details.as_of().expect("a date"))
}

#[tokio::test(start_paused = true)]
async fn each_interval_matches_the_documentation() {
    let polls = |interval| async move {
        let script = Script::new(&[Waiting, Waiting, Waiting, Paid]);
        let details = script.wait().interval(interval).await.unwrap();
        assert_eq!(state(&details), PaymentState::Reserved);
        script.polls()
    };
    assert_eq!(polls(PollInterval::Till).await, [0, 10, 20, 30]);
    assert_eq!(polls(PollInterval::Web).await, [50, 70, 90, 110]);
    let every = |milliseconds| polls(PollInterval::Every(Duration::from_millis(milliseconds)));
    assert_eq!(every(3_000).await, [0, 30, 60, 90]);
    // The API allows at most two polls a second (120 a minute).
    assert_eq!(every(0).await, [0, 5, 10, 15]);
}

#[tokio::test(start_paused = true)]
async fn each_step_is_reported_once() {
    let script = Script::new(&[Waiting, Waiting, Scanned, Scanned, Paid]);
    let (names, error) = all(script.wait().poll()).await;
    assert_eq!(names, ["waiting", "scanned", "decided"]);
    assert!(error.is_none());
    assert_eq!(script.count(), 5);
}

/// The step `scanned` is reported without a further request.
#[tokio::test(start_paused = true)]
async fn quick_approval_is_reported_after_scanned() {
    for (responses, expected) in [
        (&[Paid][..], &["scanned", "decided"][..]),
        (&[Waiting, Paid], &["waiting", "scanned", "decided"]),
        (&[Scanned, Paid], &["scanned", "decided"]),
    ] {
        let script = Script::new(responses);
        let (names, _) = all(script.wait().poll()).await;
        assert_eq!(
            (names, script.count()),
            (expected.to_vec(), responses.len())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn unapproved_payment_ends_as_expired() {
    let script = Script::new(&[Waiting, Expired]);
    let details = script.wait().await.unwrap();
    assert_eq!(state(&details), PaymentState::Expired);
}

#[tokio::test(start_paused = true)]
async fn failed_polls_slow_the_wait_down() {
    for status in [429, 500, 502, 503, 504, 408] {
        let fails = Fails(status);
        let script = Script::new(&[fails, fails, fails, fails, fails, fails, Waiting, Paid]);
        script.wait().await.unwrap();
        // 2, 4, 8, 16, 30 and 30 s, and the normal interval after a success.
        assert_eq!(
            script.polls(),
            [0, 20, 60, 140, 300, 600, 900, 910],
            "{status}"
        );
    }
    // The waits are never shorter than the interval.
    let script = Script::new(&[Fails(503), Paid]);
    script
        .wait()
        .interval(PollInterval::Every(Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(script.polls(), [0, 600]);
}

/// An unreadable response, such as a proxy's page or a truncated body, does not end the wait. The
/// next response may be valid.
#[tokio::test(start_paused = true)]
async fn undecodable_response_does_not_end_the_wait() {
    for garbage in [
        Garbage("<html>maintenance</html>"),
        Garbage(r#"{"orderId":"acme-shop-123","transactionLogHist"#),
        Garbage(""),
        Garbage(r#"{"responseInfo":{"responseCode":503,"responseMessage":"Service Unavailable"}}"#),
        Garbage(r#"[{"errorGroup":"VippsError","errorCode":"99","errorMessage":"x"}]"#),
        TooMuch,
    ] {
        let script = Script::new(&[garbage, garbage, Waiting, Paid]);
        let details = script.wait().await.unwrap();
        assert_eq!(state(&details), PaymentState::Reserved, "{garbage:?}");
        assert_eq!(script.polls(), [0, 20, 60, 70], "{garbage:?}");
    }
    // The same holds for the response of the token endpoint.
    let details = format!("/ecomm/v2/payments/{}/details", id());
    let recorder = Recorder::new()
        .respond("POST", "/accesstoken/get", 200, "<html>maintenance</html>")
        .respond("POST", "/accesstoken/get", 200, r#"{"access_token":"t"}"#)
        .respond("GET", &details, 200, crate::support::DETAILS);
    let vipps = crate::support::on_tokio_time(&recorder).build().unwrap();
    let details = vipps.ecom().payment(id()).wait().await.unwrap();
    assert_eq!(details.state(), PaymentState::Reserved);
}

/// If the API requests a pause beyond the deadline, the wait polls once more before it reports that
/// the customer did not decide.
#[tokio::test(start_paused = true)]
async fn long_pause_ends_with_a_last_poll() {
    for pause in [SlowDown(700), SlowDown(86_400), Closed(700)] {
        let script = Script::new(&[pause, Paid]);
        let details = script.wait().await.unwrap();
        assert_eq!(state(&details), PaymentState::Reserved);
        assert_eq!(script.polls(), [0, 6_550]);
    }
    // A trigger does not make the last poll earlier.
    let script = Script::new(&[SlowDown(700), Paid]);
    let mut poll = script.wait().poll();
    let trigger = poll.trigger();
    let triggers = tokio::spawn(async move {
        loop {
            trigger.poll_now();
            sleep(Duration::from_secs(20)).await;
        }
    });
    poll.next().await.unwrap().unwrap();
    triggers.abort();
    assert_eq!(script.polls(), [0, 6_550]);
    // There is only one last poll.
    let script = Script::new(&[SlowDown(700)]);
    assert_eq!(script.wait().await.unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(script.polls(), [0, 6_550]);
    // A short wait also ends with a last poll.
    let script = Script::new(&[SlowDown(60), Paid]);
    let wait = script.wait().deadline(Duration::from_secs(4));
    wait.await.unwrap();
    assert_eq!(script.polls(), [0, 20]);
    // Other failures also slow the polls down, and the deadline is in the middle of a pause.
    let script = Script::new(&[Fails(503)]);
    let wait = script.wait().deadline(Duration::from_secs(60));
    wait.await.unwrap_err();
    assert_eq!(script.polls(), [0, 20, 60, 140, 300, 550]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_when_triggered() {
    let script = Script::new(&[SlowDown(45), Paid]);
    let mut poll = script.wait().poll();
    let trigger = poll.trigger();
    let triggers = tokio::spawn(async move {
        for _ in 0..200 {
            trigger.poll_now();
            sleep(Duration::from_millis(100)).await;
        }
    });
    poll.next().await.unwrap().unwrap();
    triggers.abort();
    assert_eq!(script.polls(), [0, 450]);

    // A 429 without `Retry-After` also causes a pause.
    let script = Script::new(&[SlowDown(0), Paid]);
    let mut poll = script.wait().poll();
    let trigger = poll.trigger();
    tokio::spawn(async move {
        sleep(Duration::from_millis(100)).await;
        trigger.poll_now();
    });
    poll.next().await.unwrap().unwrap();
    assert_eq!(script.polls(), [0, 20]);
}

#[tokio::test(start_paused = true)]
async fn refusal_ends_the_wait() {
    for status in [400, 403, 404] {
        let script = Script::new(&[Waiting, Fails(status)]);
        let (names, error) = all(script.wait().poll()).await;
        assert_eq!(names, ["waiting"]);
        assert_eq!(error.unwrap().http_status(), Some(status));
        assert_eq!(script.count(), 2);
        let script = Script::new(&[Fails(status)]);
        assert_eq!(script.wait().await.unwrap_err().http_status(), Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_the_wait_without_a_later_poll() {
    let script = Script::new(&[Waiting]);
    let start_time = Instant::now();
    let error = script.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!((start_time.elapsed().as_millis() + 50) / 100, 6_600);
    assert_eq!(script.count(), 660);
    assert!(std::error::Error::source(&error).is_none());

    let script = Script::new(&[Waiting]);
    let (names, error) = all(script.wait().deadline(Duration::from_millis(2_500)).poll()).await;
    assert_eq!(names, ["waiting"]);
    assert_eq!(error.unwrap().kind(), ErrorKind::Deadline);
    assert_eq!(script.polls(), [0, 10, 20]);

    // A wait that is shorter than the first pause of the interval still reads the details.
    let script = Script::new(&[Paid]);
    let wait = script
        .wait()
        .interval(PollInterval::Web)
        .deadline(Duration::from_secs(4));
    wait.await.unwrap();
    assert_eq!(script.polls(), [20]);

    // A deadline of zero sends no request.
    let script = Script::new(&[Paid]);
    let error = script.wait().deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::Deadline, 0));
}

#[tokio::test(start_paused = true)]
async fn timeout_after_failed_polls_has_their_error() {
    let script = Script::new(&[Waiting, Fails(503)]);
    let error = script
        .wait()
        .deadline(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    let cause = std::error::Error::source(&error).expect("the last failure");
    assert!(cause.to_string().contains("503"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn unlimited_times_are_accepted() {
    let script = Script::new(&[Waiting, Paid]);
    script.wait().deadline(Duration::MAX).await.unwrap();
    assert_eq!(script.polls(), [0, 10]);
    let script = Script::new(&[Waiting]);
    let wait = script
        .wait()
        .interval(PollInterval::Every(Duration::MAX))
        .deadline(Duration::from_secs(9));
    assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(script.count(), 1);
}

/// `select!` drops the future of `next` each time that another branch wins.
#[tokio::test(start_paused = true)]
async fn dropping_next_loses_no_response_and_keeps_the_interval() {
    let script = Script::new(&[Waiting, Waiting, Slowly(700), Waiting]);
    let mut poll = script.wait().poll();
    let mut names = Vec::new();
    let mut dropped = 0;
    while names.last() != Some(&"decided") {
        match timeout(Duration::from_millis(100), poll.next()).await {
            Ok(event) => names.push(name(&event.unwrap().unwrap())),
            Err(_) => dropped += 1,
        }
    }
    assert_eq!(names, ["waiting", "scanned", "decided"]);
    assert!(dropped > 20, "{dropped}");
    assert_eq!(script.polls(), [0, 10, 20]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_poll_stops_polling() {
    let script = Script::new(&[Waiting]);
    let mut poll = script.wait().poll();
    let trigger = poll.trigger();
    poll.next().await.unwrap().unwrap();
    assert!(
        timeout(Duration::from_millis(3_500), poll.next())
            .await
            .is_err()
    );
    drop(poll);
    let polls = script.count();
    trigger.poll_now();
    sleep(Duration::from_secs(60)).await;
    assert_eq!((polls, script.count()), (4, 4));

    let wait_task = tokio::spawn(script.wait().into_future());
    sleep(Duration::from_secs(2)).await;
    wait_task.abort();
    sleep(Duration::from_secs(1)).await;
    let polls = script.count();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(script.count(), polls);
}

/// A callback triggers a poll, and the details confirm it.
#[tokio::test(start_paused = true)]
async fn a_trigger_polls_at_once() {
    let script = Script::new(&[Waiting, Paid]);
    let mut poll = script
        .wait()
        .interval(PollInterval::Every(Duration::from_secs(60)))
        .poll();
    let trigger = poll.trigger();
    assert_eq!(name(&poll.next().await.unwrap().unwrap()), "waiting");
    tokio::spawn(async move {
        sleep(Duration::from_secs(7)).await;
        trigger.clone().poll_now();
    });
    assert_eq!(name(&poll.next().await.unwrap().unwrap()), "scanned");
    assert_eq!(name(&poll.next().await.unwrap().unwrap()), "decided");
    assert_eq!(script.polls(), [0, 70]);

    // A trigger before the first poll ends the first pause at once.
    let script = Script::new(&[Paid]);
    let mut poll = script.wait().interval(PollInterval::Web).poll();
    poll.trigger().poll_now();
    poll.next().await.unwrap().unwrap();
    assert_eq!(script.polls(), [0]);
}

/// A callback is only a hint: if the details do not confirm it, the wait continues.
#[tokio::test(start_paused = true)]
async fn trigger_only_starts_a_poll() {
    let script = Script::new(&[Waiting, Waiting, Paid]);
    let mut poll = script
        .wait()
        .interval(PollInterval::Every(Duration::from_secs(60)))
        .poll();
    poll.next().await.unwrap().unwrap();
    let trigger = poll.trigger();
    tokio::spawn(async move {
        sleep(Duration::from_secs(10)).await;
        trigger.poll_now();
    });
    assert_eq!(name(&poll.next().await.unwrap().unwrap()), "scanned");
    assert_eq!(script.polls(), [0, 100, 700]);
}

#[tokio::test(start_paused = true)]
async fn many_triggers_stay_within_the_limit() {
    let script = Script::new(&[Waiting]);
    let mut poll = script.wait().poll();
    let trigger = poll.trigger();
    let trigger_task = tokio::spawn(async move {
        loop {
            trigger.poll_now();
            sleep(Duration::from_millis(10)).await;
        }
    });
    poll.next().await.unwrap().unwrap();
    assert!(
        timeout(Duration::from_secs(180), poll.next())
            .await
            .is_err()
    );
    trigger_task.abort();
    let polls = script.polls.lock().unwrap().clone();
    assert!(
        polls.len() > 300,
        "{} polls: the triggers have no effect",
        polls.len()
    );
    for (n, first) in polls.iter().enumerate() {
        let minute = polls
            .iter()
            .skip(n)
            .take_while(|at| **at < *first + Duration::from_secs(60));
        assert!(minute.count() <= 120);
    }
}

#[tokio::test(start_paused = true)]
async fn poll_is_a_stream() {
    fn is_stream<S: Stream<Item = vipps::Result<PollEvent>> + Send + Unpin + 'static>(_: &S) {}
    let script = Script::new(&[Waiting, Scanned, Paid]);
    let mut stream = script.wait().poll();
    is_stream(&stream);
    let mut names = Vec::new();
    while let Some(event) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        names.push(name(&event.unwrap()));
    }
    assert_eq!(names, ["waiting", "scanned", "decided"]);
}

/// Polls are sent for the sales unit of the wait.
#[tokio::test(start_paused = true)]
async fn the_options_of_the_wait_are_those_of_its_polls() {
    let path = "/ecomm/v2/payments/acme-shop-123/details";
    let recorder = Recorder::new().respond("GET", path, 200, crate::support::DETAILS);
    let payment = recorder.client().ecom().payment(id());
    let number = "7654321".parse().unwrap();
    payment.wait().merchant_serial_number(number).await.unwrap();
    let shape = recorder.shape_of("get_payment_details_using_get");
    assert!(shape.contains("merchant-serial-number: 7654321"), "{shape}");
}
