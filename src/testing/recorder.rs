//! A transport that records requests and responds with prepared responses.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::clock::ManualClock;
use super::randomness::SeededRandomness;
use super::redact::Redactor;
use super::shape::RequestShape;
use crate::clock::Clock as _;
use crate::transport::{Transport, TransportError, TransportFuture};
use crate::{Credentials, Environment, Vipps, VippsBuilder};

/// A transport that records every request, and responds with the responses of the test. Clones share
/// the recorded requests.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use vipps::testing::Recorder;
///
/// let details = "/ecomm/v2/payments/order-1/details";
/// let recorder = Recorder::new().respond("GET", details, 200, r#"{"transactionLogHistory":[]}"#);
/// recorder.client().ecom().payment("order-1".parse()?).details().await?;
///
/// let requests = recorder.requests(); // the token request comes first
/// let sent = requests.last().ok_or("no request")?;
/// assert_eq!(sent.operation(), Some("get_payment_details_using_get"));
/// assert!(sent.as_str().starts_with("GET /ecomm/v2/payments/order-1/details\n"));
/// # Ok(()) }
/// ```
#[doc(alias("mock", "fake"))]
#[derive(Clone, Default)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
    clock: ManualClock,
    inner: Option<Arc<dyn Transport>>,
}

#[derive(Default)]
struct State {
    redactor: Redactor,
    shapes: Vec<(Duration, RequestShape)>,
    responses: VecDeque<PreparedResponse>,
}

struct PreparedResponse {
    method: String,
    path: String,
    /// `None` if the response is lost.
    response: Option<http::Response<Bytes>>,
}

const TOKEN: &str =
    r#"{"token_type":"Bearer","expires_in":"3599","access_token":"canned.token.value"}"#;

impl Recorder {
    /// Creates a recorder. It responds to a token request with a token, and to every other request
    /// with HTTP 501 until a response is added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a recorder that sends requests without a prepared response, including token
    /// requests, with this transport. [`VippsBuilder::record`] does the same with the transport of
    /// a client, including the network.
    pub fn in_front_of(transport: impl Transport) -> Self {
        Self::default().with_inner(Arc::new(transport))
    }

    /// Returns a recorder with the same state that sends requests with this transport.
    pub(crate) fn with_inner(&self, transport: Arc<dyn Transport>) -> Self {
        Self {
            inner: Some(transport),
            ..self.clone()
        }
    }

    /// Adds a response to requests with this method and path (without base URL and query).
    ///
    /// Each response is returned once, in the order of the calls. The last one is returned to all
    /// further requests.
    ///
    /// # Panics
    /// Panics if the status is below 100 or above 999.
    #[must_use]
    pub fn respond(self, method: &str, path: &str, status: u16, body: &str) -> Self {
        let mut response = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
        #[expect(
            clippy::expect_used,
            reason = "an invalid status is a mistake of the test, which must fail"
        )]
        let status = http::StatusCode::from_u16(status).expect("an HTTP status");
        *response.status_mut() = status;
        self.respond_with(method, path, response)
    }

    /// Adds a response with headers; otherwise like [`respond`](Self::respond).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::testing::Recorder;
    ///
    /// let details = "/ecomm/v2/payments/order-1/details";
    /// let busy = http::Response::builder().status(429).header("retry-after", "7").body("")?;
    /// let recorder = Recorder::new()
    ///     .respond_with("GET", details, busy)
    ///     .respond("GET", details, 200, r#"{"transactionLogHistory":[]}"#);
    /// recorder.client().ecom().payment("order-1".parse()?).details().await?;
    /// assert!(recorder.to_snapshot().contains("--- 7 s later"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn respond_with(
        self,
        method: &str,
        path: &str,
        response: http::Response<impl Into<Bytes>>,
    ) -> Self {
        self.prepare(method, path, Some(response.map(Into::into)))
    }

    /// Adds a lost response to requests with this method and path: the request may have arrived,
    /// and the transport fails.
    #[must_use]
    pub fn lose_response(self, method: &str, path: &str) -> Self {
        self.prepare(method, path, None)
    }

    /// Shows the values of members and query parameters with this name, instead of placeholders.
    /// Use it for parameters of your own URLs, and for members that a later version of the API
    /// adds.
    #[must_use]
    pub fn show(self, name: &str) -> Self {
        self.state().redactor.show(name);
        self
    }

    fn prepare(self, method: &str, path: &str, response: Option<http::Response<Bytes>>) -> Self {
        self.state().responses.push_back(PreparedResponse {
            method: method.to_owned(),
            path: path.to_owned(),
            response,
        });
        self
    }

    /// Returns a client with this recorder as its transport, fixed credentials and the merchant
    /// serial number 123456. It uses the [`clock`](Self::clock) of the recorder and randomness with
    /// the seed 0, so that waits take no time and every run is the same.
    ///
    /// # Panics
    /// Panics if no HTTP client can be built, for example because the system's certificates cannot
    /// be read.
    pub fn client(&self) -> Vipps {
        #[expect(
            clippy::expect_used,
            reason = "fixed values are valid, and a test cannot continue without a client"
        )]
        self.builder()
            .and_then(VippsBuilder::build)
            .expect("a client with fixed values")
    }

    /// Returns the builder of such a client, for further settings.
    ///
    /// # Errors
    /// Never fails with the fixed values that it uses.
    pub fn builder(&self) -> crate::Result<VippsBuilder> {
        let number = "123456".parse()?;
        let credentials = Credentials::new(
            "canned-client-id",
            "canned-client-secret",
            "canned-subscription-key",
            number,
        )?;
        Ok(Vipps::builder(credentials)
            .environment(Environment::Test)
            .system("acme", "3.1.2")
            .plugin("acme-webshop", "4.5.6")
            .clock(self.clock.clone())
            .randomness(SeededRandomness::new(0))
            .transport(self.clone()))
    }

    /// Returns the clock of this recorder's clients. The waits between requests are measured by it.
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// Returns all recorded requests in order.
    pub fn requests(&self) -> Vec<RequestShape> {
        let state = self.state();
        state
            .shapes
            .iter()
            .map(|(_, shape)| shape.clone())
            .collect()
    }

    /// Returns the shapes of all requests of one operation, by its id in snake case. A line between
    /// two requests shows the wait of the client.
    pub fn shape_of(&self, operation: &str) -> String {
        let state = self.state();
        let matches = |(_, shape): &&(_, RequestShape)| shape.operation() == Some(operation);
        join(state.shapes.iter().filter(matches))
    }

    /// Returns the shapes of all requests. A line between two requests shows the wait of the
    /// client.
    pub fn to_snapshot(&self) -> String {
        join(self.state().shapes.iter())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn join<'a>(shapes: impl Iterator<Item = &'a (Duration, RequestShape)>) -> String {
    let mut text = String::new();
    let mut before = None;
    for (at, shape) in shapes {
        if let Some(before) = before.replace(*at) {
            text += &separator(at.saturating_sub(before));
        }
        text += shape.as_str();
    }
    text
}

