//! The state of Vipps MobilePay: payments, their money, customers, QR codes and webhook
//! registrations, independent of any API.
//!
//! The domain is pure. The current time is an argument, an operation returns its effect or a
//! [`Refusal`], and [`Domain::take_events`] returns what happened. No module here contains a name
//! or a number of an API: each API translates requests to operations, refusals to its own errors,
//! and events to its own callbacks or webhooks. Each API decides which payments it finds.

mod customer_actions;
mod events;
mod ledger;
mod modifications;
mod money;
mod payment;
pub(crate) mod profile;
pub(crate) mod qr;
mod refusal;
mod shared_profile;
pub(crate) mod shipping;
pub(crate) mod time;
mod webhooks;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

pub(crate) use events::{Event, PaymentEvent, PaymentEventKind};
pub use ledger::{Account, Effect, EffectKind};
pub(crate) use modifications::{CancelScope, Cancellation, Change, Modification};
pub(crate) use money::Sums;
pub use payment::CaptureType;
pub(crate) use payment::{
    EndReason, Expiry, Flow, Idempotency, MerchantUrls, NewPayment, Payment, PaymentOptions,
    PaymentSource, PaymentState,
};
pub(crate) use refusal::{Refusal, RefusalReason};
pub(crate) use webhooks::{Registration, Webhooks};

use payment::Entry;
use qr::{Codes, Target};
use time::later;

/// The index of a payment.
pub(crate) type PaymentId = usize;

/// A planned event.
#[derive(Debug, Clone, Copy)]
enum Due {
    Open(PaymentId),
    Approve(PaymentId),
    Expire(PaymentId),
}

/// All payments, codes and registrations.
#[derive(Debug, Default)]
pub(crate) struct Domain {
    pub(crate) codes: Codes,
    pub(crate) webhooks: Webhooks,
    /// The time after which a customer approves each new payment, if one does.
    approve_after: Option<Duration>,
    payments: Vec<Payment>,
    /// The payments of all sales units, by reference.
    by_reference: HashMap<String, Vec<PaymentId>>,
    by_landing_token: HashMap<String, PaymentId>,
    events: Vec<Event>,
    agenda: BTreeMap<(Timestamp, u64), Due>,
    planned: u64,
    entries: u64,
}

impl Domain {
    /// Creates an empty domain. With `approve_after`, a customer opens every new payment after half
    /// of this time and approves it after all of it.
    pub(crate) fn new(approve_after: Option<Duration>) -> Self {
        Self {
            approve_after,
            ..Self::default()
        }
    }

