//! The access token's life: fetched when first needed, refreshed ahead of its end, shared by all callers.
//!
//! A caller that finds a fresh token takes no lock. [`flight::State`] is a pure state machine: `step` returns what a caller
//! must do now, `land`, `fail` and `abandon` take in how a fetch ended. One fetch is under way at a time, in a task of its
//! own: it does not end with the caller that started it, and does not stop when that caller is not polled. Callers without
//! a usable token wait for the fetch and share its result, errors included. Callers with a usable token never wait.
//!
//! A fetch whose task was dropped, or whose runtime is not driven for a second, is given up, and another caller starts a
//! new one. After a failed fetch, the next one waits for a pause that grows up to five seconds. An endpoint that asks for
//! a longer pause (`Retry-After`) gets it, up to five minutes; until shortly before its end, callers get the error of the
//! endpoint.
//!
//! Where the client has a token store, a fetch goes through [`TokenSharing`], which loads the stored token first.

mod flight;
mod sharing;

use std::future::Future;
use std::time::Duration;

use http::HeaderValue;
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::clock;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::vipps::Vipps;

pub(crate) use flight::{Fetch, Fetched, Source, Token};
pub(crate) use sharing::TokenSharing;

/// The locks of [`flight`]; `tests/token_model.rs` compiles it with others.
mod sync {
    /// What many read and few write.
    pub(super) type Current<T> = arc_swap::ArcSwapOption<T>;

    pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
}

pub(crate) type Tokens = flight::Tokens<Error>;

impl Source for Vipps {
    type Error = Error;

    fn asked(error: &Error) -> Option<Duration> {
        error.retry_after()
    }

    fn left(error: Error, left: Duration) -> Error {
        let retryable = error.is_retryable();
        error.with_retry(retryable, Some(left))
    }

    fn tokens(&self) -> &Tokens {
        self.tokens()
    }

    fn now(&self) -> Duration {
        self.time().monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.time().sleep(duration).await;
    }

    fn jitter(&self) -> f64 {
        clock::fraction(self.randomness())
    }

    fn fetch(&self) -> Fetch<'_, Error> {
        Box::pin(async {
            match self.sharing() {
                Some(sharing) => sharing.fetch(self).await,
                None => fetch(self).await,
            }
        })
    }

    async fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(task.in_current_span())),
            Err(_) => task.await,
        }
    }

    async fn timeout<F: Future + Send>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let now = self.time().monotonic();
        self.time().timeout_since(now, limit, future).await
    }

    async fn yield_now(&self) {
        tokio::task::yield_now().await;
    }
}

/// A token from the endpoint.
async fn fetch(vipps: &Vipps) -> Result<Fetched> {
    let fetched = ask(vipps).await;
    match &fetched {
        Ok(token) => {
            let lifetime = token.lifetime.as_secs();
            tracing::debug!(vipps.token.lifetime_s = lifetime, "token fetched");
            vipps.counters().tokens_fetched.add_one();
        }
        Err(error) => {
            tracing::warn!(
                error.type = error.kind().as_str(),
                http.response.status_code = error.http_status(),
                "token fetch failed"
            );
            vipps.counters().token_failures.add_one();
        }
    }
    fetched
}

async fn ask(vipps: &Vipps) -> Result<Fetched> {
    let answer = crate::access_token::fetch(vipps).await;
    let answer = answer.map_err(Error::into_authentication)?;
    let (header, lifetime) = read(&answer.body, vipps.time().now()).map_err(|error| {
        let error = answer.explain(error);
        let error = error.with_status(answer.status.as_u16(), answer.body.clone());
        // The body may contain a token, although not a readable one.
        error.without_body()
    })?;
    Ok(Fetched {
        header,
        lifetime,
        shared: false,
    })
}

