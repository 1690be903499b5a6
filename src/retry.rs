//! Decides which failures are retried, and when.
//!
//! The functions are pure, so that each row of the table in `retry.md` has a test. Users read the
//! table in the documentation of [`RetryPolicy`].

mod budget;
mod judge;
mod wait;

use std::time::Duration;

pub use budget::RetryBudget;
pub(crate) use judge::{Failure, Pace, judge};
use wait::MINUTE;
pub(crate) use wait::{rate_limit_wait, retry_after, wait};

/// The number of attempts of a call and the waits between them.
///
/// The operation decides which failures are retried. This is not a setting.
///
/// ```
/// use std::time::Duration;
/// use vipps::RetryPolicy;
///
/// // For a till: few attempts with short waits.
/// let till = RetryPolicy::default().attempts(2).backoff(Duration::from_millis(50), Duration::from_secs(1));
/// # assert_ne!(till, RetryPolicy::none());
/// ```
///
#[doc = include_str!("retry.md")]
#[doc(alias("backoff", "exponential backoff"))]
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    pub(crate) throttle_base: Duration,
    pub(crate) throttle_cap: Duration,
    pub(crate) longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// Returns a policy with 3 attempts and the waits `backoff(100 ms, 5 s)` and
    /// `throttled_backoff(1 s, 20 s)`. It waits for a `Retry-After` of at most 60 s.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            throttle_base: Duration::from_secs(1),
            throttle_cap: Duration::from_secs(20),
            longest_retry_after: MINUTE,
        }
    }
}

impl RetryPolicy {
    /// Returns a policy with one attempt and no retries. After a refused token, the request is
    /// still sent once more with another token.
    #[doc(alias("never", "disabled"))]
    pub fn none() -> Self {
        Self {
            max_attempts: 1,
            ..Self::default()
        }
    }

    /// Sets the number of attempts, including the first: at least 1, at most 10.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.clamp(1, 10);
        self
    }

    /// Sets the waits after failures other than HTTP 429 and locked orders. The first wait is a
    /// random time of at most `base`; each further retry doubles the limit, up to `cap`.
    #[must_use]
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap.max(base);
        self
    }

    /// Sets the waits after HTTP 429 and locked orders. To the wait that [`backoff`](Self::backoff)
    /// allows at most, they add a random time of at most `base`; each further retry doubles the
    /// limit, up to `cap`.
    #[must_use]
    pub fn throttled_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.throttle_base = base;
        self.throttle_cap = cap.max(base);
        self
    }

    /// Sets the longest `Retry-After` that a call waits for. The default is 60 s, since the API
    /// counts requests by the minute.
    ///
    /// A longer `Retry-After` ends the call at once, and
    /// [`Error::retry_after`](crate::Error::retry_after) returns it. A wait that would not end
    /// before the deadline of the call also ends the call. The default deadline is 30 s.
    #[must_use]
    pub fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.longest_retry_after = longest;
        self
    }

    /// Returns whether a call waits for this `Retry-After`.
    pub(crate) fn permits(&self, retry_after: Option<Duration>) -> bool {
        retry_after.is_none_or(|after| after <= self.longest_retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_1_to_10() {
        for (attempts, expected) in [(0, 1), (1, 1), (10, 10), (11, 10), (u32::MAX, 10)] {
            let policy = RetryPolicy::default().attempts(attempts);
            assert_eq!(policy.max_attempts, expected, "{attempts}");
        }
        assert_eq!(RetryPolicy::none().max_attempts, 1);
    }
}
