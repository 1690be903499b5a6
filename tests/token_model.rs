//! The token's state machine under a model checker: callers, refusals, leaders that are dropped and fetches that fail,
//! in tens of thousands of schedules. The machine is the crate's own source, compiled here with locks that the checker
//! schedules.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use shuttle::current::{TaskId, me};
use shuttle::future::yield_now;
use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::Mutex;

#[allow(dead_code, reason = "the crate uses more of it")]
#[path = "../src/token/flight.rs"]
mod flight;

/// In place of the crate's own.
mod sync {
    use std::sync::Arc;

    pub(crate) use shuttle::sync::{Mutex, MutexGuard};

    /// What the crate reads without a lock, as steps that the checker schedules.
    #[derive(Debug)]
    pub(crate) struct Current<T>(Mutex<Option<Arc<T>>>);

    impl<T> Default for Current<T> {
        fn default() -> Self {
            Self(Mutex::new(None))
        }
    }

    impl<T> Current<T> {
        pub(crate) fn load_full(&self) -> Option<Arc<T>> {
            self.0.lock().unwrap().clone()
        }

        pub(crate) fn store(&self, value: Option<Arc<T>>) {
            *self.0.lock().unwrap() = value;
        }
    }
    pub(crate) use std::sync::PoisonError;
}

use flight::{Fetch, Fetched, Source, Token, Tokens};

/// A token that lives this long is refreshed after half of it, and not used in the last five seconds of it.
const LIFETIME: Duration = Duration::from_secs(100);
const SOFT: Duration = Duration::from_secs(50);
const HARD: Duration = Duration::from_secs(95);
/// How long some failures ask to be left alone.
const ASKED: Duration = Duration::from_secs(40);

/// The world around the machine: a clock that moves as it likes, and an endpoint that fails as it likes.
#[derive(Clone, Default)]
struct World(Arc<Inner>);

#[derive(Default)]
struct Inner {
    tokens: Tokens<u64>,
    seen: Mutex<Seen>,
}

/// What was seen from outside.
#[derive(Default)]
struct Seen {
    now: Duration,
    /// What each task was last told the time is.
    clocks: HashMap<TaskId, Duration>,
    in_flight: bool,
    /// The newest token that a caller was given.
    given: u64,
    /// When the fetch of each token began, by generation from 1.
    landed: Vec<Duration>,
    invalidated: BTreeSet<u64>,
    failures: u64,
    /// The last failure that a caller was told.
    told: u64,
    /// No fetch may begin before.
    pause_ends: Duration,
    failures_in_a_row: u32,
}

impl Seen {
    fn generation(&self) -> u64 {
        self.landed.len() as u64
    }

    /// Whether the callers have a token until its end.
    fn has_token(&self) -> bool {
        let last = self.landed.last();
        last.is_some_and(|begun| self.now < *begun + HARD)
            && !self.invalidated.contains(&self.generation())
    }

    /// Whether there is a reason to fetch, now that the last token is what it is.
    fn needs_token(&self) -> bool {
        let last = self.landed.last();
        last.is_none_or(|begun| self.now >= *begun + SOFT)
            || self.invalidated.contains(&self.generation())
    }
}

impl World {
    fn look<T>(&self, at: impl FnOnce(&mut Seen) -> T) -> T {
        at(&mut self.0.seen.lock().unwrap())
    }

    fn pass_time(&self) {
        let step = [0, 0, 60, 60, 1_000, 45_000, 60_000][thread_rng().gen_range(0..7)];
        self.look(|seen| seen.now += Duration::from_millis(step));
    }
}

/// Takes down that a fetch is over, also when it is dropped.
struct Flying(World);

impl Drop for Flying {
    fn drop(&mut self) {
        self.0.look(|seen| {
            let unfinished = std::mem::replace(&mut seen.in_flight, false);
            if unfinished && !seen.has_token() {
                seen.pause_ends = seen.now + Duration::from_millis(100);
            }
        });
    }
}

impl Source for World {
    /// The number of the failure.
    type Error = u64;

    /// Every third one asks for more than anybody waits.
    fn asked(failure: &u64) -> Option<Duration> {
        failure.is_multiple_of(3).then_some(ASKED)
    }

    fn left(failure: u64, left: Duration) -> u64 {
        assert!(left <= ASKED, "a pause longer than was asked for");
        failure
    }

    fn tokens(&self) -> &Tokens<u64> {
        &self.0.tokens
    }

    fn now(&self) -> Duration {
        self.look(|seen| {
            seen.clocks.insert(me(), seen.now);
            seen.now
        })
    }

    async fn sleep(&self, duration: Duration) {
        let ends = self.now() + duration;
        while self.now() < ends {
            yield_now().await;
            self.pass_time();
        }
    }

    fn jitter(&self) -> f64 {
        0.0
    }

