//! A copy of this crate whose documents can be changed, and cargo run on it.

#![allow(dead_code)] // each test uses a part

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Copies the crate, without its build output, to a fresh folder of this name.
///
/// The copy has a version of its own: that is how cargo tells its artefacts from the crate's in
/// the common build folder, where all dependencies are compiled already.
pub(crate) fn copy(name: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if to.exists() {
        fs::remove_dir_all(&to).unwrap();
    }
    copy_folder(Path::new(env!("CARGO_MANIFEST_DIR")), &to);
    let own = format!("version = {:?}", env!("CARGO_PKG_VERSION"));
    for file in ["Cargo.toml", "Cargo.lock"] {
        let text = fs::read_to_string(to.join(file)).unwrap();
        let here = text
            .find("name = \"vipps\"")
            .expect("the package has a name");
        let (before, after) = text.split_at(here);
        let text = format!(
            "{before}{}",
            after.replacen(&own, &format!("version = \"0.0.0-{name}\""), 1)
        );
        fs::write(to.join(file), text).unwrap();
    }
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

/// Runs cargo there, without network.
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    // The build folder holds the one for temporary files.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--color=never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("INSTA_UPDATE", "no")
        .env_remove("VIPPS_BUILD_LOG")
        .output()
        .unwrap()
}

/// `cargo check --lib` there, without TLS, which bindings have no part in.
pub(crate) fn check(folder: &Path) -> Output {
    cargo(folder, &["check", "--lib", "--no-default-features"])
}

/// What cargo said, for a failed assertion.
pub(crate) fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}
