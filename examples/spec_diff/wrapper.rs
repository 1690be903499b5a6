//! The search for the files of the wrapper that a change concerns.

use std::collections::BTreeSet;
use std::path::Path;

use super::build::names::snake;
use super::changes::Change;

/// The source files of the wrapper, with their text in lower case.
#[derive(Debug, Default)]
pub(crate) struct Wrapper(Vec<(String, String)>);

impl Wrapper {
    /// Reads `src/` without the raw bindings, the simulator and the test helpers.
    pub(crate) fn read(src: &Path) -> Self {
        let mut wrapper = Self::default();
        wrapper.add(src, "src");
        wrapper.0.sort();
        wrapper
    }

    fn add(&mut self, folder: &Path, shown: &str) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let shown = format!("{shown}/{}", entry.file_name().to_string_lossy());
            let is_other = ["src/raw.rs", "src/simulator", "src/testing"];
            if is_other.iter().any(|start| shown.starts_with(start)) {
                continue;
            }
            if entry.path().is_dir() {
                self.add(&entry.path(), &shown);
            } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
                self.0.push((shown, text.to_lowercase()));
            }
        }
    }

    /// Returns the files that mention the member, among the areas that call the operations. If no
    /// file mentions it, returns the files that call the operations.
    pub(crate) fn touched(&self, change: &Change, operations: &BTreeSet<String>) -> Vec<&str> {
        let ids: Vec<String> = operations.iter().map(|id| snake(id)).collect();
        let calls = self.mentioning(&ids, |_| true);
        // No file can mention a new member. An operation that no file calls concerns no file.
        let is_new = change.text.contains(" added");
        if change.name().is_empty() || is_new || (calls.is_empty() && !operations.is_empty()) {
            return calls;
        }
        let areas: BTreeSet<&str> = calls.iter().map(|file| area(file)).collect();
        let words = [snake(change.name()), change.name().to_lowercase()];
        let members = self.mentioning(&words, |file| {
            areas.is_empty() || areas.contains(area(file))
        });
        if members.is_empty() { calls } else { members }
    }

    fn mentioning(&self, words: &[String], wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let files = self.0.iter().filter(|(file, _)| wanted(file));
        let files = files.filter(|(_, text)| {
            let mut found = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            found.any(|found| words.iter().any(|word| word == found))
        });
        files.map(|(file, _)| file.as_str()).collect()
    }
}

/// Returns the area of a file: `ecom` for `src/ecom/capture.rs` and for `src/ecom.rs`.
fn area(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or(inside)
}
