//! HTTP/2: refused streams and connections that shut down. By default reqwest retries some of these
//! requests. Only the retry loop of the crate may retry.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use vipps::{ErrorKind, Outcome, RetryPolicy};

use super::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The response to every request except those for a token.
#[derive(Clone, Copy, Debug)]
enum StreamEnd {
    Success,
    /// `RST_STREAM` with this code.
    Refused(u32),
    /// `GOAWAY` with this code, followed by the end of the connection. The last accepted stream is
    /// that of this request, or the one before it.
    GoAway(u32, bool),
    Close,
    /// Status 400 with this body, which ends as the second field describes.
    Error(&'static str, BodyEnd),
}

/// The end of an error's body.
#[derive(Clone, Copy, Debug)]
enum BodyEnd {
    Whole,
    /// `RST_STREAM` with this code.
    Reset(u32),
    /// `GOAWAY` with this code, and the end of the connection.
    GoAway(u32),
    Close,
}

/// A server that speaks HTTP/2 without TLS. The first request is for a token. The responses to the
/// others are a script, whose last entry repeats.
struct Server {
    address: std::net::SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(script: Vec<StreamEnd>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let (count, script) = (requests.clone(), Arc::new(Mutex::new(script)));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (count, script) = (count.clone(), script.clone());
                // An error of a broken connection is expected.
                std::thread::spawn(move || serve(connection, &count, &script).ok());
            }
        });
        Self { address, requests }
    }

    /// Returns the number of requests without the token request.
    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst) - 1
    }

    fn builder(&self) -> vipps::VippsBuilder {
        let number = "123456".parse().unwrap();
        let keys = vipps::Credentials::new("id", "secret", "key", number).unwrap();
        let url = format!("http://{}", self.address);
        vipps::Vipps::builder(keys)
            .environment(vipps::Environment::custom(&url).unwrap())
            .http_client_builder(reqwest::Client::builder().http2_prior_knowledge())
            .retry(RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO))
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// `:status: 200`, which is number 8 of the static table, and a body.
fn success(stream: u32, body: &str) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, &[0x88]);
    [head, frame(DATA, END_STREAM, stream, body.as_bytes())].concat()
}

/// `:status: 400`, which is number 12 of the static table, and a body.
fn error(stream: u32, body: &str, is_complete: bool) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, &[0x8c]);
    let flags = if is_complete { END_STREAM } else { 0 };
    [head, frame(DATA, flags, stream, body.as_bytes())].concat()
}

