//! The HTTP/1.1 server. It runs on its own thread, so that it serves tests of any runtime or
//! without one. It transfers bytes and breaks a connection if a fault requires it. All decisions
//! are made in other modules.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::control;
use super::engine::{Barrier, Dispatch, Engine, Transmission};
use super::gateway::{Request, Response, errors};

mod faulty_stream;
mod in_memory;
mod pending_request;
mod sender;

pub use in_memory::InMemory;
pub use pending_request::{PendingRequest, WireResponse};
pub(crate) use sender::deliver_in_memory;

use faulty_stream::{FaultyStream, Plan};

/// The largest body that is read, in bytes. The requests of these APIs are far smaller.
const LARGEST_REQUEST: usize = 1024 * 1024;

/// A running server. Dropping it stops the server and frees the port.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn listener(address: SocketAddr) -> io::Result<StdListener> {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    pub(crate) fn start(
        listener: StdListener,
        engine: Arc<Engine>,
        serves_page: bool,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (report, started) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("vipps-simulator".into())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(report.send(Err(error))),
                };
                runtime.block_on(async move {
                    match TcpListener::from_std(listener) {
                        Ok(listener) => {
                            tokio::spawn(sender::run(Arc::clone(&engine)));
                            let site = Arc::new(Site {
                                engine,
                                serves_page,
                            });
                            tokio::spawn(accept(listener, site));
                            drop(report.send(Ok(())));
                            drop(stopped.await);
                        }
                        Err(error) => drop(report.send(Err(error))),
                    }
                });
            })?;
        started.recv().map_err(io::Error::other)??;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The services behind the server.
struct Site {
    engine: Arc<Engine>,
    #[cfg_attr(not(feature = "simulator-page"), expect(dead_code))]
    serves_page: bool,
}

async fn accept(listener: TcpListener, site: Arc<Site>) {
    loop {
        // The process probably has too many open files. Other connections will close.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        tokio::spawn(connection(stream, Arc::clone(&site)));
    }
}

async fn connection(stream: TcpStream, site: Arc<Site>) {
    // Without `TCP_NODELAY`, a small response waits for the client's acknowledgement. An error
    // means that the connection is already closed, which is harmless.
    drop(stream.set_nodelay(true));
    let plan = Plan::default();
    let io = TokioIo::new(FaultyStream::new(stream, plan.clone()));
    let service = service_fn(move |request| {
        let (site, plan) = (Arc::clone(&site), plan.clone());
        async move { Ok::<_, Infallible>(exchange(request, &site, &plan).await) }
    });
    let served = http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .serve_connection(io, service)
        .await;
    if let Err(error) = served {
        tracing::trace!(%error, "a connection to the simulator broke");
    }
}

async fn exchange(
    request: hyper::Request<Incoming>,
    site: &Site,
    plan: &Plan,
) -> hyper::Response<Full<Bytes>> {
    let engine = &site.engine;
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return encode(
                &errors::gateway(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
                engine,
            )
            .map(Full::new);
        }
        // The client closed the connection, so this response is never read.
        Err(_) => {
            return encode(
                &errors::gateway(StatusCode::BAD_REQUEST, "Bad Request"),
                engine,
            )
            .map(Full::new);
        }
    };
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
    };
    #[cfg(feature = "simulator-page")]
    if site.serves_page
        && let Some(response) = control::page::respond(&request)
    {
        return encode(&response, engine).map(Full::new);
    }
    if let Some(response) = control::respond(engine, &request) {
        return encode(&response, engine).map(Full::new);
    }
    let arrival = engine.arrive(&request);
    let (before, after) = arrival.barriers();
    wait(arrival.wait(), before).await;
    let Dispatch {
        response,
        wait: late,
        transmission,
    } = engine.respond(&request, &arrival);
    wait(late, after).await;
    if transmission == Transmission::Stalled {
        std::future::pending::<()>().await;
    }
    let encoded = encode(&response, engine);
    plan.set(transmission, encoded.body().len());
    encoded.map(Full::new)
}

async fn wait(time: std::time::Duration, barrier: Option<Barrier>) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
    if let Some(barrier) = barrier {
        barrier.pass().await;
    }
}

/// Encodes a response as HTTP, with a `Date` from the simulator's clock.
pub(crate) fn encode(response: &Response, engine: &Engine) -> http::Response<Bytes> {
    let (media_type, body) = response.encoded();
    let mut encoded = http::Response::new(body);
    *encoded.status_mut() = response.status;
    let default_headers = [
        (
            header::CONTENT_TYPE,
            media_type.map(HeaderValue::from_static),
        ),
        (header::DATE, date(engine.now())),
    ];
    let default_headers = default_headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    encoded
        .headers_mut()
        .extend(default_headers.chain(response.headers.iter().cloned()));
    encoded
}

/// Returns the value of `Date`, or `None` outside the years 0 to 9999, which the clock never
/// reaches.
fn date(now: Timestamp) -> Option<HeaderValue> {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    HeaderValue::try_from(date.ok()?).ok()
}
