//! Finds out what became of an operation whose response was lost.

mod evidence;
mod stored;

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use self::evidence::{Evidence, LostOperation};
use super::details::{Details, PaymentDetails};
use super::watch::passes;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::runtime::Runtime;
use crate::types::{MerchantSerialNumber, OrderId};

/// How long a request may still take effect after it was given up. The API documents no such time;
/// gateways give up well before.
const SETTLED: Duration = Duration::from_secs(30);
/// The time beyond that for reading the details.
const TIME_TO_READ: Duration = Duration::from_secs(30);
/// The pauses between two reads.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The result of a [`Reconcile`].
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "yes, no and unknown are complete, and a caller decides about money by each"
)]
pub enum Reconciled {
    /// The operation took effect, once. The details are the proof.
    ///
    /// * **initiate**: the order exists, and its landing page is lost. Cancel it and start again
    ///   with a new order id.
    /// * **capture**, **refund**: the money has moved. Continue as after a success.
    /// * **cancel**: the payment is cancelled, or what remained of it is released, whoever did it.
    TookEffect(Box<PaymentDetails>),
    /// The operation took no effect, and the request is too old to take effect later.
    ///
    /// * **initiate**: there is no such order. Repeating it with the same order id is safe.
    /// * **capture**, **refund**: repeat it with the same idempotency key
    ///   ([`Error::idempotency_key`], or the stored one). Then the money moves once even if the
    ///   first request arrives after all.
    /// * **cancel**: the payment is unchanged. Repeating it is safe.
    NoEffect,
    /// The details could not be read, or prove nothing. The outcome is as unknown as before: try
    /// again later. The error states the reason, and its [`outcome`](Error::outcome) is
    /// [`Unknown`](Outcome::Unknown).
    StillUnknown(Error),
}

/// Finds out what became of an operation. `.await` reads the details.
///
/// Made by [`Ecom::reconcile`](super::Ecom::reconcile) from an error. Where there is no error, after a
/// crash or a dropped future, it is made from what was stored before the call, by
/// [`Payment::reconcile_capture`](super::Payment::reconcile_capture) and the methods beside it.
///
/// | operation | took effect | no effect |
/// |---|---|---|
/// | initiate | a known event that succeeded | error 35 |
/// | capture, refund | a successful event of the kind carries the operation's idempotency key | the other events account for the whole sum |
/// | cancel | the payment is cancelled, or what remained of it released | it is not |
/// | force approve | the payment is reserved or captured | it is not |
///
/// Error 35, no such order, means *no effect* for any operation of an error, which records the sales
/// unit of the request. From stored values it means so for an initiate alone: a capture, refund or
/// cancel was of a payment that existed, so that another sales unit or environment was asked.
///
/// Incomplete details prove nothing: without any known event, with an event of a kind that this
/// version does not know, or with an event of the operation's kind that does not state readably
/// whether it succeeded, the outcome stays unknown. So it does when the response names another
/// order. An event of an unknown kind is no proof either, whatever its key: the API distinguishes
/// keys by endpoint, so that the capture and the refund of an order may carry the same one.
///
/// A request that was given up may still arrive. *Took effect* is therefore concluded at once, and
/// *no effect* only [`settled_after`](Self::settled_after) the request was given up; until then the
/// details are read again now and then.
///
/// An error whose outcome is not unknown needs no request: operations that were not sent, were
/// refused or only read took no effect.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Reconcile {
    runtime: Runtime,
    subject: Subject,
    /// Whether the subject comes from the caller's storage and not from an error.
    stored: bool,
    /// When the last attempt ended, by the monotonic clock.
    given_up: Option<Duration>,
    /// The same by the wall clock, which outlives the process.
    given_up_at: Option<jiff::Timestamp>,
    deadline: Option<Duration>,
    settled_after: Duration,
    merchant: Option<MerchantSerialNumber>,
}

#[derive(Clone, Debug)]
enum Subject {
    Lost(OrderId, LostOperation),
    /// The error already proves that nothing took effect.
    NoEffect,
    /// The details cannot tell, for this reason.
    Untraceable(&'static str),
}

impl Subject {
    fn of(error: &Error) -> Self {
        if error.outcome() != Outcome::Unknown {
            return Self::NoEffect;
        }
        match (error.order_id(), LostOperation::of(error)) {
            (None, _) => Self::Untraceable("the error names no payment"),
            (_, Err(reason)) => Self::Untraceable(reason),
            (Some(order_id), Ok(operation)) => Self::Lost(order_id.clone(), operation),
        }
    }
}

impl IntoFuture for Reconcile {
    type Output = Reconciled;
    type IntoFuture = Pin<Box<dyn Future<Output = Reconciled> + Send>>;

    /// Reads the details, as `send` does.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl Reconcile {
    pub(super) fn new(runtime: Runtime, error: &Error) -> Self {
        Self {
            runtime,
            subject: Subject::of(error),
            stored: false,
            given_up: error.last_ended(),
            given_up_at: None,
            deadline: None,
            settled_after: SETTLED,
            merchant: error.merchant().cloned(),
        }
    }

