//! What all calls of a client may repeat between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Pace;

/// Stops repeats when most calls fail, so that a client does not add to an outage. Shared by the clones of a client.
///
/// A repeat after a plain failure costs 14, after a 429 it costs 5, a call that succeeds gives 1 back; the bucket
/// holds 500 at first and at most.
#[derive(Clone, Debug)]
pub struct RetryBudget(Option<Arc<AtomicU32>>);

const BUDGET: u32 = 500;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Some(Arc::new(AtomicU32::new(BUDGET))))
    }
}

impl RetryBudget {
    /// No limit on repeats other than each call's own; for tests.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// What is left, or `None` without a limit.
    pub fn left(&self) -> Option<u32> {
        self.0.as_ref().map(|left| left.load(Ordering::Relaxed))
    }

    pub(crate) fn spend(&self, pace: Pace) -> bool {
        let cost = match pace {
            Pace::Transient => 14,
            Pace::Throttled => 5,
        };
        self.0.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                n.checked_sub(cost)
            })
            .is_ok()
        })
    }

    pub(crate) fn refill(&self) {
        if let Some(left) = &self.0
            && left.load(Ordering::Relaxed) < BUDGET
        {
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                Some((n + 1).min(BUDGET))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_runs_dry_and_refills() {
        let budget = RetryBudget::default();
        let spent = std::iter::repeat_with(|| budget.spend(Pace::Transient))
            .take_while(|ok| *ok)
            .count();
        assert_eq!(spent, 35);
        assert!(!budget.spend(Pace::Transient));
        for _ in 0..14 {
            budget.refill();
        }
        assert!(budget.clone().spend(Pace::Transient));
    }

    #[test]
    fn an_unlimited_budget_never_runs_dry() {
        let budget = RetryBudget::unlimited();
        assert!((0..1000).all(|_| budget.spend(Pace::Transient)));
        assert_eq!(budget.left(), None);
    }
}
