//! What really happened to the money, kept apart from what was answered.

use jiff::Timestamp;

use super::order::Order;

/// What a movement of money was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EffectKind {
    /// The customer's bank set the amount aside.
    Reserve,
    /// The amount was charged at once (direct capture).
    Sale,
    /// A part or all of the reservation was charged.
    Capture,
    /// A part or all of the charge was paid back.
    Refund,
    /// The rest of the reservation was given back to the customer.
    Release,
}

/// One movement of money that took effect, whether or not the merchant ever
/// got to see the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    kind: EffectKind,
    amount: i64,
    idempotency_key: Option<String>,
    time: Timestamp,
}

impl Effect {
    pub(crate) fn new(kind: EffectKind, amount: i64, key: Option<&str>, time: Timestamp) -> Self {
        Self {
            kind,
            amount,
            idempotency_key: key.map(str::to_owned),
            time,
        }
    }

    /// What it was.
    pub fn kind(&self) -> EffectKind {
        self.kind
    }

    /// How much, in øre.
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// The `X-Request-Id` of the request that caused it.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// When, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }
}

/// The money of one order. Get it from
/// [`Simulator::ledger`](super::Simulator::ledger).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    order_id: String,
    merchant_serial_number: String,
    effects: Vec<Effect>,
}

impl Account {
    pub(crate) fn of(order: &Order) -> Self {
        Self {
            order_id: order.id.clone(),
            merchant_serial_number: order.msn.clone(),
            effects: order.effects.clone(),
        }
    }

    /// The order.
    pub fn order_id(&self) -> &str {
        &self.order_id
    }

    /// The sales unit that the order belongs to.
    pub fn merchant_serial_number(&self) -> &str {
        &self.merchant_serial_number
    }

    /// Every movement that took effect, oldest first.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// How many movements of a kind took effect.
    pub fn count(&self, kind: EffectKind) -> usize {
        self.of_kind(kind).count()
    }

    /// The sum set aside at the customer's bank over time, in øre.
    pub fn reserved(&self) -> i64 {
        self.of_kind(EffectKind::Reserve).map(Effect::amount).sum()
    }

    /// The sum charged to the customer, by capture or at once, in øre.
    pub fn captured(&self) -> i64 {
        self.of_kind(EffectKind::Capture)
            .chain(self.of_kind(EffectKind::Sale))
            .map(Effect::amount)
            .sum()
    }

    /// The sum paid back to the customer, in øre.
    pub fn refunded(&self) -> i64 {
        self.of_kind(EffectKind::Refund).map(Effect::amount).sum()
    }

    /// The sum of reservations given back unused, in øre.
    pub fn released(&self) -> i64 {
        self.of_kind(EffectKind::Release).map(Effect::amount).sum()
    }

    /// What the customer has paid in the end: captured less refunded, in øre.
    pub fn charged(&self) -> i64 {
        self.captured() - self.refunded()
    }

    fn of_kind(&self, kind: EffectKind) -> impl Iterator<Item = &Effect> {
        self.effects
            .iter()
            .filter(move |effect| effect.kind == kind)
    }
}
