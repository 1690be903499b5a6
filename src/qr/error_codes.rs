//! The errors of the QR API. They have no codes, so the title of an error is used as its code.

use crate::operation::{ErrorCode, Remedy};

pub(crate) static ERROR_CODES: &[ErrorCode] = &[ErrorCode {
    group: None,
    code: "Order timeout",
    remedy: Remedy::NewOrder,
    explanation: "The payment behind the landing page has expired. Start a new payment with a new order id.",
}];
