//! One call: its options, and what came of it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use progenitor_client::Error as RawError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use super::destination;
use super::known::Known;
use super::options::CallOptions;
use super::outgoing::Outgoing;
use super::template::Template;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::telemetry::Call;
use crate::types::{MerchantSerialNumber, OrderId, RequestId, by_name};
use crate::vipps::Vipps;

/// One call: its options, and what came of it. The generated clients carry it; only [`Vipps`] makes one.
#[derive(Clone)]
pub struct Context(pub(super) Arc<State>);

pub(super) struct State {
    pub(super) vipps: Vipps,
    pub(super) options: CallOptions,
    /// Since when the call takes its time, if that is before it is first sent.
    pub(super) started: Option<Duration>,
    /// Set when the first attempt is counted. Until then nothing can have taken effect.
    pub(super) attempted: AtomicBool,
    /// What came of a raw call, whose hook can only return reqwest's own errors.
    pub(super) slot: Mutex<Slot>,
}

#[derive(Default)]
pub(super) enum Slot {
    #[default]
    Empty,
    Answer(Box<Answer>),
    Failed(Error),
}

/// A request that generated code has built and not sent.
pub(crate) struct Prepared {
    pub(crate) template: Template,
    pub(crate) known: Known,
}

/// A success, not yet decoded.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) effort: Box<Effort>,
    pub(super) headers: Box<http::HeaderMap>,
    pub(super) call: Call,
    /// Not the context, whose slot may hold this answer.
    pub(super) vipps: Vipps,
}

/// What is to be sent and, in the end, what it took, for the errors that are found later.
pub(crate) struct Effort {
    pub(super) known: Known,
    pub(super) requests: u32,
    pub(super) started: Duration,
    pub(super) key: Option<RequestId>,
    pub(super) merchant: Option<MerchantSerialNumber>,
    /// When the last attempt ended, by the client's monotonic clock.
    pub(super) last_ended: Option<Duration>,
    pub(super) template: Template,
}

