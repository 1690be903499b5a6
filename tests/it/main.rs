//! The promises of the crate, one module for each.

mod callback_sales_unit;

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod cancel_safety;
mod error_bodies;
mod foreign_responses;
mod locked;
mod reconcile_evidence;
mod reconcile_stored;
