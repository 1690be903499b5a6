//! The promises of the crate, one module for each.

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod builder_setters;
mod cancel_safety;
mod pay_by_qr_options;
mod reconcile_evidence;
mod reconcile_stored;
