//! The state of a payment, computed from its history. The API spells the same state in up to five
//! ways; this module has one name for each state.

use std::fmt;

use super::history::{self, Event, Operation};
use super::money::ZERO;
use super::sums::{StatedSums, Summary, exceeds, reserved};
use crate::types::Amount;

/// The state of a payment, computed from its history and its sums. Returned by
/// [`PaymentDetails::state`](super::PaymentDetails::state).
///
/// ```
/// use vipps::ecom::{PaymentDetails, PaymentState};
///
/// fn message(details: &PaymentDetails) -> &'static str {
///     match details.state() {
///         state if state.is_paid() => "thank you",
///         PaymentState::Initiated => "please approve the payment in the app",
///         PaymentState::Unknown => "please wait", // money may be reserved or captured
///         _ => "not paid",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentState {
    /// Started. The customer has not decided yet.
    Initiated,
    /// The customer has not decided within the ten minutes that the API allows. Only
    /// [`PaymentDetails::state_at`](super::PaymentDetails::state_at) returns this state, because it
    /// depends on the time.
    Expired,
    /// Approved. The money is reserved and can be captured.
    Reserved,
    /// A part is captured, a part still reserved.
    PartiallyCaptured,
    /// Captured in full, or in part with the rest released.
    Captured,
    /// A part of the captured money is refunded.
    PartiallyRefunded,
    /// All of the captured money is refunded.
    Refunded,
    /// Cancelled by the customer or the merchant, or released. No money was captured.
    Cancelled,
    /// Rejected by the customer, or timed out, according to the history.
    Rejected,
    /// Failed. The customer can no longer approve the payment.
    Failed,
    /// The details do not show the state, and money may be reserved or captured. Either the history
    /// is empty or contains an event of an unknown kind, or an event does not state readably
    /// whether it took place, or the events and the sums are contradictory.
    Unknown,
}

impl PaymentState {
    /// Returns whether the customer's decision is known, with any result: `false` for
    /// [`Initiated`](Self::Initiated) and [`Unknown`](Self::Unknown) only.
    pub fn is_decided(self) -> bool {
        !matches!(self, Self::Initiated | Self::Unknown)
    }

