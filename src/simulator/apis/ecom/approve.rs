//! `POST /ecomm/v2/integration-test/payments/{orderId}/approve`: approves a payment without the
//! app, in the test environment only.

use http::StatusCode;

use super::{error_codes, find};
use crate::simulator::domain::Flow;
use crate::simulator::domain::profile::Profile;
use crate::simulator::gateway::{Call, Failure, Response, State};

pub(super) fn force_approve(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let id = find(state, &call.sales_unit, call.param("orderId"))?;
    let payment = state.domain.payment(id);
    let customer = match call.text("/customerPhoneNumber") {
        None => payment.usual_customer(),
        Some(number) => Profile::of_number(number)
            .filter(|customer| customer.norwegian_number().is_some())
            .ok_or_else(|| error_codes::NOT_A_USER.response(&mut state.random))?,
    };
    if let Some(token) = call.text("/token")
        && payment.options.landing_token != token
    {
        let reason = "The token is not the one of this payment's url";
        let random = &mut state.random;
        return Err(error_codes::invalid_request("token", reason, random).into());
    }
    let is_forcible = payment.options.shipping.is_none() && payment.options.flow != Flow::Push;
    if payment.is_waiting() && !is_forcible {
        let response = error_codes::NOT_ALLOWED.response(&mut state.random);
        let note = "neither express payments nor those without a landing page";
        return Err(response.noted(note).into());
    }
    state.domain.force_approve(id, customer, call.now)?;
    Ok(Response::empty(StatusCode::OK))
}
