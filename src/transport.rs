//! The last step before the wire: one request, one answer, read under a cap, and a failure that says whether the
//! request can have left.

#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use url::Url;

use crate::error::Error;
use crate::http_client::ReqwestClients;

/// The largest answer that is read: 1 MiB. The API's own are below 100 KiB.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// How much of an error's body is kept: 64 KiB.
pub(crate) const MAX_ERROR_BODY: usize = 64 << 10;

const BODY_TOO_LARGE: &str = "the body is above 1 MiB";

/// What [`Transport::send`] returns.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Carries one request to the API and brings the answer back. Replace it to go without reqwest, through a proxy of
/// your own, or without any network in tests.
///
/// An implementation must make exactly one attempt, must not follow redirects, and should stop reading an answer at
/// 1 MiB. Retries, tokens, deadlines and idempotency keys are the caller's work and already in the request.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends the request.
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_>;
}

/// Why a [`Transport`] has no answer. The difference between the constructors is whether money may have moved.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) stage: Stage,
    source: Arc<dyn StdError + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No byte of the request can have reached the API, or the server has refused to look at it.
    NotSent,
    /// The request may have arrived.
    MaybeSent,
    /// The answer is larger than the cap.
    TooLarge,
}

impl TransportError {
    /// No byte of the request left: no name, no connection, no TLS session; or the server has said that it did not look
    /// at the request, as HTTP/2 can.
    pub fn not_sent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            stage: Stage::NotSent,
            source: Arc::from(source.into()),
        }
    }

    /// The request may have arrived: the connection broke, or the answer came in pieces.
    pub fn maybe_sent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            stage: Stage::MaybeSent,
            source: Arc::from(source.into()),
        }
    }

    fn too_large(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            stage: Stage::TooLarge,
            source: Arc::from(source.into()),
        }
    }

    pub(crate) fn source_arc(&self) -> Arc<dyn StdError + Send + Sync> {
        self.source.clone()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::NotSent => "the request could not be sent",
            Stage::MaybeSent => "the connection broke after the request may have left",
            Stage::TooLarge => "the answer is larger than this client reads",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// A response whose body has been read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends the requests of a client: with reqwest, or with a transport of the caller's own.
#[derive(Debug)]
pub(crate) enum HttpClient {
    Reqwest(ReqwestClients),
    Custom(Arc<dyn Transport>),
}

impl HttpClient {
    /// Returns the sender of the requests of one call.
    ///
    /// # Errors
    /// When there is no tokio runtime, or the HTTP client cannot be made.
    pub(crate) fn sender(&self, url: &Url) -> Result<HttpSender<'_>, Error> {
        match self {
            Self::Reqwest(clients) => clients.get(url).map(HttpSender::Reqwest),
            Self::Custom(transport) => Ok(HttpSender::Custom(&**transport)),
        }
    }
}

/// Sends the requests of one call.
pub(crate) enum HttpSender<'a> {
    Reqwest(reqwest::Client),
    Custom(&'a dyn Transport),
}

impl HttpSender<'_> {
    /// Sends one request, and reads the body of its response up to the limits.
    pub(crate) async fn send(&self, request: reqwest::Request) -> Result<Reply, TransportError> {
        let (status, headers, body) = match self {
            Self::Reqwest(client) => {
                let mut response = client.execute(request).await.map_err(classify)?;
                let body = read(&mut response).await?;
                let headers = std::mem::take(response.headers_mut());
                (response.status(), headers, body)
            }
            Self::Custom(transport) => {
                let response = transport.send(in_memory(request)?).await?;
                let (parts, mut body) = response.into_parts();
                if !parts.status.is_success() {
                    body.truncate(MAX_ERROR_BODY);
                } else if body.len() > MAX_BODY {
                    return Err(TransportError::too_large(BODY_TOO_LARGE));
                }
                (parts.status, parts.headers, body)
            }
        };
        Ok(Reply {
            status,
            headers,
            body: without_byte_order_mark(body),
        })
    }
}

