//! The operations of the ePayment API.
//!
//! The limits are those of the ePayment API guide, section "Rate limits".

use super::error_codes::ERROR_CODES;
use crate::operation::RetryClass::{Cancel, Idempotent, KeyedWrite, Read};
use crate::operation::{
    Api, Operation, PaymentEffect, Subject, UnknownHint, rate_limit, unknown_hint,
};
use crate::raw::epayment::endpoints;

static EPAYMENT: Api = Api {
    error_codes: ERROR_CODES,
    advice: &[],
    rate_limit_hint: None,
    keeps_refusals: true,
};

const CREATE: Operation = Operation {
    effect: PaymentEffect::Start,
    // Without a reference in the path.
    subject: Subject::ReferenceInBody("/reference"),
    rate_limit: rate_limit!(
        "ePayment",
        5,
        "to create a payment",
        "reference and sales unit"
    ),
    unknown_hint: unknown_hint!(
        "The payment may exist. Retry the call with the idempotency key of this error: it creates nothing \
         twice, and returns the payment."
    ),
    ..Operation::new(&EPAYMENT, KeyedWrite, &endpoints::CREATE_PAYMENT)
};

const CAPTURE: Operation = Operation {
    effect: PaymentEffect::Capture,
    rate_limit: rate_limit!("ePayment", 5, "to capture", "reference and sales unit"),
    unknown_hint: TRANSFER_UNKNOWN,
    ..Operation::new(&EPAYMENT, KeyedWrite, &endpoints::CAPTURE_PAYMENT)
};

const REFUND: Operation = Operation {
    effect: PaymentEffect::Refund,
    rate_limit: rate_limit!("ePayment", 5, "to refund", "reference and sales unit"),
    unknown_hint: TRANSFER_UNKNOWN,
    ..Operation::new(&EPAYMENT, KeyedWrite, &endpoints::REFUND_PAYMENT)
};

const CANCEL: Operation = Operation {
    effect: PaymentEffect::Cancel,
    rate_limit: rate_limit!("ePayment", 5, "to cancel", "reference and sales unit"),
    unknown_hint: unknown_hint!(
        "`EPayment::reconcile` reads the details, which state whether the payment is cancelled. If it is not, retry the \
         cancel."
    ),
    ..Operation::new(&EPAYMENT, Cancel, &endpoints::CANCEL_PAYMENT)
};

const DETAILS: Operation = Operation {
    rate_limit: rate_limit!(
        "ePayment",
        120,
        "for details",
        "reference and subscription key"
    ),
    ..Operation::new(&EPAYMENT, Read, &endpoints::GET_PAYMENT)
};

const EVENTS: Operation = Operation {
    rate_limit: rate_limit!(
        "ePayment",
        120,
        "for events",
        "reference and subscription key"
    ),
    ..Operation::new(&EPAYMENT, Read, &endpoints::GET_PAYMENT_EVENT_LOG)
};

/// Exists in the test environment only. It is idempotent, because a payment is approved at most
/// once.
const FORCE_APPROVE: Operation = Operation {
    effect: PaymentEffect::Approve,
    unknown_hint: unknown_hint!(
        "`EPayment::reconcile` reads the details, which state whether the payment is approved."
    ),
    ..Operation::new(&EPAYMENT, Idempotent, &endpoints::FORCE_APPROVE)
};

const TRANSFER_UNKNOWN: Option<UnknownHint> = unknown_hint!(
    "`EPayment::reconcile` reads the event log, which names the idempotency key of the request that caused each event. \
     Or retry the call with the idempotency key of this error: nothing happens twice."
);

pub(crate) static OPERATIONS: &[Operation] = &[
    CREATE,
    CAPTURE,
    REFUND,
    CANCEL,
    DETAILS,
    EVENTS,
    FORCE_APPROVE,
];
