//! The state machine, step by step.

use std::sync::Arc;
use std::time::Duration;

use super::state::{State, Step};
use super::value::{FetchedToken, Token};
use crate::error::{Error, ErrorKind, Outcome};

const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fetched(lifetime: Duration) -> FetchedToken {
    FetchedToken::new("x", lifetime).unwrap()
}

/// Runs one flight that fetches a token.
fn complete(state: &mut State, now: Duration, lifetime: Duration, jitter: f64) -> Arc<Token> {
    let id = start(state, now);
    state.complete(id, fetched(lifetime), now, jitter).unwrap()
}

/// Starts a flight, unless one is under way. Returns the id of the flight.
fn start(state: &mut State, now: Duration) -> u64 {
    let _ = state.step(now);
    state.flight_id().unwrap()
}

/// Runs one flight that fails.
fn fail(state: &mut State, now: Duration, retry_after: Option<Duration>) {
    let id = start(state, now);
    assert!(state.fail(id, now, &failure(retry_after)));
}

fn failure(retry_after: Option<Duration>) -> Error {
    let error = Error::new(ErrorKind::Authentication, Outcome::NotSent, "down");
    error.with_retry(true, retry_after)
}

#[test]
fn one_caller_fetches_and_the_others_wait() {
    let mut state = State::default();
    let Step::Fetch(leader) = state.step(at(0)) else {
        panic!("no fetch starts")
    };
    assert!(matches!(state.step(at(0)), Step::Join(_)));
    assert!(matches!(state.step(at(9)), Step::Join(_)));
    complete(&mut state, at(0), HOUR, 0.0);
    drop(leader);
    assert!(matches!(state.step(at(1)), Step::Use(_)));
}

#[test]
fn an_abandoned_fetch_is_followed_by_a_growing_pause() {
    let mut state = State::default();
    let mut now = at(0);
    for pause in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
        let id = start(&mut state, now);
        state.abandon(id, now);
        let pause = Duration::from_millis(pause);
        assert!(matches!(state.step(now), Step::Wait(left) if left == pause));
        now += pause;
        assert!(matches!(state.step(now), Step::Fetch(_)));
    }
}

#[test]
fn an_abandoned_refresh_delays_only_the_next_refresh() {
    let mut state = State::default();
    let day = at(24 * 3600);
    complete(&mut state, at(0), day, 0.0);
    let mut now = day.saturating_sub(at(600));
    for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
        let id = start(&mut state, now);
        state.abandon(id, now);
        let last = (now + at(pause)).saturating_sub(Duration::from_millis(1));
        if last < day.saturating_sub(at(10)) {
            assert!(matches!(state.step(last), Step::Use(_)), "{pause}");
            assert!(matches!(state.step(now + at(pause)), Step::Refresh(..)));
        } else {
            break;
        }
        now += at(pause);
    }
    // The pause does not delay a fetch that callers wait for.
    assert!(matches!(
        state.step(day.saturating_sub(at(10))),
        Step::Fetch(_)
    ));
}

#[test]
fn result_of_an_abandoned_fetch_is_ignored() {
    let mut state = State::default();
    let first = start(&mut state, at(0));
    state.abandon(first, at(1));
    let second = start(&mut state, at(2));
    assert_ne!(first, second);
    assert!(state.complete(first, fetched(HOUR), at(2), 0.0).is_none());
    assert!(!state.fail(first, at(2), &failure(Some(at(60)))));
    state.abandon(first, at(2));
    assert!(matches!(state.step(at(2)), Step::Join(_)));
    complete(&mut state, at(2), HOUR, 0.0);
    assert!(matches!(state.step(at(3)), Step::Use(token) if token.generation == second));
}

#[test]
fn a_completed_fetch_resets_the_pauses() {
    let mut state = State::default();
    for round in 0..6 {
        fail(&mut state, at(round * 20), None);
        let id = start(&mut state, at(round * 20 + 10));
        state.abandon(id, at(round * 20 + 10));
    }
    let token = complete(&mut state, at(200), HOUR, 0.0);
    state.invalidate(token.generation);
    fail(&mut state, at(201), None);
    let first = Duration::from_millis(100);
    assert!(matches!(state.step(at(201)), Step::Wait(left) if left == first));
}

#[test]
fn one_caller_refreshes_while_the_others_use_the_token() {
    let mut state = State::default();
    complete(&mut state, at(0), HOUR, 0.0);
    assert!(matches!(state.step(at(3600 - 361)), Step::Use(_)));
    let Step::Refresh(_, _leader) = state.step(at(3600 - 360)) else {
        panic!("no refresh starts")
    };
    assert!(matches!(state.step(at(3600 - 300)), Step::Use(_)));
    assert!(matches!(state.step(at(3600 - 10)), Step::Join(_)));
}

