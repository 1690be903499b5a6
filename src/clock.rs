//! Time and randomness, both replaceable, so that a test can decide them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};

/// A future that ends when a time has passed.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a client takes its time from. Replace it to make waits instant and repeatable in tests.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
    /// The time of day (UTC).
    fn now(&self) -> jiff::Timestamp;
    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;
    /// Ends after `duration`, as a limit on something that should be over sooner: an attempt, a call. Where waits pass
    /// at once, limits must not, or everything that takes a moment would be late.
    fn limit(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

/// Where a client takes randomness from: generated idempotency keys and the jitter of waits.
pub trait Randomness: fmt::Debug + Send + Sync + 'static {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// The real clock, or the caller's own. The real one needs no allocation to wait.
#[derive(Clone, Debug, Default)]
pub(crate) enum Time {
    #[default]
    System,
    Custom(Arc<dyn Clock>),
}

/// What the system's monotonic time is counted from.
fn start() -> tokio::time::Instant {
    static START: OnceLock<tokio::time::Instant> = OnceLock::new();
    *START.get_or_init(tokio::time::Instant::now)
}

impl Time {
    /// Returns whether waits are timers of tokio, which need its runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        matches!(self, Self::System)
    }

    pub(crate) fn monotonic(&self) -> Duration {
        match self {
            Self::System => {
                let start = start();
                tokio::time::Instant::now().saturating_duration_since(start)
            }
            Self::Custom(clock) => clock.monotonic(),
        }
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        match self {
            Self::System => jiff::Timestamp::now(),
            Self::Custom(clock) => clock.now(),
        }
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        match self {
            Self::System => tokio::time::sleep(duration).await,
            Self::Custom(clock) => clock.sleep(duration).await,
        }
    }

    /// Ends when `limit` has passed since the moment `now`, which is not read anew; a clock of the caller's own counts
    /// from here.
    pub(crate) fn limit(&self, now: Duration, limit: Duration) -> Limit {
        match self {
            // Where time stands still in a test, it may stand before what it is counted from.
            Self::System if now.is_zero() => Limit::System {
                sleep: unconstrained(tokio::time::sleep(limit)),
            },
            Self::System => match start().checked_add(now.saturating_add(limit)) {
                Some(end) => Limit::System {
                    sleep: unconstrained(tokio::time::sleep_until(end)),
                },
                None => Limit::Never,
            },
            Self::Custom(clock) => Limit::Custom {
                sleep: clock.limit(limit),
            },
        }
    }

    /// The future's output, or `None` when `limit` passes first, counted as in [`limit`](Self::limit).
    pub(crate) async fn timeout_since<F: Future>(
        &self,
        now: Duration,
        limit: Duration,
        future: F,
    ) -> Option<F::Output> {
        race(future, self.limit(now, limit)).await
    }

    /// Waits for `duration`, or until the call for attention comes first; tells whether it did.
    pub(crate) async fn sleep_unless(&self, duration: Duration, called: impl Future) -> bool {
        match self {
            Self::System => tokio::time::timeout(duration, called).await.is_ok(),
            Self::Custom(clock) => race(called, clock.sleep(duration)).await.is_some(),
        }
    }
}

pin_project! {
    /// A limit on something that should be over sooner.
    #[project = LimitParts]
    pub(crate) enum Limit {
        // Even where what it limits has used up the task's turn.
        System { #[pin] sleep: Unconstrained<tokio::time::Sleep> },
        Custom { sleep: Sleep },
        Never,
    }
}

impl Future for Limit {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            LimitParts::System { sleep } => sleep.poll(cx),
            LimitParts::Custom { sleep } => sleep.as_mut().poll(cx),
            LimitParts::Never => Poll::Pending,
        }
    }
}

/// The future's output, or `None` when the time ends first.
async fn race<F: Future>(future: F, time: impl Future<Output = ()>) -> Option<F::Output> {
    let (mut future, mut time) = (pin!(future), pin!(time));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => time.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            // A system without entropy still must not reuse a key: std's per-process random hash keys and the time.
            use std::hash::{BuildHasher, Hasher};
            for chunk in buffer.chunks_mut(8) {
                let mut hasher = std::hash::RandomState::new().build_hasher();
                hasher.write_u128(jiff::Timestamp::now().as_nanosecond().unsigned_abs());
                chunk.copy_from_slice(&hasher.finish().to_ne_bytes()[..chunk.len()]);
            }
        }
    }
}

/// A number in `0.0..1.0`.
pub(crate) fn fraction(random: &dyn Randomness) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
