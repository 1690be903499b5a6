//! Every pass of the build pipeline does what it says on a fragment of a document.
//!
//! The tests stand beside the passes in `build/`; this file compiles them, since cargo does not
//! test build scripts.

#[allow(dead_code)] // the entry points are the build script's
#[path = "../build/mod.rs"]
mod build;
