//! Rules of the QR document that the simulator does not enforce.

use crate::simulator::gateway::overrides::{Override, schema, without};

pub(super) const OVERRIDES: &[Override] = &[Override {
    reason: "`requestedData` has a default and may be omitted; a missing customer has its own message",
    source: "samples of the QR guide",
    apply: |root| {
        schema(root, "CustomerExchangeRequest", |schema| {
            without(schema, &["required"]);
        });
    },
}];
