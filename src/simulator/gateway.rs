//! The gateway in front of the APIs: routes, authentication, rate limits, and the check of every
//! request and response against the vendored documents. It is independent of any API; `apis` registers them.

mod api;
pub(crate) mod auth;
#[cfg(feature = "simulator-contract")]
pub(crate) mod contract;
mod dispatch;
mod document;
pub(crate) mod errors;
mod idempotency;
pub(crate) mod images;
mod limits;
mod message;
mod outgoing;
pub(crate) mod overrides;
mod routes;
mod state;
mod urls;
pub(crate) mod violation;

pub(crate) use api::{Api, Call, Failure, GatewayError, Limit, Operation, ReferencePlace};
pub(crate) use dispatch::dispatch;
pub(crate) use document::Document;
pub(crate) use message::{Body, PROBLEM, Request, Response, decode, parameter};
pub(crate) use outgoing::{Message, OutgoingMessage};
#[cfg(test)]
pub(crate) use routes::Routes;
pub(crate) use routes::{IMAGE_PATH, LANDING_PAGE_PATH, landing_token};
pub(crate) use state::{Settings, State};
pub(crate) use urls::is_public_https;
pub(crate) use violation::Violation;
