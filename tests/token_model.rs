//! The single flight of token fetches under a model checker: callers, refused tokens, dropped tasks
//! and failed fetches in thousands of schedules. The state machine is the crate's own source,
//! compiled here with other locks, another clock and another error.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use shuttle::current::{TaskId, me};
use shuttle::future::yield_now;
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::Mutex;

#[path = "../src/token/flight.rs"]
mod flight;
#[allow(dead_code, reason = "the crate uses more of it")]
#[path = "../src/token/single_flight.rs"]
mod single_flight;
#[allow(dead_code, reason = "the crate uses more of it")]
#[path = "../src/token/state.rs"]
mod state;
#[allow(dead_code, reason = "the crate uses more of it")]
#[path = "../src/token/value.rs"]
mod value;

/// In place of `src/token/sync.rs`.
mod sync {
    use std::future::Future;

    pub(crate) use shuttle::future::yield_now;
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;

    use super::{DropAfterPolls, pending_polls};

    /// Spawns a task. Some tasks are dropped before they end.
    pub(crate) async fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        let task = DropAfterPolls(Box::pin(task), pending_polls());
        drop(shuttle::future::spawn(task));
    }
}

/// In place of `src/clock.rs`.
mod clock {
    use std::future::Future;
    use std::time::Duration;

    use super::Environment;

    pub(crate) type Time = Environment;

    pub(crate) trait Randomness: Send + Sync {}

    pub(crate) struct ConstantRandomness;

    impl Randomness for ConstantRandomness {}

    pub(crate) fn fraction(_: &dyn Randomness) -> f64 {
        0.0
    }

    impl Environment {
        pub(crate) fn monotonic(&self) -> Duration {
            self.now()
        }

        pub(crate) async fn sleep(&self, duration: Duration) {
            let end_time = self.now() + duration;
            while self.now() < end_time {
                super::yield_now().await;
                self.pass_time();
            }
        }

        /// Every flight is polled until it is dropped, so no time limit is needed.
        pub(crate) async fn timeout_since<F: Future>(
            &self,
            _now: Duration,
            _limit: Duration,
            future: F,
        ) -> Option<F::Output> {
            Some(future.await)
        }
    }
}

/// In place of `src/error.rs`.
mod error {
    use std::time::Duration;

    use super::LONG_PAUSE;

    pub(crate) type Result<T> = std::result::Result<T, Error>;

    /// The number of a failed fetch.
    #[derive(Clone, Debug)]
    pub(crate) struct Error(pub(crate) u64);

    impl Error {
        /// Every third failure requests a pause that is too long to wait for.
        pub(crate) fn retry_after(&self) -> Option<Duration> {
            self.0.is_multiple_of(3).then_some(LONG_PAUSE)
        }

        pub(crate) fn is_retryable(&self) -> bool {
            self.retry_after().is_some()
        }

        pub(crate) fn with_retry(self, is_retryable: bool, retry_after: Option<Duration>) -> Self {
            assert_eq!(is_retryable, self.is_retryable());
            let is_within = retry_after.is_some_and(|pause| pause <= LONG_PAUSE);
            assert!(is_within, "a longer pause than the failure requested");
            self
        }
    }
}

use error::Error;
use single_flight::{FetchFuture, SingleFlight};
use value::{FetchedToken, Token};

/// The lifetime of each token. A token is refreshed after half of it, and not used in its last 5 s.
const LIFETIME: Duration = Duration::from_secs(100);
const REFRESH_AFTER: Duration = Duration::from_secs(50);
const USABLE_FOR: Duration = Duration::from_secs(95);
/// The pause that some failures request.
const LONG_PAUSE: Duration = Duration::from_secs(40);

/// The environment of the state machine: a clock that jumps, and a token endpoint that fails at
/// random.
#[derive(Clone, Default)]
struct Environment(Arc<Mutex<Observed>>);

