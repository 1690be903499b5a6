//! The one error of the crate, and what it says about money.

pub(crate) mod body;
mod codes;
mod display;
mod hint;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use body::{ApiError, ErrorGroup};
pub use codes::ErrorClass;

use crate::operation::{Operation, RateLimit};
use crate::types::{InvalidValue, MerchantSerialNumber, OrderId, RequestId};

/// What every operation of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Did money maybe move? The first question to ask of an [`Error`].
///
/// The four outcomes are complete, and a `match` needs no `_` arm. An arm that also takes outcomes
/// which it does not name is how an unknown outcome becomes a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a caller decides about money by each outcome, and must be told of a new one"
)]
pub enum Outcome {
    /// Nothing reached the API: refused before the wire, no connection, no token, no time left, or an HTTP/2 connection
    /// that took no more requests. Safe to repeat.
    NotSent,
    /// The API (or its gateway) answered and declined. Nothing happened.
    ///
    /// One case is beyond what an answer can tell: a network that delivers one request twice and hands on the answer to
    /// the second. That one is declined for what the first has done, with HTTP 429 (the limit is used up), or because the
    /// id is taken: code 34 when a payment is started, HTTP 409 when a QR code is made. A capture or refund that is made
    /// again with [`Error::idempotency_key`] moves nothing twice all the same.
    Rejected,
    /// The operation only reads. It failed on the way, and nothing can have changed.
    NoEffect,
    /// The request may have taken effect and the answer is lost or unclear. Look before you repeat:
    /// [`hint`](Error::hint) says how.
    Unknown,
}

impl Outcome {
    /// The name in snake case, as spans have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::NoEffect => "no_effect",
            Self::Unknown => "unknown",
        }
    }
}

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument breaks a documented rule; nothing was sent.
    InvalidInput,
    /// The client itself cannot be built from what it was given.
    Configuration,
    /// The token endpoint refused the keys, or returned no usable token: wrong keys, wrong environment, or the endpoint is
    /// down. A failure of the network on the way to it has the kind of that failure.
    Authentication,
    /// No connection to the API: DNS, TCP or TLS, or HTTP/2 where the server takes no more requests.
    Connect,
    /// One attempt took longer than it may.
    Timeout,
    /// The connection broke after the request may have left.
    Connection,
    /// The total time for the call ran out.
    Deadline,
    /// The API answered with an error.
    Api,
    /// The gateway says that there were too many requests (HTTP 429).
    RateLimited,
    /// The answer is a success by its status, but cannot be read.
    Decode,
    /// The answer is larger than this crate is willing to hold.
    TooLarge,
    /// The operation makes no sense in the state that the payment is in.
    State,
}

impl ErrorKind {
    /// The name in snake case, as `error.type` of spans and events has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Deadline => "deadline",
            Self::Api => "api",
            Self::RateLimited => "rate_limited",
            Self::Decode => "decode",
            Self::TooLarge => "too_large",
            Self::State => "state",
        }
    }
}

