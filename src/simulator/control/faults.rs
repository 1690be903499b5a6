//! Fault rules over HTTP, the counterpart of `Faults` in Rust.

use std::sync::Arc;

use ::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::problem::Problem;
use super::request::{Call, Members};
use crate::simulator::engine::{Engine, FaultSummary};
use crate::simulator::faults::{Fault, FaultRule, Faults};
use crate::simulator::gateway::Response;

/// The largest body that a fault may make, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// The kinds of faults, as the document lists them.
pub(super) const KINDS: [&str; 17] = [
    "status",
    "html",
    "apiError",
    "delay",
    "lostBefore",
    "lostAfter",
    "reset",
    "resetInHeaders",
    "resetInBody",
    "stall",
    "stallInBody",
    "truncate",
    "truncatedJson",
    "malformedJson",
    "oversized",
    "replace",
    "duplicate",
];

/// The kinds that a call to the merchant can suffer.
const DELIVERY_KINDS: [&str; 3] = ["lostBefore", "delay", "duplicate"];

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let faults: Vec<Value> = listed(call).iter().map(described).collect();
    Ok(super::ok(json!({ "faults": faults })))
}

pub(super) fn clear(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    Faults::new(Arc::clone(call.engine)).clear();
    Ok(super::no_content())
}

pub(super) fn remove(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let id = call.id.parse().ok();
    let id = id.filter(|id| listed(call).iter().any(|fault| fault.id == *id));
    let Some(id) = id else {
        return Err(Problem::not_found(format!(
            "id: no fault has this id, got {:?}",
            call.id
        )));
    };
    Faults::new(Arc::clone(call.engine)).rule(id).remove();
    Ok(super::no_content())
}

pub(super) fn add(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let fault = install(call, call.members()?)?;
    let made = listed(call)
        .iter()
        .find(|listed| listed.id == fault.id())
        .map(described);
    let response = Response::json(StatusCode::CREATED, made.unwrap_or_default());
    let location = format!("{}faults/{}", super::PREFIX, fault.id());
    Ok(match HeaderValue::try_from(location) {
        Ok(location) => response.with_header(header::LOCATION, location),
        Err(_) => response,
    })
}

fn listed(call: &Call<'_>) -> Vec<FaultSummary> {
    call.engine.look(|world, now| world.rules.listed(now))
}

fn described(fault: &FaultSummary) -> Value {
    let mut described = json!({
        "id": fault.id,
        "description": fault.description,
        "hits": fault.hits,
        "spent": fault.spent,
    });
    if let Some(operation) = &fault.operation {
        described["operation"] = operation.as_str().into();
    }
    if let Some(order) = &fault.order {
        described["orderId"] = order.as_str().into();
    }
    described
}

/// The names of the requests and of the messages to the merchant that a fault can be for.
fn names(engine: &Engine) -> (Vec<&'static str>, Vec<&'static str>) {
    let (requests, apis) = engine.look(|world, _| {
        let routes = &world.state.routes;
        (routes.ids().collect(), routes.apis())
    });
    let messages = apis.iter().flat_map(|api| api.messages);
    (requests, messages.map(|message| message.id).collect())
}

/// Reads everything before it switches a rule on, so that a refused request changes nothing.
fn install(call: &Call<'_>, mut members: Members) -> Result<Fault, Problem> {
    let operation = members.text("operation")?;
    let (requests, deliveries) = names(call.engine);
    let name = operation.as_deref().unwrap_or_default();
    let is_delivery = deliveries.contains(&name);
    if operation.is_some() && !is_delivery && !requests.contains(&name) {
        let all = [requests, deliveries].concat().join(", ");
        let rule = format!("must be one of {all}");
        return Err(Problem::field("operation", rule, Some(name.into())));
    }
    let kind = members.text("kind")?;
    let kind = kind.as_deref();
    let Some(kind) = KINDS.into_iter().find(|known| Some(*known) == kind) else {
        let rule = format!("must be one of {}", KINDS.join(", "));
        return Err(Problem::field("kind", rule, kind.map(Value::from)));
    };
    if is_delivery && !DELIVERY_KINDS.contains(&kind) {
        let kinds = DELIVERY_KINDS.join(", ");
        let rule = format!("must be one of {kinds} for a call to the merchant");
        return Err(Problem::field("kind", rule, Some(kind.into())));
    }
    let faults = Faults::new(Arc::clone(call.engine));
    let rule = match operation {
        Some(operation) => faults.on(operation),
        None => faults.any(),
    };
    let rule = scope(rule, &mut members)?;
    let rule = match kind {
        "lostBefore" => rule.before_commit(),
        "lostAfter" => rule.after_commit(),
        _ => stage(rule, &mut members)?,
    };
    damage(kind, is_delivery, rule, members)
}