impl fmt::Debug for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effort")
            .field("operation", &self.known.operation.id)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(vipps: &Vipps, options: &CallOptions) -> Self {
        Self::since(None, vipps, options)
    }

    /// For a call that takes its time from now on, whenever it sends something.
    pub(crate) fn begun(vipps: &Vipps, options: &CallOptions) -> Self {
        Self::since(Some(vipps.time().monotonic()), vipps, options)
    }

    fn since(started: Option<Duration>, vipps: &Vipps, options: &CallOptions) -> Self {
        Self(Arc::new(State {
            vipps: vipps.clone(),
            options: options.clone(),
            started,
            attempted: AtomicBool::new(false),
            slot: Mutex::default(),
        }))
    }

    /// For the generated clients, which are made once a call.
    pub(crate) fn base_url(&self) -> Arc<str> {
        self.0.vipps.shared_base_url()
    }

    /// The URL of an operation; `path` has `{}` in the place of each of the parameters.
    pub(crate) fn url(&self, path: &str, names: &[&str], values: &[&str]) -> Result<Url, String> {
        for (name, value) in names.iter().zip(values) {
            if let Err(invalid) = destination::check_parameter(name, value) {
                let message = invalid.to_string();
                // Generated code hands on the message alone.
                self.put(Slot::Failed(invalid.into()));
                return Err(message);
            }
        }
        Ok(self.0.vipps.urls().of(path, values))
    }

    /// As [`base_url`](Self::base_url).
    pub(crate) fn http(&self) -> reqwest::Client {
        self.0.vipps.requests().clone()
    }

    pub(super) fn put(&self, slot: Slot) {
        *self.0.slot.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }

    pub(super) fn take(&self) -> Slot {
        std::mem::take(&mut *self.0.slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn vipps(&self) -> &Vipps {
        &self.0.vipps
    }

    /// Sends what generated code has prepared.
    pub(crate) async fn run<E>(self, prepared: Result<Prepared, RawError<E>>) -> Result<Answer> {
        self.outgoing(prepared)?.send().await
    }

    /// What generated code has prepared, with all done that can be done before it is sent.
    pub(crate) fn outgoing<E>(self, prepared: Result<Prepared, RawError<E>>) -> Result<Outgoing> {
        prepared
            .map(|prepared| Outgoing::new(self, prepared))
            .map_err(unbuilt)
    }

    /// What a raw call came to.
    pub(crate) fn finish_raw<T, E>(&self, result: Result<T, RawError<E>>) -> Result<T> {
        let (slot, error) = match (self.take(), result) {
            (Slot::Failed(error), Err(_)) => return Err(error),
            (_, Ok(value)) => return Ok(value),
            (slot, Err(error)) => (slot, error),
        };
        // An earlier request of the same call may have taken effect.
        let outcome = if self.0.attempted.load(Ordering::Relaxed) {
            Outcome::Unknown
        } else {
            Outcome::NotSent
        };
        let unbuilt = |reason| Error::new(ErrorKind::InvalidInput, outcome, reason);
        Err(match (slot, error) {
            (_, RawError::InvalidRequest(reason) | RawError::Custom(reason)) => unbuilt(reason),
            // The hook returns no error of reqwest's, so that this one is of the request builder.
            (_, RawError::CommunicationError(cause)) => {
                unbuilt("the request could not be built".to_owned())
                    .with_source(cause.without_url())
            }
            // The payload itself stays out of the message: it may hold a token or a phone number.
            (Slot::Answer(answer), RawError::InvalidResponsePayload(_, cause)) => answer
                .unreadable("the answer does not fit the document")
                .with_source(position(&cause)),
            (Slot::Answer(answer), _) => {
                answer.unreadable("the answer has a status that the document lacks")
            }
            _ => Error::new(
                ErrorKind::Decode,
                outcome,
                "the answer is not what the document says",
            ),
        })
    }
}

/// What to say of a request that generated code could not build.
fn unbuilt<E>(error: RawError<E>) -> Error {
    let reason = match error {
        RawError::InvalidRequest(reason) => reason,
        _ => "no request could be built".to_owned(),
    };
    Error::new(ErrorKind::InvalidInput, Outcome::NotSent, reason)
}

impl Answer {
    /// Reads the body as JSON.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        by_name::from_slice(&self.body).map_err(|cause| {
            self.unreadable("the answer is a success, but its body cannot be read")
                .with_source(position(&cause))
        })
    }

    /// Whether the body says nothing.
    pub(crate) fn is_blank(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Reads the body as a list. Nothing and `null` are an empty one, and an entry that is `null` is none.
    pub(crate) fn list<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>> {
        if self.is_blank() {
            return Ok(Vec::new());
        }
        let list: Option<Vec<Option<T>>> = self.decode()?;
        Ok(list.into_iter().flatten().flatten().collect())
    }

    /// For an operation that needs no body in the answer. One that is not even JSON, such as the page of a login, does
    /// not come from the API; a list of texts is one of the API's ways to say what is wrong.
    pub(crate) fn done(&self) -> Result<()> {
        if self.is_blank() {
            return Ok(());
        }
        if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() {
            return Err(self.unreadable("the answer is a success, but its body is not JSON"));
        }
        if serde_json::from_slice::<Vec<String>>(&self.body).is_ok_and(|texts| !texts.is_empty()) {
            return Err(self.unreadable("the answer is a success, but its body lists texts"));
        }
        Ok(())
    }

    /// Reads the body in one go, as its parts fit nearly always; else as an `L`, which forgives each part by itself.
    pub(crate) fn decode_parts<'a, T, L>(&'a self) -> Result<T>
    where
        T: Deserialize<'a>,
        L: Deserialize<'a> + Into<T>,
    {
        by_name::from_slice(&self.body).or_else(|_| self.decode::<L>().map(Into::into))
    }

    /// When the API answered, by its own clock.
    pub(crate) fn date(&self) -> Option<http::HeaderValue> {
        self.headers.get(http::header::DATE).cloned()
    }

    /// The media type of the body, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let value = self
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }

    /// The client of the call.
    pub(crate) fn vipps(&self) -> &Vipps {
        &self.vipps
    }

    /// The sales unit that the call was made for, where it is not that of the credentials.
    pub(crate) fn merchant(&self) -> Option<&MerchantSerialNumber> {
        self.effort.merchant.as_ref()
    }

    /// An error that is found in the answer.
    pub(crate) fn explain(&self, error: Error) -> Error {
        self.effort.explain(error, self.vipps.time().monotonic())
    }

    /// An error about a body that says something else than it must.
    pub(crate) fn unreadable(&self, what: &'static str) -> Error {
        let outcome = self.effort.lost();
        let mut body = self.body.clone();
        body.truncate(crate::transport::MAX_ERROR_BODY);
        let error = self
            .explain(Error::new(ErrorKind::Decode, outcome, what))
            .with_status(self.status, body);
        self.call.failed(&error);
        error
    }
}

impl Effort {
    pub(super) fn explain(&self, error: Error, now: Duration) -> Error {
        self.about(error.with_operation(self.known.operation), now)
    }

    /// What is known of the call, whatever operation its error names.
    pub(super) fn about(&self, error: Error, now: Duration) -> Error {
        error
            .with_effort(self.requests, now.saturating_sub(self.started))
            .with_key(self.key.clone())
            .with_call(
                self.known.operation,
                self.order_id(),
                self.merchant.clone(),
                self.last_ended,
            )
    }

    /// What an answer means that was lost or cannot be read.
    fn lost(&self) -> Outcome {
        if self.known.rules.class.has_effect() {
            Outcome::Unknown
        } else {
            Outcome::NoEffect
        }
    }

    /// The order that the request names, in its path or its body. Only errors ask, so that a call that succeeds does
    /// no work for it.
    fn order_id(&self) -> Option<OrderId> {
        let sent = self.template.url().path().rsplit('/');
        let named = sent
            .zip(self.known.operation.path.rsplit('/'))
            .find(|(_, template)| *template == "{orderId}");
        if let Some((order_id, _)) = named {
            return OrderId::parse(order_id).ok();
        }
        let body: serde_json::Value = serde_json::from_slice(self.template.body()?).ok()?;
        OrderId::parse(body.pointer("/transaction/orderId")?.as_str()?).ok()
    }

    pub(crate) fn into_key(self) -> Option<RequestId> {
        self.key
    }
}

/// Where in a body decoding failed. serde's own message can quote the body, which may hold personal data.
#[derive(Debug)]
struct Position(serde_json::error::Category, usize, usize);

fn position(error: &serde_json::Error) -> Position {
    Position(error.classify(), error.line(), error.column())
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} error at line {} column {}", self.0, self.1, self.2)
    }
}

impl std::error::Error for Position {}
