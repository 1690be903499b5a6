//! The official documents, dropped unmodified over ours, are generated and compiled.
//!
//! `VIPPS_SPEC_CORPUS` names the folder that holds them: `qr/`, `ecom/` and `access-token/` with
//! one file per release, or one folder per release where a document has several files.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/crate_copy.rs"]
mod crate_copy;

/// The newest release in the folder: names begin with a number that counts up.
fn newest(folder: &Path) -> PathBuf {
    let mut releases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    releases.sort();
    releases
        .pop()
        .unwrap_or_else(|| panic!("{} is empty", folder.display()))
}

/// Puts a release in place of our document; files beside it keep their names.
fn drop_over(release: &Path, ours: &Path) {
    if release.is_file() {
        fs::copy(release, ours).unwrap();
        return;
    }
    for entry in fs::read_dir(release).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap();
        let to = if name == "swagger.yaml" {
            ours.to_owned()
        } else {
            ours.with_file_name(name)
        };
        fs::copy(&file, to).unwrap();
    }
}

#[test]
fn the_newest_official_documents_build() {
    let Some(corpus) = std::env::var_os("VIPPS_SPEC_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: VIPPS_SPEC_CORPUS names no folder, so no official document was built");
        return;
    };
    let copy = crate_copy::copy("spec-official");
    let openapi = copy.join("openapi");
    for api in ["qr", "ecom", "access-token"] {
        let ours = openapi.join(format!("{api}.yaml"));
        let before = fs::read(&ours).unwrap();
        let release = newest(&corpus.join(api));
        drop_over(&release, &ours);
        assert_ne!(
            fs::read(&ours).unwrap(),
            before,
            "{} is ours",
            release.display()
        );
    }
    let output = crate_copy::check(&copy);
    assert!(output.status.success(), "{}", crate_copy::said(&output));
}
