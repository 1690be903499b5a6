//! Responses with contradicting lengths, unusual chunk sizes, or more than one response.

use vipps::ErrorKind;

use super::*;
use crate::raw::{RawServer, Step, write, write_and_keep_alive};

#[tokio::test]
async fn informational_responses_are_skipped() {
    let hint = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let mut bytes = hint.as_bytes().to_vec();
    bytes.extend(full(TRANSACTION));
    assert_read(write(bytes)).await;

    // A thousand informational responses, and one that is delayed.
    let mut bytes = "HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000).into_bytes();
    bytes.extend(full(TRANSACTION));
    assert_read(write(bytes)).await;
    assert_read(vec![
        Step::Write(hint.into()),
        Step::Pause(2 * PAUSE),
        Step::Write(hint.into()),
        Step::Pause(2 * PAUSE),
        Step::Write(full(TRANSACTION).into()),
        Step::HalfClose,
    ])
    .await;
    // No final response follows.
    assert_unclear(write(hint), ErrorKind::Connection).await;
}

#[tokio::test]
async fn wrong_content_length_is_unclear() {
    let of = |length: &str| {
        write(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{TRANSACTION}"
        ))
    };
    let length = TRANSACTION.len();
    assert_unclear(of(&(length + 1).to_string()), ErrorKind::Connection).await;
    assert_unclear(of(&(length - 1).to_string()), ErrorKind::Decode).await;
    assert_unclear(of("0"), ErrorKind::Decode).await;
    for invalid in ["-1", "+7", "0x46", "7 7", "", "99999999999999999999999999"] {
        assert_unclear(of(invalid), ErrorKind::Connection).await;
    }
    let twice = |one: usize, other: usize| of(&format!("{one}\r\ncontent-length: {other}"));
    assert_unclear(twice(length, length - 1), ErrorKind::Connection).await;
    assert_unclear(twice(length - 1, length), ErrorKind::Connection).await;
    assert_read(twice(length, length)).await;
}

#[tokio::test]
async fn chunks_of_unusual_sizes_are_read() {
    let of = |chunks: &str| {
        write(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"
        ))
    };
    let length = format!("{:x}", TRANSACTION.len());
    let (one, rest) = TRANSACTION.split_at(1);
    let is_valid = format!("1\r\n{one}\r\n{:X}\r\n{rest}\r\n", rest.len());
    assert_read(of(&format!("{is_valid}0\r\n\r\n"))).await;
    assert_read(of(&format!("{is_valid}0\r\ntrailer: x\r\n\r\n"))).await;
    let extended = format!("{length};name=value\r\n{TRANSACTION}\r\n0\r\n\r\n");
    assert_read(of(&extended)).await;
    for chunks in [
        "FFFFFFFFFFFFFFFFF\r\n",
        "ffffffffffffffff\r\n",
        "7fffffffffffffff\r\n{}",
        "-1\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "two\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}xx0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\nno colon\r\n\r\n",
    ] {
        assert_unclear(of(chunks), ErrorKind::Connection).await;
    }
    let long_extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000));
    let long_trailer = format!("{is_valid}0\r\nname: {}\r\n\r\n", "x".repeat(100_000));
    let many_trailers = format!("{is_valid}0\r\n{}\r\n", "n: x\r\n".repeat(1_000));
    for chunks in [long_extension, long_trailer, many_trailers] {
        assert_unclear(of(&chunks), ErrorKind::Connection).await;
    }
}

/// A length beside chunks is a known method of response smuggling. The chunks take precedence, and
/// the connection is not reused.
#[tokio::test]
async fn content_length_beside_chunks_is_ignored() {
    let length = TRANSACTION.len();
    let steps = write_and_keep_alive(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n\
         {length:x}\r\n{TRANSACTION}\r\n0\r\n\r\n"
    ));
    let server = RawServer::with_keep_alive(vec![steps, write_and_keep_alive(full(TRANSACTION))]);
    let vipps = server.client();
    capture(&vipps).await.unwrap();
    capture(&vipps).await.unwrap();
}

