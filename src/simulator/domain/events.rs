//! The events that the domain reports. Each API turns those that concern it into callbacks or
//! webhooks.

use jiff::Timestamp;

use super::PaymentId;
use super::qr::CodeKey;
use crate::types::Amount;

/// An event of the domain, in the order in which the events happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The history of a payment has a new entry.
    Payment {
        payment: PaymentId,
        entry: PaymentEvent,
    },
    /// The customer has chosen an address, and the merchant gets a request for the shipping methods.
    ShippingRequested { payment: PaymentId },
    /// The customer has withdrawn the consent of a payment.
    ConsentWithdrawn { payment: PaymentId },
    /// A customer has scanned the code of a place.
    CheckedIn {
        code: CodeKey,
        /// The text that identifies the customer to the merchant.
        customer_token: String,
        time: Timestamp,
    },
}

/// An entry in the history of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentEvent {
    pub(crate) kind: PaymentEventKind,
    /// `false` if the operation failed and moved no money.
    pub(crate) success: bool,
    /// The amount of this operation, not a sum.
    pub(crate) amount: Amount,
    /// The merchant's text.
    pub(crate) text: String,
    /// Ten digits, unique among all events.
    pub(crate) id: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) time: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PaymentEventKind {
    Created,
    /// The customer approved. The amount was reserved, or the issuer refused it.
    Authorized,
    /// The customer approved, and the amount was charged at once, or the issuer refused it.
    Sold,
    Captured,
    Refunded,
    /// The merchant released the reservation, or the rest of it.
    Released,
    /// The merchant cancelled before an approval.
    Cancelled,
    /// The customer rejected the payment in the app or, with `false`, on the landing page.
    Rejected {
        in_app: bool,
    },
    /// The customer did not act in time.
    Expired,
}
