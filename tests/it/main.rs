//! The promises of the crate, one module for each.

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod arrays_for_objects;
mod builder_setters;
mod callback_sales_unit;
mod cancel_safety;
mod connect_timeouts;
mod details_without_history;
mod error_bodies;
mod foreign_responses;
mod locked;
mod other_order;
mod payment_state_evidence;
mod reconcile_evidence;
mod reconcile_stored;
mod wait_polls;
mod wait_retry;
mod whole_secrets;
mod write_responses;
