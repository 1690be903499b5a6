//! The status of a payment for the page and the control API.

use crate::simulator::domain::{EndReason, Payment, PaymentState};

/// The status of a payment as the page and the control API show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DisplayStatus {
    Waiting,
    Scanned,
    Reserved,
    PartlyCaptured,
    Captured,
    PartlyRefunded,
    Refunded,
    Cancelled,
    Rejected,
    Declined,
    Expired,
}

impl DisplayStatus {
    pub(crate) fn of(payment: &Payment) -> Self {
        let sums = payment.sums();
        match payment.state {
            PaymentState::Waiting if payment.opened.is_some() => Self::Scanned,
            PaymentState::Waiting => Self::Waiting,
            PaymentState::Ended(EndReason::Declined) => Self::Declined,
            PaymentState::Ended(EndReason::Expired) => Self::Expired,
            PaymentState::Ended(EndReason::Rejected) => Self::Rejected,
            PaymentState::Ended(EndReason::Cancelled) => Self::Cancelled,
            PaymentState::Approved if sums.refunded().is_positive() => {
                if sums.left_to_refund().is_zero() {
                    Self::Refunded
                } else {
                    Self::PartlyRefunded
                }
            }
            PaymentState::Approved if sums.captured().is_zero() => {
                if sums.left_to_capture().is_zero() {
                    Self::Cancelled
                } else {
                    Self::Reserved
                }
            }
            PaymentState::Approved if sums.left_to_capture().is_positive() => Self::PartlyCaptured,
            PaymentState::Approved => Self::Captured,
        }
    }

    /// Returns the name in the control API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scanned => "scanned",
            Self::Reserved => "reserved",
            Self::PartlyCaptured => "partlyCaptured",
            Self::Captured => "captured",
            Self::PartlyRefunded => "partlyRefunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
}
