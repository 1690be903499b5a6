//! One call of an operation: its options, the attempts, and the response.
//!
//! A wrapped operation builds its request with the generated client. [`Call::run`] takes the
//! request from the hook `pre`, which ends the generated code, and passes it to [`run::run`], the
//! loop over attempts. A raw call reaches the same loop from the hook `exec`.

mod builder;
mod context;
mod deadline;
mod destination;
mod failed_attempt;
mod options;
mod record;
mod request;
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
pub(crate) use options::SharedStarts;
pub(crate) use response::{OTHER_ORDER, OTHER_PAYMENT, Response};
