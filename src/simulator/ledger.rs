//! The movements of money that took effect, independent of the responses.

use jiff::Timestamp;

use super::order::Order;

/// The kind of a movement of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EffectKind {
    /// The customer's bank reserved the amount.
    Reserve,
    /// The amount was charged at once (direct capture).
    Sale,
    /// Part or all of the reservation was charged.
    Capture,
    /// Part or all of the charge was refunded.
    Refund,
    /// The rest of the reservation was released to the customer.
    Release,
}

/// A movement of money that took effect. The merchant may or may not have received the response.
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

    /// Returns the kind of the movement.
    pub fn kind(&self) -> EffectKind {
        self.kind
    }

    /// Returns the amount in øre.
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// Returns the `X-Request-Id` of the request that caused the movement.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// Returns the time of the movement, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }
}

/// The money of one order. [`Simulator::ledger`](super::Simulator::ledger) returns the accounts of
/// all orders.
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

    /// Returns the order id.
    pub fn order_id(&self) -> &str {
        &self.order_id
    }

    /// Returns the sales unit that the order belongs to.
    pub fn merchant_serial_number(&self) -> &str {
        &self.merchant_serial_number
    }

    /// Returns every movement that took effect, oldest first.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Returns the number of movements of this kind.
    pub fn count(&self, kind: EffectKind) -> usize {
        self.of_kind(kind).count()
    }

    /// Returns the total amount reserved at the customer's bank, in øre.
    pub fn reserved(&self) -> i64 {
        self.of_kind(EffectKind::Reserve).map(Effect::amount).sum()
    }

    /// Returns the total amount charged to the customer, by capture or by direct capture, in øre.
    pub fn captured(&self) -> i64 {
        self.of_kind(EffectKind::Capture)
            .chain(self.of_kind(EffectKind::Sale))
            .map(Effect::amount)
            .sum()
    }

    /// Returns the total amount refunded to the customer, in øre.
    pub fn refunded(&self) -> i64 {
        self.of_kind(EffectKind::Refund).map(Effect::amount).sum()
    }

    /// Returns the total amount of released reservations, in øre.
    pub fn released(&self) -> i64 {
        self.of_kind(EffectKind::Release).map(Effect::amount).sum()
    }

    /// Returns the net amount that the customer has paid: captured less refunded, in øre.
    pub fn charged(&self) -> i64 {
        self.captured() - self.refunded()
    }

    fn of_kind(&self, kind: EffectKind) -> impl Iterator<Item = &Effect> {
        self.effects
            .iter()
            .filter(move |effect| effect.kind == kind)
    }
}
