//! `GET /ecomm/v2/payments/{orderId}/details` and the deprecated `status`.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    BANK_IDENTIFICATION_NUMBER, find, shipping, stamp, summary, transaction_id, user_details,
};
use crate::simulator::domain::{
    EndReason, Payment, PaymentEvent, PaymentEventKind, PaymentState, profile,
};
use crate::simulator::gateway::{Call, Failure, Response, State};

const EXPIRED: &str = "[Expired]";

pub(super) fn details(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, &call.sales_unit, call.param("orderId"))?;
    let payment = state.domain.payment(payment);
    Ok(Response::json(StatusCode::OK, history(payment, call.now)))
}

fn history(payment: &Payment, now: Timestamp) -> Value {
    let log: Vec<Value> = log(payment)
        .rev()
        .map(|(event, operation)| entry(payment, event, operation))
        .collect();
    let mut details = json!({"orderId": payment.reference, "transactionLogHistory": log});
    if payment.customer_acted() {
        let mut sums = summary(&payment.sums());
        if payment.approved.is_some() {
            sums["bankIdentificationNumber"] = BANK_IDENTIFICATION_NUMBER.into();
        }
        details["transactionSummary"] = sums;
    }
    add_customer(&mut details, payment, now);
    details
}

/// Adds the customer's data that the payment shares. After seven days each text is `[Expired]`.
fn add_customer(details: &mut Value, payment: &Payment, now: Timestamp) {
    let (Some(mut user), Some(approved)) = (user_details(payment), payment.approved) else {
        return;
    };
    let mut address = shipping::address();
    if !profile::is_shown(approved, now) {
        expire(&mut user);
        expire(&mut address);
    }
    details["userDetails"] = user;
    if let Some(method) = &payment.shipping {
        details["shippingDetails"] = shipping::details(method, &address);
    }
    if let Some(customer) = &payment.customer
        && profile::has_subject(approved, now)
    {
        details["sub"] = customer.subject(&payment.sales_unit).into();
    }
}

/// Replaces the text of every member by `[Expired]`.
fn expire(value: &mut Value) {
    for member in value
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        *member = EXPIRED.into();
    }
}

/// Returns the events that the log shows, oldest first. The expiry of a payment has no entry.
fn log(payment: &Payment) -> impl DoubleEndedIterator<Item = (&PaymentEvent, &'static str)> {
    let events = payment.events.iter();
    events.filter_map(|event| Some((event, operation(event.kind)?)))
}

fn operation(kind: PaymentEventKind) -> Option<&'static str> {
    use PaymentEventKind as Kind;
    Some(match kind {
        Kind::Created => "INITIATE",
        Kind::Authorized => "RESERVE",
        Kind::Sold => "SALE",
        Kind::Captured => "CAPTURE",
        Kind::Refunded => "REFUND",
        Kind::Released => "VOID",
        Kind::Cancelled | Kind::Rejected { .. } => "CANCEL",
        Kind::Expired => return None,
    })
}

/// Returns the transaction id of an event. The steps of the customer are one transaction, and a
/// cancellation without a reservation has no transaction.
fn id<'a>(payment: &'a Payment, event: &'a PaymentEvent) -> Option<&'a str> {
    use PaymentEventKind as Kind;
    match event.kind {
        Kind::Captured | Kind::Refunded | Kind::Released => Some(&event.id),
        Kind::Cancelled => None,
        _ => transaction_id(payment),
    }
}

fn entry(payment: &Payment, event: &PaymentEvent, operation: &str) -> Value {
    let mut shown = json!({
        "amount": event.amount.minor_units(),
        "operation": operation,
        "operationSuccess": event.success,
        "requestId": event.idempotency_key.as_deref().unwrap_or_default(),
        "timeStamp": stamp(event.time),
        "transactionText": event.text,
    });
    if let Some(id) = id(payment, event) {
        shown["transactionId"] = id.into();
    }
    shown
}

pub(super) fn status(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, &call.sales_unit, call.param("orderId"))?;
    let payment = state.domain.payment(payment);
    Ok(Response::json(StatusCode::OK, last(payment)))
}

/// Returns the `status` response, which has only the last transaction. An expired payment has the
/// status `REJECTED`.
fn last(payment: &Payment) -> Value {
    let mut shown = json!({"orderId": payment.reference});
    if let Some((event, operation)) = log(payment).next_back() {
        let status = match payment.state {
            PaymentState::Ended(EndReason::Expired) => "REJECTED",
            PaymentState::Ended(EndReason::Declined) => "FAILED",
            _ => operation,
        };
        let mut info = json!({
            "amount": event.amount.minor_units(),
            "status": status,
            "timeStamp": stamp(event.time),
        });
        if let Some(id) = id(payment, event) {
            info["transactionId"] = id.into();
        }
        shown["transactionInfo"] = info;
    }
    shown
}