/// A failed operation: whether money may have moved, whether to try again, what Vipps said, how hard was tried.
///
/// `Display` gives one line for a log. `Debug` adds the causes, the [`hint`](Self::hint) and the
/// facts to it, so that `main() -> Result<(), Box<dyn std::error::Error>>`, `unwrap` and `expect`
/// print something useful: one line with `{:?}`, several lines with `{:#?}`. Neither ever prints a
/// secret, personal data, a header, a body or an order id.
///
/// ```
/// # async fn f(vipps: vipps::Vipps, id: vipps::OrderId) {
/// use vipps::Outcome;
///
/// if let Err(error) = vipps.ecom().payment(id).capture().await {
///     match error.outcome() {
///         Outcome::NotSent | Outcome::Rejected | Outcome::NoEffect => println!("not captured: {error}"),
///         Outcome::Unknown => println!("read the details before you capture again: {error}"),
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    message: Cow<'static, str>,
    /// The operation that failed.
    operation: Option<Operation>,
    invalid: Option<InvalidValue>,
    status: Option<u16>,
    api_errors: Vec<ApiError>,
    correlation_id: Option<String>,
    conflict_id: Option<String>,
    body: Bytes,
    /// Whether a whole response of the API or its gateway states what became of the request.
    conclusive: bool,
    /// Whether something else than the API or its gateway made the response.
    foreign: bool,
    retryable: bool,
    retry_after: Option<Duration>,
    attempts: u32,
    elapsed: Duration,
    key: Option<RequestId>,
    /// The operation that was called, which is another one than `operation` when the fetch of the token failed.
    call: Option<Operation>,
    order_id: Option<OrderId>,
    merchant: Option<MerchantSerialNumber>,
    last_ended: Option<Duration>,
    hint: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        outcome: Outcome,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            message: message.into(),
            operation: None,
            invalid: None,
            status: None,
            api_errors: Vec::new(),
            correlation_id: None,
            conflict_id: None,
            body: Bytes::new(),
            conclusive: false,
            foreign: false,
            retryable: false,
            retry_after: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            key: None,
            call: None,
            order_id: None,
            merchant: None,
            last_ended: None,
            hint: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Configuration, Outcome::NotSent, message)
    }

    pub(crate) fn state(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::State, Outcome::NotSent, message)
    }

    /// The error that a response with this status and body means. Its outcome comes from the retry
    /// table.
    pub(crate) fn from_response(status: u16, body: Bytes) -> Self {
        let parsed = body::parse(status, &body);
        let kind = if status == 429 || parsed.is_over_quota {
            ErrorKind::RateLimited
        } else {
            ErrorKind::Api
        };
        let mut error = Self::new(kind, Outcome::Rejected, parsed.message());
        error.0.status = Some(status);
        // A gateway may answer with a page, or without a body, when it is busy or has waited too long.
        error.0.foreign = parsed.is_foreign && (300..500).contains(&status) && status != 408;
        error.0.hint = hint::of_response(status, &parsed, error.0.foreign);
        error.0.conclusive = parsed.is_conclusive;
        error.0.api_errors = parsed.errors;
        error.0.correlation_id = parsed.correlation_id;
        error.0.conflict_id = parsed.conflict_id;
        error.0.body = body;
        error
    }

    /// Adds the correlation id that the response headers name, unless its body names a better one.
    pub(crate) fn with_headers(mut self, headers: &http::HeaderMap) -> Self {
        if self.correlation_id().is_none_or(body::ids::is_path)
            && let Some(id) = body::ids::in_headers(headers)
        {
            self.0.correlation_id = Some(id);
        }
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    pub(crate) fn with_shared_source(mut self, source: Arc<dyn StdError + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    pub(crate) fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn with_retry(mut self, retryable: bool, after: Option<Duration>) -> Self {
        self.0.retryable = retryable;
        self.0.retry_after = after;
        self
    }

    pub(crate) fn with_key(mut self, key: Option<RequestId>) -> Self {
        self.0.key = key;
        self
    }

    pub(crate) fn with_call(
        mut self,
        operation: Operation,
        order_id: Option<OrderId>,
        merchant: Option<MerchantSerialNumber>,
        last_ended: Option<Duration>,
    ) -> Self {
        self.0.call = Some(operation);
        self.0.order_id = order_id;
        self.0.merchant = merchant;
        self.0.last_ended = last_ended;
        self
    }

    pub(crate) fn with_order_id(mut self, order_id: &OrderId) -> Self {
        self.0.order_id = Some(order_id.clone());
        self
    }

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    pub(crate) fn with_status(mut self, status: u16, body: Bytes) -> Self {
        self.0.status = Some(status);
        self.0.foreign = (200..300).contains(&status) && body::is_page(&body);
        self.0.body = body;
        self
    }

    /// Drops the body, and keeps what it showed about who made the response.
    pub(crate) fn without_body(mut self) -> Self {
        self.0.body = Bytes::new();
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether no connection could be made: DNS, TCP, TLS or a certificate authority, for the call itself or for
    /// its access token. The machine may be offline.
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Did money maybe move?
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// May the same call succeed if it is simply made again? Only ever true where that cannot move money twice:
    /// nothing happened, or the operation carries the idempotency key of [`idempotency_key`](Self::idempotency_key).
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the response states what became of the request: the API or its gateway made it, and
    /// all of it came. A page of a proxy or a firewall states nothing.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.0.conclusive
    }

    /// How long the API asks to be left alone, when it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the documented limit on the requests of the operation that failed, or `None` where
    /// none is documented: the QR API and the token endpoint.
    ///
    /// Every error of a limited operation has it, whatever the kind of the error. A failure with
    /// [`ErrorKind::RateLimited`] need not be about this limit: a gateway or a proxy may have one of
    /// its own.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.0.operation?.rate_limit.map(|(limit, _)| limit)
    }

    /// The errors that the answer lists, in its order; empty when there was no answer or it named none.
    pub fn api_errors(&self) -> &[ApiError] {
        &self.0.api_errors
    }

    /// Whether the answer names this eCom error code in any group.
    pub fn has_code(&self, code: &str) -> bool {
        self.0.api_errors.iter().any(|e| e.code() == Some(code))
    }

    /// The HTTP status of the answer, when there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.status
    }

    /// The HTTP method of the request.
    pub fn method(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.method)
    }

    /// The path template of the request, such as `/ecomm/v2/payments/{orderId}/capture`.
    pub fn path(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.path)
    }

    /// The operation's id in the OpenAPI document, in snake case.
    pub fn operation(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.id)
    }

    /// What Vipps MobilePay's support asks for: `contextId`, `instance`, `traceId` or the like.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// The id that an HTTP 409 of the QR API says is taken.
    pub fn conflict_id(&self) -> Option<&str> {
        self.0.conflict_id.as_deref()
    }

    /// The answer's body as it came, cut to 64 KiB. It may hold personal data: do not log it.
    pub fn raw_body(&self) -> &[u8] {
        &self.0.body
    }

    /// How many requests were made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// From the start of the call to its failure: token, attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The idempotency key that the request carried. Repeat the call with it, and nothing happens twice.
    pub fn idempotency_key(&self) -> Option<&RequestId> {
        self.0.key.as_ref()
    }

    /// The payment that the operation was about.
    pub fn order_id(&self) -> Option<&OrderId> {
        self.0.order_id.as_ref()
    }

    /// The operation that was called.
    pub(crate) fn call(&self) -> Option<Operation> {
        self.0.call.or(self.0.operation)
    }

    /// The sales unit that the call was told to act for.
    pub(crate) fn merchant(&self) -> Option<&MerchantSerialNumber> {
        self.0.merchant.as_ref()
    }

    /// When the last attempt ended, by the client's monotonic clock; `None` when nothing was sent.
    pub(crate) fn last_ended(&self) -> Option<Duration> {
        self.0.last_ended
    }

    /// The argument that was refused, when the kind is [`ErrorKind::InvalidInput`].
    pub fn invalid_value(&self) -> Option<&InvalidValue> {
        self.0.invalid.as_ref()
    }

    /// What to do, for the causes that people lose days on. When the outcome is [`Outcome::Unknown`], it is how to find
    /// out what happened; what the API's own errors mean is then in [`ApiError::explanation`].
    pub fn hint(&self) -> Option<&str> {
        let inner = &*self.0;
        let is_limited = inner.kind == ErrorKind::RateLimited || inner.status == Some(429);
        let unknown_hint = || {
            let hint = self.call()?.unknown_hint?;
            Some(if inner.foreign {
                hint.foreign
            } else {
                hint.plain
            })
        };
        let rate_limit_hint = || {
            let operation = inner.operation?;
            let own = operation.rate_limit.map(|(_, hint)| hint);
            own.or(operation.api.rate_limit_hint)
        };
        let is_unknown = inner.outcome == Outcome::Unknown;
        is_unknown
            .then(unknown_hint)
            .flatten()
            .or(inner.hint)
            .or_else(|| inner.api_errors.iter().find_map(ApiError::explanation))
            .or_else(|| inner.foreign.then_some(hint::FOREIGN))
            .or_else(|| is_limited.then(rate_limit_hint).flatten())
            .or_else(|| hint::of_value(inner.invalid.as_ref()?.field()))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|s| &**s as &(dyn StdError + 'static))
    }
}

impl From<InvalidValue> for Error {
    fn from(invalid: InvalidValue) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput, Outcome::NotSent, "");
        error.0.message = Cow::Owned(invalid.to_string());
        error.0.invalid = Some(invalid);
        error
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
