//! A merchant that receives webhooks on a loopback port, and responds with chosen statuses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::Request as AxumRequest;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use vipps::simulator::Simulator;
use vipps::webhooks::Verifier;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Vec<Request>,
    statuses: VecDeque<u16>,
}

pub(crate) struct Receiver {
    shared: Arc<Mutex<Shared>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts a receiver of all calls that the simulator makes. It responds with 200.
    pub(crate) async fn start(sim: &Simulator) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        sim.route_all(listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let recorder = Arc::clone(&shared);
        let app = axum::Router::new().fallback(async move |request: AxumRequest| {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let mut shared = recorder.lock().unwrap();
            shared.requests.push(Request {
                method: parts.method,
                headers: parts.headers,
                body,
            });
            StatusCode::from_u16(shared.statuses.pop_front().unwrap_or(200)).unwrap()
        });
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { shared, server }
    }

    /// Responds to the next requests with these statuses, and to later ones with 200.
    pub(crate) fn respond_with(&self, statuses: impl IntoIterator<Item = u16>) {
        self.shared.lock().unwrap().statuses.extend(statuses);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().unwrap().requests.clone()
    }

    /// Returns the bodies of the requests that this verifier accepts.
    pub(crate) fn verified(&self, verifier: &Verifier) -> Vec<Value> {
        let requests = self.requests().into_iter();
        let valid = requests.filter(|request| {
            let Request {
                method,
                headers,
                body,
            } = request;
            verifier.verify_parts(method, headers, body).is_ok()
        });
        valid
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}
