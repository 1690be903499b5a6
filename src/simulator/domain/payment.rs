//! A payment: its states, its money and its history.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::events::{PaymentEvent, PaymentEventKind};
use super::ledger::{Effect, EffectKind};
use super::modifications::{Change, IdempotencyRecord};
use super::money::Sums;
use super::profile::{DataScope, Profile};
use super::refusal::RefusalReason;
use super::shipping::{PendingShipping, ShippingMethod, ShippingSource};
use super::time::later;
use crate::types::Amount;

/// The time at which a sales unit takes the money: at capture or at approval.
///
/// Vipps configures this for each sales unit. A merchant cannot choose it for each payment.
/// [`Builder`](crate::simulator::Builder) has an example.
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

/// The way in which the customer comes to the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Flow {
    /// A landing page in the browser.
    #[default]
    Web,
    /// A link that opens the app.
    App,
    /// A notification on the customer's phone, without a landing page.
    Push,
    /// A QR code.
    Qr,
}

/// The source of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PaymentSource {
    /// A source that the customer has chosen in the app.
    #[default]
    Wallet,
    /// A card whose data the customer enters in a form.
    Card,
}

/// The time that the customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// The time to open the payment, and after that the time to approve it.
    Steps { open: Duration, approve: Duration },
    /// The payment expires at this time.
    At(Timestamp),
}

/// The merchant's URLs and the token that authenticates calls to them, as the API that started the
/// payment defines them.
#[derive(Debug, Clone, Default)]
pub(crate) struct MerchantUrls {
    /// Receives the result of the payment.
    pub(crate) updates: Option<String>,
    /// Receives the withdrawal of a consent.
    pub(crate) consents: Option<String>,
    /// The URL that the customer's browser returns to.
    pub(crate) return_to: String,
    pub(crate) authorization: Option<String>,
}

/// The settings of a payment.
#[derive(Debug, Clone)]
pub(crate) struct PaymentOptions {
    pub(crate) flow: Flow,
    pub(crate) expiry: Expiry,
    pub(crate) merchant: MerchantUrls,
    /// The source of the shipping methods of an express payment.
    pub(crate) shipping: Option<ShippingSource>,
    pub(crate) data_scope: DataScope,
    pub(crate) source: PaymentSource,
    /// The merchant's own data about the payment, by name.
    pub(crate) metadata: Vec<(String, String)>,
    /// The customer that the merchant named.
    pub(crate) customer: Option<Profile>,
    /// The URL that the customer opens, and the token in it.
    pub(crate) landing_page: String,
    pub(crate) landing_token: String,
}

/// A payment that does not exist yet.
#[derive(Debug, Clone)]
pub(crate) struct NewPayment {
    /// The name of the API that starts the payment.
    pub(crate) api: &'static str,
    pub(crate) sales_unit: String,
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    /// The text that the customer reads.
    pub(crate) description: String,
    pub(crate) capture_type: CaptureType,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) options: PaymentOptions,
}

/// The idempotency key of a request, and the request itself for a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Idempotency {
    pub(crate) key: String,
    pub(crate) request: String,
}

/// The state of a payment. Captures, refunds and releases do not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    /// The payment waits for the customer.
    Waiting,
    Approved,
    Ended(EndReason),
}

/// The reason why a payment ended without an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The issuer refused the customer's card.
    Declined,
    /// The customer rejected the payment.
    Rejected,
    /// The merchant cancelled the payment.
    Cancelled,
    /// The customer did not act in time.
    Expired,
}

#[derive(Debug)]
pub(crate) struct Payment {
    pub(crate) api: &'static str,
    pub(crate) sales_unit: String,
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    pub(crate) description: String,
    pub(crate) capture_type: CaptureType,
    pub(crate) options: PaymentOptions,
    pub(crate) state: PaymentState,
    /// The customer who approved.
    pub(crate) customer: Option<Profile>,
    /// The shipping method that the customer chose.
    pub(crate) shipping: Option<ShippingMethod>,
    pub(crate) pending_shipping: Option<PendingShipping>,
    /// The customer is with the issuer for 3-D Secure.
    pub(crate) is_authenticating: bool,
    pub(crate) created: Timestamp,
    /// The time at which the customer opened the payment in the app.
    pub(crate) opened: Option<Timestamp>,
    pub(crate) approved: Option<Timestamp>,
    /// The history, oldest entry first.
    pub(crate) events: Vec<PaymentEvent>,
    pub(crate) effects: Vec<Effect>,
    pub(super) records: HashMap<(PaymentEventKind, String), IdempotencyRecord>,
}

/// The part of an event that its operation does not decide.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) time: Timestamp,
}

