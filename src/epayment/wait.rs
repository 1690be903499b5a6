//! Waits for the customer's decision about a payment.

use super::details::PaymentDetails;
use super::state::PaymentState;
use crate::payment::{self, Decision, Snapshot};

pub use crate::payment::{PollInterval, PollTrigger};

/// Polls a payment and returns each of its steps once. Made by [`Wait::poll`].
///
/// The ePayment API does not report that the customer has opened the payment, so
/// [`PollEvent::Scanned`](crate::payment::PollEvent::Scanned) does not occur.
pub type Poll = payment::Poll<PaymentDetails>;

/// A step of a payment that is polled, with the details that a poll has read.
pub type PollEvent = payment::PollEvent<PaymentDetails>;

/// Polls the payment until the customer has decided. Made by
/// [`Payment::wait`](super::Payment::wait).
///
/// `.await` returns the details with the decision. The customer has paid if the state is
/// [`Authorized`](PaymentState::Authorized).
pub type Wait = payment::Wait<PaymentDetails>;

impl Snapshot for PaymentDetails {
    fn as_of(&self) -> Option<jiff::Timestamp> {
        self.as_of()
    }

    fn decision(&self, _: jiff::Timestamp) -> Decision {
        match self.state() {
            PaymentState::Created => Decision::Pending,
            PaymentState::Unknown(_) => Decision::Unknown,
            _ => Decision::Made,
        }
    }

    fn is_scanned(&self) -> bool {
        false
    }
}
