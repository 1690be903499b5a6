//! `GET /epayment/v1/payments/{reference}/events`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{amount, find};
use crate::simulator::domain::{Payment, PaymentEvent, PaymentEventKind};
use crate::simulator::gateway::{Call, Failure, Response, State};

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = state.domain.payment(find(state, call)?);
    Ok(Response::json(StatusCode::OK, log(payment)))
}

/// Returns the events, oldest first.
fn log(payment: &Payment) -> Value {
    let events = payment.events.iter();
    let shown = events.flat_map(|event| {
        let names = names(event);
        names.iter().map(|name| shown(payment, event, name))
    });
    shown.collect()
}

/// Returns the names of an event. An approval in a sales unit with direct capture, which only eCom
/// has, is an authorization and a capture. The documentation does not state how it is shown.
pub(super) fn names(event: &PaymentEvent) -> &'static [&'static str] {
    use PaymentEventKind as Kind;
    match event.kind {
        Kind::Created => &["CREATED"],
        Kind::Sold if event.success => &["AUTHORIZED", "CAPTURED"],
        Kind::Authorized | Kind::Sold => &["AUTHORIZED"],
        Kind::Captured => &["CAPTURED"],
        Kind::Refunded => &["REFUNDED"],
        Kind::Released => &["CANCELLED"],
        Kind::Cancelled => &["TERMINATED"],
        Kind::Rejected { .. } => &["ABORTED"],
        Kind::Expired => &["EXPIRED"],
    }
}

/// Returns the idempotency key of an event. An approval has the key of the creation.
fn key<'a>(payment: &'a Payment, event: &'a PaymentEvent) -> Option<&'a str> {
    let event = match event.kind {
        PaymentEventKind::Authorized => payment.events.first()?,
        _ => event,
    };
    event.idempotency_key.as_deref()
}

/// Returns an event as the log shows it. The time of the creation has seven decimals, the others
/// have three.
pub(super) fn shown(payment: &Payment, event: &PaymentEvent, name: &str) -> Value {
    let time = event.time;
    let timestamp = match event.kind {
        PaymentEventKind::Created => format!("{time:.7}"),
        _ => format!("{time:.3}"),
    };
    let mut shown = json!({
        "reference": payment.reference,
        "pspReference": event.id,
        "name": name,
        "amount": amount(event.amount),
        "timestamp": timestamp,
        "success": event.success,
    });
    if let Some(key) = key(payment, event) {
        shown["idempotencyKey"] = key.into();
    }
    shown
}
