//! Capture, refund and cancel: whether a payment allows them, and their idempotency keys.

use std::time::Duration;

use jiff::Timestamp;

use super::events::{PaymentEvent, PaymentEventKind};
use super::money::Sums;
use super::payment::{EndReason, Entry, Idempotency, Payment, PaymentState};
use super::refusal::{Refusal, RefusalReason};
use super::time::later;
use crate::types::{Amount, Currency};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Captures and cancels are allowed for 180 days after the approval in Norway, for 14 days
/// elsewhere, and refunds for 365 days.
const TIME_TO_CAPTURE_NOK: Duration = Duration::from_secs(180 * DAY.as_secs());
const TIME_TO_CAPTURE: Duration = Duration::from_secs(14 * DAY.as_secs());
const TIME_TO_REFUND: Duration = Duration::from_secs(365 * DAY.as_secs());

/// The merchant's request to capture or refund.
#[derive(Debug, Clone)]
pub(crate) struct Modification {
    /// `None` for all that is left.
    pub(crate) amount: Option<Amount>,
    pub(crate) text: String,
    pub(crate) idempotency: Option<Idempotency>,
}

/// The merchant's request to cancel.
#[derive(Debug, Clone)]
pub(crate) struct Cancellation {
    pub(crate) scope: CancelScope,
    /// Set if a payment that expired or was declined can be cancelled too.
    pub(crate) closes_ended: bool,
    pub(crate) text: String,
    pub(crate) idempotency_key: Option<String>,
}

/// The payments that a cancellation applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CancelScope {
    /// A payment that is not approved.
    Unapproved,
    /// Also a reservation of which nothing was captured.
    Uncaptured,
    /// Also the rest of a reservation.
    Rest,
}

/// The effect of an operation on a payment.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) event: PaymentEvent,
    /// The sums right after the operation.
    pub(crate) sums: Sums,
    /// The same request was made before, with the same idempotency key. Nothing changed this time.
    pub(crate) is_repeated: bool,
}

/// The request and the effect of an idempotency key.
#[derive(Debug, Clone)]
pub(super) struct IdempotencyRecord {
    request: String,
    amount: Option<Amount>,
    change: Change,
}

impl Payment {
    /// Returns why no amount can be captured or refunded, or `None` if the money decides.
    fn refusal_reason(&self) -> Option<RefusalReason> {
        match self.state {
            PaymentState::Waiting => Some(RefusalReason::NotApproved),
            PaymentState::Ended(reason) => Some(RefusalReason::Ended(reason)),
            PaymentState::Approved => self.is_released().then_some(RefusalReason::Released),
        }
    }

    /// Returns `true` if the whole reservation was released.
    fn is_released(&self) -> bool {
        let sums = self.sums();
        !sums.cancelled().is_zero() && sums.cancelled() == sums.authorized()
    }

    /// Returns the obstacle of an operation for which nothing is left of the reservation.
    fn nothing_left(&self) -> RefusalReason {
        if self.sums().cancelled().is_zero() {
            RefusalReason::NothingLeft
        } else {
            RefusalReason::RestReleased
        }
    }

    fn is_too_late(&self, limit: Duration, now: Timestamp) -> bool {
        now > later(self.approved.unwrap_or(self.created), limit)
    }

    fn time_to_capture(&self) -> Duration {
        if self.amount.currency() == Currency::NOK {
            TIME_TO_CAPTURE_NOK
        } else {
            TIME_TO_CAPTURE
        }
    }

    pub(super) fn capture(
        &mut self,
        request: &Modification,
        entry: Entry,
    ) -> Result<Change, Refusal> {
        let kind = PaymentEventKind::Captured;
        if let Some(earlier) = self.repeated(kind, request) {
            return earlier;
        }
        let refuse = |reason| Err(Refusal::CannotCapture(reason));
        if let Some(reason) = self.refusal_reason() {
            return refuse(reason);
        }
        if self.is_too_late(self.time_to_capture(), entry.time) {
            return refuse(RefusalReason::TooLate);
        }
        let remaining = self.sums().left_to_capture();
        if remaining.is_zero() {
            return refuse(self.nothing_left());
        }
        match Self::part(request.amount, remaining)? {
            Some(amount) => Ok(self.modify(kind, request, amount, entry)),
            None => refuse(RefusalReason::TooMuch),
        }
    }

