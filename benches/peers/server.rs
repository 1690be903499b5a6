//! A server on loopback with prebuilt responses, selected by the request line, on a thread of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::answers::{CAPTURED, DETAILS, INITIATED, ONE_TIME_QR};
use super::token;

/// Stops with the process.
#[derive(Clone, Debug)]
pub struct Server {
    address: SocketAddr,
    pub seen: Arc<Seen>,
}

/// What the server has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Whether to keep the last request.
    pub record: AtomicBool,
    pub last: Mutex<Vec<u8>>,
}

pub fn answer(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ndate: Wed, 14 Nov 2018 15:23:00 GMT\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A token that expires in a day.
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
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        let serve = async move {
            let listener = TcpListener::from_std(listener).expect("a runtime");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, shared.clone()));
            }
        };
        std::thread::spawn(move || runtime().block_on(serve));
        Self { address, seen }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A runtime on the calling thread alone.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn connection(mut stream: TcpStream, seen: Arc<Seen>) {
    let (initiated, details, code, captured) = (
        answer(INITIATED),
        answer(DETAILS),
        answer(ONE_TIME_QR),
        answer(CAPTURED),
    );
    let token = answer(&token_body());
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
        if seen.record.load(Ordering::Relaxed) {
            head.clone_into(&mut seen.last.lock().expect("no panic while it is held"));
        }
        let line = &head[..head.iter().position(|b| *b == b'\r').unwrap_or(whole)];
        let reply = if line.ends_with(b"/details HTTP/1.1") {
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
            panic!("no such call: {}", String::from_utf8_lossy(line))
        };
        if stream.write_all(reply).await.is_err() {
            return;
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// The length of the first whole request.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let body = length(&bytes[..head]);
    (bytes.len() >= head + body).then_some(head + body)
}

/// The content length that a head tells. Every client here writes its headers in lower case.
pub fn length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    memchr::memmem::find(head, NAME).map_or(0, |at| {
        head[at + NAME.len()..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .fold(0, |n, digit| n * 10 + usize::from(digit - b'0'))
    })
}
