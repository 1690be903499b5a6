//! Capture, cancel and refund: the operations that move money, and the idempotency keys that
//! prevent a second movement.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::core::Call;
use crate::simulator::errors::{self, Code};
use crate::simulator::order::{Action, Done, Order};
use crate::simulator::state::{OrderRef, State};
use crate::simulator::wire::Response;

use super::{INSTRUMENT, has_reservation, known_order, stamp, summary};

/// Test amounts of refunds, in øre. The response of the eCom API to them is not documented.
const UNMODELLED_REFUNDS: [(i64, &str); 2] = [
    (123, "the refund has no receiver"),
    (124, "the period for refunds is over"),
];
/// The smallest amount that a call may name, in øre.
const SMALLEST_PART: i64 = 100;

pub(crate) fn capture(state: &mut State, call: &Call<'_>) -> Response {
    part(state, call, "capture", |order, asked, action| {
        order.capture(asked, action)
    })
}

pub(crate) fn refund(state: &mut State, call: &Call<'_>) -> Response {
    part(state, call, "refund", |order, asked, action| {
        order.refund(asked, action)
    })
}

/// Refuses a refund of a test amount. The call may name the amount, or the amount may be all that
/// is left.
fn unmodelled_refund(order: &Order, asked: Option<i64>) -> Option<Response> {
    let amount = asked.unwrap_or_else(|| order.summary().left_to_refund);
    let mut tests = UNMODELLED_REFUNDS.iter();
    let (_, meaning) = tests.find(|(test, _)| *test == amount)?;
    let feature = format!("the test amount {amount} ({meaning})");
    Some(errors::unmodelled(&feature))
}

type Step = fn(&mut Order, Option<i64>, &Action<'_>) -> Result<i64, Code>;

/// Handles capture and refund. They differ in the step that they take and in the name of one member
/// of the response.
fn part(state: &mut State, call: &Call<'_>, endpoint: &'static str, step: Step) -> Response {
    let order = match known_order(state, &call.msn, call.param("orderId")) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let key = call
        .request
        .header("x-request-id")
        .filter(|key| !key.is_empty());
    if let Some(key) = key
        && let Some(answer) = repeated(state, order, endpoint, key, &call.body)
    {
        return answer;
    }
    let asked = match asked_amount(call) {
        Ok(asked) => asked,
        Err(reason) => {
            return errors::invalid_request("transaction.amount", &reason, &mut state.random);
        }
    };
    if endpoint == "refund"
        && let Some(refusal) = unmodelled_refund(state.order(order), asked)
    {
        return refusal;
    }
    let text = call
        .text("/transaction/transactionText")
        .unwrap_or_default();
    let action = Action {
        text,
        key,
        transaction_id: state.transaction_id(),
        now: call.now,
    };
    let amount = match step(state.order_mut(order), asked, &action) {
        Ok(amount) => amount,
        Err(code) => return code.response(&mut state.random),
    };
    let answer = if endpoint == "capture" {
        captured(state, order, amount, &action)
    } else {
        refunded(state, order, amount, &action)
    };
    let Some(key) = key else {
        return Response::json(StatusCode::OK, answer)
            .noted("X-Request-Id is missing: the same call again moves money again");
    };
    let done = Done {
        amount: asked.unwrap_or(0),
        request: call.body.clone(),
        answer: answer.clone(),
    };
    state
        .order_mut(order)
        .done
        .insert((endpoint, key.to_owned()), done);
    Response::json(StatusCode::OK, answer)
}

/// Returns the requested amount. A missing amount, `null` and 0 mean all that is left.
fn asked_amount(call: &Call<'_>) -> Result<Option<i64>, String> {
    match call.body.pointer("/transaction/amount") {
        None | Some(Value::Null) => Ok(None),
        Some(amount) => match amount.as_i64() {
            Some(0) => Ok(None),
            Some(amount) if amount >= SMALLEST_PART => Ok(Some(amount)),
            _ => Err(format!(
                "The field transaction.amount must be at least {SMALLEST_PART}."
            )),
        },
    }
}

/// Returns the response to a call whose idempotency key was used before: the first response, or an
/// error if the request differs.
fn repeated(
    state: &mut State,
    order: OrderRef,
    endpoint: &'static str,
    key: &str,
    request: &Value,
) -> Option<Response> {
    let done = state.order(order).done.get(&(endpoint, key.to_owned()))?;
    if done.request == *request {
        return Some(
            Response::json(StatusCode::OK, done.answer.clone())
                .noted("repeated: the first answer again, no second effect"),
        );
    }
    let amount = request
        .pointer("/transaction/amount")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let code = if amount == done.amount {
        errors::OTHER_REQUEST
    } else {
        errors::OTHER_AMOUNT
    };
    Some(code.response(&mut state.random))
}

fn captured(state: &State, order: OrderRef, amount: i64, action: &Action<'_>) -> Value {
    let order = state.order(order);
    json!({
        "orderId": order.id,
        "paymentInstrument": INSTRUMENT,
        "transactionInfo": {
            "amount": amount,
            "status": "Captured",
            "timeStamp": stamp(action.now),
            "transactionId": action.transaction_id,
            "transactionText": action.text,
        },
        "transactionSummary": summary(order.summary()),
    })
}

/// Returns the response to a refund. Its member is named `transaction`, and its time has no zone.
fn refunded(state: &State, order: OrderRef, amount: i64, action: &Action<'_>) -> Value {
    let order = state.order(order);
    json!({
        "orderId": order.id,
        "transaction": {
            "amount": amount,
            "status": "Refund",
            "timeStamp": stamp(action.now).trim_end_matches('Z'),
            "transactionId": action.transaction_id,
            "transactionText": action.text,
        },
        "transactionSummary": summary(order.summary()),
    })
}

pub(crate) fn cancel(state: &mut State, call: &Call<'_>) -> Response {
    let order = match known_order(state, &call.msn, call.param("orderId")) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let release_rest = call
        .body
        .get("shouldReleaseRemainingFunds")
        .and_then(Value::as_bool)
        == Some(true);
    let action = Action {
        text: call
            .text("/transaction/transactionText")
            .unwrap_or_default(),
        key: None,
        transaction_id: state.transaction_id(),
        now: call.now,
    };
    let (amount, was_reserved) = match state.order_mut(order).cancel(release_rest, &action) {
        Ok(done) => done,
        Err(code) => return code.response(&mut state.random),
    };
    let order = state.order(order);
    let mut info = json!({
        "amount": amount,
        "status": "Cancelled",
        "timeStamp": stamp(call.now),
        "transactionText": action.text,
    });
    if was_reserved {
        info["transactionId"] = action.transaction_id.as_str().into();
    }
    let mut answer = json!({
        "orderId": order.id,
        "transactionInfo": info,
        "transactionSummary": summary(order.summary()),
    });
    if has_reservation(order) {
        answer["paymentInstrument"] = INSTRUMENT.into();
    }
    Response::json(StatusCode::OK, answer)
}
