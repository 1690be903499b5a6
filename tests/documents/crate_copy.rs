//! A copy of this crate whose documents can be changed, and cargo run on it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Creates a folder of this name with a copy of the crate, without its build output.
///
/// Unchanged files are not written again, so that cargo does not rebuild them.
///
/// The copy has a version of its own. Cargo thereby separates its artefacts from those of the crate
/// in the common build folder, where all dependencies are already compiled.
pub fn copy(name: &str) -> PathBuf {
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let version = format!("version = \"0.0.0-{name}\"");
    copy_folder(Path::new(env!("CARGO_MANIFEST_DIR")), &to, &version);
    to
}

fn copy_folder(from: &Path, to: &Path, version: &str) {
    fs::create_dir_all(to).unwrap();
    let mut copied_names: BTreeSet<OsString> = BTreeSet::new();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == "target" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let copied = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &copied, version);
        } else {
            let mut content = fs::read(entry.path()).unwrap();
            if name == "Cargo.toml" || name == "Cargo.lock" {
                content = with_version(content, version);
            }
            write(&copied, content);
        }
        copied_names.insert(name);
    }
    for entry in fs::read_dir(to).unwrap() {
        let entry = entry.unwrap();
        if copied_names.contains(&entry.file_name()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        } else {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// The manifest or the lock file, with this version of the crate.
///
/// Its tests have few features: those of the tests of requests, and `redis`, without which cargo
/// would compile some dependencies again.
fn with_version(content: Vec<u8>, version: &str) -> Vec<u8> {
    const DEV_DEPENDENCY: &str = "vipps = { path = \".\", features = ";
    let mut text = String::from_utf8(content).unwrap();
    let own = format!("version = {:?}", env!("CARGO_PKG_VERSION"));
    if let Some((before, after)) = text.split_once("name = \"vipps\"") {
        let after = after.replacen(&own, version, 1);
        text = format!("{before}name = \"vipps\"{after}");
    }
    let lines = text.lines().map(|line| {
        if line.starts_with(DEV_DEPENDENCY) {
            format!("{DEV_DEPENDENCY}[\"redis\", \"testing\"] }}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect::<String>().into_bytes()
}

/// Writes the file if its content differs.
pub fn write(file: &Path, content: impl AsRef<[u8]>) {
    if fs::read(file).is_ok_and(|existing| existing == content.as_ref()) {
        return;
    }
    fs::write(file, content).unwrap();
}

/// Runs cargo in the folder, without network.
pub fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    // The folder for temporary files is inside the build folder.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--color=never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("INSTA_UPDATE", "no")
        // Each build has other documents, so incremental compilation would save little.
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("VIPPS_BUILD_LOG")
        .output()
        .unwrap()
}

/// Returns cargo's output, for the message of a failed assertion.
pub fn output_text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}
