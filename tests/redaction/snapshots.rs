//! Stored files that must contain no secret: the snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::SECRETS;
use super::*;

/// Returns the snapshots of every test binary.
fn all_snapshots() -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders = vec![tests];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "snap") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn snapshots_contain_no_secret() {
    let mut search = LeakSearch::start();
    let mut masked = 0;
    for path in all_snapshots() {
        let snapshot = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        search.text(&name, &snapshot);
        for secret in SECRETS {
            assert!(!snapshot.contains(secret), "{secret} is in {name}");
        }
        // Snapshots contain tokens only as numbered placeholders.
        assert!(!snapshot.contains("eyJ"), "{name}");
        for (at, _) in snapshot.match_indices("Bearer ") {
            assert!(snapshot[at..].starts_with("Bearer [token "), "{name}");
            masked += 1;
        }
    }
    assert!(masked > 30, "{masked}");
    search.finish(45);
}
