//! The status of a payment for the page and the control API.

use super::order::{Order, Phase};

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
    pub(crate) fn of(order: &Order) -> Self {
        let summary = order.summary();
        match order.phase {
            Phase::Initiated if order.scanned.is_some() => Self::Scanned,
            Phase::Initiated => Self::Waiting,
            Phase::Failed => Self::Declined,
            Phase::Expired => Self::Expired,
            Phase::Cancelled => {
                let declined = order.log.iter().any(|entry| !entry.success);
                if order.user_acted && order.approved.is_none() && !declined {
                    Self::Rejected
                } else {
                    Self::Cancelled
                }
            }
            Phase::Approved if summary.refunded > 0 => {
                if summary.left_to_refund == 0 {
                    Self::Refunded
                } else {
                    Self::PartlyRefunded
                }
            }
            Phase::Approved if summary.captured == 0 => Self::Reserved,
            Phase::Approved if summary.left_to_capture > 0 => Self::PartlyCaptured,
            Phase::Approved => Self::Captured,
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
