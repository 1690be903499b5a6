//! The facts about one call that its errors state.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, Outcome};
use crate::operation::Operation;
use crate::types::{MerchantSerialNumber, RequestId};

/// The data of a call that its errors state: the operation, the request, and the number and time of
/// the attempts.
pub(crate) struct CallRecord {
    pub(super) operation: Operation,
    /// The request that the generated code has built.
    pub(super) request: reqwest::Request,
    pub(super) key: Option<RequestId>,
    pub(super) merchant: Option<MerchantSerialNumber>,
    pub(super) started: Duration,
    /// The number of requests, including replays with another token.
    pub(super) requests: u32,
    /// The end of the last attempt, by the client's monotonic clock.
    pub(super) last_ended: Option<Duration>,
}

impl CallRecord {
    /// Adds the operation that failed and the data of the call to an error.
    pub(super) fn explain(&self, error: Error, now: Duration) -> Error {
        self.explain_token(error.with_operation(self.operation), now)
    }

    /// Adds the data of the call to an error of the token request that the call needed.
    pub(super) fn explain_token(&self, error: Error, now: Duration) -> Error {
        error
            .with_attempts(self.requests, now.saturating_sub(self.started))
            .with_key(self.key.clone())
            .with_call(
                self.operation,
                self.operation.payment_id(&self.request),
                self.merchant.clone(),
                self.last_ended,
            )
    }

    /// Returns the outcome when the response is lost or unreadable.
    pub(super) fn outcome_of_lost_response(&self) -> Outcome {
        if self.operation.class.has_effect() {
            Outcome::Unknown
        } else {
            Outcome::NoEffect
        }
    }
}

/// Omits the request, because its headers hold credentials.
impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecord")
            .field("operation", &self.operation.endpoint.id)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
