//! The reasons why the domain refuses an operation. Each API translates them to its own errors.

use super::payment::EndReason;

/// The reason why an operation is refused. A refused operation changes nothing, except that
/// [`Declined`](Self::Declined) ends the payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The sales unit has no payment with this reference.
    UnknownPayment,
    /// The sales unit already has a payment with this reference.
    ReferenceUsed,
    /// The idempotency key belongs to another request.
    KeyReused {
        /// Both requests name the same amount.
        same_amount: bool,
    },
    /// The amount has another currency than the payment.
    OtherCurrency,
    /// The payment cannot be approved or rejected.
    CannotApprove(RefusalReason),
    CannotCapture(RefusalReason),
    CannotCancel(RefusalReason),
    CannotRefund(RefusalReason),
    /// The issuer refused the customer's card, for this reason.
    Declined(&'static str),
    /// The payment has no shipping method with the chosen id.
    UnknownShippingMethod,
    /// The payment has no consent to withdraw.
    NoConsent,
    /// The sales unit has no webhook for check-ins.
    NoWebhook,
    /// The sales unit has no webhook registration with this id.
    UnknownWebhook,
    /// The QR code exists already, or belongs to another sales unit.
    CodeExists,
    /// There is no QR code with this id.
    UnknownCode,
    /// The customer has shared no data with the sales unit in the last seven days, or does not
    /// exist.
    NothingShared,
    /// No check-in has this token.
    UnknownCustomerToken,
    /// The token of the check-in has expired.
    CustomerTokenExpired,
    /// The simulator does not model this feature.
    NotModelled(String),
}

/// The property of a payment that prevents an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// The customer has not approved yet.
    NotApproved,
    /// The customer has approved already.
    Approved,
    /// The payment ended without an approval.
    Ended(EndReason),
    /// The whole reservation was released.
    Released,
    /// Some of the reservation was captured, and the rest was released.
    RestReleased,
    /// Nothing was captured.
    NothingCaptured,
    /// Some of the reservation was captured.
    Captured,
    /// Nothing is left: all was captured, or all that was captured is refunded.
    NothingLeft,
    /// The amount is larger than what is left.
    TooMuch,
    /// The customer is in 3-D Secure.
    Authenticating,
    /// The period for the operation is over.
    TooLate,
}
