//! The simulator's clock: real time plus the time that the test added, or a frozen time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// The time of a frozen clock: 2026-03-02 09:00 UTC, a Monday.
pub(crate) const FROZEN_AT: Timestamp = crate::testing::START;

/// The simulator's clock. Everything that depends on time follows it: the lifetimes of tokens,
/// landing pages, QR codes and image links, the limits per minute, and the expiry of personal data.
///
/// A clone is a handle to the same clock.
///
/// ```
/// # use vipps::simulator::Simulator;
/// # use std::time::Duration;
/// let sim = Simulator::start()?;
/// let before = sim.clock().now();
/// sim.clock().advance(Duration::from_secs(3600)); // every token has now expired
/// assert!(sim.clock().now().duration_since(before).as_secs() >= 3600);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reading: Mutex<Reading>,
    /// Wakes the sender of calls to the merchant, because an event may be due.
    changed: Notify,
}

#[derive(Debug)]
struct Reading {
    offset: SignedDuration,
    frozen_at: Option<Timestamp>,
}

impl Clock {
    pub(crate) fn new(frozen: bool) -> Self {
        Self(Arc::new(Shared {
            reading: Mutex::new(Reading {
                offset: SignedDuration::ZERO,
                frozen_at: frozen.then_some(FROZEN_AT),
            }),
            changed: Notify::new(),
        }))
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the task that waits for a due event.
    pub(crate) fn notify(&self) {
        self.0.changed.notify_one();
    }

    pub(crate) async fn notified(&self) {
        self.0.changed.notified().await;
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.reading().frozen_at.is_some()
    }

    /// Returns the simulator's current time.
    pub fn now(&self) -> Timestamp {
        let reading = self.reading();
        let base = reading.frozen_at.unwrap_or_else(Timestamp::now);
        base.checked_add(reading.offset).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward at once. A clock cannot be moved back.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.reading();
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        reading.offset = reading.offset.saturating_add(by);
        drop(reading);
        self.notify();
    }

    /// Stops the clock at its current time. From then on only [`advance`](Self::advance) moves it.
    pub fn freeze(&self) {
        let now = self.now();
        let mut reading = self.reading();
        reading.frozen_at = Some(now);
        reading.offset = SignedDuration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_clock_moves_only_by_advance() {
        let clock = Clock::new(true);
        assert_eq!(clock.now(), FROZEN_AT);
        assert_eq!(clock.now().to_string(), "2026-03-02T09:00:00Z");
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().to_string(), "2026-03-02T09:00:01.5Z");
    }

    #[test]
    fn clock_stops_at_the_latest_time() {
        let clock = Clock::new(true);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
