//! One fetch that is under way, as the callers that wait for it see it.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::sync::watch;

use super::sync::{Mutex, MutexGuard, PoisonError};
use super::value::Token;
use crate::error::Result;

/// The time after which a flight that was woken and not polled is given up.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// The result of a flight, or `None` while it is under way.
type FlightResult = Option<Result<Arc<Token>>>;

/// One fetch of a token that callers wait for.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    /// The generation of the token that this flight fetches.
    pub(super) id: u64,
    result: watch::Receiver<FlightResult>,
    pub(super) probe: Arc<Probe>,
}

impl Flight {
    /// Waits for the result. Returns `None` if the flight was given up.
    pub(super) async fn result(&mut self) -> FlightResult {
        let result = self.result.wait_for(Option::is_some).await.ok()?;
        result.clone()
    }
}

/// The sending side of a flight: its owner runs the fetch and sends the result.
#[derive(Debug)]
pub(super) struct Leader {
    pub(super) flight: Flight,
    result: watch::Sender<FlightResult>,
}

impl Leader {
    pub(super) fn new(id: u64, now: Duration) -> Self {
        let (sender, result) = watch::channel(None);
        Self {
            flight: Flight {
                id,
                result,
                probe: Arc::new(Probe::new(now)),
            },
            result: sender,
        }
    }

    /// Passes the result to the callers that wait for the flight.
    pub(super) fn send(&self, result: Result<Arc<Token>>) {
        self.result.send_replace(Some(result));
    }
}

/// Detects a flight that is no longer polled, for example because its runtime stopped. A request to
/// the token endpoint may take long, but a live task is polled soon after it is woken.
#[derive(Debug)]
pub(super) struct Probe(Mutex<ProbeState>);

#[derive(Debug)]
struct ProbeState {
    /// When the flight was woken, or `None` if it was polled since.
    unpolled_since: Option<Duration>,
    waker: Option<Waker>,
}

impl Probe {
    /// Returns the probe of a flight that starts now and was not polled yet.
    fn new(now: Duration) -> Self {
        Self(Mutex::new(ProbeState {
            unpolled_since: Some(now),
            waker: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, ProbeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the flight.
    pub(super) fn send(&self, now: Duration) {
        let waker = {
            let mut state = self.state();
            state.unpolled_since.get_or_insert(now);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Records that the flight is being polled.
    pub(super) fn mark_polled(&self, waker: &Waker) {
        let mut state = self.state();
        state.unpolled_since = None;
        state.waker = Some(waker.clone());
    }

    /// Returns whether the flight was woken [`PROBE_LIMIT`] ago, and not polled since.
    pub(super) fn is_stalled(&self, now: Duration) -> bool {
        let since = self.state().unpolled_since;
        since.is_some_and(|since| now.saturating_sub(since) >= PROBE_LIMIT)
    }
}