#[cfg(feature = "testing")]
impl HttpClient {
    /// The client as a transport, for a recorder in front of it.
    pub(crate) fn into_transport(self) -> Arc<dyn Transport> {
        match self {
            Self::Reqwest(_) => Arc::new(Network(self)),
            Self::Custom(transport) => transport,
        }
    }
}

#[cfg(feature = "testing")]
#[derive(Debug)]
struct Network(HttpClient);

#[cfg(feature = "testing")]
impl Transport for Network {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(unbuilt)?;
            let sender = self.0.sender(request.url());
            let reply = sender
                .map_err(TransportError::not_sent)?
                .send(request)
                .await?;
            let mut response = http::Response::new(reply.body);
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok(response)
        })
    }
}

/// Some servers send a byte order mark before their JSON, which no JSON reader accepts.
fn without_byte_order_mark(body: Bytes) -> Bytes {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if body.starts_with(MARK) {
        body.slice(MARK.len()..)
    } else {
        body
    }
}

/// Reads a body up to the limit of its status. Beyond the limit the body of an error is cut, and a success is refused.
/// In both cases the connection is dropped rather than drained.
async fn read(response: &mut reqwest::Response) -> Result<Bytes, TransportError> {
    let is_success = response.status().is_success();
    let limit = if is_success { MAX_BODY } else { MAX_ERROR_BODY };
    if is_success && response.content_length().is_some_and(|n| n > limit as u64) {
        return Err(TransportError::too_large(BODY_TOO_LARGE));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            if is_success {
                return Err(TransportError::too_large(BODY_TOO_LARGE));
            }
            body.truncate(limit);
            break;
        }
    }
    Ok(body.freeze())
}

/// A request that could not be converted.
fn unbuilt(error: reqwest::Error) -> TransportError {
    TransportError::not_sent(strip(error))
}

fn broken(error: reqwest::Error) -> TransportError {
    TransportError::maybe_sent(Box::new(strip(error)))
}

fn classify(error: reqwest::Error) -> TransportError {
    let not_sent =
        error.is_connect() || error.is_builder() || causes(&error).any(is_refused_unread);
    let large = causes(&error).any(is_large_head);
    let error = strip(error);
    if not_sent {
        TransportError::not_sent(error)
    } else if large {
        TransportError::too_large(error)
    } else {
        TransportError::maybe_sent(error)
    }
}

type Cause<'a> = &'a (dyn StdError + 'static);

fn causes(error: &reqwest::Error) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(error.source(), |cause: &Cause<'_>| (*cause).source())
}

/// Whether the server has let nobody see the request, as RFC 9113 has it (8.7, 6.8): a stream that is refused, or one
/// that came after the last one of a connection that is going away. An `h2` of another version is not recognized here,
/// which leaves the request in doubt.
fn is_refused_unread(cause: Cause<'_>) -> bool {
    let Some(error) = cause.downcast_ref::<h2::Error>().filter(|e| e.is_remote()) else {
        return false;
    };
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    refused || (error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR))
}

/// Whether the answer's head is what was too large: above hyper's 100 headers or 400 KiB. hyper has no other way to ask
/// that a client could use; if it changes its words this is a broken connection, which is as unclear.
fn is_large_head(cause: Cause<'_>) -> bool {
    cause.to_string() == "message head is too large"
}

/// Without the URL, which holds order ids.
fn strip(error: reqwest::Error) -> reqwest::Error {
    error.without_url()
}

/// The request with its body in memory, for a transport of the caller's own.
fn in_memory(request: reqwest::Request) -> Result<http::Request<Bytes>, TransportError> {
    let request = http::Request::<reqwest::Body>::try_from(request).map_err(unbuilt)?;
    let (parts, body) = request.into_parts();
    let body = body
        .as_bytes()
        .map(Bytes::copy_from_slice)
        .unwrap_or_default();
    Ok(http::Request::from_parts(parts, body))
}
