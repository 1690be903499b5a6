//! The transport that keeps what it is asked to send.

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

/// Keeps the shape of every request, and answers with what the test gave it. Cheap to clone; clones share the record.
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
    answers: VecDeque<Canned>,
}

struct Canned {
    method: String,
    path: String,
    /// `None` is lost.
    reply: Option<http::Response<Bytes>>,
}

const TOKEN: &str =
    r#"{"token_type":"Bearer","expires_in":"3599","access_token":"canned.token.value"}"#;

impl Recorder {
    /// A recorder that knows how to answer the token request, and answers everything else with HTTP 501 until told
    /// otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder in front of another transport, which answers whatever is not canned, the token request too.
    /// [`VippsBuilder::record`] puts one in front of whatever a client uses, the network included.
    pub fn in_front_of(transport: impl Transport) -> Self {
        Self::default().leading_to(Arc::new(transport))
    }

    /// The same record and answers, in front of this transport.
    pub(crate) fn leading_to(&self, transport: Arc<dyn Transport>) -> Self {
        Self {
            inner: Some(transport),
            ..self.clone()
        }
    }

    /// Answers the next request of this method and path (no base URL, no query) like this, once. Several answers for
    /// one path are given in order; the last one stays.
    ///
    /// # Panics
    /// When the status is none: below 100, or above 999.
    #[must_use]
    pub fn answer(self, method: &str, path: &str, status: u16, body: &str) -> Self {
        let mut answer = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
        #[expect(
            clippy::expect_used,
            reason = "a status that is none is a mistake of the test, which should hear of it"
        )]
        let status = http::StatusCode::from_u16(status).expect("an HTTP status");
        *answer.status_mut() = status;
        self.respond(method, path, answer)
    }

    /// As [`answer`](Self::answer), with headers too.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::testing::Recorder;
    ///
    /// let details = "/ecomm/v2/payments/order-1/details";
    /// let busy = http::Response::builder().status(429).header("retry-after", "7").body("")?;
    /// let recorder = Recorder::new()
    ///     .respond("GET", details, busy)
    ///     .answer("GET", details, 200, r#"{"transactionLogHistory":[]}"#);
    /// recorder.client().ecom().payment("order-1".parse()?).details().await?;
    /// assert!(recorder.to_snapshot().contains("--- 7 s later"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn respond(
        self,
        method: &str,
        path: &str,
        answer: http::Response<impl Into<Bytes>>,
    ) -> Self {
        self.canned(method, path, Some(answer.map(Into::into)))
    }

    /// Loses the next request of this method and path: it may have arrived, and no answer comes.
    #[must_use]
    pub fn lose(self, method: &str, path: &str) -> Self {
        self.canned(method, path, None)
    }

    /// Shows the values of members and query parameters of this name, which would be replaced by numbered names
    /// otherwise: for parameters of your own URLs, and for what a later version of the API brings.
    #[must_use]
    pub fn show(self, name: &str) -> Self {
        self.state().redactor.show(name);
        self
    }

    fn canned(self, method: &str, path: &str, reply: Option<http::Response<Bytes>>) -> Self {
        self.state().answers.push_back(Canned {
            method: method.to_owned(),
            path: path.to_owned(),
            reply,
        });
        self
    }

    /// A client that talks to this recorder, with made-up credentials and merchant serial number 123456. Its time is
    /// that of [`clock`](Self::clock) and its chance that of the seed 0, so that waits take no time and everything is
    /// the same in every run.
    ///
    /// # Panics
    /// When there can be no HTTP client at all, since the machine's certificates cannot be read.
    pub fn client(&self) -> Vipps {
        #[expect(
            clippy::expect_used,
            reason = "fixed values are accepted, and a test cannot go on without a client"
        )]
        self.builder()
            .and_then(VippsBuilder::build)
            .expect("a client with fixed values")
    }

    /// The builder of such a client, to set more on it.
    ///
    /// # Errors
    /// None with the fixed values that it uses.
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

    /// The clock of this recorder's clients. Waits between requests are told by it.
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<RequestShape> {
        let state = self.state();
        state
            .shapes
            .iter()
            .map(|(_, shape)| shape.clone())
            .collect()
    }

    /// The shapes of all requests to one operation, by its id in snake case, with a line between them that tells how
    /// long the client waited.
    pub fn shape_of(&self, operation: &str) -> String {
        let state = self.state();
        let of_it = |(_, shape): &&(_, RequestShape)| shape.operation() == Some(operation);
        join(state.shapes.iter().filter(of_it))
    }

    /// The shapes of all requests, with a line between them that tells how long the client waited.
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
            text += &between(at.saturating_sub(before));
        }
        text += shape.as_str();
    }
    text
}

/// The line between two requests, to the millisecond.
fn between(wait: Duration) -> String {
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
        let reply = {
            let mut state = self.state();
            let state = &mut *state;
            let shape = RequestShape::new(&request, &mut state.redactor);
            state.shapes.push((at, shape));
            take(
                &mut state.answers,
                request.method().as_str(),
                request.uri().path(),
            )
        };
        Box::pin(async move {
            match (reply, &self.inner) {
                (Some(Some(answer)), _) => Ok(answer),
                (Some(None), _) => Err(TransportError::maybe_sent(
                    "the recorder was told to lose this one",
                )),
                (None, Some(inner)) => inner.send(request).await,
                (None, None) if request.uri().path().ends_with("/accesstoken/get") => {
                    Ok(http::Response::new(Bytes::from_static(TOKEN.as_bytes())))
                }
                (None, None) => {
                    let what = r#"{"title":"the recorder has no answer for this request"}"#;
                    let mut answer = http::Response::new(Bytes::from_static(what.as_bytes()));
                    *answer.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
                    Ok(answer)
                }
            }
        })
    }
}

/// The first answer for the request; it is used up unless it is the last one for it.
#[allow(
    clippy::option_option,
    reason = "none canned, canned to be lost, canned to be answered"
)]
fn take(
    answers: &mut VecDeque<Canned>,
    method: &str,
    path: &str,
) -> Option<Option<http::Response<Bytes>>> {
    let fits = |c: &Canned| c.method.eq_ignore_ascii_case(method) && c.path == path;
    let first = answers.iter().position(fits)?;
    let more = answers.iter().skip(first + 1).any(fits);
    if more {
        answers.remove(first).map(|c| c.reply)
    } else {
        answers.get(first).map(|c| c.reply.clone())
    }
}
