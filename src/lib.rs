//! placeholder
mod call;
pub mod raw;
pub mod types;
