//! The sender of messages to the merchant: plain HTTP to the addresses that the test routed, and
//! nowhere else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::simulator::delivery::Job;
use crate::simulator::engine::Engine;

/// The largest part of a merchant's response that is read, in bytes.
const LARGEST_RESPONSE: usize = 64 * 1024;

/// Runs until the server stops.
pub(crate) async fn run(engine: Arc<Engine>) {
    loop {
        for job in engine.collect() {
            tokio::spawn(deliver(job, Arc::clone(&engine)));
        }
        match engine.next_due() {
            Some(time) => drop(tokio::time::timeout(time, engine.nudged()).await),
            None => engine.nudged().await,
        }
    }
}

async fn deliver(job: Job, engine: Arc<Engine>) {
    if !job.wait.is_zero() {
        tokio::time::sleep(job.wait).await;
    }
    let limit = job.outgoing.message.timeout;
    let response = match tokio::time::timeout(limit, post(&job)).await {
        Ok(response) => response,
        Err(_) => Err(format!(
            "no response within {} s",
            Duration::as_secs(&limit)
        )),
    };
    engine.delivered(job, response);
}

async fn post(job: &Job) -> Result<(u16, Bytes), String> {
    let stream = connect(job.to).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let mut request = hyper::Request::builder()
        .method(job.outgoing.message.method.clone())
        .uri(job.path.as_str());
    for (name, value) in &job.headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(job.body.clone()))
        .map_err(|error| error.to_string())?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LARGEST_RESPONSE)
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    connection.abort();
    Ok((status, body))
}

async fn connect(to: SocketAddr) -> Result<TcpStream, String> {
    TcpStream::connect(to)
        .await
        .map_err(|error| error.to_string())
}
