//! Runs the inputs in `fuzz/corpus` through their targets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    let stem = |e: fs::DirEntry| e.path().file_stem().unwrap().to_string_lossy().into_owned();
    entries.map(|entry| stem(entry.unwrap())).collect()
}

/// Returns `true` if the folder `fuzz/` is missing, as in the package of a release.
fn is_missing() -> bool {
    let missing = !folder(".").is_dir();
    if missing {
        eprintln!("SKIPPED: the folder fuzz is not part of the package");
    }
    missing
}

#[test]
fn all_corpus_inputs_satisfy_the_assertions_of_their_target() {
    if is_missing() {
        return;
    }
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(folder("corpus").join(name)).unwrap() {
            let path = entry.unwrap().path();
            // Names the input, should the target panic.
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
            inputs += 1;
        }
        assert!(inputs > 3, "{name} has no corpus");
    }
}

#[test]
fn every_target_has_a_fuzz_program_and_a_corpus() {
    if is_missing() {
        return;
    }
    let targets: BTreeSet<_> = TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(names(&folder("corpus")), targets);
    assert_eq!(names(&folder("fuzz_targets")), targets);
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for target in targets {
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target}"
        );
    }
}