    /// Returns whether the customer has paid, so that the merchant can deliver: the money is
    /// reserved or captured, and not fully refunded.
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

/// The steps of a payment, from the last to the first. The clocks of the API's servers differ, so
/// time stamps do not show which of two steps came later. The order follows from the rules of the
/// API: only a reservation can be captured or cancelled, and only a payment that was started can be
/// reserved.
const STEPS: [&[Operation]; 5] = [
    &[Operation::Refund],
    &[Operation::Sale, Operation::Capture],
    &[Operation::Void, Operation::Cancel],
    &[Operation::Reserve, Operation::Reject, Operation::Failed],
    &[Operation::Initiate],
];

/// Returns the state that the events and the sums prove. Only events that state their success
/// count. The state is unknown if an event that may have succeeded would decide it, or if the
/// events and the sums contradict each other. Captured money takes precedence over the end of a
/// payment, so a partly captured payment stays captured after a release.
///
/// `sums` are the `stated` ones, completed from the events.
pub(super) fn of(events: &[Event], stated: &StatedSums, sums: &Summary) -> PaymentState {
    if stated.contradict(events) {
        return PaymentState::Unknown;
    }
    if sums.captured.is_positive() {
        return of_captured(events, stated, sums);
    }
    let is_reserved = stated.remaining_to_capture.is_some_and(Amount::is_positive);
    for step in STEPS {
        let of_step = || events.iter().filter(|e| step.iter().any(|o| e.is(o)));
        if of_step().any(Event::is_unclear) {
            return PaymentState::Unknown;
        }
        let Some(last) = of_step().find(|e| e.succeeded()) else {
            continue;
        };
        let happened = |operation| of_step().any(|e| e.succeeded() && e.is(&operation));
        return match last.operation {
            Some(Operation::Refund) => PaymentState::Refunded,
            // Sums without the amount of the capture do not undo the capture.
            Some(Operation::Sale | Operation::Capture) => PaymentState::Captured,
            Some(Operation::Initiate) => of_started(events, is_reserved),
            _ if happened(Operation::Reserve) => {
                // A reservation that was also rejected is a contradiction.
                if happened(Operation::Reject) || happened(Operation::Failed) {
                    PaymentState::Unknown
                } else {
                    of_reserved(stated)
                }
            }
            _ if is_reserved => PaymentState::Unknown,
            Some(Operation::Void | Operation::Cancel) => PaymentState::Cancelled,
            Some(Operation::Reject) => PaymentState::Rejected,
            Some(Operation::Failed) => PaymentState::Failed,
            _ => PaymentState::Unknown,
        };
    }
    // An empty history proves nothing, not even that the payment was started.
    if is_reserved {
        PaymentState::Reserved
    } else {
        PaymentState::Unknown
    }
}

fn of_captured(events: &[Event], stated: &StatedSums, sums: &Summary) -> PaymentState {
    let required_sums = [
        stated.captured,
        stated.remaining_to_capture,
        stated.refunded,
    ];
    // An event other than INITIATE that may have succeeded leaves the sums computed from the events
    // unknown.
    let may_change_sums = |e: &Event| e.is_unclear() && !e.is(&Operation::Initiate);
    if required_sums.contains(&None) && events.iter().any(may_change_sums) {
        return PaymentState::Unknown;
    }
    if exceeds(sums.refunded, sums.captured) {
        // The amount of a capture is missing, or the sums contradict each other.
        PaymentState::Unknown
    } else if sums.refunded == sums.captured {
        PaymentState::Refunded
    } else if sums.refunded.is_positive() {
        PaymentState::PartiallyRefunded
    } else if sums.remaining_to_capture.is_positive() {
        PaymentState::PartiallyCaptured
    } else {
        PaymentState::Captured
    }
}

fn of_reserved(stated: &StatedSums) -> PaymentState {
    match (stated.remaining_to_capture, stated.captured) {
        // No money is captured and none can be captured: released, although the history lacks the
        // event.
        (Some(ZERO), Some(_)) => PaymentState::Cancelled,
        // Captured or released.
        (Some(ZERO), None) => PaymentState::Unknown,
        _ => PaymentState::Reserved,
    }
}

fn of_started(events: &[Event], is_reserved: bool) -> PaymentState {
    if is_reserved {
        PaymentState::Reserved
    } else if events.iter().any(|e| !e.failed() && !e.is_known()) {
        // The unknown event may be the customer's decision.
        PaymentState::Unknown
    } else {
        PaymentState::Initiated
    }
}

/// Returns whether a payment in this state is cancelled, or the rest of its reservation is released
/// after a capture. Returns `None` if the history and the sums do not show it.
pub(super) fn is_released(events: &[Event], state: PaymentState, sums: &Summary) -> Option<bool> {
    match state {
        PaymentState::Cancelled => return Some(true),
        PaymentState::Unknown => return None,
        _ => {}
    }
    let happened = |kind: Operation| events.iter().any(|e| e.succeeded() && e.is(&kind));
    let (void, cancel) = (happened(Operation::Void), happened(Operation::Cancel));
    let nothing_left = sums.remaining_to_capture.is_zero();
    let is_part_released = nothing_left && exceeds(reserved(events), sums.captured);
    let may_have_released =
        |e: &Event| e.is_unclear() && (e.is(&Operation::Void) || e.is(&Operation::Cancel));
    if (void && nothing_left) || (cancel && is_part_released) {
        Some(true)
    } else if void || cancel || is_part_released || events.iter().any(may_have_released) {
        // The log and the sums contradict each other.
        None
    } else {
        history::incompleteness(events).is_none().then_some(false)
    }
}
