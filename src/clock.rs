//! Sources of time and randomness. Both are replaceable, so that tests are deterministic.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};

/// A future that completes after a duration.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock of a client.
///
/// Replace it to make waits instant and reproducible in tests.
///
/// ```
/// use std::time::{Duration, Instant};
/// use vipps::{Clock, Sleep};
///
/// /// The system clock, but waits between attempts end at once.
/// #[derive(Debug)]
/// struct WithoutWaits(Instant);
///
/// impl Clock for WithoutWaits {
///     fn monotonic(&self) -> Duration {
///         self.0.elapsed()
///     }
///     fn now(&self) -> jiff::Timestamp {
///         jiff::Timestamp::now()
///     }
///     fn sleep(&self, _: Duration) -> Sleep {
///         Box::pin(std::future::ready(()))
///     }
///     fn limit(&self, duration: Duration) -> Sleep {
///         Box::pin(tokio::time::sleep(duration))
///     }
/// }
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # sim.faults().on("get_payment").times(2).status(503);
/// # let builder = sim.client_builder();
/// let vipps = builder.clock(WithoutWaits(Instant::now())).build()?;
/// # let error = vipps.epayment().payment("acme-order-1001".parse()?).details().await.unwrap_err();
/// # assert_eq!((error.attempts(), error.http_status()), (3, Some(404)));
/// # Ok(()) }
/// ```
///
/// The feature `testing` has a `ManualClock`, which only tests advance.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time since a fixed moment. It never decreases.
    fn monotonic(&self) -> Duration;
    /// Returns the current time (UTC).
    fn now(&self) -> jiff::Timestamp;
    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;
    /// Completes after `duration`, as a time limit on an attempt or a call.
    ///
    /// A clock whose `sleep` completes at once must override this method, because an instant time
    /// limit would end every attempt. The default is [`sleep`](Self::sleep).
    fn limit(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

/// The source of randomness of a client, for generated idempotency keys and the jitter of waits.
///
/// ```
/// use vipps::Randomness;
///
/// /// The system's randomness, from the crate `getrandom`.
/// #[derive(Debug)]
/// struct System;
///
/// impl Randomness for System {
///     fn fill(&self, buffer: &mut [u8]) {
///         getrandom::fill(buffer).expect("the system has randomness");
///     }
/// }
/// # let keys = vipps::Credentials::new("id", "secret", "key", "123456".parse()?)?;
/// let vipps = vipps::Vipps::builder(keys).randomness(System).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Randomness: fmt::Debug + Send + Sync + 'static {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// The system clock, or a custom one.
#[derive(Clone, Debug, Default)]
pub(crate) enum Time {
    #[default]
    System,
    Custom(Arc<dyn Clock>),
}

/// Returns the origin of the system's monotonic time.
fn origin() -> tokio::time::Instant {
    static ORIGIN: OnceLock<tokio::time::Instant> = OnceLock::new();
    *ORIGIN.get_or_init(tokio::time::Instant::now)
}

impl Time {
    /// Returns `true` if waits are tokio timers, which need a runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        matches!(self, Self::System)
    }

    pub(crate) fn monotonic(&self) -> Duration {
        match self {
            Self::System => {
                let origin = origin();
                tokio::time::Instant::now().saturating_duration_since(origin)
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

    /// Completes when `limit` has passed since `now`, a reading of [`monotonic`](Self::monotonic).
    /// A custom clock counts from the call of this method.
    pub(crate) fn limit(&self, now: Duration, limit: Duration) -> Limit {
        match self {
            // With tokio's clock paused, the current time may be before the origin, which another
            // runtime set.
            Self::System if now.is_zero() => Limit::System {
                sleep: unconstrained(tokio::time::sleep(limit)),
            },
            Self::System => match origin().checked_add(now.saturating_add(limit)) {
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

    /// Returns the future's output, or `None` if `limit` passes first, counted as in
    /// [`limit`](Self::limit).
    pub(crate) async fn timeout_since<F: Future>(
        &self,
        now: Duration,
        limit: Duration,
        future: F,
    ) -> Option<F::Output> {
        with_timeout(future, self.limit(now, limit)).await
    }

    /// Waits for `duration` or until `interrupt` completes. Returns `true` if `interrupt` completed
    /// first.
    pub(crate) async fn sleep_unless(&self, duration: Duration, interrupt: impl Future) -> bool {
        with_timeout(interrupt, self.sleep(duration))
            .await
            .is_some()
    }
}

pin_project! {
    /// The future of a time limit.
    #[project = LimitParts]
    pub(crate) enum Limit {
        // Unconstrained, so that the limit also ends a future that has used up the task's
        // cooperative budget.
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

/// Returns the future's output, or `None` if `time` completes first.
async fn with_timeout<F: Future>(future: F, time: impl Future<Output = ()>) -> Option<F::Output> {
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
            // Without entropy of the system an idempotency key must still be unique, so it is
            // derived from the random hash keys of std and the time.
            use std::hash::{BuildHasher, Hasher};
            for chunk in buffer.chunks_mut(8) {
                let mut hasher = std::hash::RandomState::new().build_hasher();
                hasher.write_u128(jiff::Timestamp::now().as_nanosecond().unsigned_abs());
                chunk.copy_from_slice(&hasher.finish().to_ne_bytes()[..chunk.len()]);
            }
        }
    }
}

/// Returns a random number in `0.0..1.0`.
pub(crate) fn fraction(random: &dyn Randomness) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
