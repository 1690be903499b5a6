//! The events of a payment's history, and the sums over them.

use std::cell::LazyCell;

use serde::{Deserialize, Deserializer, Serialize};

use crate::types::open_enum::open_enum;
use crate::types::{Amount, Timestamp, by_name, lenient};

use super::money::{self, ZERO};

open_enum! {
    /// The kind of an event in the history of a payment.
    pub enum Operation {
        /// The merchant started the payment.
        Initiate = "INITIATE" | "REGISTER",
        /// The customer approved, and the money is reserved.
        Reserve = "RESERVE" | "RESERVED",
        /// The customer approved, and the money is captured at the same time (direct capture).
        Sale = "SALE",
        /// The merchant captured money.
        Capture = "CAPTURE" | "CAPTURED",
        /// The merchant refunded money.
        Refund = "REFUND" | "REFUNDED",
        /// The payment was cancelled before money was reserved: by the customer, by the merchant or
        /// by a timeout.
        Cancel = "CANCEL" | "CANCELLED" | "USER_CANCEL" | "AUTOCANCEL" | "AUTO_CANCEL",
        /// The merchant cancelled a reservation, or released the rest of it.
        Void = "VOID" | "AUTOREVERSAL" | "AUTO_REVERSAL",
        /// The customer rejected the payment, or let it expire.
        Reject = "REJECT" | "REJECTED",
        /// The payment failed.
        Failed = "FAILED" | "RESERVE_FAILED" | "RESERVED_FAILED" | "SALE_FAILED",
    }
}

/// One event in the history of a payment. Its JSON form is that of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// The kind of the event.
    pub operation: Option<Operation>,
    /// The success that the API states. Events that failed are part of the history, but change
    /// nothing.
    #[serde(rename = "operationSuccess")]
    success: Option<bool>,
    /// The amount.
    #[serde(serialize_with = "money::write")]
    pub amount: Option<Amount>,
    /// Vipps's id of the transaction. The first event has it once the customer has opened the
    /// payment.
    pub transaction_id: Option<String>,
    /// The idempotency key of the request that caused the event (wire name `requestId`).
    #[serde(rename = "requestId")]
    pub idempotency_key: Option<String>,
    /// The text given with the request.
    #[serde(rename = "transactionText")]
    pub text: Option<String>,
    /// The time of the event.
    #[serde(rename = "timeStamp")]
    pub timestamp: Option<Timestamp>,
}

/// The members of an [`Event`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "Event", rename_all = "camelCase", default)]
struct WireEvent {
    operation: Option<Operation>,
    #[serde(rename = "operationSuccess", deserialize_with = "lenient::opt_bool")]
    success: Option<bool>,
    #[serde(deserialize_with = "money::opt_amount")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    #[serde(rename = "requestId", deserialize_with = "opt_key")]
    idempotency_key: Option<String>,
    #[serde(rename = "transactionText", deserialize_with = "lenient::opt_text")]
    text: Option<String>,
    #[serde(rename = "timeStamp")]
    timestamp: Option<Timestamp>,
}

by_name::read! { Event => WireEvent; }

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Event => WireEvent; }

/// The API sends an empty text for a missing key.
fn opt_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    lenient::opt_text(deserializer).map(|key| key.filter(|key| !key.is_empty()))
}

impl Event {
    /// Returns whether the event took place (wire name `operationSuccess`).
    ///
    /// The API states success or failure of every event. An event without `operationSuccess`, with
    /// `null` or with an unreadable value has neither succeeded nor [failed](Self::failed), and the
    /// state of the payment is [`Unknown`](super::PaymentState::Unknown) where the event would
    /// decide.
    pub fn succeeded(&self) -> bool {
        self.success == Some(true)
    }

    /// Returns whether the event was tried and did not take place.
    pub fn failed(&self) -> bool {
        self.success == Some(false)
    }

    /// Returns whether the event may or may not have taken place.
    pub(super) fn is_unclear(&self) -> bool {
        self.success.is_none()
    }

    pub(super) fn is_known(&self) -> bool {
        !matches!(self.operation, None | Some(Operation::Unknown(_)))
    }

    pub(super) fn is(&self, operation: &Operation) -> bool {
        self.operation.as_ref() == Some(operation)
    }
}

