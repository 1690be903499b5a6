//! The sender of calls to the merchant: plain HTTP to the addresses that the test routed, and
//! nowhere else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::engine::{Engine, Job};

/// The largest part of a merchant's response that is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Runs until the server stops.
pub(crate) async fn run(engine: Arc<Engine>) {
    loop {
        for job in engine.collect() {
            tokio::spawn(carry(job, Arc::clone(&engine)));
        }
        match engine.next_due() {
            Some(time) => drop(tokio::time::timeout(time, engine.nudged()).await),
            None => engine.nudged().await,
        }
    }
}

async fn carry(job: Job, engine: Arc<Engine>) {
    if !job.wait.is_zero() {
        tokio::time::sleep(job.wait).await;
    }
    let limit = job.call.reason.timeout();
    let answer = match tokio::time::timeout(limit, post(&job)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", Duration::as_secs(&limit))),
    };
    engine.delivered(job, answer);
}

async fn post(job: &Job) -> Result<(u16, Bytes), String> {
    let stream = connect(job.to).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let mut request = hyper::Request::builder()
        .method(job.call.method.clone())
        .uri(job.path.as_str());
    for (name, value) in &job.headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(job.body.clone()))
        .map_err(|error| error.to_string())?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), LARGEST_ANSWER)
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
