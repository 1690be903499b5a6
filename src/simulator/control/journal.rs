//! The requests that came in and the calls to the merchant.

use serde_json::{Value, json};

use super::problem::Problem;
use super::request::Call;
use crate::simulator::delivery::{Delivery, DeliveryOutcome};
use crate::simulator::engine::Entry;
use crate::simulator::gateway::Response;

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [operation, order_id, status, latest] =
        call.query(["operation", "orderId", "status", "latest"])?;
    let latest = super::latest(latest)?;
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
    let is_requested = |entry: &Entry| {
        operation
            .as_deref()
            .is_none_or(|id| entry.operation() == Some(id))
            && order_id
                .as_deref()
                .is_none_or(|id| entry.reference() == Some(id))
            && status.is_none_or(|status| entry.status() == Some(status))
    };
    let (entries, total) = call.engine.read(|world, _| {
        let entries = world.records.all().filter(|entry| is_requested(entry));
        let entries: Vec<&Entry> = entries.collect();
        let skipped = entries.len().saturating_sub(latest);
        let shown: Vec<Value> = entries
            .iter()
            .skip(skipped)
            .map(|entry| described(entry))
            .collect();
        (shown, entries.len())
    });
    Ok(super::ok(json!({"entries": entries, "total": total})))
}

pub(super) fn clear(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    call.engine.with(|world, _| world.records.clear());
    Ok(super::no_content())
}

pub(super) fn deliveries(call: &Call<'_>) -> Result<Response, Problem> {
    let [latest] = call.query(["latest"])?;
    let latest = super::latest(latest)?;
    let (deliveries, total) = call
        .engine
        .read(|world, _| (world.latest_deliveries(latest), world.deliveries.len()));
    let deliveries: Vec<Value> = deliveries.iter().rev().map(delivery).collect();
    Ok(super::ok(json!({"deliveries": deliveries, "total": total})))
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
        ("errorCode", entry.error_code().map(Value::from)),
        ("responseBody", entry.response().map(body)),
        (
            "durationSeconds",
            entry.duration().map(|took| took.as_secs_f64().into()),
        ),
        ("note", entry.note().map(Value::from)),
    ];
    super::add(&mut described, optional);
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
        ("webhookId", delivery.webhook_id().map(Value::from)),
        (
            "nextAttemptAt",
            delivery.next_attempt().map(|time| time.to_string().into()),
        ),
    ];
    super::add(&mut described, optional);
    described
}

/// Parses a body as JSON. Text that is not JSON becomes a string.
fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}
