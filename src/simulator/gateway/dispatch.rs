//! The response to a request, as a function of the state, the request and the time. This module
//! opens no socket, reads no clock and takes its randomness from the state.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::api::{Call, Failure, GatewayError, Limit};
use super::auth::{self, ForeignSalesUnit};
#[cfg(feature = "simulator-contract")]
use super::contract;
use super::errors;
use super::idempotency::{Key, KeyReuse, KeyedRequest};
use super::images;
#[cfg(feature = "simulator-contract")]
use super::message::Body;
use super::message::{Request, Response};
use super::routes::{RequestTarget, Route, parameter};
use super::state::State;
use super::violation::Violation;
use crate::simulator::domain::Refusal;

type Params = [(&'static str, String)];

/// Returns the response to one request.
pub(crate) fn dispatch(state: &mut State, request: &Request, now: Timestamp) -> Response {
    state.tick(now);
    match state.routes.find(request) {
        RequestTarget::Operation(route, params) => {
            let response = serve(state, request, route, &params, now);
            state.notify();
            let response = into_response(state, route, response);
            checked(route, response)
        }
        RequestTarget::Image => images::serve(state, request, now),
        RequestTarget::LandingPage => errors::unmodelled(
            "the landing page; act as the customer with Simulator::payer or the control API",
        ),
        RequestTarget::Unmodelled(feature) => errors::unmodelled(feature),
        RequestTarget::WrongMethod => {
            errors::gateway(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        }
        RequestTarget::Unknown => {
            errors::gateway_info(StatusCode::NOT_FOUND, "Not Found", "Resource not found")
        }
    }
}

/// Turns a failure into the response to it.
fn into_response(state: &mut State, route: Route, result: Result<Response, Failure>) -> Response {
    match result {
        Ok(response) => response,
        Err(Failure::Response(response)) => *response,
        Err(Failure::Refused(refusal)) => refuse(state, route, &GatewayError::Refused(&refusal)),
    }
}

/// Returns the response of the operation, or of its API, to a request that is refused.
fn refuse(state: &mut State, route: Route, error: &GatewayError<'_>) -> Response {
    let refuse = route.operation.refuse.unwrap_or(route.api.refuse);
    refuse(error, &mut state.random)
}

fn serve(
    state: &mut State,
    request: &Request,
    route: Route,
    params: &Params,
    now: Timestamp,
) -> Result<Response, Failure> {
    if route.api.needs_token {
        auth::subscription_key(state, request)?;
        if let Err(note) = auth::access_token(state, request, now) {
            return Err(refuse(state, route, &GatewayError::Unauthorized)
                .noted(note)
                .into());
        }
    }
    let has_body = route.documented.has_body;
    let body = if has_body {
        serde_json::from_slice(&request.body).ok()
    } else {
        Some(Value::Null)
    };
    let parsed = body.as_ref().unwrap_or(&Value::Null);
    let sales_unit = match auth::sales_unit(state, request, route.api, parsed) {
        Ok(sales_unit) => sales_unit,
        Err(ForeignSalesUnit { sales_unit, note }) => {
            let error = GatewayError::ForeignSalesUnit(&sales_unit);
            let mut response = refuse(state, route, &error);
            response.note = note.map(str::to_owned);
            return Err(response.into());
        }
    };
    count(state, route, params, request, parsed, &sales_unit, now)?;
    if has_body && !is_json(request) {
        return Err(refuse(state, route, &GatewayError::UnsupportedMediaType).into());
    }
    let Some(body) = body else {
        let response = refuse(state, route, &GatewayError::NotJson);
        return Err(response.noted("the body is not JSON").into());
    };
    let call = Call {
        request,
        params,
        now,
        sales_unit,
        body,
    };
    let Some(key) = key(route, &call) else {
        return run(state, route, &call);
    };
    let keyed = KeyedRequest {
        params: params.to_vec(),
        body: call.body.clone(),
    };
    match state.keyed.find(&key, &keyed) {
        Some(KeyReuse::Replay(response)) => Ok(
            response.noted("the idempotency key was used before: the first response, no effect")
        ),
        Some(KeyReuse::Conflict) => Err(Refusal::KeyReused { same_amount: false }.into()),
        None => {
            let result = run(state, route, &call);
            let response = into_response(state, route, result);
            state.keyed.add(key, keyed, &response);
            Ok(response)
        }
    }
}

/// Returns the idempotency key of a request to an operation that has keys. An empty key is no key.
fn key(route: Route, call: &Call<'_>) -> Option<Key> {
    let text = call.request.header(route.operation.key_header?)?;
    if text.is_empty() {
        return None;
    }
    Some(Key {
        sales_unit: call.sales_unit.clone(),
        operation: route.operation.id,
        text: text.to_owned(),
    })
}

/// Checks a request against the document and runs its operation.
fn run(state: &mut State, route: Route, call: &Call<'_>) -> Result<Response, Failure> {
    let violations = violations(route, call)?;
    if !violations.is_empty() {
        let notes: Vec<String> = violations.iter().map(ToString::to_string).collect();
        let response = refuse(state, route, &GatewayError::Violations(&violations));
        return Err(response.noted(notes.join("; ")).into());
    }
    (route.operation.handler)(state, call)
}

#[cfg(feature = "simulator-contract")]
fn violations(route: Route, call: &Call<'_>) -> Result<Vec<Violation>, Failure> {
    contract::request(route, call.request, call.params, &call.body)
        .map_err(|reason| errors::unmodelled(&reason).into())
}

/// Checks nothing. The handlers then check what their operation depends on.
#[cfg(not(feature = "simulator-contract"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the check")]
fn violations(_: Route, _: &Call<'_>) -> Result<Vec<Violation>, Failure> {
    Ok(Vec::new())
}

fn is_json(request: &Request) -> bool {
    let sent = request.header("content-type").unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Counts a call for the limits, which are for each payment. A request without a reference is not
/// counted.
fn count(
    state: &mut State,
    route: Route,
    params: &Params,
    request: &Request,
    body: &Value,
    sales_unit: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let (limit, scope) = match route.operation.limit {
        Limit::None => return Ok(()),
        Limit::PerMerchant(limit) => (limit, sales_unit),
        Limit::PerSubscriptionKey(limit) => {
            let key = request.header(auth::SUBSCRIPTION_KEY);
            (limit, key.unwrap_or_default())
        }
    };
    let Some(place) = route.api.reference else {
        return Ok(());
    };
    let reference = parameter(params, place.parameter)
        .or_else(|| body.pointer(place.body)?.as_str())
        .filter(|reference| !reference.is_empty());
    let Some(reference) = reference else {
        return Ok(());
    };
    let scope = format!("{scope}/{reference}");
    let counted = state.limits.count(route.operation.id, scope, limit, now);
    counted.map_err(|wait| {
        let message = format!("Rate limit is exceeded. Try again in {wait} seconds.");
        let note = format!("more than {limit} calls per minute for this payment");
        let response = errors::gateway(StatusCode::TOO_MANY_REQUESTS, &message);
        response.noted(note).into()
    })
}

#[cfg(not(feature = "simulator-contract"))]
fn checked(_: Route, response: Response) -> Response {
    response
}

/// Replaces a response that the vendored document forbids by a 501.
#[cfg(feature = "simulator-contract")]
fn checked(route: Route, response: Response) -> Response {
    if response.deviation.is_some() {
        return response;
    }
    let body = match &response.body {
        Body::Json(value) => Some(value),
        Body::Empty => None,
        Body::Raw(..) => return response,
    };
    match contract::response(route, response.status, body) {
        Ok(()) => response,
        Err(violation) => errors::invalid_response(route.operation.id, &violation),
    }
}

#[cfg(all(test, feature = "simulator-contract"))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::apis;
    use crate::simulator::gateway::Routes;

    fn named(id: &str) -> Route {
        let routes = Routes::new(&apis::ALL);
        let mut routes = routes.all();
        routes.find(|route| route.operation.id == id).unwrap()
    }

    #[test]
    fn response_that_the_document_forbids_is_not_sent() {
        let operation = named("initiate_payment_v3_using_post");
        for response in [
            Response::json(StatusCode::OK, json!({"orderId": "a"})),
            Response::json(StatusCode::OK, json!({"orderId": 1, "url": "https://x"})),
            Response::json(
                StatusCode::OK,
                json!({"orderId": "a_b", "url": "https://x"}),
            ),
            Response::empty(StatusCode::OK),
            Response::json(StatusCode::BAD_REQUEST, json!({"unheard": "of"})),
        ] {
            let sent = checked(operation, response.clone());
            assert_eq!(sent.status, 501, "{response:?}");
            let Body::Json(body) = sent.body else {
                panic!("no JSON");
            };
            let detail = body["detail"].as_str().unwrap();
            assert!(detail.starts_with(operation.operation.id), "{detail}");
        }
        let valid = Response::json(StatusCode::OK, json!({"orderId": "a", "url": "https://x"}));
        assert_eq!(checked(operation, valid).status, 200);
    }

    #[test]
    fn unlisted_success_is_forbidden_and_unlisted_error_is_not() {
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
