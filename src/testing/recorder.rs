//! The transport that keeps what it is asked to send.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::redact::Names;
use super::shape::RequestShape;
use crate::transport::{Transport, TransportError, TransportFuture};
use crate::{Credentials, Environment, RetryPolicy, Vipps, VippsBuilder};

/// Keeps the shape of every request, and answers with what the test gave it. Cheap to clone; clones share the record.
#[derive(Clone, Default)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
    inner: Option<Arc<dyn Transport>>,
}

#[derive(Default)]
struct State {
    names: Names,
    shapes: Vec<RequestShape>,
    answers: VecDeque<Canned>,
}

struct Canned {
    method: String,
    path: String,
    reply: Option<(u16, String)>,
}

const TOKEN: &str =
    r#"{"token_type":"Bearer","expires_in":"3599","access_token":"canned.token.value"}"#;

impl Recorder {
    /// A recorder that knows how to answer the token request, and answers everything else with HTTP 501 until told
    /// otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder in front of another transport, which answers whatever is not canned.
    pub fn in_front_of(transport: impl Transport) -> Self {
        Self {
            state: Arc::default(),
            inner: Some(Arc::new(transport)),
        }
    }

    /// Answers the next request of this method and path (no base URL, no query) like this, once. Several answers for
    /// one path are given in order; the last one stays.
    #[must_use]
    pub fn answer(self, method: &str, path: &str, status: u16, body: &str) -> Self {
        self.canned(method, path, Some((status, body.to_owned())))
    }

    /// Loses the next request of this method and path: it may have arrived, and no answer comes.
    #[must_use]
    pub fn lose(self, method: &str, path: &str) -> Self {
        self.canned(method, path, None)
    }

    fn canned(self, method: &str, path: &str, reply: Option<(u16, String)>) -> Self {
        self.state().answers.push_back(Canned {
            method: method.to_owned(),
            path: path.to_owned(),
            reply,
        });
        self
    }

    /// A client that talks to this recorder, with made-up credentials and merchant serial number 123456, and with no
    /// waits worth the name between attempts.
    pub fn client(&self) -> Vipps {
        let wait = std::time::Duration::from_millis(1);
        let policy = RetryPolicy::default()
            .backoff(wait, wait)
            .throttled_backoff(wait, wait);
        let builder = self.builder().map(|b| b.retry(policy));
        match builder.and_then(VippsBuilder::build) {
            Ok(vipps) => vipps,
            Err(error) => unreachable!("fixed values are accepted: {error}"),
        }
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
            .transport(self.clone()))
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<RequestShape> {
        self.state().shapes.clone()
    }

    /// The shapes of all requests to one operation, by its id in snake case, with a line between them.
    pub fn shape_of(&self, operation: &str) -> String {
        join(
            self.state()
                .shapes
                .iter()
                .filter(|s| s.operation() == Some(operation)),
        )
    }

    /// The shapes of all requests, with a line between them.
    pub fn to_snapshot(&self) -> String {
        join(self.state().shapes.iter())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn join<'a>(shapes: impl Iterator<Item = &'a RequestShape>) -> String {
    shapes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n---\n")
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
        let reply = {
            let mut state = self.state();
            let state = &mut *state;
            state
                .shapes
                .push(RequestShape::new(&request, &mut state.names));
            take(
                &mut state.answers,
                request.method().as_str(),
                request.uri().path(),
            )
        };
        Box::pin(async move {
            let (status, body) = match (reply, &self.inner) {
                (Some(Some(answer)), _) => answer,
                (Some(None), _) => {
                    return Err(TransportError::maybe_sent(
                        "the recorder was told to lose this one",
                    ));
                }
                (None, _) if request.uri().path().ends_with("/accesstoken/get") => {
                    (200, TOKEN.to_owned())
                }
                (None, Some(inner)) => return inner.send(request).await,
                (None, None) => (
                    501,
                    r#"{"title":"the recorder has no answer for this request"}"#.to_owned(),
                ),
            };
            let mut response = http::Response::new(Bytes::from(body));
            *response.status_mut() = http::StatusCode::from_u16(status)
                .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
            Ok(response)
        })
    }
}

/// The first answer for the request; it is used up unless it is the last one for it.
#[allow(
    clippy::option_option,
    reason = "none canned, canned to be lost, canned to be answered"
)]
fn take(answers: &mut VecDeque<Canned>, method: &str, path: &str) -> Option<Option<(u16, String)>> {
    let fits = |c: &Canned| c.method.eq_ignore_ascii_case(method) && c.path == path;
    let first = answers.iter().position(fits)?;
    let more = answers.iter().skip(first + 1).any(fits);
    if more {
        answers.remove(first).map(|c| c.reply)
    } else {
        answers.get(first).map(|c| c.reply.clone())
    }
}
