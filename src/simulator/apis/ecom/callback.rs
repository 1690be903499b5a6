//! The payment callback, `POST {callbackPrefix}/v2/payments/{orderId}`, and the removal of a
//! consent, `DELETE {consentRemovalPrefix}/v2/consents/{userId}`.

use std::time::Duration;

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::error_codes::NOT_ACTED;
use super::{shipping, stamp, transaction_id, user_details};
use crate::simulator::domain::{Payment, PaymentEvent, PaymentEventKind};
use crate::simulator::gateway::{Message, OutgoingMessage};

pub(super) static PAYMENT_CALLBACK: Message = Message {
    id: "payment_callback",
    method: Method::POST,
    timeout: Duration::from_secs(3),
    is_retried: false,
    has_personal_path: false,
    receive: None,
};

pub(super) static CONSENT_REMOVAL: Message = Message {
    id: "consent_removal",
    method: Method::DELETE,
    timeout: Duration::from_secs(10),
    is_retried: false,
    has_personal_path: true,
    receive: None,
};

/// The characters that need no percent-encoding in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the callback about an event, if there is one. The merchant's own operations cause none.
pub(super) fn payment(payment: &Payment, event: &PaymentEvent) -> Option<OutgoingMessage> {
    let status = status(payment, event)?;
    let prefix = payment.options.merchant.updates.as_deref()?;
    let url = format!("{prefix}/v2/payments/{}", payment.reference);
    Some(OutgoingMessage {
        authorization: payment.options.merchant.authorization.clone(),
        body: Some(body(payment, event, status)),
        ..OutgoingMessage::new(&PAYMENT_CALLBACK, url)
    })
}

/// Returns the status in the callback. A reserved payment has the status `RESERVED`, or `RESERVE`
/// if it shares data of the customer.
fn status(payment: &Payment, event: &PaymentEvent) -> Option<&'static str> {
    use PaymentEventKind as Kind;
    Some(match (event.kind, event.success) {
        (Kind::Authorized, true) if payment.options.data_scope.is_empty() => "RESERVED",
        (Kind::Authorized, true) => "RESERVE",
        (Kind::Authorized, false) => "RESERVE_FAILED",
        (Kind::Sold, true) => "SALE",
        (Kind::Sold, false) => "SALE_FAILED",
        (Kind::Rejected { in_app: true }, _) => "CANCELLED",
        (Kind::Rejected { in_app: false } | Kind::Expired, _) => "REJECTED",
        _ => return None,
    })
}

fn body(payment: &Payment, event: &PaymentEvent, status: &str) -> Value {
    let mut info = json!({
        "amount": event.amount.minor_units(),
        "status": status,
        "timeStamp": stamp(event.time),
    });
    if let Some(id) = transaction_id(payment) {
        info["transactionId"] = id.into();
    }
    let mut body = json!({
        "merchantSerialNumber": payment.sales_unit,
        "orderId": payment.reference,
        "transactionInfo": info,
    });
    if status == "REJECTED" {
        let message = if payment.opened.is_some() {
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
    if let Some(method) = &payment.shipping {
        body["shippingDetails"] = shipping::details(method, &shipping::callback_address());
    }
    if let Some(details) = user_details(payment) {
        body["userDetails"] = details;
    }
    body
}

/// Returns the request to remove the data of a customer who withdrew the consent.
pub(super) fn consent_removal(payment: &Payment) -> Option<OutgoingMessage> {
    let prefix = payment.options.merchant.consents.as_deref()?;
    let user_id = payment.customer.as_ref()?.user_id();
    let user_id = utf8_percent_encode(&user_id, SEGMENT);
    let url = format!("{prefix}/v2/consents/{user_id}");
    Some(OutgoingMessage::new(&CONSENT_REMOVAL, url))
}
