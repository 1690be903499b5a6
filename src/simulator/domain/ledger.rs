//! The movements of money that took effect, independent of the responses.

use jiff::Timestamp;

use super::payment::Payment;
use crate::types::Currency;

/// The kind of a movement of money. [`Account`](crate::simulator::Account) has an example.
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
/// [`Account`](crate::simulator::Account) has an example.
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

    /// Returns the amount in minor units of [`Account::currency`].
    pub fn amount(&self) -> i64 {
        self.amount
    }

    /// Returns the idempotency key of the request that caused the movement.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// Returns the time of the movement, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }
}

/// The money of one payment. [`Simulator::ledger`](crate::simulator::Simulator::ledger) returns the
/// accounts of all payments. All sums are in minor units of [`currency`](Self::currency): øre for
/// NOK and DKK, cents for EUR.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use vipps::Amount;
/// use vipps::simulator::{EffectKind, Simulator};
///
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// let vipps = sim.client();
/// let created = vipps.epayment().create("order-1001".parse()?, Amount::nok(499)).qr().await?;
/// sim.payer().approve("order-1001")?;
/// created.payment(&vipps).capture(Amount::nok(100)).await?;
///
/// let account = sim.account("order-1001").ok_or("no such payment")?;
/// assert_eq!((account.reserved(), account.captured()), (49_900, 10_000));
/// assert_eq!(account.count(EffectKind::Capture), 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    order_id: String,
    merchant_serial_number: String,
    currency: Currency,
    effects: Vec<Effect>,
}

impl Account {
    pub(crate) fn of(payment: &Payment) -> Self {
        Self {
            order_id: payment.reference.clone(),
            merchant_serial_number: payment.sales_unit.clone(),
            currency: payment.amount.currency(),
            effects: payment.effects.clone(),
        }
    }

    /// Returns the currency of the payment.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Returns the order id or reference.
    pub fn order_id(&self) -> &str {
        &self.order_id
    }

    /// Returns the sales unit that the payment belongs to.
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

    /// Returns the total amount reserved at the customer's bank.
    pub fn reserved(&self) -> i64 {
        self.of_kind(EffectKind::Reserve).map(Effect::amount).sum()
    }

    /// Returns the total amount charged to the customer, by capture or by direct capture.
    pub fn captured(&self) -> i64 {
        self.of_kind(EffectKind::Capture)
            .chain(self.of_kind(EffectKind::Sale))
            .map(Effect::amount)
            .sum()
    }

    /// Returns the total amount refunded to the customer.
    pub fn refunded(&self) -> i64 {
        self.of_kind(EffectKind::Refund).map(Effect::amount).sum()
    }

    /// Returns the total amount of released reservations.
    pub fn released(&self) -> i64 {
        self.of_kind(EffectKind::Release).map(Effect::amount).sum()
    }

    /// Returns the net amount that the customer has paid: captured less refunded.
    pub fn charged(&self) -> i64 {
        self.captured() - self.refunded()
    }

    fn of_kind(&self, kind: EffectKind) -> impl Iterator<Item = &Effect> {
        self.effects
            .iter()
            .filter(move |effect| effect.kind == kind)
    }
}
