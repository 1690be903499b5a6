//! Reused connections: the server may close a connection while the client starts to send.

use tokio::task::JoinSet;
use vipps::{ErrorKind, Outcome, RetryPolicy};

use super::*;
use crate::raw::{RawServer, Step, Steps, write_and_keep_alive};

const INITIATED: &str = r#"{"orderId":"o-1","url":"https://api.vipps.no/x?token=t"}"#;
const DETAILS: &str =
    r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":true}]}"#;

fn last(bytes: Vec<u8>) -> Steps {
    vec![Step::Write(bytes.into())]
}

/// Leaves the connection open, and closes it a little later.
fn last_for_now(bytes: Vec<u8>) -> Steps {
    vec![Step::Write(bytes.into()), Step::Pause(PAUSE)]
}

fn client_with_retries(server: &RawServer) -> Vipps {
    let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    server.builder().retry(policy).build().unwrap()
}

#[tokio::test]
async fn a_connection_is_reused() {
    let server = RawServer::with_keep_alive(vec![write_and_keep_alive(full(TRANSACTION))]);
    let vipps = server.client();
    for _ in 0..3 {
        capture(&vipps).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

/// The connection is closed before the next call starts.
#[tokio::test]
async fn closed_connection_is_not_reused() {
    let half_closed = || vec![Step::Write(full(TRANSACTION).into()), Step::HalfClose];
    let reset = || {
        vec![
            Step::Write(full(TRANSACTION).into()),
            Step::Pause(PAUSE),
            Step::Reset,
        ]
    };
    let mut calls = JoinSet::new();
    for steps in [
        last(full(TRANSACTION)),
        last_for_now(full(TRANSACTION)),
        half_closed(),
        reset(),
    ] {
        calls.spawn(async {
            let server =
                RawServer::with_keep_alive(vec![steps, write_and_keep_alive(full(INITIATED))]);
            let vipps = server.client();
            capture(&vipps).await.unwrap();
            tokio::time::sleep(PAUSE * 10).await;
            initiate(&vipps).await.unwrap();
            let requests = server.requests();
            assert_eq!(requests.len(), 2);
            assert_ne!(requests[0].connection, requests[1].connection);
        });
    }
    calls.join_all().await;
}

/// The request has arrived on a reused connection, which then ends without a response. No layer
/// below the retry loop may send the request again.
#[tokio::test]
async fn request_on_a_connection_that_ends_is_sent_once() {
    let endings: [Steps; 4] = [
        vec![],
        vec![Step::HalfClose],
        vec![Step::Reset],
        vec![Step::Write(b"HTTP/1.1 200".into()), Step::Reset],
    ];
    for end in endings {
        let first = write_and_keep_alive(full(TRANSACTION));
        let server = RawServer::with_keep_alive(vec![
            first,
            end.clone(),
            write_and_keep_alive(full(INITIATED)),
        ]);
        let vipps = client_with_retries(&server);
        capture(&vipps).await.unwrap();
        let error = initiate(&vipps).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connection, Outcome::Unknown, 1),
            "{end:?}"
        );
        assert_eq!(server.requests().len(), 2, "{end:?}");
        assert_eq!(server.requests()[1].connection, 0);

        // The attempt loop retries a capture with its key.
        let read = write_and_keep_alive(full(DETAILS));
        let server = RawServer::with_keep_alive(vec![
            read,
            end.clone(),
            write_and_keep_alive(full(TRANSACTION)),
        ]);
        let vipps = client_with_retries(&server);
        details(&vipps).await.unwrap();
        capture(&vipps).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests.len(), 3, "{end:?}");
        let key = |at: usize| requests[at].header("x-request-id").unwrap();
        assert_eq!(key(1), key(2));
        assert_eq!(requests[1].body(), requests[2].body());

        // Without retries the outcome is unknown, and the request was sent once.
        let server =
            RawServer::with_keep_alive(vec![write_and_keep_alive(full(DETAILS)), end.clone()]);
        let vipps = server.client();
        details(&vipps).await.unwrap();
        let error = capture(&vipps).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(server.requests().len(), 2, "{end:?}");
    }
}

