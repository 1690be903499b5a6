//! The state machine of a token that many callers share, and what walks them through it.
//!
//! It knows neither the client nor how a token is fetched: [`Source`] does. So it can be run under a model checker, with
//! a [`sync`](super::sync) of its own.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use http::HeaderValue;
use tokio::sync::watch;

use super::sync::{Current, Mutex, MutexGuard, PoisonError};

/// A token ready to be sent.
pub(crate) struct Token {
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// Whether another client fetched it, and the token store handed it on.
    pub(crate) shared: bool,
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

/// The result of a flight; `None` while it is under way.
type Landing<E> = Option<Result<Arc<Token>, E>>;

/// One fetch of a token, as its followers see it.
#[derive(Debug)]
pub(crate) struct Flight<E> {
    /// The generation of the token that this flight brings.
    id: u64,
    landing: watch::Receiver<Landing<E>>,
    probe: Arc<Probe>,
}

impl<E> Clone for Flight<E> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            landing: self.landing.clone(),
            probe: self.probe.clone(),
        }
    }
}

/// The right and duty to fetch a token.
#[derive(Debug)]
pub(crate) struct Lead<E> {
    sender: watch::Sender<Landing<E>>,
    flight: Flight<E>,
}

/// Tells a flight whose runtime is driven from a flight that nobody polls any more. A request to the token endpoint may
/// take long, but its task is polled soon after it is woken.
#[derive(Debug)]
struct Probe(Mutex<ProbeState>);

#[derive(Debug)]
struct ProbeState {
    /// When the flight was woken, unless it was polled since.
    unanswered_since: Option<Duration>,
    waker: Option<Waker>,
}

