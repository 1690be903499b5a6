//! QR codes: the printed codes, their images, and the code that a customer shows.

use ::http::StatusCode;
use serde_json::{Value, json};

use super::orders::customer;
use super::problem::Problem;
use super::request::Call;
use crate::simulator::domain::qr::CodeKey;
use crate::simulator::engine::World;
use crate::simulator::gateway::{Response, images};

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let codes: Vec<Value> = call.engine.read(|world, now| {
        let codes = &world.state.domain.codes;
        let redirects = codes.redirects(now).map(|(key, code)| {
            let mut shown = described("redirect", key);
            shown["text"] = code.text.as_str().into();
            shown["url"] = code.destination.as_str().into();
            if let Some(expires) = code.expires {
                shown["expiresAt"] = expires.to_string().into();
            }
            shown
        });
        let check_ins = codes.places().filter_map(|key| {
            let (place, text) = codes.place(key).ok()?;
            let mut shown = described("checkIn", key);
            shown["text"] = text.into();
            shown["description"] = place.description.as_str().into();
            Some(shown)
        });
        let beacons = codes.beacons().map(|key| described("beacon", &key));
        redirects.chain(check_ins).chain(beacons).collect()
    });
    Ok(super::ok(json!({ "codes": codes })))
}

fn described(kind: &str, key: &CodeKey) -> Value {
    json!({"kind": kind, "id": key.id, "merchantSerialNumber": key.sales_unit})
}

/// Returns the drawing of a code that can be scanned at present.
pub(super) fn image(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let text = call.id.as_str();
    let is_known = |world: &World, now| world.state.domain.is_code_valid(text, now);
    let drawing = call.engine.read(is_known).then(|| images::svg(text));
    match drawing {
        Some(Ok(drawing)) => Ok(Response::raw(StatusCode::OK, "image/svg+xml", drawing)),
        _ => Err(Problem::not_found(format!(
            "id: must be the text of a code that has not expired, got {text:?}"
        ))),
    }
}

pub(super) fn add_personal(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let (payer, members) = customer(call)?;
    members.finish()?;
    let text = payer.personal_qr();
    Ok(Response::json(StatusCode::CREATED, json!({ "text": text })))
}
