//! One call of an operation: its options, the attempts, and the response.
//!
//! A wrapped operation builds its request with the generated client and sends it with [`Call::run`]. The hooks of the
//! generated client lead every request, wrapped or raw, to [`run::run`], the only loop over attempts.

mod builder;
mod context;
mod deadline;
mod destination;
mod options;
mod record;
mod response;
mod run;
#[cfg(all(test, feature = "testing"))]
mod tests;

pub(crate) use builder::{BoxFuture, built, operation};
pub use context::Context;
pub(crate) use context::{Call, GeneratedClient, download};
pub(crate) use deadline::Deadline;
pub(crate) use destination::encode_path;
pub use options::CallOptions;
pub(crate) use response::{OTHER_ORDER, Response};
