//! What became of an operation whose answer was lost.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use super::details::PaymentDetails;
use super::history::{Event, Operation};
use super::watch::passes;
use crate::call::Begun;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::types::{Amount, MerchantSerialNumber, OrderId};
use crate::vipps::Vipps;

/// How long after it was sent a request may still take effect. The API documents no such time; gateways give up well
/// before.
const SETTLED: Duration = Duration::from_secs(30);
/// What is left beyond that for the questions themselves.
const TO_ASK: Duration = Duration::from_secs(30);
/// From one question to the next.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(20);

const UNREADABLE: &str = "an event of this kind does not say readably whether it succeeded";

/// What became of an operation whose outcome was [`Unknown`](Outcome::Unknown).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reconciled {
    /// It took effect, once. The details are those that tell it.
    ///
    /// * **initiate**: the order exists, and its landing page is lost. Cancel it and start again with a new order id.
    /// * **capture**, **refund**: the money has moved; go on as if the answer had come.
    /// * **cancel**: the payment is given up, or what remained of it is released, whoever did it.
    TookEffect(Box<PaymentDetails>),
    /// It took no effect, and the request is too old to take one still.
    ///
    /// * **initiate**: there is no such order. Safe to repeat with the same order id.
    /// * **capture**, **refund**: repeat it with [`Error::idempotency_key`], and nothing moves twice even if the first
    ///   request turns up after all.
    /// * **cancel**: the payment is what it was. Safe to repeat.
    NoEffect,
    /// The details could not be read, or do not tell. The operation's outcome is as unknown as before: ask again
    /// later. The error says why, and its [`outcome`](Error::outcome) is [`Unknown`](Outcome::Unknown).
    StillUnknown(Error),
}

/// Finds out what became of an operation. Made by [`Ecom::reconcile`](super::Ecom::reconcile); `.await` asks.
///
/// | operation | took effect | no effect |
/// |---|---|---|
/// | initiate | the details exist | error 35 |
/// | capture, refund | a successful event of the kind carries the operation's idempotency key | the other events account for the whole sum |
/// | cancel | the payment is cancelled, or what remained of it released | it is not |
/// | force approve | the payment is reserved or captured | it is not |
///
/// Details that tell less than what happened prove no absence: without any event, with one of a kind that this crate does
/// not know, or with one of the operation's kind that does not say readably whether it succeeded, it stays unknown. An
/// event of an unknown kind proves no presence either, whatever its key: the API tells keys apart by endpoint, so that one
/// order's capture and refund may carry the same.
///
/// A request that was given up may still be on its way. So *took effect* is told at once, and *no effect* only when
/// the last request was sent [`settled_after`](Self::settled_after) ago; until then the details are asked again now
/// and then.
///
/// An error that is not unknown is told from what it says, and nothing is asked: not sent, refused and read-only
/// operations took no effect.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until `.await` or `send`"]
pub struct Reconcile {
    vipps: Vipps,
    error: Error,
    deadline: Option<Duration>,
    settled_after: Duration,
    merchant: Option<MerchantSerialNumber>,
}

impl IntoFuture for Reconcile {
    type Output = Reconciled;
    type IntoFuture = Pin<Box<dyn Future<Output = Reconciled> + Send>>;

    /// Asks, as `send` does.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What details say about an operation.
enum Trace {
    Found,
    Absent,
    Unclear(&'static str),
}

impl Reconcile {
    pub(super) fn new(vipps: Vipps, error: Error) -> Self {
        Self {
            vipps,
            merchant: error.merchant().cloned(),
            error,
            deadline: None,
            settled_after: SETTLED,
        }
    }

    /// The longest that it may take in all. 30 s more than [`settled_after`](Self::settled_after) by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How old a request must be to take no effect any more; 30 s by default. Zero means to look once and to believe
    /// what is there now.
    pub fn settled_after(mut self, age: Duration) -> Self {
        self.settled_after = age;
        self
    }

