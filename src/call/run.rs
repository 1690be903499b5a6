//! The attempt loop: the only place in the crate that sends requests.
//!
//! Each attempt determines the time left, the token, the request, the response, and the verdict of
//! [`retry::judge`]. The verdict either ends the call or sets the wait before the next attempt.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::Instrument as _;

use super::context::{CallState, Context, lock};
use super::failed_attempt::FailedAttempt;
use super::record::CallRecord;
use super::response::Response;
use crate::clock;
use crate::error::success_body::is_error;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http_client::send_within;
use crate::operation::{Auth, Operation};
use crate::retry::{self, Failure, Pace, judge};
use crate::telemetry::{Attempt, CallSpan};
use crate::token::Token;
use crate::transport::{HttpResponse, Stage};
use crate::types::RequestId;

/// Runs one call of this operation, from the request that the generated code has built to the
/// response.
pub(super) async fn run(
    context: &Context,
    request: reqwest::Request,
    operation: Operation,
) -> Result<Response> {
    let mut run = Run::new(&context.0, request, operation);
    let counters = match operation.auth {
        Auth::Keys => None,
        Auth::Token | Auth::Anonymous => Some(run.call.runtime.counters().clone()),
    };
    let span = CallSpan::begin(&operation, &run.record.request, counters);
    let result = run.attempts().instrument(span.span()).await;
    if let Some(starts) = &run.call.options.starts {
        *lock(starts) = run.starts;
    }
    span.requests(run.record.requests);
    match result {
        Ok(response) => {
            span.succeeded(response.status.as_u16());
            Ok(Response {
                status: response.status,
                headers: response.headers,
                body: response.body,
                record: run.record,
                span,
                runtime: context.0.runtime.clone(),
            })
        }
        Err(error) => {
            span.failed(&error);
            Err(error)
        }
    }
}

/// The attempts of one call.
struct Run<'a> {
    call: &'a CallState,
    record: CallRecord,
    /// The time at which the call must end.
    deadline: Duration,
    /// The number of attempts that the retry policy counts.
    attempts: u32,
    /// The number of replays with another token.
    replays: u32,
    /// The starts of the failed attempts that may have reached the API.
    starts: Vec<Duration>,
    /// Set if an earlier attempt may have taken effect.
    is_unclear: bool,
}

impl<'a> Run<'a> {
    fn new(call: &'a CallState, request: reqwest::Request, operation: Operation) -> Self {
        let CallState {
            runtime, options, ..
        } = call;
        let started = call.started.unwrap_or_else(|| runtime.time().monotonic());
        let total = options.deadline.unwrap_or_else(|| runtime.total_timeout());
        let random_key = || {
            operation
                .is_keyed()
                .then(|| RequestId::generate(runtime.randomness()))
        };
        Self {
            call,
            record: CallRecord {
                operation,
                request,
                key: options.key.clone().or_else(random_key),
                merchant: options.merchant.clone(),
                started,
                requests: 0,
                last_ended: None,
            },
            deadline: started.saturating_add(total),
            attempts: 0,
            replays: 0,
            starts: match &options.starts {
                Some(starts) => lock(starts).clone(),
                None => Vec::new(),
            },
            is_unclear: false,
        }
    }

