//! Responses that stall at any point. The call ends at its deadline.

use vipps::ErrorKind;

use super::*;
use crate::raw::{Step, stall};

/// Asserts that each of these responses ends a call at its deadline. The calls run concurrently,
/// because each takes until its deadline.
async fn assert_ended_at_the_deadline(cases: impl IntoIterator<Item = crate::raw::Steps>) {
    let mut running = tokio::task::JoinSet::new();
    for steps in cases {
        running.spawn(assert_unclear(steps, ErrorKind::Deadline));
    }
    assert!(!running.is_empty());
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let whole = full(TRANSACTION);
    let head = whole.len() - TRANSACTION.len();
    assert_ended_at_the_deadline([
        stall(""),
        stall("HTTP/1.1 200 OK\r\ncontent-"),
        stall(&whole[..head]),
        stall(&whole[..whole.len() - 1]),
        stall("HTTP/1.1 100 Continue\r\n\r\n"),
        stall("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        // Without a length the body continues until the connection is closed.
        stall(format!("HTTP/1.1 200 OK\r\n\r\n{TRANSACTION}")),
    ])
    .await;
}

/// Progress within a response does not extend the deadline.
#[tokio::test]
async fn a_trickle_ends_at_the_deadline() {
    let pause = STALLED / 40;
    let slow_bytes = |start: &str, bytes: &str| {
        vec![Step::Write(start.into()), Step::Repeat(bytes.into(), pause)]
    };
    assert_ended_at_the_deadline([
        slow_bytes("HTTP/1.1 200 OK\r\nname: ", "x"),
        slow_bytes("HTTP/1.1 200 OK\r\n", "n: x\r\n"),
        slow_bytes("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", " "),
        slow_bytes("HTTP/1.1 200 OK\r\n\r\n", " "),
        slow_bytes(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "1\r\n \r\n",
        ),
        slow_bytes("", "HTTP/1.1 100 Continue\r\n\r\n"),
        slow_bytes("", "HTTP/1.1 102 Processing\r\nname: x\r\n\r\n"),
    ])
    .await;
}

#[tokio::test]
async fn stalled_error_response_leaves_the_outcome_unknown() {
    let steps = stall("HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n[");
    assert_unclear(steps, ErrorKind::Deadline).await;
}

/// The attempt timeout is shorter than the deadline.
#[tokio::test]
async fn attempt_without_a_response_ends_at_its_own_timeout() {
    let server = crate::raw::RawServer::start(vec![stall("")]);
    let builder = server.builder().attempt_timeout(STALLED);
    let error = capture(&builder.build().unwrap()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, vipps::Outcome::Unknown)
    );
    assert!(error.elapsed() < DEADLINE);
}
