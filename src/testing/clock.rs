//! Time that a test decides.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{Clock, Sleep};

/// A clock that stands until it is moved. It begins at 2026-03-02 09:00 UTC, as a simulator's
/// [standing clock](crate::simulator::Builder::freeze_clock) does.
///
/// A wait moves it: whoever sleeps for two seconds finds the clock two seconds later at once, so that retries and polls
/// take no real time and always the same virtual one. A limit does not: an attempt is late when the clock has been moved
/// past its limit, by a wait elsewhere or by [`advance`](Self::advance), or when that much of tokio's time has really
/// passed. So a server that never answers is not waited for longer than usual, and not at all under
/// `tokio::time::pause`.
///
/// Cloning gives another handle to the same clock.
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

/// A Monday morning.
pub(crate) const START: jiff::Timestamp = jiff::Timestamp::constant(1_772_442_000, 0);

impl ManualClock {
    /// A clock at 2026-03-02 09:00 UTC.
    pub fn new() -> Self {
        Self::starting_at(START)
    }

    /// A clock at this moment.
    pub fn starting_at(start: jiff::Timestamp) -> Self {
        Self {
            start,
            elapsed: Arc::new(watch::Sender::new(Duration::ZERO)),
        }
    }

    /// Moves the clock forward at once. A clock cannot be moved back.
    pub fn advance(&self, by: Duration) {
        self.elapsed
            .send_modify(|elapsed| *elapsed = elapsed.saturating_add(by));
    }

    /// How far it has been moved, by hand and by waits.
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
            // Whatever else is ready, such as the test itself, has its turn before time goes on.
            let mut has_waited = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut has_waited, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            reach(&elapsed, end);
        })
    }

    fn limit(&self, duration: Duration) -> Sleep {
        let end = self.elapsed().saturating_add(duration);
        // The sender is held, so that the channel stays open.
        let elapsed = Arc::clone(&self.elapsed);
        Box::pin(async move {
            let mut moves = elapsed.subscribe();
            let moved = moves.wait_for(|elapsed| *elapsed >= end);
            if tokio::time::timeout(duration, moved).await.is_err() {
                reach(&elapsed, end);
            }
        })
    }
}

/// Moves a clock to where it is not yet.
fn reach(clock: &watch::Sender<Duration>, moment: Duration) {
    clock.send_if_modified(|elapsed| {
        let is_behind = *elapsed < moment;
        *elapsed = (*elapsed).max(moment);
        is_behind
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    #[tokio::test]
    async fn waits_pass_at_once_and_limits_do_not() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let minute = Duration::from_secs(60);

        // Done after ten rounds of the executor, which no limit minds.
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

        let never = std::future::pending::<()>();
        let advance = async { clock.advance(minute) };
        let (late, ()) = tokio::join!(time.timeout_since(time.monotonic(), minute, never), advance);
        assert_eq!(late, None);
        assert_eq!(clock.elapsed(), 2 * minute);
    }

    #[tokio::test]
    async fn a_call_comes_before_the_end_of_a_wait() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let called = std::future::ready(());
        assert!(time.sleep_unless(Duration::MAX, called).await);
        assert_eq!(clock.elapsed(), Duration::ZERO);
        let never = std::future::pending::<()>();
        assert!(!time.sleep_unless(Duration::from_secs(2), never).await);
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test]
    async fn waits_at_the_same_time_overlap() {
        let clock = ManualClock::new();
        let (five, two) = (Duration::from_secs(5), Duration::from_secs(2));
        tokio::join!(clock.sleep(five), clock.sleep(two));
        assert_eq!(clock.elapsed(), five);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_is_late_all_the_same() {
        let clock = ManualClock::new();
        let time = Time::Custom(Arc::new(clock.clone()));
        let minute = Duration::from_secs(60);
        let never = std::future::pending::<()>();
        assert_eq!(
            time.timeout_since(time.monotonic(), minute, never).await,
            None
        );
        assert_eq!(clock.elapsed(), minute);
    }

    #[test]
    fn the_end_of_time_is_held() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), jiff::Timestamp::MAX);
    }
}
