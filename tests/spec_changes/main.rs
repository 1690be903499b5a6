//! What a changed document does to this crate, seen by changing it in a copy and building that.
//!
//! A document that grows changes nothing for the wrapper: the crate builds without an edit and
//! sends the same requests, and so it does with the official documents. A new document becomes a
//! module without a line of code. A document that breaks something says so in one place.
//!
//! There is one copy for all tests, which take turns, so that each build has little left to do.
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
#[path = "../support/surface.rs"]
mod surface;

mod breaks;
mod crate_copy;
mod growth;
mod official;

fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

/// Our documents, to be changed and put into the copy.
#[derive(Clone, PartialEq)]
struct Documents {
    qr: Value,
    ecom: Value,
    /// Those that come with nothing but themselves: names and texts.
    new: Vec<(&'static str, String)>,
}

impl Documents {
    fn ours() -> Self {
        let read = |name: &str| {
            let text = std::fs::read_to_string(openapi().join(name)).unwrap();
            build::load::parse(&text).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
        };
        Self {
            qr: read("qr.yaml"),
            ecom: read("ecom.yaml"),
            new: Vec::new(),
        }
    }

    fn both(&mut self) -> [&mut Value; 2] {
        [&mut self.qr, &mut self.ecom]
    }
}

/// The copy, for one test at a time.
struct Copy {
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Copy {
    /// With the documents that are ours.
    fn take() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            folder: crate_copy::copy("spec-changes"),
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

    /// Builds the crate as `cargo test` does, for which all dependencies are there, and runs these
    /// files of tests.
    fn test(&self, files: &[&str]) -> Output {
        let mut arguments = vec!["test", "--no-fail-fast"];
        for file in files {
            arguments.extend(["--test", file]);
        }
        crate_copy::cargo(&self.folder, &arguments)
    }
}
