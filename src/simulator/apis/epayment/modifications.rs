//! Capture, refund and cancel: the operations that move money.

use http::StatusCode;

use super::create::{invalid, refuse};
use super::{KEY_HEADER, details, error_codes, find};
use crate::simulator::domain::{
    CancelScope, Cancellation, Change, Idempotency, Modification, PaymentId,
};
use crate::simulator::gateway::{Call, Failure, Response, State};
use crate::types::{Amount, Currency};

pub(super) fn capture(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, call)?;
    let request = modification(state, call)?;
    let change = state.domain.capture(payment, &request, call.now)?;
    Ok(modified(state, payment, &change))
}

pub(super) fn refund(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, call)?;
    let request = modification(state, call)?;
    let change = state.domain.refund(payment, &request, call.now)?;
    Ok(modified(state, payment, &change))
}

/// Cancels a payment that is not approved, or releases the whole rest of a reservation. A cancel
/// has no idempotency key.
pub(super) fn cancel(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, call)?;
    let request = Cancellation {
        scope: if call.body["cancelTransactionOnly"] == true {
            CancelScope::Unapproved
        } else {
            CancelScope::Rest
        },
        closes_ended: false,
        text: String::new(),
        idempotency_key: None,
    };
    let change = state.domain.cancel(payment, &request, call.now)?;
    Ok(modified(state, payment, &change))
}

fn modified(state: &State, payment: PaymentId, change: &Change) -> Response {
    let payment = state.domain.payment(payment);
    Response::json(StatusCode::OK, details::snapshot(payment, &change.sums))
}

/// Reads a request to capture or refund. The amount is always explicit.
fn modification(state: &mut State, call: &Call<'_>) -> Result<Modification, Failure> {
    let key = call.request.header(KEY_HEADER);
    Ok(Modification {
        amount: Some(amount(state, call)?),
        text: String::new(),
        idempotency: key.map(|key| Idempotency {
            key: key.to_owned(),
            request: call.body.to_string(),
        }),
    })
}

fn amount(state: &mut State, call: &Call<'_>) -> Result<Amount, Failure> {
    let requested = &call.body["modificationAmount"];
    let Some(value) = requested["value"].as_i64().filter(|value| *value > 0) else {
        return Err(refuse(state, error_codes::INVALID_AMOUNT));
    };
    let currency = requested["currency"].as_str().unwrap_or_default();
    let Ok(currency) = currency.parse::<Currency>() else {
        let rule = "must be a currency";
        return Err(invalid(state, "modificationAmount.currency", rule));
    };
    Ok(Amount::minor(value, currency))
}
