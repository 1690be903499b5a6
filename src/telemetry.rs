//! The `tracing` spans and events of a client, and counters that need no exporter.
//!
//! # Spans
//!
//! The names are those of [OpenTelemetry's HTTP
//! conventions](https://opentelemetry.io/docs/specs/semconv/http/), so that an exporter such as
//! `tracing-opentelemetry` needs no mapping. The target of all spans and events begins with
//! `vipps`. Without a subscriber they allocate nothing.
//!
//! | span | level | meaning |
//! |---|---|---|
//! | `vipps.call` | INFO | one operation, from the first attempt until its response is read |
//! | `vipps.attempt` | INFO | one request of the operation, and its response |
//!
//! | field | span | when | value |
//! |---|---|---|---|
//! | `otel.name` | both | always | the operation's id; of an attempt, method and path template |
//! | `otel.kind` | both | always | `internal`; of an attempt, `client` |
//! | `otel.status_code` | both | failed | `ERROR` |
//! | `vipps.operation` | call | always | the operation's id in the OpenAPI document, in snake case |
//! | `vipps.order_id` | call | of one order of eCom | the order id |
//! | `vipps.reference` | call | of one payment of ePayment | the reference |
//! | `vipps.outcome` | call | ended | `succeeded`, `not_sent`, `rejected`, `no_effect`, `unknown`, or `abandoned` if the future was dropped |
//! | `http.request.method` | both | always | `GET`, `POST`, `PUT`, `DELETE` |
//! | `url.template` | both | always | the path with the names of its variables, such as `/ecomm/v2/payments/{orderId}/capture` |
//! | `server.address`, `server.port` | attempt | always | the host of the request, and its port |
//! | `http.request.resend_count` | both | retried | of a call, the number of retries; of an attempt, its number among the retries |
//! | `http.response.status_code` | both | response | the status; of a call, the last one |
//! | `error.type` | both | failed | [`ErrorKind::as_str`](crate::ErrorKind::as_str): one of `invalid_input`, `configuration`, `authentication`, `connect`, `timeout`, `connection`, `deadline`, `api`, `rate_limited`, `decode`, `too_large`, `state` |
//!
//! # Events
//!
//! | event | level | fields beside the span's |
//! |---|---|---|
//! | `response received` | DEBUG | `http.response.status_code` |
//! | `attempt failed` | DEBUG | `error.type`, `http.response.status_code` |
//! | `retrying` | DEBUG | `http.request.resend_count`, `vipps.wait_ms` |
//! | `token refused, fetching another` | DEBUG | |
//! | `token fetched` | DEBUG | `vipps.token.lifetime_s` |
//! | `token fetch failed` | WARN | `error.type`, `http.response.status_code` |
//! | `token taken from the store` | DEBUG | `vipps.token.lifetime_s`; see [`token_store`](crate::token_store) |
//! | `token store failed` | WARN | `reason`: a description of the failure; the client fetched a token itself |
//! | `retry budget used up` | WARN | |
//! | `the request may have taken effect` | WARN | `error.type`, `http.response.status_code`; see [`Outcome::Unknown`](crate::Outcome::Unknown) |
//! | `poll failed` | DEBUG | `failures`, `error.type` |
//! | `callback refused`, `webhook refused` | WARN | `reason`: the check that failed; from the axum handlers and `webhooks::Receiver` |
//! | `webhook handler failed`, `webhook event store failed` | WARN | `reason`: the error of your handler or store |
//!
//! No span and no event contains a header, a body, a query, a token or personal data. Spans contain
//! order ids and references, so these must not contain personal data. reqwest and hyper trace on
//! their own targets. At level `TRACE` they write the path.
//!
//! # Counters
//!
//! [`Vipps::metrics`](crate::Vipps::metrics) returns the counts of a client and all its clones since
//! it was built.

mod call;
mod metrics;

pub(crate) use call::{Attempt, CallSpan};
pub(crate) use metrics::Counters;
pub use metrics::Metrics;
