//! The error of the crate.

mod api_error;
mod body;
mod build;
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

pub use api_error::ApiError;
use body::Origin;
pub use kind::{ErrorKind, Outcome};

use crate::operation::{Operation, PaymentId, RateLimit};
use crate::types::{InvalidValue, MerchantSerialNumber, OrderId, Reference, RequestId};

/// The result of the operations of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation: its outcome, whether a retry may help, the errors of the API, and the
/// attempts that were made.
///
/// `Display` writes one line for a log. `Debug` adds the causes, the [`hint`](Self::hint) and
/// further facts, so that `main() -> Result<(), Box<dyn std::error::Error>>`, `unwrap` and `expect`
/// print something useful: one line with `{:?}`, several lines with `{:#?}`. Neither ever prints a
/// secret, personal data, a header, a body or an order id.
///
/// ```
/// # async fn f(vipps: vipps::Vipps, id: vipps::OrderId) {
/// use vipps::Outcome;
///
/// if let Err(error) = vipps.ecom().payment(id).capture_remaining().await {
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
    /// Set if the response refuses the subscription key.
    about_subscription_key: bool,
    retryable: bool,
    needs_new_key: bool,
    retry_after: Option<Duration>,
    attempts: u32,
    elapsed: Duration,
    key: Option<RequestId>,
    /// The operation that was called, which is another one than `operation` when the fetch of the
    /// token failed.
    call: Option<Operation>,
    payment_id: Option<PaymentId>,
    merchant: Option<MerchantSerialNumber>,
    last_ended: Option<Duration>,
    hint: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether no connection could be made, for the call itself or for its access token:
    /// DNS, TCP or TLS failed, or a certificate was refused. The machine may be offline.
    #[doc(alias = "offline")]
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Returns whether the operation may have taken effect.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns whether the same call may succeed later. It is `true` only if a second call cannot
    /// move money twice: nothing happened, or the request had the idempotency key of
    /// [`idempotency_key`](Self::idempotency_key).
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns whether the response states what became of the request: the API or its gateway made
    /// it, and all of it was received. A page of a proxy or a firewall states nothing.
    pub(crate) fn is_conclusive(&self) -> bool {
        self.0.origin == Origin::Api
    }

    /// Returns whether the response refuses the subscription key. Another access token would not
    /// help.
    pub(crate) fn is_about_subscription_key(&self) -> bool {
        self.0.about_subscription_key
    }

    /// Returns the wait before the next request that the response requests (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the documented limit on the requests of the operation that failed, or `None` if the
    /// API documents no limit. Only the eCom and ePayment APIs do.
    ///
    /// Every error of a limited operation has it, of any kind. A failure with
    /// [`ErrorKind::RateLimited`] need not be about this limit: a gateway or a proxy may have a
    /// limit of its own.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.0.operation?.rate_limit.map(|(limit, _)| limit)
    }

    /// Returns the errors that the response lists, in its order, at most 32. The slice is empty if
    /// there was no response, or the response lists no errors.
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

    /// Returns the HTTP method of the operation, or `None` if the error is about no operation, such
    /// as a refused argument.
    pub fn method(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.method)
    }

    /// Returns the path template of the operation, such as `/ecomm/v2/payments/{orderId}/capture`.
    pub fn path(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.path)
    }

    /// Returns the operation's id in the OpenAPI document, in snake case.
    pub fn operation(&self) -> Option<&'static str> {
        Some(self.0.operation?.endpoint.id)
    }

    /// Returns the id of the request at Vipps MobilePay, which their support needs: `contextId`,
    /// `instance`, `traceId` or a similar member of the body, or a response header.
    #[doc(alias("contextId", "traceId"))]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Returns the id that is already in use, from a response of the QR API with HTTP 409.
    pub fn conflict_id(&self) -> Option<&str> {
        self.0.conflict_id.as_deref()
    }

    /// Returns the body of the response unchanged, at most 64 KiB. It may contain personal data: do
    /// not log it.
    pub fn raw_body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns the number of requests that were sent or tried, including retries and without token
    /// requests. It is zero if the call failed before its first request.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the time from the start of the call to its failure: token, attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Returns the idempotency key of the request: the key that was set, or the random key of the
    /// call. A capture, a refund or the creation of an ePayment payment has no second effect if it
    /// is retried with the same key.
    pub fn idempotency_key(&self) -> Option<&RequestId> {
        self.0.key.as_ref()
    }

    /// Returns the order id of the payment that an operation of the eCom API was about.
    pub fn order_id(&self) -> Option<&OrderId> {
        match &self.0.payment_id {
            Some(PaymentId::Order(order_id)) => Some(order_id),
            _ => None,
        }
    }

    /// Returns the reference of the payment that an operation of the ePayment API was about.
    pub fn reference(&self) -> Option<&Reference> {
        match &self.0.payment_id {
            Some(PaymentId::Reference(reference)) => Some(reference),
            _ => None,
        }
    }

    /// Returns whether the API repeats this refusal for every request with the same idempotency
    /// key, so that a corrected or later request needs a new key.
    ///
    /// The ePayment API does so for a 4xx that ended a create, capture or refund. The value is
    /// `false` for the other APIs, and for errors that are retried with the same key.
    pub fn needs_new_key(&self) -> bool {
        self.0.needs_new_key
    }

    /// Returns the operation that was called.
    pub(crate) fn call(&self) -> Option<Operation> {
        self.0.call.or(self.0.operation)
    }

    /// Returns the sales unit that the call acted for, if it was set for the call.
    pub(crate) fn merchant(&self) -> Option<&MerchantSerialNumber> {
        self.0.merchant.as_ref()
    }

    /// Returns the end of the last attempt by the client's monotonic clock, or `None` if nothing was
    /// sent.
    pub(crate) fn last_ended(&self) -> Option<Duration> {
        self.0.last_ended
    }

    /// Returns the argument that was refused, if the kind is [`ErrorKind::InvalidInput`].
    pub fn invalid_value(&self) -> Option<&InvalidValue> {
        self.0.invalid.as_ref()
    }

    /// Returns the next step, for errors whose cause is hard to find, or `None`.
    ///
    /// If the outcome is [`Outcome::Unknown`], the hint states how to find out what happened. The
    /// meaning of the API's errors is then in [`ApiError::explanation`].
    pub fn hint(&self) -> Option<&str> {
        let inner = &*self.0;
        let is_limited = inner.kind == ErrorKind::RateLimited || inner.status == Some(429);
        let unknown_hint = || {
            let hint = self.call()?.unknown_hint?;
            Some(if inner.origin == Origin::Foreign {
                hint.foreign
            } else {
                hint.advice
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
