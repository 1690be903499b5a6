//! The simulated APIs, as a function of the state, a request and the time. This module opens no
//! socket, reads no clock and takes its randomness from the state.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::operations::{Api, Limit, Operation};
use super::routes::{self, Found};
use super::state::State;
use super::validate::{self, Place, Rule, Violation};
use super::wire::{Body, Request, Response};
use super::{auth, errors, images};

/// A request for a handler. Its credentials are checked and it matches the spec.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) params: &'a [(&'static str, String)],
    pub(crate) now: Timestamp,
    /// The sales unit.
    pub(crate) msn: String,
    /// `null` if the operation has no body.
    pub(crate) body: Value,
}

impl Call<'_> {
    /// Returns a path parameter. The route guarantees that it exists.
    pub(crate) fn param(&self, name: &str) -> &str {
        routes::parameter(self.params, name).unwrap_or_default()
    }

    /// Returns the text at a JSON pointer into the body.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }
}

/// Returns the response to one request.
pub(crate) fn apply(state: &mut State, request: &Request, now: Timestamp) -> Response {
    state.tick(now);
    match routes::find(request) {
        Found::Operation(operation, params) => {
            let answer =
                serve(state, request, operation, &params, now).unwrap_or_else(|refusal| *refusal);
            checked(operation, answer)
        }
        Found::Image => images::serve(state, request, now),
        Found::LandingPage => errors::unmodelled(
            "the landing page itself; Simulator::payer takes its URL and plays the customer",
        ),
        Found::Unmodelled(feature) => errors::unmodelled(feature),
        Found::WrongMethod => errors::gateway(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
        Found::Nothing => {
            errors::gateway_info(StatusCode::NOT_FOUND, "Not Found", "Resource not found")
        }
    }
}

fn serve(
    state: &mut State,
    request: &Request,
    operation: &'static Operation,
    params: &[(&'static str, String)],
    now: Timestamp,
) -> Result<Response, Box<Response>> {
    if operation.api != Api::AccessToken {
        auth::check(state, request, operation.api, now)?;
    }
    let (body, parsed) = read_body(operation, request);
    let msn = auth::sales_unit(state, request, operation.api, &body)?;
    count(state, operation, params, request, &body, &msn, now)?;
    if operation.body {
        media_type(state, operation, request)?;
        if !parsed {
            return Err(Box::new(unreadable(state, operation.api)));
        }
    }
    let violations = validate::request(operation, request, params, &body)
        .map_err(|missing| Box::new(errors::unmodelled(&missing)))?;
    if !violations.is_empty() {
        return Err(Box::new(refusal(state, operation.api, &violations)));
    }
    let call = Call {
        request,
        params,
        now,
        msn,
        body,
    };
    Ok((operation.handler)(state, &call))
}

/// Returns the body, and `false` if it should be JSON but is not.
fn read_body(operation: &Operation, request: &Request) -> (Value, bool) {
    if !operation.body {
        return (Value::Null, true);
    }
    serde_json::from_slice(&request.body).map_or((Value::Null, false), |body| (body, true))
}

fn count(
    state: &mut State,
    operation: &Operation,
    params: &[(&'static str, String)],
    request: &Request,
    body: &Value,
    msn: &str,
    now: Timestamp,
) -> Result<(), Box<Response>> {
    let order = routes::parameter(params, "orderId")
        .or_else(|| body.pointer("/transaction/orderId")?.as_str())
        .filter(|order| !order.is_empty());
    // The limits are for each order, so a request without an order id is not counted.
    let Some(order) = order else {
        return Ok(());
    };
    let (limit, whose) = match operation.limit {
        Limit::None => return Ok(()),
        Limit::PerMerchant(limit) => (limit, msn),
        Limit::PerSubscriptionKey(limit) => (
            limit,
            request.header(auth::SUBSCRIPTION_KEY).unwrap_or_default(),
        ),
    };
    let whose = format!("{whose}/{order}");
    state
        .limits
        .count(operation.id, whose, limit, now)
        .map_err(|wait| {
            Box::new(
                errors::gateway(
                    StatusCode::TOO_MANY_REQUESTS,
                    &format!("Rate limit is exceeded. Try again in {wait} seconds."),
                )
                .noted(format!("more than {limit} calls per minute for this order")),
            )
        })
}

fn media_type(
    state: &mut State,
    operation: &Operation,
    request: &Request,
) -> Result<(), Box<Response>> {
    let sent = request.header("content-type").unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Box::new(match operation.api {
        Api::Qr => errors::qr(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            "The body must be application/json",
            &mut state.random,
        ),
        _ => errors::gateway(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type"),
    }))
}

fn unreadable(state: &mut State, api: Api) -> Response {
    match api {
        Api::Ecom => errors::INTERNAL
            .response(&mut state.random)
            .noted("the body is not JSON"),
        Api::Exchange => {
            errors::exchange_invalid(&[("body".into(), "The body is not JSON.".into())])
        }
        Api::Qr | Api::AccessToken => errors::qr_invalid(
            &[("$".into(), "The body is not JSON.".into())],
            &mut state.random,
        ),
    }
}

/// Returns the response of each API to a request that breaks its schema.
fn refusal(state: &mut State, api: Api, violations: &[Violation]) -> Response {
    let note = violations
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    let named = |root: &str| -> Vec<(String, String)> {
        violations
            .iter()
            .map(|violation| (violation.name(root).to_owned(), violation.reason.clone()))
            .collect()
    };
    let response = match api {
        Api::Ecom => ecom_refusal(state, violations),
        Api::Exchange => errors::exchange_invalid(&named("body")),
        Api::Qr => errors::qr_invalid(&named("$"), &mut state.random),
        Api::AccessToken => errors::gateway(StatusCode::BAD_REQUEST, &note),
    };
    response.noted(note)
}

/// Returns the eCom API's response, which names a field that breaks a rule. The documented response
/// is HTTP 500 if a serial number is not text, an amount is not an integer, or `fallBack` is
/// missing or misspelled.
fn ecom_refusal(state: &mut State, violations: &[Violation]) -> Response {
    let is_internal = |violation: &Violation| {
        let field = violation.field.as_str();
        violation.place == Place::Body
            && match violation.rule {
                Rule::Type => matches!(
                    field,
                    "merchantInfo.merchantSerialNumber" | "transaction.amount"
                ),
                Rule::Required => field == "merchantInfo.fallBack",
                Rule::Value => false,
            }
    };
    match violations.first() {
        Some(violation) if !violations.iter().any(is_internal) => {
            errors::invalid_request(violation.name("body"), &violation.reason, &mut state.random)
        }
        _ => errors::INTERNAL.response(&mut state.random),
    }
}

/// Replaces a response that the vendored spec forbids by a 501.
fn checked(operation: &Operation, answer: Response) -> Response {
    if answer.departs.is_some() {
        return answer;
    }
    let body = match &answer.body {
        Body::Json(value) => Some(value),
        Body::Empty => None,
        Body::Raw(..) => return answer,
    };
    match validate::response(operation, answer.status, body) {
        Ok(()) => answer,
        Err(violation) => errors::broken_promise(operation.id, &violation),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::operations::OPERATIONS;

    fn named(id: &str) -> &'static Operation {
        OPERATIONS
            .iter()
            .find(|operation| operation.id == id)
            .unwrap()
    }

    #[test]
    fn no_answer_goes_out_that_the_spec_forbids() {
        let operation = named("initiate_payment_v3_using_post");
        for answer in [
            Response::json(StatusCode::OK, json!({"orderId": "a"})),
            Response::json(StatusCode::OK, json!({"orderId": 1, "url": "https://x"})),
            Response::json(
                StatusCode::OK,
                json!({"orderId": "a_b", "url": "https://x"}),
            ),
            Response::empty(StatusCode::OK),
            Response::json(StatusCode::BAD_REQUEST, json!({"unheard": "of"})),
        ] {
            let told = checked(operation, answer.clone());
            assert_eq!(told.status, 501, "{answer:?}");
            let Body::Json(body) = told.body else {
                panic!("no JSON");
            };
            let detail = body["detail"].as_str().unwrap();
            assert!(detail.starts_with(operation.id), "{detail}");
        }
        let good = Response::json(StatusCode::OK, json!({"orderId": "a", "url": "https://x"}));
        assert_eq!(checked(operation, good).status, 200);
    }

    #[test]
    fn a_success_that_the_spec_does_not_list_is_forbidden_and_an_error_is_not() {
        let operation = named("delete_merchant_redirect_qr");
        assert_eq!(
            checked(operation, Response::empty(StatusCode::CREATED)).status,
            501
        );
        assert_eq!(
            checked(operation, Response::empty(StatusCode::IM_A_TEAPOT)).status,
            418
        );
    }
}
