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
mod phone_numbers;
mod rate_limits;
mod reconcile_evidence;
mod reconcile_stored;
mod refusing_codes;
mod wait_retry;
mod webhook_hosts;
mod whole_secrets;
