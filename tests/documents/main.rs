//! Builds copies of this crate with changed documents. `.ci/documents` runs this program; `cargo
//! test` does not, because each test starts cargo.
//!
//! Additions to a document change neither the wrapper nor a request. The same holds for the
//! official documents. A new document becomes a module without a line of code. The compiler or a
//! snapshot names a breaking change.
//!
//! All tests share one copy, one after the other, so that each build reuses the previous build.
#![allow(unreachable_pub, reason = "a test has no outside")]

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../../build/mod.rs"]
mod build;
#[path = "../support/prefix.rs"]
mod prefix;
#[path = "../support/source.rs"]
mod source;
#[path = "../support/surface.rs"]
mod surface;

mod additions;
mod breaking_changes;
mod crate_copy;
mod official;

fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

/// The vendored documents, which a test changes and writes into the copy.
#[derive(Clone, PartialEq)]
struct Documents {
    qr: Value,
    ecom: Value,
    /// The names and texts of new documents.
    new: Vec<(&'static str, String)>,
}

impl Documents {
    fn vendored() -> Self {
        let read = |name: &str| {
            let text = std::fs::read_to_string(openapi().join(name)).unwrap();
            build::load::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        Self {
            qr: read("qr.yaml"),
            ecom: read("ecom.yaml"),
            new: Vec::new(),
        }
    }

    fn qr_and_ecom(&mut self) -> [&mut Value; 2] {
        [&mut self.qr, &mut self.ecom]
    }
}

/// The copy of the crate. One test at a time uses it.
struct CrateCopy {
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl CrateCopy {
    /// Waits for the copy and resets it to the vendored documents.
    fn take() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            folder: crate_copy::copy("documents"),
            _turn: turn,
        }
    }

    fn with(documents: &Documents) -> Self {
        let copy = Self::take();
        let openapi = copy.folder.join("openapi");
        crate_copy::write(&openapi.join("qr.yaml"), documents.qr.to_string());
        crate_copy::write(&openapi.join("ecom.yaml"), documents.ecom.to_string());
        for (name, text) in &documents.new {
            crate_copy::write(&openapi.join(name), text);
        }
        copy
    }

    /// Builds the crate with a test binary `it` of these modules only, and runs it.
    fn test(&self, modules: &[&str]) -> Output {
        let modules: String = modules.iter().flat_map(|m| ["mod ", m, ";\n"]).collect();
        let main = format!("#[path = \"../support/mod.rs\"]\nmod support;\n{modules}");
        crate_copy::write(&self.folder.join("tests/it/main.rs"), main);
        crate_copy::cargo(&self.folder, &["test", "--no-fail-fast", "--test", "it"])
    }
}
