//! Runs the build pipeline over every document below `VIPPS_SPEC_CORPUS` and over our own, and
//! prints how each fared:
//!
//! - `generated`: it becomes code, and everything that it describes is in the code;
//! - `refused`: not YAML, not OpenAPI 3.x, or with a part at a URL; with the sentence a maintainer would get;
//! - `failed`: anything else.
//!
//! A folder with a `swagger.yaml` is one document; the files beside it are its parts.
//! Ends with an error if any document failed, or if a pass changed nothing in any of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../build/mod.rs"]
mod build;
#[path = "support/expected.rs"]
mod expected;

use expected::{Expected, Fields};

fn main() -> ExitCode {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![own.join("openapi")];
    match std::env::var_os("VIPPS_SPEC_CORPUS") {
        // The figures are then about that folder alone.
        Some(folder) => folders = vec![PathBuf::from(folder)],
        None => eprintln!(
            "SKIPPED: VIPPS_SPEC_CORPUS names no folder, so only our own documents are run"
        ),
    }
    let mut tally = Tally::default();
    for folder in &folders {
        for document in documents(folder) {
            let shown = document
                .strip_prefix(folder)
                .unwrap_or(&document)
                .display()
                .to_string();
            tally.run(&document, &shown);
        }
    }
    let outcome = tally.report();
    match unused(own) {
        unused if unused.is_empty() => outcome,
        unused => {
            eprintln!("passes that change nothing in any of our documents: {unused:?}");
            ExitCode::FAILURE
        }
    }
}

/// Passes that change nothing in the vendored documents and those of the tests: without reason.
fn unused(own: &Path) -> Vec<&'static str> {
    let mut idle: Vec<&'static str> = build::reasons().map(|(name, _)| name).collect();
    for folder in [own.join("openapi"), own.join("tests/specs")] {
        for document in documents(&folder) {
            let folder = document.parent().unwrap_or(Path::new(""));
            let notes = build::build_file(folder, &name(&document))
                .map(|api| api.document.notes)
                .unwrap_or_default();
            idle.retain(|pass| notes.iter().all(|note| note.pass != *pass));
        }
    }
    idle
}

/// Every document below the folder, parts of others left out, in order.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = Vec::new();
    let mut files = Vec::new();
    for entry in
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        if path.is_dir() {
            folders.push(path);
        } else if path
            .extension()
            .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
        {
            files.push(path);
        }
    }
    if let Some(whole) = files.iter().find(|file| file.ends_with("swagger.yaml")) {
        files = vec![whole.clone()];
    } else {
        let parts: BTreeSet<String> = files
            .iter()
            .filter_map(|file| build::load::parse(&std::fs::read_to_string(file).ok()?).ok())
            .flat_map(|root| build::load::referred_files(&root))
            .collect();
        files.retain(|file| !parts.contains(&name(file)));
    }
    found.append(&mut files);
    for folder in folders {
        found.append(&mut documents(&folder));
    }
    found.sort();
    found
}

fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[derive(Default)]
struct Tally {
    generated: usize,
    refused: usize,
    failed: usize,
}

impl Tally {
    fn run(&mut self, document: &Path, shown: &str) {
        let folder = document.parent().unwrap_or(Path::new(""));
        match build::build_file(folder, &name(document)) {
            Ok(api) => match lost(folder, document, &api) {
                None => {
                    self.generated += 1;
                    println!("generated {shown}");
                }
                Some(lost) => {
                    self.failed += 1;
                    println!("failed {shown}: {lost}");
                }
            },
            Err(refusal) if !refusal.readable => {
                self.refused += 1;
                println!("refused {shown}: {refusal}");
            }
            Err(refusal) => {
                self.failed += 1;
                println!("failed {shown}: {refusal}");
            }
        }
    }

    fn report(&self) -> ExitCode {
        let all = self.generated + self.refused + self.failed;
        println!(
            "corpus: {all} documents, {} generated, {} refused, {} failed",
            self.generated, self.refused, self.failed
        );
        if self.failed > 0 || self.generated == 0 {
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}

/// What the document describes and the code lacks, or the other way round.
fn lost(folder: &Path, document: &Path, api: &build::Api) -> Option<String> {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        build::load::parse(&text).unwrap_or_default()
    };
    let root = read(&name(document));
    let mut expected = Expected::of(&root, &read);
    for part in build::load::referred_files(&root) {
        expected
            .allowed
            .append(&mut Expected::of(&read(&part), &read).objects);
    }
    let source = build::source::Source::of(&syn::parse_str(&api.rust).ok()?);

    let generated: BTreeSet<(String, String, BTreeSet<String>)> = source
        .operations
        .iter()
        .map(|o| {
            let inputs = o
                .inputs
                .iter()
                .filter(|name| *name != "body")
                .cloned()
                .collect();
            (o.method.clone(), o.path.clone(), inputs)
        })
        .collect();
    let wanted: BTreeSet<(String, String, BTreeSet<String>)> = expected
        .operations
        .iter()
        .map(|((method, path), parameters)| {
            let inputs = parameters
                .iter()
                .map(|name| build::names::snake(name))
                .collect();
            (method.clone(), blank(path), inputs)
        })
        .collect();
    if generated != wanted {
        let missing: Vec<_> = wanted.difference(&generated).collect();
        let surplus: Vec<_> = generated.difference(&wanted).collect();
        return Some(format!("operations lost {missing:?}, surplus {surplus:?}"));
    }

    let types: BTreeSet<Fields> = source
        .structs
        .into_values()
        .filter(|fields| !fields.is_empty())
        .collect();
    let live = |fields: &Fields| {
        let mut with = fields.clone();
        with.insert("category".to_owned());
        types.contains(&with)
    };
    if let Some(missing) = expected
        .objects
        .iter()
        .find(|fields| !types.contains(*fields) && !live(fields))
    {
        return Some(format!("no type has the fields {missing:?}"));
    }
    let known = |fields: &Fields| {
        let mut without = fields.clone();
        without.remove("category");
        [fields, &without]
            .iter()
            .any(|fields| expected.objects.contains(*fields) || expected.allowed.contains(*fields))
    };
    let surplus = types.iter().find(|fields| !known(fields))?;
    Some(format!(
        "the document has no object with the fields {surplus:?}"
    ))
}

/// The path with `{}` for each parameter.
fn blank(path: &str) -> String {
    path.split('/')
        .map(|step| {
            if step.starts_with('{') && step.ends_with('}') {
                "{}"
            } else {
                step
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}
