//! The state machine of a token that many callers share, and what walks them through it.
//!
//! It knows neither the client nor how a token is fetched: [`Source`] does. So it can be run under a model checker, with
//! a [`sync`](super::sync) of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
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

/// What a flight ends with; `None` while it is under way.
type Landing<E> = Option<Result<Arc<Token>, E>>;

/// The right and duty to fetch a token.
#[derive(Debug)]
pub(crate) struct Lead<E>(watch::Sender<Landing<E>>);

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
    Follow(watch::Receiver<Landing<E>>),
    /// The last fetch failed; ask again after this long.
    Hold(Duration),
    /// The last fetch failed with this, and the next one, after so long, is too far off to be waited for.
    Failed(E, Duration),
}

/// How long failures by themselves put the next fetch off at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long the endpoint can put it off. What asks for more may be a mistake, and without tokens nothing works.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct State<E> {
    token: Option<Arc<Token>>,
    generation: u64,
    flight: Option<watch::Receiver<Landing<E>>>,
    failures: u32,
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
        // A flight whose sender is gone was abandoned: landing takes the flight out of the state first.
        if let Some(flight) = self.flight.as_ref().filter(|f| f.has_changed().is_ok()) {
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
        let (sender, receiver) = watch::channel(None);
        self.flight = Some(receiver);
        match usable {
            Some(token) => Step::Refresh(token, Lead(sender)),
            None => Step::Lead(Lead(sender)),
        }
    }

    /// Takes in a fetched token. `asked` is when its request began, `jitter` is in `0.0..1.0`.
    pub(crate) fn land(&mut self, fetched: Fetched, asked: Duration, jitter: f64) -> Arc<Token> {
        let lifetime = fetched.lifetime;
        // Ahead of the end by a tenth of the lifetime, so that many clients do not all refresh at once up to half of
        // that more; never more than half of the lifetime, however short it is.
        let margin = (lifetime / 10).clamp(Duration::from_secs(60), Duration::from_secs(600));
        let margin = (margin + margin.mul_f64(jitter / 2.0)).min(lifetime / 2);
        let skew = (lifetime / 20).min(Duration::from_secs(10));
        self.generation += 1;
        let token = Arc::new(Token {
            header: fetched.header,
            shared: fetched.shared,
            generation: self.generation,
            soft: asked + lifetime.saturating_sub(margin),
            hard: asked + lifetime.saturating_sub(skew),
        });
        self.token = Some(token.clone());
        self.flight = None;
        self.failures = 0;
        self.next_fetch = Duration::ZERO;
        self.asked_for_it = None;
        token
    }

    /// Takes in a failed fetch, and the time for which the endpoint asks to be left alone. The failure itself is kept only
    /// for those whom that time would have wait too long.
    pub(crate) fn fail(&mut self, now: Duration, error: &E, asked: Option<Duration>) {
        let step = Duration::from_millis(100) * 2_u32.saturating_pow(self.failures.min(6));
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        self.failures = self.failures.saturating_add(1);
        self.next_fetch = now + step.min(LONGEST_PAUSE).max(asked);
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

    /// Runs a task that nobody waits for, or waits for it where there is nothing to run it on.
    fn aside(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send;
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
                    let aside = source.clone();
                    let refresh = async move {
                        // The callers keep the old token, whatever comes of it.
                        let _ = aside.tokens().fetch(&aside, lead).await;
                    };
                    source.aside(refresh).await;
                    return Ok(token);
                }
                Step::Lead(lead) => return self.fetch(source, lead).await,
                Step::Follow(mut flight) => {
                    // A closed flight means that its leader was dropped: look again, and maybe lead.
                    if let Ok(landing) = flight.wait_for(Option::is_some).await
                        && let Some(result) = &*landing
                    {
                        return result.clone();
                    }
                }
                Step::Hold(wait) => source.sleep(wait).await,
                Step::Failed(error, left) => return Err(S::left(error, left)),
            }
        }
    }

    async fn fetch<S: Source<Error = E>>(
        &self,
        source: &S,
        lead: Lead<E>,
    ) -> Result<Arc<Token>, E> {
        let asked = source.now();
        let result = match source.fetch().await {
            Ok(fetched) => {
                let jitter = source.jitter();
                let mut state = self.state();
                let token = state.land(fetched, asked, jitter);
                self.current.store(Some(token.clone()));
                Ok(token)
            }
            Err(error) => {
                let now = source.now();
                self.state().fail(now, &error, S::asked(&error));
                Err(error)
            }
        };
        lead.0.send_replace(Some(result.clone()));
        result
    }
}
