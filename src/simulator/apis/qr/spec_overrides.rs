//! Rules of the QR document that the simulator does not enforce.

use serde_json::Value;

use crate::simulator::gateway::overrides::{schema, without};

pub(super) fn apply(document: &mut Value) {
    // The field has a default, and the newest samples omit it. A missing customer has its own error
    // message.
    schema(document, "CustomerExchangeRequest", |schema| {
        without(schema, &["required"]);
    });
}
