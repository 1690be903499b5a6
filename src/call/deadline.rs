//! The time that several requests of one operation share.

use std::time::Duration;

use super::options::CallOptions;
use crate::clock::Time;
use crate::operation::RateLimit;
use crate::retry::RetryPolicy;
use crate::runtime::Runtime;

const MINUTE: Duration = Duration::from_secs(60);

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

    /// Returns the policy of the next round of requests to one operation, so that all rounds
    /// together keep the limit per minute.
    ///
    /// `requests` is the number of requests in the last minute. If it leaves no room for another
    /// request, waits a minute. Returns `None` if the deadline comes first.
    pub(crate) async fn next_round(
        &self,
        requests: &mut u32,
        limit: Option<RateLimit>,
        policy: &RetryPolicy,
    ) -> Option<RetryPolicy> {
        let limit = limit.map_or(u32::MAX, RateLimit::requests);
        // One request is left for a replay with another token.
        if *requests + 1 >= limit {
            if !self.sleep(MINUTE).await {
                return None;
            }
            *requests = 0;
        }
        let attempts = limit.saturating_sub(*requests + 1);
        Some(policy.clone().attempts(attempts.min(policy.max_attempts)))
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
