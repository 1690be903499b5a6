//! The floor: a raw socket, requests written by hand, answers read with serde.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::bare::{PAGE, bearer, constant_headers, fresh_key};
use super::server::{Server, length};
use super::{Operation, bodies, read};

#[derive(Debug)]
pub struct Socket {
    /// What every request has after its first line.
    head: Vec<u8>,
    wire: Mutex<Wire>,
}

#[derive(Debug)]
struct Wire {
    stream: TcpStream,
    out: Vec<u8>,
    back: Vec<u8>,
}

impl Socket {
    pub async fn connect(server: &Server) -> Self {
        let mut head = Vec::new();
        let mut put = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        put("host", server.address().to_string().as_bytes());
        for (name, value) in &constant_headers() {
            put(name.as_str(), value.as_bytes());
        }
        put("authorization", bearer().as_bytes());
        let stream = TcpStream::connect(server.address())
            .await
            .expect("a server");
        stream.set_nodelay(true).expect("a socket");
        Self {
            head,
            wire: Mutex::new(Wire {
                stream,
                out: Vec::new(),
                back: vec![0; 16 << 10],
            }),
        }
    }

    pub async fn call(&self, operation: Operation) {
        let mut wire = self.wire.lock().await;
        let Wire { stream, out, back } = &mut *wire;
        out.clear();
        let path = operation.path();
        let method = operation.method();
        let accept = operation.accept();
        write!(out, "{method} {path} HTTP/1.1\r\naccept: {accept}\r\n").expect("memory");
        out.extend_from_slice(&self.head);
        let body = match operation {
            Operation::Initiate => serde_json::to_vec(&bodies::initiate()),
            Operation::Details => Ok(Vec::new()),
            Operation::OneTimeQr => serde_json::to_vec(&bodies::one_time_qr(PAGE)),
            Operation::Capture => serde_json::to_vec(&bodies::capture()),
        };
        let body = body.expect("a body");
        if operation == Operation::Capture {
            write!(out, "x-request-id: {}\r\n", fresh_key()).expect("memory");
        }
        if operation == Operation::Details {
            out.extend_from_slice(b"\r\n");
        } else {
            let length = body.len();
            write!(
                out,
                "content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            )
            .expect("memory");
            out.extend_from_slice(&body);
        }
        stream.write_all(out).await.expect("a connection");
        let mut filled = 0;
        loop {
            filled += match stream.read(&mut back[filled..]).await {
                Ok(0) | Err(_) => panic!("the server is gone"),
                Ok(read) => read,
            };
            let Some(head) = memchr::memmem::find(&back[..filled], b"\r\n\r\n") else {
                continue;
            };
            let whole = head + 4 + length(&back[..head + 4]);
            if filled >= whole {
                assert!(back.starts_with(b"HTTP/1.1 200 "), "a success");
                read(operation, &back[head + 4..whole]);
                return;
            }
        }
    }
}
