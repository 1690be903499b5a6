//! Merchant redirect codes: printed once, with a target URL that can change at any time.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Output, errors, requested_output};
use crate::simulator::domain::Refusal;
use crate::simulator::domain::qr::CodeKey;
use crate::simulator::domain::time::seconds_until;
use crate::simulator::gateway::{Call, Failure, Response, State, images};

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let output = requested_output(state, call.request)?;
    // The document declares both fields nullable and required.
    let (Some(id), Some(destination)) = (call.text("/id"), call.text("/redirectUrl")) else {
        let missing: Vec<_> = ["id", "redirectUrl"]
            .into_iter()
            .filter(|name| call.body[name].is_null())
            .map(|name| (name.to_owned(), format!("The field {name} is required.")))
            .collect();
        return Err(errors::invalid(&missing, &mut state.random).into());
    };
    let key = key(call, id);
    let lifetime = call.body["ttl"].as_u64().map(Duration::from_secs);
    let (codes, random) = (&mut state.domain.codes, &mut state.random);
    match codes.add_redirect(key.clone(), destination.into(), lifetime, random, call.now) {
        Err(Refusal::CodeExists) => Ok(Response::json(StatusCode::CONFLICT, json!({"id": id}))),
        Err(refusal) => Err(refusal.into()),
        Ok(()) => respond(state, &key, output, call.now),
    }
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let output = requested_output(state, call.request)?;
    let keys = state.domain.codes.redirects(call.now);
    let keys: Vec<CodeKey> = keys
        .map(|(key, _)| key.clone())
        .filter(|key| key.sales_unit == call.sales_unit)
        .collect();
    let shown = keys.iter().map(|key| show(state, key, output, call.now));
    let all = shown.collect::<Result<Vec<Value>, _>>()?;
    Ok(Response::json(StatusCode::OK, Value::Array(all)))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let output = requested_output(state, call.request)?;
    respond(state, &key(call, call.param("id")), output, call.now)
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let output = requested_output(state, call.request)?;
    let key = key(call, call.param("id"));
    let destination = call.text("/redirectUrl").unwrap_or_default();
    let codes = &mut state.domain.codes;
    codes.set_destination(&key, destination.to_owned(), call.now)?;
    respond(state, &key, output, call.now)
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let key = key(call, call.param("id"));
    state.domain.codes.remove_redirect(&key, call.now)?;
    Ok(Response::empty(StatusCode::OK))
}

fn key(call: &Call<'_>, id: &str) -> CodeKey {
    CodeKey {
        sales_unit: call.sales_unit.clone(),
        id: id.to_owned(),
    }
}

fn respond(
    state: &mut State,
    key: &CodeKey,
    output: Output,
    now: Timestamp,
) -> Result<Response, Failure> {
    let shown = show(state, key, output, now)?;
    Ok(Response::json(StatusCode::OK, shown))
}

fn show(
    state: &mut State,
    key: &CodeKey,
    output: Output,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let code = state.domain.codes.redirect(key, now)?.clone();
    let url = match output {
        Output::Content => code.text,
        Output::Link(format) => images::link(state, format, &code.text, code.expires, now),
    };
    Ok(json!({
        "id": key.id,
        "url": url,
        "redirectUrl": code.destination,
        "expiresIn": code.expires.map_or(-1, |expires| seconds_until(now, expires)),
    }))
}
