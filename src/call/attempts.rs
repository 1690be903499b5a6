//! The attempt loop: the only place in the crate that loops over requests.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, ready};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use super::context::{Effort, State};
use super::destination;
use super::known::Auth;
use super::template::Template;
use crate::clock;
use crate::error::body::{is_error, parse};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http_client::when_time_is_up;
use crate::retry::{self, Pace, RetryPolicy, Signal, judge};
use crate::telemetry::{Attempt, Counters};
use crate::token::Token;
use crate::transport::{Reply, Stage, TransportError};
use crate::vipps::{MSN, REQUEST_ID};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The attempts of one call.
pub(super) struct Attempts<'a> {
    call: &'a State,
    /// Moved on at the end, into the answer; it is too large to be copied for that.
    effort: Box<Effort>,
    /// When the call must be over.
    deadline: Duration,
    /// Attempts that the policy counts.
    tries: u32,
    /// Repeats with another token.
    replays: u32,
    /// When each request began that brought no success.
    starts: Vec<Duration>,
    /// Whether an earlier attempt may have taken effect.
    unclear: bool,
}

/// What a call does seldom, apart from it, so that not every call has the room for it.
type Seldom<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One failed attempt.
struct Miss {
    signal: Signal,
    error: Error,
    retry_after: Option<Duration>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(call: &'a State, effort: Box<Effort>) -> Self {
        Self {
            call,
            effort,
            deadline: Duration::ZERO,
            tries: 0,
            replays: 0,
            starts: Vec::new(),
            unclear: false,
        }
    }

    /// The request as it was built, without credentials.
    pub(super) fn template(&self) -> &Template {
        &self.effort.template
    }

    /// Requests made, replays after a 401 counted.
    pub(super) fn requests(&self) -> u32 {
        self.effort.requests
    }

    pub(super) async fn run(&mut self) -> Result<Reply> {
        let vipps = &self.call.vipps;
        let options = &self.call.options;
        let now = || vipps.time().monotonic();
        let started = self.call.started.unwrap_or_else(now);
        self.effort.started = started;
        self.deadline =
            started.saturating_add(options.deadline.unwrap_or_else(|| vipps.total_timeout()));
        let runtime = vipps.time().require_runtime();
        runtime.map_err(|error| self.explain(error))?;
        // An anonymous request carries no credentials, and goes where a response says.
        if self.effort.known.auth != Auth::Anonymous {
            self.check_destination()?;
        }
        let way = vipps.wire().way(self.effort.template.url());
        let way = way.map_err(|error| self.explain(error))?;
        loop {
            if let Some(room) = self.room(now()) {
                self.keep_to_limit(room).await?;
            }
            // All that an attempt needs ends with it, and is not kept until the next one.
            let wait = {
                let token = match self.effort.known.auth {
                    Auth::Keys | Auth::Anonymous => None,
                    Auth::Token => match vipps.tokens().and_then(|tokens| tokens.ready(now())) {
                        Some(token) => Some(token),
                        None => Some(self.token().await?),
                    },
                };
                let begun = now();
                let limit = self.limit(begun)?;
                let request = self.request(token.as_deref())?;
                let url = self.effort.template.url();
                let attempt =
                    Attempt::begin(self.effort.known.operation, url, self.effort.requests);
                self.count();
                if let Some(shared) = &options.begun {
                    shared.push(begun);
                }
                let outcome = {
                    // They stay where they are: what they are handed on in would be a copy each time.
                    let mut limit = pin!(vipps.time().limit(begun, limit));
                    let mut sending = pin!(attempt.within(|| way.send(request)));
                    poll_fn(|cx| {
                        if let Poll::Ready(outcome) = attempt.within(|| sending.as_mut().poll(cx)) {
                            return Poll::Ready(Some(outcome));
                        }
                        ready!(limit.as_mut().poll(cx));
                        // A request that still connects fails here, so that it counts as not sent.
                        let last = when_time_is_up(|| attempt.within(|| sending.as_mut().poll(cx)));
                        Poll::Ready(match last {
                            Poll::Ready(outcome) => Some(outcome),
                            Poll::Pending => None,
                        })
                    })
                    .await
                };
                self.effort.last_ended = Some(vipps.time().monotonic());
                match outcome {
                    Some(Ok(reply)) if reply.status.is_success() && !is_error(&reply.body) => {
                        attempt.answered(reply.status.as_u16());
                        vipps.budget().refill();
                        return Ok(reply);
                    }
                    outcome => {
                        self.count_start(begun, outcome.as_ref());
                        let whole_call = self.deadline.saturating_sub(begun) == limit;
                        self.missed(outcome, attempt, token.as_deref(), whole_call)?
                    }
                }
            };
            if let Some(wait) = wait {
                self.pause(wait).await;
            }
        }
    }

