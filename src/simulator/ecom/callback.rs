//! The payment callback: the body of `POST {callbackPrefix}/v2/payments/{orderId}`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::errors::NOT_ACTED;
use crate::simulator::order::{CaptureType, Order, Shares};
use crate::simulator::person;

use super::stamp;

/// The event that a payment callback reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Approved,
    /// The issuer refused the payment.
    Failed,
    /// The customer rejected the payment in the app.
    Cancelled,
    /// The customer rejected the payment on the landing page or did not act in time.
    Rejected,
}

pub(crate) fn body(order: &Order, news: News, now: Timestamp) -> Value {
    let mut info = json!({
        "amount": order.total(),
        "status": status(order, news),
        "timeStamp": stamp(now),
    });
    if let Some(id) = order.payment_id() {
        info["transactionId"] = id.into();
    }
    let mut body = json!({
        "merchantSerialNumber": order.msn,
        "orderId": order.id,
        "transactionInfo": info,
    });
    if news == News::Rejected {
        let message = if order.scanned.is_some() {
            "User has cancelled or not acted upon the payment"
        } else {
            NOT_ACTED.message
        };
        body["errorInfo"] = json!({
            "errorCode": NOT_ACTED.number,
            "errorGroup": "PAYMENTS",
            "errorMessage": message,
        });
    }
    if news == News::Approved
        && let Some(person) = &order.person
    {
        if let Some(method) = &order.shipping {
            body["shippingDetails"] = method.details(&person::callback_address());
        }
        if let Some(details) = person.details(&order.terms.shares) {
            body["userDetails"] = details;
        }
    }
    body
}

/// Returns the status in the callback. A reserved payment has the status `RESERVED`, or `RESERVE`
/// if it is an express payment or has a scope.
fn status(order: &Order, news: News) -> &'static str {
    match (news, order.capture_type) {
        (News::Approved, CaptureType::Direct) => "SALE",
        (News::Approved, CaptureType::Reserve) if order.terms.shares == Shares::Nothing => {
            "RESERVED"
        }
        (News::Approved, CaptureType::Reserve) => "RESERVE",
        (News::Failed, CaptureType::Direct) => "SALE_FAILED",
        (News::Failed, CaptureType::Reserve) => "RESERVE_FAILED",
        (News::Cancelled, _) => "CANCELLED",
        (News::Rejected, _) => "REJECTED",
    }
}
