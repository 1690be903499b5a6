//! The conclusions that the details and the event log of a payment allow about an operation without
//! a response.

use crate::epayment::details::PaymentDetails;
use crate::epayment::events::{EventName, PaymentEvent, creation_key};
use crate::epayment::state::PaymentState;
use crate::epayment::transfer::Direction;
use crate::payment::evidence::Evidence::{self, Inconclusive, NoEffect, TookEffect};
use crate::payment::evidence::{self, TransferEvent, UnconfirmedOperation, UnconfirmedTransfer};
use crate::types::RequestId;

/// Returns the conclusion about an operation from the details of the payment and its event log,
/// which is read for a start, capture or refund only.
pub(super) fn of(
    operation: &UnconfirmedOperation,
    details: &PaymentDetails,
    events: &[PaymentEvent],
) -> Evidence {
    match operation {
        UnconfirmedOperation::Start(Some(key)) => created(key, events),
        UnconfirmedOperation::Start(None) => Inconclusive("the error carries no idempotency key"),
        UnconfirmedOperation::QrCode => {
            Inconclusive("the operation of the error leaves no trace in the payment")
        }
        UnconfirmedOperation::Capture(transfer) => {
            transferred(transfer, Direction::Capture, details, events)
        }
        UnconfirmedOperation::Refund(transfer) => {
            transferred(transfer, Direction::Refund, details, events)
        }
        UnconfirmedOperation::Cancel => evidence::of_cancel(details.is_cancelled()),
        UnconfirmedOperation::ForceApprove => match details.state() {
            PaymentState::Authorized => TookEffect,
            PaymentState::Unknown(_) => {
                Inconclusive("the details do not state whether the payment is approved")
            }
            _ => NoEffect,
        },
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
fn transferred(
    transfer: &UnconfirmedTransfer,
    direction: Direction,
    details: &PaymentDetails,
    events: &[PaymentEvent],
) -> Evidence {
    let Some(sum) = direction.sum(details.aggregate()) else {
        return Inconclusive("the details do not state the sum");
    };
    let name = direction.event();
    let transfers: Vec<_> = events
        .iter()
        .filter(|event| event.is(&name))
        .map(|event| TransferEvent {
            succeeded: (event.succeeded() || event.failed()).then(|| event.succeeded()),
            key: event.idempotency_key.as_deref(),
            amount: event.amount,
            has_request: true,
        })
        .collect();
    transfer.evidence(&transfers, sum, incompleteness(events))
}

/// Returns why the event log may be incomplete, or `None` if it is complete. An event that is
/// missing from an incomplete log may have happened.
fn incompleteness(events: &[PaymentEvent]) -> Option<&'static str> {
    let is_known = |e: &PaymentEvent| !matches!(e.name, None | Some(EventName::Unknown(_)));
    // A complete log has at least the event that created the payment.
    if !events.iter().any(|e| e.succeeded() && is_known(e)) {
        return Some("the event log contains no event with a readable name");
    }
    let reason = "the event log contains an event of an unknown name, which may be this operation";
    events
        .iter()
        .any(|e| !e.failed() && !is_known(e))
        .then_some(reason)
}
