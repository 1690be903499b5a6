//! One fetch at a time for all callers of a client.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::flight::{Flight, Leader, PROBE_LIMIT};
use super::state::{State, Step};
use super::sync::{Mutex, MutexGuard, PoisonError, spawn, yield_now};
use super::value::{FetchedToken, Token};
use crate::clock::{self, Randomness, Time};
use crate::error::Result;

/// The future of one fetch.
pub(crate) type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<FetchedToken>> + Send + 'a>>;

/// The current token of one client, and the fetch that is under way. Clones share both.
///
/// This type is independent of how a token is fetched, so that `tests/token_model.rs` can compile
/// it with another clock and other locks.
#[derive(Clone)]
pub(super) struct SingleFlight(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    time: Time,
    randomness: Arc<dyn Randomness>,
}

impl SingleFlight {
    pub(super) fn new(time: Time, randomness: Arc<dyn Randomness>) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            time,
            randomness,
        }))
    }

    /// Returns the current token if no caller needs to refresh it yet.
    pub(super) fn ready(&self, now: Duration) -> Option<Arc<Token>> {
        let state = self.state();
        state.token().filter(|token| token.is_fresh(now)).cloned()
    }

    /// Returns when calls stop sending the current token, if there is one.
    pub(super) fn usable_until(&self) -> Option<Duration> {
        self.state().token().map(|token| token.usable_until())
    }

    /// Discards the token of this generation, if it is still the current one.
    pub(super) fn invalidate(&self, generation: u64) {
        self.state().invalidate(generation);
    }

    /// Returns a token to send. If there is no usable one, the caller waits for a fetch, which it
    /// starts unless one is under way. A usable token that is no longer fresh is returned at once,
    /// and refreshed in the background.
    pub(super) async fn get(
        &self,
        fetch: impl Fn() -> FetchFuture<'static> + Send + Sync,
    ) -> Result<Arc<Token>> {
        loop {
            let step = self.state().step(self.now());
            match step {
                Step::Use(token) => return Ok(token),
                Step::Refresh(token, leader) => {
                    spawn(self.lead(leader).run(fetch())).await;
                    return Ok(token);
                }
                Step::Fetch(leader) => {
                    let flight = leader.flight.clone();
                    // The fetch outlives this caller, whose deadline may be shorter.
                    spawn(self.lead(leader).run(fetch())).await;
                    if let Some(result) = self.join(flight).await {
                        return result;
                    }
                }
                Step::Join(flight) => {
                    if let Some(result) = self.join(flight).await {
                        return result;
                    }
                }
                Step::Wait(pause) => self.0.time.sleep(pause).await,
                Step::Fail(error, pause) => {
                    let is_retryable = error.is_retryable();
                    return Err(error.with_retry(is_retryable, Some(pause)));
                }
            }
        }
    }

    /// Waits for the result of a flight. Returns `None` if the flight was given up.
    async fn join(&self, mut flight: Flight) -> Option<Result<Arc<Token>>> {
        loop {
            let now = self.now();
            flight.probe.send(now);
            let result = flight.result();
            if let Some(result) = self.0.time.timeout_since(now, PROBE_LIMIT, result).await {
                return result;
            }
            // The flight may be a task of this runtime, and be polled next.
            yield_now().await;
            let now = self.now();
            if flight.probe.is_stalled(now) {
                self.state().abandon(flight.id, now);
                return None;
            }
        }
    }

    fn lead(&self, leader: Leader) -> LeaderGuard {
        LeaderGuard {
            single_flight: self.clone(),
            leader,
        }
    }

    /// Records the end of a flight. Returns the result for the callers that wait, or `None` if
    /// it was given up.
    fn complete(
        &self,
        id: u64,
        requested_at: Duration,
        fetched: Result<FetchedToken>,
    ) -> Option<Result<Arc<Token>>> {
        match fetched {
            Ok(fetched) => {
                let jitter = clock::fraction(&*self.0.randomness);
                let completed = self.state().complete(id, fetched, requested_at, jitter);
                completed.map(Ok)
            }
            Err(error) => {
                let now = self.now();
                let is_current = self.state().fail(id, now, &error);
                is_current.then_some(Err(error))
            }
        }
    }

    fn now(&self) -> Duration {
        self.0.time.monotonic()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of one flight. Gives the flight up if it is dropped before the fetch has ended.
struct LeaderGuard {
    single_flight: SingleFlight,
    leader: Leader,
}

impl LeaderGuard {
    async fn run(self, mut fetch: FetchFuture<'static>) {
        let requested_at = self.single_flight.now();
        let flight = &self.leader.flight;
        let fetched = poll_fn(|cx| {
            flight.probe.mark_polled(cx.waker());
            fetch.as_mut().poll(cx)
        })
        .await;
        if let Some(result) = self
            .single_flight
            .complete(flight.id, requested_at, fetched)
        {
            self.leader.send(result);
        }
    }
}

impl Drop for LeaderGuard {
    fn drop(&mut self) {
        let now = self.single_flight.now();
        let mut state = self.single_flight.state();
        state.abandon(self.leader.flight.id, now);
    }
}
