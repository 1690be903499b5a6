//! The one tail of every operation: deadline, token, idempotency key, and the attempt loop - the only place in the
//! crate that loops over requests.
//!
//! Generated code builds a request and hands it to [`exec`] through progenitor's hooks. The generated client of a call
//! carries a [`Context`], which knows the options of that call and takes back what came of it, since the hook itself
//! can only return reqwest's own errors.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderName, RETRY_AFTER};
use progenitor_client::Error as RawError;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::clock;
use crate::error::{Error, ErrorKind, Outcome, Result, body};
use crate::raw::Operation;
use crate::retry::{self, Pace, RetryPolicy, Rules, Signal, judge};
use crate::transport::{Reply, Stage};
use crate::types::{MerchantSerialNumber, RequestId};
use crate::vipps::Vipps;

static API_VERSION: HeaderName = HeaderName::from_static("api-version");
static CLIENT_ID: HeaderName = HeaderName::from_static("client_id");
static CLIENT_SECRET: HeaderName = HeaderName::from_static("client_secret");
static MSN: HeaderName = HeaderName::from_static("merchant-serial-number");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every builder can be told about how to make its call.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) deadline: Option<Duration>,
    pub(crate) key: Option<RequestId>,
    pub(crate) merchant: Option<MerchantSerialNumber>,
    pub(crate) retry: Option<RetryPolicy>,
}

/// Gives a builder, whose type is `must_use`, its call options and `.await`.
macro_rules! operation {
    ($builder:ident => $output:ty) => {
        impl $builder {
            /// The longest that this call may take in all: token, attempts, waits and answer. 30 s by default.
            pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
                self.options.deadline = Some(deadline);
                self
            }

            /// Your own idempotency key (`X-Request-Id`), for a call that must be repeatable by another process.
            /// Capture and refund make one by themselves; where the API knows no key it is sent all the same and
            /// helps to find the request in logs.
            pub fn idempotency_key(mut self, key: crate::types::RequestId) -> Self {
                self.options.key = Some(key);
                self
            }

            /// The sales unit to act for, when it is not the one of the credentials: what a partner needs.
            pub fn merchant_serial_number(
                mut self,
                number: crate::types::MerchantSerialNumber,
            ) -> Self {
                self.options.merchant = Some(number);
                self
            }

            /// How often and how patiently to repeat, for this call alone.
            pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
                self.options.retry = Some(policy);
                self
            }
        }

        impl std::future::IntoFuture for $builder {
            type Output = crate::Result<$output>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            /// Sends the request, as `send` does.
            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}
pub(crate) use operation;

/// A part of a body, from its generated builder. Whether the document has the part as required or optional makes no
/// difference to the caller this way.
pub(crate) fn built<T, B>(builder: B) -> Result<T>
where
    B: TryInto<T>,
    B::Error: fmt::Display,
{
    builder.try_into().map_err(|reason| {
        Error::new(
            ErrorKind::InvalidInput,
            Outcome::NotSent,
            reason.to_string(),
        )
    })
}

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Auth {
    Token,
    Keys,
    /// Nothing that tells who asks: for hosts that are not the API's.
    Anonymous,
}

/// One call: its options, and a slot for what came of it.
#[derive(Clone)]
pub struct Context(Arc<State>);

struct State {
    vipps: Vipps,
    options: CallOptions,
    /// Whether the answer goes back through the generated code (raw calls) or through the slot.
    raw: bool,
    started: Duration,
    slot: Mutex<Slot>,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Answer(Answer),
    Failed(Error),
}

/// A success, not yet decoded.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) effort: Effort,
    headers: http::HeaderMap,
}

