//! Decides when the next poll starts, which step results from it, and when polling ends.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::{
    Decision, PollEvent, PollInterval, PollTrigger, ReadSnapshot, SHORTEST_INTERVAL, Snapshot,
};
use crate::call::BoxFuture;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::payment::is_transient;
use crate::runtime::Runtime;

/// The longest pause after failed polls, unless the interval itself is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest time for one poll.
const ONE_POLL: Duration = Duration::from_secs(15);
/// The time between the last poll and the deadline if failures leave no later poll. It is needed
/// for the response.
const LAST_POLL: Duration = Duration::from_secs(5);

const NOT_DECIDED: &str = "the customer has not decided within the time to wait";
const POLLS_FAILED: &str = "the time to wait is over and the last poll failed: the customer may have \
                            decided; read the details";
const STATE_UNKNOWN: &str = "the time to wait is over and the state of the payment is unknown: the \
                             customer may have decided; read the details";

/// The steps of a payment. The poll in progress is part of this type and not of a future that the
/// caller holds. Dropping such a future therefore loses neither a response nor the times of the
/// polls.
pub(super) enum Steps<D> {
    Idle(Box<Poller<D>>),
    InProgress(Next<D>),
    Over,
}

/// Returns the poller with the step.
type Next<D> = BoxFuture<(Box<Poller<D>>, Result<PollEvent<D>>)>;

impl<D: Snapshot> Steps<D> {
    pub(super) fn new(poller: Poller<D>) -> Self {
        Self::Idle(Box::new(poller))
    }
}

