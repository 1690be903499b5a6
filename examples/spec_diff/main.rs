//! Compares two releases of an API document: `cargo run --example spec_diff -- OLD.yaml NEW.yaml`.
//!
//! Prints each operation, parameter, field, value and limit that was added, removed or changed.
//! Each change is marked as breaking or not, with the wrapper's files that it affects.
//!
//! The exit code is 0 if requests and responses are unchanged, 1 if they changed, and 2 if a
//! document cannot be read. Descriptions, examples and the order of entries are ignored, and so is
//! a path prefix that moves between `servers` and `paths`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../../build/mod.rs"]
mod build;
mod compare;
mod model;
mod wrapper;

use model::Model;
use wrapper::Wrapper;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new] = arguments.as_slice() else {
        eprintln!("usage: spec_diff OLD.yaml NEW.yaml");
        return ExitCode::from(2);
    };
    match (read(old), read(new)) {
        (Ok(old), Ok(new)) => report(&old, &new),
        (old, new) => {
            for error in [old.err(), new.err()].into_iter().flatten() {
                eprintln!("{error}");
            }
            ExitCode::from(2)
        }
    }
}

fn read(file: &str) -> Result<Model, build::error::Error> {
    let path = Path::new(file);
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(path).map_err(|error| {
        build::error::Error::at(
            "",
            format!("cannot be read: {error}"),
            "give the path of a document",
        )
        .in_file(file)
    })?;
    let read = build::load::from_folder(folder);
    // No overlay is applied, because it would hide changes of the parts that it corrects.
    let document = build::repair(&text, "", &read, |_| true);
    document
        .map(|document| Model::of(&document.root))
        .map_err(|error| error.in_file(file))
}

fn report(old: &Model, new: &Model) -> ExitCode {
    let changes = compare::compare(old, new);
    let wrapper = Wrapper::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut text = format!(
        "{} {} -> {} {}\n",
        old.title, old.version, new.title, new.version
    );
    for change in &changes {
        let weight = if change.breaking { "BREAKING" } else { "ok" };
        let operations: Vec<&str> = change.operations.iter().map(String::as_str).collect();
        let about = if operations.is_empty() {
            String::new()
        } else {
            format!(" [{}]", operations.join(", "))
        };
        let touched = wrapper.touched(change);
        let touched = if touched.is_empty() {
            "no wrapper file".to_owned()
        } else {
            touched.join(", ")
        };
        let _ = writeln!(
            text,
            "{weight:<8}  {:<9}  {}{about}\n{:23}{touched}",
            change.subject, change.text, ""
        );
    }
    let breaking = changes.iter().filter(|change| change.breaking).count();
    let _ = writeln!(text, "{} changes, {breaking} breaking", changes.len());
    // A closed pipe, as with `| head`, is not a failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if changes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
