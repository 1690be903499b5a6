//! Authentication and authorization: subscription key, access token, sales unit.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::api::{Api, Failure};
use super::errors;
use super::message::Request;
use super::state::State;

pub(crate) const SUBSCRIPTION_KEY: &str = "ocp-apim-subscription-key";
pub(crate) const SERIAL_NUMBER: &str = "merchant-serial-number";

/// Checks the subscription key, as the gateway does for every API.
pub(crate) fn subscription_key(state: &State, request: &Request) -> Result<(), Failure> {
    match request.header(SUBSCRIPTION_KEY) {
        None | Some("") => Err(errors::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        )
        .into()),
        Some(key) if key != state.settings.keys.subscription_key => Err(errors::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        )
        .into()),
        Some(_) => Ok(()),
    }
}

/// Checks the access token. An error is the remark for the journal.
pub(super) fn access_token(
    state: &State,
    request: &Request,
    now: Timestamp,
) -> Result<(), &'static str> {
    let authorization = request.header("authorization");
    let authorization = authorization.ok_or("Authorization is missing")?;
    let Some(token) = authorization.strip_prefix("Bearer ") else {
        return Err("Authorization does not start with \"Bearer \"");
    };
    match state.tokens.get(token) {
        None => Err("the access token was not issued here, or is revoked"),
        Some(expires) if *expires <= now => Err("the access token has expired"),
        Some(_) => Ok(()),
    }
}

/// A sales unit that the keys may not act for.
pub(super) struct ForeignSalesUnit {
    pub(super) sales_unit: String,
    /// The remark for the journal.
    pub(super) note: Option<&'static str>,
}

/// Returns the sales unit of a request: the one in the body, else the one in the header, else the
/// one that the keys belong to.
pub(super) fn sales_unit(
    state: &State,
    request: &Request,
    api: &Api,
    body: &Value,
) -> Result<String, ForeignSalesUnit> {
    let header = request.header(SERIAL_NUMBER);
    let in_body = api
        .sales_unit_in_body
        .and_then(|pointer| body.pointer(pointer)?.as_str());
    let foreign = |sales_unit: &str, note| {
        Err(ForeignSalesUnit {
            sales_unit: sales_unit.to_owned(),
            note,
        })
    };
    for sales_unit in [header, in_body].into_iter().flatten() {
        if !state.settings.sales_units.contains_key(sales_unit) {
            return foreign(sales_unit, None);
        }
    }
    match (header, in_body) {
        (Some(header), Some(in_body)) if header != in_body => foreign(
            in_body,
            Some("the header Merchant-Serial-Number and the body name different sales units"),
        ),
        _ => Ok(in_body
            .or(header)
            .unwrap_or(&state.settings.keys.merchant_serial_number)
            .to_owned()),
    }
}
