//! The search for the files of the wrapper that a change concerns.

use std::collections::BTreeSet;
use std::path::Path;

use super::build::names::snake;
use super::changes::Change;

/// The source files of the wrapper, with their text in lower case.
#[derive(Debug)]
pub(crate) struct Wrapper(Vec<(String, String)>);

impl Wrapper {
    /// Reads `src/` without the raw bindings, the simulator and the test helpers.
    pub(crate) fn read(src: &Path) -> Self {
        let mut files = Vec::new();
        add(src, "src", &mut files);
        files.retain(|(file, _)| !["raw", "simulator", "testing"].contains(&area(file)));
        files.sort();
        Self(files)
    }

    /// Returns the files that mention the member, among the areas that call the operations. If no
    /// file mentions it, returns the files that call the operations.
    pub(crate) fn touched(&self, change: &Change, operations: &BTreeSet<String>) -> Vec<&str> {
        let ids: Vec<String> = operations.iter().map(|id| snake(id)).collect();
        let calls = self.mentioning(&ids);
        // No file can mention a new member. An operation that no file calls concerns no file.
        let is_new = change.text.contains(" added");
        if change.name.is_empty() || is_new || (calls.is_empty() && !operations.is_empty()) {
            return calls;
        }
        let areas: BTreeSet<&str> = calls.iter().map(|file| area(file)).collect();
        let mut members = self.mentioning(&[snake(&change.name), change.name.to_lowercase()]);
        members.retain(|file| areas.is_empty() || areas.contains(area(file)));
        if members.is_empty() { calls } else { members }
    }

    fn mentioning(&self, words: &[String]) -> Vec<&str> {
        let files = self.0.iter().filter(|(_, text)| {
            let mut found = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            found.any(|found| words.iter().any(|word| word == found))
        });
        files.map(|(file, _)| file.as_str()).collect()
    }
}

/// Returns the area of a file: `ecom` for `src/ecom/capture.rs` and for `src/ecom.rs`.
fn area(file: &str) -> &str {
    file.split(['/', '.']).nth(1).unwrap_or_default()
}

fn add(folder: &Path, shown: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let shown = format!("{shown}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            add(&entry.path(), &shown, files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.push((shown, text.to_lowercase()));
        }
    }
}
