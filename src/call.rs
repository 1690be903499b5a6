//! The one tail of every operation: deadline, token, idempotency key, and the attempt loop.
//!
//! Generated code builds a request, which the wrapper has sent by [`Context::run`], and a raw call by [`exec`] through
//! progenitor's hooks. The generated client of a call carries the [`Context`], which knows the options of that call and
//! takes back what came of a raw one, since the hook itself can only return reqwest's own errors.

mod attempts;
mod context;
mod destination;
mod hook;
mod known;
mod options;
mod outgoing;
mod template;

pub use context::Context;
pub(crate) use context::{Answer, OTHER_ORDER, Prepared};
pub(crate) use hook::{after, exec, fetch_anonymously};
pub(crate) use known::Known;
pub use options::CallOptions;
pub(crate) use options::{Begun, built, operation, setter};
pub(crate) use outgoing::{Outgoing, Prepare};
pub(crate) use template::Template;
