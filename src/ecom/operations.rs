//! The operations of the eCom API.
//!
//! The limits are those of the eCom API guide, section "Rate limits".

use super::error_codes::{ADVICE, ERROR_CODES};
use crate::operation::RetryClass::{Cancel, KeyedWrite, Once, Read};
use crate::operation::{
    Api, Operation, PaymentEffect, Subject, UnknownHint, rate_limit, unknown_hint,
};
use crate::raw::ecom::endpoints;

static ECOM: Api = Api {
    error_codes: ERROR_CODES,
    advice: ADVICE,
    rate_limit_hint: None,
    keeps_refusals: false,
};

const INITIATE: Operation = Operation {
    effect: PaymentEffect::Start,
    // Without an order id in the path.
    subject: Subject::OrderIdInBody("/transaction/orderId"),
    rate_limit: rate_limit!("eCom", 2, "to start a payment", "order and sales unit"),
    unknown_hint: unknown_hint!(
        "The payment may exist, and its landing page is lost. `Ecom::reconcile` reads its details: if it exists, cancel \
         it and start again with a new order id; if it does not exist (error 35), retry the same request."
    ),
    ..Operation::new(&ECOM, Once, &endpoints::INITIATE_PAYMENT_V3_USING_POST)
};

const CAPTURE: Operation = Operation {
    effect: PaymentEffect::Capture,
    rate_limit: rate_limit!("eCom", 5, "to capture", "order and sales unit"),
    unknown_hint: TRANSFER_UNKNOWN,
    ..Operation::new(&ECOM, KeyedWrite, &endpoints::CAPTURE_PAYMENT_USING_POST)
};

const REFUND: Operation = Operation {
    effect: PaymentEffect::Refund,
    rate_limit: rate_limit!("eCom", 5, "to refund", "order and sales unit"),
    unknown_hint: TRANSFER_UNKNOWN,
    ..Operation::new(&ECOM, KeyedWrite, &endpoints::REFUND_PAYMENT_USING_POST)
};

const CANCEL: Operation = Operation {
    effect: PaymentEffect::Cancel,
    rate_limit: rate_limit!("eCom", 5, "to cancel", "order and sales unit"),
    unknown_hint: unknown_hint!(
        "`Ecom::reconcile` reads the details, which state whether the payment is cancelled. If it is not, retry the \
         cancel."
    ),
    ..Operation::new(&ECOM, Cancel, &endpoints::CANCEL_PAYMENT_REQUEST_USING_PUT)
};

const DETAILS: Operation = Operation {
    rate_limit: rate_limit!("eCom", 120, "for details", "order and subscription key"),
    ..Operation::new(&ECOM, Read, &endpoints::GET_PAYMENT_DETAILS_USING_GET)
};

const STATUS: Operation = Operation {
    rate_limit: rate_limit!("eCom", 120, "for the status", "order and subscription key"),
    ..Operation::new(&ECOM, Read, &endpoints::GET_ORDER_STATUS_USING_GET)
};

/// Exists in the test environment only.
const FORCE_APPROVE: Operation = Operation {
    effect: PaymentEffect::Approve,
    unknown_hint: TRANSFER_UNKNOWN,
    ..Operation::new(
        &ECOM,
        KeyedWrite,
        &endpoints::INTEGRATION_TEST_APPROVE_PAYMENT,
    )
};

const TRANSFER_UNKNOWN: Option<UnknownHint> = unknown_hint!(
    "`Ecom::reconcile` reads the details, whose events name the idempotency key of the request that caused them. Or \
     retry the call with the idempotency key of this error: nothing happens twice."
);

pub(crate) static OPERATIONS: &[Operation] = &[
    INITIATE,
    CAPTURE,
    REFUND,
    CANCEL,
    DETAILS,
    STATUS,
    FORCE_APPROVE,
];
