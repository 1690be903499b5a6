//! Orders and their customer.

use std::sync::Arc;

use ::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::display_status::DisplayStatus;
use super::problem::Problem;
use super::request::{Call, Members};
use crate::simulator::domain::profile::Profile;
use crate::simulator::domain::{Account, EffectKind, Payment};
use crate::simulator::gateway::{Response, State};
use crate::simulator::payer::{Payer, PayerError, Scanned};

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let orders: Vec<Value> = call.engine.look(|world, _| {
        world
            .state
            .domain
            .payments()
            .iter()
            .map(described)
            .collect()
    });
    Ok(super::ok(json!({ "orders": orders })))
}

pub(super) fn get(call: &Call<'_>) -> Result<Response, Problem> {
    show(call, &target(call)?)
}

pub(super) fn scan(call: &Call<'_>) -> Result<Response, Problem> {
    let text = target(call)?;
    let (payer, members) = customer(call)?;
    members.finish()?;
    let scanned = match payer.scan(text)? {
        Scanned::Payment { order_id } => json!({"kind": "payment", "orderId": order_id}),
        Scanned::Redirect { url } => json!({"kind": "redirect", "url": url}),
        Scanned::CheckIn { merchant_qr_id } => {
            json!({"kind": "checkIn", "merchantQrId": merchant_qr_id})
        }
    };
    Ok(super::ok(scanned))
}

pub(super) fn approve(call: &Call<'_>) -> Result<Response, Problem> {
    let text = target(call)?;
    let (payer, mut members) = customer(call)?;
    let shipping = members.text("shippingMethodId")?;
    members.finish()?;
    match shipping {
        None => payer.approve(&text)?,
        Some(method) => payer.approve_with_shipping(&text, method)?,
    }
    show(call, &text)
}

pub(super) fn reject(call: &Call<'_>) -> Result<Response, Problem> {
    let text = target(call)?;
    let (payer, members) = customer(call)?;
    members.finish()?;
    payer.reject(&text)?;
    show(call, &text)
}

/// Returns the text that identifies the order: the `{id}` itself, or the landing page of the order
/// that the sales unit in the query has under this id.
fn target(call: &Call<'_>) -> Result<String, Problem> {
    let [unit] = call.query(["merchantSerialNumber"])?;
    let Some(unit) = unit else {
        return Ok(call.id.clone());
    };
    let found = call.engine.look(|world, _| {
        let payment = world.state.domain.find(&unit, &call.id)?;
        let payment = world.state.domain.payment(payment);
        Some(payment.options.landing_page.clone())
    });
    found.ok_or_else(|| PayerError::NotFound.into())
}

/// Returns the customer, whose phone number the body may contain, and the rest of the body.
fn customer(call: &Call<'_>) -> Result<(Payer, Members), Problem> {
    let mut members = call.members()?;
    let payer = Payer::new(Arc::clone(call.engine));
    let payer = match members.any("phoneNumber") {
        None => payer,
        Some(Value::String(number)) if Profile::of_number(&number).is_some() => {
            payer.with_number(number)
        }
        Some(_) => {
            return Err(Problem::personal_field(
                "phoneNumber",
                "must be a phone number of 8 to 15 digits in a string",
            ));
        }
    };
    Ok((payer, members))
}

fn show(call: &Call<'_>, text: &str) -> Result<Response, Problem> {
    let find = |state: &State, now: Timestamp| {
        let payment = Payer::find(state, text, now)?;
        Ok::<_, PayerError>(described(state.domain.payment(payment)))
    };
    let order = call.engine.look(|world, now| find(&world.state, now))?;
    Ok(Response::json(StatusCode::OK, order))
}

fn described(payment: &Payment) -> Value {
    let account = Account::of(payment);
    let effects: Vec<Value> = account
        .effects()
        .iter()
        .map(|effect| {
            let mut described = json!({
                "kind": kind(effect.kind()),
                "amount": effect.amount(),
                "time": effect.time().to_string(),
            });
            if let Some(key) = effect.idempotency_key() {
                described["idempotencyKey"] = key.into();
            }
            described
        })
        .collect();
    let mut described = json!({
        "orderId": payment.reference,
        "merchantSerialNumber": payment.sales_unit,
        "status": DisplayStatus::of(payment).name(),
        "amount": payment.total().minor_units(),
        "currency": payment.amount.currency().as_str(),
        "text": payment.description,
        "createdAt": payment.created.to_string(),
        "expiresAt": payment.expires().to_string(),
        "reserved": account.reserved(),
        "captured": account.captured(),
        "refunded": account.refunded(),
        "released": account.released(),
        "effects": effects,
    });
    for (name, time) in [
        ("scannedAt", payment.opened),
        ("approvedAt", payment.approved),
    ] {
        if let Some(time) = time {
            described[name] = time.to_string().into();
        }
    }
    described
}

fn kind(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Reserve => "reserve",
        EffectKind::Sale => "sale",
        EffectKind::Capture => "capture",
        EffectKind::Refund => "refund",
        EffectKind::Release => "release",
    }
}
