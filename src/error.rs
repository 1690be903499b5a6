//! The error of the crate.

mod api_error;
mod body;
mod correlation_id;
mod display;
mod hint;
mod json;
mod kind;
mod sanitize;
pub(crate) mod success_body;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

pub use api_error::ApiError;
use body::{ErrorBody, Origin};
pub use kind::{ErrorKind, Outcome};

use crate::operation::{ErrorCode, Operation, RateLimit};
use crate::types::{InvalidValue, MerchantSerialNumber, OrderId, RequestId};

/// The result of every operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation: its outcome, whether a retry may help, the errors of the API, and the attempts that were made.
///
/// `Display` writes one line for a log. `Debug` adds the causes, the [`hint`](Self::hint) and further facts, so that
/// `main() -> Result<(), Box<dyn std::error::Error>>`, `unwrap` and `expect` print something useful: one line with
/// `{:?}`, several lines with `{:#?}`. Neither ever prints a secret, personal data, a header, a body or an order id.
///
/// ```
/// # async fn f(vipps: vipps::Vipps, id: vipps::OrderId) {
/// use vipps::Outcome;
///
/// if let Err(error) = vipps.ecom().payment(&id).capture().await {
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
    origin: Origin,
    /// Whether the response refuses the subscription key.
    about_subscription_key: bool,
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
            origin: Origin::Unclear,
            about_subscription_key: false,
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

    /// The error of a response of this operation. Its outcome comes from the retry table.
    pub(crate) fn from_response(
        operation: &Operation,
        error_codes: &[&'static [ErrorCode]],
        status: u16,
        headers: &HeaderMap,
        bytes: Bytes,
    ) -> Self {
        let body = ErrorBody::read(status, headers, &bytes, error_codes);
        let kind = if status == 429 || body.is_over_quota() {
            ErrorKind::RateLimited
        } else {
            ErrorKind::Api
        };
        let mut error = Self::new(kind, Outcome::Rejected, body.message());
        error.0.status = Some(status);
        // A gateway may answer with a page, or without a body, when it is busy or has waited too long.
        let may_be_page = status == 408 || !(300..500).contains(&status);
        error.0.origin = match body.origin {
            Origin::Foreign if may_be_page => Origin::Unclear,
            origin => origin,
        };
        error.0.hint = hint::of_response(operation.api, status, &body);
        error.0.about_subscription_key = body.is_about_subscription_key();
        error.0.api_errors = body.errors;
        error.0.correlation_id = body.correlation_id;
        error.0.conflict_id = body.conflict_id;
        error.0.body = bytes;
        error
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
        if (200..300).contains(&status) && body::is_page(&body) {
            self.0.origin = Origin::Foreign;
        }
        self.0.body = body;
        self
    }

    /// Removes the body.
    pub(crate) fn without_body(mut self) -> Self {
        self.0.body = Bytes::new();
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether no connection could be made: DNS, TCP, TLS or a certificate authority, for the call itself or for
    /// its access token. The machine may be offline.
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Returns whether the operation may have taken effect.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns whether the same call may succeed later. It is `true` only if a second call cannot move money twice:
    /// nothing happened, or the request had the idempotency key of [`idempotency_key`](Self::idempotency_key).
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns whether the response states what became of the request: the API or its gateway made it, and all of it was
    /// received. A page of a proxy or a firewall states nothing.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.0.origin == Origin::Api
    }

    /// Returns whether the response refuses the subscription key. Another access token would not help.
    pub(crate) fn is_about_subscription_key(&self) -> bool {
        self.0.about_subscription_key
    }

    /// Returns the wait before the next request that the response asks for (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the documented limit on the requests of the operation that failed, or `None` where
    /// none is documented: the QR API and the token endpoint.
    ///
    /// Every error of a limited operation has it, whatever the kind of the error. A failure with
    /// [`ErrorKind::RateLimited`] need not be about this limit: a gateway or a proxy may have a limit of its own.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.0.operation?.rate_limit.map(|(limit, _)| limit)
    }

    /// Returns the errors of the response, in its order. The slice is empty if there was no response or it lists none.
    pub fn api_errors(&self) -> &[ApiError] {
        &self.0.api_errors
    }

    /// Returns whether the response contains this error code, in any group.
    pub fn has_code(&self, code: &str) -> bool {
        self.0.api_errors.iter().any(|e| e.code() == Some(code))
    }

    /// Returns the HTTP status of the response, or `None` if there was no response.
    pub fn http_status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the HTTP method of the request.
    pub fn method(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.method)
    }

    /// Returns the path template of the request, such as `/ecomm/v2/payments/{orderId}/capture`.
    pub fn path(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.path)
    }

    /// Returns the operation's id in the OpenAPI document, in snake case.
    pub fn operation(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.id)
    }

    /// Returns the id of the request at Vipps MobilePay, which their support needs: `contextId`, `instance`, `traceId` or
    /// the like, or a response header.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Returns the id that is already in use, of an HTTP 409 of the QR API.
    pub fn conflict_id(&self) -> Option<&str> {
        self.0.conflict_id.as_deref()
    }

    /// Returns the body of the response unchanged, at most 64 KiB. It may contain personal data: do not log it.
    pub fn raw_body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns the number of requests that were made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the time from the start of the call to its failure: token, attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Returns the idempotency key of the request. A retry with the same key has no second effect.
    pub fn idempotency_key(&self) -> Option<&RequestId> {
        self.0.key.as_ref()
    }

    /// Returns the order id of the payment that the operation was about.
    pub fn order_id(&self) -> Option<&OrderId> {
        self.0.order_id.as_ref()
    }

    /// The operation that was called.
    pub(crate) fn call(&self) -> Option<Operation> {
        self.0.call.or(self.0.operation)
    }

    /// The sales unit that the call acted for, if it was set for the call.
    pub(crate) fn merchant(&self) -> Option<&MerchantSerialNumber> {
        self.0.merchant.as_ref()
    }

    /// The end of the last attempt by the client's monotonic clock, or `None` if nothing was sent.
    pub(crate) fn last_ended(&self) -> Option<Duration> {
        self.0.last_ended
    }

    /// Returns the argument that was refused, if the kind is [`ErrorKind::InvalidInput`].
    pub fn invalid_value(&self) -> Option<&InvalidValue> {
        self.0.invalid.as_ref()
    }

    /// Returns the next step, for the causes that take people days to find.
    ///
    /// If the outcome is [`Outcome::Unknown`], the hint says how to find out what happened. The meaning of the API's errors
    /// is then in [`ApiError::explanation`].
    pub fn hint(&self) -> Option<&str> {
        let inner = &*self.0;
        let is_limited = inner.kind == ErrorKind::RateLimited || inner.status == Some(429);
        let unknown_hint = || {
            let hint = self.call()?.unknown_hint?;
            Some(if inner.origin == Origin::Foreign {
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
            .or_else(|| (inner.origin == Origin::Foreign).then_some(hint::FOREIGN))
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
