//! Rules of the access token document that the simulator does not enforce.

use crate::simulator::gateway::overrides::{Override, any_serial_number, parameter};

pub(super) const OVERRIDES: &[Override] = &[Override {
    reason: "serial numbers have 4 to 10 digits; the document allows at most 6",
    source: "the ePayment document, and serial numbers in use",
    apply: |root| {
        parameter(root, "Merchant-Serial-Number", |parameter| {
            any_serial_number(&mut parameter["schema"]);
        });
    },
}];
