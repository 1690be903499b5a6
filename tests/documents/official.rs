//! Builds of the official documents. The newest release replaces our document unmodified and must
//! produce the same requests. Older releases are added as further modules without manual changes.
//!
//! `VIPPS_SPEC_CORPUS` names the folder of the documents. It holds a folder for each API, with one
//! file per release, or one folder per release if a document has several files.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CrateCopy, crate_copy};

/// Returns the releases of one API that are OpenAPI 3, oldest first.
fn releases(folder: &Path) -> Vec<PathBuf> {
    let mut releases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let main = if path.is_dir() {
                path.join("swagger.yaml")
            } else {
                path.clone()
            };
            let text = fs::read_to_string(main).unwrap();
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("swagger:"))
        })
        .collect();
    releases.sort();
    releases
}

/// Returns the newest releases, the oldest, and the one halfway between.
fn selection(releases: &[PathBuf], newest: usize) -> Vec<PathBuf> {
    let end_of_older = releases.len().saturating_sub(newest);
    let mut chosen: Vec<PathBuf> = releases[end_of_older..].to_vec();
    chosen.extend(releases[..end_of_older].first().cloned());
    chosen.extend(releases[..end_of_older].get(end_of_older / 2).cloned());
    chosen.dedup();
    chosen
}

/// Copies the content without the permissions, because a read-only copy would fail the next test.
fn copy(from: &Path, to: &Path) {
    crate_copy::write(to, fs::read(from).unwrap());
}

/// Replaces our document by a release. Files beside it keep their names.
fn replace_document(release: &Path, vendored: &Path) {
    if release.is_file() {
        copy(release, vendored);
        return;
    }
    for entry in fs::read_dir(release).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap();
        let to = if name == "swagger.yaml" {
            vendored.to_owned()
        } else {
            vendored.with_file_name(name)
        };
        copy(&file, &to);
    }
}

/// Adds a document as an API of this name. Its parts get names that no other release has.
fn add(document: &Path, openapi: &Path, name: &str) {
    let folder = document.is_dir();
    let main = if folder {
        document.join("swagger.yaml")
    } else {
        document.to_owned()
    };
    let mut text = fs::read_to_string(main).unwrap();
    for part in fs::read_dir(document)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
    {
        let old = part.file_name().unwrap().to_string_lossy().into_owned();
        if old != "swagger.yaml" {
            let new = format!("{name}_{old}");
            text = text.replace(&format!("{old}#"), &format!("{new}#"));
            copy(&part, &openapi.join(new));
        }
    }
    fs::write(openapi.join(format!("{name}.yaml")), text).unwrap();
}

#[test]
fn official_documents_build_and_send_the_same_requests() {
    let Some(corpus) = std::env::var_os("VIPPS_SPEC_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: VIPPS_SPEC_CORPUS names no folder, so no official document was built");
        return;
    };
    let copied = CrateCopy::take();
    let openapi = copied.folder.join("openapi");
    for (api, newest) in [
        ("qr", 7),
        ("ecom", 3),
        ("access-token", 1),
        ("epayment", 2),
        ("userinfo", 1),
        ("webhooks", 2),
    ] {
        let releases = releases(&corpus.join(api));
        let Some((last, earlier)) = releases.split_last() else {
            panic!("no release of {api}");
        };
        let vendored = openapi.join(format!("{api}.yaml"));
        let before = fs::read(&vendored).unwrap();
        replace_document(last, &vendored);
        assert_ne!(
            fs::read(&vendored).unwrap(),
            before,
            "{} equals the vendored document",
            last.display()
        );
        for release in selection(earlier, newest) {
            let stem = release.file_stem().unwrap().to_string_lossy();
            let name = format!("{api}_{stem}").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            add(&release, &openapi, &name);
            eprintln!("compiling {}", release.display());
        }
    }
    let output = copied.test(&["requests", "requests_qr"]);
    assert!(
        output.status.success(),
        "{}",
        crate_copy::output_text(&output)
    );
}
