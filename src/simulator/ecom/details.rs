//! `GET /ecomm/v2/payments/{orderId}/details` and the deprecated `status`.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::core::Call;
use crate::simulator::order::{Entry, Order, Phase};
use crate::simulator::person::{self, Person};
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::{BANK_IDENTIFICATION_NUMBER, has_reservation, known_order, stamp, summary};

pub(crate) fn details(state: &mut State, call: &Call<'_>) -> Response {
    match known_order(state, &call.msn, call.param("orderId")) {
        Ok(order) => Response::json(StatusCode::OK, history(state.order(order), call.now)),
        Err(refusal) => *refusal,
    }
}

fn history(order: &Order, now: Timestamp) -> Value {
    let log: Vec<Value> = order.log.iter().rev().map(entry).collect();
    let mut details = json!({"orderId": order.id, "transactionLogHistory": log});
    if order.user_acted {
        let mut sums = summary(order.summary());
        if has_reservation(order) {
            sums["bankIdentificationNumber"] = BANK_IDENTIFICATION_NUMBER.into();
        }
        details["transactionSummary"] = sums;
    }
    if let (Some(person), Some(approved)) = (&order.person, order.approved) {
        add_customer(&mut details, order, person, approved, now);
    }
    details
}

/// Adds the customer's data that the payment shares. After seven days each text is `[Expired]`.
fn add_customer(
    details: &mut Value,
    order: &Order,
    person: &Person,
    approved: Timestamp,
    now: Timestamp,
) {
    let Some(mut user) = person.details(&order.terms.shares) else {
        return;
    };
    let mut address = person::address();
    if !person::is_shown(approved, now) {
        person::expire(&mut user);
        person::expire(&mut address);
    }
    details["userDetails"] = user;
    if let Some(method) = &order.shipping {
        details["shippingDetails"] = method.details(&address);
    }
    if person::has_sub(approved, now) {
        details["sub"] = person.sub().into();
    }
}

fn entry(entry: &Entry) -> Value {
    let mut shown = json!({
        "amount": entry.amount,
        "operation": entry.operation,
        "operationSuccess": entry.success,
        "requestId": entry.request_id,
        "timeStamp": stamp(entry.time),
        "transactionText": entry.text,
    });
    if let Some(id) = &entry.transaction_id {
        shown["transactionId"] = id.as_str().into();
    }
    shown
}

pub(crate) fn status(state: &mut State, call: &Call<'_>) -> Response {
    match known_order(state, &call.msn, call.param("orderId")) {
        Ok(order) => Response::json(StatusCode::OK, last(state.order(order))),
        Err(refusal) => *refusal,
    }
}

/// Returns the `status` response, which has only the last transaction. An expired payment has the
/// status `REJECTED`.
fn last(order: &Order) -> Value {
    let mut shown = json!({"orderId": order.id});
    if let Some(entry) = order.log.last() {
        let status = match order.phase {
            Phase::Expired => "REJECTED",
            Phase::Failed => "FAILED",
            _ => entry.operation,
        };
        let mut info = json!({
            "amount": entry.amount,
            "status": status,
            "timeStamp": stamp(entry.time),
        });
        if let Some(id) = &entry.transaction_id {
            info["transactionId"] = id.as_str().into();
        }
        shown["transactionInfo"] = info;
    }
    shown
}