/// The requests that the rule is for.
fn scope(mut rule: FaultRule, members: &mut Members) -> Result<FaultRule, Problem> {
    if let Some(order) = members.text("orderId")? {
        rule = rule.order(order);
    }
    if let Some(nth) = members.whole("nth", 1, u64::MAX)? {
        rule = rule.nth(nth);
    }
    if let Some(times) = members.whole("times", 1, u64::MAX)? {
        rule = rule.times(times);
    }
    if let Some(probability) = members.number("probability", 1.0)? {
        rule = rule.probability(probability);
    }
    if let Some(seed) = members.whole("seed", 0, u64::MAX)? {
        rule = rule.seed(seed);
    }
    if let Some(time) = members.seconds("forSeconds")? {
        rule = rule.during(time);
    }
    match members.any("retryAfter") {
        None => {}
        Some(Value::String(text)) if HeaderValue::try_from(&text).is_ok() => {
            rule = rule.retry_after(text);
        }
        Some(Value::Number(number)) if number.is_u64() => rule = rule.retry_after(number),
        Some(other) => {
            let rule = "must be a whole number of seconds or the value of a header";
            return Err(Problem::field("retryAfter", rule, Some(other)));
        }
    }
    Ok(rule)
}

fn stage(rule: FaultRule, members: &mut Members) -> Result<FaultRule, Problem> {
    match members.any("stage") {
        None => Ok(rule),
        Some(stage) if stage == "beforeEffect" => Ok(rule.before_commit()),
        Some(stage) if stage == "afterEffect" => Ok(rule.after_commit()),
        Some(other) => {
            let rule = "must be beforeEffect or afterEffect";
            Err(Problem::field("stage", rule, Some(other)))
        }
    }
}

fn damage(
    kind: &str,
    is_delivery: bool,
    rule: FaultRule,
    mut members: Members,
) -> Result<Fault, Problem> {
    // A member of the kind is read before `finish`, which refuses all others.
    match kind {
        "status" => {
            let status = status(&mut members)?;
            let body = members.any("body");
            members.finish()?;
            Ok(match body {
                None => rule.status(status),
                Some(Value::String(text)) => rule.status_with_body(status, text),
                Some(json) => rule.status_with_body(status, json.to_string()),
            })
        }
        "html" => {
            let status = status(&mut members)?;
            members.finish().map(|()| rule.html(status))
        }
        "apiError" => {
            let group = members.text("group")?;
            let code = members.required_text("code")?;
            members.finish()?;
            Ok(match group {
                Some(group) => rule.ecom_error(group, code),
                None => rule.epayment_error(code),
            })
        }
        "delay" => {
            let time = members.required_seconds("seconds")?;
            members.finish().map(|()| rule.delay(time))
        }
        "oversized" => {
            let bytes = members.required_whole("bytes", 0, LARGEST_BODY)?;
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            members.finish().map(|()| rule.oversized(bytes))
        }
        "replace" => {
            let text = members.required_text("text")?;
            let with = members.required_text("with")?;
            members.finish().map(|()| rule.replace(text, with))
        }
        _ => {
            members.finish()?;
            Ok(match kind {
                "lostBefore" if is_delivery => rule.lose(),
                "resetInHeaders" => rule.reset_in_headers(),
                "resetInBody" => rule.reset_in_body(),
                "stall" => rule.stall(),
                "stallInBody" => rule.stall_in_body(),
                "truncate" => rule.truncate(),
                "truncatedJson" => rule.truncated_json(),
                "malformedJson" => rule.garbage_json(),
                "duplicate" => rule.duplicate(),
                // `lostBefore`, `lostAfter` and `reset`, which differ in their stage.
                _ => rule.reset(),
            })
        }
    }
}

fn status(members: &mut Members) -> Result<u16, Problem> {
    let status = members.required_whole("status", 200, 999)?;
    Ok(u16::try_from(status).unwrap_or(999))
}
