//! Rules of the Userinfo document that the simulator does not enforce.

use crate::simulator::gateway::overrides::{Override, member, without_length};

pub(super) const OVERRIDES: &[Override] = &[Override {
    reason: "phone numbers have 9 to 15 digits; the pattern demands 15",
    source: "the example of the document, and the samples of the Userinfo guide",
    apply: |root| member(root, "Userinfo", "phone_number", without_length),
}];
