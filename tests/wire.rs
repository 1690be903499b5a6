//! What a broken wire does to a call, byte by byte and through the real HTTP client: the right kind, the right word on
//! the outcome, within the deadline, and never a panic.

mod support {
    pub mod raw;
}

use std::time::{Duration, Instant};

use support::raw::{Act, RawServer, answer};
use vipps::{Error, ErrorKind, Outcome};

const TRANSACTION: &str =
    r#"{"orderId":"o-1","transactionInfo":{"amount":100,"status":"Captured"}}"#;

async fn capture(server: &RawServer) -> Result<vipps::ecom::Transaction, Error> {
    server
        .client()
        .ecom()
        .payment(&"o-1".parse().unwrap())
        .capture()
        .deadline(Duration::from_millis(400))
        .await
}

async fn details(server: &RawServer) -> Result<vipps::ecom::PaymentDetails, Error> {
    server
        .client()
        .ecom()
        .payment(&"o-1".parse().unwrap())
        .details()
        .deadline(Duration::from_millis(400))
        .await
}

/// The capture's error, and a read's beside it.
async fn both(act: Act) -> (Error, Error) {
    let server = RawServer::start(vec![act]);
    let begun = Instant::now();
    let errors = (
        capture(&server).await.unwrap_err(),
        details(&server).await.unwrap_err(),
    );
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "a deadline of 0.4 s was not kept"
    );
    errors
}

fn full(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_healthy_answer_is_read() {
    let server = RawServer::start(vec![answer("200 OK", TRANSACTION)]);
    let done = capture(&server).await.unwrap();
    assert_eq!(done.amount, Some(vipps::Amount::ore(100)));
    assert_eq!(
        server.requests(),
        ["POST /ecomm/v2/payments/o-1/capture HTTP/1.1"]
    );
}

#[tokio::test]
async fn nobody_listens() {
    let server = RawServer::start(vec![]);
    let client = {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let environment = vipps::Environment::custom(&format!("http://{port}")).unwrap();
        server.builder().environment(environment).build().unwrap()
    };
    let error = client
        .ecom()
        .payment(&"o-1".parse().unwrap())
        .capture()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Authentication, Outcome::NotSent)
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn cut_off_answers_are_broken_connections() {
    let cut_body = full(TRANSACTION)[..70].to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ord".to_vec();
    for act in [
        Act::Close,
        Act::Reset,
        Act::Write(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        Act::Write(cut_body),
        Act::Write(chunked),
        Act::Write(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        Act::Write(b"\0\x01\x02\xff\xff".to_vec()),
    ] {
        let (write, read) = both(act.clone()).await;
        assert_eq!(
            (write.kind(), write.outcome()),
            (ErrorKind::Connection, Outcome::Unknown),
            "{act:?}"
        );
        assert_eq!(
            (read.kind(), read.outcome()),
            (ErrorKind::Connection, Outcome::NoEffect),
            "{act:?}"
        );
        assert!(
            !format!("{write:?}{write}").contains("127.0.0.1"),
            "{write:?}"
        );
    }
}

#[tokio::test]
async fn stalls_end_at_the_deadline() {
    for act in [
        Act::Stall(Vec::new()),
        Act::Stall(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()),
        Act::Stall(full(TRANSACTION)[..70].to_vec()),
    ] {
        let (write, read) = both(act).await;
        assert_eq!(
            (write.kind(), write.outcome()),
            (ErrorKind::Deadline, Outcome::Unknown)
        );
        assert_eq!(
            (read.kind(), read.outcome()),
            (ErrorKind::Deadline, Outcome::NoEffect)
        );
    }
}

#[tokio::test]
async fn oversized_answers_are_not_read() {
    let huge = "x".repeat((1 << 20) + 1);
    let declared = Act::Write(full(&huge));
    let undeclared = Act::Write(format!("HTTP/1.1 200 OK\r\n\r\n{huge}").into_bytes());
    for act in [declared, undeclared] {
        let (write, read) = both(act).await;
        assert_eq!(
            (write.kind(), write.outcome()),
            (ErrorKind::TooLarge, Outcome::Unknown)
        );
        assert_eq!(
            (read.kind(), read.outcome()),
            (ErrorKind::TooLarge, Outcome::NoEffect)
        );
    }
    let (write, _) = both(answer("402 Payment Required", &huge)).await;
    assert_eq!(
        (write.kind(), write.outcome()),
        (ErrorKind::Api, Outcome::Rejected)
    );
    assert_eq!(write.raw_body().len(), 64 << 10);
}

#[tokio::test]
async fn a_redirect_is_refused_and_followed_by_nobody() {
    let elsewhere = RawServer::start(vec![answer("200 OK", TRANSACTION)]);
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let location = format!(
            "HTTP/1.1 {status}\r\nlocation: {}/x\r\ncontent-length: 0\r\n\r\n",
            elsewhere.base_url()
        );
        let (write, read) = both(Act::Write(location.into_bytes())).await;
        assert_eq!(
            (write.kind(), write.outcome()),
            (ErrorKind::Api, Outcome::Rejected)
        );
        assert!(
            read.hint().unwrap_or_default().contains("redirect"),
            "{read:?}"
        );
    }
    assert!(elsewhere.requests().is_empty());
}

/// A compressed answer is not unpacked, so that a small one cannot become a large one.
#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let gzip =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\0"
            .to_vec();
    let (write, read) = both(Act::Write(gzip)).await;
    assert_eq!(
        (write.kind(), write.outcome()),
        (ErrorKind::Decode, Outcome::Unknown)
    );
    assert_eq!(
        (read.kind(), read.outcome()),
        (ErrorKind::Decode, Outcome::NoEffect)
    );
}

#[tokio::test]
async fn informational_answers_before_the_real_one_are_passed_over() {
    let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n".to_vec();
    bytes.extend(full(TRANSACTION));
    let server = RawServer::start(vec![Act::Write(bytes)]);
    assert!(capture(&server).await.is_ok());
}
