//! The state of a payment.

use super::types::money::Aggregate;
use crate::types::open_enum::open_enum;

open_enum! {
    /// The state of a payment, as the API states it. All states except `Created` are final.
    ///
    /// The state does not change after the customer's decision. Captures, cancels and refunds
    /// change only the [`Aggregate`].
    ///
    /// ```
    /// use vipps::epayment::{PaymentDetails, PaymentState};
    ///
    /// fn message(details: &PaymentDetails) -> &'static str {
    ///     match details.state() {
    ///         PaymentState::Authorized => "thank you",
    ///         PaymentState::Created => "please approve the payment in the app",
    ///         PaymentState::Aborted | PaymentState::Expired | PaymentState::Terminated => "not paid",
    ///         _ => "please wait", // a state that this version does not list
    ///     }
    /// }
    /// ```
    pub enum PaymentState {
        /// The customer has not decided yet.
        Created = "CREATED",
        /// The customer has approved, and the money is reserved. The state stays the same after a
        /// capture, a cancel and a refund.
        Authorized = "AUTHORIZED",
        /// The customer has stopped the payment.
        Aborted = "ABORTED",
        /// The customer has not decided in time.
        Expired = "EXPIRED",
        /// The merchant has cancelled the payment before the approval.
        Terminated = "TERMINATED",
    }
}

impl PaymentState {
    /// Returns whether the customer's decision is known, with any result: `false` for
    /// [`Created`](Self::Created) and for a state that this version does not list.
    pub fn is_decided(&self) -> bool {
        !matches!(self, Self::Created | Self::Unknown(_))
    }

    /// Returns whether the payment ended without an approval.
    pub(super) fn is_without_approval(&self) -> bool {
        matches!(self, Self::Aborted | Self::Expired | Self::Terminated)
    }
}

/// Returns whether a payment is cancelled: it ended before its approval, or a part of its
/// reservation is cancelled and nothing is left to capture. Returns `None` if the state and the
/// sums do not show it.
pub(super) fn is_cancelled(state: Option<&PaymentState>, aggregate: &Aggregate) -> Option<bool> {
    match state {
        Some(PaymentState::Created) => Some(false),
        // The payment can no longer be approved, so there is nothing left to cancel.
        Some(state) if state.is_without_approval() => Some(true),
        _ => {
            let rest = aggregate.remaining_to_capture()?;
            Some(aggregate.cancelled?.is_positive() && rest.is_zero())
        }
    }
}
