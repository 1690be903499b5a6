//! Where a payment stands, computed from its history. The API spells the same state in up to five ways; here it has
//! one name.

use std::fmt;

use super::history::{Event, Operation, Summary};

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
    /// The log holds nothing that this crate knows.
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

/// The state that a log, newest event first, and its sums tell. Only events that succeeded count; money that moved
/// outweighs how the payment ended, so that what was captured before a release stays captured.
///
/// `stated` are the sums that the API states itself, `sums` are these or else what the log adds up to.
pub(super) fn of(events: &[Event], stated: Option<&Summary>, sums: &Summary) -> PaymentState {
    if sums.captured > crate::Amount::ZERO {
        return if sums.refunded >= sums.captured {
            PaymentState::Refunded
        } else if sums.refunded > crate::Amount::ZERO {
            PaymentState::PartiallyRefunded
        } else if sums.remaining_to_capture > crate::Amount::ZERO {
            PaymentState::PartiallyCaptured
        } else {
            PaymentState::Captured
        };
    }
    for event in events.iter().filter(|e| e.succeeded()) {
        match event.operation {
            Some(Operation::Void | Operation::Cancel) => return PaymentState::Cancelled,
            Some(Operation::Reject) => return PaymentState::Rejected,
            Some(Operation::Failed) => return PaymentState::Failed,
            // Nothing captured and nothing left to capture: given up, though the log lacks the event.
            Some(Operation::Reserve)
                if stated.is_some_and(|s| s.remaining_to_capture == crate::Amount::ZERO) =>
            {
                return PaymentState::Cancelled;
            }
            Some(Operation::Reserve) => return PaymentState::Reserved,
            // Sums that lack the amount of these do not make them undone.
            Some(Operation::Sale | Operation::Capture) => return PaymentState::Captured,
            Some(Operation::Refund) => return PaymentState::Refunded,
            Some(Operation::Initiate) => return PaymentState::Initiated,
            Some(Operation::Unknown(_)) | None => {}
        }
    }
    // A log with events of which none is known tells nothing; an empty one belongs to a payment just started.
    if events.iter().any(Event::succeeded) {
        PaymentState::Unknown
    } else {
        PaymentState::Initiated
    }
}
