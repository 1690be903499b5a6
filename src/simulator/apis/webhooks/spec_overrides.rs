//! Rules of the Webhooks document that the simulator does not enforce.

use serde_json::{Value, json};

pub(super) fn apply(document: &mut Value) {
    // The document gives its operations no ids. The journal and the faults need names for them.
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        if path.ends_with("/{id}") {
            item["delete"]["operationId"] = json!(super::DELETE);
        } else {
            item["get"]["operationId"] = json!(super::LIST);
            item["post"]["operationId"] = json!(super::REGISTER);
        }
    }
}
