#![allow(dead_code, unused_macros, unused_imports)]
//! Stub, not to be merged.

pub mod types;
pub use types::*;
