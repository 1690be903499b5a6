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
    Write(Text),
    /// Writes the same bytes repeatedly until the client disconnects.
    Repeat(Text, Duration),
    Pause(Duration),
    /// Closes the writing side. The reading side stays open until the client closes it.
    HalfClose,
    /// Keeps the connection open until the client closes it.
    Hold,
    Reset,
    /// Reads another request from the same connection.
    Next,
}

/// Bytes whose `Debug` output is truncated, for the message of a failed test.
#[derive(Clone)]
pub struct Text(Vec<u8>);

impl<T: Into<Vec<u8>>> From<T> for Text {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.0[..self.0.len().min(120)];
        let length = self.0.len();
        write!(f, "{:?} of {length} bytes", String::from_utf8_lossy(start))
    }
}

/// The steps after a request has been read. The connection is closed after the last step.
pub type Act = Vec<Step>;

pub fn write(bytes: impl Into<Text>) -> Act {
    vec![Step::Write(bytes.into()), Step::HalfClose]
}

pub fn stall(bytes: impl Into<Text>) -> Act {
    vec![Step::Write(bytes.into()), Step::Hold]
}

/// Writes a complete response and leaves the connection open.
pub fn write_and_keep(bytes: impl Into<Text>) -> Act {
    vec![Step::Write(bytes.into()), Step::Next]
}

pub fn with_head(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

pub fn response(status: &str, body: &str) -> Act {
    let head = format!("{status}\r\ncontent-type: application/json\r\nconnection: close");
    write(with_head(&head, body))
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
    script: Mutex<Vec<Act>>,
    /// True if a connection stays open after a token response.
    keeps: bool,
    over: AtomicBool,
    connections: AtomicUsize,
    written: AtomicUsize,
}

/// A raw server on loopback. It serves token requests by itself. Every other request consumes one
/// act of the script, and the last act repeats. Dropping the server closes its port.
pub struct RawServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RawServer {
    /// Starts a server that closes the connection after a token response, so that each API request
    /// opens a new one.
    pub fn start(script: Vec<Act>) -> Self {
        Self::with(script, false)
    }

    /// Starts a server that keeps connections open after a token response.
    pub fn keeping(script: Vec<Act>) -> Self {
        Self::with(script, true)
    }

    fn with(script: Vec<Act>, keeps: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            keeps,
            ..Shared::default()
        });
        let of_thread = shared.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if of_thread.over.load(Ordering::SeqCst) {
                    return;
                }
                let shared = of_thread.clone();
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

    /// Returns the number of act bytes that the sockets have accepted.
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
        self.shared.over.store(true, Ordering::SeqCst);
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
            let act = if text.contains("/accesstoken/get") {
                if self.keeps {
                    write_and_keep(with_head("200 OK", TOKEN))
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
            if !self.play(&mut connection, act) {
                return;
            }
        }
    }

    /// Runs an act. Returns true if another request should be read.
    fn play(&self, connection: &mut TcpStream, act: Act) -> bool {
        for step in act {
            match step {
                Step::Write(bytes) => {
                    if !self.write(connection, &bytes.0) {
                        return false;
                    }
                }
                Step::Repeat(bytes, pause) => {
                    while self.write(connection, &bytes.0) && !self.over.load(Ordering::SeqCst) {
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
                    // A linger of zero makes the kernel send a reset in place of an orderly end.
                    let _ = socket2::SockRef::from(&*connection).set_linger(Some(Duration::ZERO));
                    return false;
                }
                Step::Next => return true,
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

/// Reads until the client ends its side.
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