/// What it took, for the errors that are found later.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
    operation: &'static Operation,
    rules: Rules,
    requests: u32,
    elapsed: Duration,
    key: Option<RequestId>,
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
        Self::with(vipps, options, false)
    }

    pub(crate) fn for_raw(vipps: &Vipps, options: &CallOptions) -> Self {
        Self::with(vipps, options, true)
    }

    fn with(vipps: &Vipps, options: &CallOptions, raw: bool) -> Self {
        Self(Arc::new(State {
            vipps: vipps.clone(),
            options: options.clone(),
            raw,
            started: vipps.time().monotonic(),
            slot: Mutex::default(),
        }))
    }

    fn put(&self, slot: Slot) {
        *self.0.slot.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }

    fn take(&self) -> Slot {
        std::mem::take(&mut *self.0.slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a wrapped call came to. `result` is what the generated code made of it, which matters only when no
    /// request was ever built.
    pub(crate) fn finish<T, E>(&self, result: Result<T, RawError<E>>) -> Result<Answer> {
        match (self.take(), result) {
            (Slot::Answer(answer), _) => Ok(answer),
            (Slot::Failed(error), _) => Err(error),
            (Slot::Empty, Err(RawError::InvalidRequest(reason))) => Err(Error::new(
                ErrorKind::InvalidInput,
                Outcome::NotSent,
                reason,
            )),
            (Slot::Empty, _) => Err(Error::new(
                ErrorKind::InvalidInput,
                Outcome::NotSent,
                "no request could be built",
            )),
        }
    }

    /// What a raw call came to.
    pub(crate) fn finish_raw<T, E>(&self, result: Result<T, RawError<E>>) -> Result<T> {
        let error = match (self.take(), result) {
            (Slot::Failed(error), Err(_)) => return Err(error),
            (_, Ok(value)) => return Ok(value),
            (_, Err(error)) => error,
        };
        Err(match error {
            RawError::InvalidRequest(reason) => {
                Error::new(ErrorKind::InvalidInput, Outcome::NotSent, reason)
            }
            // The payload itself stays out of the message: it may hold a token or a phone number.
            RawError::InvalidResponsePayload(body, cause) => Error::new(
                ErrorKind::Decode,
                Outcome::Unknown,
                "the answer does not fit the document",
            )
            .with_status(200, body)
            .with_source(position(&cause)),
            _ => Error::new(
                ErrorKind::Decode,
                Outcome::Unknown,
                "the answer has a status that the document lacks",
            ),
        })
    }
}

impl Answer {
    /// Reads the body as JSON.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|cause| {
            self.unreadable("the answer is a success, but its body cannot be read")
                .with_source(position(&cause))
        })
    }

    /// When the API answered, by its own clock.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        let text = self.headers.get(http::header::DATE)?.to_str().ok()?;
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()
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

    /// An error about a body that says something else than it must.
    pub(crate) fn unreadable(&self, what: &'static str) -> Error {
        let outcome = if self.effort.rules.class.has_effect() {
            Outcome::Unknown
        } else {
            Outcome::NoEffect
        };
        let mut body = self.body.clone();
        body.truncate(crate::transport::MAX_ERROR_BODY);
        self.effort
            .explain(Error::new(ErrorKind::Decode, outcome, what))
            .with_status(self.status, body)
    }
}

impl Effort {
    pub(crate) fn explain(&self, error: Error) -> Error {
        error
            .with_operation(self.operation)
            .with_effort(self.requests, self.elapsed)
            .with_key(self.key.clone())
    }

