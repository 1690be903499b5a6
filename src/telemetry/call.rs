//! The span and the count of one call.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::Deserialize;
use tracing::Span;
use tracing::field::Empty;
use url::Url;

use super::Counters;
use crate::call::Template;
use crate::error::{Error, ErrorKind, Outcome};
use crate::raw::Operation;
use crate::types::OrderId;

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
        operation: &'static Operation,
        request: &Template,
        counters: Option<Arc<Counters>>,
    ) -> Self {
        let span = tracing::info_span!(
            "vipps.call",
            otel.name = operation.id,
            otel.kind = "internal",
            otel.status_code = Empty,
            vipps.operation = operation.id,
            vipps.order_id = Empty,
            vipps.outcome = Empty,
            http.request.method = operation.method,
            url.template = operation.path,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        );
        if !span.is_disabled()
            && let Some(id) = order_id(operation, request)
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

    /// Runs a part of the call.
    pub(crate) fn within<T>(&self, part: impl FnOnce() -> T) -> T {
        self.span.in_scope(part)
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
    /// `resent` is the attempt's number among the repeats; 0 is the first attempt.
    pub(crate) fn begin(operation: &'static Operation, url: &Url, resent: u32) -> Self {
        let span = tracing::info_span!(
            "vipps.attempt",
            otel.name = %format_args!("{} {}", operation.method, operation.path),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = operation.method,
            url.template = operation.path,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.request.resend_count = (resent > 0).then_some(resent),
            http.response.status_code = Empty,
            error.type = Empty,
        );
        Self(span)
    }

    /// Runs a part of the attempt.
    pub(crate) fn within<T>(&self, part: impl FnOnce() -> T) -> T {
        self.0.in_scope(part)
    }

    pub(crate) fn answered(self, status: u16) {
        self.0.record("http.response.status_code", status);
        self.0
            .in_scope(|| tracing::debug!(http.response.status_code = status, "answered"));
    }

    /// Answered with a 401, which may end with another token.
    pub(crate) fn refused(self) {
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

/// The order that a request is about: from its path or, for the one request that starts an order, from its body.
fn order_id(operation: &Operation, request: &Template) -> Option<OrderId> {
    let text = if operation.path.contains(ORDER) {
        Cow::Borrowed(in_path(operation.path, request.url().path())?)
    } else if operation.id == "initiate_payment_v3_using_post" {
        serde_json::from_slice::<Body>(request.body()?)
            .ok()?
            .transaction
            .order_id
    } else {
        return None;
    };
    // A raw call can send anything for an order id; what is none is not told.
    OrderId::parse(&text).ok()
}

const ORDER: &str = "{orderId}";

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    transaction: Transaction<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    #[serde(borrow)]
    order_id: Cow<'a, str>,
}

/// The step of the path that stands where the template has the order id, counted from the end: a base URL may have a
/// path of its own.
fn in_path<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    let at = template.rsplit('/').position(|step| step == ORDER)?;
    path.rsplit('/').nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    static CAPTURE: Operation = Operation {
        id: "capture_payment_using_post",
        method: "POST",
        path: "/ecomm/v2/payments/{orderId}/capture",
        idempotency_key: None,
    };
    static INITIATE: Operation = Operation {
        id: "initiate_payment_v3_using_post",
        method: "POST",
        path: "/ecomm/v2/payments",
        idempotency_key: None,
    };

    fn request(path: &str, body: &str) -> Template {
        let url = format!("https://example.com/prefix{path}");
        let mut request = reqwest::Request::new(http::Method::POST, url.parse().unwrap());
        *request.body_mut() = Some(body.to_owned().into());
        Template::from(request)
    }

    #[test]
    fn the_order_id_is_found_in_path_and_body_and_nothing_else_is_taken_for_one() {
        let found = |operation, path: &str, body: &str| {
            order_id(operation, &request(path, body)).map(String::from)
        };
        let capture = |id: &str| found(&CAPTURE, &format!("/ecomm/v2/payments/{id}/capture"), "{}");
        assert_eq!(capture("o-1").as_deref(), Some("o-1"));
        assert_eq!(capture("a%20b"), None);
        assert_eq!(found(&CAPTURE, "", ""), None);
        let initiate = |body| found(&INITIATE, "/ecomm/v2/payments", body);
        assert_eq!(
            initiate(r#"{"customerInfo":{},"transaction":{"amount":1,"orderId":"o-2"}}"#)
                .as_deref(),
            Some("o-2")
        );
        for body in [
            "",
            "{}",
            r#"{"transaction":{"orderId":7}}"#,
            r#"{"transaction":{"orderId":"+47 91234567"}}"#,
        ] {
            assert_eq!(initiate(body), None, "{body}");
        }
    }

    /// On the warm path of every call, so that it must cost nothing where nobody listens.
    #[test]
    fn without_a_subscriber_nothing_is_allocated() {
        let request = request("/ecomm/v2/payments/o-1/capture", "{}");
        let counters = Arc::new(Counters::default());
        let run = || {
            let call = Call::begin(&CAPTURE, &request, Some(counters.clone()));
            call.within(|| ());
            let attempt = Attempt::begin(&CAPTURE, request.url(), 1);
            attempt.within(|| ());
            attempt.answered(200);
            call.requests(2);
            call.succeeded(200);
        };
        run();
        let cost = allocation_counter::measure(run);
        assert_eq!(cost.count_total, 0);
        assert_eq!(counters.read().succeeded, 2);
    }
}
