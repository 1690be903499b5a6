//! The calls with hyper alone, and with the connection pool of hyper-util.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::bare::{PAGE, bearer, constant_headers, fresh_key};
use super::server::Server;
use super::{Operation, bodies, read};

/// Returns the headers that all requests have in common, including the token.
fn common_headers(server: &Server) -> HeaderMap {
    let mut headers = constant_headers();
    headers.insert(AUTHORIZATION, bearer());
    let host = server.address().to_string();
    headers.insert(HOST, HeaderValue::try_from(host).expect("an address"));
    headers
}

fn request(operation: Operation, base: &str, common: &HeaderMap) -> Request<Full<Bytes>> {
    let body = match operation {
        Operation::Initiate => serde_json::to_vec(&bodies::initiate()),
        Operation::Details => Ok(Vec::new()),
        Operation::OneTimeQr => serde_json::to_vec(&bodies::one_time_qr(PAGE)),
        Operation::Capture => serde_json::to_vec(&bodies::capture()),
    };
    let body = Full::new(Bytes::from(body.expect("a body")));
    let mut request = Request::new(body);
    *request.method_mut() = operation.method().parse().expect("a method");
    *request.uri_mut() = format!("{base}{}", operation.path())
        .parse()
        .expect("a URI");
    let headers = request.headers_mut();
    headers.clone_from(common);
    headers.insert(ACCEPT, HeaderValue::from_static(operation.accept()));
    if operation != Operation::Details {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if operation == Operation::Capture {
        let key = HeaderValue::try_from(fresh_key()).expect("ASCII");
        headers.insert("x-request-id", key);
    }
    request
}

async fn read_response(operation: Operation, response: http::Response<hyper::body::Incoming>) {
    assert!(response.status().is_success(), "a success status");
    let body = response.into_body().collect().await.expect("a body");
    read(operation, &body.to_bytes());
}

/// A client with one connection of hyper.
#[derive(Debug)]
pub struct Hyper {
    headers: HeaderMap,
    connection: Mutex<SendRequest<Full<Bytes>>>,
}

impl Hyper {
    pub async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address())
            .await
            .expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        Self {
            headers: common_headers(server),
            connection: Mutex::new(sender),
        }
    }

    pub async fn call(&self, operation: Operation) {
        let request = request(operation, "", &self.headers);
        let mut connection = self.connection.lock().await;
        connection.ready().await.expect("a connection");
        let response = connection.send_request(request).await.expect("a response");
        read_response(operation, response).await;
    }
}

/// A client with the connection pool of hyper-util, which reqwest uses.
#[derive(Debug)]
pub struct Pool {
    base: String,
    headers: HeaderMap,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Pool {
    pub fn new(server: &Server) -> Self {
        let mut headers = common_headers(server);
        headers.remove(HOST);
        Self {
            base: server.base(),
            headers,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub async fn call(&self, operation: Operation) {
        let request = request(operation, &self.base, &self.headers);
        let response = self.client.request(request).await.expect("a response");
        read_response(operation, response).await;
    }
}
