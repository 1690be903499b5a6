#![allow(dead_code)]
//! Stub, not to be merged.
