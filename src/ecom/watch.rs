//! The polls behind a wait: when to ask, what to make of the answer, when to stop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::Notify;

use super::details::{Details, PaymentDetails};
use super::state::PaymentState;
use super::wait::{FASTEST, Wait, WaitEvent};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::retry::RetryPolicy;

/// No slower than this while polls fail, unless the rhythm is slower itself.
const SLOWEST: Duration = Duration::from_secs(30);
const POLLS_FAILED: &str = "the time to wait is over and the last poll failed: the customer may have \
                            decided; read the details";
const STATE_UNKNOWN: &str = "the time to wait is over and the state of the payment is unknown: the \
                             customer may have decided; read the details";
const ONE_POLL: Duration = Duration::from_secs(15);
/// So long before the end of a wait its last poll begins, where failures have made it too slow for a later one: there is
/// time for an answer.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// The steps of a payment as they happen, each told once. Made by [`Wait::watch`](super::Wait::watch). Dropping it
/// stops asking.
///
/// It is a [`Stream`] too. Polls begin at least 500 ms apart, whatever the rhythm and the nudges, which keeps within
/// the API's 120 calls a minute and order.
pub struct Watch {
    nudge: Nudge,
    step: Step,
}

/// A step under way lives here and not in the future of [`Watch::next`], so that dropping that future, as `select!`
/// does, loses neither an answer nor the rhythm.
enum Step {
    Idle(Box<Poller>),
    UnderWay(UnderWay),
    Over,
}

/// Gives the poller back, with what it found.
type UnderWay = Pin<Box<dyn Future<Output = (Box<Poller>, Result<WaitEvent>)> + Send>>;

impl Watch {
    pub(super) fn new(wait: Wait, time: Duration) -> Self {
        let nudge = Nudge(Arc::new(Notify::new()));
        let begun = wait.runtime.time().monotonic();
        let ends = begun.saturating_add(time);
        let poller = Poller {
            nudge: nudge.clone(),
            // Who waits for a moment only has the details read all the same.
            due: begun.saturating_add(wait.rhythm.first().min(time / 2)),
            not_before: begun,
            ends,
            last_look: ends.saturating_sub(LAST_LOOK.min(time / 2)),
            failures: 0,
            seen: Seen::Nothing,
            decided: None,
            last_failure: None,
            is_unknown: false,
            wait,
        };
        Self {
            nudge,
            step: Step::Idle(Box::new(poller)),
        }
    }

    /// The next step; `None` after the last one, which is the decision or an error. Safe to drop and to call again, in
    /// a `select!` for instance.
    pub async fn next(&mut self) -> Option<Result<WaitEvent>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// A handle that makes the watch ask at once, for whoever hears of the payment first: a callback handler, or a
    /// button. What is heard is only a hint; the details that the watch then reads are the truth.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::Rhythm;
    ///
    /// let mut watch = vipps.ecom().payment(&"order-1".parse()?).wait().rhythm(Rhythm::Web).watch();
    /// let nudge = watch.nudge();
    /// // In the handler of the callback; the first poll comes now, and not after five seconds.
    /// nudge.poll_now();
    /// let event = watch.next().await;
    /// # assert!(event.is_some_and(|e| e.is_ok()));
    /// # Ok(()) }
    /// ```
    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }
}

