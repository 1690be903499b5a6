//! The span and the count of one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::Span;
use tracing::field::Empty;
use url::Url;

use super::Counters;
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::Operation;

/// One call while it lasts. Its end is told when this is dropped, since whether an answer can be read is found out
/// last, and since a call can end by being dropped.
#[derive(Debug)]
pub(crate) struct Call {
    span: Span,
    /// Absent for the requests for tokens.
    counters: Option<Arc<Counters>>,
    verdict: AtomicU8,
}

const ABANDONED: u8 = 0;
const SUCCEEDED: u8 = 1;
const NOT_SENT: u8 = 2;
const REJECTED: u8 = 3;
const NO_EFFECT: u8 = 4;
const UNKNOWN: u8 = 5;

impl Call {
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
            vipps.outcome = Empty,
            http.request.method = endpoint.method,
            url.template = endpoint.path,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        );
        if !span.is_disabled()
            && let Some(id) = operation.order_id(request)
        {
            span.record("vipps.order_id", id.as_str());
        }
        if let Some(counters) = &counters {
            counters.calls.add_one();
        }
        Self {
            span,
            counters,
            verdict: AtomicU8::new(ABANDONED),
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// How many requests were made in all.
    pub(crate) fn requests(&self, requests: u32) {
        if requests > 1 {
            self.span.record("http.request.resend_count", requests - 1);
        }
    }

    pub(crate) fn succeeded(&self, status: u16) {
        self.verdict.store(SUCCEEDED, Ordering::Relaxed);
        self.span.record("http.response.status_code", status);
    }

    pub(crate) fn failed(&self, error: &Error) {
        let verdict = match error.outcome() {
            Outcome::NotSent => NOT_SENT,
            Outcome::Rejected => REJECTED,
            Outcome::NoEffect => NO_EFFECT,
            Outcome::Unknown => UNKNOWN,
        };
        self.verdict.store(verdict, Ordering::Relaxed);
        if let Some(status) = error.http_status() {
            self.span.record("http.response.status_code", status);
        }
        self.span.record("error.type", error.kind().as_str());
        self.span.record("otel.status_code", "ERROR");
        if verdict == UNKNOWN {
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

impl Drop for Call {
    fn drop(&mut self) {
        let counters = self.counters.as_deref();
        let (name, counter) = match *self.verdict.get_mut() {
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
    /// `resent` counts the requests that came before.
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

    /// A 401 that the next attempt may avoid with another token.
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

    /// Every call runs this, so that it must cost nothing without a subscriber.
    #[test]
    fn without_a_subscriber_nothing_is_allocated() {
        let url = "https://example.com/ecomm/v2/payments/o-1/capture"
            .parse()
            .unwrap();
        let request = reqwest::Request::new(http::Method::POST, url);
        let counters = Arc::new(Counters::default());
        let operation = Operation::find(&[], &[], None);
        let run = || {
            let call = Call::begin(&operation, &request, Some(counters.clone()));
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