    pub(crate) fn key(&self) -> Option<&RequestId> {
        self.key.as_ref()
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

/// The hook that generated code calls with a built request.
pub(crate) async fn exec(
    context: &Context,
    http: &reqwest::Client,
    request: reqwest::Request,
    operation: Option<&'static Operation>,
) -> reqwest::Result<reqwest::Response> {
    static UNLISTED: Operation = Operation {
        id: "unlisted",
        method: "POST",
        path: "",
    };
    let operation = operation.unwrap_or(&UNLISTED);
    let span = tracing::info_span!(
        "vipps.call",
        otel.name = operation.id,
        otel.kind = "client",
        vipps.operation = operation.id,
        http.request.method = operation.method,
        url.template = operation.path,
        http.response.status_code = tracing::field::Empty,
        http.request.resend_count = tracing::field::Empty,
        error.type = tracing::field::Empty,
    );
    let mut attempts = Attempts::new(context, operation);
    let result = attempts.run(http, request).instrument(span.clone()).await;
    if attempts.requests > 1 {
        span.record("http.request.resend_count", attempts.requests - 1);
    }
    match result {
        Ok(reply) => {
            span.record("http.response.status_code", reply.status.as_u16());
            if context.0.raw {
                context.put(Slot::Empty);
                let mut response = http::Response::new(reply.body);
                *response.status_mut() = reply.status;
                *response.headers_mut() = reply.headers;
                return Ok(response.into());
            }
            let shell = reply.shell.unwrap_or_else(empty_response);
            let (status, headers) = (reply.status.as_u16(), reply.headers);
            let answer = Answer {
                status,
                body: reply.body,
                effort: attempts.effort(),
                headers,
            };
            context.put(Slot::Answer(answer));
            Ok(shell)
        }
        Err(error) => {
            if let Some(status) = error.http_status() {
                span.record("http.response.status_code", status);
            }
            span.record("error.type", tracing::field::debug(error.kind()));
            context.put(Slot::Failed(error));
            Ok(empty_response())
        }
    }
}

/// The hook after [`exec`]: ends the generated code's work where the slot has all there is to say.
pub(crate) fn after<E>(context: &Context) -> Result<(), RawError<E>> {
    let slot = context
        .0
        .slot
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match &*slot {
        Slot::Empty => Ok(()),
        Slot::Answer(_) | Slot::Failed(_) => Err(RawError::Custom(String::new())),
    }
}

/// The image that a QR answer links to. It lies on another host than the API, which must see no credential.
pub(crate) static IMAGE: Operation = Operation {
    id: "image",
    method: "GET",
    path: "(image link)",
};

/// Fetches a URL that is not the API's, with the same deadline, attempts and caps, and without any credential.
pub(crate) async fn fetch_anonymously(
    vipps: &Vipps,
    options: &CallOptions,
    url: url::Url,
) -> Result<Answer> {
    let context = Context::new(vipps, options);
    let request = reqwest::Request::new(http::Method::GET, url);
    // What the hook returns is for generated code; the slot says it all.
    let _ = exec(&context, vipps.http(), request, Some(&IMAGE)).await;
    match context.take() {
        Slot::Answer(answer) => Ok(answer),
        Slot::Failed(error) => Err(error),
        Slot::Empty => Err(Error::new(
            ErrorKind::InvalidInput,
            Outcome::NotSent,
            "no request could be built",
        )),
    }
}

fn empty_response() -> reqwest::Response {
    http::Response::new(Bytes::new()).into()
}

/// The attempts of one call.
struct Attempts<'a> {
    call: &'a State,
    operation: &'static Operation,
    rules: Rules,
    auth: Auth,
    key: Option<RequestId>,
    /// Requests made, replays after a 401 counted.
    requests: u32,
    /// Whether an earlier attempt may have taken effect.
    unclear: bool,
}

/// One failed attempt.
struct Miss {
    signal: Signal,
    error: Error,
    retry_after: Option<Duration>,
}

impl<'a> Attempts<'a> {
    fn new(context: &'a Context, operation: &'static Operation) -> Self {
        let call = &*context.0;
        let rules = retry::rules(operation.id, operation.method);
        let auth = match operation.id {
            "fetch_authorization_token_using_post" | "fetch_token" => Auth::Keys,
            id if id == IMAGE.id => Auth::Anonymous,
            _ => Auth::Token,
        };
        let key = call
            .options
            .key
            .clone()
            .or_else(|| rules.keyed.then(|| clock::new_key(call.vipps.randomness())));
        Self {
            call,
            operation,
            rules,
            auth,
            key,
            requests: 0,
            unclear: false,
        }
    }

