//! Builds errors and adds the data of a call to them.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use super::body::{self, ErrorBody, Origin};
use super::{Error, ErrorKind, Inner, Outcome, hint};
use crate::operation::{ErrorCode, Operation, PaymentId};
use crate::types::{InvalidValue, MerchantSerialNumber, OrderId, Reference, RequestId};

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
            needs_new_key: false,
            retry_after: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            key: None,
            call: None,
            payment_id: None,
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

    /// Returns the error for a response of this operation. Its outcome comes from the retry table.
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
        // A busy gateway, or a gateway that timed out, may send a web page or no body.
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
        // Only a refusal is final for its key.
        self.0.needs_new_key &= outcome == Outcome::Rejected;
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
        payment_id: Option<PaymentId>,
        merchant: Option<MerchantSerialNumber>,
        last_ended: Option<Duration>,
    ) -> Self {
        self.0.call = Some(operation);
        self.0.payment_id = payment_id;
        self.0.merchant = merchant;
        self.0.last_ended = last_ended;
        self
    }

    pub(crate) fn with_order_id(mut self, order_id: &OrderId) -> Self {
        self.0.payment_id = Some(PaymentId::Order(order_id.clone()));
        self
    }

    pub(crate) fn with_reference(mut self, reference: &Reference) -> Self {
        self.0.payment_id = Some(PaymentId::Reference(reference.clone()));
        self
    }

    pub(crate) fn with_used_up_key(mut self, needs_new_key: bool) -> Self {
        self.0.needs_new_key = needs_new_key;
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
