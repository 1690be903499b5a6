//! Polling and reconciliation, which the payment APIs share.
//!
//! The types are generic over the details of a payment. The modules [`ecom`](crate::ecom) and
//! [`epayment`](crate::epayment) read the states, events and amounts of their API, and have an
//! alias for each type: `ecom::Reconciled` is [`Reconciled<ecom::PaymentDetails>`](Reconciled).

mod details;
pub(crate) mod evidence;
mod poll;
mod reconcile;
#[cfg(test)]
mod tests;
mod wait;

pub(crate) use details::details_from_json;
pub(crate) use poll::{Decision, Snapshot};
pub use poll::{Poll, PollEvent, PollInterval, PollTrigger};
pub(crate) use reconcile::History;
pub use reconcile::{Reconcile, Reconciled};
pub use wait::Wait;

use crate::error::{Error, ErrorKind};

/// Returns whether reading the payment later can succeed.
fn is_transient(error: &Error) -> bool {
    // A success that cannot be read, or that holds an error, comes from a system between the client
    // and the API.
    error.is_retryable()
        || error.http_status().is_some_and(|status| status < 300)
        || matches!(
            error.kind(),
            ErrorKind::Connect
                | ErrorKind::Connection
                | ErrorKind::Timeout
                | ErrorKind::Deadline
                | ErrorKind::RateLimited
                | ErrorKind::Decode
                | ErrorKind::TooLarge
        )
}
