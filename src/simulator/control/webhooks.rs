//! The webhook registrations, without their secrets.

use serde_json::{Value, json};

use super::problem::Problem;
use super::request::Call;
use crate::simulator::domain::Registration;
use crate::simulator::gateway::Response;
use crate::simulator::redaction::redacted_url;

pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let webhooks: Vec<Value> = call.engine.read(|world, _| {
        let all = world.state.domain.webhooks.all().iter();
        all.map(described).collect()
    });
    Ok(super::ok(json!({ "webhooks": webhooks })))
}

fn described(registration: &Registration) -> Value {
    let mut described = json!({
        "id": registration.id,
        "url": redacted_url(&registration.url, &[]),
        "events": registration.events,
    });
    if let Some(sales_unit) = &registration.sales_unit {
        described["merchantSerialNumber"] = sales_unit.as_str().into();
    }
    described
}