    async fn attempts(&mut self) -> Result<HttpResponse> {
        let runtime = &self.call.runtime;
        let time = runtime.time();
        runtime
            .require_tokio()
            .and_then(|()| self.record.check_request(runtime))
            .map_err(|error| self.explain(error))?;
        let http = runtime.http().sender(self.record.request.url());
        let http = http.map_err(|error| self.explain(error))?;
        loop {
            self.keep_rate_limit().await?;
            let token = self.token().await?;
            let started_at = time.monotonic();
            let limit = self.attempt_limit(started_at)?;
            let request = self.request(token.as_deref())?;
            let attempt =
                Attempt::begin(&self.record.operation, request.url(), self.record.requests);
            self.count_request();

            let result = {
                // Dropped before the wait, so that the span of the attempt ends with the attempt.
                let sending = pin!(http.send(request).instrument(attempt.span()));
                send_within(sending, pin!(time.limit(started_at, limit))).await
            };

            self.record.last_ended = Some(time.monotonic());
            let failed = match result {
                Some(Ok(response)) if response.status.is_success() && !is_error(&response.body) => {
                    attempt.succeeded(response.status.as_u16());
                    runtime.budget().refill();
                    return Ok(response);
                }
                Some(Ok(response)) => {
                    let failed =
                        FailedAttempt::of_response(&response, &self.record.operation, runtime);
                    self.starts.push(started_at);
                    if let Some(token) = &token
                        && self.replay_with_another_token(token, &failed)
                    {
                        attempt.token_refused();
                        tracing::debug!("token refused, fetching another");
                        continue;
                    }
                    failed
                }
                Some(Err(error)) => {
                    if error.stage != Stage::NotSent {
                        self.starts.push(started_at);
                    }
                    FailedAttempt::of_transport(&error)
                }
                None => {
                    self.starts.push(started_at);
                    FailedAttempt::timed_out(self.deadline.saturating_sub(started_at) == limit)
                }
            };
            attempt.failed(&failed.error);
            self.attempts += 1;
            let wait = self.wait_or_give_up(failed)?;
            time.sleep(wait).await;
        }
    }

    fn request(&self, token: Option<&Token>) -> Result<reqwest::Request> {
        let CallState {
            runtime, options, ..
        } = self.call;
        let request = self.record.attempt_request(runtime, options, token);
        request.map_err(|error| self.explain(error))
    }

    /// Waits until the limit per minute allows another attempt.
    async fn keep_rate_limit(&self) -> Result<()> {
        let time = self.call.runtime.time();
        let now = time.monotonic();
        let wait = self.rate_limit_wait(now);
        if wait.is_zero() {
            return Ok(());
        }
        if wait >= self.deadline.saturating_sub(now) {
            let reason = "the limit of requests per minute leaves no time for another attempt";
            let error = Error::new(ErrorKind::Deadline, self.outcome_so_far(), reason);
            return Err(self.explain(error));
        }
        time.sleep(wait).await;
        Ok(())
    }

    fn rate_limit_wait(&self, now: Duration) -> Duration {
        match self.record.operation.rate_limit {
            Some((limit, _)) => retry::rate_limit_wait(&self.starts, limit.requests(), now),
            None => Duration::ZERO,
        }
    }

    /// Returns the token of the next attempt, and fetches or refreshes it if necessary.
    async fn token(&self) -> Result<Option<Arc<Token>>> {
        if self.record.operation.auth != Auth::Token {
            return Ok(None);
        }
        let time = self.call.runtime.time();
        let tokens = self.call.runtime.tokens().ok_or_else(|| {
            let reason = "access token: this client calls only the access token API";
            self.explain(Error::configuration(reason))
        })?;
        let now = time.monotonic();
        if let Some(token) = tokens.ready(now) {
            return Ok(Some(token));
        }
        let remaining = self.deadline.saturating_sub(now);
        if remaining.is_zero() {
            return Err(self.out_of_time());
        }
        // Boxed so that the rare wait for a token does not enlarge the future of every call.
        let token = Box::pin(tokens.get());
        match time.timeout_since(now, remaining, token).await {
            Some(Ok(token)) => Ok(Some(token)),
            Some(Err(error)) => {
                let error = error.with_outcome(self.outcome_so_far());
                Err(self.record.explain_token(error, time.monotonic()))
            }
            None => Err(self.out_of_time()),
        }
    }

    /// Returns the time for an attempt that begins now.
    fn attempt_limit(&self, now: Duration) -> Result<Duration> {
        let remaining = self.deadline.saturating_sub(now);
        if remaining.is_zero() {
            return Err(self.out_of_time());
        }
        Ok(remaining.min(self.call.runtime.attempt_timeout()))
    }

