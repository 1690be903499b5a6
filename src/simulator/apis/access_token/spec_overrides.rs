//! Rules of the access token document that the simulator does not enforce.

use serde_json::{Value, json};

use crate::simulator::gateway::overrides::{parameters, without_length};

pub(super) fn apply(document: &mut Value) {
    // Serial numbers with four to ten digits exist. The document allows at most six.
    for parameter in parameters(document) {
        if parameter["name"] == "Merchant-Serial-Number" {
            without_length(&mut parameter["schema"]);
            parameter["schema"]["pattern"] = json!("^[0-9]{4,10}$");
        }
    }
}
