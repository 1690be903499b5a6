//! Connections that fail to open, and responses that are truncated or invalid.

use std::io::Write as _;

use vipps::{Environment, ErrorKind, Outcome};

use super::*;
use crate::raw::{RawServer, Step, response, write};

#[tokio::test]
async fn complete_response_is_read() {
    let server = RawServer::start(vec![response("200 OK", TRANSACTION)]);
    let done = capture(&server.client()).await.unwrap();
    assert_eq!(
        done.amount,
        Some(vipps::Amount::minor(100, vipps::Currency::NOK))
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].first_line(),
        "POST /ecomm/v2/payments/o-1/capture HTTP/1.1"
    );
}

#[tokio::test]
async fn refused_connection_is_not_sent() {
    let server = RawServer::start(vec![response("200 OK", TRANSACTION)]);
    let vipps = server.client();
    capture(&vipps).await.unwrap();
    drop(server);
    // The token is cached, so the call itself fails to connect.
    let errors = [
        capture(&vipps).await.unwrap_err(),
        details(&vipps).await.unwrap_err(),
        initiate(&vipps).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Connect, Outcome::NotSent),
            "{error:?}"
        );
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn refused_connection_of_the_token_is_not_sent() {
    let server = RawServer::start(vec![]);
    let vipps = server.client();
    drop(server);
    let error = capture(&vipps).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::NotSent)
    );
    assert!(error.is_retryable() && error.is_connect());
    assert!(error.hint().unwrap().contains("offline"));
}

/// The client expects TLS. The server sends other bytes, sends nothing, or closes the connection.
#[tokio::test]
async fn failed_tls_handshake_is_not_sent() {
    for reaction in ["bytes", "silence", "close"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                match reaction {
                    "bytes" => drop(connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
                    "silence" => std::mem::forget(connection),
                    _ => {}
                }
            }
        });
        let vipps = RawServer::start(vec![])
            .builder()
            .environment(Environment::custom(&url).unwrap())
            .connect_timeout(STALLED / 2)
            .build()
            .unwrap();
        let error = capture(&vipps).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Connect, Outcome::NotSent),
            "{reaction}: {error:?}"
        );
    }
}

#[tokio::test]
async fn cut_responses_are_broken_connections() {
    let whole = full(TRANSACTION);
    let head = whole.len() - TRANSACTION.len();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let close: Steps = vec![];
    for steps in [
        close,
        vec![Step::Reset],
        // The server closes its writing side before, within and after the head, and continues to
        // read.
        vec![Step::HalfClose],
        write("H"),
        write("HTTP/1.1 200 OK\r\ncontent-le"),
        write(&whole[..head - 1]),
        write(&whole[..head]),
        write(&whole[..whole.len() - 1]),
        write(format!("{chunked}5\r\n{{\"ord")),
        write(format!("{chunked}{:x}\r\n{TRANSACTION}", TRANSACTION.len())),
        write(format!(
            "{chunked}{:x}\r\n{TRANSACTION}\r\n",
            TRANSACTION.len()
        )),
        // The connection ends with a reset.
        vec![Step::Write(whole[..head - 1].into()), Step::Reset],
        vec![
            Step::Write(whole[..head + 9].into()),
            Step::Pause(PAUSE),
            Step::Reset,
        ],
    ] {
        assert_unclear(steps, ErrorKind::Connection).await;
    }
}

#[tokio::test]
async fn bytes_without_http_are_a_broken_connection() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\0\x01\x02\u{ff}\u{fe}",
        "\r\n\r\n\r\n",
        "200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 twohundred OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "HTTP/1.1 -200 OK\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nna me: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: x\0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname: x\r\n folded\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "<html><body>502</body></html>\r\n\r\n",
        TRANSACTION,
    ] {
        assert_unclear(write(bytes), ErrorKind::Connection).await;
    }
}

/// Without a length the body ends with the connection. Only the body itself shows whether it is
/// complete.
#[tokio::test]
async fn body_without_a_length_ends_with_the_connection() {
    for version in ["1.0", "1.1"] {
        let head = format!("HTTP/{version} 200 OK\r\n\r\n");
        assert_read(write(format!("{head}{TRANSACTION}"))).await;
        let cut = &TRANSACTION[..TRANSACTION.len() - 1];
        assert_unclear(write(format!("{head}{cut}")), ErrorKind::Decode).await;
        assert_unclear(write(head), ErrorKind::Decode).await;
    }
}

#[tokio::test]
async fn response_without_reason_or_with_bare_line_feeds_is_read() {
    let length = TRANSACTION.len();
    for head in [
        format!("HTTP/1.1 200\r\ncontent-length: {length}\r\n\r\n"),
        format!("HTTP/1.1 200 \r\nContent-Length: {length}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\ncontent-length: {length}\n\n"),
    ] {
        assert_read(write(format!("{head}{TRANSACTION}"))).await;
    }
}
