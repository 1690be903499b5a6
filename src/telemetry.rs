//! What a client tells of its work: `tracing` spans and events, and counters that need no exporter.
//!
//! # Spans
//!
//! Names are those of [OpenTelemetry's HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/), so that
//! an exporter such as `tracing-opentelemetry` needs no mapping. The target of all spans and events begins with
//! `vipps`. Without a subscriber they cost nothing, not even an allocation.
//!
//! | span | level | what |
//! |---|---|---|
//! | `vipps.call` | INFO | one operation, from the first attempt to the answer that is read |
//! | `vipps.attempt` | INFO | one request within it, and its answer |
//!
//! | field | on | when | value |
//! |---|---|---|---|
//! | `otel.name` | both | always | the operation's id; of an attempt, method and path template |
//! | `otel.kind` | both | always | `internal`; of an attempt, `client` |
//! | `otel.status_code` | both | failed | `ERROR` |
//! | `vipps.operation` | call | always | the operation's id in the OpenAPI document, in snake case |
//! | `vipps.order_id` | call | of one order | the order id |
//! | `vipps.outcome` | call | ended | `succeeded`, `not_sent`, `rejected`, `no_effect`, `unknown`, or `abandoned`: the future was dropped |
//! | `http.request.method` | both | always | `GET`, `POST`, `PUT`, `DELETE` |
//! | `url.template` | both | always | the path with its variables' names, such as `/ecomm/v2/payments/{orderId}/capture` |
//! | `server.address`, `server.port` | attempt | always | the host that is asked, and its port |
//! | `http.request.resend_count` | both | repeated | of a call, how often the request was repeated; of an attempt, its number among the repeats |
//! | `http.response.status_code` | both | answered | the status; of a call, the last one |
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
//! | `token store failed` | WARN | `reason`: what failed, in words; the client fetched a token for itself |
//! | `retry budget used up` | WARN | |
//! | `the request may have taken effect` | WARN | `error.type`, `http.response.status_code`; see [`Outcome::Unknown`](crate::Outcome::Unknown) |
//! | `poll failed` | DEBUG | `failures`, `error.type` |
//! | `callback refused`, `webhook refused` | WARN | `reason`: which check failed, in words; from the axum handlers |
//!
//! No span and no event holds a header, a body, a query, a token or personal data. An order id is the merchant's own
//! word for a sale: keep people out of it. Below this crate, reqwest and hyper trace on their own targets; at their
//! `TRACE` level they name the path.
//!
//! # Counters
//!
//! [`Vipps::metrics`](crate::Vipps::metrics) reads what all clones of a client have counted since it was built.

mod call;
mod metrics;

pub(crate) use call::{Attempt, Call};
pub(crate) use metrics::Counters;
pub use metrics::Metrics;
