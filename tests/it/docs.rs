//! What the texts of the repository say about the repository: links lead somewhere, files and commands that are named
//! exist, the README knows every feature, and the compiler's version is the same everywhere. Links inside the
//! documentation of the code are rustdoc's to check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every text of the repository that is not part of the code's documentation.
fn texts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(root(), &mut found);
    found.retain(|path| !path.starts_with(root().join("src")));
    found.sort();
    found
}

/// The pages of the documentation that are files of their own.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root().join("src"), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let built = name.starts_with('.') || ["target", "corpus", "node_modules"].contains(&&*name);
        if path.is_dir() && !built {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

/// A text in its parts: prose without code, the code in backticks, and the lines of fenced blocks.
#[derive(Default)]
struct Parts {
    prose: String,
    spans: Vec<String>,
    fenced: Vec<String>,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut parts = Self::default();
        let mut prose = String::new();
        let mut in_block = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            } else if in_block {
                parts.fenced.push(line.to_owned());
            } else {
                prose += line;
                prose.push('\n');
            }
        }
        for (n, part) in prose.split('`').enumerate() {
            if n % 2 == 0 {
                parts.prose += part;
            } else {
                parts.spans.push(part.replace('\n', " "));
            }
        }
        parts
    }

    /// Where the links of the prose lead: `[text](here)`.
    fn links(&self) -> Vec<&str> {
        let starts = self.prose.split("](").skip(1);
        starts
            .filter_map(|rest| Some(rest.split_once(')')?.0.trim()))
            .collect()
    }

    /// What stands behind a word in a command, as `till` does in `cargo run --example till`.
    fn arguments(&self, word: &str) -> Vec<&str> {
        let all = self.spans.iter().chain(&self.fenced);
        let mut found = Vec::new();
        for code in all {
            let words: Vec<_> = code.split_whitespace().collect();
            found.extend(words.windows(2).filter(|w| w[0] == word).map(|w| w[1]));
        }
        // Capitals stand for whatever the reader puts there.
        found.retain(|name| name.chars().any(|c| c.is_ascii_lowercase()));
        found
    }
}

/// The anchor of each heading, as GitHub makes it.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        let Some(heading) = line
            .strip_prefix('#')
            .map(|rest| rest.trim_start_matches('#'))
        else {
            continue;
        };
        if !in_block && heading.starts_with(' ') {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            let anchor: String = heading.trim().to_lowercase().chars().filter(kept).collect();
            found.insert(anchor.replace(' ', "-"));
        }
    }
    found
}

/// What is wrong with a link of a text that lies in `folder`.
fn complaint(folder: &Path, own: &str, link: &str) -> Option<String> {
    if let Some((scheme, rest)) = link.split_once("://") {
        let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
        let plain = host.contains('.') && host.bytes().all(|b| b.is_ascii_graphic());
        let blank = link.contains(char::is_whitespace);
        return (scheme != "https" || !plain || blank)
            .then(|| format!("{link} is no https link to a host"));
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let text = if file.is_empty() {
        own.to_owned()
    } else if folder.join(file).exists() {
        fs::read_to_string(folder.join(file)).unwrap_or_default()
    } else {
        return Some(format!("{file} does not exist"));
    };
    (!anchor.is_empty() && !anchors(&text).contains(anchor))
        .then(|| format!("{link} names no heading"))
}

/// Whether code in backticks is the name of a file or folder of the repository, such as `src/call.rs` or `openapi/`.
fn is_path(code: &str) -> bool {
    let known = [".rs", ".md", ".yaml", ".toml", ".snap"];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let named = known.iter().any(|e| code.ends_with(e)) || code.ends_with('/');
    named && code.chars().all(plain) && !code.starts_with(['/', '.']) || code.starts_with(".ci/")
}

/// What is wrong with a text that lies in `folder`.
fn check(folder: &Path, text: &str) -> Vec<String> {
    let parts = Parts::of(text);
    let mut wrong: Vec<_> = parts
        .links()
        .into_iter()
        .filter_map(|link| complaint(folder, text, link))
        .collect();
    let places = [root().to_owned(), folder.to_owned(), root().join("src")];
    for code in parts.spans.iter().filter(|code| is_path(code)) {
        if !places.iter().any(|place| place.join(code).exists()) {
            wrong.push(format!("`{code}` does not exist"));
        }
    }
    wrong.extend(commands(&parts));
    wrong
}

/// What the commands of a text name that is not there.
fn commands(parts: &Parts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (word, folder) in [
        ("--example", "examples"),
        ("--test", "tests"),
        ("--bench", "benches"),
    ] {
        for name in parts.arguments(word) {
            let folder = root().join(folder);
            let there = folder.join(name).join("main.rs").exists()
                || folder.join(name).with_extension("rs").exists();
            if !there {
                wrong.push(format!("{word} {name} does not exist"));
            }
        }
    }
    for name in parts
        .arguments("fuzz")
        .into_iter()
        .chain(parts.arguments("cmin"))
    {
        let target = root()
            .join("fuzz/fuzz_targets")
            .join(name)
            .with_extension("rs");
        if !["run", "cmin"].contains(&name) && !target.exists() {
            wrong.push(format!("the fuzz target {name} does not exist"));
        }
    }
    let recipes = read("justfile");
    for name in parts.arguments("just") {
        let begins = |line: &str| line.split([' ', ':']).next() == Some(name);
        if !recipes.lines().any(begins) {
            wrong.push(format!("just {name} does not exist"));
        }
    }
    let features = features();
    for name in parts.arguments("--features") {
        for name in name.split(',').filter(|name| !features.contains(*name)) {
            wrong.push(format!("the feature {name} does not exist"));
        }
    }
    wrong
}

/// The features of the manifest.
fn features() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let table = manifest.split("\n[features]\n").nth(1).unwrap();
    let table = table.split("\n[").next().unwrap();
    let name = |line: &str| Some(line.split_once(" = ")?.0.to_owned());
    let is_name = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    table.lines().filter_map(name).filter(is_name).collect()
}

