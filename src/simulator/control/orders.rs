//! Orders and their customer.

use std::sync::Arc;

use ::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::display_status::DisplayStatus;
use super::problem::Problem;
use super::request::{Call, Members};
use crate::simulator::domain::profile::Profile;
use crate::simulator::domain::shipping::{ShippingSource, choose};
use crate::simulator::domain::{Account, EffectKind, Payment, PaymentId, PaymentState};
use crate::simulator::engine::World;
use crate::simulator::gateway::Response;
use crate::simulator::payer::{Payer, PayerError, Scanned};

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [latest] = call.query(["latest"])?;
    let latest = super::latest(latest)?;
    let (orders, total) = call.engine.read(|world, now| {
        let total = world.state.domain.payments().len();
        let ids = total.saturating_sub(latest)..total;
        let orders: Vec<Value> = ids.map(|id| described(world, id, now)).collect();
        (orders, total)
    });
    Ok(super::ok(json!({"orders": orders, "total": total})))
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
    let found = call.engine.read(|world, _| {
        let payment = world.state.domain.find(&unit, &call.id)?;
        let payment = world.state.domain.payment(payment);
        Some(payment.options.landing_page.clone())
    });
    found.ok_or_else(|| PayerError::NotFound.into())
}

/// Returns the customer, whose phone number the body may contain, and the rest of the body.
pub(super) fn customer(call: &Call<'_>) -> Result<(Payer, Members), Problem> {
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
    let find = |world: &World, now: Timestamp| {
        let payment = Payer::find(&world.state, text, now)?;
        Ok::<_, PayerError>(described(world, payment, now))
    };
    let order = call.engine.read(find)?;
    Ok(Response::json(StatusCode::OK, order))
}

fn described(world: &World, id: PaymentId, now: Timestamp) -> Value {
    let domain = &world.state.domain;
    let payment = domain.payment(id);
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
        "description": payment.description,
        "createdAt": payment.created.to_string(),
        "expiresAt": payment.expires().to_string(),
        "reserved": account.reserved(),
        "captured": account.captured(),
        "refunded": account.refunded(),
        "released": account.released(),
        "effects": effects,
    });
    let time = |time: Timestamp| Value::from(time.to_string());
    let code = domain.codes.of_payment(id);
    let code = code.filter(|text| domain.is_code_valid(text, now));
    let optional = [
        ("scannedAt", payment.opened.map(time)),
        ("approvedAt", payment.approved.map(time)),
        ("endedAt", ended(payment).map(time)),
        ("qrText", code.map(Value::from)),
        ("returnUrl", return_url(world, payment).map(Value::from)),
        ("shippingMethods", shipping_methods(payment)),
        (
            "shippingPending",
            payment.pending_shipping.is_some().then(|| true.into()),
        ),
    ];
    super::add(&mut described, optional);
    described
}

/// Returns the time at which a payment ended without an approval.
fn ended(payment: &Payment) -> Option<Timestamp> {
    let is_ended = matches!(payment.state, PaymentState::Ended(_));
    let last = payment.events.last()?;
    is_ended.then_some(last.time)
}

/// Returns the merchant's return URL, at the address that the merchant is routed to.
fn return_url(world: &World, payment: &Payment) -> Option<String> {
    let text = payment.options.merchant.return_to.as_str();
    let url = url::Url::parse(text).ok()?;
    Some(match world.deliveries.address_of(text) {
        Some(address) => format!("http://{address}{}", &url[url::Position::BeforePath..]),
        None => url.into(),
    })
}

/// Returns the shipping methods that the customer chooses from in an express payment.
fn shipping_methods(payment: &Payment) -> Option<Value> {
    let Some(ShippingSource::Fixed(methods)) = &payment.options.shipping else {
        return None;
    };
    let preferred = choose(methods, None);
    let shown = methods.iter().map(|method| {
        json!({
            "id": method.id,
            "name": method.name,
            "amount": method.cost.minor_units(),
            "preferred": preferred == Some(method),
        })
    });
    Some(shown.collect())
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
