//! A clock that tests control.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{Clock, Sleep};

/// A clock that moves only when it is advanced. It starts at 2026-03-02 09:00 UTC, like a
/// simulator's [frozen clock](crate::simulator::Builder::freeze_clock).
///
/// A wait advances the clock: a sleep of two seconds completes at once, and the clock is two
/// seconds later. Retries and polls therefore take no real time, and always the same virtual time.
///
/// A time limit does not advance the clock. It ends when the clock has passed it, because of
/// another wait or [`advance`](Self::advance), or when its duration has passed on tokio's clock. A
/// server that never responds therefore takes no longer than usual, and no time at all under
/// `tokio::time::pause`.
///
/// Clones share the same clock.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use vipps::Clock as _;
/// use vipps::testing::ManualClock;
///
/// let clock = ManualClock::new();
/// assert_eq!(clock.now().to_string(), "2026-03-02T09:00:00Z");
/// clock.advance(Duration::from_secs(90));
/// clock.sleep(Duration::from_secs(600)).await; // at once
/// assert_eq!(clock.now().to_string(), "2026-03-02T09:11:30Z");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: jiff::Timestamp,
    elapsed: Arc<watch::Sender<Duration>>,
}

/// The start of the clock: Monday, 2 March 2026, 09:00 UTC.
pub(crate) const START: jiff::Timestamp = jiff::Timestamp::constant(1_772_442_000, 0);

impl ManualClock {
    /// Creates a clock at 2026-03-02 09:00 UTC.
    pub fn new() -> Self {
        Self::starting_at(START)
    }

    /// Creates a clock at this time.
    pub fn starting_at(start: jiff::Timestamp) -> Self {
        Self {
            start,
            elapsed: Arc::new(watch::Sender::new(Duration::ZERO)),
        }
    }

    /// Advances the clock. It cannot be moved back.
    pub fn advance(&self, by: Duration) {
        self.elapsed
            .send_modify(|elapsed| *elapsed = elapsed.saturating_add(by));
    }

    /// Returns the time by which the clock was advanced, by [`advance`](Self::advance) and by
    /// waits.
    pub fn elapsed(&self) -> Duration {
        *self.elapsed.borrow()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        self.elapsed()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::SignedDuration::try_from(self.elapsed())
            .ok()
            .and_then(|elapsed| self.start.checked_add(elapsed).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let end = self.elapsed().saturating_add(duration);
        let elapsed = Arc::clone(&self.elapsed);
        Box::pin(async move {
            // Yields once, so that other ready tasks run before the clock advances.
            let mut has_waited = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut has_waited, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            advance_to(&elapsed, end);
        })
    }

    fn limit(&self, duration: Duration) -> Sleep {
        let end = self.elapsed().saturating_add(duration);
        // The future owns a sender, so that the channel stays open.
        let elapsed = Arc::clone(&self.elapsed);
        Box::pin(async move {
            let mut changes = elapsed.subscribe();
            let reached = changes.wait_for(|elapsed| *elapsed >= end);
            if tokio::time::timeout(duration, reached).await.is_err() {
                advance_to(&elapsed, end);
            }
        })
    }
}

/// Advances a clock to a time, unless it is already past it.
fn advance_to(clock: &watch::Sender<Duration>, moment: Duration) {
    clock.send_if_modified(|elapsed| {
        let is_later = *elapsed < moment;
        *elapsed = (*elapsed).max(moment);
        is_later
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    #[tokio::test]
    async fn a_wait_advances_the_clock_and_a_limit_does_not() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let minute = Duration::from_secs(60);

        // Completes after ten rounds of the executor, which take no time on the clock.
        let slow = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            7
        };
        assert_eq!(
            time.timeout_since(time.monotonic(), minute, slow).await,
            Some(7)
        );
        assert_eq!(clock.elapsed(), Duration::ZERO);

        time.sleep(minute).await;
        assert_eq!(clock.elapsed(), minute);

        let pending = std::future::pending::<()>();
        let advance = async { clock.advance(minute) };
        let (timed_out, ()) = tokio::join!(
            time.timeout_since(time.monotonic(), minute, pending),
            advance
        );
        assert_eq!(timed_out, None);
        assert_eq!(clock.elapsed(), 2 * minute);
    }

    #[tokio::test]
    async fn sleep_unless_returns_true_without_advancing_if_called() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let ready = std::future::ready(());
        assert!(time.sleep_unless(Duration::MAX, ready).await);
        assert_eq!(clock.elapsed(), Duration::ZERO);
        let pending = std::future::pending::<()>();
        assert!(!time.sleep_unless(Duration::from_secs(2), pending).await);
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test]
    async fn concurrent_waits_overlap() {
        let clock = ManualClock::new();
        let (five, two) = (Duration::from_secs(5), Duration::from_secs(2));
        tokio::join!(clock.sleep(five), clock.sleep(two));
        assert_eq!(clock.elapsed(), five);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_ends_when_its_duration_passes_on_tokios_clock() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let minute = Duration::from_secs(60);
        let pending = std::future::pending::<()>();
        assert_eq!(
            time.timeout_since(time.monotonic(), minute, pending).await,
            None
        );
        assert_eq!(clock.elapsed(), minute);
    }

    #[test]
    fn now_saturates_at_the_largest_timestamp() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), jiff::Timestamp::MAX);
    }
}