    fn check_destination(&self) -> Result<()> {
        let base = self.call.vipps.urls().base();
        let template = &self.effort.template;
        destination::check(base, self.effort.known.operation, template)
            .map_err(|invalid| self.explain(invalid.into()))
    }

    #[cold]
    #[inline(never)]
    fn pause(&self, wait: Duration) -> Seldom<'a, ()> {
        Box::pin(self.call.vipps.time().sleep(wait))
    }

    /// What follows from an attempt that brought no success: how long to wait for the next one, or the error to end
    /// with. There is no wait before a replay with another token.
    #[cold]
    #[inline(never)]
    fn missed(
        &mut self,
        outcome: Option<Result<Reply, TransportError>>,
        attempt: Attempt,
        token: Option<&Token>,
        whole_call: bool,
    ) -> Result<Option<Duration>> {
        let vipps = &self.call.vipps;
        let miss = match outcome {
            Some(Ok(reply)) => {
                let miss = self.refused(&reply);
                if let (401, Some(token)) = (reply.status.as_u16(), token)
                    && !parse(401, &reply.body).is_about_subscription_key()
                    && vipps
                        .tokens()
                        .is_some_and(|tokens| tokens.refuse(token, self.replays))
                {
                    // A 401 of the gateway means that the call was not let in, so that even a payment may be sent
                    // again. Anything else may have replaced the response to a request that was applied.
                    let verdict = judge(self.effort.known.rules.class, miss.signal);
                    self.unclear |= verdict.outcome == Outcome::Unknown;
                    attempt.refused();
                    tracing::debug!("token refused, fetching a new one");
                    vipps.counters().replays.add_one();
                    self.replays += 1;
                    return Ok(None);
                }
                miss
            }
            Some(Err(error)) => Self::broken(&error),
            None => Self::timed_out(whole_call),
        };
        attempt.failed(&miss.error);
        self.tries += 1;
        self.settle(miss).map(Some)
    }

    /// How long an attempt may take that begins now.
    fn limit(&self, now: Duration) -> Result<Duration> {
        let left = self.deadline.saturating_sub(now);
        if left.is_zero() {
            return Err(self.out_of_time());
        }
        Ok(left.min(self.call.vipps.attempt_timeout()))
    }

    /// What counts this call, unless it is for a token.
    pub(super) fn counters(&self) -> Option<Arc<Counters>> {
        (self.effort.known.auth != Auth::Keys).then(|| self.call.vipps.counters().clone())
    }

    /// Counts a failed attempt against the limit per minute, unless the API never received it. Retries of unsent
    /// attempts stay bounded by the policy, the budget and the deadline.
    fn count_start(&mut self, begun: Duration, outcome: Option<&Result<Reply, TransportError>>) {
        let unsent = matches!(outcome, Some(Err(error)) if error.stage == Stage::NotSent);
        if !unsent {
            self.starts.push(begun);
        } else if let Some(shared) = &self.call.options.begun {
            shared.take_back(begun);
        }
    }

    fn count(&mut self) {
        self.effort.requests += 1;
        self.call.attempted.store(true, Ordering::Relaxed);
        let counters = self.call.vipps.counters();
        let counter = match self.effort.known.auth {
            Auth::Keys => &counters.token_requests,
            Auth::Token | Auth::Anonymous => &counters.attempts,
        };
        counter.add_one();
    }

    /// How long to wait so that one more request stays within the limit per minute, if at all.
    fn room(&self, now: Duration) -> Option<Duration> {
        let per_minute = self.effort.known.rules.per_minute;
        let room = match &self.call.options.begun {
            Some(shared) => shared.room(per_minute, now),
            None => retry::room(&self.starts, per_minute, now),
        };
        (!room.is_zero()).then_some(room)
    }

    /// Waits out the limit per minute where no wait between attempts has done so: before the replay after a 401, and
    /// before the first attempt of a call that goes on where another one ended.
    #[cold]
    #[inline(never)]
    fn keep_to_limit(&self, room: Duration) -> Seldom<'_, Result<()>> {
        Box::pin(async move {
            let now = self.call.vipps.time().monotonic();
            if room >= self.deadline.saturating_sub(now) {
                let what = "the limit of requests per minute leaves no time for another attempt";
                let error = Error::new(ErrorKind::Deadline, self.outcome_so_far(), what);
                return Err(self.explain(error));
            }
            self.call.vipps.time().sleep(room).await;
            Ok(())
        })
    }

    /// The token to send, where it may have to be fetched or renewed.
    #[cold]
    #[inline(never)]
    fn token(&self) -> Seldom<'_, Result<Arc<Token>>> {
        Box::pin(async move {
            let vipps = &self.call.vipps;
            let now = vipps.time().monotonic();
            let left = self.deadline.saturating_sub(now);
            let tokens = vipps.tokens().ok_or_else(|| {
                let what = "access token: this client calls only the access token API";
                self.explain(Error::configuration(what))
            })?;
            let token = tokens.get();
            match vipps.time().timeout_since(now, left, token).await {
                Some(Ok(token)) => Ok(token),
                Some(Err(error)) => Err(self.without_token(&error)),
                None => Err(self.out_of_time()),
            }
        })
    }

    /// The request of one attempt; the body is shared, not copied.
    fn request(&self, token: Option<&Token>) -> Result<reqwest::Request> {
        let headers = self.headers(token)?;
        self.effort.template.request(headers).ok_or_else(|| {
            let what = "a body that streams cannot be repeated";
            self.explain(Error::new(ErrorKind::InvalidInput, Outcome::NotSent, what))
        })
    }

    /// What follows from a failed attempt: how long to wait for the next, or the error to end with.
    fn settle(&mut self, miss: Miss) -> Result<Duration> {
        let policy = self.call.options.policy(&self.call.vipps);
        let verdict = judge(self.effort.known.rules.class, miss.signal);
        self.unclear |= verdict.outcome == Outcome::Unknown;
        let outcome = if self.unclear {
            Outcome::Unknown
        } else {
            verdict.outcome
        };
        let error = miss
            .error
            .with_outcome(outcome)
            .with_retry(verdict.repeat.is_some(), miss.retry_after);
        let error = self.explain(error);
        let Some(pace) = verdict.repeat.filter(|_| self.tries < policy.max_attempts) else {
            return Err(error);
        };
        let Some(wait) = self.wait(policy, pace, miss.retry_after) else {
            return Err(error);
        };
        if !self.call.vipps.budget().spend(pace) {
            tracing::warn!("retry budget is used up, not trying again");
            return Err(error);
        }
        tracing::debug!(
            http.request.resend_count = self.effort.requests,
            vipps.wait_ms = wait.as_millis(),
            "trying again"
        );
        if self.effort.known.auth != Auth::Keys {
            self.call.vipps.counters().retries.add_one();
        }
        Ok(wait)
    }

    /// How long to wait before the next attempt, or `None` when that would take too long.
    fn wait(
        &self,
        policy: &RetryPolicy,
        pace: Pace,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let vipps = &self.call.vipps;
        if retry_after.is_some_and(|after| after > policy.longest_retry_after) {
            return None;
        }
        let now = vipps.time().monotonic();
        let jitter = clock::fraction(vipps.randomness());
        let wait = retry::wait(policy, pace, self.tries, jitter, retry_after)
            .max(self.room(now).unwrap_or_default());
        (wait < self.deadline.saturating_sub(now)).then_some(wait)
    }

    /// The headers of one attempt: a copy of those that are prepared, in which few have to be changed.
    fn headers(&self, token: Option<&Token>) -> Result<HeaderMap> {
        let template = &self.effort.template;
        let prepared = self.call.vipps.headers();
        let key = self.effort.key.as_ref().map(|key| (self.key_name(), key));
        let mut headers = match (self.effort.known.auth, token) {
            (Auth::Anonymous, _) => return Ok(template.all_headers()),
            (Auth::Token, Some(token)) => {
                let keyed = matches!(key, Some((name, _)) if name == REQUEST_ID);
                let mut headers = prepared.with_token(template.is_json(), keyed).clone();
                headers.insert(AUTHORIZATION, token.header.clone());
                if !template.accepts_json() && !template.headers().contains_key(ACCEPT) {
                    headers.remove(ACCEPT);
                }
                Self::add(&mut headers, template.headers());
                headers
            }
            _ => {
                let mut headers = prepared.with_keys().clone();
                Self::add(&mut headers, &template.all_headers());
                headers
            }
        };
        if let Some(number) = &self.call.options.merchant {
            let value = HeaderValue::try_from(number.as_str()).map_err(|_| {
                Error::configuration("the merchant serial number cannot travel in a header")
            })?;
            headers.insert(&MSN, value);
        }
        if let Some((name, key)) = key {
            let value = HeaderValue::try_from(key.as_str()).map_err(|_| {
                Error::configuration("the idempotency key cannot travel in a header")
            })?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// The header that the idempotency key travels in.
    fn key_name(&self) -> &'static HeaderName {
        match self.effort.known.operation.idempotency_key {
            Some(name) if IDEMPOTENCY_KEY == *name => &IDEMPOTENCY_KEY,
            _ => &REQUEST_ID,
        }
    }

    /// Adds what the document says of the request. The media types are its own; in all else the client's word holds.
    fn add(headers: &mut HeaderMap, own: &HeaderMap) {
        for (name, value) in own {
            if [ACCEPT, CONTENT_TYPE].contains(name) || !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
    }

    /// What it took, at the end.
    pub(super) fn into_effort(self) -> Box<Effort> {
        self.effort
    }

    fn explain(&self, error: Error) -> Error {
        self.effort
            .explain(error, self.call.vipps.time().monotonic())
    }

    fn outcome_so_far(&self) -> Outcome {
        if self.unclear {
            Outcome::Unknown
        } else {
            Outcome::NotSent
        }
    }

    fn out_of_time(&self) -> Error {
        let error = Error::new(
            ErrorKind::Deadline,
            self.outcome_so_far(),
            "the time for the call ran out",
        );
        self.explain(error)
    }

    /// The token's own error, which goes on naming the token's operation, with what is known of this call.
    fn without_token(&self, error: &Error) -> Error {
        let error = error.clone().with_outcome(self.outcome_so_far());
        self.effort.about(error, self.call.vipps.time().monotonic())
    }

    fn refused(&self, reply: &Reply) -> Miss {
        let status = reply.status.as_u16();
        let retry_after =
            retry::retry_after(reply.headers.get(RETRY_AFTER), self.call.vipps.time().now());
        let mut error = Error::answer(status, reply.body.clone()).with_headers(&reply.headers);
        if self.effort.known.auth == Auth::Anonymous {
            // The hints of an answer are about the API.
            error = error.with_hint("An image link works for about an hour and no longer than its code: ask for a new one.");
        } else if reply.status.is_redirection() {
            error = error.with_hint("A redirect is never followed, since requests carry credentials: check the base URL.");
        }
        let signal = match self.effort.known.auth {
            // The host of the images has no error form, and a link that is gone stays so.
            Auth::Anonymous if (400..500).contains(&status) && ![408, 429].contains(&status) => {
                Signal::Refused(status)
            }
            _ => Signal::of_response(self.effort.known.rules.class, &error),
        };
        Miss {
            signal,
            error,
            retry_after,
        }
    }

    fn broken(failure: &TransportError) -> Miss {
        let (signal, kind) = match failure.stage {
            Stage::NotSent => (Signal::NotSent, ErrorKind::Connect),
            Stage::MaybeSent => (Signal::Broken, ErrorKind::Connection),
            Stage::TooLarge => (Signal::TooLarge, ErrorKind::TooLarge),
        };
        let error = Error::new(kind, Outcome::Unknown, failure.to_string())
            .with_shared_source(failure.source_arc());
        Miss {
            signal,
            error,
            retry_after: None,
        }
    }

    fn timed_out(whole_call: bool) -> Miss {
        let (kind, what) = if whole_call {
            (
                ErrorKind::Deadline,
                "the time for the call ran out during an attempt",
            )
        } else {
            (
                ErrorKind::Timeout,
                "no answer within the time for an attempt",
            )
        };
        Miss {
            signal: Signal::Broken,
            error: Error::new(kind, Outcome::Unknown, what),
            retry_after: None,
        }
    }
}
