//! Runs the build pipeline over every document below `VIPPS_SPEC_CORPUS`, or over the vendored
//! documents, and prints the result of each:
//!
//! - `generated`: it becomes code that contains everything that the document describes;
//! - `refused`: it is not YAML, not OpenAPI 3.x, or has a part at a URL; with the error of the build;
//! - `failed`: anything else.
//!
//! A folder with a `swagger.yaml` is one document; the files beside it are its parts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::expected::{Expected, Fields};

#[test]
fn every_document_is_generated_or_refused() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("VIPPS_SPEC_CORPUS").map_or_else(
        || {
            eprintln!(
                "SKIPPED: VIPPS_SPEC_CORPUS is missing, so only the vendored documents are built"
            );
            own.join("openapi")
        },
        PathBuf::from,
    );
    let mut results = Results::default();
    for document in documents(&folder) {
        let relative_path = document.strip_prefix(&folder).unwrap_or(&document);
        results.run(&document, &relative_path.display().to_string());
    }
    results.report();
}

#[test]
fn every_pass_changes_a_document() {
    let unused = unused_passes(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(
        unused.is_empty(),
        "passes that change no document: {unused:?}"
    );
}

/// Returns the passes that change neither a vendored document nor a document of the tests.
fn unused_passes(own: &Path) -> Vec<&'static str> {
    let mut unused: Vec<&'static str> = crate::build::reasons().map(|(name, _)| name).collect();
    for folder in [own.join("openapi"), own.join("tests/specs")] {
        for document in documents(&folder) {
            let folder = document.parent().unwrap_or(Path::new(""));
            let notes = crate::build::build_file(folder, &name(&document))
                .map(|api| api.document.notes)
                .unwrap_or_default();
            unused.retain(|pass| notes.iter().all(|note| note.pass != *pass));
        }
    }
    unused
}

/// Returns every document below the folder in order, without the parts of others.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut documents_found = Vec::new();
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
            && !name(&path).ends_with(".overlay.yaml")
        {
            files.push(path);
        }
    }
    if let Some(whole) = files.iter().find(|file| file.ends_with("swagger.yaml")) {
        files = vec![whole.clone()];
    } else {
        let parts: BTreeSet<String> = files
            .iter()
            .filter_map(|file| crate::build::load::parse(&std::fs::read_to_string(file).ok()?).ok())
            .flat_map(|root| crate::build::load::referred_files(&root))
            .collect();
        files.retain(|file| !parts.contains(&name(file)));
    }
    documents_found.append(&mut files);
    for folder in folders {
        documents_found.append(&mut documents(&folder));
    }
    documents_found.sort();
    documents_found
}

fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[derive(Default)]
struct Results {
    generated: usize,
    refused: usize,
    failed: usize,
}

impl Results {
    fn run(&mut self, document: &Path, relative_path: &str) {
        let folder = document.parent().unwrap_or(Path::new(""));
        match crate::build::build_file(folder, &name(document)) {
            Ok(api) => match difference(folder, document, &api) {
                None => {
                    self.generated += 1;
                    println!("generated {relative_path}");
                }
                Some(difference) => {
                    self.failed += 1;
                    println!("failed {relative_path}: {difference}");
                }
            },
            Err(error) if !error.readable => {
                self.refused += 1;
                println!("refused {relative_path}: {error}");
            }
            Err(error) => {
                self.failed += 1;
                println!("failed {relative_path}: {error}");
            }
        }
    }

    fn report(&self) {
        let all = self.generated + self.refused + self.failed;
        println!(
            "corpus: {all} documents, {} generated, {} refused, {} failed",
            self.generated, self.refused, self.failed
        );
        assert_eq!(self.failed, 0, "documents failed");
        assert!(self.generated > 0, "no document was generated");
    }
}

/// Returns the difference between the members of the document and the members of the generated
/// code.
fn difference(folder: &Path, document: &Path, api: &crate::build::Api) -> Option<String> {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        crate::build::load::parse(&text).unwrap_or_default()
    };
    let root = read(&name(document));
    let mut expected = Expected::of(&root, &read);
    for part in crate::build::load::referred_files(&root) {
        expected
            .allowed
            .append(&mut Expected::of(&read(&part), &read).objects);
    }
    let source = crate::source::Source::of(&syn::parse_str(&api.rust).ok()?);

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
                .map(|name| crate::build::names::snake(name))
                .collect();
            (method.clone(), without_names(path), inputs)
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
    let is_with_category = |fields: &Fields| {
        let mut with = fields.clone();
        with.insert("category".to_owned());
        types.contains(&with)
    };
    if let Some(missing) = expected
        .objects
        .iter()
        .find(|fields| !types.contains(*fields) && !is_with_category(fields))
    {
        return Some(format!("no type has the fields {missing:?}"));
    }
    let is_known = |fields: &Fields| {
        let mut without = fields.clone();
        without.remove("category");
        [fields, &without]
            .iter()
            .any(|fields| expected.objects.contains(*fields) || expected.allowed.contains(*fields))
    };
    let surplus = types.iter().find(|fields| !is_known(fields))?;
    Some(format!(
        "the document has no object with the fields {surplus:?}"
    ))
}

/// Returns the path with `{}` for each parameter.
fn without_names(path: &str) -> String {
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