/// Without any word on it, a token is used for this long.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);
const LONGEST_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Reads a token answer into a header value and a lifetime. Never repeats the body in an error.
pub(crate) fn read(body: &[u8], now: jiff::Timestamp) -> Result<(HeaderValue, Duration)> {
    let unreadable = |what: &'static str| {
        Err(Error::new(
            ErrorKind::Authentication,
            Outcome::NotSent,
            what,
        ))
    };
    // Not a derived type: serde reads a list by position, and so a token from `["x"]`.
    let Ok(answer) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return unreadable("the token endpoint's answer is not a token answer");
    };
    let token = answer.get("access_token").and_then(Value::as_str);
    let Some(token) = token.filter(|token| !token.trim().is_empty()) else {
        return unreadable("the token endpoint's answer has no access_token");
    };
    let Some(header) = bearer(token) else {
        return unreadable("the access token cannot travel in a header");
    };
    // `NaN` and `inf` are numbers for `parse`, and say nothing about a lifetime.
    let number = |name: &str| {
        let number = match answer.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are far below 2^53"
    )]
    let seconds =
        number("expires_in").or_else(|| number("expires_on").map(|at| at - now.as_second() as f64));
    let lifetime = match seconds {
        Some(s) => Duration::try_from_secs_f64(s.max(0.0))
            .unwrap_or(LONGEST_LIFETIME)
            .min(LONGEST_LIFETIME),
        None => ASSUMED_LIFETIME,
    };
    Ok((header, lifetime))
}