#[test]
fn links_files_and_commands_exist() {
    let texts = texts();
    let names: Vec<_> = texts
        .iter()
        .map(|p| p.strip_prefix(root()).unwrap())
        .collect();
    for file in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ] {
        assert!(names.contains(&Path::new(file)), "{file} is missing");
    }
    let mut wrong = Vec::new();
    for path in &texts {
        let complaints = check(path.parent().unwrap(), &fs::read_to_string(path).unwrap());
        wrong.extend(
            complaints
                .iter()
                .map(|c| format!("{}: {c}", path.display())),
        );
    }
    // Their links are rustdoc's, their commands are not.
    for path in &pages() {
        let complaints = commands(&Parts::of(&fs::read_to_string(path).unwrap()));
        wrong.extend(
            complaints
                .iter()
                .map(|c| format!("{}: {c}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_what_is_wrong() {
    let text = "# A heading, with `code`\n[a](src/lib.rs) [b](nowhere.md) [c](#a-heading-with-code) [d](#no-heading)\n\
                [e](http://example.com) [f](https://example.com/x) [g](README.md#licence) [h](README.md#license)\n\
                `src/nothing.rs` `cargo run --example nothing` `cargo test --test it` `just nothing` `just check`\n\
                ```console\ncargo test --features nothing,render\ncargo run --example NAME\n```\n";
    let wrong = check(root(), text);
    let expected = [
        "nowhere.md does not exist",
        "#no-heading names no heading",
        "http://example.com is no https link to a host",
        "README.md#license names no heading",
        "`src/nothing.rs` does not exist",
        "--example nothing does not exist",
        "just nothing does not exist",
        "the feature nothing does not exist",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn the_readme_has_every_feature_and_no_other() {
    let readme = read("README.md");
    let table = readme.split("\n## Features\n").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let told: BTreeSet<_> = rows
        .filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect();
    let mut there = features();
    assert!(there.remove("default"));
    assert_eq!(told, there);
}

/// Nothing is published yet, so that a version alone resolves to nothing.
#[test]
fn the_lines_for_a_manifest_name_a_folder_and_features_that_exist() {
    let mut lines = Vec::new();
    for file in ["README.md", "src/guide/testing.md"] {
        let text = read(file);
        lines.extend(
            text.lines()
                .filter(|l| l.starts_with("vipps = "))
                .map(str::to_owned),
        );
    }
    assert!(lines.len() >= 3, "{lines:?}");
    for line in lines {
        let rest = line.strip_prefix(r#"vipps = { path = "../vipps", features = [""#);
        let named = rest.and_then(|rest| rest.split('"').next());
        assert!(
            named.is_some_and(|name| features().contains(name)),
            "{line}"
        );
    }
}

#[test]
fn the_oldest_compiler_is_the_same_everywhere() {
    let manifest = read("Cargo.toml");
    let line = manifest
        .lines()
        .find_map(|l| l.strip_prefix("rust-version = \""))
        .unwrap();
    let version = line.split('"').next().unwrap();
    for file in ["README.md", "CONTRIBUTING.md", "src/guide/stability.md"] {
        assert!(
            read(file).contains(version),
            "{file} does not say {version}"
        );
    }
}
