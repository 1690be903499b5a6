//! `POST /ecomm/v2/integration-test/payments/{orderId}/approve`: approves a payment without the
//! app, in the test environment only.

use http::StatusCode;

use crate::simulator::core::Call;
use crate::simulator::errors;
use crate::simulator::order::Phase;
use crate::simulator::person::Person;
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::known_order;

pub(crate) fn force_approve(state: &mut State, call: &Call<'_>) -> Response {
    let order = match known_order(state, &call.msn, call.param("orderId")) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let person = match call.text("/customerPhoneNumber") {
        None => state.order(order).usual_customer(),
        Some(number) => match Person::of_norwegian_number(number) {
            Some(person) => person,
            None => return errors::NOT_A_USER.response(&mut state.random),
        },
    };
    if let Some(token) = call.text("/token")
        && state.by_landing_token(token) != Some(order)
    {
        return errors::invalid_request(
            "token",
            "The token is not the one of this payment's url",
            &mut state.random,
        );
    }
    let refusal = match state.order(order).phase {
        Phase::Initiated => {
            let terms = &state.order(order).terms;
            if terms.express.is_some() || terms.skips_landing_page {
                return errors::NOT_ALLOWED
                    .response(&mut state.random)
                    .noted("neither express payments nor those without a landing page");
            }
            state.scan(order, call.now);
            // Force approve ignores the test amounts.
            state.settle(order, person, call.now);
            return Response::empty(StatusCode::OK);
        }
        Phase::Approved => errors::ALREADY_PROCESSED,
        Phase::Cancelled | Phase::Failed => errors::NOT_ALLOWED,
        Phase::Expired => errors::NOT_ACTED,
    };
    refusal.response(&mut state.random)
}