    fn count_request(&mut self) {
        self.record.requests += 1;
        self.call.attempted.store(true, Ordering::Relaxed);
        let counters = self.call.runtime.counters();
        let counter = match self.record.operation.auth {
            Auth::Keys => &counters.token_requests,
            Auth::Token | Auth::Anonymous => &counters.attempts,
        };
        counter.add_one();
    }

    /// Returns whether the call is replayed at once with another token after this response, in
    /// addition to the attempts of the policy.
    ///
    /// After a 401 even the start of a payment may be sent a second time, because the gateway has
    /// not passed the request on. After any other response the request may have been applied.
    fn replay_with_another_token(&mut self, token: &Token, failed: &FailedAttempt) -> bool {
        let runtime = &self.call.runtime;
        if failed.error.http_status() != Some(401)
            || failed.error.is_about_subscription_key()
            || !runtime
                .tokens()
                .is_some_and(|tokens| tokens.refuse(token, self.replays))
        {
            return false;
        }
        let verdict = judge(self.record.operation.class, failed.failure);
        self.is_unclear |= verdict.outcome == Outcome::Unknown;
        runtime.counters().replays.add_one();
        self.replays += 1;
        true
    }

    /// Returns the wait before the next attempt, or the error that ends the call.
    fn wait_or_give_up(&mut self, failed: FailedAttempt) -> Result<Duration> {
        let runtime = &self.call.runtime;
        let verdict = judge(self.record.operation.class, failed.failure);
        self.is_unclear |= verdict.outcome == Outcome::Unknown;
        let outcome = if self.is_unclear {
            Outcome::Unknown
        } else {
            verdict.outcome
        };
        let uses_up_key = self.uses_up_key(failed.failure, failed.error.http_status());
        let error = failed
            .error
            .with_outcome(outcome)
            .with_retry(
                verdict.retry.is_some() || failed.failure == Failure::Postponed,
                failed.retry_after,
            )
            .with_used_up_key(outcome == Outcome::Rejected && uses_up_key);
        let error = self.explain(error);
        let policy = self.call.options.policy(runtime);
        let Some(pace) = verdict
            .retry
            .filter(|_| self.attempts < policy.max_attempts)
        else {
            return Err(error);
        };
        let Some(wait) = self.wait(pace, failed.retry_after) else {
            return Err(error);
        };
        if !runtime.budget().spend(pace) {
            tracing::warn!("retry budget used up");
            return Err(error);
        }
        tracing::debug!(
            http.request.resend_count = self.record.requests,
            vipps.wait_ms = wait.as_millis(),
            "retrying"
        );
        if self.record.operation.auth != Auth::Keys {
            runtime.counters().retries.add_one();
        }
        Ok(wait)
    }

    /// Returns whether the API repeats this refusal for every request with the same key.
    fn uses_up_key(&self, failure: Failure, status: Option<u16>) -> bool {
        // The gateway sends 401 before the API receives the request.
        self.record.key.is_some()
            && self.record.operation.api.keeps_refusals
            && failure == Failure::Refused
            && status != Some(401)
    }

    /// Returns the wait before the next attempt, or `None` if the wait would not end before the
    /// deadline.
    fn wait(&self, pace: Pace, retry_after: Option<Duration>) -> Option<Duration> {
        let runtime = &self.call.runtime;
        let policy = self.call.options.policy(runtime);
        if !policy.permits(retry_after) {
            return None;
        }
        let now = runtime.time().monotonic();
        let jitter = clock::fraction(runtime.randomness());
        let wait = retry::wait(policy, pace, self.attempts, jitter, retry_after)
            .max(self.rate_limit_wait(now));
        (wait < self.deadline.saturating_sub(now)).then_some(wait)
    }

    fn outcome_so_far(&self) -> Outcome {
        if self.is_unclear {
            Outcome::Unknown
        } else {
            Outcome::NotSent
        }
    }

    fn out_of_time(&self) -> Error {
        let outcome = self.outcome_so_far();
        let reason = "the time for the call ran out";
        self.explain(Error::new(ErrorKind::Deadline, outcome, reason))
    }

    fn explain(&self, error: Error) -> Error {
        self.record
            .explain(error, self.call.runtime.time().monotonic())
    }
}