    /// The sales unit to ask for, when it is neither the one of the credentials nor the one that the operation named.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Asks.
    pub async fn send(self) -> Reconciled {
        if self.error.outcome() != Outcome::Unknown {
            return Reconciled::NoEffect;
        }
        let Some(order_id) = self.error.order_id() else {
            return still("the error names no payment");
        };
        let time = self.vipps.time();
        let begun = time.monotonic();
        let whole = self
            .deadline
            .unwrap_or_else(|| self.settled_after.saturating_add(TO_ASK));
        let ends = begun.saturating_add(whole);
        // Another client's clock may be ahead of this one's.
        let sent = self.error.last_sent().unwrap_or(begun).min(begun);
        let settled = sent.saturating_add(self.settled_after);
        let limit = Begun::default();
        let mut pause = SHORTEST;
        let mut why = None;
        loop {
            let asked = time.monotonic();
            let left = ends.saturating_sub(asked);
            if left.is_zero() {
                return why.unwrap_or_else(|| still("there was no time to ask"));
            }
            why = Some(match self.look(order_id, left, limit.clone()).await {
                Ok(Some(details)) => match self.trace(&details) {
                    Trace::Found => return Reconciled::TookEffect(Box::new(details)),
                    Trace::Absent if asked >= settled => return Reconciled::NoEffect,
                    Trace::Absent => still("a request that was just sent may still take effect"),
                    Trace::Unclear(what) => {
                        if asked >= settled {
                            return still(what);
                        }
                        still(what)
                    }
                },
                Ok(None) if asked >= settled => return Reconciled::NoEffect,
                Ok(None) => still("a request that was just sent may still take effect"),
                Err(error) => {
                    let passes = passes(&error);
                    let asked_for = error.retry_after().unwrap_or_default();
                    let unknown = Reconciled::StillUnknown(error.with_outcome(Outcome::Unknown));
                    if !passes {
                        return unknown;
                    }
                    pause = pause.max(asked_for);
                    unknown
                }
            });
            let now = time.monotonic();
            let next = now.saturating_add(pause);
            // Not before it matters, and once exactly then.
            let next = if now < settled {
                next.min(settled)
            } else {
                next
            };
            let left = ends.saturating_sub(now);
            let wait = next.saturating_sub(now);
            if wait >= left {
                return why.unwrap_or_else(|| still("there was no time to ask"));
            }
            time.sleep(wait).await;
            pause = pause.saturating_mul(3).min(LONGEST.max(pause));
        }
    }

    /// The details, or `None` when there is no such payment.
    async fn look(
        &self,
        order_id: &OrderId,
        left: Duration,
        limit: Begun,
    ) -> Result<Option<PaymentDetails>> {
        let mut details = self.vipps.ecom().payment(order_id).details().deadline(left);
        details.options.merchant.clone_from(&self.merchant);
        details.options.begun = Some(limit);
        match details.await {
            Ok(details) => Ok(Some(details)),
            Err(error) if error.outcome() == Outcome::Rejected && error.has_code("35") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn trace(&self, details: &PaymentDetails) -> Trace {
        match self.error.call() {
            Some("capture_payment_using_post") => {
                let of_the_kind = [Operation::Capture, Operation::Sale];
                self.moved(details, &of_the_kind, details.sums().captured)
            }
            Some("refund_payment_using_post") => {
                self.moved(details, &[Operation::Refund], details.sums().refunded)
            }
            Some("cancel_payment_request_using_put") => match details.given_up() {
                Some(true) => Trace::Found,
                Some(false) => Trace::Absent,
                None => Trace::Unclear("the details do not tell whether the payment is given up"),
            },
            Some("integration_test_approve_payment") => {
                let approved = |e: &&Event| e.is(&Operation::Reserve) || e.is(&Operation::Sale);
                let mut events = details.events().iter().filter(approved);
                if events.clone().any(Event::succeeded) {
                    Trace::Found
                } else if events.any(Event::is_unclear) {
                    Trace::Unclear(UNREADABLE)
                } else {
                    details.gap().map_or(Trace::Absent, Trace::Unclear)
                }
            }
            // The payment is there, which is what was asked for; its code may be missing.
            Some("initiate_payment_v3_using_post" | "generate_otp_qr") => Trace::Found,
            _ => Trace::Unclear("the error's operation leaves no trace in the details"),
        }
    }

    /// Whether money moved under the operation's key. That none did is believed only if other keys account for all.
    fn moved(&self, details: &PaymentDetails, kinds: &[Operation], sum: Amount) -> Trace {
        let Some(key) = self.error.idempotency_key() else {
            return Trace::Unclear("the error carries no idempotency key");
        };
        let events = details.events().iter().filter(|e| !e.failed());
        let of_the_kind = || {
            events
                .clone()
                .filter(|e| kinds.iter().any(|kind| e.is(kind)))
        };
        let ours = |e: &Event| e.succeeded() && e.idempotency_key.as_deref() == Some(key.as_str());
        if of_the_kind().any(ours) {
            return Trace::Found;
        }
        if let Some(what) = details.gap() {
            return Trace::Unclear(what);
        }
        let mut accounted = 0_i64;
        for event in of_the_kind() {
            if event.is_unclear() {
                return Trace::Unclear(UNREADABLE);
            }
            match event.idempotency_key.as_deref() {
                None if !event.is(&Operation::Sale) => {
                    return Trace::Unclear("an event without an idempotency key may be this one");
                }
                _ => {}
            }
            let Some(amount) = event.amount else {
                return Trace::Unclear("an event tells no amount");
            };
            accounted = accounted.saturating_add(amount.as_ore());
        }
        if accounted == sum.as_ore() {
            Trace::Absent
        } else {
            Trace::Unclear("the events do not add up to the sum that the API states")
        }
    }
}

fn still(what: &'static str) -> Reconciled {
    Reconciled::StillUnknown(Error::new(ErrorKind::State, Outcome::Unknown, what))
}