fn serve(
    mut connection: TcpStream,
    count: &AtomicUsize,
    script: &Mutex<Vec<StreamEnd>>,
) -> std::io::Result<()> {
    let mut preface = [0; 24];
    connection.read_exact(&mut preface)?;
    connection.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        connection.read_exact(&mut payload)?;
        match kind {
            SETTINGS | PING if flags & ACK == 0 => {
                let payload_of_ack = if kind == PING { &payload[..] } else { &[] };
                connection.write_all(&frame(kind, ACK, 0, payload_of_ack))?;
            }
            HEADERS | DATA if flags & END_STREAM != 0 => {
                if count.fetch_add(1, Ordering::SeqCst) == 0 {
                    let token = r#"{"access_token":"raw.token","expires_in":"3600"}"#;
                    connection.write_all(&success(stream, token))?;
                    continue;
                }
                let mut script = script.lock().unwrap();
                let end = if script.len() > 1 {
                    script.remove(0)
                } else {
                    script[0]
                };
                drop(script);
                match end {
                    StreamEnd::Success => connection.write_all(&success(stream, TRANSACTION))?,
                    StreamEnd::Refused(code) => {
                        connection.write_all(&frame(RST_STREAM, 0, stream, &code.to_be_bytes()))?;
                    }
                    StreamEnd::GoAway(code, taken_in) => {
                        let last = if taken_in {
                            stream
                        } else {
                            stream.saturating_sub(2)
                        };
                        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
                        connection.write_all(&frame(GOAWAY, 0, 0, &payload))?;
                        connection.shutdown(Shutdown::Write)?;
                        // Unread bytes would turn the close into a reset, which overtakes the
                        // frame.
                        std::io::copy(&mut connection, &mut std::io::sink())?;
                        return Ok(());
                    }
                    StreamEnd::Close => return Ok(()),
                    StreamEnd::Error(body, end) => {
                        let is_complete = matches!(end, BodyEnd::Whole);
                        connection.write_all(&error(stream, body, is_complete))?;
                        match end {
                            BodyEnd::Whole => {}
                            BodyEnd::Reset(code) => {
                                let code = code.to_be_bytes();
                                connection.write_all(&frame(RST_STREAM, 0, stream, &code))?;
                            }
                            BodyEnd::GoAway(code) => {
                                let payload = [stream.to_be_bytes(), code.to_be_bytes()].concat();
                                connection.write_all(&frame(GOAWAY, 0, 0, &payload))?;
                                connection.shutdown(Shutdown::Write)?;
                                std::io::copy(&mut connection, &mut std::io::sink())?;
                                return Ok(());
                            }
                            BodyEnd::Close => return Ok(()),
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// After these responses the API may have read the request.
const MAYBE_PROCESSED: [StreamEnd; 7] = [
    StreamEnd::Refused(ENHANCE_YOUR_CALM),
    StreamEnd::Refused(NO_ERROR),
    StreamEnd::GoAway(NO_ERROR, true),
    StreamEnd::GoAway(REFUSED_STREAM, false),
    StreamEnd::GoAway(ENHANCE_YOUR_CALM, true),
    StreamEnd::GoAway(ENHANCE_YOUR_CALM, false),
    StreamEnd::Close,
];

/// After these responses the API has not read the request.
const NOT_PROCESSED: [StreamEnd; 2] = [
    StreamEnd::Refused(REFUSED_STREAM),
    StreamEnd::GoAway(NO_ERROR, false),
];

#[tokio::test]
async fn complete_http2_response_is_read() {
    let server = Server::start(vec![StreamEnd::Success]);
    let vipps = server.builder().build().unwrap();
    for _ in 0..3 {
        capture(&vipps).await.unwrap();
    }
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn an_initiate_that_may_have_been_read_is_sent_once() {
    for end in MAYBE_PROCESSED {
        let server = Server::start(vec![end, StreamEnd::Success]);
        let vipps = server.builder().build().unwrap();
        let error = initiate(&vipps).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connection, Outcome::Unknown, 1),
            "{end:?} {error:?}"
        );
        assert_eq!(server.requests(), 1, "{end:?}");
    }
}

/// Every request is made by the retry loop, so it is counted, traced and subject to the limits.
#[tokio::test]
async fn a_capture_is_repeated_by_the_attempt_loop_alone() {
    for end in MAYBE_PROCESSED {
        let server = Server::start(vec![end]);
        let vipps = server.builder().build().unwrap();
        let error = capture(&vipps).await.unwrap_err();
        assert_eq!(
            (error.outcome(), error.attempts()),
            (Outcome::Unknown, 3),
            "{end:?} {error:?}"
        );
        assert_eq!(server.requests(), 3, "{end:?}");
        assert_eq!(vipps.metrics().attempts, 3, "{end:?}");

        let server = Server::start(vec![end, StreamEnd::Success]);
        capture(&server.builder().build().unwrap()).await.unwrap();
        assert_eq!(server.requests(), 2, "{end:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_not_read_is_retried_by_the_policy() {
    for end in NOT_PROCESSED {
        let server = Server::start(vec![end, StreamEnd::Success]);
        let vipps = server.builder().build().unwrap();
        // The response has no landing page. The test only requires that a response arrived.
        let error = initiate(&vipps).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 2));
        assert_eq!(server.requests(), 2, "{end:?}");
        assert_eq!(vipps.metrics().attempts, 2, "{end:?}");

        // The API has not counted a request that it did not read, so only the policy limits the
        // attempts.
        let server = Server::start(vec![end]);
        let error = initiate(&server.builder().build().unwrap())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connect, Outcome::NotSent, 3),
            "{end:?} {error:?}"
        );
        assert_eq!(server.requests(), 3, "{end:?}");

        let server = Server::start(vec![end]);
        let error = capture(&server.builder().build().unwrap())
            .await
            .unwrap_err();
        assert_eq!((error.outcome(), error.attempts()), (Outcome::NotSent, 3));
        assert_eq!(server.requests(), 3, "{end:?}");
    }
}

const REFUSAL: &str = r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x"}]"#;

/// Returns the outcomes of a capture and of an initiate with this end of the response.
async fn outcomes(end: StreamEnd) -> [Outcome; 2] {
    let server = Server::start(vec![end]);
    let vipps = server.builder().retry(RetryPolicy::none()).build().unwrap();
    [
        capture(&vipps).await.unwrap_err().outcome(),
        initiate(&vipps).await.unwrap_err().outcome(),
    ]
}

/// hyper reports a reset with `NO_ERROR` as the orderly end of a body. Any other end is a
/// connection error, so a part of the response may be missing.
#[tokio::test]
async fn a_whole_error_is_a_refusal_only_after_an_orderly_end() {
    for (end, outcome) in [
        (BodyEnd::Whole, Outcome::Rejected),
        (BodyEnd::Reset(NO_ERROR), Outcome::Rejected),
        (BodyEnd::Reset(CANCEL), Outcome::Unknown),
        (BodyEnd::GoAway(NO_ERROR), Outcome::Unknown),
        (BodyEnd::GoAway(ENHANCE_YOUR_CALM), Outcome::Unknown),
        (BodyEnd::Close, Outcome::Unknown),
    ] {
        let is_complete = StreamEnd::Error(REFUSAL, end);
        assert_eq!(outcomes(is_complete).await, [outcome; 2], "{is_complete:?}");
    }
}

/// Unfinished JSON may lack the code that makes a refusal inconclusive.
#[tokio::test]
async fn an_error_cut_by_http2_leaves_a_write_unknown() {
    let mut calls = JoinSet::new();
    for end in [
        BodyEnd::Whole,
        BodyEnd::Reset(NO_ERROR),
        BodyEnd::Reset(CANCEL),
        BodyEnd::GoAway(NO_ERROR),
        BodyEnd::GoAway(ENHANCE_YOUR_CALM),
        BodyEnd::Close,
    ] {
        for length in [0, 1, 20, REFUSAL.len() - 2, REFUSAL.len() - 1] {
            calls.spawn(async move {
                let cut = StreamEnd::Error(&REFUSAL[..length], end);
                assert_eq!(outcomes(cut).await, [Outcome::Unknown; 2], "{cut:?}");
            });
        }
    }
    calls.join_all().await;
}
