//! The time that several requests of one operation share.

use std::time::Duration;

use super::options::CallOptions;
use crate::clock::Time;
use crate::runtime::Runtime;

/// The time at which an operation must end, over all of its requests.
#[derive(Clone)]
pub(crate) struct Deadline {
    time: Time,
    /// A time of the monotonic clock.
    at: Duration,
}

impl Deadline {
    /// Returns the deadline of an operation that begins now, from its options or from the client's
    /// total timeout.
    pub(crate) fn new(runtime: &Runtime, options: &CallOptions) -> Self {
        let total = options.deadline.unwrap_or_else(|| runtime.total_timeout());
        Self::after(runtime, total)
    }

    /// Returns the deadline `total` from now.
    pub(crate) fn after(runtime: &Runtime, total: Duration) -> Self {
        let time = runtime.time().clone();
        let at = time.monotonic().saturating_add(total);
        Self { time, at }
    }

    /// Returns the time that is left, zero once the deadline has passed.
    pub(crate) fn remaining(&self) -> Duration {
        self.at.saturating_sub(self.time.monotonic())
    }

    /// Returns these options for a request that begins now and may take all the time that is left.
    pub(crate) fn options(&self, options: &CallOptions) -> CallOptions {
        CallOptions {
            deadline: Some(self.remaining()),
            ..options.clone()
        }
    }

    /// Sleeps for `pause`. Returns `false` at once if that would leave no time for another request.
    pub(crate) async fn sleep(&self, pause: Duration) -> bool {
        let is_in_time = pause < self.remaining();
        if is_in_time {
            self.time.sleep(pause).await;
        }
        is_in_time
    }
}
