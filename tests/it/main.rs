//! The promises of the crate, one module for each.

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod builder_setters;
mod callback_sales_unit;
mod cancel_safety;
mod error_bodies;
mod error_debug;
mod foreign_responses;
mod hints_foreign;
mod locked;
mod pay_by_qr_options;
mod rate_limits;
mod reconcile_evidence;
mod reconcile_stored;
mod simulator_customer;
mod simulator_limits;
mod simulator_qr;
mod simulator_shop;
mod wait_retry;
mod whole_secrets;
