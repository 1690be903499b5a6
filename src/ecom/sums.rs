//! The sums of a payment: as the API states them, and computed from its history.

use serde::{Deserialize, Serialize};

use super::history::{Event, Operation};
use super::money::{self, ZERO};
use crate::types::{Amount, by_name, lenient};

/// The kinds of events whose amounts are added up.
const MOVES_MONEY: [Operation; 4] = [
    Operation::Reserve,
    Operation::Sale,
    Operation::Capture,
    Operation::Refund,
];

/// Returns the events of these kinds that succeeded.
fn successful<'a>(
    events: &'a [Event],
    operations: &'a [Operation],
) -> impl Iterator<Item = &'a Event> {
    let matches = |e: &Event| e.operation.as_ref().is_some_and(|o| operations.contains(o));
    events.iter().filter(move |e| e.succeeded() && matches(e))
}

fn sum(events: &[Event], operations: &[Operation]) -> Amount {
    money::sum(successful(events, operations).filter_map(|e| e.amount))
}

/// Returns the sum of the successful events of these kinds, or `None` if there is no such event or
/// the amount of an event is missing.
fn sum_where_stated(events: &[Event], operations: &[Operation]) -> Option<Amount> {
    let mut matching = successful(events, operations).peekable();
    matching.peek()?;
    let amounts: Option<Vec<_>> = matching.map(|e| e.amount).collect();
    Some(money::sum(amounts?.into_iter()))
}

/// Returns the sum that the customer has approved.
pub(super) fn reserved(events: &[Event]) -> Amount {
    sum(events, &[Operation::Reserve])
}

/// The sums of a payment. The JSON form is that of the API (`transactionSummary`), with all four
/// sums.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The amount captured so far.
    pub captured: Amount,
    /// The amount that can still be captured: zero after a cancel or release.
    pub remaining_to_capture: Amount,
    /// The amount refunded so far.
    pub refunded: Amount,
    /// The amount that can still be refunded.
    pub remaining_to_refund: Amount,
    /// The first six digits of the customer's card. Only in details.
    pub bank_identification_number: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "TransactionSummary", transform = crate::types::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireSummary {
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    captured_amount: Option<Amount>,
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    remaining_amount_to_capture: Option<Amount>,
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    refunded_amount: Option<Amount>,
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    remaining_amount_to_refund: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_text")]
    #[cfg_attr(feature = "schemars", schemars(extend("type" = ["string", "integer", "null"])))]
    bank_identification_number: Option<String>,
}

by_name::json_form! { Summary => WireSummary; }

impl From<&Summary> for WireSummary {
    fn from(sums: &Summary) -> Self {
        Self {
            captured_amount: Some(sums.captured),
            remaining_amount_to_capture: Some(sums.remaining_to_capture),
            refunded_amount: Some(sums.refunded),
            remaining_amount_to_refund: Some(sums.remaining_to_refund),
            bank_identification_number: sums.bank_identification_number.clone(),
        }
    }
}

impl TryFrom<WireSummary> for Summary {
    type Error = &'static str;

    fn try_from(wire: WireSummary) -> Result<Self, Self::Error> {
        let missing = "a sum is missing or is not a whole number of øre";
        Ok(Self {
            captured: wire.captured_amount.ok_or(missing)?,
            remaining_to_capture: wire.remaining_amount_to_capture.ok_or(missing)?,
            refunded: wire.refunded_amount.ok_or(missing)?,
            remaining_to_refund: wire.remaining_amount_to_refund.ok_or(missing)?,
            bank_identification_number: wire.bank_identification_number,
        })
    }
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Summary => WireSummary; }

/// The sums that the API states. A missing sum is unknown, not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StatedSums {
    pub(super) captured: Option<Amount>,
    pub(super) remaining_to_capture: Option<Amount>,
    pub(super) refunded: Option<Amount>,
    pub(super) remaining_to_refund: Option<Amount>,
}

