//! A server that writes given bytes to the socket unchanged.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

/// One action of the server on a connection.
#[derive(Clone, Debug)]
pub enum Step {
    Write(Payload),
    /// Writes the same bytes repeatedly until the client disconnects.
    Repeat(Payload, Duration),
    Pause(Duration),
    /// Closes the writing side. The reading side stays open until the client closes it.
    HalfClose,
    /// Keeps the connection open until the client closes it.
    Hold,
    Reset,
    /// Reads another request from the same connection.
    ReadNext,
}

/// Bytes whose `Debug` output is truncated, for the message of a failed test.
#[derive(Clone)]
pub struct Payload(Vec<u8>);

impl<T: Into<Vec<u8>>> From<T> for Payload {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.0[..self.0.len().min(120)];
        let length = self.0.len();
        write!(f, "{:?} of {length} bytes", String::from_utf8_lossy(start))
    }
}

/// The steps after a request has been read. The connection is closed after the last one.
pub type Steps = Vec<Step>;

pub fn write(bytes: impl Into<Payload>) -> Steps {
    vec![Step::Write(bytes.into()), Step::HalfClose]
}

pub fn stall(bytes: impl Into<Payload>) -> Steps {
    vec![Step::Write(bytes.into()), Step::Hold]
}

/// Writes a complete response and leaves the connection open.
pub fn write_and_keep_alive(bytes: impl Into<Payload>) -> Steps {
    vec![Step::Write(bytes.into()), Step::ReadNext]
}

pub fn http_response(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

pub fn response(status: &str, body: &str) -> Steps {
    let head = format!("{status}\r\ncontent-type: application/json\r\nconnection: close");
    write(http_response(&head, body))
}

const TOKEN: &str = r#"{"access_token":"raw.token","expires_in":"3600"}"#;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The index of the connection, counted from 0.
    pub connection: usize,
    pub text: String,
}

impl Request {
    pub fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.text.lines().skip(1).take_while(|l| !l.is_empty());
        let mut pairs = lines.filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    pub fn body(&self) -> &str {
        self.text
            .split_once("\r\n\r\n")
            .map_or("", |(_, body)| body)
    }
}

#[derive(Debug, Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    script: Mutex<Vec<Steps>>,
    /// True if a connection stays open after a token response.
    keep_alive: bool,
    is_stopped: AtomicBool,
    connections: AtomicUsize,
    written: AtomicUsize,
}

/// A raw server on loopback. It responds to token requests by itself. Every other request consumes
/// one entry of the script, and the last entry repeats. Dropping the server closes its port.
pub struct RawServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RawServer {
    /// Starts a server that closes the connection after a token response, so that each API request
    /// opens a new one.
    pub fn start(script: Vec<Steps>) -> Self {
        Self::with(script, false)
    }

    /// Starts a server that keeps connections open after a token response.
    pub fn with_keep_alive(script: Vec<Steps>) -> Self {
        Self::with(script, true)
    }

    fn with(script: Vec<Steps>, keep_alive: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            keep_alive,
            ..Shared::default()
        });
        let thread_shared = shared.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if thread_shared.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = thread_shared.clone();
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || shared.serve(connection, number));
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns all requests except those for tokens.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// Returns the number of bytes of the script that the sockets have accepted.
    pub fn written(&self) -> usize {
        self.shared.written.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn builder(&self) -> vipps::VippsBuilder {
        let number = "123456".parse().expect("a number");
        let credentials = vipps::Credentials::new("raw-id", "raw-secret", "raw-key", number)
            .expect("credentials");
        vipps::Vipps::builder(credentials)
            .environment(vipps::Environment::custom(&self.base_url()).expect("a URL"))
            .retry(vipps::RetryPolicy::none())
    }

    pub fn client(&self) -> vipps::Vipps {
        self.builder().build().expect("a client")
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Unblocks the listener, which then stops.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn serve(&self, mut connection: TcpStream, number: usize) {
        let _ = connection.set_read_timeout(Some(Duration::from_secs(30)));
        let _ = connection.set_nodelay(true);
        while let Some(text) = read_request(&mut connection) {
            let steps = if text.contains("/accesstoken/get") {
                if self.keep_alive {
                    write_and_keep_alive(http_response("200 OK", TOKEN))
                } else {
                    response("200 OK", TOKEN)
                }
            } else {
                lock(&self.requests).push(Request {
                    connection: number,
                    text,
                });
                let mut script = lock(&self.script);
                if script.len() > 1 {
                    script.remove(0)
                } else {
                    script.first().cloned().unwrap_or_default()
                }
            };
            if !self.run(&mut connection, steps) {
                return;
            }
        }
    }

    /// Runs the steps. Returns true if another request should be read.
    fn run(&self, connection: &mut TcpStream, steps: Steps) -> bool {
        for step in steps {
            match step {
                Step::Write(bytes) => {
                    if !self.write(connection, &bytes.0) {
                        return false;
                    }
                }
                Step::Repeat(bytes, pause) => {
                    while self.write(connection, &bytes.0)
                        && !self.is_stopped.load(Ordering::SeqCst)
                    {
                        sleep(pause);
                    }
                    return false;
                }
                Step::Pause(pause) => sleep(pause),
                Step::HalfClose => {
                    let _ = connection.shutdown(Shutdown::Write);
                    drain(connection);
                    return false;
                }
                Step::Hold => {
                    drain(connection);
                    return false;
                }
                Step::Reset => {
                    // With a linger of zero the kernel sends a reset instead of an orderly close.
                    let _ = socket2::SockRef::from(&*connection).set_linger(Some(Duration::ZERO));
                    return false;
                }
                Step::ReadNext => return true,
            }
        }
        false
    }

    fn write(&self, connection: &mut TcpStream, bytes: &[u8]) -> bool {
        // Writes in parts, so that the number of accepted bytes is known after a failure.
        for part in bytes.chunks(16 << 10) {
            if connection.write_all(part).is_err() {
                return false;
            }
            self.written.fetch_add(part.len(), Ordering::SeqCst);
        }
        true
    }
}

/// Reads until the client closes its side.
fn drain(connection: &mut TcpStream) {
    let mut sink = [0; 4096];
    while connection.read(&mut sink).is_ok_and(|read| read > 0) {}
}

/// Reads the whole head and body.
fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let lower = text.to_ascii_lowercase();
            let length = lower
                .lines()
                .find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
    }
}
