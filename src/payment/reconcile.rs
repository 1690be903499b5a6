//! Finds out whether an operation whose response was lost took effect.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use super::evidence::{Evidence, UnconfirmedOperation};
use super::is_transient;
use crate::call::{BoxFuture, CallOptions, Deadline};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::runtime::Runtime;
use crate::types::MerchantSerialNumber;

/// The time for which a request may still take effect after its call ended. The APIs document no
/// such time. Gateways time out well before.
const SETTLED: Duration = Duration::from_secs(30);
/// The additional time for reading the payment.
const TIME_TO_READ: Duration = Duration::from_secs(30);
/// The pauses between two reads.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A payment of one API whose history shows what took effect.
pub(crate) trait History<D>: fmt::Debug + Send + Sync {
    /// Reads the payment, and returns the conclusion about an operation. `None` if the API states
    /// that the sales unit has no such payment.
    fn look_up(
        &self,
        operation: &UnconfirmedOperation,
        options: CallOptions,
    ) -> BoxFuture<Result<Option<(Evidence, D)>>>;
}

/// The result of a [`Reconcile`]. The guide [after a crash](crate::guide::after_a_crash) has
/// examples.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "yes, no and unknown are complete, and a caller decides about money by each"
)]
pub enum Reconciled<D> {
    /// The operation took effect, once. The details are the proof.
    ///
    /// * **start of a payment**: the payment exists, and its landing page is lost. Cancel it and
    ///   start again with a new order id.
    /// * **capture**, **refund**: the money has moved. Continue as after a success.
    /// * **cancel**: the payment is cancelled, or the rest of its reservation is released, by this
    ///   or by another request.
    TookEffect(Box<D>),
    /// The operation took no effect, and the request is too old to take effect later.
    ///
    /// * **start of a payment**: there is no such payment. A retry with the same order id is safe.
    /// * **capture**, **refund**: retry with the same idempotency key
    ///   ([`Error::idempotency_key`], or the stored key). Then the money moves once, even if the
    ///   first request arrives after all.
    /// * **cancel**: the payment is unchanged. A retry is safe.
    NoEffect,
    /// The details could not be read, or prove nothing. The outcome is still unknown: retry later.
    /// The error states the reason, and its [`outcome`](Error::outcome) is
    /// [`Unknown`](Outcome::Unknown).
    StillUnknown(Error),
}

/// Finds out whether an operation took effect. `.await` reads the details of the payment.
///
/// [`ecom::Reconcile`](crate::ecom::Reconcile) and
/// [`epayment::Reconcile`](crate::epayment::Reconcile) list the proofs of each API.
///
/// A request whose call ended may still arrive. *Took effect* is therefore concluded at once, and
/// *no effect* only [`settled_after`](Self::settled_after) the end of the call. Until then the
/// details are read several times.
///
/// An error with another outcome than [`Unknown`](Outcome::Unknown) needs no request: an operation
/// that was not sent, was refused or only reads took no effect.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Reconcile<D> {
    runtime: Runtime,
    subject: Arc<Subject<D>>,
    /// The end of the last attempt by the monotonic clock, as the error records it.
    last_ended: Option<Duration>,
    /// The end of the call by the wall clock, as the caller has stored it.
    call_ended_at: Option<jiff::Timestamp>,
    deadline: Option<Duration>,
    settled_after: Duration,
    merchant: Option<MerchantSerialNumber>,
}

#[derive(Debug)]
enum Subject<D> {
    Unconfirmed {
        operation: UnconfirmedOperation,
        payment: Box<dyn History<D>>,
        /// `true` if the caller has stored the values of the operation, and `false` if they come
        /// from an error.
        is_stored: bool,
    },
    /// The error already proves that nothing took effect.
    NoEffect,
    /// The details cannot show the outcome, for this reason.
    Untraceable(&'static str),
}

impl<D> Reconcile<D> {
    /// Reconciles the operation of an error. `payment` is `None` if the error names no payment.
    pub(crate) fn of_error(
        runtime: Runtime,
        error: &Error,
        payment: Option<impl History<D> + 'static>,
    ) -> Self {
        let unconfirmed = || {
            let payment = payment.ok_or("the error names no payment")?;
            Ok(Subject::Unconfirmed {
                operation: UnconfirmedOperation::of(error)?,
                payment: Box::new(payment),
                is_stored: false,
            })
        };
        let subject = if error.outcome() == Outcome::Unknown {
            unconfirmed().unwrap_or_else(Subject::Untraceable)
        } else {
            Subject::NoEffect
        };
        Self {
            last_ended: error.last_ended(),
            ..Self::new(runtime, subject, error.merchant().cloned())
        }
    }

    /// Reconciles an operation that is described by stored values.
    pub(crate) fn of_stored(
        runtime: Runtime,
        operation: UnconfirmedOperation,
        payment: impl History<D> + 'static,
        merchant: Option<MerchantSerialNumber>,
    ) -> Self {
        let subject = Subject::Unconfirmed {
            operation,
            payment: Box::new(payment),
            is_stored: true,
        };
        Self::new(runtime, subject, merchant)
    }

