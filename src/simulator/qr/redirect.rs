//! Merchant redirect codes: printed once, with a target URL that can change at any time.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::clock::{later, seconds_until};
use crate::simulator::core::Call;
use crate::simulator::state::State;
use crate::simulator::wire::Response;
use crate::simulator::{errors, images};

use super::{Key, Target, Wanted, not_found, wanted};

#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) destination: String,
    pub(crate) text: String,
    /// `None` if the code exists until it is deleted.
    pub(crate) ends: Option<Timestamp>,
}

impl Redirect {
    pub(crate) fn lives(&self, now: Timestamp) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Response {
    let wanted = match wanted(state, call.request) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    forget_the_ended(state, call.now);
    // The document declares both fields nullable and required.
    let (Some(id), Some(destination)) = (call.text("/id"), call.text("/redirectUrl")) else {
        let missing: Vec<_> = ["id", "redirectUrl"]
            .into_iter()
            .filter(|name| call.body[name].is_null())
            .map(|name| (name.to_owned(), format!("The field {name} is required.")))
            .collect();
        return errors::qr_invalid(&missing, &mut state.random);
    };
    let key = (call.msn.clone(), id.to_owned());
    if state.codes.redirects.contains_key(&key) {
        return Response::json(StatusCode::CONFLICT, json!({"id": id}));
    }
    let text = state
        .codes
        .text('r', Target::Redirect(key.clone()), &mut state.random);
    let ends = call.body["ttl"]
        .as_u64()
        .map(|ttl| later(call.now, Duration::from_secs(ttl)));
    let redirect = Redirect {
        destination: destination.to_owned(),
        text,
        ends,
    };
    state.codes.redirects.insert(key.clone(), redirect);
    one(state, &key, wanted, call.now)
}

pub(crate) fn list(state: &mut State, call: &Call<'_>) -> Response {
    let wanted = match wanted(state, call.request) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    forget_the_ended(state, call.now);
    let keys: Vec<Key> = state
        .codes
        .redirects
        .keys()
        .filter(|(msn, _)| *msn == call.msn)
        .cloned()
        .collect();
    let all: Vec<Value> = keys
        .iter()
        .filter_map(|key| show(state, key, wanted, call.now))
        .collect();
    Response::json(StatusCode::OK, Value::Array(all))
}

pub(crate) fn get(state: &mut State, call: &Call<'_>) -> Response {
    let wanted = match wanted(state, call.request) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    forget_the_ended(state, call.now);
    one(state, &key(call), wanted, call.now)
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Response {
    let wanted = match wanted(state, call.request) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    forget_the_ended(state, call.now);
    let key = key(call);
    if let Some(redirect) = state.codes.redirects.get_mut(&key) {
        call.text("/redirectUrl")
            .unwrap_or_default()
            .clone_into(&mut redirect.destination);
    }
    one(state, &key, wanted, call.now)
}

pub(crate) fn delete(state: &mut State, call: &Call<'_>) -> Response {
    forget_the_ended(state, call.now);
    match state.codes.redirects.remove(&key(call)) {
        Some(_) => Response::empty(StatusCode::OK),
        None => not_found(state),
    }
}

fn key(call: &Call<'_>) -> Key {
    (call.msn.clone(), call.param("id").to_owned())
}

/// Removes the codes whose `ttl` has passed.
fn forget_the_ended(state: &mut State, now: Timestamp) {
    state.codes.redirects.retain(|_, code| code.lives(now));
}

fn one(state: &mut State, key: &Key, wanted: Wanted, now: Timestamp) -> Response {
    match show(state, key, wanted, now) {
        Some(shown) => Response::json(StatusCode::OK, shown),
        None => not_found(state),
    }
}

fn show(state: &mut State, key: &Key, wanted: Wanted, now: Timestamp) -> Option<Value> {
    let redirect = state.codes.redirects.get(key)?;
    let (text, ends) = (redirect.text.clone(), redirect.ends);
    let destination = redirect.destination.clone();
    let url = match wanted {
        Wanted::Content => text,
        Wanted::Link(format) => images::link(state, format, &text, ends, now),
    };
    Some(json!({
        "id": key.1,
        "url": url,
        "redirectUrl": destination,
        "expiresIn": ends.map_or(-1, |ends| seconds_until(now, ends)),
    }))
}
