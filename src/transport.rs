//! The transport of one attempt: sends a request, reads its response up to a limit, and classifies
//! a failure by whether the request may have been sent.

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

/// The largest response body that is read: 1 MiB. Bodies of the API are below 100 KiB.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// The part of an error's body that is read: 64 KiB.
pub(crate) const MAX_ERROR_BODY: usize = 64 << 10;

const BODY_TOO_LARGE: &str = "the body is larger than 1 MiB";

/// The future that [`Transport::send`] returns.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Sends one request to the API and returns the response.
///
/// Implement it to use another HTTP client than reqwest, or to test without a network.
///
/// An implementation must make exactly one attempt, must not follow redirects, and should stop
/// reading a body at 1 MiB. The client handles retries, tokens, time limits and idempotency keys.
///
/// ```
/// use bytes::Bytes;
/// use vipps::{Transport, TransportError, TransportFuture};
///
/// /// An HTTP client of your own.
/// #[derive(Debug)]
/// struct MyHttp;
///
/// # #[derive(Debug)] enum Failure { Connect(std::io::Error), Broken(std::io::Error) }
/// # impl MyHttp { async fn one_attempt(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, Failure> {
/// #     Err(Failure::Connect(std::io::ErrorKind::ConnectionRefused.into())) } }
/// impl Transport for MyHttp {
///     fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
///         Box::pin(async move {
///             self.one_attempt(request).await.map_err(|failure| match failure {
///                 // Only if no byte of the request can have been sent.
///                 Failure::Connect(error) => TransportError::not_sent(error),
///                 Failure::Broken(error) => TransportError::maybe_sent(error),
///             })
///         })
///     }
/// }
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = vipps::Credentials::new("id", "secret", "key", "123456".parse()?)?;
/// let vipps = vipps::Vipps::builder(keys).transport(MyHttp).build()?;
/// # let error = vipps.epayment().payment("acme-order-1001".parse()?).details().await.unwrap_err();
/// # assert_eq!(error.outcome(), vipps::Outcome::NotSent);
/// # Ok(()) }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends the request once.
    ///
    /// # Errors
    /// [`TransportError::not_sent`] only if no byte of the request can have reached the API,
    /// otherwise [`TransportError::maybe_sent`]. The client retries requests that were not sent, so
    /// a wrong error may move money twice.
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_>;
}

/// The error of a [`Transport`], which has an example.
///
/// The constructor states whether money may have moved.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) stage: Stage,
    source: Arc<dyn StdError + Send + Sync>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No byte of the request can have reached the API, or the server refused the request
    /// unprocessed.
    NotSent,
    /// The request may have arrived.
    MaybeSent,
    /// The response is larger than the limit.
    TooLarge,
}

impl TransportError {
    /// Creates the error of a request that was not sent: name resolution, the connection or the TLS
    /// handshake failed, or the server refused the request unprocessed, as HTTP/2 can.
    pub fn not_sent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            stage: Stage::NotSent,
            source: Arc::from(source.into()),
        }
    }

    /// Creates the error of a request that may have arrived: the connection broke after the request
    /// was sent, or the response is incomplete.
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
            Stage::MaybeSent => "the connection broke after the request may have been sent",
            Stage::TooLarge => "the response is larger than the limit of 1 MiB",
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
pub(crate) struct HttpResponse {
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

/// The HTTP client: reqwest, or a custom transport.
#[derive(Debug)]
pub(crate) enum HttpClient {
    Reqwest(ReqwestClients),
    Custom(Arc<dyn Transport>),
}

impl HttpClient {
    /// Returns the sender of the requests of one call.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if there is no tokio runtime,
    /// or the reqwest client cannot be built.
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
    /// Sends one request and reads the body of its response, up to [`MAX_BODY`] or
    /// [`MAX_ERROR_BODY`].
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
    ) -> Result<HttpResponse, TransportError> {
        let (status, headers, body) = match self {
            Self::Reqwest(client) => {
                let mut response = client.execute(request).await.map_err(classify)?;
                let body = read_body(&mut response).await?;
                let headers = std::mem::take(response.headers_mut());
                (response.status(), headers, body)
            }
            Self::Custom(transport) => {
                let response = transport.send(into_http_request(request)?).await?;
                let (parts, mut body) = response.into_parts();
                if !parts.status.is_success() {
                    body.truncate(MAX_ERROR_BODY);
                } else if body.len() > MAX_BODY {
                    return Err(TransportError::too_large(BODY_TOO_LARGE));
                }
                (parts.status, parts.headers, body)
            }
        };
        Ok(HttpResponse {
            status,
            headers,
            body: without_byte_order_mark(body),
        })
    }
}

