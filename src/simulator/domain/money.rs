//! The sums of a payment.

use super::ledger::{Effect, EffectKind};
use crate::types::{Amount, Currency};

/// The sums of the movements of money of a payment, in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    currency: Currency,
    authorized: i64,
    captured: i64,
    refunded: i64,
    cancelled: i64,
}

impl Sums {
    pub(super) fn of(effects: &[Effect], currency: Currency) -> Self {
        let sum = |kind| {
            let of_kind = effects.iter().filter(|effect| effect.kind() == kind);
            of_kind.map(Effect::amount).sum::<i64>()
        };
        let sold = sum(EffectKind::Sale);
        Self {
            currency,
            authorized: sum(EffectKind::Reserve) + sold,
            captured: sum(EffectKind::Capture) + sold,
            refunded: sum(EffectKind::Refund),
            cancelled: sum(EffectKind::Release),
        }
    }

    /// Returns the amount that the customer approved.
    pub(crate) fn authorized(&self) -> Amount {
        self.amount(self.authorized)
    }

    pub(crate) fn captured(&self) -> Amount {
        self.amount(self.captured)
    }

    pub(crate) fn refunded(&self) -> Amount {
        self.amount(self.refunded)
    }

    /// Returns the released part of the reservation. It is zero if the payment was cancelled before
    /// an approval.
    pub(crate) fn cancelled(&self) -> Amount {
        self.amount(self.cancelled)
    }

    /// Returns the amount that can still be captured or cancelled.
    pub(crate) fn left_to_capture(&self) -> Amount {
        self.amount(self.authorized - self.captured - self.cancelled)
    }

    pub(crate) fn left_to_refund(&self) -> Amount {
        self.amount(self.captured - self.refunded)
    }

    fn amount(&self, minor_units: i64) -> Amount {
        Amount::minor(minor_units, self.currency)
    }
}
