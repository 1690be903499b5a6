//! Changes of the Webhooks document.

use serde_json::json;

use super::{DELETE, LIST, REGISTER};
use crate::simulator::gateway::overrides::Override;

pub(super) const OVERRIDES: &[Override] = &[Override {
    reason: "the operations of the document have no ids, which the journal and the faults need",
    source: "the overlay of the document, which has the same names for the client",
    apply: |root| {
        for (path, item) in root["paths"].as_object_mut().into_iter().flatten() {
            if path.ends_with("/{id}") {
                item["delete"]["operationId"] = json!(DELETE);
            } else {
                item["get"]["operationId"] = json!(LIST);
                item["post"]["operationId"] = json!(REGISTER);
            }
        }
    },
}];
