//! Responses above the limits: the client reads and stores no more than the limit.

use std::io::Write as _;

use vipps::{ErrorKind, Outcome};

use super::*;
use crate::raw::{RawServer, Step, Steps, http_response, response, write};

const MIB: usize = 1 << 20;
const MAX_ERROR_BODY: usize = 64 << 10;
/// The maximum number of unread bytes in the sockets on both sides of a loopback connection.
const MAX_UNREAD: usize = 16 * MIB;

/// Returns a transaction that is padded with leading spaces to this length.
fn padded(length: usize) -> String {
    format!("{}{TRANSACTION}", " ".repeat(length - TRANSACTION.len()))
}

fn chunked(body: &str) -> String {
    let chunks = body.as_bytes().chunks(60_000).map(|part| {
        let text = String::from_utf8_lossy(part);
        format!("{:x}\r\n{text}\r\n", part.len())
    });
    let chunks: String = chunks.collect();
    format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
}

#[tokio::test]
async fn a_success_is_read_up_to_a_mebibyte() {
    let (largest, too_large) = (padded(MIB), padded(MIB + 1));
    let to_the_end = |body: &str| write(format!("HTTP/1.1 200 OK\r\n\r\n{body}"));
    assert_read(write(full(&largest))).await;
    assert_read(write(chunked(&largest))).await;
    assert_read(to_the_end(&largest)).await;
    assert_unclear(write(full(&too_large)), ErrorKind::TooLarge).await;
    assert_unclear(write(chunked(&too_large)), ErrorKind::TooLarge).await;
    assert_unclear(to_the_end(&too_large), ErrorKind::TooLarge).await;
}

#[tokio::test]
async fn error_body_is_cut_at_64_kib() {
    for (length, recorded) in [
        (MAX_ERROR_BODY - 1, MAX_ERROR_BODY - 1),
        (MAX_ERROR_BODY, MAX_ERROR_BODY),
        (MAX_ERROR_BODY + 1, MAX_ERROR_BODY),
        (3 * MIB, MAX_ERROR_BODY),
    ] {
        let body = "x".repeat(length);
        for steps in [
            response("403 Forbidden", &body),
            write(format!("HTTP/1.1 403 Forbidden\r\n\r\n{body}")),
        ] {
            // The text is no error of the API, so the outcome is unknown.
            let (capture, details) = errors_of(&steps).await;
            for (error, outcome) in [(capture, Outcome::Unknown), (details, Outcome::NoEffect)] {
                assert_eq!((error.kind(), error.outcome()), (ErrorKind::Api, outcome));
                assert_eq!(error.raw_body().len(), recorded);
            }
        }
    }
    // The same limit applies to a success that cannot be read.
    let (capture, _) = errors_of(&response("200 OK", &"x".repeat(MIB))).await;
    assert_eq!(capture.kind(), ErrorKind::Decode);
    assert_eq!(capture.raw_body().len(), MAX_ERROR_BODY);
}

/// Runs a capture against an act. Returns its error, its peak memory, and the number of bytes that
/// the server could send.
fn measured(steps: Steps) -> (Error, u64, usize) {
    let server = RawServer::start(vec![steps]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let vipps = server.client();
    let mut error = None;
    // The client runs on this thread only, and the server on other threads.
    let cost = allocation_counter::measure(|| {
        error = Some(runtime.block_on(capture(&vipps)).unwrap_err());
    });
    drop((vipps, runtime));
    (error.unwrap(), cost.bytes_max, server.written())
}

/// An endless body is neither read nor stored beyond the limit.
#[test]
fn a_body_without_an_end_takes_bounded_memory() {
    let endless = |head: &str| {
        vec![
            Step::Write(format!("HTTP/1.1 {head}\r\n\r\n").into()),
            Step::Repeat(vec![b' '; 64 << 10].into(), Duration::ZERO),
        ]
    };
    let in_chunks = |head: &str| {
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        vec![
            Step::Write(format!("HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\n\r\n").into()),
            Step::Repeat(chunk.into(), Duration::ZERO),
        ]
    };
    for (steps, kind, largest) in [
        (endless("200 OK"), ErrorKind::TooLarge, 5 * MIB),
        (in_chunks("200 OK"), ErrorKind::TooLarge, 5 * MIB),
        // A declared length above the limit fails before the body is buffered.
        (
            endless("200 OK\r\ncontent-length: 99999999999"),
            ErrorKind::TooLarge,
            MIB,
        ),
        (endless("500 Oh"), ErrorKind::Api, 2 * MIB),
        (in_chunks("500 Oh"), ErrorKind::Api, 2 * MIB),
    ] {
        let (error, memory, written) = measured(steps);
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Outcome::Unknown),
            "{error:?}"
        );
        assert!(memory < largest as u64, "{memory} bytes, {error:?}");
        assert!(written < 2 * MIB + MAX_UNREAD, "{written} bytes, {error:?}");
    }
}

