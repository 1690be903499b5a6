//! A payment: its states, its money and its history. Capture, refund and cancel check here whether
//! the payment allows them.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::clock::later;
use super::ecom::express::{Express, Method};
use super::errors::{self, Code};
use super::ledger::{Effect, EffectKind};
use super::person::Person;

/// The time to open a landing page, and after that the time to approve in the app.
pub(crate) const TIME_TO_SCAN: Duration = Duration::from_secs(300);
pub(crate) const TIME_TO_PAY: Duration = Duration::from_secs(300);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Capture and cancel are allowed for 180 days after the reservation, refunds for 365 days.
const TIME_TO_CAPTURE: Duration = Duration::from_secs(180 * DAY.as_secs());
const TIME_TO_REFUND: Duration = Duration::from_secs(365 * DAY.as_secs());

/// The time at which a sales unit takes the money: at capture or at approval.
///
/// Vipps configures this for each sales unit. A merchant cannot choose it for each payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a sales unit reserves or captures at once; there is no third way"
)]
pub enum CaptureType {
    /// The approved amount is reserved and must be captured (`RESERVE`).
    #[default]
    Reserve,
    /// The approved amount is charged at once (`SALE`).
    Direct,
}

/// The phase of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The payment waits for the customer.
    Initiated,
    /// The payment was approved. The sums show what was captured and refunded.
    Approved,
    /// The issuer refused the customer's card.
    Failed,
    /// The merchant cancelled the payment, or the customer rejected it. Nothing was captured.
    Cancelled,
    /// The customer did not act in time.
    Expired,
}

/// An entry of the transaction log, as `details` shows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) operation: &'static str,
    pub(crate) success: bool,
    pub(crate) amount: i64,
    pub(crate) text: String,
    pub(crate) transaction_id: Option<String>,
    pub(crate) request_id: String,
    pub(crate) time: Timestamp,
}

/// The request and the response of an idempotency key.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) amount: i64,
    pub(crate) request: Value,
    pub(crate) answer: Value,
}

/// The customer data that the merchant receives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Shares {
    #[default]
    Nothing,
    /// The data that the payment's scope names.
    Scope(Vec<String>),
    /// All data, for express payments.
    Everything,
}

/// The settings of a new payment, except its money.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) callback_prefix: String,
    pub(crate) auth_token: Option<String>,
    pub(crate) express: Option<Express>,
    pub(crate) shares: Shares,
    pub(crate) skips_landing_page: bool,
    /// The customer whose phone number the payment was started with.
    pub(crate) customer: Option<Person>,
    /// The URL that the customer opens.
    pub(crate) landing_page: String,
    /// The URL that the customer's browser returns to.
    pub(crate) fallback: String,
}

/// A choice of shipping that waits for the merchant's methods.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) person: Person,
    pub(crate) method: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) msn: String,
    pub(crate) amount: i64,
    pub(crate) text: String,
    pub(crate) capture_type: CaptureType,
    pub(crate) terms: Terms,
    pub(crate) person: Option<Person>,
    pub(crate) shipping: Option<Method>,
    pub(crate) choosing: Option<Choice>,
    /// The customer is with the issuer for 3-D Secure.
    pub(crate) authenticating: bool,
    pub(crate) created: Timestamp,
    pub(crate) scanned: Option<Timestamp>,
    pub(crate) approved: Option<Timestamp>,
    pub(crate) phase: Phase,
    /// `true` once the customer has approved or rejected.
    pub(crate) user_acted: bool,
    /// The transaction log, oldest entry first.
    pub(crate) log: Vec<Entry>,
    pub(crate) effects: Vec<Effect>,
    /// The used idempotency keys, by endpoint and key.
    pub(crate) done: HashMap<(&'static str, String), Done>,
}

/// A merchant's request to change a payment.
#[derive(Debug)]
pub(crate) struct Action<'a> {
    pub(crate) text: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) transaction_id: String,
    pub(crate) now: Timestamp,
}

/// The amounts that Vipps shows for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    pub(crate) captured: i64,
    pub(crate) left_to_capture: i64,
    pub(crate) refunded: i64,
    pub(crate) left_to_refund: i64,
}

