//! A copy of this crate whose documents can be changed, and cargo run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Copies the crate, without its build output, to a fresh folder of this name.
pub(crate) fn copy(name: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if to.exists() {
        fs::remove_dir_all(&to).unwrap();
    }
    copy_folder(Path::new(env!("CARGO_MANIFEST_DIR")), &to);
    to
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let skipped = name == "target" || name.to_string_lossy().starts_with('.');
        match (skipped, entry.file_type().unwrap().is_dir()) {
            (true, _) => {}
            (false, true) => copy_folder(&entry.path(), &to.join(name)),
            (false, false) => {
                fs::copy(entry.path(), to.join(name)).unwrap();
            }
        }
    }
}

/// `cargo check --lib` there, without network and without TLS, which bindings have no part in.
///
/// The build folder is one of its own, since cargo cannot tell a copy of a crate from the crate
/// in a common one; it is kept, so that only the first check compiles the dependencies.
pub(crate) fn check(folder: &Path) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("spec-check");
    Command::new(env!("CARGO"))
        .args([
            "check",
            "--lib",
            "--no-default-features",
            "--offline",
            "--color=never",
        ])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("VIPPS_BUILD_LOG")
        .output()
        .unwrap()
}

/// What cargo said, for a failed assertion.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
