//! The clock.

use serde_json::json;

use super::problem::Problem;
use super::request::Call;
use crate::simulator::gateway::Response;

pub(super) fn get(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    Ok(show(call))
}

pub(super) fn advance(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    let mut members = call.members()?;
    let by = members.required_seconds("seconds")?;
    members.finish()?;
    call.engine.clock().advance(by);
    Ok(show(call))
}

pub(super) fn freeze(call: &Call<'_>) -> Result<Response, Problem> {
    let [] = call.query([])?;
    call.members()?.finish()?;
    call.engine.clock().freeze();
    Ok(show(call))
}

fn show(call: &Call<'_>) -> Response {
    let clock = call.engine.clock();
    super::ok(json!({"now": clock.now().to_string(), "frozen": clock.is_frozen()}))
}
