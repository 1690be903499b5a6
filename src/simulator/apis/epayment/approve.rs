//! `POST /epayment/v1/test/payments/{reference}/approve`: approves a payment without the app, in
//! the test environment only.

use http::StatusCode;

use super::create::{customer, invalid, missing, refuse};
use super::{error_codes, find};
use crate::simulator::gateway::{Call, Failure, Response, State};

pub(super) fn force_approve(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let id = find(state, call)?;
    let named = customer(state, call)?;
    let token = call.text("/token");
    if named.is_none() && token.is_none() {
        return Err(missing(state, "customer", " without token"));
    }
    let payment = state.domain.payment(id);
    if token.is_some_and(|token| token != payment.options.landing_token) {
        let rule = "must be the token in the redirectUrl of this payment";
        return Err(invalid(state, "token", rule));
    }
    if payment.is_waiting() && payment.options.shipping.is_some() {
        return Err(refuse(state, error_codes::APPROVAL_NOT_SUPPORTED));
    }
    let customer = named.unwrap_or_else(|| payment.usual_customer());
    state.domain.force_approve(id, customer, call.now)?;
    Ok(Response::empty(StatusCode::OK))
}