/// The events so far, from the view of an observer.
#[derive(Default)]
struct Observed {
    now: Duration,
    /// The time that each task has read last.
    clocks: HashMap<TaskId, Duration>,
    is_fetching: bool,
    /// The generation of the newest token that a caller received.
    newest_received: u64,
    /// When the fetch of each token began, by generation from 1.
    fetched: Vec<Duration>,
    /// Tokens that a caller is about to discard.
    invalidated: BTreeSet<u64>,
    /// Tokens that a caller has discarded.
    discarded: BTreeSet<u64>,
    failures: u64,
    /// The last failure that a caller received.
    last_failure: u64,
    /// No fetch may begin before this time.
    pause_ends: Duration,
    failures_in_a_row: u32,
}

impl Observed {
    fn generation(&self) -> u64 {
        self.fetched.len() as u64
    }

    /// Returns whether the client may still hold a usable token.
    fn may_hold_token(&self) -> bool {
        let last = self.fetched.last();
        last.is_some_and(|start_time| self.now < *start_time + USABLE_FOR)
            && !self.discarded.contains(&self.generation())
    }

    /// Returns whether there is a reason to fetch a token.
    fn needs_token(&self) -> bool {
        let last = self.fetched.last();
        last.is_none_or(|start_time| self.now >= *start_time + REFRESH_AFTER)
            || self.invalidated.contains(&self.generation())
    }
}

impl Environment {
    fn observe<T>(&self, at: impl FnOnce(&mut Observed) -> T) -> T {
        at(&mut self.0.lock().unwrap())
    }

    fn now(&self) -> Duration {
        self.observe(|observed| {
            observed.clocks.insert(me(), observed.now);
            observed.now
        })
    }

    fn pass_time(&self) {
        let step = [0, 0, 60, 60, 1_000, 45_000, 60_000][thread_rng().gen_range(0..7)];
        self.observe(|observed| observed.now += Duration::from_millis(step));
    }

    fn fetch(&self) -> FetchFuture<'static> {
        let environment = self.clone();
        Box::pin(async move {
            let start_time = environment.observe(|observed| {
                assert!(!observed.is_fetching, "two fetches at once");
                assert!(observed.needs_token(), "a fetch without a reason");
                assert!(
                    observed.now >= observed.pause_ends,
                    "a fetch within the pause"
                );
                observed.is_fetching = true;
                observed.clocks[&me()]
            });
            let fetching = FetchGuard(environment.clone());
            for _ in 0..thread_rng().gen_range(0..4) {
                yield_now().await;
                environment.pass_time();
            }
            let fails = thread_rng().gen_bool(0.3);
            environment.observe(|observed| observed.is_fetching = false);
            drop(fetching);
            environment.observe(|observed| {
                if fails {
                    let pause = 100 * 2_u64.pow(observed.failures_in_a_row.min(6));
                    observed.failures_in_a_row += 1;
                    observed.failures += 1;
                    let error = Error(observed.failures);
                    let retry_after = error.retry_after().unwrap_or_default();
                    let pause = Duration::from_millis(pause.min(5_000)).max(retry_after);
                    observed.pause_ends = observed.now + pause;
                    return Err(error);
                }
                observed.failures_in_a_row = 0;
                observed.fetched.push(start_time);
                let generation = observed.generation().to_string();
                Ok(FetchedToken::new(&generation, LIFETIME).unwrap())
            })
        })
    }
}

/// Records the end of a fetch, also when the fetch is dropped.
struct FetchGuard(Environment);

impl Drop for FetchGuard {
    fn drop(&mut self) {
        self.0.observe(|observed| {
            let unfinished = std::mem::replace(&mut observed.is_fetching, false);
            if unfinished && !observed.may_hold_token() {
                observed.pause_ends = observed.now + Duration::from_millis(100);
            }
        });
    }
}

/// A future that is dropped at one of its await points, or not at all.
struct DropAfterPolls<F>(Pin<Box<F>>, u32);

impl<F: Future> Future for DropAfterPolls<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.1 == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.1 -= 1;
                Poll::Pending
            }
        }
    }
}

/// Returns how often a future may be pending before it is dropped.
fn pending_polls() -> u32 {
    if thread_rng().gen_bool(0.4) {
        thread_rng().gen_range(0..4)
    } else {
        u32::MAX
    }
}