/// Returns why the history may be incomplete, or `None` if it is complete. An event that is missing
/// from an incomplete history may have happened.
pub(super) fn incompleteness(events: &[Event]) -> Option<&'static str> {
    // A complete history has at least the event that started the payment.
    if !events.iter().any(|e| e.succeeded() && e.is_known()) {
        return Some("the details hold no event with a readable operation");
    }
    let strange = |e: &Event| !e.failed() && !e.is_known();
    let what = "the details hold an event of an unknown kind, which may be this operation";
    events.iter().any(strange).then_some(what)
}

/// Returns the events of these kinds that took place.
fn successful<'a>(
    events: &'a [Event],
    operations: &'a [Operation],
) -> impl Iterator<Item = &'a Event> {
    let is_of_them = |e: &Event| e.operation.as_ref().is_some_and(|o| operations.contains(o));
    events
        .iter()
        .filter(move |e| e.succeeded() && is_of_them(e))
}

fn sum(events: &[Event], operations: &[Operation]) -> Amount {
    money::sum(successful(events, operations).filter_map(|e| e.amount))
}

/// Returns the sum of the successful events of these kinds, or `None` if there is no such event or
/// the amount of an event is missing.
fn sum_where_stated(events: &[Event], operations: &[Operation]) -> Option<Amount> {
    let mut of_them = successful(events, operations).peekable();
    of_them.peek()?;
    let amounts: Option<Vec<_>> = of_them.map(|e| e.amount).collect();
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
    #[serde(
        serialize_with = "money::write",
        deserialize_with = "money::opt_amount"
    )]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    captured_amount: Option<Amount>,
    #[serde(
        serialize_with = "money::write",
        deserialize_with = "money::opt_amount"
    )]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    remaining_amount_to_capture: Option<Amount>,
    #[serde(
        serialize_with = "money::write",
        deserialize_with = "money::opt_amount"
    )]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    refunded_amount: Option<Amount>,
    #[serde(
        serialize_with = "money::write",
        deserialize_with = "money::opt_amount"
    )]
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
        let Self {
            captured,
            remaining_to_capture,
            refunded,
            remaining_to_refund,
        } = *self;
        [
            captured,
            remaining_to_capture,
            refunded,
            remaining_to_refund,
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

    /// Returns whether the sums contradict themselves or the events. More cannot be captured than
    /// was reserved, nor refunded than was captured. Sums that the API leaves out are those of the
    /// events.
    pub(super) fn contradict(&self, events: &[Event]) -> bool {
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

    /// Returns the sums that the API states, with each missing sum taken from `known`.
    pub(super) fn or(self, known: impl FnOnce() -> Summary) -> Summary {
        let known = LazyCell::new(known);
        Summary {
            captured: self.captured_amount.unwrap_or_else(|| known.captured),
            remaining_to_capture: self
                .remaining_amount_to_capture
                .unwrap_or_else(|| known.remaining_to_capture),
            refunded: self.refunded_amount.unwrap_or_else(|| known.refunded),
            remaining_to_refund: self
                .remaining_amount_to_refund
                .unwrap_or_else(|| known.remaining_to_refund),
            bank_identification_number: self.bank_identification_number,
        }
    }
}

impl Summary {
    /// Returns the sums of a payment without any movement of money.
    pub(super) fn zero() -> Self {
        Self {
            captured: ZERO,
            remaining_to_capture: ZERO,
            refunded: ZERO,
            remaining_to_refund: ZERO,
            bank_identification_number: None,
        }
    }

    /// Computes the sums from the history, newest event first, for a response without sums.
    pub(super) fn of(events: &[Event]) -> Self {
        let sum = |operations: &[Operation]| sum(events, operations);
        let happened = |operation| events.iter().any(|e| e.succeeded() && e.is(&operation));
        let reserved = reserved(events);
        let captured = sum(&[Operation::Capture, Operation::Sale]);
        let refunded = sum(&[Operation::Refund]);
        let given_up = happened(Operation::Void) || happened(Operation::Cancel);
        let rest = |whole: Amount, part: Amount| {
            let rest = whole.minor_units().saturating_sub(part.minor_units());
            money::ore(rest.max(0))
        };
        let remaining = if given_up {
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
