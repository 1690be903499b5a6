//! The limit on the retries of all calls of one client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Pace;

/// A limit on the retries of all calls of one client, which keeps the client from adding to an
/// outage.
///
/// The budget starts with 500 points, which is also its maximum. A retry costs 14 points, or 5
/// points after too many requests or a lock. A call that succeeds adds 1 point. Without points, a
/// call ends at its first failure. Clones of a client share one budget.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = |msn: &str| vipps::Credentials::new("id", "secret", "key", msn.parse().unwrap());
/// use vipps::{RetryBudget, Vipps};
///
/// // Two clients with different keys, whose retries count together.
/// let budget = RetryBudget::default();
/// let first = Vipps::builder(keys("123456")?).retry_budget(budget.clone()).build()?;
/// let second = Vipps::builder(keys("654321")?).retry_budget(budget.clone()).build()?;
/// assert_eq!(budget.remaining(), Some(500));
/// # let _ = (first, second);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget(Option<Arc<AtomicU32>>);

const BUDGET: u32 = 500;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Some(Arc::new(AtomicU32::new(BUDGET))))
    }
}

impl RetryBudget {
    /// Returns a budget without a limit, for tests. Each call still has the limit of its
    /// [`RetryPolicy`](crate::RetryPolicy).
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// Returns the points that are left, or `None` if there is no limit.
    pub fn remaining(&self) -> Option<u32> {
        self.0.as_ref().map(|left| left.load(Ordering::Relaxed))
    }

    /// Takes the points of one retry. Returns `false` if there are not enough.
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

    /// Adds the point of a call that succeeded.
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
    fn budget_is_used_up_and_refilled() {
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
    fn unlimited_budget_is_never_used_up() {
        let budget = RetryBudget::unlimited();
        assert!((0..1000).all(|_| budget.spend(Pace::Transient)));
        assert_eq!(budget.remaining(), None);
    }
}