/// How a token is sent, if it can be.
fn bearer(token: &str) -> Option<HeaderValue> {
    let token = token.trim();
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    (!token.is_empty()).then_some(header)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::flight::{State, Step};
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn land(
        state: &mut State<Error>,
        asked: Duration,
        lifetime: Duration,
        jitter: f64,
    ) -> Arc<Token> {
        let fetched = Fetched {
            header: HeaderValue::from_static("Bearer x"),
            lifetime,
            shared: false,
        };
        let id = begin(state, asked);
        state.land(id, fetched, asked, jitter).unwrap()
    }

    /// Starts a flight, if none is under way. Returns the id of the flight.
    fn begin(state: &mut State<Error>, now: Duration) -> u64 {
        let _ = state.step(now);
        state.flight_id().unwrap()
    }

    fn fail(state: &mut State<Error>, now: Duration, asked: Option<Duration>) {
        let id = begin(state, now);
        state.fail(id, now, &failure(), asked);
    }

    fn failure() -> Error {
        Error::new(ErrorKind::Authentication, Outcome::NotSent, "down")
    }

    #[test]
    fn one_leads_and_the_others_follow() {
        let mut state = State::<Error>::default();
        let Step::Lead(lead) = state.step(at(0)) else {
            panic!("nobody leads")
        };
        assert!(matches!(state.step(at(0)), Step::Follow(_)));
        assert!(matches!(state.step(at(9)), Step::Follow(_)));
        land(&mut state, at(0), HOUR, 0.0);
        drop(lead);
        assert!(matches!(state.step(at(1)), Step::Use(_)));
    }

    #[test]
    fn a_cold_flight_that_is_abandoned_sets_a_growing_pause() {
        let mut state = State::<Error>::default();
        let mut now = at(0);
        for pause in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let id = begin(&mut state, now);
            state.abandon(id, now);
            let pause = Duration::from_millis(pause);
            assert!(matches!(state.step(now), Step::Hold(left) if left == pause));
            now += pause;
            assert!(matches!(state.step(now), Step::Lead(_)));
        }
    }

    #[test]
    fn a_refresh_that_is_abandoned_sets_a_pause_of_its_own() {
        let mut state = State::<Error>::default();
        let day = at(24 * 3600);
        land(&mut state, at(0), day, 0.0);
        let mut now = day.saturating_sub(at(600));
        for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
            let id = begin(&mut state, now);
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
        // The pause of the refresh does not hold for a fetch without which no call can be made.
        assert!(matches!(
            state.step(day.saturating_sub(at(10))),
            Step::Lead(_)
        ));
    }

    #[test]
    fn a_flight_that_was_given_up_changes_nothing_when_it_ends() {
        let mut state = State::<Error>::default();
        let first = begin(&mut state, at(0));
        state.abandon(first, at(1));
        let second = begin(&mut state, at(2));
        assert_ne!(first, second);
        let fetched = Fetched {
            header: HeaderValue::from_static("Bearer late"),
            lifetime: HOUR,
            shared: false,
        };
        assert!(state.land(first, fetched, at(2), 0.0).is_none());
        state.fail(first, at(2), &failure(), Some(at(60)));
        state.abandon(first, at(2));
        assert!(matches!(state.step(at(2)), Step::Follow(_)));
        land(&mut state, at(2), HOUR, 0.0);
        assert!(matches!(state.step(at(3)), Step::Use(token) if token.generation == second));
    }

    #[test]
    fn a_good_fetch_resets_the_pauses_of_failures() {
        let mut state = State::<Error>::default();
        for round in 0..6 {
            fail(&mut state, at(round * 20), None);
            let id = begin(&mut state, at(round * 20 + 10));
            state.abandon(id, at(round * 20 + 10));
        }
        let token = land(&mut state, at(200), HOUR, 0.0);
        state.invalidate(token.generation);
        fail(&mut state, at(201), None);
        let first = Duration::from_millis(100);
        assert!(matches!(state.step(at(201)), Step::Hold(left) if left == first));
    }

    #[test]
    fn ahead_of_the_end_one_refreshes_while_others_use_the_old() {
        let mut state = State::<Error>::default();
        land(&mut state, at(0), HOUR, 0.0);
        assert!(matches!(state.step(at(3600 - 361)), Step::Use(_)));
        let Step::Refresh(_, _lead) = state.step(at(3600 - 360)) else {
            panic!("nobody refreshes")
        };
        assert!(matches!(state.step(at(3600 - 300)), Step::Use(_)));
        assert!(matches!(state.step(at(3600 - 10)), Step::Follow(_)));
    }

    #[test]
    fn a_failed_refresh_keeps_the_old_token_and_paces_the_next() {
        let mut state = State::<Error>::default();
        land(&mut state, at(0), HOUR, 0.0);
        let Step::Refresh(_, _) = state.step(at(3500)) else {
            panic!("nobody refreshes")
        };
        fail(&mut state, at(3500), None);
        assert!(matches!(state.step(at(3500)), Step::Use(_)));
        assert!(matches!(state.step(at(3501)), Step::Refresh(..)));
    }

    #[test]
    fn a_failed_fetch_is_not_kept_and_waits_grow_to_five_seconds() {
        let mut state = State::<Error>::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..9 {
            assert!(matches!(state.step(now), Step::Lead(_)));
            fail(&mut state, now, None);
            let Step::Hold(wait) = state.step(now) else {
                panic!("no pause")
            };
            waits.push(wait.as_millis());
            now += wait;
        }
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_and_not_waited_for() {
        let mut state = State::<Error>::default();
        land(&mut state, at(0), HOUR, 0.0);
        assert!(matches!(state.step(at(3500)), Step::Refresh(..)));
        fail(&mut state, at(3500), Some(at(120)));
        // As long as the old token lasts, nobody notices.
        assert!(matches!(state.step(at(3589)), Step::Use(_)));
        assert!(matches!(state.step(at(3590)), Step::Failed(_, left) if left == at(30)));
        assert!(matches!(state.step(at(3614)), Step::Failed(..)));
        assert!(matches!(state.step(at(3615)), Step::Hold(left) if left == at(5)));
        assert!(matches!(state.step(at(3620)), Step::Lead(_)));
        // A failure that asks for nothing keeps to its own pause, and a mistaken one shuts no shop.
        fail(&mut state, at(3620), Some(Duration::ZERO));
        assert!(matches!(state.step(at(3620)), Step::Hold(left) if left < at(1)));
        fail(&mut state, at(3621), Some(Duration::MAX));
        assert!(matches!(state.step(at(3920)), Step::Hold(_)));
        assert!(matches!(state.step(at(3921)), Step::Lead(_)));
    }

    #[test]
    fn a_401_throws_away_only_the_token_it_was_answered_to() {
        let mut state = State::<Error>::default();
        let old = land(&mut state, at(0), HOUR, 0.0);
        state.invalidate(old.generation);
        assert!(matches!(state.step(at(1)), Step::Lead(_)));
        land(&mut state, at(1), HOUR, 0.0);
        state.invalidate(old.generation);
        assert!(matches!(state.step(at(2)), Step::Use(_)));
    }

    #[test]
    fn jitter_refreshes_earlier_by_up_to_half_the_margin() {
        for (jitter, soft) in [(0.0, 3240), (0.5, 3150), (1.0, 3060)] {
            let mut state = State::<Error>::default();
            land(&mut state, at(0), HOUR, jitter);
            assert!(matches!(state.step(at(soft - 1)), Step::Use(_)), "{jitter}");
            assert!(
                matches!(state.step(at(soft)), Step::Refresh(..)),
                "{jitter}"
            );
        }
    }

    #[test]
    fn a_token_is_not_used_in_its_last_twentieth() {
        // Ten seconds at most.
        for (lifetime, hard) in [(40, 38), (100, 95), (3600, 3590)] {
            let mut state = State::<Error>::default();
            land(&mut state, at(0), at(lifetime), 0.0);
            assert!(matches!(state.step(at(hard - 1)), Step::Refresh(..)));
            assert!(
                matches!(state.step(at(hard)), Step::Follow(_)),
                "{lifetime}"
            );
        }
    }

    #[test]
    fn a_refresh_abandoned_as_its_token_expires_pauses_the_fetch() {
        let mut state = State::<Error>::default();
        land(&mut state, at(0), HOUR, 0.0);
        let id = begin(&mut state, at(3500));
        state.abandon(id, at(3590));
        let pause = Duration::from_millis(100);
        assert!(matches!(state.step(at(3590)), Step::Hold(left) if left == pause));
    }

    #[test]
    fn a_short_life_is_still_used_for_half_of_it() {
        let mut state = State::<Error>::default();
        land(&mut state, at(0), at(30), 1.0);
        assert!(matches!(state.step(at(14)), Step::Use(_)));
        assert!(matches!(state.step(at(15)), Step::Refresh(..)));
    }

    #[test]
    fn the_answer_is_read_with_numbers_as_strings_and_members_missing() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let on = now.as_second() + 77;
        for (body, seconds) in [
            (r#"{"token_type":"Bearer","expires_in":"86398","ext_expires_in":"0","expires_on":"1495271273","not_before":"1495184574","resource":"x","access_token":"a.b.c"}"#.to_owned(), 86398),
            (r#"{"access_token":"a","expires_in":3599}"#.to_owned(), 3599),
            (format!(r#"{{"access_token":"a","expires_on":"{on}"}}"#), 77),
            (format!(r#"{{"access_token":"a","expires_on":{on}}}"#), 77),
            (r#"{"access_token":"a"}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_in":"never","expires_on":null}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_in":-5}"#.to_owned(), 0),
            (r#"{"access_token":"a","expires_in":1e300}"#.to_owned(), 7 * 24 * 3600),
            (r#"{"access_token":"a","expires_in":604801}"#.to_owned(), 7 * 24 * 3600),
            (r#"{"access_token":"a","expires_in":"NaN"}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_on":"inf"}"#.to_owned(), 300),
            (format!(r#"{{"access_token":"a","expires_in":"NaN","expires_on":"{on}"}}"#), 77),
            (format!(r#"{{"access_token":"a","expires_in":"inf","expires_on":{on}}}"#), 77),
        ] {
            let (header, lifetime) = read(body.as_bytes(), now).unwrap();
            assert!(header.is_sensitive());
            assert_eq!(lifetime.as_secs(), seconds, "{body}");
        }
    }

    #[test]
    fn an_answer_without_a_token_is_an_error_that_does_not_repeat_it() {
        for body in [
            "",
            "<html>",
            "[]",
            r#"["secret"]"#,
            r#"["secret",3600,1]"#,
            r#"[{"access_token":"secret"}]"#,
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\nsecret"}"#,
        ] {
            let error = read(body.as_bytes(), jiff::Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication);
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
