//! The control API: the simulator's handles as JSON over HTTP, for tests in any language.
//!
//! Each route calls the handle that a Rust test uses: `Payer`, `Clock`, `Faults` and `Journal`.
//! Control requests appear in no journal, no fault applies to them and no limit counts them.

mod access;
mod clock;
mod codes;
mod display_status;
mod faults;
mod journal;
mod json_log;
mod orders;
#[cfg(feature = "simulator-page")]
pub(crate) mod page;
mod problem;
mod request;
mod routes;
mod webhooks;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use self::problem::Problem;
use self::request::Call;
use super::engine::Engine;
use super::gateway::{Request, Response};

pub(crate) use json_log::JsonLog;

/// The start of the path of every control request. No path of the API starts with it.
const PREFIX: &str = "/_simulator/";

/// The OpenAPI document of the control API.
const DOCUMENT: &str = include_str!("control/openapi.json");

/// Returns the response to a request for the control API, or `None` for another request.
pub(crate) fn respond(engine: &Arc<Engine>, request: &Request) -> Option<Response> {
    let is_control = request.path.starts_with(PREFIX);
    is_control.then(|| respond_to_control(engine, request))
}

/// Handles a control request.
fn respond_to_control(engine: &Arc<Engine>, request: &Request) -> Response {
    let response = match access::refusal(request, engine.host()) {
        Some(reason) => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", reason)),
        None => route(engine, request),
    };
    response
        .unwrap_or_else(Problem::response)
        .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with_header(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        )
}

fn route(engine: &Arc<Engine>, request: &Request) -> Result<Response, Problem> {
    let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let (route, id) = routes::find(request.method.as_str(), path)?;
    (route.handler)(&Call {
        engine,
        request,
        id,
    })
}

fn ok(body: Value) -> Response {
    Response::json(StatusCode::OK, body)
}

/// Parses the query parameter `latest`: the largest number of items in a list.
fn latest(text: Option<String>) -> Result<usize, Problem> {
    let Some(text) = text else {
        return Ok(usize::MAX);
    };
    text.parse().map_err(|_| {
        let rule = "must be a whole number from 0";
        Problem::field("latest", rule, Some(text.into()))
    })
}

/// Adds the members that have a value.
fn add<const N: usize>(described: &mut Value, members: [(&str, Option<Value>); N]) {
    for (name, value) in members {
        if let Some(value) = value {
            described[name] = value;
        }
    }
}

fn no_content() -> Response {
    Response::empty(StatusCode::NO_CONTENT)
}

fn health(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    Ok(ok(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "changes": call.engine.changes(),
    })))
}

fn keys(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let keys = call
        .engine
        .read(|world, _| world.state.settings.keys.clone());
    Ok(ok(json!({
        "clientId": keys.client_id(),
        "clientSecret": keys.client_secret(),
        "subscriptionKey": keys.subscription_key(),
        "merchantSerialNumber": keys.merchant_serial_number(),
    })))
}

fn document(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let media_type = "application/json;charset=UTF-8";
    Ok(Response::raw(StatusCode::OK, media_type, DOCUMENT))
}

fn reset(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    call.members()?.finish()?;
    call.engine.reset();
    Ok(no_content())
}
