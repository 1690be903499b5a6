//! Each snippet of a guide defines every variable in its visible lines.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the pages of the guide.
fn pages() -> Vec<PathBuf> {
    let guide = fs::read_dir(root().join("src/guide")).unwrap();
    let files = guide.map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = files
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .collect();
    assert!(pages.len() > 8, "{pages:?}");
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// The lines of each snippet of Rust.
fn snippets(page: &str) -> Vec<Vec<&str>> {
    let mut snippets = Vec::new();
    let mut open: Option<Option<Vec<&str>>> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let is_rust = language.is_empty() || language.starts_with("rust");
                open = Some(is_rust.then(Vec::new));
            }
            (Some(_), Some(_)) => snippets.extend(open.take().flatten()),
            (None, Some(Some(lines))) => lines.push(line),
            (None, _) => {}
        }
    }
    snippets
}

fn hidden<'a>(snippet: &[&'a str]) -> Vec<&'a str> {
    let lines = snippet.iter().map(|line| line.trim_start());
    lines.filter_map(|line| line.strip_prefix("# ")).collect()
}

/// Returns true if a hidden line defines a name for the visible lines.
fn defines_a_name(line: &str) -> bool {
    let is_wrapper = line.starts_with("async fn main()") || line.starts_with("fn main()");
    let has = |word: &str| {
        line.split(|c: char| !c.is_alphanumeric())
            .any(|w| w == word)
    };
    ["let", "use", "const", "static", "struct"]
        .into_iter()
        .any(has)
        || (has("fn") && !is_wrapper)
}

#[test]
fn no_hidden_line_defines_a_name() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for snippet in snippets(&text) {
            let name = page.file_name().unwrap().to_string_lossy().into_owned();
            let lines = hidden(&snippet)
                .into_iter()
                .filter(|line| defines_a_name(line));
            wrong.extend(lines.map(|line| format!("{name}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn check_of_hidden_lines_finds_definitions() {
    let page = "```\n# let sim = 1;\n# use vipps::Amount;\nlet a = 1;\n# async fn f(vipps: Vipps) {\n\
                # async fn main() -> Result<(), E> {\n# assert!(a == 1);\n# Ok(()) }\n```\n\
                ```text\n# let no = 1;\n```\n";
    let all = snippets(page);
    assert_eq!(all.len(), 1);
    let wrong: Vec<_> = hidden(&all[0])
        .into_iter()
        .filter(|line| defines_a_name(line))
        .collect();
    let expected = [
        "let sim = 1;",
        "use vipps::Amount;",
        "async fn f(vipps: Vipps) {",
    ];
    assert_eq!(wrong, expected);
}

/// A dropped future loses its key, so the first example must show a key that survives.
#[test]
fn first_example_of_the_capture_page_derives_its_key() {
    let page = fs::read_to_string(root().join("src/guide/capture.md")).unwrap_or_default();
    let first = snippets(&page).first().map(|lines| lines.join("\n"));
    let first = first.expect("a snippet");
    assert!(first.contains("RequestId::derive(") && first.contains(".idempotency_key("));
}

#[test]
fn crash_page_lists_what_to_store_for_each_operation() {
    let page = fs::read_to_string(root().join("src/guide/after_a_crash.md")).unwrap_or_default();
    assert!(page.contains("\n# After a crash or a cancelled request\n"));
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<Vec<_>> = rows
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    for operation in [
        "initiate", "capture", "refund", "cancel", "create", "delete", "exchange",
    ] {
        let named = |row: &&Vec<&str>| row[1].contains(operation);
        let row = rows
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("no row for {operation}"));
        assert!(
            row.len() == 5 && row[2].len() > 5 && row[3].len() > 5,
            "{row:?}"
        );
    }
    let code: String = snippets(&page).concat().join("\n");
    for call in [
        "reconcile_initiate",
        "reconcile_capture",
        "reconcile_refund",
        "call_ended_at",
    ] {
        assert!(code.contains(call), "no snippet calls {call}");
    }
}

/// The limits of the API: 5 minutes for the landing page and 5 more in the app, 10 in total.
#[test]
fn time_limits_of_the_guide_are_those_of_the_api() {
    let page = fs::read_to_string(root().join("src/guide/payment_states.md")).unwrap();
    let limit = |what: &str| {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {what}")));
        row.unwrap_or_else(|| panic!("no row for {what}"))
            .to_owned()
    };
    assert!(limit("open the landing page").contains("| 5 minutes from the start"));
    let approve = limit("approve");
    assert!(approve.contains("| 5 minutes more"), "{approve}");
    assert!(
        approve.contains("10 minutes from the start at most"),
        "{approve}"
    );
}
