//! A server on loopback, on its own thread, with prebuilt responses that the request line selects.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::responses::{CAPTURED, DETAILS, INITIATED, ONE_TIME_QR};
use super::token;

/// A running server. It stops when the process exits.
#[derive(Clone, Debug)]
pub struct Server {
    address: SocketAddr,
    pub recorder: Arc<Recorder>,
}

/// The last request that the server has received, for tests.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Set to record each request in `last_request`.
    pub enabled: AtomicBool,
    pub last_request: Mutex<Vec<u8>>,
}

/// Returns a success response with this body.
pub fn response(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ndate: Wed, 14 Nov 2018 15:23:00 GMT\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Returns the body of a response with a token that expires after a day.
fn token_body() -> String {
    format!(
        r#"{{"token_type":"Bearer","expires_in":"86400","ext_expires_in":"0","access_token":"{}"}}"#,
        token()
    )
}

impl Server {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let recorder = Arc::new(Recorder::default());
        let shared = recorder.clone();
        let serve = async move {
            let listener = TcpListener::from_std(listener).expect("a runtime");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, shared.clone()));
            }
        };
        std::thread::spawn(move || runtime().block_on(serve));
        Self { address, recorder }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Returns a runtime that runs on the calling thread.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn connection(mut stream: TcpStream, recorder: Arc<Recorder>) {
    let (initiated, details, code, captured) = (
        response(INITIATED),
        response(DETAILS),
        response(ONE_TIME_QR),
        response(CAPTURED),
    );
    let token = response(&token_body());
    let _ = stream.set_nodelay(true);
    let mut buffer = vec![0; 16 << 10];
    let mut filled = 0;
    loop {
        let Some(whole) = request(&buffer[..filled]) else {
            match stream.read(&mut buffer[filled..]).await {
                Ok(0) | Err(_) => return,
                Ok(read) => filled += read,
            }
            continue;
        };
        let head = &buffer[..whole];
        if recorder.enabled.load(Ordering::Relaxed) {
            head.clone_into(
                &mut recorder
                    .last_request
                    .lock()
                    .expect("no panic while it is held"),
            );
        }
        let line = &head[..head.iter().position(|b| *b == b'\r').unwrap_or(whole)];
        let response_bytes = if line.ends_with(b"/details HTTP/1.1") {
            &details
        } else if line.ends_with(b"/capture HTTP/1.1") {
            &captured
        } else if line.ends_with(b"/payments HTTP/1.1") {
            &initiated
        } else if line.starts_with(b"POST /qr/v1 ") {
            &code
        } else if line.starts_with(b"POST /accesstoken/get ") {
            &token
        } else {
            panic!("unexpected request: {}", String::from_utf8_lossy(line))
        };
        if stream.write_all(response_bytes).await.is_err() {
            return;
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// Returns the length of the first request if all of it has been received.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let body = length(&bytes[..head]);
    (bytes.len() >= head + body).then_some(head + body)
}

/// Returns the value of the `content-length` header, or 0 if it is missing.
///
/// All clients of this module write header names in lower case.
pub fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    memchr::memmem::find(head, NAME).map_or(0, |at| {
        head[at + NAME.len()..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .fold(0, |n, digit| n * 10 + usize::from(digit - b'0'))
    })
}
