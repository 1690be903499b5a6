//! `POST /qr/v1`: a code that opens one payment.

use http::StatusCode;
use serde_json::json;

use super::{Output, errors, requested_output};
use crate::simulator::domain::Flow;
use crate::simulator::domain::time::seconds_until;
use crate::simulator::gateway::{Call, Failure, Response, State, images, landing_token};

pub(super) fn generate(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let output = requested_output(state, call.request)?;
    let landing_page = call.text("/url").unwrap_or_default();
    let payment = landing_token(landing_page)
        .and_then(|token| state.domain.by_landing_token(&token))
        .filter(|payment| state.domain.payment(*payment).options.flow != Flow::Push);
    let refuse = |state: &mut State, title, detail| -> Result<Response, Failure> {
        let status = StatusCode::BAD_REQUEST;
        Err(errors::problem(status, title, detail, &mut state.random).into())
    };
    let Some(payment) = payment else {
        let detail = "Supplied landing page token is not valid";
        return refuse(state, "Validation error", detail);
    };
    let expires = state.domain.payment(payment).landing_page_expires();
    if !state.domain.payment(payment).is_waiting() || expires <= call.now {
        return refuse(state, "Order timeout", "Payment has already timed out");
    }
    let codes = &mut state.domain.codes;
    let content = codes.add_payment(payment, &mut state.random);
    let url = match output {
        Output::Content => content,
        Output::Link(format) => images::link(state, format, &content, Some(expires), call.now),
    };
    Ok(Response::json(
        StatusCode::OK,
        json!({"url": url, "expiresIn": seconds_until(call.now, expires)}),
    ))
}
