//! Waits for the customer's decision about a payment.

use super::details::PaymentDetails;
use super::state::PaymentState;
use crate::payment::{self, Decision, Snapshot};

pub use crate::payment::{PollInterval, PollTrigger};

/// Polls a payment and returns each of its steps once. Made by [`Wait::poll`].
pub type Poll = payment::Poll<PaymentDetails>;

/// A step of a payment that is polled, with the details that a poll has read.
pub type PollEvent = payment::PollEvent<PaymentDetails>;

/// Polls the payment until the customer has decided. Made by
/// [`Payment::wait`](super::Payment::wait).
///
/// `.await` returns the details with the decision. [`PaymentState::is_paid`] states whether the
/// customer has paid.
pub type Wait = payment::Wait<PaymentDetails>;

impl Snapshot for PaymentDetails {
    fn as_of(&self) -> Option<jiff::Timestamp> {
        self.as_of()
    }

    fn decision(&self, now: jiff::Timestamp) -> Decision {
        match self.state_at(now) {
            PaymentState::Unknown => Decision::Unknown,
            state if state.is_decided() => Decision::Made,
            _ => Decision::Pending,
        }
    }

    fn is_scanned(&self) -> bool {
        self.is_scanned()
    }
}