#[test]
fn a_head_without_an_end_takes_bounded_memory() {
    for line in ["x".repeat(64 << 10), format!("n: {}\r\n", "x".repeat(900))] {
        let steps = vec![
            Step::Write(b"HTTP/1.1 200 OK\r\nname: ".into()),
            Step::Repeat(line.into(), Duration::ZERO),
        ];
        let (error, memory, written) = measured(steps);
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::TooLarge, Outcome::Unknown),
            "{error:?}"
        );
        assert!(memory < 3 * MIB as u64, "{memory} bytes");
        assert!(written < 2 * MIB + MAX_UNREAD, "{written} bytes");
    }
}

#[tokio::test]
async fn head_above_the_limits_is_too_large() {
    let with = |headers: &str| {
        write(http_response(
            &format!("200 OK\r\n{headers}x: y"),
            TRANSACTION,
        ))
    };
    assert_read(with(&"name: value\r\n".repeat(90))).await;
    assert_read(with(&format!("name: {}\r\n", "x".repeat(100_000)))).await;
    for headers in [
        "name: value\r\n".repeat(101),
        "name: value\r\n".repeat(10_000),
        format!("name: {}\r\n", "x".repeat(1_000_000)),
        format!("{}: value\r\n", "x".repeat(1_000_000)),
        format!("name: {}\r\n", "x".repeat(9_000)).repeat(99),
    ] {
        let (capture, details) = errors_of(&with(&headers)).await;
        for (error, outcome) in [(capture, Outcome::Unknown), (details, Outcome::NoEffect)] {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::TooLarge, outcome),
                "{error:?}"
            );
        }
    }
    // An endless status line is limited too.
    assert_unclear(
        write(format!("HTTP/1.1 200 {}\r\n\r\n", "x".repeat(1_000_000))),
        ErrorKind::TooLarge,
    )
    .await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The client decompresses nothing, so a small response cannot become a large one. This holds even
/// if another crate in the dependency tree enables decompression in reqwest, as the tests of this
/// crate do.
#[tokio::test]
async fn compressed_response_is_not_unpacked() {
    let spaces = vec![b' '; 4 * MIB];
    for (encoding, body) in [
        ("gzip", gzip(&spaces)),
        ("x-gzip", gzip(&spaces)),
        ("gzip, gzip", gzip(&gzip(&spaces))),
        ("deflate", zlib(&spaces)),
        // This body would fit after decompression.
        ("gzip", gzip(TRANSACTION.as_bytes())),
        ("deflate", zlib(TRANSACTION.as_bytes())),
        // These bodies are not valid. A client that decompressed them would fail in another way.
        ("br", gzip(&spaces)),
        ("zstd", gzip(&spaces)),
    ] {
        let length = body.len();
        assert!(length < MAX_ERROR_BODY, "{length}");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n"
        );
        let steps = write([head.into_bytes(), body.clone()].concat());
        let (capture, details) = errors_of(&steps).await;
        for (error, outcome) in [(capture, Outcome::Unknown), (details, Outcome::NoEffect)] {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Decode, outcome),
                "{encoding}: {error:?}"
            );
            assert_eq!(error.raw_body(), body, "{encoding}");
        }
    }
}

#[tokio::test]
async fn requests_accept_no_compression() {
    for own in [true, false] {
        let server = RawServer::start(vec![response("200 OK", TRANSACTION)]);
        let builder = server.builder();
        let builder = if own {
            builder
        } else {
            builder.http_client_builder(reqwest::Client::builder().gzip(true).deflate(true))
        };
        capture(&builder.build().unwrap()).await.unwrap();
        assert_eq!(server.requests()[0].header("accept-encoding"), None);
    }
}

/// A retry would return the same response.
#[tokio::test]
async fn a_response_that_is_too_large_is_not_retried() {
    let too_large = padded(MIB + 1);
    for steps in [
        write(full(&too_large)),
        write(chunked(&too_large)),
        write(format!("HTTP/1.1 200 OK\r\n\r\n{too_large}")),
    ] {
        let server = RawServer::start(vec![steps]);
        let policy = vipps::RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
        // Each call has its own client, because the server may close the first connection while the
        // second call uses it.
        let client = || server.builder().retry(policy.clone()).build().unwrap();
        let capture = payment(&client()).capture_remaining().await.map(drop);
        let details = payment(&client()).details().await.map(drop);
        for error in [capture.unwrap_err(), details.unwrap_err()] {
            assert_eq!(
                (error.kind(), error.attempts()),
                (ErrorKind::TooLarge, 1),
                "{error:?}"
            );
            assert!(!error.is_retryable());
        }
        assert_eq!(server.requests().len(), 2);
    }
}