    async fn run(
        &mut self,
        http: &reqwest::Client,
        mut template: reqwest::Request,
    ) -> Result<Reply> {
        let vipps = &self.call.vipps;
        let policy = self
            .call
            .options
            .retry
            .as_ref()
            .unwrap_or_else(|| vipps.policy());
        let total = self
            .call
            .options
            .deadline
            .unwrap_or_else(|| vipps.total_timeout());
        let deadline = self.call.started.saturating_add(total);
        self.set_headers(template.headers_mut())?;

        let mut tries = 0;
        let mut renewed = false;
        let mut starts = Vec::new();
        loop {
            let now = vipps.time().monotonic();
            let left = deadline.saturating_sub(now);
            if left.is_zero() {
                return Err(self.out_of_time());
            }
            let token = match self.auth {
                Auth::Keys | Auth::Anonymous => None,
                Auth::Token => match vipps.time().timeout(left, vipps.tokens().get(vipps)).await {
                    None => return Err(self.out_of_time()),
                    Some(Err(error)) => return Err(self.without_token(&error)),
                    Some(Ok(token)) => Some(token),
                },
            };
            let Some(mut request) = template.try_clone() else {
                return Err(self.explain(Error::new(
                    ErrorKind::InvalidInput,
                    Outcome::NotSent,
                    "a body that streams",
                )));
            };
            if let Some(token) = &token {
                request
                    .headers_mut()
                    .insert(AUTHORIZATION, token.header.clone());
            }
            let begun = vipps.time().monotonic();
            let left = deadline.saturating_sub(begun);
            if left.is_zero() {
                return Err(self.out_of_time());
            }
            self.requests += 1;
            tries += 1;
            let limit = vipps.attempt_timeout().min(left);
            let miss = match vipps
                .time()
                .timeout(limit, vipps.wire().send(http, request))
                .await
            {
                Some(Ok(reply)) if reply.status.is_success() && !body::is_error(&reply.body) => {
                    vipps.budget().refill();
                    return Ok(reply);
                }
                Some(Ok(reply)) => {
                    if let (401, Some(token), false) = (reply.status.as_u16(), &token, renewed) {
                        // A 401 means that the call was not let in, so that even a payment may be sent again.
                        tracing::debug!(
                            operation = self.operation.id,
                            "token refused, fetching a new one"
                        );
                        vipps.tokens().invalidate(token.generation);
                        renewed = true;
                        tries -= 1;
                        starts.push(begun);
                        continue;
                    }
                    self.refused(&reply)
                }
                Some(Err(error)) => Self::broken(error),
                None => self.timed_out(limit == left),
            };
            starts.push(begun);

            let verdict = judge(self.rules.class, miss.signal);
            self.unclear |= verdict.outcome == Outcome::Unknown;
            let outcome = if self.unclear {
                Outcome::Unknown
            } else {
                verdict.outcome
            };
            let error = self.explain(
                miss.error
                    .with_outcome(outcome)
                    .with_retry(verdict.repeat.is_some(), miss.retry_after),
            );
            let Some(pace) = verdict.repeat.filter(|_| tries < policy.max_attempts) else {
                return Err(error);
            };
            let Some(wait) = self.wait(policy, pace, tries, miss.retry_after, &starts, deadline)
            else {
                return Err(error);
            };
            if !vipps.budget().spend(pace) {
                return Err(error);
            }
            tracing::debug!(
                operation = self.operation.id,
                attempt = self.requests,
                wait_ms = wait.as_millis(),
                error.type = ?error.kind(),
                http.response.status_code = error.http_status(),
                "attempt failed, trying again"
            );
            vipps.time().sleep(wait).await;
        }
    }

    /// How long to wait before the next attempt, or `None` when that would take too long.
    fn wait(
        &self,
        policy: &RetryPolicy,
        pace: Pace,
        tries: u32,
        retry_after: Option<Duration>,
        starts: &[Duration],
        deadline: Duration,
    ) -> Option<Duration> {
        let vipps = &self.call.vipps;
        if retry_after.is_some_and(|after| after > policy.max_wait) {
            return None;
        }
        let now = vipps.time().monotonic();
        let wait = retry::wait(
            policy,
            pace,
            tries,
            clock::fraction(vipps.randomness()),
            retry_after,
        )
        .max(retry::room(starts, self.rules.per_minute, now));
        (wait < deadline.saturating_sub(now)).then_some(wait)
    }