/// One client.
#[derive(Clone)]
struct Client {
    environment: Environment,
    tokens: SingleFlight,
}

impl Client {
    fn new() -> Self {
        let environment = Environment::default();
        let tokens = SingleFlight::new(environment.clone(), Arc::new(clock::ConstantRandomness));
        Self {
            environment,
            tokens,
        }
    }

    async fn token(self) -> Result<Arc<Token>, Error> {
        self.tokens.get(|| self.environment.fetch()).await
    }
}

/// One caller: gets tokens, some of which are refused.
async fn caller(client: Client) {
    let environment = client.environment.clone();
    let mut refused = 0;
    for _ in 0..3 {
        let before = environment.observe(|observed| (observed.now, observed.newest_received));
        let last_failure = environment.observe(|observed| observed.last_failure);
        let call = client.clone().token();
        match DropAfterPolls(Box::pin(call), pending_polls()).await {
            Some(Ok(token)) => refused = check(&client, &token, before, refused),
            Some(Err(error)) => {
                assert!(is_recent(&error, last_failure), "an older failure");
                environment
                    .observe(|observed| observed.last_failure = observed.last_failure.max(error.0));
            }
            None => {}
        }
        environment.pass_time();
        yield_now().await;
    }
}

/// Returns whether a caller may receive this failure, if others had received `before` when it
/// started: the failure of a later fetch, or the same one if that has postponed the next fetch for
/// long.
fn is_recent(error: &Error, before: u64) -> bool {
    error.0 > before || (error.0 == before && error.retry_after().is_some())
}

/// Checks the token that a caller received. Returns the generation that this caller saw refused
/// last.
fn check(client: &Client, token: &Token, before: (Duration, u64), refused: u64) -> u64 {
    let (start_time, newest_received) = before;
    let header = token.header.to_str().unwrap();
    let generation: u64 = header.strip_prefix("Bearer ").unwrap().parse().unwrap();
    assert_ne!(generation, refused, "a token that this caller saw refused");
    let environment = &client.environment;
    let fetched =
        environment.observe(|observed| observed.fetched[usize::try_from(generation).unwrap() - 1]);
    // A caller that waited for a fetch takes its token, however long the fetch took.
    assert!(
        generation > newest_received || start_time < fetched + USABLE_FOR,
        "an expired token"
    );
    environment
        .observe(|observed| observed.newest_received = observed.newest_received.max(generation));
    if thread_rng().gen_bool(0.3) {
        environment.observe(|observed| observed.invalidated.insert(generation));
        client.tokens.invalidate(token.generation);
        environment.observe(|observed| observed.discarded.insert(generation));
        return generation;
    }
    refused
}

fn scenario() {
    let client = Client::new();
    let callers: Vec<_> = (0..4)
        .map(|_| shuttle::future::spawn(caller(client.clone())))
        .collect();
    shuttle::future::block_on(async {
        for caller in callers {
            caller.await.unwrap();
        }
    });
    // After every schedule, the next caller that waits receives a token or a recent failure.
    let last = shuttle::future::spawn(async move {
        let last_failure = client.environment.observe(|observed| observed.last_failure);
        let result = client.token().await;
        assert!(result.is_ok() || is_recent(&result.unwrap_err(), last_failure));
    });
    shuttle::future::block_on(last).unwrap();
}

/// Returns the number of schedules to try: the value of `VIPPS_TOKEN_SCHEDULES`, which is 1,000 by
/// default and 10,000 in CI.
fn schedules() -> usize {
    let number = std::env::var("VIPPS_TOKEN_SCHEDULES").ok();
    number.map_or(1_000, |number| {
        number.parse().expect("VIPPS_TOKEN_SCHEDULES is a number")
    })
}

#[test]
fn invariants_hold_in_random_schedules() {
    shuttle::check_random(scenario, schedules());
}

/// Schedules with few task switches reach states that random schedules rarely reach.
#[test]
fn invariants_hold_in_schedules_with_few_switches() {
    shuttle::check_pct(scenario, schedules(), 3);
}
