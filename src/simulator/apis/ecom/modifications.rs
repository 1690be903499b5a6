//! Capture, cancel and refund: the operations that move money.

use http::StatusCode;
use serde_json::{Value, json};

use super::{INSTRUMENT, error_codes, find, stamp, summary};
use crate::simulator::domain::{
    CancelScope, Cancellation, Change, Idempotency, Modification, PaymentEventKind,
};
use crate::simulator::gateway::{Call, Failure, Response, State};
use crate::types::{Amount, Currency};

/// The smallest amount that a call may name, in øre.
const SMALLEST_PART: i64 = 100;

pub(super) fn capture(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, &call.sales_unit, call.param("orderId"))?;
    let request = modification(state, call)?;
    let change = state.domain.capture(payment, &request, call.now)?;
    let mut response = json!({
        "orderId": call.param("orderId"),
        "paymentInstrument": INSTRUMENT,
        "transactionInfo": info(&change, "Captured"),
        "transactionSummary": summary(&change.sums),
    });
    response["transactionInfo"]["transactionId"] = change.event.id.as_str().into();
    Ok(modified(response, &change))
}

/// The response has a member with another name than that of capture, and its time has no zone.
pub(super) fn refund(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, &call.sales_unit, call.param("orderId"))?;
    let request = modification(state, call)?;
    let change = state.domain.refund(payment, &request, call.now)?;
    let mut response = json!({
        "orderId": call.param("orderId"),
        "transaction": info(&change, "Refund"),
        "transactionSummary": summary(&change.sums),
    });
    response["transaction"]["transactionId"] = change.event.id.as_str().into();
    response["transaction"]["timeStamp"] = stamp(change.event.time).trim_end_matches('Z').into();
    Ok(modified(response, &change))
}

fn modified(response: Value, change: &Change) -> Response {
    let response = Response::json(StatusCode::OK, response);
    if change.is_repeated {
        response.noted("repeated: the first response, no second effect")
    } else if change.event.idempotency_key.is_none() {
        response.noted("X-Request-Id is missing: a retry of this request moves money twice")
    } else {
        response
    }
}

fn info(change: &Change, status: &str) -> Value {
    json!({
        "amount": change.event.amount.minor_units(),
        "status": status,
        "timeStamp": stamp(change.event.time),
        "transactionText": change.event.text,
    })
}

/// Reads a request to capture or refund.
fn modification(state: &mut State, call: &Call<'_>) -> Result<Modification, Failure> {
    let key = call.request.header("x-request-id");
    let key = key.filter(|key| !key.is_empty());
    Ok(Modification {
        amount: amount(state, call)?,
        text: text(call),
        idempotency: key.map(|key| Idempotency {
            key: key.to_owned(),
            request: call.body.to_string(),
        }),
    })
}

/// Returns the requested amount. A missing amount, `null` and 0 mean all that is left.
fn amount(state: &mut State, call: &Call<'_>) -> Result<Option<Amount>, Failure> {
    match call.body.pointer("/transaction/amount") {
        None | Some(Value::Null) => Ok(None),
        Some(amount) => match amount.as_i64() {
            Some(0) => Ok(None),
            Some(ore) if ore >= SMALLEST_PART => Ok(Some(Amount::minor(ore, Currency::NOK))),
            _ => {
                let field = "transaction.amount";
                let reason = format!("The field {field} must be at least {SMALLEST_PART}.");
                let random = &mut state.random;
                Err(error_codes::invalid_request(field, &reason, random).into())
            }
        },
    }
}

fn text(call: &Call<'_>) -> String {
    let text = call.text("/transaction/transactionText");
    text.unwrap_or_default().to_owned()
}

pub(super) fn cancel(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let id = find(state, &call.sales_unit, call.param("orderId"))?;
    let releases_rest = call.body["shouldReleaseRemainingFunds"].as_bool() == Some(true);
    let request = Cancellation {
        scope: if releases_rest {
            CancelScope::Rest
        } else {
            CancelScope::Uncaptured
        },
        closes_ended: true,
        text: text(call),
        idempotency_key: None,
    };
    let change = state.domain.cancel(id, &request, call.now)?;
    let mut response = json!({
        "orderId": call.param("orderId"),
        "transactionInfo": info(&change, "Cancelled"),
        "transactionSummary": summary(&change.sums),
    });
    if change.event.kind == PaymentEventKind::Released {
        response["transactionInfo"]["transactionId"] = change.event.id.as_str().into();
        response["paymentInstrument"] = INSTRUMENT.into();
    }
    Ok(Response::json(StatusCode::OK, response))
}
