//! Registers, lists and deletes webhooks.
//!
//! A request with a `Merchant-Serial-Number` is about the registrations of that sales unit, and a
//! request without it about those for all sales units. The two kinds have separate limits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::{errors, event_types};
use crate::simulator::domain::{Refusal, Registration};
use crate::simulator::gateway::auth::SERIAL_NUMBER;
use crate::simulator::gateway::{Call, Failure, Response, State, is_public_https};

/// The number of groups of a UUID and the length of each.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The same request twice makes two registrations, each with its own secret.
pub(super) fn register(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let owner = call.request.header(SERIAL_NUMBER);
    let url = call.text("/url").unwrap_or_default();
    if !is_public_https(url) {
        let reason = "The field url must be an absolute https URL of a public host.";
        return Err(errors::invalid("url", reason, &mut state.random).into());
    }
    let events = events(call);
    if let Err(reason) = check_events(state, owner, &events) {
        return Err(errors::invalid("events", &reason, &mut state.random).into());
    }
    let id = state.random.uuid();
    let secret = STANDARD.encode(state.random.bytes::<64>());
    state.domain.webhooks.add(Registration {
        id: id.clone(),
        sales_unit: owner.map(str::to_owned),
        url: url.to_owned(),
        secret: secret.clone(),
        events,
    });
    let body = json!({"id": id, "secret": secret});
    Ok(Response::json(StatusCode::CREATED, body))
}

/// Returns the event types in the body, each once.
fn events(call: &Call<'_>) -> Vec<String> {
    let mut events: Vec<String> = Vec::new();
    let names = call.body["events"].as_array().into_iter().flatten();
    for name in names.filter_map(Value::as_str) {
        if !events.iter().any(|event| event == name) {
            events.push(name.to_owned());
        }
    }
    events
}

/// Returns the reason why the owner cannot register for these event types.
fn check_events(state: &State, owner: Option<&str>, events: &[String]) -> Result<(), String> {
    if events.is_empty() {
        return Err("The field events must not be empty.".into());
    }
    for event in events {
        if !event_types::exists(event) {
            return Err(format!(
                "The event type {event} does not exist. The event types are {}.",
                event_types::event_types().join(", ")
            ));
        }
        let limit = event_types::limit(event);
        let existing = state.domain.webhooks.owned_by(owner);
        if existing
            .filter(|registration| registration.is_for(event))
            .count()
            >= limit
        {
            return Err(format!(
                "The event type {event} can have at most {limit} registrations."
            ));
        }
    }
    Ok(())
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let owner = call.request.header(SERIAL_NUMBER);
    let shown = state
        .domain
        .webhooks
        .owned_by(owner)
        .map(|registration| json!({"id": registration.id, "url": registration.url, "events": registration.events}));
    let shown: Vec<Value> = shown.collect();
    Ok(Response::json(StatusCode::OK, json!({"webhooks": shown})))
}

/// Also ends the deliveries that are waiting for a retry.
pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let owner = call.request.header(SERIAL_NUMBER);
    let id = call.param("id");
    if !is_uuid(id) {
        let reason = "The field id must be a UUID.";
        return Err(errors::invalid("id", reason, &mut state.random).into());
    }
    let webhooks = &mut state.domain.webhooks;
    if !webhooks.remove(owner, |registration| {
        registration.id.eq_ignore_ascii_case(id)
    }) {
        return Err(Refusal::UnknownWebhook.into());
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq(UUID_GROUPS) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_has_five_groups_of_hexadecimal_digits() {
        assert!(is_uuid("5A2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b77"));
        for other in [
            "",
            "1",
            "5a2c3a5e7f1c4a0e9d520d9a5e1f3b77",
            "5a2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b7g",
            "5a2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b77-",
        ] {
            assert!(!is_uuid(other), "{other}");
        }
    }
}
