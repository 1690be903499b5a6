//! The last step before the wire: one request, one answer, read under a cap, and a failure that says whether the
//! request can have left.

#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use pin_project_lite::pin_project;
use url::Url;

use crate::error::Error;
use crate::http_client::HttpClient;

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

/// An answer whose body has been read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: http::StatusCode,
    /// In a box, since an answer is handed on from step to step.
    pub(crate) headers: Box<http::HeaderMap>,
    pub(crate) body: Bytes,
}

/// reqwest, or what the caller brought.
#[derive(Debug)]
pub(crate) enum Wire {
    Reqwest(HttpClient),
    Custom(Arc<dyn Transport>),
}

impl Wire {
    /// Returns the way to this URL for one call.
    ///
    /// # Errors
    /// When there is no tokio runtime, or the HTTP client cannot be made.
    pub(crate) fn way(&self, url: &Url) -> Result<Way<'_>, Error> {
        match self {
            Self::Reqwest(client) => client.get(url).map(Way::Reqwest),
            Self::Custom(transport) => Ok(Way::Custom(&**transport)),
        }
    }
}

/// As [`Wire`], for one call.
pub(crate) enum Way<'a> {
    Reqwest(reqwest::Client),
    Custom(&'a dyn Transport),
}

impl<'a> Way<'a> {
    /// Begins to send, and reads the response when it is awaited.
    ///
    /// No `async fn`, which would keep room for the request until the response.
    pub(crate) fn send(
        &self,
        request: reqwest::Request,
    ) -> Sent<'a, impl Future<Output = Result<Reply, TransportError>> + Send + use<>> {
        match *self {
            Self::Reqwest(ref http) => Sent::Reqwest {
                answer: answer(http.execute(request)),
            },
            Self::Custom(transport) => match hand_over(transport, request) {
                Ok(answer) => Sent::Custom { answer },
                Err(error) => Sent::Failed { error: Some(error) },
            },
        }
    }
}

/// Apart from the way through reqwest, which needs little room.
#[inline(never)]
fn hand_over(
    transport: &dyn Transport,
    request: reqwest::Request,
) -> Result<TransportFuture<'_>, TransportError> {
    plain(request).map(|request| transport.send(request))
}

pin_project! {
    /// A request on its way.
    #[project = SentParts]
    pub(crate) enum Sent<'a, F> {
        Reqwest { #[pin] answer: F },
        Custom { answer: TransportFuture<'a> },
        Failed { error: Option<TransportError> },
    }
}

impl<F: Future<Output = Result<Reply, TransportError>>> Future for Sent<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            SentParts::Reqwest { answer } => answer.poll(cx),
            SentParts::Custom { answer } => answer.as_mut().poll(cx).map(|done| checked(done?)),
            SentParts::Failed { error } => error
                .take()
                .map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
        }
    }
}

/// What reqwest brings.
async fn answer(
    sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
) -> Result<Reply, TransportError> {
    let mut response = sent.await.map_err(classify)?;
    let cap = if response.status().is_success() {
        MAX_BODY
    } else {
        MAX_ERROR_BODY
    };
    let body = read(&mut response, cap).await?;
    Ok(Reply {
        status: response.status(),
        headers: Box::new(std::mem::take(response.headers_mut())),
        body: unmarked(body),
    })
}

/// What a transport of the caller's own brings.
fn checked(response: http::Response<Bytes>) -> Result<Reply, TransportError> {
    let (parts, mut body) = response.into_parts();
    if parts.status.is_success() {
        if body.len() > MAX_BODY {
            return Err(TransportError::too_large(BODY_TOO_LARGE));
        }
    } else {
        body.truncate(MAX_ERROR_BODY);
    }
    Ok(Reply {
        status: parts.status,
        headers: Box::new(parts.headers),
        body: unmarked(body),
    })
}

#[cfg(feature = "testing")]
impl Wire {
    /// The wire as a transport, for whatever stands in front of it.
    pub(crate) fn transport(self) -> Arc<dyn Transport> {
        match self {
            Self::Reqwest(_) => Arc::new(Network(self)),
            Self::Custom(transport) => transport,
        }
    }
}

#[cfg(feature = "testing")]
#[derive(Debug)]
struct Network(Wire);

#[cfg(feature = "testing")]
impl Transport for Network {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(unbuilt)?;
            let way = self.0.way(request.url());
            let way = way.map_err(TransportError::not_sent)?;
            let reply = way.send(request).await?;
            let mut response = http::Response::new(reply.body);
            *response.status_mut() = reply.status;
            *response.headers_mut() = *reply.headers;
            Ok(response)
        })
    }
}

/// The body without the byte order mark that some servers put before their JSON, which no reader of JSON takes.
fn unmarked(body: Bytes) -> Bytes {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if body.starts_with(MARK) {
        body.slice(MARK.len()..)
    } else {
        body
    }
}

/// Reads a body up to `cap` bytes. Beyond it an error's body is cut and a success is refused; either way the
/// connection is dropped rather than drained.
async fn read(response: &mut reqwest::Response, cap: usize) -> Result<Bytes, TransportError> {
    let success = response.status().is_success();
    if success && response.content_length().is_some_and(|n| n > cap as u64) {
        return Err(TransportError::too_large(BODY_TOO_LARGE));
    }
    let Some(mut first) = response.chunk().await.map_err(broken)? else {
        return Ok(Bytes::new());
    };
    if first.len() <= cap {
        let Some(second) = response.chunk().await.map_err(broken)? else {
            return Ok(first);
        };
        // Seldom, so that not every call has the room for it.
        return Box::pin(read_more(response, cap, &[first, second])).await;
    }
    if success {
        return Err(TransportError::too_large(BODY_TOO_LARGE));
    }
    first.truncate(cap);
    Ok(first)
}

/// The rest of a body that comes in pieces.
async fn read_more(
    response: &mut reqwest::Response,
    cap: usize,
    begin: &[Bytes],
) -> Result<Bytes, TransportError> {
    let mut whole = BytesMut::with_capacity(begin.iter().map(Bytes::len).sum());
    for part in begin {
        whole.extend_from_slice(part);
    }
    while whole.len() <= cap {
        match response.chunk().await.map_err(broken)? {
            Some(chunk) => whole.extend_from_slice(&chunk),
            None => return Ok(whole.freeze()),
        }
    }
    if response.status().is_success() {
        return Err(TransportError::too_large(BODY_TOO_LARGE));
    }
    whole.truncate(cap);
    Ok(whole.freeze())
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

fn plain(request: reqwest::Request) -> Result<http::Request<Bytes>, TransportError> {
    let request = http::Request::<reqwest::Body>::try_from(request).map_err(unbuilt)?;
    let (parts, body) = request.into_parts();
    let body = body
        .as_bytes()
        .map(Bytes::copy_from_slice)
        .unwrap_or_default();
    Ok(http::Request::from_parts(parts, body))
}
