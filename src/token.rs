//! The access token's life: fetched when first needed, refreshed ahead of its end, shared by all callers.
//!
//! [`State`] is a pure state machine: `step` says what a caller must do now, `land` and `fail` take in what a fetch
//! brought. One fetch is under way at a time. Callers that have no usable token wait for it and share its result, its
//! error too; callers that still have one never wait. A leader that is dropped leaves its flight closed, and the next
//! caller takes over.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use tokio::sync::watch;

use crate::clock;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::vipps::Vipps;

/// A token ready to be sent.
pub(crate) struct Token {
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// Which fetch it came from; a 401 throws away only the token that it was answered to.
    pub(crate) generation: u64,
    /// From here on somebody should fetch a new one.
    soft: Duration,
    /// From here on it is not used.
    hard: Duration,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What a flight ends with; `None` while it is under way.
type Landing = Option<Result<Arc<Token>, Error>>;

/// The right and duty to fetch a token.
#[derive(Debug)]
pub(crate) struct Lead(watch::Sender<Landing>);

/// What a caller must do now.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this token.
    Use(Arc<Token>),
    /// Send this token, and see to it that a new one is fetched.
    Refresh(Arc<Token>, Lead),
    /// Fetch a token.
    Lead(Lead),
    /// Wait for the fetch that is under way.
    Follow(watch::Receiver<Landing>),
    /// The last fetch failed; ask again after this long.
    Hold(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct State {
    token: Option<Arc<Token>>,
    generation: u64,
    flight: Option<watch::Receiver<Landing>>,
    failures: u32,
    /// No new fetch before this moment.
    next_fetch: Duration,
}

impl State {
    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let usable = self.token.as_ref().filter(|t| now < t.hard).cloned();
        if let Some(token) = &usable
            && now < token.soft
        {
            return Step::Use(token.clone());
        }
        // A flight whose sender is gone was abandoned: landing takes the flight out of the state first.
        if let Some(flight) = self.flight.as_ref().filter(|f| f.has_changed().is_ok()) {
            return match usable {
                Some(token) => Step::Use(token),
                None => Step::Follow(flight.clone()),
            };
        }
        if now < self.next_fetch {
            return match usable {
                Some(token) => Step::Use(token),
                None => Step::Hold(self.next_fetch.saturating_sub(now)),
            };
        }
        let (sender, receiver) = watch::channel(None);
        self.flight = Some(receiver);
        match usable {
            Some(token) => Step::Refresh(token, Lead(sender)),
            None => Step::Lead(Lead(sender)),
        }
    }

    /// Takes in a fetched token. `asked` is when its request began, `jitter` is in `0.0..1.0`.
    pub(crate) fn land(
        &mut self,
        header: HeaderValue,
        asked: Duration,
        lifetime: Duration,
        jitter: f64,
    ) -> Arc<Token> {
        // Ahead of the end by a tenth of the lifetime, so that many clients do not all refresh at once up to half of
        // that more; never more than half of the lifetime, however short it is.
        let margin = (lifetime / 10).clamp(Duration::from_secs(60), Duration::from_secs(600));
        let margin = (margin + margin.mul_f64(jitter / 2.0)).min(lifetime / 2);
        let skew = (lifetime / 20).min(Duration::from_secs(10));
        self.generation += 1;
        let token = Arc::new(Token {
            header,
            generation: self.generation,
            soft: asked + lifetime.saturating_sub(margin),
            hard: asked + lifetime.saturating_sub(skew),
        });
        self.token = Some(token.clone());
        self.flight = None;
        self.failures = 0;
        self.next_fetch = Duration::ZERO;
        token
    }

    /// Takes in a failed fetch: nothing is kept of it but when the next one may start.
    pub(crate) fn fail(&mut self, now: Duration) {
        let step = Duration::from_millis(100) * 2_u32.saturating_pow(self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        self.next_fetch = now + step.min(Duration::from_secs(5));
        self.flight = None;
    }

    /// Throws the token of this generation away, if it is still the one in use.
    pub(crate) fn invalidate(&mut self, generation: u64) {
        if self
            .token
            .as_ref()
            .is_some_and(|t| t.generation == generation)
        {
            self.token = None;
        }
    }
}

/// The token of one client, shared by its clones and bound to its base URL and keys.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<State>);

impl Tokens {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn invalidate(&self, generation: u64) {
        self.state().invalidate(generation);
    }

    /// A token to send, fetched if need be.
    pub(crate) async fn get(&self, vipps: &Vipps) -> Result<Arc<Token>> {
        loop {
            let step = self.state().step(vipps.time().monotonic());
            match step {
                Step::Use(token) => return Ok(token),
                Step::Refresh(token, lead) => {
                    let vipps = vipps.clone();
                    let refresh = async move {
                        let tokens = vipps.tokens();
                        // The callers keep the old token, whatever comes of it.
                        let _ = tokens.fetch(&vipps, lead).await;
                    };
                    match tokio::runtime::Handle::try_current() {
                        Ok(runtime) => drop(runtime.spawn(refresh)),
                        Err(_) => refresh.await,
                    }
                    return Ok(token);
                }
                Step::Lead(lead) => return self.fetch(vipps, lead).await,
                Step::Follow(mut flight) => {
                    // A closed flight means that its leader was dropped: look again, and maybe lead.
                    if let Ok(landing) = flight.wait_for(Option::is_some).await
                        && let Some(result) = &*landing
                    {
                        return result.clone();
                    }
                }
                Step::Hold(wait) => vipps.time().sleep(wait).await,
            }
        }
    }

    /// Boxed, since a fetch is itself a call, which may ask for a token as far as the compiler knows.
    fn fetch<'a>(
        &'a self,
        vipps: &'a Vipps,
        lead: Lead,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Token>>> + Send + 'a>> {
        Box::pin(self.fetch_now(vipps, lead))
    }

    async fn fetch_now(&self, vipps: &Vipps, lead: Lead) -> Result<Arc<Token>> {
        let asked = vipps.time().monotonic();
        let fetched = match vipps.fetch_token().await {
            // Not the body: it may hold a token, however odd.
            Ok(answer) => read(&answer.body, vipps.time().now()).map_err(|error| {
                let error = answer.effort.explain(error);
                error.with_status(answer.status, bytes::Bytes::new())
            }),
            Err(error) => Err(error.into_authentication()),
        };
        let result = match fetched {
            Ok((header, lifetime)) => {
                let jitter = clock::fraction(vipps.randomness());
                Ok(self.state().land(header, asked, lifetime, jitter))
            }
            Err(error) => {
                self.state().fail(vipps.time().monotonic());
                Err(error)
            }
        };
        lead.0.send_replace(Some(result.clone()));
        result
    }
}

/// The members of the token answer that matter. The document calls the numbers strings and shows integers.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    #[serde(default)]
    expires_in: serde_json::Value,
    #[serde(default)]
    expires_on: serde_json::Value,
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
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return unreadable("the token endpoint's answer is not a token answer");
    };
    let Some(token) = answer.access_token.filter(|t| !t.trim().is_empty()) else {
        return unreadable("the token endpoint's answer has no access_token");
    };
    let Ok(mut header) = HeaderValue::try_from(format!("Bearer {}", token.trim())) else {
        return unreadable("the access token cannot travel in a header");
    };
    header.set_sensitive(true);
    let number = |value: &serde_json::Value| match value {
        serde_json::Value::Number(n) => n.as_f64(),
        serde_json::Value::String(s) => s.trim().parse::<f64>().ok(),
        _ => None,
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are far below 2^53"
    )]
    let seconds = number(&answer.expires_in)
        .or_else(|| number(&answer.expires_on).map(|at| at - now.as_second() as f64))
        .filter(|s| s.is_finite());
    let lifetime = match seconds {
        Some(s) => Duration::try_from_secs_f64(s.max(0.0))
            .unwrap_or(LONGEST_LIFETIME)
            .min(LONGEST_LIFETIME),
        None => ASSUMED_LIFETIME,
    };
    Ok((header, lifetime))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn bearer() -> HeaderValue {
        HeaderValue::from_static("Bearer x")
    }

    #[test]
    fn one_leads_and_the_others_follow() {
        let mut state = State::default();
        let Step::Lead(lead) = state.step(at(0)) else {
            panic!("nobody leads")
        };
        assert!(matches!(state.step(at(0)), Step::Follow(_)));
        assert!(matches!(state.step(at(9)), Step::Follow(_)));
        state.land(bearer(), at(0), HOUR, 0.0);
        drop(lead);
        assert!(matches!(state.step(at(1)), Step::Use(_)));
    }

    #[test]
    fn a_dropped_leader_hands_over() {
        let mut state = State::default();
        let step = state.step(at(0));
        assert!(matches!(step, Step::Lead(_)));
        drop(step);
        assert!(matches!(state.step(at(0)), Step::Lead(_)));
    }

    #[test]
    fn ahead_of_the_end_one_refreshes_while_others_use_the_old() {
        let mut state = State::default();
        state.land(bearer(), at(0), HOUR, 0.0);
        assert!(matches!(state.step(at(3600 - 361)), Step::Use(_)));
        let Step::Refresh(_, _lead) = state.step(at(3600 - 360)) else {
            panic!("nobody refreshes")
        };
        assert!(matches!(state.step(at(3600 - 300)), Step::Use(_)));
        assert!(matches!(state.step(at(3600 - 10)), Step::Follow(_)));
    }

    #[test]
    fn a_failed_refresh_keeps_the_old_token_and_paces_the_next() {
        let mut state = State::default();
        state.land(bearer(), at(0), HOUR, 0.0);
        let Step::Refresh(_, _) = state.step(at(3500)) else {
            panic!("nobody refreshes")
        };
        state.fail(at(3500));
        assert!(matches!(state.step(at(3500)), Step::Use(_)));
        assert!(matches!(state.step(at(3501)), Step::Refresh(..)));
    }

    #[test]
    fn a_failed_fetch_is_not_kept_and_waits_grow_to_five_seconds() {
        let mut state = State::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..9 {
            assert!(matches!(state.step(now), Step::Lead(_)));
            state.fail(now);
            let Step::Hold(wait) = state.step(now) else {
                panic!("no pause")
            };
            waits.push(wait.as_millis());
            now += wait;
        }
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn a_401_throws_away_only_the_token_it_was_answered_to() {
        let mut state = State::default();
        let old = state.land(bearer(), at(0), HOUR, 0.0);
        state.invalidate(old.generation);
        assert!(matches!(state.step(at(1)), Step::Lead(_)));
        state.land(bearer(), at(1), HOUR, 0.0);
        state.invalidate(old.generation);
        assert!(matches!(state.step(at(2)), Step::Use(_)));
    }

    #[test]
    fn a_short_life_is_still_used_for_half_of_it() {
        let mut state = State::default();
        state.land(bearer(), at(0), at(30), 1.0);
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
