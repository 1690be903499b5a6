//! A timeout before the connection exists proves that no request was sent.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use vipps::testing::Recorder;
use vipps::{Clock, Environment, Error, ErrorKind, Outcome, Vipps, VippsBuilder};

use crate::raw::{RawServer, Step, http_response, stall, write_and_keep_alive};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(30);
/// The delay that a busy machine may add to a task.
const TOLERANCE: Duration = Duration::from_secs(10);
/// The time within which a busy machine connects and sends a request.
const CONNECT_TIME: Duration = Duration::from_secs(1);

/// Starts a server that accepts TCP connections and never sends a byte.
pub(crate) fn silent_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let connections: Vec<_> = listener.incoming().flatten().collect();
        drop(connections);
    });
    address
}

/// A listener whose queue is full, so that the system drops each further attempt to connect.
struct FullQueue {
    address: SocketAddr,
    _held: (Socket, Vec<TcpStream>),
}

impl FullQueue {
    fn start() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        socket.bind(&any.into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            queued.push(stream);
        }
        Self {
            address,
            _held: (socket, queued),
        }
    }
}

/// A client of this address whose token is already known.
pub(crate) fn client(scheme: &str, address: SocketAddr) -> VippsBuilder {
    let token = r#"{"access_token":"a.b.c","expires_in":"3600"}"#;
    let recorder = Recorder::new().respond("POST", "/accesstoken/get", 200, token);
    let number = "123456".parse().unwrap();
    let keys = vipps::Credentials::new("id", "secret", "key", number).unwrap();
    let url = format!("{scheme}://{address}");
    Vipps::builder(keys)
        .environment(Environment::custom(&url).unwrap())
        .retry(vipps::RetryPolicy::none())
        .record(&recorder)
}

async fn initiate(vipps: &Vipps, deadline: Duration) -> Error {
    let (id, text) = ("o-1".parse().unwrap(), "Tea".parse().unwrap());
    let order = vipps.ecom().initiate(id, vipps::Amount::nok(1), text);
    order.deadline(deadline).await.unwrap_err()
}

async fn capture(vipps: &Vipps, deadline: Duration) -> Error {
    let payment = vipps.ecom().payment("o-1".parse().unwrap());
    payment
        .capture_remaining()
        .deadline(deadline)
        .await
        .unwrap_err()
}

async fn assert_not_sent(builder: VippsBuilder, deadline: Duration, longest: Duration) {
    let vipps = builder.build().unwrap();
    let start_time = Instant::now();
    let (initiated, captured) = tokio::join!(initiate(&vipps, deadline), capture(&vipps, deadline));
    let duration = start_time.elapsed();
    for error in [initiated, captured] {
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connect, Outcome::NotSent, 1),
            "{error:?}"
        );
        assert!(error.is_retryable());
        assert!(duration < longest + TOLERANCE, "{duration:?}");
    }
}

#[tokio::test]
async fn deadline_during_tls_handshake_is_not_sent() {
    let server = silent_server();
    assert_not_sent(client("https", server), SHORT, SHORT).await;
    let vipps = client("https", server).build().unwrap();
    let error = format!("{:?}", capture(&vipps, SHORT).await);
    assert!(
        error.contains("no connection within the time for the attempt"),
        "{error}"
    );
}

#[tokio::test]
async fn deadline_during_tcp_connect_is_not_sent() {
    let server = FullQueue::start();
    assert_not_sent(client("http", server.address), SHORT, SHORT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadline_during_connect_is_not_sent_on_many_threads() {
    let (server, full) = (silent_server(), FullQueue::start());
    let mut calls = tokio::task::JoinSet::new();
    for at in 0..40 {
        let vipps = match at % 2 {
            0 => client("https", server),
            _ => client("http", full.address),
        };
        let vipps = vipps.build().unwrap();
        calls.spawn(async move { capture(&vipps, SHORT).await });
    }
    while let Some(error) = calls.join_next().await {
        let error = error.unwrap();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Connect, Outcome::NotSent),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn connect_limit_before_the_deadline_is_not_sent() {
    let (server, full) = (silent_server(), FullQueue::start());
    for builder in [client("https", server), client("http", full.address)] {
        assert_not_sent(builder.connect_timeout(SHORT), LONG, SHORT).await;
    }
}

#[tokio::test]
async fn attempt_limit_during_connect_is_not_sent() {
    let server = silent_server();
    assert_not_sent(client("https", server).attempt_timeout(SHORT), LONG, SHORT).await;
}

#[tokio::test]
async fn connect_with_a_client_of_the_caller_is_not_sent() {
    let own = || reqwest::Client::builder().no_proxy();
    let (server, full) = (silent_server(), FullQueue::start());
    for builder in [client("https", server), client("http", full.address)] {
        assert_not_sent(builder.http_client_builder(own()), SHORT, SHORT).await;
    }
}

/// A custom clock, with the time of tokio.
#[derive(Debug)]
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> vipps::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[tokio::test]
async fn deadline_of_an_own_clock_during_connect_is_not_sent() {
    let clock = TokioClock(tokio::time::Instant::now());
    let builder = client("https", silent_server()).clock(clock);
    assert_not_sent(builder, SHORT, SHORT).await;
}

/// The deadline passes after the connection exists: the request may have arrived.
#[tokio::test]
async fn deadline_on_a_pooled_connection_stays_unknown() {
    let transaction = r#"{"orderId":"o-1","transactionInfo":{"amount":100}}"#;
    let first = write_and_keep_alive(http_response("200 OK", transaction));
    for last in [stall(""), vec![Step::Reset], vec![]] {
        let server = RawServer::with_keep_alive(vec![first.clone(), last]);
        let vipps = server.client();
        let payment = vipps.ecom().payment("o-1".parse().unwrap());
        payment.capture_remaining().await.unwrap();
        let error = initiate(&vipps, CONNECT_TIME).await;
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        let requests = server.requests();
        assert_eq!((requests.len(), requests[1].connection), (2, 0));
    }
}

#[tokio::test]
async fn deadline_on_a_new_connection_stays_unknown() {
    let server = RawServer::start(vec![stall("")]);
    let error = initiate(&server.client(), CONNECT_TIME).await;
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Deadline, Outcome::Unknown)
    );
    assert_eq!(server.requests().len(), 1);
}

/// The deadlines are spread around the moment at which the connection is made and the request is
/// sent.
#[tokio::test]
async fn request_that_arrived_is_never_reported_as_not_sent() {
    for round in 0_u64..60 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().ok()?;
            let mut received = [0; 1];
            let arrived = connection.read(&mut received).is_ok_and(|read| read > 0);
            drop(connection.write_all(b""));
            Some(arrived)
        });
        let vipps = client("http", address).build().unwrap();
        let error = initiate(&vipps, Duration::from_micros(400 + round * 60)).await;
        drop(vipps);
        // Unblocks a server that has no connection yet.
        drop(TcpStream::connect(address));
        // The runtime must continue, because its tasks close the connection that the server reads
        // from.
        let ended = tokio::task::spawn_blocking(|| server.join().unwrap());
        let arrived = ended.await.unwrap() == Some(true);
        if arrived {
            assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        }
    }
}