    /// The longest that it may take in all. By default 30 s more than
    /// [`settled_after`](Self::settled_after).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The time after which a request that was given up can no longer take effect; 30 s by default.
    /// It counts from the end of the last attempt. Zero reads the details once and trusts them.
    pub fn settled_after(mut self, age: Duration) -> Self {
        self.settled_after = age;
        self
    }

    /// The time at which the request was given up, by the wall clock: the moment at which its future
    /// was dropped or its process stopped, as far as it is recorded.
    ///
    /// By default it is the end of the last attempt, which an error records. Where only stored values
    /// are reconciled it is now, so that *no effect* takes [`settled_after`](Self::settled_after) in
    /// any case. A time in the future counts as now. Never set it to the time at which the call began:
    /// a capture may send requests for as long as its deadline.
    pub fn given_up_at(mut self, time: jiff::Timestamp) -> Self {
        self.given_up_at = Some(time);
        self
    }

    /// The sales unit of the payment, when it is neither the one of the credentials nor the one that
    /// the operation named.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Reads the details until they prove something or the deadline passes.
    pub async fn send(self) -> Reconciled {
        let (order_id, operation) = match &self.subject {
            Subject::Lost(order_id, operation) => (order_id, operation),
            Subject::NoEffect => return Reconciled::NoEffect,
            Subject::Untraceable(reason) => return still_unknown(reason),
        };
        let time = self.runtime.time();
        let begun = time.monotonic();
        let whole = self
            .deadline
            .unwrap_or_else(|| self.settled_after.saturating_add(TIME_TO_READ));
        let ends = begun.saturating_add(whole);
        let settled = begun.saturating_add(self.settled_after.saturating_sub(self.age(begun)));
        let mut pause = SHORTEST_PAUSE;
        let mut last = still_unknown("the deadline left no time to read the details");
        loop {
            let asked = time.monotonic();
            let left = ends.saturating_sub(asked);
            if left.is_zero() {
                return last;
            }
            last = match self.read(order_id, left).await {
                Ok(details) => {
                    let evidence = match &details {
                        Some(details) => operation.evidence(details),
                        None => operation.without_payment(self.stored),
                    };
                    match (evidence, details) {
                        (Evidence::TookEffect, Some(details)) => {
                            return Reconciled::TookEffect(Box::new(details));
                        }
                        (Evidence::NoEffect, _) if asked >= settled => return Reconciled::NoEffect,
                        (Evidence::Inconclusive(reason), _) if asked >= settled => {
                            return still_unknown(reason);
                        }
                        (Evidence::Inconclusive(reason), _) => still_unknown(reason),
                        (Evidence::NoEffect | Evidence::TookEffect, _) => {
                            still_unknown("a request that was just given up may still take effect")
                        }
                    }
                }
                Err(error) => {
                    let transient = passes(&error);
                    let asked_for = error.retry_after().unwrap_or_default();
                    let unknown = Reconciled::StillUnknown(error.with_outcome(Outcome::Unknown));
                    if !transient {
                        return unknown;
                    }
                    pause = pause.max(asked_for);
                    unknown
                }
            };
            let now = time.monotonic();
            let mut next = now.saturating_add(pause);
            if now < settled {
                // One read falls exactly on the moment from which absence is proof.
                next = next.min(settled);
            }
            let wait = next.saturating_sub(now);
            if wait >= ends.saturating_sub(now) {
                return last;
            }
            time.sleep(wait).await;
            pause = pause.saturating_mul(3).min(LONGEST_PAUSE.max(pause));
        }
    }

    /// How long ago the request was given up.
    fn age(&self, now: Duration) -> Duration {
        if let Some(time) = self.given_up_at {
            let age = self.runtime.time().now().duration_since(time);
            return Duration::try_from(age).unwrap_or_default();
        }
        // The clock of the client that failed may be ahead of this one's.
        now.saturating_sub(self.given_up.unwrap_or(now))
    }

    /// The details, or `None` when the sales unit has no such payment.
    async fn read(&self, order_id: &OrderId, left: Duration) -> Result<Option<PaymentDetails>> {
        let mut details = Details::new(self.runtime.clone(), order_id.clone()).deadline(left);
        details.options.merchant.clone_from(&self.merchant);
        match details.await {
            Ok(details) => Ok(Some(details)),
            Err(error) if is_no_such_order(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether the API states that the sales unit has no payment with the order id.
fn is_no_such_order(error: &Error) -> bool {
    error.kind() == ErrorKind::Api && error.outcome() == Outcome::Rejected && error.has_code("35")
}

fn still_unknown(reason: &'static str) -> Reconciled {
    Reconciled::StillUnknown(Error::new(ErrorKind::State, Outcome::Unknown, reason))
}