impl Stream for Watch {
    type Item = Result<WaitEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut future = match std::mem::replace(&mut self.step, Step::Over) {
            Step::Idle(poller) => Box::pin(poller.next()) as UnderWay,
            Step::UnderWay(future) => future,
            Step::Over => return Poll::Ready(None),
        };
        match future.as_mut().poll(cx) {
            Poll::Pending => {
                self.step = Step::UnderWay(future);
                Poll::Pending
            }
            Poll::Ready((poller, event)) => {
                let over = poller.seen == Seen::Over && poller.decided.is_none();
                if !over {
                    self.step = Step::Idle(poller);
                }
                Poll::Ready(Some(event))
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// Makes a [`Watch`] ask at once. Cheap to clone, and made by [`Watch::nudge`]; it does nothing once the watch is gone
/// or over.
#[derive(Clone, Debug)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Has the details read now, or as soon as the API's limits allow: 500 ms after the last poll began, and not
    /// before the end of a pause that an HTTP 429 or a `Retry-After` asked for. Many nudges before a poll make one poll.
    pub fn poll_now(&self) {
        self.0.notify_one();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Nothing,
    Waiting,
    Scanned,
    Over,
}

struct Poller {
    wait: Wait,
    nudge: Nudge,
    /// When the next poll begins by the rhythm.
    due: Duration,
    /// When it may begin at the earliest, if it is nudged.
    not_before: Duration,
    ends: Duration,
    /// Whatever a failure asks for, there is a poll at this moment.
    last_look: Duration,
    failures: u32,
    seen: Seen,
    /// The decision, when a poll that told it had an earlier step to tell first.
    decided: Option<PaymentDetails>,
    last_failure: Option<Error>,
    /// Whether the last details left the state of the payment unknown.
    is_unknown: bool,
}

impl Poller {
    async fn next(mut self: Box<Self>) -> (Box<Self>, Result<WaitEvent>) {
        let event = self.event().await;
        (self, event)
    }

    async fn event(&mut self) -> Result<WaitEvent> {
        if let Some(details) = self.decided.take() {
            return Ok(WaitEvent::Decided(details));
        }
        // The first poll comes after a pause, which needs the runtime too.
        if let Err(error) = self.wait.runtime.require_tokio() {
            self.seen = Seen::Over;
            return Err(error);
        }
        loop {
            if !self.pause().await {
                self.seen = Seen::Over;
                return Err(self.out_of_time());
            }
            match self.ask().await {
                Ok(details) => {
                    if let Some(event) = self.tell(details) {
                        return Ok(event);
                    }
                }
                Err(error) if passes(&error) => self.slow_down(error),
                Err(error) => {
                    self.seen = Seen::Over;
                    return Err(error);
                }
            }
        }
    }

    /// Sleeps until the next poll; `false` when the time to wait runs out first.
    async fn pause(&mut self) -> bool {
        let time = self.wait.runtime.time();
        loop {
            let now = time.monotonic();
            if now >= self.ends {
                return false;
            }
            let due = self.due.max(self.not_before);
            if now >= due {
                return true;
            }
            let left = due.min(self.ends).saturating_sub(now);
            if time.sleep_unless(left, self.nudge.0.notified()).await {
                self.due = self.not_before;
            }
        }
    }

    async fn ask(&mut self) -> Result<PaymentDetails> {
        let runtime = &self.wait.runtime;
        let now = runtime.time().monotonic();
        self.not_before = now.saturating_add(FASTEST);
        self.due = now.saturating_add(self.wait.rhythm.interval());
        let mut details = Details::new(runtime.clone(), self.wait.order_id.clone());
        details.options = self.wait.options.clone();
        // The next poll is the retry, unless the caller gave a policy.
        details.options.retry.get_or_insert_with(RetryPolicy::none);
        details.options.deadline = Some(ONE_POLL.min(self.ends.saturating_sub(now)));
        let details = details.await?;
        self.failures = 0;
        Ok(details)
    }

    fn slow_down(&mut self, error: Error) {
        self.failures = self.failures.saturating_add(1);
        let interval = self.wait.rhythm.interval();
        let pause = interval
            .saturating_mul(1 << self.failures.min(5))
            .min(SLOWEST.max(interval));
        let asked_for = error.retry_after().unwrap_or_default();
        let now = self.wait.runtime.time().monotonic();
        let latest = if now < self.last_look {
            self.last_look
        } else {
            Duration::MAX
        };
        self.due = now.saturating_add(pause.max(asked_for)).min(latest);
        let asked_for = now.saturating_add(asked_for).min(latest);
        self.not_before = self.not_before.max(asked_for);
        if error.kind() == ErrorKind::RateLimited {
            self.not_before = self.due;
        }
        tracing::debug!(failures = self.failures, error.type = error.kind().as_str(), "poll failed");
        self.last_failure = Some(error);
    }

    /// The step that these details tell, unless it is told already.
    fn tell(&mut self, details: PaymentDetails) -> Option<WaitEvent> {
        let now = details
            .as_of()
            .unwrap_or_else(|| self.wait.runtime.time().now());
        let before = self.seen;
        let scanned = details.is_scanned();
        let state = details.state_at(now);
        self.is_unknown = state == PaymentState::Unknown;
        if !state.is_decided() {
            self.seen = before.max(if scanned {
                Seen::Scanned
            } else {
                Seen::Waiting
            });
            return (self.seen > before).then_some(if scanned {
                WaitEvent::Scanned(details)
            } else {
                WaitEvent::Waiting(details)
            });
        }
        self.seen = Seen::Over;
        // A customer who was quick is told as scanned first, so that every screen shows the same steps.
        if scanned && before < Seen::Scanned {
            self.decided = Some(details.clone());
            return Some(WaitEvent::Scanned(details));
        }
        Some(WaitEvent::Decided(details))
    }

    fn out_of_time(&mut self) -> Error {
        let error = |reason| Error::new(ErrorKind::Deadline, Outcome::NoEffect, reason);
        match self.last_failure.take() {
            Some(cause) if self.failures > 0 => error(POLLS_FAILED).with_source(cause),
            _ if self.is_unknown => error(STATE_UNKNOWN),
            _ => error("the customer has not decided within the time to wait"),
        }
    }
}

/// Whether asking again later can bring an answer.
pub(super) fn passes(error: &Error) -> bool {
    // A success that cannot be read, or that is an error after all, comes from whatever stands in between.
    error.is_retryable()
        || error.http_status().is_some_and(|status| status < 300)
        || matches!(
            error.kind(),
            ErrorKind::Connect
                | ErrorKind::Connection
                | ErrorKind::Timeout
                | ErrorKind::Deadline
                | ErrorKind::RateLimited
                | ErrorKind::Decode
                | ErrorKind::TooLarge
        )
}
