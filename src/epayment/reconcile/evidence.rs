//! The conclusions that the details and the event log of a payment allow about an operation whose
//! response was lost.

use crate::epayment::details::{PaymentDetails, PaymentState};
use crate::epayment::events::{EventName, PaymentEvent, creation_key};
use crate::epayment::transfer::Direction;
use crate::error::Error;
use crate::operation::PaymentEffect;
use crate::payment::evidence::Evidence::{self, Inconclusive, NoEffect, TookEffect};
use crate::payment::evidence::{Transfer, TransferEvent};
use crate::types::RequestId;

/// The kind of an operation whose response was lost.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Create(RequestId),
    Capture(Transfer),
    Refund(Transfer),
    Cancel,
    ForceApprove,
}

/// A payment as it was read.
pub(super) struct Record<'a> {
    pub(super) details: &'a PaymentDetails,
    /// Empty for a kind that does not need it.
    pub(super) events: &'a [PaymentEvent],
}

impl Kind {
    /// Returns the operation that an error is about, or the reason why the payment cannot show its
    /// outcome.
    pub(super) fn of(error: &Error) -> Result<Self, &'static str> {
        let key = || {
            let key = error.idempotency_key().cloned();
            key.ok_or("the error carries no idempotency key")
        };
        let transfer = || key().map(|key| Transfer { key, amount: None });
        let effect = error.call().map(|operation| operation.effect);
        match effect.unwrap_or(PaymentEffect::None) {
            PaymentEffect::Start => key().map(Self::Create),
            PaymentEffect::Capture => transfer().map(Self::Capture),
            PaymentEffect::Refund => transfer().map(Self::Refund),
            PaymentEffect::Cancel => Ok(Self::Cancel),
            PaymentEffect::Approve => Ok(Self::ForceApprove),
            PaymentEffect::Show | PaymentEffect::None => {
                Err("the operation of the error leaves no trace in the payment")
            }
        }
    }

    /// Returns whether the event log is needed, and not the details alone.
    pub(super) fn needs_events(&self) -> bool {
        matches!(self, Self::Create(_) | Self::Capture(_) | Self::Refund(_))
    }

    /// Returns the conclusion from the payment.
    pub(super) fn evidence(&self, record: &Record<'_>) -> Evidence {
        match self {
            Self::Create(key) => created(key, record.events),
            Self::Capture(transfer) => transferred(transfer, Direction::Capture, record),
            Self::Refund(transfer) => transferred(transfer, Direction::Refund, record),
            Self::Cancel => match record.details.is_given_up() {
                Some(true) => TookEffect,
                Some(false) => NoEffect,
                None => Inconclusive("the details do not state whether the payment is cancelled"),
            },
            Self::ForceApprove => match record.details.state() {
                PaymentState::Authorized => TookEffect,
                PaymentState::Unknown(_) => {
                    Inconclusive("the details do not state whether the payment is approved")
                }
                _ => NoEffect,
            },
        }
    }

    /// Returns the conclusion from a sales unit that has no payment with the reference. A `stored`
    /// operation may be looked up for another sales unit than the one that sent it.
    pub(super) fn without_payment(&self, stored: bool) -> Evidence {
        match self {
            Self::Create(_) => NoEffect,
            _ if stored => Inconclusive(
                "the sales unit has no such payment: check the merchant serial number and the environment",
            ),
            _ => NoEffect,
        }
    }
}

/// Returns whether the request with this key created the payment.
fn created(key: &RequestId, events: &[PaymentEvent]) -> Evidence {
    match creation_key(events) {
        Some(own) if own == key.as_str() => TookEffect,
        Some(_) => NoEffect,
        None => Inconclusive("the event log does not state the idempotency key of the creation"),
    }
}

/// Returns the conclusion from the events of this direction, which move money, and from their sum.
fn transferred(transfer: &Transfer, direction: Direction, record: &Record<'_>) -> Evidence {
    let Some(sum) = direction.sum(record.details.aggregate()) else {
        return Inconclusive("the details do not state the sum");
    };
    let name = direction.event();
    let events: Vec<_> = record
        .events
        .iter()
        .filter(|event| event.is(&name))
        .map(|event| TransferEvent {
            succeeded: (event.succeeded() || event.failed()).then(|| event.succeeded()),
            key: event.idempotency_key.as_deref(),
            amount: event.amount,
            has_request: true,
        })
        .collect();
    transfer.evidence(&events, sum, incompleteness(record.events))
}

/// Returns why the event log may be incomplete, or `None` if it is complete. An event that is missing
/// from an incomplete log may have happened.
fn incompleteness(events: &[PaymentEvent]) -> Option<&'static str> {
    let is_known = |e: &PaymentEvent| !matches!(e.name, None | Some(EventName::Unknown(_)));
    // A complete log has at least the event that created the payment.
    if !events.iter().any(|e| e.succeeded() && is_known(e)) {
        return Some("the event log holds no event with a readable name");
    }
    let what = "the event log holds an event of an unknown name, which may be this operation";
    events
        .iter()
        .any(|e| !e.failed() && !is_known(e))
        .then_some(what)
}