impl StatedSums {
    fn all(&self) -> impl Iterator<Item = Amount> {
        [
            self.captured,
            self.remaining_to_capture,
            self.refunded,
            self.remaining_to_refund,
        ]
        .into_iter()
        .flatten()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Returns whether the sums cannot be those of any payment: a sum is negative, or more was
    /// refunded or can be refunded than was captured.
    pub(super) fn contradict_themselves(&self) -> bool {
        let refunds = [self.refunded, self.remaining_to_refund];
        let of_captured = money::sum(refunds.into_iter().flatten());
        let exceeds_captured = |captured| exceeds(of_captured, captured);
        self.all().any(Amount::is_negative) || self.captured.is_some_and(exceeds_captured)
    }

    /// Returns whether the sums contradict themselves or the events, or an event moved a negative
    /// amount. More cannot be captured than was reserved, nor refunded than was captured. Sums that
    /// the API leaves out are those of the events.
    pub(super) fn contradict(&self, events: &[Event]) -> bool {
        let mut moved = successful(events, &MOVES_MONEY).filter_map(|e| e.amount);
        if moved.any(Amount::is_negative) {
            return true;
        }
        let reserved = sum_where_stated(events, &[Operation::Reserve]);
        let captured = self
            .captured
            .or_else(|| sum_where_stated(events, &[Operation::Capture, Operation::Sale]));
        let refunded = self
            .refunded
            .or_else(|| sum_where_stated(events, &[Operation::Refund]));
        let exceeds = |part: Option<Amount>, whole| {
            part.zip(whole)
                .is_some_and(|(part, whole)| exceeds(part, whole))
        };
        self.contradict_themselves() || exceeds(captured, reserved) || exceeds(refunded, captured)
    }
}

/// Returns whether a part is more than its whole.
pub(super) fn exceeds(part: Amount, whole: Amount) -> bool {
    part.minor_units() > whole.minor_units()
}

impl WireSummary {
    pub(super) fn new(stated: &StatedSums, bank_identification_number: Option<String>) -> Self {
        Self {
            captured_amount: stated.captured,
            remaining_amount_to_capture: stated.remaining_to_capture,
            refunded_amount: stated.refunded,
            remaining_amount_to_refund: stated.remaining_to_refund,
            bank_identification_number,
        }
    }

    pub(super) fn stated(&self) -> StatedSums {
        StatedSums {
            captured: self.captured_amount,
            remaining_to_capture: self.remaining_amount_to_capture,
            refunded: self.refunded_amount,
            remaining_to_refund: self.remaining_amount_to_refund,
        }
    }

    /// Returns the sums that the API states, with each missing sum taken from `computed`.
    pub(super) fn or(self, computed: &Summary) -> Summary {
        Summary {
            captured: self.captured_amount.unwrap_or(computed.captured),
            remaining_to_capture: self
                .remaining_amount_to_capture
                .unwrap_or(computed.remaining_to_capture),
            refunded: self.refunded_amount.unwrap_or(computed.refunded),
            remaining_to_refund: self
                .remaining_amount_to_refund
                .unwrap_or(computed.remaining_to_refund),
            bank_identification_number: self.bank_identification_number,
        }
    }
}

impl Summary {
    /// Computes the sums from the history, newest event first, for a response without sums.
    pub(super) fn of(events: &[Event]) -> Self {
        let sum = |operations: &[Operation]| sum(events, operations);
        let happened = |operation| events.iter().any(|e| e.succeeded() && e.is(&operation));
        let reserved = reserved(events);
        let captured = sum(&[Operation::Capture, Operation::Sale]);
        let refunded = sum(&[Operation::Refund]);
        let is_released = happened(Operation::Void) || happened(Operation::Cancel);
        let rest = |whole: Amount, part: Amount| {
            let rest = whole.minor_units().saturating_sub(part.minor_units());
            money::ore(rest.max(0))
        };
        let remaining = if is_released {
            ZERO
        } else {
            rest(reserved, captured)
        };
        Self {
            captured,
            remaining_to_capture: remaining,
            refunded,
            remaining_to_refund: rest(captured, refunded),
            bank_identification_number: None,
        }
    }
}
