//! The calls over a raw socket, which has the lowest possible cost. Responses are decoded with
//! serde.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::bare::{PAGE, bearer, constant_headers, fresh_key};
use super::server::{Server, length};
use super::{Operation, bodies, read};

/// A client with one raw socket.
#[derive(Debug)]
pub struct Socket {
    /// The header lines that all requests have in common.
    head: Vec<u8>,
    connection: Mutex<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    response: Vec<u8>,
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
            connection: Mutex::new(Connection {
                stream,
                request: Vec::new(),
                response: vec![0; 16 << 10],
            }),
        }
    }

    pub async fn call(&self, operation: Operation) {
        let mut connection = self.connection.lock().await;
        let Connection {
            stream,
            request,
            response,
        } = &mut *connection;
        request.clear();
        let path = operation.path();
        let method = operation.method();
        let accept = operation.accept();
        write!(request, "{method} {path} HTTP/1.1\r\naccept: {accept}\r\n")
            .expect("a Vec accepts all bytes");
        request.extend_from_slice(&self.head);
        let body = match operation {
            Operation::Initiate => serde_json::to_vec(&bodies::initiate()),
            Operation::Details => Ok(Vec::new()),
            Operation::OneTimeQr => serde_json::to_vec(&bodies::one_time_qr(PAGE)),
            Operation::Capture => serde_json::to_vec(&bodies::capture()),
        };
        let body = body.expect("a body");
        if operation == Operation::Capture {
            write!(request, "x-request-id: {}\r\n", fresh_key()).expect("a Vec accepts all bytes");
        }
        if operation == Operation::Details {
            request.extend_from_slice(b"\r\n");
        } else {
            let length = body.len();
            write!(
                request,
                "content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            )
            .expect("a Vec accepts all bytes");
            request.extend_from_slice(&body);
        }
        stream.write_all(request).await.expect("a connection");
        let mut filled = 0;
        loop {
            filled += match stream.read(&mut response[filled..]).await {
                Ok(0) | Err(_) => panic!("the server closed the connection"),
                Ok(read) => read,
            };
            let Some(head) = memchr::memmem::find(&response[..filled], b"\r\n\r\n") else {
                continue;
            };
            let end = head + 4 + length(&response[..head + 4]);
            if filled >= end {
                assert!(response.starts_with(b"HTTP/1.1 200 "), "a success status");
                read(operation, &response[head + 4..end]);
                return;
            }
        }
    }
}