/// The server closes the connection at about the time at which the next request is sent. No request
/// may arrive twice, and no request that is reported as not sent may arrive.
#[tokio::test]
async fn request_on_a_closing_connection_arrives_at_most_once() {
    let (mut reused, mut renewed, mut unknown) = (0, 0, 0);
    for round in 0_u64..100 {
        let wait = Duration::from_micros(round % 50 * 20);
        let steps = vec![Step::Write(full(TRANSACTION).into()), Step::Pause(wait)];
        let steps = match round % 3 {
            0 => steps,
            1 => [steps, vec![Step::HalfClose]].concat(),
            _ => [steps, vec![Step::Reset]].concat(),
        };
        let server = RawServer::with_keep_alive(vec![steps, write_and_keep_alive(full(INITIATED))]);
        let vipps = client_with_retries(&server);
        capture(&vipps).await.unwrap();
        tokio::time::sleep(Duration::from_micros(round % 70 * 20)).await;
        let result = initiate(&vipps).await;
        let arrived = server.requests()[1..].to_vec();
        match &result {
            Ok(()) => {
                assert_eq!(arrived.len(), 1, "{arrived:?}");
                if arrived[0].connection == 0 {
                    reused += 1;
                } else {
                    renewed += 1;
                }
            }
            Err(error) if error.outcome() == Outcome::Unknown => {
                assert!(arrived.len() <= 1, "{arrived:?}");
                unknown += 1;
            }
            Err(error) => {
                assert_eq!(error.outcome(), Outcome::NotSent, "{error:?}");
                assert!(arrived.is_empty(), "{error:?} {arrived:?}");
            }
        }
    }
    eprintln!("reused {reused}, renewed {renewed}, unknown {unknown}");
    assert_eq!(reused, 0, "the server has ended the connection");
    assert!(renewed > 20, "{renewed}");
}

/// Dropping a call closes its connection. The rest of its response is never read as the response to
/// the next call.
#[tokio::test]
async fn response_to_a_dropped_call_is_discarded() {
    const OTHER_RESPONSE: &str =
        r#"{"orderId":"o-1","transactionInfo":{"amount":66600,"status":"Captured"}}"#;
    let (head, body) = {
        let whole = full(OTHER_RESPONSE);
        let (head, body) = whole.split_at(whole.len() - OTHER_RESPONSE.len() / 2);
        (head.to_vec(), body.to_vec())
    };
    for delayed_response in [
        vec![
            Step::Pause(PAUSE),
            Step::Write(full(OTHER_RESPONSE).into()),
            Step::ReadNext,
        ],
        vec![
            Step::Write(head.into()),
            Step::Pause(PAUSE),
            Step::Write(body.into()),
            Step::ReadNext,
        ],
    ] {
        for pause in [Duration::ZERO, PAUSE * 2] {
            let script = vec![
                write_and_keep_alive(full(TRANSACTION)),
                delayed_response.clone(),
                write_and_keep_alive(full(TRANSACTION)),
            ];
            let server = RawServer::with_keep_alive(script);
            let vipps = server.client();
            capture(&vipps).await.unwrap();
            let dropped = payment(&vipps).capture_remaining().into_future();
            tokio::time::timeout(PAUSE / 2, dropped).await.unwrap_err();
            tokio::time::sleep(pause).await;
            for _ in 0..2 {
                let done = capture(&vipps).await.unwrap();
                assert_eq!(
                    done.amount,
                    Some(vipps::Amount::minor(100, vipps::Currency::NOK)),
                    "{delayed_response:?}"
                );
            }
            let requests = server.requests();
            assert_eq!(requests[0].connection, requests[1].connection);
            assert_ne!(requests[1].connection, requests[2].connection);
        }
    }
}
