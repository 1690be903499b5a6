//! The promises of the crate, one module for each.

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod arrays_for_objects;
mod builder_setters;
mod callback_sales_unit;
mod cancel_safety;
mod details_without_history;
mod error_bodies;
mod error_debug;
mod foreign_responses;
mod hints_foreign;
mod locked;
mod pay_by_qr_options;
mod payment_state_evidence;
mod phone_numbers;
mod rate_limits;
mod reconcile_evidence;
mod reconcile_stored;
mod refusing_codes;
mod wait_retry;
mod whole_secrets;
