//! The promises of the crate, one module for each.

mod callback_sales_unit;

#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;