    fn set_headers(&self, headers: &mut http::HeaderMap) -> Result<()> {
        let vipps = &self.call.vipps;
        if self.auth == Auth::Anonymous {
            return Ok(());
        }
        // The generator adds the document's version to every request, which means nothing to the API.
        headers.remove(&API_VERSION);
        headers.reserve(9);
        let prepared = vipps.headers();
        for (name, value) in prepared.common() {
            headers.insert(name.clone(), value.clone());
        }
        let merchant = match &self.call.options.merchant {
            Some(number) => HeaderValue::try_from(number.as_str()).map_err(|_| {
                Error::configuration("the merchant serial number cannot travel in a header")
            })?,
            None => prepared.merchant().clone(),
        };
        headers.insert(MSN.clone(), merchant);
        if self.auth == Auth::Keys {
            let (id, secret) = prepared.keys();
            headers.insert(CLIENT_ID.clone(), id.clone());
            headers.insert(CLIENT_SECRET.clone(), secret.clone());
            headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if let Some(key) = &self.key {
            let value = HeaderValue::try_from(key.as_str()).map_err(|_| {
                Error::configuration("the idempotency key cannot travel in a header")
            })?;
            headers.insert(REQUEST_ID.clone(), value);
        }
        Ok(())
    }

    fn effort(&self) -> Effort {
        Effort {
            operation: self.operation,
            rules: self.rules,
            requests: self.requests,
            elapsed: self
                .call
                .vipps
                .time()
                .monotonic()
                .saturating_sub(self.call.started),
            key: self.key.clone(),
        }
    }

    fn explain(&self, error: Error) -> Error {
        self.effort().explain(error)
    }

    fn outcome_so_far(&self) -> Outcome {
        if self.unclear {
            Outcome::Unknown
        } else {
            Outcome::NotSent
        }
    }

    fn out_of_time(&self) -> Error {
        let error = Error::new(
            ErrorKind::Deadline,
            self.outcome_so_far(),
            "the time for the call ran out",
        );
        self.explain(error)
    }

    fn without_token(&self, error: &Error) -> Error {
        let error = error
            .clone()
            .with_outcome(self.outcome_so_far())
            .with_key(self.key.clone());
        error.with_effort(self.requests, self.effort().elapsed)
    }

    fn refused(&self, reply: &Reply) -> Miss {
        let status = reply.status.as_u16();
        let retry_after =
            retry::retry_after(reply.headers.get(RETRY_AFTER), self.call.vipps.time().now());
        let mut error = Error::answer(status, reply.body.clone());
        if reply.status.is_redirection() {
            error = error.with_hint("A redirect is never followed, since requests carry credentials: check the base URL.");
        }
        let signal = match Signal::of_answer(status, error.api_errors()) {
            // A success whose body is an error says two things at once; only the details know.
            Signal::Refused(200..=299) => Signal::Unclear,
            signal => signal,
        };
        Miss {
            signal,
            error,
            retry_after,
        }
    }

    fn broken(failure: crate::transport::TransportError) -> Miss {
        let (signal, kind) = match failure.stage {
            Stage::NotSent => (Signal::NotSent, ErrorKind::Connect),
            Stage::MaybeSent => (Signal::Broken, ErrorKind::Connection),
            // Asking again would bring the same.
            Stage::TooLarge => (Signal::Unclear, ErrorKind::TooLarge),
        };
        let error = Error::new(kind, Outcome::Unknown, failure.to_string())
            .with_shared_source(failure.source_arc());
        Miss {
            signal,
            error,
            retry_after: None,
        }
    }

    fn timed_out(&self, whole_call: bool) -> Miss {
        let (kind, what) = if whole_call {
            (
                ErrorKind::Deadline,
                "the time for the call ran out during an attempt",
            )
        } else {
            (
                ErrorKind::Timeout,
                "no answer within the time for an attempt",
            )
        };
        Miss {
            signal: Signal::Broken,
            error: Error::new(kind, Outcome::Unknown, what),
            retry_after: None,
        }
    }
}
