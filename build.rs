//! Turns every document in `openapi/` into Rust: load, normalise, generate.
//!
//! The build does not use the network. A document that cannot be generated stops the build with
//! one line per document: the file, the place in it, the fault and the remedy.

use std::path::Path;

#[path = "build/mod.rs"]
mod pipeline;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=openapi");
    println!("cargo::rerun-if-env-changed=VIPPS_BUILD_LOG");

    let out_dir = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let verbose = std::env::var_os("VIPPS_BUILD_LOG").is_some_and(|value| value == "1");

    for outcome in pipeline::build_all(Path::new("openapi"), Path::new(&out_dir)) {
        match outcome {
            Ok(api) => {
                for warning in &api.document.warnings {
                    println!("cargo::warning={warning}");
                }
                if verbose {
                    for line in api.log().lines() {
                        println!("cargo::warning={line}");
                    }
                }
            }
            Err(error) => println!("cargo::error={error}"),
        }
    }
}