    fn new(runtime: Runtime, subject: Subject<D>, merchant: Option<MerchantSerialNumber>) -> Self {
        Self {
            runtime,
            subject: Arc::new(subject),
            last_ended: None,
            call_ended_at: None,
            deadline: None,
            settled_after: SETTLED,
            merchant,
        }
    }

    /// Sets the longest time that the reconciliation may take in all. By default it is 30 s more
    /// than [`settled_after`](Self::settled_after).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the time after which a request can no longer take effect; 30 s by default. It counts
    /// from the end of the last attempt. Zero reads the details once and trusts them.
    pub fn settled_after(mut self, age: Duration) -> Self {
        self.settled_after = age;
        self
    }

    /// Sets the time at which the call ended, by the wall clock: the time at which its future was
    /// dropped or its process stopped.
    ///
    /// The default is the end of the last attempt, which an error records. For stored values the
    /// default is now, so the conclusion *no effect* takes the whole
    /// [`settled_after`](Self::settled_after). A time in the future counts as now.
    ///
    /// Never set the time at which the call began. A call may send requests until its deadline.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # let started = tokio::time::Instant::now();
    /// use vipps::epayment::Reconciled;
    ///
    /// # let crashed_at = sim.clock().now() - jiff::SignedDuration::from_mins(5);
    /// // The process stopped at `crashed_at`, five minutes ago, so nothing can still arrive.
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let reconcile = payment.reconcile_create("stored-key".parse()?);
    /// let found = reconcile.call_ended_at(crashed_at).await;
    /// assert!(matches!(found, Reconciled::NoEffect));
    /// # assert!(started.elapsed().as_secs() < 5);
    /// # Ok(()) }
    /// ```
    pub fn call_ended_at(mut self, time: jiff::Timestamp) -> Self {
        self.call_ended_at = Some(time);
        self
    }

    /// Sets the sales unit of the payment, if it is neither the sales unit of the credentials nor
    /// that of the operation.
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Reads the details until they prove something or the deadline passes.
    pub async fn send(self) -> Reconciled<D> {
        let (operation, payment, is_stored) = match &*self.subject {
            Subject::Unconfirmed {
                operation,
                payment,
                is_stored,
            } => (operation, payment, *is_stored),
            Subject::NoEffect => return Reconciled::NoEffect,
            Subject::Untraceable(reason) => return still_unknown(reason),
        };
        let time = self.runtime.time();
        let started_at = time.monotonic();
        let total = self
            .deadline
            .unwrap_or_else(|| self.settled_after.saturating_add(TIME_TO_READ));
        let deadline = Deadline::after(&self.runtime, total);
        let settled =
            started_at.saturating_add(self.settled_after.saturating_sub(self.age(started_at)));
        let options = CallOptions {
            merchant: self.merchant.clone(),
            ..CallOptions::default()
        };
        let mut pause = SHORTEST_PAUSE;
        let mut last = still_unknown("the deadline left no time to read the details");
        loop {
            if deadline.remaining().is_zero() {
                return last;
            }
            let is_settled = time.monotonic() >= settled;
            last = match payment.look_up(operation, deadline.options(&options)).await {
                Ok(Some((Evidence::TookEffect, details))) => {
                    return Reconciled::TookEffect(Box::new(details));
                }
                Ok(found) => {
                    let evidence = found.map(|(evidence, _)| evidence);
                    match evidence.unwrap_or_else(|| operation.without_payment(is_stored)) {
                        Evidence::NoEffect if is_settled => return Reconciled::NoEffect,
                        Evidence::Inconclusive(reason) if is_settled => {
                            return still_unknown(reason);
                        }
                        Evidence::Inconclusive(reason) => still_unknown(reason),
                        Evidence::NoEffect | Evidence::TookEffect => still_unknown(
                            "the request was sent so recently that it may still take effect",
                        ),
                    }
                }
                Err(error) if is_transient(&error) => {
                    pause = pause.max(error.retry_after().unwrap_or_default());
                    Reconciled::StillUnknown(error.with_outcome(Outcome::Unknown))
                }
                Err(error) => {
                    return Reconciled::StillUnknown(error.with_outcome(Outcome::Unknown));
                }
            };
            let mut wait = pause;
            let now = time.monotonic();
            if now < settled {
                // One read takes place exactly at the time from which a missing event is proof.
                wait = wait.min(settled.saturating_sub(now));
            }
            if !deadline.sleep(wait).await {
                return last;
            }
            pause = pause.saturating_mul(3).min(LONGEST_PAUSE.max(pause));
        }
    }

    /// Returns the time since the call ended.
    fn age(&self, now: Duration) -> Duration {
        if let Some(time) = self.call_ended_at {
            let age = self.runtime.time().now().duration_since(time);
            return Duration::try_from(age).unwrap_or_default();
        }
        // The clock of the client that failed may be ahead of the clock of this client.
        now.saturating_sub(self.last_ended.unwrap_or(now))
    }
}

impl<D: Send + 'static> IntoFuture for Reconcile<D> {
    type Output = Reconciled<D>;
    type IntoFuture = BoxFuture<Self::Output>;

    /// Reads the details, as `send` does.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

fn still_unknown<D>(reason: &'static str) -> Reconciled<D> {
    Reconciled::StillUnknown(Error::new(ErrorKind::State, Outcome::Unknown, reason))
}
