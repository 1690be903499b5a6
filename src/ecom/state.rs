//! Where a payment stands, computed from its history. The API spells the same state in up to five ways; here it has
//! one name.

use std::fmt;

use super::history::{self, Event, Operation, Summary};
use crate::types::Amount;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentState {
    /// Started; the customer has not decided yet.
    Initiated,
    /// Nobody decided within the ten minutes that the API gives; told only with a clock in hand, see
    /// [`PaymentDetails::state_at`](super::PaymentDetails::state_at).
    Expired,
    /// Approved; the money is reserved and waits for a capture.
    Reserved,
    /// A part is captured, a part still reserved.
    PartiallyCaptured,
    /// All that will be captured is: fully, or what remained was released.
    Captured,
    /// A part of what was captured went back.
    PartiallyRefunded,
    /// All of what was captured went back.
    Refunded,
    /// Given up by the customer or the merchant, and no money moved.
    Cancelled,
    /// Said no to, or timed out, as far as the log tells.
    Rejected,
    /// Failed for good.
    Failed,
    /// The log holds nothing that this crate knows, or leaves open whether its last event took place.
    Unknown,
}

impl PaymentState {
    /// Whether waiting for the customer is over, for better or worse.
    pub fn is_decided(self) -> bool {
        !matches!(self, Self::Initiated | Self::Unknown)
    }

    /// Whether the customer has paid, as far as the merchant's goods are concerned: reserved or captured, and not
    /// given back.
    pub fn is_paid(self) -> bool {
        matches!(
            self,
            Self::Reserved | Self::PartiallyCaptured | Self::Captured | Self::PartiallyRefunded
        )
    }
}

impl fmt::Display for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initiated => "initiated",
            Self::Expired => "expired",
            Self::Reserved => "reserved",
            Self::PartiallyCaptured => "partially captured",
            Self::Captured => "captured",
            Self::PartiallyRefunded => "partially refunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        })
    }
}

/// The state that a log, newest event first, and its sums tell. Only events that succeeded count, and where one may have
/// succeeded that would change the state, nobody knows it. Money that moved outweighs how the payment ended, so that what
/// was captured before a release stays captured.
///
/// `stated` are the sums that the API states itself, `sums` are these or else what the log adds up to.
pub(super) fn of(events: &[Event], stated: Option<&Summary>, sums: &Summary) -> PaymentState {
    if sums.captured > Amount::ZERO {
        let moves = |e: &Event| !e.is(&Operation::Initiate) && !e.is(&Operation::Reserve);
        let open = |e: &Event| e.is_unclear() && moves(e);
        if stated.is_none() && events.iter().any(open) {
            return PaymentState::Unknown;
        }
        return if sums.refunded >= sums.captured {
            PaymentState::Refunded
        } else if sums.refunded > Amount::ZERO {
            PaymentState::PartiallyRefunded
        } else if sums.remaining_to_capture > Amount::ZERO {
            PaymentState::PartiallyCaptured
        } else {
            PaymentState::Captured
        };
    }
    for event in events.iter().filter(|e| !e.failed()) {
        match event.operation {
            Some(Operation::Unknown(_)) | None => {}
            _ if event.is_unclear() => return PaymentState::Unknown,
            Some(Operation::Void | Operation::Cancel) => return PaymentState::Cancelled,
            Some(Operation::Reject) => return PaymentState::Rejected,
            Some(Operation::Failed) => return PaymentState::Failed,
            // Nothing captured and nothing left to capture: given up, though the log lacks the event.
            Some(Operation::Reserve)
                if stated.is_some_and(|s| s.remaining_to_capture == Amount::ZERO) =>
            {
                return PaymentState::Cancelled;
            }
            Some(Operation::Reserve) => return PaymentState::Reserved,
            // Sums that lack the amount of these do not make them undone.
            Some(Operation::Sale | Operation::Capture) => return PaymentState::Captured,
            Some(Operation::Refund) => return PaymentState::Refunded,
            Some(Operation::Initiate) => return PaymentState::Initiated,
        }
    }
    // An empty history states nothing, not even that the payment was started.
    if !events.is_empty() && events.iter().all(Event::failed) {
        PaymentState::Initiated
    } else {
        PaymentState::Unknown
    }
}

/// Whether a payment in this state is given up, or what remained of it after a capture; `None` where its log and its
/// sums do not tell.
pub(super) fn given_up(events: &[Event], state: PaymentState, sums: &Summary) -> Option<bool> {
    match state {
        PaymentState::Cancelled => return Some(true),
        PaymentState::Unknown => return None,
        _ => {}
    }
    let happened = |kind: Operation| events.iter().any(|e| e.succeeded() && e.is(&kind));
    let (void, cancel) = (happened(Operation::Void), happened(Operation::Cancel));
    let nothing_left = sums.captured > Amount::ZERO && sums.remaining_to_capture == Amount::ZERO;
    let a_part_is_gone = nothing_left && sums.captured < history::reserved(events);
    let may_be = |e: &Event| e.is_unclear() && (e.is(&Operation::Void) || e.is(&Operation::Cancel));
    if (void && nothing_left) || (cancel && a_part_is_gone) {
        Some(true)
    } else if void || cancel || a_part_is_gone || events.iter().any(may_be) {
        // The log and the sums contradict each other.
        None
    } else {
        history::gap(events).is_none().then_some(false)
    }
}
