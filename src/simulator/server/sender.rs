//! The sender of messages to the merchant: to the test's code, or in plain HTTP to the addresses
//! that the test routed, and nowhere else.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::simulator::delivery::{Destination, Job, Receiver};
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
            Some(time) => drop(tokio::time::timeout(time, engine.notified()).await),
            None => engine.notified().await,
        }
    }
}

async fn deliver(job: Job, engine: Arc<Engine>) {
    if !job.wait.is_zero() {
        tokio::time::sleep(job.wait).await;
    }
    let limit = job.outgoing.message.timeout;
    let response = match tokio::time::timeout(limit, send(&job)).await {
        Ok(response) => response,
        Err(_) => Err(format!("no response within {} s", limit.as_secs())),
    };
    engine.delivered(job, response);
}

/// Passes the waiting messages of a simulator in memory to the merchant's code, and the messages
/// that follow from the responses. It uses no time, so that it runs on any runtime.
pub(crate) async fn deliver_in_memory(engine: &Engine) {
    loop {
        let jobs = engine.collect();
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            let response = match &job.to {
                Destination::Receiver(receiver) => receive(receiver, &job).await,
                Destination::Address(_) => Err("a simulator in memory opens no socket".into()),
            };
            engine.delivered(job, response);
        }
    }
}

async fn send(job: &Job) -> Result<(u16, Bytes), String> {
    match &job.to {
        Destination::Receiver(receiver) => receive(receiver, job).await,
        Destination::Address(address) => post(*address, job).await,
    }
}

async fn receive(receiver: &Receiver, job: &Job) -> Result<(u16, Bytes), String> {
    let (head, body) = receiver.receive(job.request()?).await?.into_parts();
    Ok((head.status.as_u16(), body))
}

async fn post(to: SocketAddr, job: &Job) -> Result<(u16, Bytes), String> {
    let stream = connect(to).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let response = sender
        .send_request(job.request()?.map(Full::new))
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
