//! The search for the files of the wrapper that a change affects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::names::snake;
use super::compare::Change;

/// The source files of the wrapper.
#[derive(Debug)]
pub(crate) struct Wrapper {
    files: Vec<(String, String)>,
}

impl Wrapper {
    /// Reads `src/` without the raw bindings, the simulator and the test helpers.
    pub(crate) fn read(src: &Path) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![src.to_owned()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
            {
                let shown = shown(src, &path);
                let other = ["raw.rs", "simulator", "testing"]
                    .iter()
                    .any(|start| shown.starts_with(&format!("src/{start}")));
                if other {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    files.push((shown, text));
                }
            }
        }
        files.sort();
        Self { files }
    }

    /// Returns the files that mention the member, among the areas that make the calls. If no file
    /// mentions it, returns the files that make the calls.
    pub(crate) fn touched(&self, change: &Change) -> Vec<&str> {
        let calls: Vec<&str> = self
            .files
            .iter()
            .filter(|(_, text)| {
                change
                    .operations
                    .iter()
                    .any(|id| mentions(text, &snake(id)))
            })
            .map(|(file, _)| file.as_str())
            .collect();
        if change.name.is_empty() {
            return calls;
        }
        // No file can mention a new member. An operation that no file calls affects no file.
        let new = change.text.contains(" added");
        if new || (calls.is_empty() && !change.operations.is_empty()) {
            return calls;
        }
        let areas: BTreeSet<&str> = calls.iter().map(|file| area(file)).collect();
        let words = [snake(&change.name), change.name.clone()];
        let members: Vec<&str> = self
            .files
            .iter()
            .filter(|(file, _)| areas.is_empty() || areas.contains(area(file)))
            .filter(|(_, text)| words.iter().any(|word| mentions(text, word)))
            .map(|(file, _)| file.as_str())
            .collect();
        if members.is_empty() { calls } else { members }
    }
}

fn shown(src: &Path, path: &Path) -> String {
    let inside: PathBuf = path.strip_prefix(src).unwrap_or(path).to_owned();
    format!("src/{}", inside.display())
}

/// Returns the area of a file: `ecom` for `src/ecom/capture.rs` and for `src/ecom.rs`.
fn area(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or(inside)
}

/// Returns whether the text contains the whole word, in any case.
fn mentions(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let part = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty()
        && text.match_indices(&word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}
