//! Fault rules over HTTP, the counterpart of `Faults` in Rust.

use std::sync::Arc;

use ::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::problem::Problem;
use super::request::{Call, Members};
use crate::simulator::engine::{Engine, FaultSummary};
use crate::simulator::faults::{Fault, FaultRule, Faults};
use crate::simulator::gateway::Response;

/// The kinds of faults, as the document lists them.
pub(super) const KINDS: [&str; 11] = [
    "status",
    "ecomError",
    "epaymentError",
    "delay",
    "loseRequest",
    "loseResponse",
    "reset",
    "stall",
    "malformedJson",
    "duplicate",
    "drip",
];

/// The kinds that affect a call to the merchant.
const DELIVERY_KINDS: [&str; 3] = ["loseRequest", "delay", "duplicate"];

/// The kinds for which a request chooses the stage.
const STAGED_KINDS: [&str; 5] = ["status", "ecomError", "epaymentError", "delay", "stall"];

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
    let created = listed(call)
        .iter()
        .find(|listed| listed.id == fault.id())
        .map(described);
    let response = Response::json(StatusCode::CREATED, created.unwrap_or_default());
    let location = format!("{}faults/{}", super::PREFIX, fault.id());
    Ok(match HeaderValue::try_from(location) {
        Ok(location) => response.with_header(header::LOCATION, location),
        Err(_) => response,
    })
}

fn listed(call: &Call<'_>) -> Vec<FaultSummary> {
    call.engine.read(|world, now| world.rules.listed(now))
}

fn described(fault: &FaultSummary) -> Value {
    let mut described = json!({
        "id": fault.id,
        "description": fault.description,
        "hits": fault.hits,
        "exhausted": fault.is_exhausted,
    });
    if let Some(operation) = &fault.operation {
        described["operation"] = operation.as_str().into();
    }
    if let Some(order) = &fault.order {
        described["orderId"] = order.as_str().into();
    }
    described
}

/// Returns the names of the requests and of the messages to the merchant that a fault can apply to.
fn names(engine: &Engine) -> (Vec<&'static str>, Vec<&'static str>) {
    let (requests, apis) = engine.read(|world, _| {
        let routes = &world.state.routes;
        (routes.ids().collect(), routes.apis())
    });
    let messages = apis.iter().flat_map(|api| api.messages);
    (requests, messages.map(|message| message.id).collect())
}

/// Adds a rule. All members are read before the rule is activated, so that a refused request changes
/// nothing.
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
    let rule = operation.map_or_else(|| faults.any(), |operation| faults.on(operation));
    let mut rule = scope(rule, &mut members)?;
    if STAGED_KINDS.contains(&kind) {
        rule = stage(rule, &mut members)?;
    }
    activate(kind, rule, members)
}

/// Reads the members that select the requests of a rule.
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
        Some(stage) if stage == "beforeEffect" => Ok(rule.before_effect()),
        Some(stage) if stage == "afterEffect" => Ok(rule.after_effect()),
        Some(other) => {
            let rule = "must be beforeEffect or afterEffect";
            Err(Problem::field("stage", rule, Some(other)))
        }
    }
}

/// Reads the members of the kind and activates the rule. `finish` refuses all other members.
fn activate(kind: &str, rule: FaultRule, mut members: Members) -> Result<Fault, Problem> {
    match kind {
        "status" => {
            let status = members.required_whole("status", 200, 999)?;
            let status = u16::try_from(status).unwrap_or(999);
            let body = members.any("body");
            members.finish()?;
            Ok(match body {
                None => rule.status(status),
                Some(Value::String(text)) => rule.status_with_body(status, text),
                Some(json) => rule.status_with_body(status, json.to_string()),
            })
        }
        "ecomError" => {
            let group = members.required_text("group")?;
            let code = members.required_text("code")?;
            members.finish().map(|()| rule.ecom_error(group, code))
        }
        "epaymentError" => {
            let code = members.required_text("code")?;
            members.finish().map(|()| rule.epayment_error(code))
        }
        "delay" => {
            let time = members.required_seconds("seconds")?;
            members.finish().map(|()| rule.delay(time))
        }
        "drip" => {
            let time = members.required_seconds("seconds")?;
            members.finish().map(|()| rule.drip(time))
        }
        _ => {
            members.finish()?;
            Ok(match kind {
                "loseRequest" => rule.lose_request(),
                "loseResponse" => rule.lose_response(),
                "reset" => rule.reset(),
                "malformedJson" => rule.malformed_json(),
                "duplicate" => rule.duplicate(),
                _ => rule.stall(),
            })
        }
    }
}