#[test]
fn a_failed_refresh_keeps_the_token_and_delays_the_next() {
    let mut state = State::default();
    complete(&mut state, at(0), HOUR, 0.0);
    let Step::Refresh(_, _) = state.step(at(3500)) else {
        panic!("no refresh starts")
    };
    fail(&mut state, at(3500), None);
    assert!(matches!(state.step(at(3500)), Step::Use(_)));
    assert!(matches!(state.step(at(3501)), Step::Refresh(..)));
}

#[test]
fn pauses_after_failed_fetches_grow_to_5_s() {
    let mut state = State::default();
    let mut now = Duration::ZERO;
    let mut waits = Vec::new();
    for _ in 0..9 {
        assert!(matches!(state.step(now), Step::Fetch(_)));
        fail(&mut state, now, None);
        let Step::Wait(wait) = state.step(now) else {
            panic!("no pause")
        };
        waits.push(wait.as_millis());
        now += wait;
    }
    assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
}

#[test]
fn a_long_retry_after_fails_callers_until_5_s_before_its_end() {
    let mut state = State::default();
    complete(&mut state, at(0), HOUR, 0.0);
    assert!(matches!(state.step(at(3500)), Step::Refresh(..)));
    fail(&mut state, at(3500), Some(at(120)));
    // Callers use the old token while it lasts.
    assert!(matches!(state.step(at(3589)), Step::Use(_)));
    assert!(matches!(state.step(at(3590)), Step::Fail(_, left) if left == at(30)));
    assert!(matches!(state.step(at(3614)), Step::Fail(..)));
    assert!(matches!(state.step(at(3615)), Step::Wait(left) if left == at(5)));
    assert!(matches!(state.step(at(3620)), Step::Fetch(_)));
    // Without `Retry-After` the pause is short. The longest `Retry-After` is 5 minutes.
    fail(&mut state, at(3620), Some(Duration::ZERO));
    assert!(matches!(state.step(at(3620)), Step::Wait(left) if left < at(1)));
    fail(&mut state, at(3621), Some(Duration::MAX));
    assert!(matches!(state.step(at(3920)), Step::Wait(_)));
    assert!(matches!(state.step(at(3921)), Step::Fetch(_)));
}

#[test]
fn a_401_invalidates_only_the_refused_token() {
    let mut state = State::default();
    let old = complete(&mut state, at(0), HOUR, 0.0);
    state.invalidate(old.generation);
    assert!(matches!(state.step(at(1)), Step::Fetch(_)));
    complete(&mut state, at(1), HOUR, 0.0);
    state.invalidate(old.generation);
    assert!(matches!(state.step(at(2)), Step::Use(_)));
}

#[test]
fn jitter_moves_the_refresh_forward_by_half_the_margin() {
    for (jitter, refresh_at) in [(0.0, 3240), (0.5, 3150), (1.0, 3060)] {
        let mut state = State::default();
        complete(&mut state, at(0), HOUR, jitter);
        assert!(
            matches!(state.step(at(refresh_at - 1)), Step::Use(_)),
            "{jitter}"
        );
        assert!(
            matches!(state.step(at(refresh_at)), Step::Refresh(..)),
            "{jitter}"
        );
    }
}

#[test]
fn a_token_is_not_used_in_its_last_twentieth() {
    // At most the last 10 s.
    for (lifetime, usable_until) in [(40, 38), (100, 95), (3600, 3590)] {
        let mut state = State::default();
        complete(&mut state, at(0), at(lifetime), 0.0);
        assert!(matches!(
            state.step(at(usable_until - 1)),
            Step::Refresh(..)
        ));
        assert!(
            matches!(state.step(at(usable_until)), Step::Join(_)),
            "{lifetime}"
        );
    }
}

#[test]
fn a_refresh_abandoned_as_its_token_expires_pauses_the_fetch() {
    let mut state = State::default();
    complete(&mut state, at(0), HOUR, 0.0);
    let id = start(&mut state, at(3500));
    state.abandon(id, at(3590));
    let pause = Duration::from_millis(100);
    assert!(matches!(state.step(at(3590)), Step::Wait(left) if left == pause));
}

#[test]
fn a_short_lifetime_is_used_for_half_of_it() {
    let mut state = State::default();
    complete(&mut state, at(0), at(30), 1.0);
    assert!(matches!(state.step(at(14)), Step::Use(_)));
    assert!(matches!(state.step(at(15)), Step::Refresh(..)));
}
