//! A server that speaks bytes: what it answers is written to the socket as it stands.

#![allow(unreachable_pub, reason = "each test file uses a part")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// What to do with a connection once a request has been read from it.
#[derive(Clone, Debug)]
pub enum Act {
    /// Write these bytes, then close.
    Write(Vec<u8>),
    /// Write these bytes and keep the connection open without another word.
    Stall(Vec<u8>),
    /// Reset the connection.
    Reset,
    /// Close the writing side at once.
    Close,
}

/// A raw server on loopback. It answers token requests properly and everything else by script: one act a request,
/// the last one repeated.
pub struct RawServer {
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _stop: Receiver<()>,
}

pub fn answer(status: &str, body: &str) -> Act {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    Act::Write(format!("{head}connection: close\r\n\r\n{body}").into_bytes())
}

impl RawServer {
    pub fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (sender, stop) = channel::<()>();
        let record = requests.clone();
        let script = Arc::new(Mutex::new(script.into_iter().peekable()));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                // The receiver is gone when the test is over.
                if sender.send(()).is_err() {
                    return;
                }
                let (record, script) = (record.clone(), script.clone());
                if let Ok(connection) = connection {
                    std::thread::spawn(move || serve(connection, &record, &script));
                }
            }
        });
        Self {
            address,
            requests,
            _stop: stop,
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of the requests, the token's left out.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics here").clone()
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

type Script = Mutex<std::iter::Peekable<std::vec::IntoIter<Act>>>;

fn serve(mut connection: TcpStream, record: &Mutex<Vec<String>>, script: &Script) {
    let _ = connection.set_read_timeout(Some(Duration::from_secs(30)));
    let Some(request) = read_request(&mut connection) else {
        return;
    };
    let act = if request.contains("/accesstoken/get") {
        answer(
            "200 OK",
            r#"{"access_token":"raw.token","expires_in":"3600"}"#,
        )
    } else {
        record
            .lock()
            .expect("no test panics here")
            .push(request.lines().next().unwrap_or_default().to_owned());
        let mut script = script.lock().expect("no test panics here");
        let next = script.next();
        let last = next.clone();
        match next {
            Some(act) => {
                // The last act stays for whatever comes after it.
                if script.peek().is_none() {
                    *script = vec![last.expect("just taken"); 64].into_iter().peekable();
                }
                act
            }
            None => Act::Close,
        }
    };
    match act {
        Act::Write(bytes) => {
            let _ = connection.write_all(&bytes);
            let _ = connection.shutdown(Shutdown::Write);
        }
        Act::Stall(bytes) => {
            let _ = connection.write_all(&bytes);
            let _ = connection.flush();
            let mut sink = [0; 64];
            let _ = connection.read(&mut sink);
        }
        Act::Reset => {
            // A linger of zero makes the kernel send a reset in place of an orderly end.
            let _ = socket2::SockRef::from(&connection).set_linger(Some(Duration::ZERO));
        }
        Act::Close => {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Reads head and body; leaves nothing unread.
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
            let length = text
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("content-length:")
                        .map(|v| v.trim().parse::<usize>())
                })
                .and_then(Result::ok)
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(text);
            }
        }
    }
}