impl Order {
    pub(crate) fn new(
        id: String,
        msn: String,
        amount: i64,
        text: String,
        capture_type: CaptureType,
        terms: Terms,
        now: Timestamp,
    ) -> Self {
        let initiated = Entry {
            operation: "INITIATE",
            success: true,
            amount,
            text: text.clone(),
            transaction_id: None,
            request_id: String::new(),
            time: now,
        };
        Self {
            id,
            msn,
            amount,
            text,
            capture_type,
            terms,
            person: None,
            shipping: None,
            choosing: None,
            authenticating: false,
            created: now,
            scanned: None,
            approved: None,
            phase: Phase::Initiated,
            user_acted: false,
            log: vec![initiated],
            effects: Vec::new(),
            done: HashMap::new(),
        }
    }

    /// Returns the customer who approves if the test names no other.
    pub(crate) fn usual_customer(&self) -> Person {
        self.terms.customer.clone().unwrap_or_default()
    }

    /// Returns the amount plus the cost of the chosen shipping, in øre.
    pub(crate) fn total(&self) -> i64 {
        self.amount + self.shipping.as_ref().map_or(0, |method| method.ore)
    }

    fn sum(&self, kind: EffectKind) -> i64 {
        self.effects
            .iter()
            .filter(|effect| effect.kind() == kind)
            .map(Effect::amount)
            .sum()
    }

    pub(crate) fn summary(&self) -> Summary {
        let sold = self.sum(EffectKind::Sale);
        let captured = sold + self.sum(EffectKind::Capture);
        let refunded = self.sum(EffectKind::Refund);
        Summary {
            captured,
            left_to_capture: self.sum(EffectKind::Reserve) + sold
                - captured
                - self.sum(EffectKind::Release),
            refunded,
            left_to_refund: captured - refunded,
        }
    }

    /// Returns the time at which this payment expires if the customer does not act.
    pub(crate) fn deadline(&self) -> Timestamp {
        match self.scanned {
            Some(scanned) => later(scanned, TIME_TO_PAY),
            None => later(self.created, TIME_TO_SCAN),
        }
    }

    /// Returns the time at which the landing page and its QR code expire.
    pub(crate) fn landing_page_ends(&self) -> Timestamp {
        later(self.created, TIME_TO_SCAN)
    }

    fn record(&mut self, operation: &'static str, success: bool, amount: i64, action: &Action<'_>) {
        self.log.push(Entry {
            operation,
            success,
            amount,
            text: action.text.to_owned(),
            transaction_id: Some(action.transaction_id.clone()),
            request_id: action.key.unwrap_or_default().to_owned(),
            time: action.now,
        });
    }

    fn take_effect(&mut self, kind: EffectKind, amount: i64, action: &Action<'_>) {
        self.effects
            .push(Effect::new(kind, amount, action.key, action.now));
    }

    /// Records that the customer opened the payment. Its first entry then has a transaction id.
    pub(crate) fn scan(&mut self, transaction_id: String, now: Timestamp) {
        if self.scanned.is_none() {
            self.scanned = Some(now);
            if let Some(first) = self.log.first_mut() {
                first.transaction_id = Some(transaction_id);
            }
        }
    }

    /// Returns the transaction id of the customer's steps.
    pub(crate) fn payment_id(&self) -> Option<String> {
        self.log.first()?.transaction_id.clone()
    }

    fn by_customer(&mut self, operation: &'static str, success: bool, now: Timestamp) {
        self.user_acted = true;
        self.log.push(Entry {
            operation,
            success,
            amount: self.total(),
            text: self.text.clone(),
            transaction_id: self.payment_id(),
            request_id: String::new(),
            time: now,
        });
    }

    /// Returns the log entry and the movement of money of an approval.
    pub(crate) fn approval(&self) -> (&'static str, EffectKind) {
        match self.capture_type {
            CaptureType::Reserve => ("RESERVE", EffectKind::Reserve),
            CaptureType::Direct => ("SALE", EffectKind::Sale),
        }
    }

    /// Records that the customer approved and the issuer accepted.
    pub(crate) fn approve(&mut self, now: Timestamp) {
        let (operation, kind) = self.approval();
        self.by_customer(operation, true, now);
        self.effects
            .push(Effect::new(kind, self.total(), None, now));
        self.approved = Some(now);
        self.phase = Phase::Approved;
    }

