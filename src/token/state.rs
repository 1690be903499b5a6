//! The state machine of a token: what a caller must do, and what each end of a fetch changes.
//!
//! The machine does no I/O and reads no clock. All times are of the client's monotonic clock.

use std::sync::Arc;
use std::time::Duration;

use super::flight::{Flight, Leader};
use super::value::{FetchedToken, Token};
use crate::error::Error;

/// The pause after the first failed fetch, which doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause after a failed fetch whose response requested no pause. Callers wait for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The pause after the first refresh that was dropped, which doubles up to
/// [`LONGEST_REFRESH_PAUSE`]. It is longer than the pause of a fetch, because callers have a token
/// meanwhile, and a program with one runtime for each call drops each refresh.
const FIRST_REFRESH_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_REFRESH_PAUSE: Duration = Duration::from_secs(300);
/// The longest pause that the token endpoint can request. A longer one may be a mistake, and no
/// call succeeds without a token.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The next action of a caller.
#[derive(Debug)]
pub(super) enum Step {
    /// Send this token.
    Use(Arc<Token>),
    /// Send this token, and start a fetch of the next one.
    Refresh(Arc<Token>, Leader),
    /// Start a fetch, and wait for it.
    Fetch(Leader),
    /// Wait for the fetch that is under way.
    Join(Flight),
    /// Wait for this long, because the last fetch failed. Then request the next step.
    Wait(Duration),
    /// Fail with the error of the last fetch. The next fetch may start after this time, which is
    /// too long to wait for.
    Fail(Error, Duration),
}

/// The token of one client, and the fetch that is under way.
#[derive(Debug, Default)]
pub(super) struct State {
    token: Option<Arc<Token>>,
    generation: u64,
    flight: Option<Flight>,
    /// Failed fetches in a row.
    failures: u32,
    /// Dropped refreshes in a row.
    dropped_refreshes: u32,
    /// No fetch starts before this time.
    next_fetch: Duration,
    /// No refresh starts before this time.
    next_refresh: Duration,
    /// The last failure, if its response requested a pause that is too long to wait for.
    postponed_by: Option<Error>,
}

impl State {
    pub(super) fn step(&mut self, now: Duration) -> Step {
        let usable = self.token.clone().filter(|token| token.is_usable(now));
        match (usable, &self.flight) {
            (Some(token), None)
                if !token.is_fresh(now) && now >= self.next_fetch && now >= self.next_refresh =>
            {
                Step::Refresh(token, self.start_flight(now))
            }
            (Some(token), _) => Step::Use(token),
            (None, Some(flight)) => Step::Join(flight.clone()),
            (None, None) if now >= self.next_fetch => Step::Fetch(self.start_flight(now)),
            (None, None) => {
                let pause = self.next_fetch.saturating_sub(now);
                match &self.postponed_by {
                    Some(error) if pause > LONGEST_PAUSE => Step::Fail(error.clone(), pause),
                    _ => Step::Wait(pause),
                }
            }
        }
    }

    fn start_flight(&mut self, now: Duration) -> Leader {
        self.generation += 1;
        let leader = Leader::new(self.generation, now);
        self.flight = Some(leader.flight.clone());
        leader
    }

    /// Records the token that a flight has fetched. Returns `None`, and changes nothing, if the
    /// flight was given up.
    ///
    /// The parameters are those of [`Token::new`].
    pub(super) fn complete(
        &mut self,
        id: u64,
        fetched: FetchedToken,
        requested_at: Duration,
        jitter: f64,
    ) -> Option<Arc<Token>> {
        if !self.is_current(id) {
            return None;
        }
        let token = Arc::new(Token::new(fetched, id, requested_at, jitter));
        *self = Self {
            token: Some(token.clone()),
            generation: self.generation,
            ..Self::default()
        };
        Some(token)
    }

    /// Records the failure of a flight. Returns `false`, and changes nothing, if the flight was
    /// given up.
    pub(super) fn fail(&mut self, id: u64, now: Duration, error: &Error) -> bool {
        if !self.is_current(id) {
            return false;
        }
        let retry_after = error
            .retry_after()
            .unwrap_or_default()
            .min(LONGEST_RETRY_AFTER);
        self.next_fetch = now + self.next_pause().max(retry_after);
        self.postponed_by = (retry_after > LONGEST_PAUSE).then(|| error.clone());
        self.flight = None;
        true
    }

    /// Gives up a flight that was dropped, or that is not polled. Changes nothing if it has ended.
    ///
    /// The next flight starts after a pause. Without it, a program that drops each of its flights
    /// would send a token request for each call.
    pub(super) fn abandon(&mut self, id: u64, now: Duration) {
        if !self.is_current(id) {
            return;
        }
        self.flight = None;
        if self
            .token
            .as_ref()
            .is_some_and(|token| token.is_usable(now))
        {
            let pause = doubled(FIRST_REFRESH_PAUSE, self.dropped_refreshes);
            self.dropped_refreshes = self.dropped_refreshes.saturating_add(1);
            self.next_refresh = now + pause.min(LONGEST_REFRESH_PAUSE);
        } else {
            self.next_fetch = now + self.next_pause();
        }
    }

    /// Discards the token of this generation, if it is still the current one.
    pub(super) fn invalidate(&mut self, generation: u64) {
        self.token.take_if(|token| token.generation == generation);
    }

    /// Returns the current token, however old it is.
    pub(super) fn token(&self) -> Option<&Arc<Token>> {
        self.token.as_ref()
    }

    /// Returns the id of the flight that is under way.
    #[cfg(test)]
    pub(super) fn flight_id(&self) -> Option<u64> {
        self.flight.as_ref().map(|flight| flight.id)
    }

    fn is_current(&self, id: u64) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    /// Counts one more failure, and returns the pause after it.
    fn next_pause(&mut self) -> Duration {
        let pause = doubled(FIRST_PAUSE, self.failures);
        self.failures = self.failures.saturating_add(1);
        pause.min(LONGEST_PAUSE)
    }
}

/// Returns the pause, doubled `times` times and at most 6 times.
fn doubled(pause: Duration, times: u32) -> Duration {
    pause * 2_u32.saturating_pow(times.min(6))
}
