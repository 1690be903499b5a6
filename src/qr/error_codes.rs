//! The errors of the QR API, which has no codes. The title of a problem takes their place.

use crate::operation::{ErrorCode, Remedy};

pub(crate) static ERROR_CODES: &[ErrorCode] = &[ErrorCode {
    group: None,
    code: "Order timeout",
    remedy: Remedy::NewOrder,
    explanation: "The payment behind the landing page has expired. Start a new payment with a new order id.",
}];
