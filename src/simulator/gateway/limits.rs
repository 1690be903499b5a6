//! The rate limits for each minute and order, as documented for the eCom and ePayment APIs.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::simulator::domain::time::{later, seconds_until};

const WINDOW: Duration = Duration::from_secs(60);
/// The number of counted orders above which the idle ones are removed.
const CLEANUP_THRESHOLD: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Limits {
    calls: HashMap<(&'static str, String), VecDeque<Timestamp>>,
    cleanup_above: usize,
}

impl Limits {
    /// Counts a call. If the limit is reached, returns the seconds until the next call is allowed.
    pub(crate) fn count(
        &mut self,
        operation: &'static str,
        scope: String,
        limit: usize,
        now: Timestamp,
    ) -> Result<(), i64> {
        self.remove_idle(now);
        let calls = self.calls.entry((operation, scope)).or_default();
        while calls
            .front()
            .is_some_and(|call| later(*call, WINDOW) <= now)
        {
            calls.pop_front();
        }
        if calls.len() >= limit {
            let first = calls.front().copied().unwrap_or(now);
            return Err(seconds_until(now, later(first, WINDOW)));
        }
        calls.push_back(now);
        Ok(())
    }

    fn remove_idle(&mut self, now: Timestamp) {
        if self.calls.len() > self.cleanup_above.max(CLEANUP_THRESHOLD) {
            self.calls
                .retain(|_, calls| calls.back().is_some_and(|call| later(*call, WINDOW) > now));
            self.cleanup_above = self.calls.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::FROZEN_AT;

    fn at(seconds: u64) -> Timestamp {
        later(FROZEN_AT, Duration::from_secs(seconds))
    }

    #[test]
    fn limit_applies_to_the_last_60_seconds() {
        let mut limits = Limits::default();
        let mut call = |seconds| limits.count("capture", "a".into(), 2, at(seconds));
        assert_eq!(call(0), Ok(()));
        assert_eq!(call(30), Ok(()));
        assert_eq!(call(40), Err(20));
        assert_eq!(call(60), Ok(()));
        assert_eq!(call(61), Err(29));
    }

    #[test]
    fn orders_and_operations_do_not_share_a_limit() {
        let mut limits = Limits::default();
        assert!(limits.count("capture", "a".into(), 1, at(0)).is_ok());
        assert!(limits.count("capture", "b".into(), 1, at(0)).is_ok());
        assert!(limits.count("refund", "a".into(), 1, at(0)).is_ok());
        assert!(limits.count("capture", "a".into(), 1, at(0)).is_err());
    }

    #[test]
    fn idle_orders_are_removed() {
        let mut limits = Limits::default();
        for order in 0..=CLEANUP_THRESHOLD {
            let _ = limits.count("details", order.to_string(), 1, at(0));
        }
        let _ = limits.count("details", "late".into(), 1, at(61));
        assert_eq!(limits.calls.len(), 1);
    }
}
