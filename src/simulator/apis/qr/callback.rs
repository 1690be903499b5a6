//! Merchant callback codes: one code for each place, and a check-in for each scan.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors;
use crate::simulator::domain::Refusal;
use crate::simulator::domain::qr::CodeKey;
use crate::simulator::gateway::images::{self, Format};
use crate::simulator::gateway::{Call, Failure, Response, State};

/// The categories of a place. They change the wording of the app's waiting screen.
const CATEGORIES: [&str; 2] = ["IN_STORE", "VENDING"];

pub(super) fn put(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    if let Some(category) = call.text("/category")
        && !CATEGORIES.contains(&category)
    {
        let known = CATEGORIES.join(", ");
        let reason = format!("The field category must be one of {known}.");
        return Err(errors::invalid(&[("category".into(), reason)], &mut state.random).into());
    }
    let description = call.text("/locationDescription").unwrap_or_default();
    let codes = &mut state.domain.codes;
    codes.put_place(key(call), description.to_owned(), &mut state.random);
    Ok(Response::empty(StatusCode::OK))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    match show(state, &key(call), call) {
        Ok(shown) => Ok(Response::json(StatusCode::OK, shown)),
        Err(_) => Ok(Response::empty(StatusCode::NOT_FOUND)),
    }
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let keys = state.domain.codes.places().cloned();
    let keys: Vec<CodeKey> = keys
        .filter(|key| key.sales_unit == call.sales_unit)
        .collect();
    let shown = keys.iter().map(|key| show(state, key, call));
    let all = shown.collect::<Result<Vec<Value>, _>>()?;
    Ok(Response::json(StatusCode::OK, Value::Array(all)))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    state.domain.codes.remove_place(&key(call))?;
    Ok(Response::empty(StatusCode::OK))
}

/// Assigns a printed MobilePay code to a sales unit. A code of another sales unit cannot be taken
/// over.
pub(super) fn map_beacon(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let beacon = call.param("beaconId");
    Ok(
        match state.domain.codes.claim_beacon(beacon, &call.sales_unit) {
            Ok(()) => Response::empty(StatusCode::OK),
            Err(_) => Response::json(StatusCode::CONFLICT, json!({"id": beacon})),
        },
    )
}

fn key(call: &Call<'_>) -> CodeKey {
    CodeKey {
        sales_unit: call.sales_unit.clone(),
        id: call.param("merchantQrId").to_owned(),
    }
}

fn show(state: &mut State, key: &CodeKey, call: &Call<'_>) -> Result<Value, Refusal> {
    let (place, text) = state.domain.codes.place(key)?;
    let (description, text) = (place.description.clone(), text.to_owned());
    let size = call.request.query_parameter("QrImageSize");
    let format = match call.request.query_parameter("QrImageFormat").as_deref() {
        Some("PNG") => Format::png(size.as_deref()),
        _ => Format::Svg,
    };
    let url = images::link(state, format, &text, None, call.now);
    Ok(json!({
        "merchantSerialNumber": key.sales_unit,
        "merchantQrId": key.id,
        "locationDescription": description,
        "qrImageUrl": url,
        "qrContent": text,
    }))
}