    fn fetch(&self) -> Fetch<'_, u64> {
        Box::pin(async {
            let begun = self.look(|seen| {
                assert!(!seen.in_flight, "two fetches at once");
                assert!(seen.needs_token(), "a fetch without a reason");
                assert!(seen.now >= seen.pause_ends, "a fetch within the pause");
                seen.in_flight = true;
                seen.clocks[&me()]
            });
            let flying = Flying(self.clone());
            for _ in 0..thread_rng().gen_range(0..4) {
                yield_now().await;
                self.pass_time();
            }
            let fails = thread_rng().gen_bool(0.3);
            self.look(|seen| seen.in_flight = false);
            drop(flying);
            self.look(|seen| {
                if fails {
                    let pause = 100 * 2_u64.pow(seen.failures_in_a_row.min(6));
                    seen.failures_in_a_row += 1;
                    seen.failures += 1;
                    let asked = Self::asked(&seen.failures).unwrap_or_default();
                    let pause = Duration::from_millis(pause.min(5_000)).max(asked);
                    seen.pause_ends = seen.now + pause;
                    return Err(seen.failures);
                }
                seen.failures_in_a_row = 0;
                seen.landed.push(begun);
                let header = HeaderValue::from(seen.generation());
                Ok(Fetched {
                    header,
                    lifetime: LIFETIME,
                    shared: false,
                })
            })
        })
    }

    async fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let patience = patience();
        drop(shuttle::future::spawn(Dropped(Box::pin(task), patience)));
    }

    /// Every flight is polled until it is dropped, so that no limit has to pass.
    async fn timeout<F: Future + Send>(&self, _limit: Duration, future: F) -> Option<F::Output> {
        Some(future.await)
    }

    async fn yield_now(&self) {
        yield_now().await;
    }
}

/// A future that is dropped at one of its await points, or not at all.
struct Dropped<F>(Pin<Box<F>>, u32);

impl<F: Future> Future for Dropped<F> {
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

fn patience() -> u32 {
    if thread_rng().gen_bool(0.4) {
        thread_rng().gen_range(0..4)
    } else {
        u32::MAX
    }
}

/// One caller: asks, uses, and is told now and then that the token is refused.
async fn caller(world: World) {
    let mut refused = 0;
    for _ in 0..3 {
        let (begun, given, told) = world.look(|seen| (seen.now, seen.given, seen.told));
        let asker = world.clone();
        let asking = async move { asker.tokens().get(&asker).await };
        match Dropped(Box::pin(asking), patience()).await {
            Some(Ok(token)) => refused = judge(&world, &token, (begun, given), refused),
            Some(Err(failure)) => {
                assert!(may_be_told(failure, told), "a failure from before the call");
                world.look(|seen| seen.told = seen.told.max(failure));
            }
            None => {}
        }
        world.pass_time();
        yield_now().await;
    }
}

/// Whether a caller may be told this failure, when others were told of one before it asked: its own fetch's, or the last
/// one if that has put the next fetch far off.
fn may_be_told(failure: u64, before: u64) -> bool {
    failure > before || (failure == before && World::asked(&failure).is_some())
}

/// Checks what a caller got; the generation that it is refused, if it is.
fn judge(world: &World, token: &Token, before: (Duration, u64), refused: u64) -> u64 {
    let (begun, given) = before;
    let generation: u64 = token.header.to_str().unwrap().parse().unwrap();
    assert_ne!(generation, refused, "a token that this caller saw refused");
    let fetched = world.look(|seen| seen.landed[usize::try_from(generation).unwrap() - 1]);
    // Who waited for a fetch takes what it brings, however long it took.
    assert!(
        generation > given || begun < fetched + HARD,
        "a token beyond its end"
    );
    world.look(|seen| seen.given = seen.given.max(generation));
    if thread_rng().gen_bool(0.3) {
        world.look(|seen| seen.invalidated.insert(generation));
        world.tokens().invalidate(token.generation);
        return generation;
    }
    refused
}

fn scenario() {
    let world = World::default();
    let callers: Vec<_> = (0..4)
        .map(|_| shuttle::future::spawn(caller(world.clone())))
        .collect();
    shuttle::future::block_on(async {
        for caller in callers {
            caller.await.unwrap();
        }
    });
    // However it went, the next caller that has the patience gets a token or a failure of its own time.
    let last = shuttle::future::spawn(async move {
        let told = world.look(|seen| seen.told);
        let result = world.tokens().get(&world).await;
        assert!(result.is_ok() || may_be_told(result.unwrap_err(), told));
    });
    shuttle::future::block_on(last).unwrap();
}

/// How many schedules to try; `VIPPS_TOKEN_SCHEDULES` asks for another number.
fn schedules() -> usize {
    let asked = std::env::var("VIPPS_TOKEN_SCHEDULES").ok();
    asked.map_or(3_000, |n| {
        n.parse().expect("VIPPS_TOKEN_SCHEDULES is a number")
    })
}

#[test]
fn random_schedules() {
    shuttle::check_random(scenario, schedules());
}

/// Few switches at the worst moments, which random schedules seldom hit.
#[test]
fn schedules_with_few_switches() {
    shuttle::check_pct(scenario, schedules(), 3);
}
