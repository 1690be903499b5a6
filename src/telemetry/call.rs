//! The spans and the counters of one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::Span;
use tracing::field::Empty;
use url::Url;

use super::Counters;
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::{Operation, PaymentId};

/// One call in progress.
///
/// `Drop` records the outcome, because reading the response is the last step of a call, and because
/// a call also ends when its future is dropped.
#[derive(Debug)]
pub(crate) struct CallSpan {
    span: Span,
    /// `None` for token requests.
    counters: Option<Arc<Counters>>,
    outcome: AtomicU8,
}

const ABANDONED: u8 = 0;
const SUCCEEDED: u8 = 1;
const NOT_SENT: u8 = 2;
const REJECTED: u8 = 3;
const NO_EFFECT: u8 = 4;
const UNKNOWN: u8 = 5;

impl CallSpan {
    pub(crate) fn begin(
        operation: &Operation,
        request: &reqwest::Request,
        counters: Option<Arc<Counters>>,
    ) -> Self {
        let endpoint = operation.endpoint;
        let span = tracing::info_span!(
            "vipps.call",
            otel.name = endpoint.id,
            otel.kind = "internal",
            otel.status_code = Empty,
            vipps.operation = endpoint.id,
            vipps.order_id = Empty,
            vipps.reference = Empty,
            vipps.outcome = Empty,
            http.request.method = endpoint.method,
            url.template = endpoint.path,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        );
        if !span.is_disabled() {
            match operation.payment_id(request) {
                Some(PaymentId::Order(id)) => span.record("vipps.order_id", id.as_str()),
                Some(PaymentId::Reference(id)) => span.record("vipps.reference", id.as_str()),
                None => &span,
            };
        }
        if let Some(counters) = &counters {
            counters.calls.add_one();
        }
        Self {
            span,
            counters,
            outcome: AtomicU8::new(ABANDONED),
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Records the number of requests of the call.
    pub(crate) fn requests(&self, requests: u32) {
        if requests > 1 {
            self.span.record("http.request.resend_count", requests - 1);
        }
    }

    pub(crate) fn succeeded(&self, status: u16) {
        self.outcome.store(SUCCEEDED, Ordering::Relaxed);
        self.span.record("http.response.status_code", status);
    }

    pub(crate) fn failed(&self, error: &Error) {
        let outcome = match error.outcome() {
            Outcome::NotSent => NOT_SENT,
            Outcome::Rejected => REJECTED,
            Outcome::NoEffect => NO_EFFECT,
            Outcome::Unknown => UNKNOWN,
        };
        self.outcome.store(outcome, Ordering::Relaxed);
        if let Some(status) = error.http_status() {
            self.span.record("http.response.status_code", status);
        }
        self.span.record("error.type", error.kind().as_str());
        self.span.record("otel.status_code", "ERROR");
        if outcome == UNKNOWN {
            self.span.in_scope(|| {
                tracing::warn!(
                    error.type = error.kind().as_str(),
                    http.response.status_code = error.http_status(),
                    "the request may have taken effect"
                );
            });
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        let counters = self.counters.as_deref();
        let (name, counter) = match *self.outcome.get_mut() {
            SUCCEEDED => ("succeeded", counters.map(|c| &c.succeeded)),
            NOT_SENT => (Outcome::NotSent.as_str(), counters.map(|c| &c.not_sent)),
            REJECTED => (Outcome::Rejected.as_str(), counters.map(|c| &c.rejected)),
            NO_EFFECT => (Outcome::NoEffect.as_str(), counters.map(|c| &c.no_effect)),
            UNKNOWN => (Outcome::Unknown.as_str(), counters.map(|c| &c.unknown)),
            _ => ("abandoned", counters.map(|c| &c.abandoned)),
        };
        self.span.record("vipps.outcome", name);
        if let Some(counter) = counter {
            counter.add_one();
        }
    }
}

/// The span of one attempt.
#[derive(Debug)]
pub(crate) struct Attempt(Span);

impl Attempt {
    /// Begins the span. `resent` is the number of earlier requests of the call.
    pub(crate) fn begin(operation: &Operation, url: &Url, resent: u32) -> Self {
        let endpoint = operation.endpoint;
        let span = tracing::info_span!(
            "vipps.attempt",
            otel.name = %format_args!("{} {}", endpoint.method, endpoint.path),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = endpoint.method,
            url.template = endpoint.path,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.request.resend_count = (resent > 0).then_some(resent),
            http.response.status_code = Empty,
            error.type = Empty,
        );
        Self(span)
    }

    pub(crate) fn span(&self) -> Span {
        self.0.clone()
    }

    pub(crate) fn succeeded(self, status: u16) {
        self.0.record("http.response.status_code", status);
        self.0
            .in_scope(|| tracing::debug!(http.response.status_code = status, "response received"));
    }

    /// Ends the span with a 401, after which the next attempt has another token.
    pub(crate) fn token_refused(self) {
        self.end(ErrorKind::Api, Some(401));
    }

    pub(crate) fn failed(self, error: &Error) {
        self.end(error.kind(), error.http_status());
    }

    fn end(self, kind: ErrorKind, status: Option<u16>) {
        if let Some(status) = status {
            self.0.record("http.response.status_code", status);
        }
        self.0.record("error.type", kind.as_str());
        self.0.record("otel.status_code", "ERROR");
        self.0.in_scope(|| {
            tracing::debug!(
                error.type = kind.as_str(),
                http.response.status_code = status,
                "attempt failed"
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every call creates these spans, also in programs without a subscriber.
    #[test]
    fn span_does_not_allocate_without_a_subscriber() {
        let url = "https://example.com/ecomm/v2/payments/o-1/capture"
            .parse()
            .unwrap();
        let request = reqwest::Request::new(http::Method::POST, url);
        let counters = Arc::new(Counters::default());
        let operation = Operation::unlisted(None);
        let run = || {
            let call = CallSpan::begin(&operation, &request, Some(counters.clone()));
            call.span().in_scope(|| ());
            let attempt = Attempt::begin(&operation, request.url(), 1);
            attempt.span().in_scope(|| ());
            attempt.succeeded(200);
            call.requests(2);
            call.succeeded(200);
        };
        run();
        let cost = allocation_counter::measure(run);
        assert_eq!(cost.count_total, 0);
        assert_eq!(counters.read().succeeded, 2);
    }
}