impl Payment {
    pub(super) fn new(new: NewPayment, entry: Entry) -> Self {
        let created = PaymentEvent {
            kind: PaymentEventKind::Created,
            success: true,
            amount: new.amount,
            text: new.description.clone(),
            id: entry.id,
            idempotency_key: new.idempotency_key,
            time: entry.time,
        };
        Self {
            api: new.api,
            sales_unit: new.sales_unit,
            reference: new.reference,
            amount: new.amount,
            description: new.description,
            capture_type: new.capture_type,
            options: new.options,
            state: PaymentState::Waiting,
            customer: None,
            shipping: None,
            pending_shipping: None,
            is_authenticating: false,
            created: entry.time,
            opened: None,
            approved: None,
            events: vec![created],
            effects: Vec::new(),
            records: HashMap::new(),
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == PaymentState::Waiting
    }

    /// Returns the customer who approves if the test names no other.
    pub(crate) fn usual_customer(&self) -> Profile {
        self.options.customer.clone().unwrap_or_default()
    }

    /// Returns `true` once the customer has approved or rejected.
    pub(crate) fn customer_acted(&self) -> bool {
        use PaymentEventKind::{Authorized, Rejected, Sold};
        let mut events = self.events.iter();
        events.any(|event| matches!(event.kind, Authorized | Sold | Rejected { .. }))
    }

    /// Returns the amount plus the cost of the chosen shipping.
    pub(crate) fn total(&self) -> Amount {
        let shipping = self.shipping.as_ref().map(|method| method.cost);
        shipping
            .and_then(|cost| self.amount.checked_add(cost))
            .unwrap_or(self.amount)
    }

    pub(crate) fn sums(&self) -> Sums {
        Sums::of(&self.effects, self.amount.currency())
    }

    /// Returns the time at which this payment expires if the customer does not act.
    pub(crate) fn expires(&self) -> Timestamp {
        match (self.options.expiry, self.opened) {
            (Expiry::At(time), _) => time,
            (Expiry::Steps { approve, .. }, Some(opened)) => later(opened, approve),
            (Expiry::Steps { open, .. }, None) => later(self.created, open),
        }
    }

    /// Returns the time at which the landing page and its QR code expire.
    pub(crate) fn landing_page_expires(&self) -> Timestamp {
        match self.options.expiry {
            Expiry::At(time) => time,
            Expiry::Steps { open, .. } => later(self.created, open),
        }
    }

    /// Adds an entry to the history, and moves the money of a successful one.
    pub(super) fn record(&mut self, event: PaymentEvent) -> Change {
        use PaymentEventKind as Kind;
        let effect = match event.kind {
            Kind::Authorized => Some(EffectKind::Reserve),
            Kind::Sold => Some(EffectKind::Sale),
            Kind::Captured => Some(EffectKind::Capture),
            Kind::Refunded => Some(EffectKind::Refund),
            Kind::Released => Some(EffectKind::Release),
            Kind::Created | Kind::Cancelled | Kind::Rejected { .. } | Kind::Expired => None,
        };
        if let Some(kind) = effect.filter(|_| event.success) {
            let key = event.idempotency_key.as_deref();
            let amount = event.amount.minor_units();
            self.effects
                .push(Effect::new(kind, amount, key, event.time));
        }
        self.events.push(event.clone());
        Change {
            event,
            sums: self.sums(),
            is_repeated: false,
        }
    }

    /// Records a step of the customer, or the end of the time for it.
    fn record_step(&mut self, kind: PaymentEventKind, success: bool, entry: Entry) -> Change {
        self.record(PaymentEvent {
            kind,
            success,
            amount: self.total(),
            text: self.description.clone(),
            id: entry.id,
            idempotency_key: None,
            time: entry.time,
        })
    }

    /// Opens a waiting payment in the app.
    pub(super) fn open(&mut self, now: Timestamp) {
        if self.is_waiting() {
            self.opened.get_or_insert(now);
        }
    }

    fn approval(&self) -> PaymentEventKind {
        match self.capture_type {
            CaptureType::Reserve => PaymentEventKind::Authorized,
            CaptureType::Direct => PaymentEventKind::Sold,
        }
    }

    /// Records that the customer approved and the issuer accepted.
    pub(super) fn approve(&mut self, customer: Profile, entry: Entry) -> Change {
        self.customer = Some(customer);
        self.approved = Some(entry.time);
        self.state = PaymentState::Approved;
        self.record_step(self.approval(), true, entry)
    }

    /// Records that the customer approved and the issuer refused.
    pub(super) fn decline(&mut self, entry: Entry) -> Change {
        self.state = PaymentState::Ended(EndReason::Declined);
        self.record_step(self.approval(), false, entry)
    }

    pub(super) fn reject(&mut self, in_app: bool, entry: Entry) -> Change {
        self.state = PaymentState::Ended(EndReason::Rejected);
        self.record_step(PaymentEventKind::Rejected { in_app }, true, entry)
    }

    pub(super) fn expire(&mut self, entry: Entry) -> Change {
        self.state = PaymentState::Ended(EndReason::Expired);
        self.record_step(PaymentEventKind::Expired, true, entry)
    }

    /// Returns why the customer can neither approve nor reject, or `None` if they can.
    pub(crate) fn approval_refusal(&self) -> Option<RefusalReason> {
        match self.state {
            PaymentState::Waiting => None,
            PaymentState::Approved => Some(RefusalReason::Approved),
            PaymentState::Ended(reason) => Some(RefusalReason::Ended(reason)),
        }
    }
}

/// Returns the test amount of a payment whose effect is not documented in detail.
pub(super) fn unmodelled_amount(amount: Amount) -> Option<String> {
    let effect = match amount.minor_units() {
        201 => "the result is unknown for an hour",
        202 => "strong customer authentication is required",
        _ => return None,
    };
    Some(format!(
        "the test amount {} ({effect})",
        amount.minor_units()
    ))
}
