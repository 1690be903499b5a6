//! Authentication and authorization: subscription key, access token, sales unit.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::errors;
use super::operations::Api;
use super::state::State;
use super::wire::{Request, Response};

pub(crate) const SUBSCRIPTION_KEY: &str = "ocp-apim-subscription-key";
pub(crate) const SERIAL_NUMBER: &str = "merchant-serial-number";

/// Checks the subscription key, as the gateway does for every API.
pub(crate) fn subscription_key(state: &State, request: &Request) -> Result<(), Box<Response>> {
    match request.header(SUBSCRIPTION_KEY) {
        None | Some("") => Err(Box::new(errors::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        ))),
        Some(key) if key != state.settings.keys.subscription_key => Err(Box::new(errors::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        ))),
        Some(_) => Ok(()),
    }
}

/// Checks the subscription key and the access token.
pub(crate) fn check(
    state: &State,
    request: &Request,
    api: Api,
    now: Timestamp,
) -> Result<(), Box<Response>> {
    subscription_key(state, request)?;
    let refuse = |note: &str| {
        let message = "Something went wrong, please try again later";
        let response = if api == Api::Ecom {
            errors::gateway_info(StatusCode::UNAUTHORIZED, "Unauthorized", message)
        } else {
            errors::gateway(StatusCode::UNAUTHORIZED, message)
        };
        Err(Box::new(response.noted(note)))
    };
    let Some(authorization) = request.header("authorization") else {
        return refuse("Authorization is missing");
    };
    let Some(token) = authorization.strip_prefix("Bearer ") else {
        return refuse("Authorization does not start with \"Bearer \"");
    };
    match state.tokens.get(token) {
        None => refuse("the access token was not issued here, or is revoked"),
        Some(end) if *end <= now => refuse("the access token has expired"),
        Some(_) => Ok(()),
    }
}

/// Returns the sales unit of a request: the one in the body, else the one in the header, else the
/// one that the keys belong to.
pub(crate) fn sales_unit(
    state: &mut State,
    request: &Request,
    api: Api,
    body: &Value,
) -> Result<String, Box<Response>> {
    let header = request.header(SERIAL_NUMBER);
    let in_body = body
        .pointer("/merchantInfo/merchantSerialNumber")
        .and_then(Value::as_str);
    for msn in [header, in_body].into_iter().flatten() {
        if !state.settings.sales_units.contains_key(msn) {
            let msn = msn.to_owned();
            return Err(Box::new(foreign(state, api, &msn)));
        }
    }
    if let (Some(header), Some(in_body)) = (header, in_body)
        && header != in_body
    {
        let in_body = in_body.to_owned();
        return Err(Box::new(foreign(state, api, &in_body).noted(
            "the header Merchant-Serial-Number and the body name different sales units",
        )));
    }
    Ok(in_body
        .or(header)
        .unwrap_or(&state.settings.keys.merchant_serial_number)
        .to_owned())
}

fn foreign(state: &mut State, api: Api, msn: &str) -> Response {
    let message =
        format!("Invalid MSN: {msn}. Check your API keys on portal.vipps.no for this sales unit");
    match api {
        Api::Ecom => errors::gateway_info(StatusCode::FORBIDDEN, "Forbidden", &message),
        Api::Qr => errors::qr(
            StatusCode::FORBIDDEN,
            "Forbidden",
            &message,
            &mut state.random,
        ),
        Api::AccessToken | Api::Exchange => errors::gateway(StatusCode::FORBIDDEN, &message),
    }
}
