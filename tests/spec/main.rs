//! The build pipeline over documents: the vendored ones, the official ones, damaged ones, and
//! documents in OpenAPI 3.1.

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../../build/mod.rs"]
mod build;
#[path = "../support/expected.rs"]
mod expected;
#[path = "../support/rng.rs"]
mod rng;
#[path = "../support/source.rs"]
mod source;
#[path = "../support/surface.rs"]
mod surface;

mod bindings;
mod corpus;
mod fragments;
mod mutated;
mod openapi_3_1;
mod refused;
mod unknown_keys;