#[cfg(feature = "testing")]
impl HttpClient {
    /// Returns the client as a transport, for a recorder that wraps it.
    pub(crate) fn into_transport(self) -> Arc<dyn Transport> {
        match self {
            Self::Reqwest(_) => Arc::new(Network(self)),
            Self::Custom(transport) => transport,
        }
    }
}

/// The built-in HTTP client as a transport.
#[cfg(feature = "testing")]
#[derive(Debug)]
struct Network(HttpClient);

#[cfg(feature = "testing")]
impl Transport for Network {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(conversion_error)?;
            let sender = self.0.sender(request.url());
            let received = sender
                .map_err(TransportError::not_sent)?
                .send(request)
                .await?;
            let mut response = http::Response::new(received.body);
            *response.status_mut() = received.status;
            *response.headers_mut() = received.headers;
            Ok(response)
        })
    }
}

/// Removes a leading byte order mark. Some servers send one before their JSON, and JSON parsers
/// refuse it.
fn without_byte_order_mark(body: Bytes) -> Bytes {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if body.starts_with(MARK) {
        body.slice(MARK.len()..)
    } else {
        body
    }
}

/// Reads a body up to the limit of its status. Beyond the limit, the body of an error is cut, and a
/// success fails. In both cases the connection is closed instead of drained.
async fn read_body(response: &mut reqwest::Response) -> Result<Bytes, TransportError> {
    let is_success = response.status().is_success();
    let limit = if is_success { MAX_BODY } else { MAX_ERROR_BODY };
    if is_success && response.content_length().is_some_and(|n| n > limit as u64) {
        return Err(TransportError::too_large(BODY_TOO_LARGE));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(body_error)? {
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

/// Converts the error of a request that could not be built.
fn conversion_error(error: reqwest::Error) -> TransportError {
    TransportError::not_sent(without_url(error))
}

fn body_error(error: reqwest::Error) -> TransportError {
    TransportError::maybe_sent(Box::new(without_url(error)))
}

fn classify(error: reqwest::Error) -> TransportError {
    let not_sent =
        error.is_connect() || error.is_builder() || causes(&error).any(is_refused_unprocessed);
    let large = causes(&error).any(is_head_too_large);
    let error = without_url(error);
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

/// Returns `true` if the server states that it did not process the request (RFC 9113, sections 8.7
/// and 6.8): the stream was refused, or the connection was shutting down. Errors of another `h2`
/// version are not recognized; the request then counts as possibly sent.
fn is_refused_unprocessed(cause: Cause<'_>) -> bool {
    let Some(error) = cause.downcast_ref::<h2::Error>().filter(|e| e.is_remote()) else {
        return false;
    };
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    refused || (error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR))
}

/// Returns `true` if the head of the response exceeds hyper's limits of 100 headers or 400 KiB.
/// hyper exposes this only through the message. If the message changes, the failure counts as a
/// broken connection, with the same outcome.
fn is_head_too_large(cause: Cause<'_>) -> bool {
    cause.to_string() == "message head is too large"
}

/// Removes the URL, which contains order ids.
fn without_url(error: reqwest::Error) -> reqwest::Error {
    error.without_url()
}

/// Converts the request for a custom transport.
fn into_http_request(request: reqwest::Request) -> Result<http::Request<Bytes>, TransportError> {
    let request = http::Request::<reqwest::Body>::try_from(request).map_err(conversion_error)?;
    let (parts, body) = request.into_parts();
    let body = body
        .as_bytes()
        .map(Bytes::copy_from_slice)
        .unwrap_or_default();
    Ok(http::Request::from_parts(parts, body))
}