impl<D: Snapshot> Stream for Steps<D> {
    type Item = Result<PollEvent<D>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut step = match std::mem::replace(&mut *self, Self::Over) {
            Self::Idle(poller) => Box::pin(poller.next()),
            Self::InProgress(step) => step,
            Self::Over => return Poll::Ready(None),
        };
        match step.as_mut().poll(cx) {
            Poll::Pending => {
                *self = Self::InProgress(step);
                Poll::Pending
            }
            Poll::Ready((poller, event)) => {
                if !poller.is_over() {
                    *self = Self::Idle(poller);
                }
                Poll::Ready(Some(event))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Started,
    Waiting,
    Scanned,
    Over,
}

pub(super) struct Poller<D> {
    runtime: Runtime,
    interval: PollInterval,
    read: ReadSnapshot<D>,
    trigger: PollTrigger,
    /// The start of the next poll by the interval.
    due: Duration,
    /// The earliest start of the next poll, which a trigger brings forward to it.
    not_before: Duration,
    deadline: Duration,
    /// The start of the last poll, which takes place even if a failure requires a longer pause.
    last_poll: Duration,
    /// Failed polls since the last one that succeeded.
    failures: u32,
    progress: Progress,
    /// The decision, when the poll that read it returned an earlier step first.
    decided: Option<D>,
    last_failure: Option<Error>,
    /// `true` if the last snapshot does not show whether the customer has decided.
    is_unknown: bool,
}

impl<D: Snapshot> Poller<D> {
    pub(super) fn new(
        runtime: Runtime,
        interval: PollInterval,
        total: Duration,
        read: ReadSnapshot<D>,
        trigger: PollTrigger,
    ) -> Self {
        let started_at = runtime.time().monotonic();
        let deadline = started_at.saturating_add(total);
        Self {
            runtime,
            interval,
            read,
            trigger,
            // A short wait reads the payment at least once.
            due: started_at.saturating_add(interval.first().min(total / 2)),
            not_before: started_at,
            deadline,
            last_poll: deadline.saturating_sub(LAST_POLL.min(total / 2)),
            failures: 0,
            progress: Progress::Started,
            decided: None,
            last_failure: None,
            is_unknown: false,
        }
    }

    fn is_over(&self) -> bool {
        self.progress == Progress::Over && self.decided.is_none()
    }

    /// Polls until there is a step, and returns the poller with it.
    async fn next(mut self: Box<Self>) -> (Box<Self>, Result<PollEvent<D>>) {
        let event = self.event().await;
        if event.is_err() {
            self.progress = Progress::Over;
        }
        (self, event)
    }

    async fn event(&mut self) -> Result<PollEvent<D>> {
        if let Some(details) = self.decided.take() {
            return Ok(PollEvent::Decided(details));
        }
        // The first poll comes after a pause, which needs tokio's timers.
        self.runtime.require_tokio()?;
        loop {
            if !self.pause().await {
                return Err(self.out_of_time());
            }
            match self.poll().await {
                Ok(details) => {
                    if let Some(event) = self.step(details) {
                        return Ok(event);
                    }
                }
                Err(error) if is_transient(&error) => self.slow_down(error),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sleeps until the next poll. Returns `false` if the time to wait ends first.
    async fn pause(&mut self) -> bool {
        let time = self.runtime.time();
        loop {
            let now = time.monotonic();
            if now >= self.deadline {
                return false;
            }
            let due = self.due.max(self.not_before);
            if now >= due {
                return true;
            }
            let wait = due.min(self.deadline).saturating_sub(now);
            if time.sleep_unless(wait, self.trigger.triggered()).await {
                self.due = self.not_before;
            }
        }
    }

    async fn poll(&mut self) -> Result<D> {
        let now = self.runtime.time().monotonic();
        self.not_before = now.saturating_add(SHORTEST_INTERVAL);
        self.due = now.saturating_add(self.interval.interval());
        let read = (self.read)(ONE_POLL.min(self.deadline.saturating_sub(now)));
        let details = read.await?;
        self.failures = 0;
        Ok(details)
    }

    fn slow_down(&mut self, error: Error) {
        self.failures = self.failures.saturating_add(1);
        let interval = self.interval.interval();
        let pause = interval
            .saturating_mul(1 << self.failures.min(5))
            .min(LONGEST_PAUSE.max(interval));
        let retry_after = error.retry_after().unwrap_or_default();
        let now = self.runtime.time().monotonic();
        let latest = if now < self.last_poll {
            self.last_poll
        } else {
            Duration::MAX
        };
        self.due = now.saturating_add(pause.max(retry_after)).min(latest);
        let retry_after = now.saturating_add(retry_after).min(latest);
        self.not_before = self.not_before.max(retry_after);
        if error.kind() == ErrorKind::RateLimited {
            self.not_before = self.due;
        }
        tracing::debug!(failures = self.failures, error.type = error.kind().as_str(), "poll failed");
        self.last_failure = Some(error);
    }

    /// Returns the step that this snapshot shows, unless it was returned before.
    fn step(&mut self, details: D) -> Option<PollEvent<D>> {
        let now = details.as_of().unwrap_or_else(|| self.runtime.time().now());
        let before = self.progress;
        let scanned = details.is_scanned();
        let decision = details.decision(now);
        self.is_unknown = decision == Decision::Unknown;
        if decision != Decision::Made {
            self.progress = before.max(if scanned {
                Progress::Scanned
            } else {
                Progress::Waiting
            });
            return (self.progress > before).then_some(if scanned {
                PollEvent::Scanned(details)
            } else {
                PollEvent::Waiting(details)
            });
        }
        self.progress = Progress::Over;
        // A fast customer is reported as scanned first, so that a caller sees the same steps every
        // time.
        if scanned && before < Progress::Scanned {
            self.decided = Some(details.clone());
            return Some(PollEvent::Scanned(details));
        }
        Some(PollEvent::Decided(details))
    }

    fn out_of_time(&mut self) -> Error {
        let error = |reason| Error::new(ErrorKind::Deadline, Outcome::NoEffect, reason);
        match self.last_failure.take() {
            Some(cause) if self.failures > 0 => error(POLLS_FAILED).with_source(cause),
            _ if self.is_unknown => error(STATE_UNKNOWN),
            _ => error(NOT_DECIDED),
        }
    }
}
