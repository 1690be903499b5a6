//! Which file of the wrapper a change touches: found by what the files mention.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::names::snake;
use super::compare::Change;

/// The wrapper's sources.
#[derive(Debug)]
pub(crate) struct Wrapper {
    files: Vec<(String, String)>,
}

impl Wrapper {
    /// Reads `src/`; the raw bindings, the simulator and the test helpers are no wrapper.
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

    /// The files that mention the member beside the calls it belongs to, else those calls.
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
        // What is new cannot stand anywhere yet; what no file calls touches none.
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

/// `src/ecom/capture.rs` and `src/ecom.rs` are the area `ecom`.
fn area(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or(inside)
}

/// Is the word there as a word of its own?
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
