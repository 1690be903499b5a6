//! Compares two releases of an API document: `cargo run --example spec_diff -- OLD.yaml NEW.yaml`.
//!
//! Prints each operation, parameter, field, value and limit that was added, removed or changed.
//! Each change is marked as breaking or not, with the wrapper's files that it concerns.
//!
//! The exit code is 0 if requests and responses are unchanged, 1 if they changed, and 2 if a
//! document cannot be read or has a key that OpenAPI does not define. Descriptions, examples and
//! the order of entries are ignored, and so is a path prefix that moves between `servers` and
//! `paths`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../../build/mod.rs"]
mod build;
mod changes;
mod parts;
mod wrapper;

use build::error::Error;
use changes::{Change, Report};
use parts::Part;
use wrapper::Wrapper;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new] = arguments.as_slice() else {
        eprintln!("usage: spec_diff OLD.yaml NEW.yaml");
        return ExitCode::from(2);
    };
    let errors = match (read(old), read(new)) {
        (Ok(old), Ok(new)) => return print(&old, new),
        (old, new) => [old.err(), new.err()],
    };
    for error in errors.into_iter().flatten() {
        eprintln!("{error}");
    }
    ExitCode::from(2)
}

fn read(file: &str) -> Result<Part, Error> {
    let path = Path::new(file);
    let text = std::fs::read_to_string(path).map_err(|error| {
        let fault = format!("cannot be read: {error}");
        Error::at("", fault, "give the path of a document").in_file(file)
    })?;
    let read = build::load::from_folder(path.parent().unwrap_or(Path::new("")));
    // Without the overlay of the API, which would hide changes of the parts that it corrects.
    let document = build::repair(&text, "", &read);
    Ok(Part::of(&document.map_err(|error| error.in_file(file))?))
}

fn print(old: &Part, new: Part) -> ExitCode {
    let mut text = format!("{} -> {}\n", old.shown, new.shown);
    let changes = Report::of(old, new).0;
    let wrapper = Wrapper::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for (change, operations) in &changes {
        let (weight, subject) = (change.weight, change.subject);
        let _ = write!(text, "{weight:<8}  {subject:<9}  {}", change.text);
        if !operations.is_empty() {
            let ids: Vec<&str> = operations.iter().map(String::as_str).collect();
            let _ = write!(text, " [{}]", ids.join(", "));
        }
        let touched = match wrapper.touched(change, operations).join(", ") {
            files if files.is_empty() => "no wrapper file".to_owned(),
            files => files,
        };
        let _ = writeln!(text, "\n{:23}{touched}", "");
    }
    let is_breaking = |change: &&Change| change.weight == "BREAKING";
    let breaking = changes.keys().filter(is_breaking).count();
    let _ = writeln!(text, "{} changes, {breaking} breaking", changes.len());
    // A closed pipe, as with `| head`, is not a failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(u8::from(!changes.is_empty()))
}
