//! Waiting for the customer: the details are polled, since a callback may never come.

use std::time::Duration;

use super::details::PaymentDetails;
use super::state::PaymentState;
use crate::call::{CallOptions, operation};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::retry::RetryPolicy;
use crate::types::OrderId;
use crate::vipps::Vipps;

/// No faster than this, since the API allows 120 calls a minute and order.
const FASTEST: Duration = Duration::from_millis(500);
/// No slower than this while polls fail.
const SLOWEST: Duration = Duration::from_secs(30);
/// A customer has ten minutes; the payment shows as expired soon after.
const LONGEST: Duration = Duration::from_secs(660);
const ONE_POLL: Duration = Duration::from_secs(15);

/// How often to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rhythm {
    /// Every second: the customer stands at a till.
    Till,
    /// After five seconds, then every two: the customer is on a web page.
    Web,
    /// Every so often, but at most twice a second.
    Every(Duration),
}

impl Rhythm {
    fn before(self, poll: u32) -> Duration {
        match (self, poll) {
            (Self::Till, _) => Duration::from_secs(1),
            (Self::Web, 0) => Duration::from_secs(5),
            (Self::Web, _) => Duration::from_secs(2),
            (Self::Every(interval), _) => interval.max(FASTEST),
        }
    }

    /// The web rhythm gives the customer time before the first question.
    fn waits_first(self) -> bool {
        matches!(self, Self::Web)
    }
}

/// Something that happened while waiting.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitEvent {
    /// The payment waits for its customer.
    Waiting(PaymentDetails),
    /// The customer has opened it: scanned the code or followed the link.
    Scanned(PaymentDetails),
    /// Waiting is over: paid, refused, cancelled or expired.
    Decided(PaymentDetails),
}

impl WaitEvent {
    /// The details that told it.
    pub fn details(&self) -> &PaymentDetails {
        match self {
            Self::Waiting(details) | Self::Scanned(details) | Self::Decided(details) => details,
        }
    }
}

/// Waits until the customer has decided. Made by [`Payment::wait`](super::Payment::wait); `.await` gives the details
/// that told it. Whether the customer paid is for [`PaymentState::is_paid`] to say.
///
/// `deadline` is here the longest time to wait in all, 11 minutes by default; the customer has ten. Polls that fail
/// for a passing reason make the rhythm slower, and end nothing.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until `.await`, `send` or `watch`"]
pub struct Wait {
    vipps: Vipps,
    pub(crate) options: CallOptions,
    order_id: OrderId,
    rhythm: Rhythm,
}

operation!(Wait => PaymentDetails);

impl Wait {
    pub(super) fn new(vipps: Vipps, order_id: OrderId) -> Self {
        Self {
            vipps,
            options: CallOptions::default(),
            order_id,
            rhythm: Rhythm::Till,
        }
    }

    /// How often to ask; [`Rhythm::Till`] by default.
    pub fn rhythm(mut self, rhythm: Rhythm) -> Self {
        self.rhythm = rhythm;
        self
    }

    /// Waits, and tells of each step on the way.
    pub fn watch(self) -> Watch {
        let begun = self.vipps.time().monotonic();
        let ends = begun + self.options.deadline.unwrap_or(LONGEST);
        Watch {
            next_poll: begun,
            failures: 0,
            polls: 0,
            ends,
            seen: Seen::Nothing,
            wait: self,
        }
    }

    /// Waits for the decision.
    ///
    /// # Errors
    /// [`ErrorKind::Deadline`] when the time ran out before the customer decided; the payment goes on. Any error of
    /// [`Details`](super::Details) that asking again will not mend.
    pub async fn send(self) -> Result<PaymentDetails> {
        let mut watch = self.watch();
        while let Some(event) = watch.next().await {
            if let WaitEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        Err(Error::state("the watch ended before the customer decided"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Nothing,
    Waiting,
    Scanned,
    Over,
}

/// The steps of a payment as they happen. Made by [`Wait::watch`]. Dropping it stops asking.
#[derive(Debug)]
pub struct Watch {
    wait: Wait,
    next_poll: Duration,
    ends: Duration,
    polls: u32,
    failures: u32,
    seen: Seen,
}

impl Watch {
    /// The next step, or `None` after the last. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Result<WaitEvent>> {
        if self.seen == Seen::Over {
            return None;
        }
        let time = self.wait.vipps.time().clone();
        if self.polls == 0
            && self.failures == 0
            && self.wait.rhythm.waits_first()
            && self.next_poll <= time.monotonic()
        {
            self.next_poll = time.monotonic() + self.wait.rhythm.before(0);
        }
        loop {
            let now = time.monotonic();
            if self.next_poll >= self.ends || now >= self.ends {
                time.sleep(self.ends.saturating_sub(now)).await;
                self.seen = Seen::Over;
                let what = "the customer has not decided within the time to wait";
                return Some(Err(Error::new(
                    ErrorKind::Deadline,
                    Outcome::NoEffect,
                    what,
                )));
            }
            time.sleep(self.next_poll.saturating_sub(now)).await;

            let asked = time.monotonic();
            let mut details = self
                .wait
                .vipps
                .ecom()
                .payment(&self.wait.order_id)
                .details();
            details.options = self.wait.options.clone();
            // One request a poll keeps within the limit; the rhythm itself is the retry.
            details.options.retry = Some(RetryPolicy::none());
            details.options.deadline = Some(ONE_POLL.min(self.ends.saturating_sub(asked)));
            match details.await {
                Ok(details) => {
                    self.polls = self.polls.saturating_add(1);
                    self.failures = 0;
                    self.next_poll = asked + self.wait.rhythm.before(self.polls);
                    if let Some(event) = self.step(details) {
                        return Some(Ok(event));
                    }
                }
                Err(error) if passes(&error) => {
                    self.failures = self.failures.saturating_add(1);
                    let pause = self
                        .wait
                        .rhythm
                        .before(1)
                        .saturating_mul(1 << self.failures.min(5))
                        .min(SLOWEST);
                    self.next_poll =
                        time.monotonic() + pause.max(error.retry_after().unwrap_or_default());
                    tracing::debug!(failures = self.failures, error.type = ?error.kind(), "poll failed");
                }
                Err(error) => {
                    self.seen = Seen::Over;
                    return Some(Err(error));
                }
            }
        }
    }

    fn step(&mut self, details: PaymentDetails) -> Option<WaitEvent> {
        let now = details
            .as_of()
            .unwrap_or_else(|| self.wait.vipps.time().now());
        let (seen, event): (_, fn(PaymentDetails) -> WaitEvent) = match details.state_at(now) {
            PaymentState::Initiated | PaymentState::Unknown if details.is_scanned() => {
                (Seen::Scanned, WaitEvent::Scanned)
            }
            PaymentState::Initiated | PaymentState::Unknown => (Seen::Waiting, WaitEvent::Waiting),
            // A customer who was quick is told as scanned first, so that every screen shows the same steps.
            _ if details.is_scanned() && self.seen < Seen::Scanned => {
                self.next_poll = self.wait.vipps.time().monotonic();
                (Seen::Scanned, WaitEvent::Scanned)
            }
            _ => (Seen::Over, WaitEvent::Decided),
        };
        (seen > self.seen).then(|| {
            self.seen = seen;
            event(details)
        })
    }
}

/// Whether asking again later can bring an answer.
fn passes(error: &Error) -> bool {
    error.is_retryable()
        || matches!(
            error.kind(),
            ErrorKind::Connect
                | ErrorKind::Connection
                | ErrorKind::Timeout
                | ErrorKind::Deadline
                | ErrorKind::RateLimited
        )
}