    /// Removes payments, codes and planned events. Registrations stay, and ids continue, so that no
    /// id is used twice.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            webhooks: std::mem::take(&mut self.webhooks),
            approve_after: self.approve_after,
            planned: self.planned,
            entries: self.entries,
            ..Self::default()
        };
    }

    /// Returns the events since the last call, oldest first.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Starts a payment.
    pub(crate) fn create(&mut self, new: NewPayment, now: Timestamp) -> Result<PaymentId, Refusal> {
        if let Some(feature) = payment::unmodelled_amount(new.amount) {
            return Err(Refusal::NotModelled(feature));
        }
        if self.find(&new.sales_unit, &new.reference).is_some() {
            return Err(Refusal::ReferenceUsed);
        }
        let payment = self.payments.len();
        let payments = self.by_reference.entry(new.reference.clone());
        payments.or_default().push(payment);
        self.by_landing_token
            .insert(new.options.landing_token.clone(), payment);
        let entry = self.entry(now);
        self.payments.push(Payment::new(new, entry));
        let created = self.payment(payment);
        let (expires, entries) = (created.expires(), created.events.clone());
        self.plan(expires, Due::Expire(payment));
        if let Some(wait) = self.approve_after {
            self.plan(later(now, wait / 2), Due::Open(payment));
            self.plan(later(now, wait), Due::Approve(payment));
        }
        let events = entries.into_iter();
        self.events
            .extend(events.map(|entry| Event::Payment { payment, entry }));
        Ok(payment)
    }

    /// Captures a part of a reservation.
    pub(crate) fn capture(
        &mut self,
        payment: PaymentId,
        request: &Modification,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        self.modify(payment, now, |payment, entry| {
            payment.capture(request, entry)
        })
    }

    /// Refunds a part of what was captured.
    pub(crate) fn refund(
        &mut self,
        payment: PaymentId,
        request: &Modification,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        self.modify(payment, now, |payment, entry| {
            payment.refund(request, entry)
        })
    }

    /// Cancels a payment that was not approved, or releases a reservation or the rest of it.
    pub(crate) fn cancel(
        &mut self,
        payment: PaymentId,
        request: &Cancellation,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        self.modify(payment, now, |payment, entry| {
            payment.cancel(request, entry)
        })
    }

    /// Runs an operation of the merchant, and reports its event unless the operation was refused or
    /// repeated.
    fn modify(
        &mut self,
        payment: PaymentId,
        now: Timestamp,
        run: impl FnOnce(&mut Payment, Entry) -> Result<Change, Refusal>,
    ) -> Result<Change, Refusal> {
        let entry = self.entry(now);
        let change = run(self.payment_mut(payment), entry)?;
        if !change.is_repeated {
            let entry = change.event.clone();
            self.events.push(Event::Payment { payment, entry });
        }
        Ok(change)
    }

    /// Returns the payment of a sales unit with this reference, whichever API started it.
    pub(crate) fn find(&self, sales_unit: &str, reference: &str) -> Option<PaymentId> {
        let mut payments = self.by_reference(reference).iter().copied();
        payments.find(|payment| self.payment(*payment).sales_unit == sales_unit)
    }

    /// Returns the payments of all sales units with this reference, oldest first.
    pub(crate) fn by_reference(&self, reference: &str) -> &[PaymentId] {
        self.by_reference.get(reference).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn by_landing_token(&self, token: &str) -> Option<PaymentId> {
        self.by_landing_token.get(token).copied()
    }

    /// Returns a payment. Only this type creates ids, and only a reset removes payments. A reset
    /// removes all ids too, so the payment exists.
    #[allow(clippy::indexing_slicing)]
    pub(crate) fn payment(&self, payment: PaymentId) -> &Payment {
        &self.payments[payment]
    }

    #[allow(clippy::indexing_slicing)]
    fn payment_mut(&mut self, payment: PaymentId) -> &mut Payment {
        &mut self.payments[payment]
    }

    pub(crate) fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// Returns `true` if the code of this text exists and has not expired. The text of a deleted
    /// redirect code stays invalid, even if a new code has the same id.
    pub(crate) fn is_code_valid(&self, text: &str, now: Timestamp) -> bool {
        match self.codes.target(text) {
            Some(Target::Payment(payment)) => now < self.payment(*payment).landing_page_expires(),
            Some(Target::Redirect(key)) => {
                let code = self.codes.redirect(key, now);
                code.is_ok_and(|code| code.text == text)
            }
            Some(Target::Place(key)) => self.codes.place(key).is_ok(),
            None => self.codes.personal(text).is_some(),
        }
    }

    fn entry(&mut self, time: Timestamp) -> Entry {
        self.entries += 1;
        let id = (5_001_420_000 + self.entries).to_string();
        Entry { id, time }
    }

    /// Returns the time of the next planned event.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first_key_value().map(|((time, _), _)| *time)
    }

    fn plan(&mut self, time: Timestamp, due: Due) {
        self.planned += 1;
        self.agenda.insert((time, self.planned), due);
    }

    /// Runs the first planned event that is due, at its own time. Returns `false` if none is due.
    pub(crate) fn run_due(&mut self, now: Timestamp) -> bool {
        let Some(planned) = self.agenda.first_entry() else {
            return false;
        };
        let (time, _) = *planned.key();
        if time > now {
            return false;
        }
        match planned.remove() {
            Due::Open(payment) => self.open(payment, time),
            Due::Approve(payment) => {
                let customer = self.payment(payment).usual_customer();
                // A refusal needs no handling: the payment has ended, or its history shows the
                // refused card.
                drop(self.approve(payment, customer, None, time));
            }
            Due::Expire(payment) => {
                let expires = self.payment(payment).expires();
                if expires > time {
                    self.plan(expires, Due::Expire(payment));
                } else if self.payment(payment).is_waiting() {
                    self.expire(payment, time);
                }
            }
        }
        true
    }
}