/// A surplus response: together with the last response, after it, or inside it.
const OTHER_RESPONSE: &str =
    r#"{"orderId":"o-1","transactionInfo":{"amount":66600,"status":"Captured"}}"#;

#[tokio::test]
async fn second_response_is_not_read_by_the_next_call() {
    let mut two_at_once = full(TRANSACTION);
    two_at_once.extend(full(OTHER_RESPONSE));
    let one_after_the_other = vec![
        Step::Write(full(TRANSACTION).into()),
        Step::Pause(PAUSE),
        Step::Write(full(OTHER_RESPONSE).into()),
        Step::ReadNext,
    ];
    let mut after_an_error = crate::raw::http_response("402 Payment Required", "[]");
    after_an_error.extend(full(OTHER_RESPONSE));
    let mut after_a_short_length = full(&TRANSACTION[..9]);
    after_a_short_length.extend(full(OTHER_RESPONSE));
    for (first, is_valid, is_delayed) in [
        (write_and_keep_alive(two_at_once), true, false),
        (one_after_the_other, true, true),
        (write_and_keep_alive(after_an_error), false, false),
        (write_and_keep_alive(after_a_short_length), false, false),
    ] {
        let server = RawServer::with_keep_alive(vec![
            first.clone(),
            write_and_keep_alive(full(TRANSACTION)),
        ]);
        let vipps = server.client();
        assert_eq!(capture(&vipps).await.is_ok(), is_valid);
        if is_delayed {
            // A surplus response that arrives after the next request was sent cannot be
            // distinguished from the response to that request, so the test waits.
            tokio::time::sleep(10 * PAUSE).await;
        }
        for pause in [Duration::ZERO, 2 * PAUSE] {
            tokio::time::sleep(pause).await;
            let done = capture(&vipps).await;
            let done = done.unwrap_or_else(|error| panic!("{first:?}: {error:?}"));
            assert_eq!(
                done.amount,
                Some(vipps::Amount::minor(100, vipps::Currency::NOK)),
                "{first:?}"
            );
        }
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        assert_ne!(requests[0].connection, requests[1].connection);
    }
}

#[tokio::test]
async fn surplus_bytes_are_not_read_by_the_next_call() {
    for garbage in ["\r\n", "}", "garbage that is no response\r\n\r\n"] {
        let mut first = full(TRANSACTION);
        first.extend(garbage.as_bytes());
        let server = RawServer::with_keep_alive(vec![
            write_and_keep_alive(first),
            write_and_keep_alive(full(TRANSACTION)),
        ]);
        let vipps = server.client();
        for _ in 0..3 {
            let done = capture(&vipps).await;
            let done = done.unwrap_or_else(|error| panic!("{garbage:?}: {error:?}"));
            assert_eq!(
                done.amount,
                Some(vipps::Amount::minor(100, vipps::Currency::NOK))
            );
        }
        assert_eq!(server.requests().len(), 3);
    }
}

/// The bytes after a line break in a header are a header or garbage, and never a response.
#[tokio::test]
async fn line_break_in_a_header_starts_no_second_response() {
    let split = format!(
        "HTTP/1.1 200 OK\r\nx-echo: a\r\ncontent-length: 0\r\n\r\n{}",
        String::from_utf8(full(OTHER_RESPONSE)).unwrap()
    );
    let server = RawServer::with_keep_alive(vec![
        write_and_keep_alive(split),
        write_and_keep_alive(full(TRANSACTION)),
    ]);
    let vipps = server.client();
    let error = capture(&vipps).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, vipps::Outcome::Unknown)
    );
    let done = capture(&vipps).await.unwrap();
    assert_eq!(
        done.amount,
        Some(vipps::Amount::minor(100, vipps::Currency::NOK))
    );
}
