//! The facts about one call that its errors state.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, Outcome};
use crate::operation::Operation;
use crate::types::{MerchantSerialNumber, RequestId};

/// What a call was, and what it took.
pub(crate) struct CallRecord {
    pub(super) operation: Operation,
    /// The request as the last attempt sent it.
    pub(super) request: reqwest::Request,
    pub(super) key: Option<RequestId>,
    pub(super) merchant: Option<MerchantSerialNumber>,
    pub(super) started: Duration,
    /// Requests made, replays with another token included.
    pub(super) requests: u32,
    /// When the last attempt ended, by the client's monotonic clock.
    pub(super) last_ended: Option<Duration>,
}

impl CallRecord {
    /// The error, with the operation that failed and everything that is known of the call.
    pub(super) fn explain(&self, error: Error, now: Duration) -> Error {
        self.explain_token(error.with_operation(self.operation), now)
    }

    /// The error of another operation, the fetch of a token, with everything that is known of the call that needed it.
    pub(super) fn explain_token(&self, error: Error, now: Duration) -> Error {
        error
            .with_attempts(self.requests, now.saturating_sub(self.started))
            .with_key(self.key.clone())
            .with_call(
                self.operation,
                self.operation.order_id(&self.request),
                self.merchant.clone(),
                self.last_ended,
            )
    }

    /// The outcome when the response is lost or cannot be read.
    pub(super) fn outcome_of_lost_response(&self) -> Outcome {
        if self.operation.class.has_effect() {
            Outcome::Unknown
        } else {
            Outcome::NoEffect
        }
    }
}

/// Leaves the request out, whose headers hold credentials.
impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecord")
            .field("operation", &self.operation.endpoint.id)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
