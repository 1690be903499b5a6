//! What the build makes of other documents is not only produced but compiles, as modules of this
//! crate that nobody wrote a line for.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/crate_copy.rs"]
mod crate_copy;

/// Puts a document into the crate as an API of this name; its parts come with it, under names
/// that do not clash with those of other releases.
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
            fs::copy(&part, openapi.join(new)).unwrap();
        }
    }
    fs::write(openapi.join(format!("{name}.yaml")), text).unwrap();
}

/// The releases of one API that are OpenAPI 3, oldest first.
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

/// The newest few, the oldest, and the one halfway between.
fn selection(releases: &[PathBuf], newest: usize) -> Vec<PathBuf> {
    let older = releases.len().saturating_sub(newest);
    let mut chosen: Vec<PathBuf> = releases[older..].to_vec();
    chosen.extend(releases[..older].first().cloned());
    chosen.extend(releases[..older].get(older / 2).cloned());
    chosen.dedup();
    chosen
}

/// A crate beside the copy that uses the new modules the way a caller would.
fn probe(beside: &Path) -> PathBuf {
    let probe = beside.with_file_name("spec-compiles-probe");
    fs::create_dir_all(probe.join("src")).unwrap();
    fs::write(
        probe.join("Cargo.toml"),
        format!(
            "[package]\nname = \"probe\"\nedition = \"2024\"\n[dependencies]\nvipps = {{ path = {:?}, default-features = false }}\n[workspace]\n",
            beside.display().to_string()
        ),
    )
    .unwrap();
    fs::copy(beside.join("Cargo.lock"), probe.join("Cargo.lock")).unwrap();
    fs::write(
        probe.join("src/lib.rs"),
        "
        use vipps::raw::{Raw, library, meters};

        pub async fn lend(raw: &Raw) -> Option<bool> {
            let library = raw.library();
            let page = library.get_api_books().x_library_card(\"7\").id(vec![1, 2]).near(\"here\");
            let page = page.order(library::types::Order::Title).send().await.ok()?.into_inner();
            let state: String = page.items?.first()?.state.clone()?;
            let path = library.delete_api_books_by_isbn_copies_by_copy_no().isbn(\"1\").copy_no(\"2\");
            let gone: () = path.if_match(\"a, b\").send().await.ok()?.into_inner();
            Some(state == \"lent\" && gone == ())
        }

        pub fn read(reading: meters::types::Reading) -> Option<String> {
            let email: library::types::Lender = Default::default();
            let hidden: Option<vipps::types::Sensitive> = email.email;
            reading.note.filter(|_| hidden.is_none())
        }
        ",
    )
    .unwrap();
    probe
}

#[test]
fn documents_become_modules_that_compile() {
    let copy = crate_copy::copy("spec-compiles");
    let openapi = copy.join("openapi");
    let made_up = copy.join("tests/specs");
    for name in ["library.yaml", "library-news.yaml", "meters.yaml"] {
        fs::copy(made_up.join(name), openapi.join(name)).unwrap();
    }
    if let Some(corpus) = std::env::var_os("VIPPS_SPEC_CORPUS").map(PathBuf::from) {
        for (api, newest) in [("qr", 8), ("ecom", 4), ("access-token", 2)] {
            for release in selection(&releases(&corpus.join(api)), newest) {
                let stem = release.file_stem().unwrap().to_string_lossy();
                let name =
                    format!("{api}_{stem}").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                add(&release, &openapi, &name);
                eprintln!("compiling {}", release.display());
            }
        }
    } else {
        eprintln!(
            "SKIPPED: VIPPS_SPEC_CORPUS names no folder, so only made-up documents are compiled"
        );
    }
    let output = crate_copy::check(&probe(&copy));
    assert!(output.status.success(), "{}", crate_copy::said(&output));
}
