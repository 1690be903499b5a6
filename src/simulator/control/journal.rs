//! The requests that came in and the calls to the merchant.

use std::sync::Arc;

use serde_json::{Value, json};

use super::problem::Problem;
use super::request::Call;
use crate::simulator::delivery::{Delivery, DeliveryOutcome};
use crate::simulator::gateway::Response;
use crate::simulator::journal::{Entry, Journal};

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [operation, order_id, status] = call.query(["operation", "orderId", "status"])?;
    let status = match status {
        None => None,
        Some(text) => match text.parse::<u16>() {
            Ok(status) if (100..=999).contains(&status) => Some(status),
            _ => {
                let rule = "must be a status from 100 to 999";
                return Err(Problem::field("status", rule, Some(text.into())));
            }
        },
    };
    let is_asked_for = |entry: &Entry| {
        operation
            .as_deref()
            .is_none_or(|id| entry.operation() == Some(id))
            && order_id
                .as_deref()
                .is_none_or(|id| entry.reference() == Some(id))
            && status.is_none_or(|status| entry.status() == Some(status))
    };
    let entries = Journal::new(Arc::clone(call.engine)).entries();
    let entries: Vec<Value> = entries
        .iter()
        .filter(|entry| is_asked_for(entry))
        .map(described)
        .collect();
    Ok(super::ok(json!({ "entries": entries })))
}

pub(super) fn clear(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    Journal::new(Arc::clone(call.engine)).clear();
    Ok(super::no_content())
}

pub(super) fn deliveries(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let deliveries = call
        .engine
        .look(|world, _| world.latest_deliveries(usize::MAX));
    let deliveries: Vec<Value> = deliveries.iter().rev().map(delivery).collect();
    Ok(super::ok(json!({ "deliveries": deliveries })))
}

pub(super) fn described(entry: &Entry) -> Value {
    let headers = entry.headers().iter();
    let headers: Vec<Value> = headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let mut described = json!({
        "number": entry.number(),
        "time": entry.time().to_string(),
        "method": entry.method(),
        "path": entry.path(),
        "headers": headers,
    });
    let optional = [
        ("operation", entry.operation().map(Value::from)),
        ("query", entry.query().map(Value::from)),
        ("requestBody", entry.body().map(body)),
        ("status", entry.status().map(Value::from)),
        ("responseBody", entry.response().map(body)),
        (
            "durationSeconds",
            entry.duration().map(|took| took.as_secs_f64().into()),
        ),
        ("note", entry.note().map(Value::from)),
    ];
    add(&mut described, optional);
    described
}

pub(super) fn delivery(delivery: &Delivery) -> Value {
    let (outcome, status, reason) = match delivery.outcome() {
        DeliveryOutcome::Pending => ("pending", None, None),
        DeliveryOutcome::Responded(status) => ("responded", Some(*status), None),
        DeliveryOutcome::Failed(reason) => ("failed", None, Some(reason.as_str())),
        DeliveryOutcome::NotRouted => ("notRouted", None, None),
        DeliveryOutcome::Lost => ("lost", None, None),
    };
    let mut described = json!({
        "number": delivery.number,
        "time": delivery.time().to_string(),
        "operation": delivery.operation(),
        "method": delivery.method(),
        "url": delivery.url(),
        "attempt": delivery.attempt(),
        "outcome": outcome,
    });
    let optional = [
        ("body", delivery.body().map(body)),
        ("status", status.map(Value::from)),
        ("reason", reason.map(Value::from)),
        ("note", delivery.note().map(Value::from)),
        (
            "nextAttempt",
            delivery.next_attempt().map(|time| time.to_string().into()),
        ),
    ];
    add(&mut described, optional);
    described
}

fn add<const N: usize>(described: &mut Value, members: [(&str, Option<Value>); N]) {
    for (name, value) in members {
        if let Some(value) = value {
            described[name] = value;
        }
    }
}

/// Parses a body as JSON. Text that is not JSON becomes a string.
fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}
