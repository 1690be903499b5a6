//! Merchant callback codes: one code for each place, and a check-in for each scan.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::core::Call;
use crate::simulator::errors;
use crate::simulator::images::{self, Format, SIZE};
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::{Key, not_found};

/// The categories of a place. They change the wording of the app's waiting screen.
const CATEGORIES: [&str; 2] = ["IN_STORE", "VENDING"];

#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) location: String,
}

pub(crate) fn put(state: &mut State, call: &Call<'_>) -> Response {
    if let Some(category) = call.text("/category")
        && !CATEGORIES.contains(&category)
    {
        let reason = format!(
            "The field category must be one of {}.",
            CATEGORIES.join(", ")
        );
        return errors::qr_invalid(&[("category".into(), reason)], &mut state.random);
    }
    let (key, location) = (key(call), location(call));
    state.codes.callback_text(&key, &mut state.random);
    state.codes.callbacks.insert(key, Callback { location });
    Response::empty(StatusCode::OK)
}

pub(crate) fn get(state: &mut State, call: &Call<'_>) -> Response {
    match show(state, &key(call), call) {
        Some(shown) => Response::json(StatusCode::OK, shown),
        None => Response::empty(StatusCode::NOT_FOUND),
    }
}

pub(crate) fn list(state: &mut State, call: &Call<'_>) -> Response {
    let keys: Vec<Key> = state
        .codes
        .callbacks
        .keys()
        .filter(|(msn, _)| *msn == call.msn)
        .cloned()
        .collect();
    let all: Vec<Value> = keys
        .iter()
        .filter_map(|key| show(state, key, call))
        .collect();
    Response::json(StatusCode::OK, Value::Array(all))
}

pub(crate) fn delete(state: &mut State, call: &Call<'_>) -> Response {
    match state.codes.callbacks.remove(&key(call)) {
        Some(_) => Response::empty(StatusCode::OK),
        None => not_found(state),
    }
}

/// Assigns a printed MobilePay code to a sales unit. A code of another sales unit cannot be taken
/// over.
pub(crate) fn map_beacon(state: &mut State, call: &Call<'_>) -> Response {
    let beacon = call.param("beaconId");
    let owner = state
        .codes
        .beacons
        .entry(beacon.to_owned())
        .or_insert_with(|| call.msn.clone());
    if *owner == call.msn {
        Response::empty(StatusCode::OK)
    } else {
        Response::json(StatusCode::CONFLICT, json!({"id": beacon}))
    }
}

fn key(call: &Call<'_>) -> Key {
    (call.msn.clone(), call.param("merchantQrId").to_owned())
}

fn location(call: &Call<'_>) -> String {
    call.text("/locationDescription")
        .unwrap_or_default()
        .to_owned()
}

fn show(state: &mut State, key: &Key, call: &Call<'_>) -> Option<Value> {
    let location = state.codes.callbacks.get(key)?.location.clone();
    let text = state.codes.callback_text(key, &mut state.random);
    let size = call
        .request
        .query_parameter("QrImageSize")
        .and_then(|size| size.parse().ok())
        .unwrap_or(SIZE);
    let format = match call.request.query_parameter("QrImageFormat").as_deref() {
        Some("PNG") => Format::Png(size),
        _ => Format::Svg,
    };
    let url = images::link(state, format, &text, None, call.now);
    Some(json!({
        "merchantSerialNumber": key.0,
        "merchantQrId": key.1,
        "locationDescription": location,
        "qrImageUrl": url,
        "qrContent": text,
    }))
}