impl Probe {
    /// A flight that starts now, and was not polled yet.
    fn new(now: Duration) -> Self {
        Self(Mutex::new(ProbeState {
            unanswered_since: Some(now),
            waker: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, ProbeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the flight.
    fn send(&self, now: Duration) {
        let waker = {
            let mut state = self.state();
            state.unanswered_since.get_or_insert(now);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn answer(&self, waker: &Waker) {
        let mut state = self.state();
        state.unanswered_since = None;
        state.waker = Some(waker.clone());
    }

    fn is_unanswered(&self, now: Duration) -> bool {
        let since = self.state().unanswered_since;
        since.is_some_and(|since| now.saturating_sub(since) >= PROBE_LIMIT)
    }
}

/// What a caller must do now.
#[derive(Debug)]
pub(crate) enum Step<E> {
    /// Send this token.
    Use(Arc<Token>),
    /// Send this token, and see to it that a new one is fetched.
    Refresh(Arc<Token>, Lead<E>),
    /// Fetch a token.
    Lead(Lead<E>),
    /// Wait for the fetch that is under way.
    Follow(Flight<E>),
    /// The last fetch failed; ask again after this long.
    Hold(Duration),
    /// The last fetch failed with this, and the next one, after so long, is too far off to be waited for.
    Failed(E, Duration),
}

/// A flight that was woken and not polled for so long counts as dead, and another caller leads.
const PROBE_LIMIT: Duration = Duration::from_secs(1);
/// The pause after a refresh that was dropped, which doubles up to the longest. The callers have a token meanwhile, and
/// where each call has a runtime of its own, each refresh is dropped.
const REFRESH_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_REFRESH_PAUSE: Duration = Duration::from_secs(300);
/// How long failures by themselves put the next fetch off at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long the endpoint can put it off. What asks for more may be a mistake, and without tokens nothing works.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct State<E> {
    token: Option<Arc<Token>>,
    generation: u64,
    flight: Option<Flight<E>>,
    failures: u32,
    /// Refreshes in a row that were dropped.
    dropped_refreshes: u32,
    /// No refresh before this moment.
    next_refresh: Duration,
    /// No new fetch before this moment.
    next_fetch: Duration,
    /// What the endpoint said that asked for a pause longer than anybody should wait.
    asked_for_it: Option<E>,
}

impl<E> Default for State<E> {
    fn default() -> Self {
        Self {
            token: None,
            generation: 0,
            flight: None,
            failures: 0,
            dropped_refreshes: 0,
            next_refresh: Duration::ZERO,
            next_fetch: Duration::ZERO,
            asked_for_it: None,
        }
    }
}

impl<E: Clone> State<E> {
    pub(crate) fn step(&mut self, now: Duration) -> Step<E> {
        let usable = self.token.as_ref().filter(|t| now < t.hard).cloned();
        if let Some(token) = &usable
            && now < token.soft
        {
            return Step::Use(token.clone());
        }
        if let Some(flight) = &self.flight {
            return match usable {
                Some(token) => Step::Use(token),
                None => Step::Follow(flight.clone()),
            };
        }
        if now < self.next_fetch {
            let left = self.next_fetch.saturating_sub(now);
            return match (usable, &self.asked_for_it) {
                (Some(token), _) => Step::Use(token),
                (None, Some(error)) if left > LONGEST_PAUSE => Step::Failed(error.clone(), left),
                (None, _) => Step::Hold(left),
            };
        }
        if let Some(token) = &usable
            && now < self.next_refresh
        {
            return Step::Use(token.clone());
        }
        self.generation += 1;
        let (sender, landing) = watch::channel(None);
        let flight = Flight {
            id: self.generation,
            landing,
            probe: Arc::new(Probe::new(now)),
        };
        self.flight = Some(flight.clone());
        let lead = Lead { sender, flight };
        match usable {
            Some(token) => Step::Refresh(token, lead),
            None => Step::Lead(lead),
        }
    }

    /// Returns the id of the flight that is under way.
    #[cfg(test)]
    pub(crate) fn flight_id(&self) -> Option<u64> {
        self.flight.as_ref().map(|flight| flight.id)
    }

    /// Whether this flight is under way and was not given up.
    fn is_current(&self, id: u64) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    /// Gives up a flight that was dropped or is not driven. Without a pause, a program that drops each of its flights
    /// would send a request for each call.
    pub(crate) fn abandon(&mut self, id: u64, now: Duration) {
        if !self.is_current(id) {
            return;
        }
        self.flight = None;
        if self.token.as_ref().is_some_and(|token| now < token.hard) {
            let pause = REFRESH_PAUSE * 2_u32.saturating_pow(self.dropped_refreshes.min(6));
            self.dropped_refreshes = self.dropped_refreshes.saturating_add(1);
            self.next_refresh = now + pause.min(LONGEST_REFRESH_PAUSE);
        } else {
            self.next_fetch = now + self.next_pause();
        }
    }

    /// The pause after one more failure.
    fn next_pause(&mut self) -> Duration {
        let pause = Duration::from_millis(100) * 2_u32.saturating_pow(self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        pause.min(LONGEST_PAUSE)
    }

    /// Takes in the token of this flight. `asked` is when its request began, `jitter` is in `0.0..1.0`. Returns `None`,
    /// and changes nothing, if the flight was given up.
    pub(crate) fn land(
        &mut self,
        id: u64,
        fetched: Fetched,
        asked: Duration,
        jitter: f64,
    ) -> Option<Arc<Token>> {
        if !self.is_current(id) {
            return None;
        }
        let lifetime = fetched.lifetime;
        // Ahead of the end by a tenth of the lifetime, so that many clients do not all refresh at once up to half of
        // that more; never more than half of the lifetime, however short it is.
        let margin = (lifetime / 10).clamp(Duration::from_secs(60), Duration::from_secs(600));
        let margin = (margin + margin.mul_f64(jitter / 2.0)).min(lifetime / 2);
        let skew = (lifetime / 20).min(Duration::from_secs(10));
        let token = Arc::new(Token {
            header: fetched.header,
            shared: fetched.shared,
            generation: id,
            soft: asked + lifetime.saturating_sub(margin),
            hard: asked + lifetime.saturating_sub(skew),
        });
        self.token = Some(token.clone());
        self.flight = None;
        self.failures = 0;
        self.dropped_refreshes = 0;
        self.next_refresh = Duration::ZERO;
        self.next_fetch = Duration::ZERO;
        self.asked_for_it = None;
        Some(token)
    }

    /// Takes in the failure of this flight, and the time for which the endpoint asks for no request. The failure is recorded
    /// only where that time is too long to wait for. Changes nothing if the flight was given up.
    pub(crate) fn fail(&mut self, id: u64, now: Duration, error: &E, asked: Option<Duration>) {
        if !self.is_current(id) {
            return;
        }
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        self.next_fetch = now + self.next_pause().max(asked);
        self.asked_for_it = (asked > LONGEST_PAUSE).then(|| error.clone());
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

/// A token as it is fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    pub(crate) lifetime: Duration,
    /// As [`Token::shared`].
    pub(crate) shared: bool,
}

/// What a fetch comes to.
pub(crate) type Fetch<'a, E> = Pin<Box<dyn Future<Output = Result<Fetched, E>> + Send + 'a>>;

/// Where the tokens come from, and the clock that they are judged by.
pub(crate) trait Source: Clone + Send + Sync + 'static {
    type Error: Clone + Send + Sync + 'static;

    /// How long the endpoint asks to be left alone after this failure.
    fn asked(error: &Self::Error) -> Option<Duration>;

    /// The failure as it is told later, when so much of that time is left.
    fn left(error: Self::Error, left: Duration) -> Self::Error;

    /// The tokens that this source is for.
    fn tokens(&self) -> &Tokens<Self::Error>;

    fn now(&self) -> Duration;

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A number in `0.0..1.0`.
    fn jitter(&self) -> f64;

    /// Boxed, since a fetch is itself a call, which may ask for a token as far as the compiler knows.
    fn fetch(&self) -> Fetch<'_, Self::Error>;

    /// Runs a task of its own, or waits for it where there is no runtime to run it on.
    fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send;

    /// Returns the future's output, or `None` when the limit passes first.
    fn timeout<F: Future + Send>(
        &self,
        limit: Duration,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> + Send;

    /// Lets the other tasks of this runtime run.
    fn yield_now(&self) -> impl Future<Output = ()> + Send;
}

/// The token of one client, shared by its clones and bound to its base URL and keys.
#[derive(Debug)]
pub(crate) struct Tokens<E> {
    /// The token of the state, for callers that only want to send it: they take no lock. Written under the lock alone.
    current: Current<Token>,
    state: Mutex<State<E>>,
}

impl<E> Default for Tokens<E> {
    fn default() -> Self {
        Self {
            current: Current::default(),
            state: Mutex::new(State::default()),
        }
    }
}

impl<E: Clone + Send + Sync + 'static> Tokens<E> {
    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Throws the token of this generation away, if it is still the one in use.
    pub(crate) fn invalidate(&self, generation: u64) {
        let mut state = self.state();
        state.invalidate(generation);
        self.current.store(state.token.clone());
    }

    /// The token to send, where there is one that nobody need do anything for: what nearly every call finds.
    pub(crate) fn ready(&self, now: Duration) -> Option<Arc<Token>> {
        self.current.load_full().filter(|token| now < token.soft)
    }

    /// Returns when the current token expires, if there is one.
    pub(crate) fn usable_until(&self) -> Option<Duration> {
        self.current.load_full().map(|token| token.hard)
    }

    /// A token to send, fetched if need be.
    pub(crate) async fn get<S: Source<Error = E>>(&self, source: &S) -> Result<Arc<Token>, E> {
        if let Some(token) = self.ready(source.now()) {
            return Ok(token);
        }
        loop {
            let step = self.state().step(source.now());
            match step {
                Step::Use(token) => return Ok(token),
                Step::Refresh(token, lead) => {
                    source.spawn(Leader::new(source, lead).fetch()).await;
                    return Ok(token);
                }
                Step::Lead(lead) => {
                    let flight = lead.flight.clone();
                    // In a task of its own, so that the fetch outlives this caller, whose deadline may be shorter.
                    source.spawn(Leader::new(source, lead).fetch()).await;
                    if let Some(result) = self.follow(source, flight).await {
                        return result;
                    }
                }
                Step::Follow(flight) => {
                    if let Some(result) = self.follow(source, flight).await {
                        return result;
                    }
                }
                Step::Hold(wait) => source.sleep(wait).await,
                Step::Failed(error, left) => return Err(S::left(error, left)),
            }
        }
    }

    /// Waits for the result of a flight. Returns `None` if the flight was given up.
    async fn follow<S: Source<Error = E>>(
        &self,
        source: &S,
        mut flight: Flight<E>,
    ) -> Option<Result<Arc<Token>, E>> {
        loop {
            flight.probe.send(source.now());
            let landing = flight.landing.wait_for(Option::is_some);
            let landed = async { landing.await.ok().and_then(|landing| landing.clone()) };
            if let Some(landed) = source.timeout(PROBE_LIMIT, landed).await {
                return landed;
            }
            // The flight may be a task of this runtime, and be polled next.
            source.yield_now().await;
            let now = source.now();
            if flight.probe.is_unanswered(now) {
                self.state().abandon(flight.id, now);
                return None;
            }
        }
    }
}

/// The task of one flight. If it is dropped before its end, the flight is given up.
struct Leader<S: Source> {
    source: S,
    lead: Lead<S::Error>,
}

impl<S: Source> Leader<S> {
    fn new(source: &S, lead: Lead<S::Error>) -> Self {
        let source = source.clone();
        Self { source, lead }
    }

    async fn fetch(self) {
        let (source, id) = (&self.source, self.lead.flight.id);
        let asked = source.now();
        let mut fetching = source.fetch();
        let fetched = poll_fn(|cx| {
            self.lead.flight.probe.answer(cx.waker());
            fetching.as_mut().poll(cx)
        })
        .await;
        let tokens = source.tokens();
        let result = match fetched {
            Ok(fetched) => {
                let jitter = source.jitter();
                let mut state = tokens.state();
                let Some(token) = state.land(id, fetched, asked, jitter) else {
                    return;
                };
                tokens.current.store(Some(token.clone()));
                Ok(token)
            }
            Err(error) => {
                let now = source.now();
                let mut state = tokens.state();
                if !state.is_current(id) {
                    return;
                }
                state.fail(id, now, &error, S::asked(&error));
                Err(error)
            }
        };
        self.lead.sender.send_replace(Some(result));
    }
}

impl<S: Source> Drop for Leader<S> {
    fn drop(&mut self) {
        let now = self.source.now();
        // Changes nothing after the flight has landed.
        self.source
            .tokens()
            .state()
            .abandon(self.lead.flight.id, now);
    }
}