/// Returns the line between two requests, with the wait in seconds to the millisecond.
fn separator(wait: Duration) -> String {
    let millis = wait.as_millis();
    if millis == 0 {
        return "\n---\n".to_owned();
    }
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    format!("\n--- {seconds} s later\n")
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("requests", &self.state().shapes.len())
            .finish_non_exhaustive()
    }
}

impl Transport for Recorder {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let at = self.clock.monotonic();
        let response = {
            let mut state = self.state();
            let state = &mut *state;
            let shape = RequestShape::new(&request, &mut state.redactor);
            state.shapes.push((at, shape));
            next_response(
                &mut state.responses,
                request.method().as_str(),
                request.uri().path(),
            )
        };
        Box::pin(async move {
            match (response, &self.inner) {
                (Some(Some(response)), _) => Ok(response),
                (Some(None), _) => Err(TransportError::maybe_sent(
                    "the recorder lost the response, as the test requested",
                )),
                (None, Some(inner)) => inner.send(request).await,
                (None, None) if is_token_request(request.uri()) => {
                    Ok(http::Response::new(Bytes::from_static(TOKEN.as_bytes())))
                }
                (None, None) => {
                    let body = r#"{"title":"the recorder has no response to this request"}"#;
                    let mut response = http::Response::new(Bytes::from_static(body.as_bytes()));
                    *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
                    Ok(response)
                }
            }
        })
    }
}

fn is_token_request(uri: &http::Uri) -> bool {
    use crate::raw::access_token::endpoints::FETCH_AUTHORIZATION_TOKEN_USING_POST;
    uri.path()
        .ends_with(FETCH_AUTHORIZATION_TOKEN_USING_POST.path)
}

/// Returns the next response to the request, and removes it unless it is the last one for the
/// request.
#[allow(
    clippy::option_option,
    reason = "no prepared response, a lost response, or a prepared response"
)]
fn next_response(
    responses: &mut VecDeque<PreparedResponse>,
    method: &str,
    path: &str,
) -> Option<Option<http::Response<Bytes>>> {
    let matches = |c: &PreparedResponse| c.method.eq_ignore_ascii_case(method) && c.path == path;
    let first = responses.iter().position(matches)?;
    let has_later = responses.iter().skip(first + 1).any(matches);
    if has_later {
        responses.remove(first).map(|c| c.response)
    } else {
        responses.get(first).map(|c| c.response.clone())
    }
}