    /// Records that the customer approved and the issuer refused.
    pub(crate) fn decline(&mut self, now: Timestamp) {
        let (operation, _) = self.approval();
        self.by_customer(operation, false, now);
        self.phase = Phase::Failed;
    }

    /// Records that the customer rejected the payment.
    pub(crate) fn reject(&mut self, now: Timestamp) {
        self.by_customer("CANCEL", true, now);
        self.phase = Phase::Cancelled;
    }

    fn too_late(&self, limit: Duration, now: Timestamp) -> bool {
        now > later(self.approved.unwrap_or(self.created), limit)
    }

    /// Captures `asked` øre, or all that is left if `None`.
    pub(crate) fn capture(&mut self, asked: Option<i64>, action: &Action<'_>) -> Result<i64, Code> {
        match self.phase {
            Phase::Initiated | Phase::Failed | Phase::Expired => return Err(errors::NOT_RESERVED),
            Phase::Cancelled => return Err(errors::NOT_ALLOWED),
            Phase::Approved => {}
        }
        if self.too_late(TIME_TO_CAPTURE, action.now) {
            return Err(errors::TOO_LATE);
        }
        let left = self.summary().left_to_capture;
        let amount = asked.unwrap_or(left);
        if left == 0 || amount > left {
            return Err(errors::CAPTURE_EXCEEDS);
        }
        self.record("CAPTURE", true, amount, action);
        self.take_effect(EffectKind::Capture, amount, action);
        Ok(amount)
    }

    /// Refunds `asked` øre, or all that is left if `None`.
    pub(crate) fn refund(&mut self, asked: Option<i64>, action: &Action<'_>) -> Result<i64, Code> {
        match self.phase {
            Phase::Initiated | Phase::Failed | Phase::Expired => return Err(errors::NOT_ALLOWED),
            Phase::Cancelled => return Err(errors::NOTHING_TO_REFUND),
            Phase::Approved => {}
        }
        let summary = self.summary();
        if summary.captured == 0 {
            return Err(errors::ONLY_RESERVED);
        }
        if self.too_late(TIME_TO_REFUND, action.now) {
            return Err(errors::REFUND_TOO_LATE);
        }
        let amount = asked.unwrap_or(summary.left_to_refund);
        if summary.left_to_refund == 0 || amount > summary.left_to_refund {
            return Err(errors::REFUND_EXCEEDS);
        }
        self.record("REFUND", true, amount, action);
        self.take_effect(EffectKind::Refund, amount, action);
        Ok(amount)
    }

    /// Cancels the amount that is not captured. After a partial capture this requires
    /// `release_rest`. Returns the amount, and `true` if it was reserved.
    pub(crate) fn cancel(
        &mut self,
        release_rest: bool,
        action: &Action<'_>,
    ) -> Result<(i64, bool), Code> {
        match self.phase {
            Phase::Cancelled => return Err(errors::ALREADY_PROCESSED),
            Phase::Initiated if self.authenticating => return Err(errors::BUSY),
            Phase::Initiated | Phase::Failed | Phase::Expired => {
                if self.too_late(TIME_TO_CAPTURE, action.now) {
                    return Err(errors::TOO_LATE);
                }
                let amount = self.amount;
                self.record("CANCEL", true, amount, action);
                if let Some(entry) = self.log.last_mut() {
                    entry.transaction_id = None;
                }
                self.phase = Phase::Cancelled;
                return Ok((amount, false));
            }
            Phase::Approved => {}
        }
        let summary = self.summary();
        if summary.left_to_capture == 0 || (summary.captured > 0 && !release_rest) {
            return Err(errors::ALREADY_CAPTURED);
        }
        if self.too_late(TIME_TO_CAPTURE, action.now) {
            return Err(errors::TOO_LATE);
        }
        let amount = summary.left_to_capture;
        self.record("VOID", true, amount, action);
        self.take_effect(EffectKind::Release, amount, action);
        if summary.captured == 0 {
            self.phase = Phase::Cancelled;
        }
        Ok((amount, true))
    }
}