    pub(super) fn refund(
        &mut self,
        request: &Modification,
        entry: Entry,
    ) -> Result<Change, Refusal> {
        let kind = PaymentEventKind::Refunded;
        if let Some(earlier) = self.repeated(kind, request) {
            return earlier;
        }
        let refuse = |reason| Err(Refusal::CannotRefund(reason));
        if let Some(reason) = self.refusal_reason() {
            return refuse(reason);
        }
        let sums = self.sums();
        if sums.captured().is_zero() {
            return refuse(RefusalReason::NothingCaptured);
        }
        if self.is_too_late(TIME_TO_REFUND, entry.time) {
            return refuse(RefusalReason::TooLate);
        }
        let remaining = sums.left_to_refund();
        if remaining.is_zero() {
            return refuse(RefusalReason::NothingLeft);
        }
        if let Some(feature) = unmodelled_refund(request.amount.unwrap_or(remaining)) {
            return Err(Refusal::NotModelled(feature));
        }
        match Self::part(request.amount, remaining)? {
            Some(amount) => Ok(self.modify(kind, request, amount, entry)),
            None => refuse(RefusalReason::TooMuch),
        }
    }

    /// Returns the amount of an operation, or `None` if it is more than is left.
    fn part(requested: Option<Amount>, remaining: Amount) -> Result<Option<Amount>, Refusal> {
        let amount = requested.unwrap_or(remaining);
        let order = amount.compare(remaining).ok_or(Refusal::OtherCurrency)?;
        Ok(order.is_le().then_some(amount))
    }

    fn modify(
        &mut self,
        kind: PaymentEventKind,
        request: &Modification,
        amount: Amount,
        entry: Entry,
    ) -> Change {
        let idempotency = request.idempotency.clone();
        let key = idempotency
            .as_ref()
            .map(|idempotency| idempotency.key.clone());
        let change = self.record(PaymentEvent {
            kind,
            success: true,
            amount,
            text: request.text.clone(),
            id: entry.id,
            idempotency_key: key,
            time: entry.time,
        });
        if let Some(Idempotency { key, request: text }) = idempotency {
            let record = IdempotencyRecord {
                request: text,
                amount: request.amount,
                change: change.clone(),
            };
            self.records.insert((kind, key), record);
        }
        change
    }

    /// Returns the result of a request whose idempotency key was used before: the first effect, or
    /// a refusal if the requests differ.
    fn repeated(
        &self,
        kind: PaymentEventKind,
        request: &Modification,
    ) -> Option<Result<Change, Refusal>> {
        let Idempotency { key, request: text } = request.idempotency.as_ref()?;
        let record = self.records.get(&(kind, key.clone()))?;
        if record.request != *text {
            return Some(Err(Refusal::KeyReused {
                same_amount: record.amount == request.amount,
            }));
        }
        Some(Ok(Change {
            is_repeated: true,
            ..record.change.clone()
        }))
    }

    pub(super) fn cancel(
        &mut self,
        request: &Cancellation,
        entry: Entry,
    ) -> Result<Change, Refusal> {
        let refuse = |reason| Err(Refusal::CannotCancel(reason));
        let (kind, amount) = match self.state {
            PaymentState::Waiting if self.is_authenticating => {
                return refuse(RefusalReason::Authenticating);
            }
            PaymentState::Ended(EndReason::Declined | EndReason::Expired)
                if request.closes_ended =>
            {
                (PaymentEventKind::Cancelled, self.amount)
            }
            PaymentState::Ended(reason) => return refuse(RefusalReason::Ended(reason)),
            PaymentState::Waiting => (PaymentEventKind::Cancelled, self.amount),
            PaymentState::Approved => {
                let sums = self.sums();
                let remaining = sums.left_to_capture();
                let is_captured = !sums.captured().is_zero();
                if self.is_released() {
                    return refuse(RefusalReason::Released);
                }
                if remaining.is_zero() {
                    return refuse(self.nothing_left());
                }
                match request.scope {
                    CancelScope::Unapproved => return refuse(RefusalReason::Approved),
                    CancelScope::Uncaptured if is_captured => {
                        return refuse(RefusalReason::Captured);
                    }
                    CancelScope::Uncaptured | CancelScope::Rest => {}
                }
                (PaymentEventKind::Released, remaining)
            }
        };
        if self.is_too_late(self.time_to_capture(), entry.time) {
            return refuse(RefusalReason::TooLate);
        }
        if kind == PaymentEventKind::Cancelled {
            self.state = PaymentState::Ended(EndReason::Cancelled);
        }
        Ok(self.record(PaymentEvent {
            kind,
            success: true,
            amount,
            text: request.text.clone(),
            id: entry.id,
            idempotency_key: request.idempotency_key.clone(),
            time: entry.time,
        }))
    }
}

/// Returns the test amount of a refund whose effect is not documented.
fn unmodelled_refund(amount: Amount) -> Option<String> {
    let effect = match amount.minor_units() {
        123 => "the refund has no receiver",
        124 => "the period for refunds is over",
        _ => return None,
    };
    Some(format!(
        "the test amount {} ({effect})",
        amount.minor_units()
    ))
}
