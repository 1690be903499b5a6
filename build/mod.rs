//! The build pipeline: load, normalise, generate.

mod check;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod generate;
mod generated;
mod invalid_node;
pub(crate) mod load;
mod merchant;
pub(crate) mod names;
mod passes;
pub(crate) mod reachability;
mod references;
mod tables;
mod vocabulary;
mod yaml;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use document::Document;
use error::Error;
use passes::overlay;

/// One document and everything that is generated from it.
#[derive(Debug)]
pub(crate) struct Api {
    /// The name of the module: `access_token` for `access-token.yaml`.
    pub(crate) name: String,
    /// The document's title and version, as documentation.
    pub(crate) title: String,
    /// The bindings, as the generator wrote them.
    pub(crate) rust: String,
    /// The tables beside them: the version, the operations, and the JSON Schemas of the types.
    pub(crate) tables: String,
    /// The document after all passes, with the changes of each pass.
    pub(crate) document: Document,
}

impl Api {
    /// Returns the changes of each pass, with the reason of the pass.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        for (name, reason) in reasons() {
            let _ = writeln!(text, "{name}: {reason}");
            for note in self.document.notes.iter().filter(|note| note.pass == name) {
                let _ = writeln!(text, "  #{}: {}", note.pointer, note.text);
            }
        }
        text
    }
}

/// The result of one document.
pub(crate) type Outcome = Result<Api, Error>;

/// Generates every API in the folder and writes its files to `out_dir`.
pub(crate) fn build_all(folder: &Path, out_dir: &Path) -> Vec<Outcome> {
    let (apis, mut outcomes) = match discover(folder) {
        Ok(found) => found,
        Err(error) => return vec![Err(error)],
    };
    for file in apis {
        outcomes.push(build_file(folder, &file).and_then(|api| {
            write_out(&api, out_dir)?;
            Ok(api)
        }));
    }
    if let Err(error) = write_list(&outcomes, out_dir) {
        outcomes.push(Err(error));
    }
    if let Err(error) = write_sources(folder, out_dir) {
        outcomes.push(Err(error));
    }
    outcomes
}

/// Writes every document as JSON, without any change, for the simulator.
fn write_sources(folder: &Path, out_dir: &Path) -> Result<(), Error> {
    let read = load::from_folder(folder);
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        // `build_file` reports a file that does not parse.
        if let Some(stem) = name.strip_suffix(".yaml")
            && !name.ends_with(overlay::END)
            && let Some(document) = read(&name).and_then(|text| load::parse(&text).ok())
        {
            write(
                out_dir,
                &format!("{stem}.source.json"),
                &document.to_string(),
            )?;
        }
    }
    Ok(())
}

/// Writes the list of modules, as a call of the macro `apis!` of the crate.
fn write_list(outcomes: &[Outcome], out_dir: &Path) -> Result<(), Error> {
    let mut list = String::from("apis! {\n");
    for api in outcomes.iter().flatten() {
        let _ = writeln!(
            list,
            "    {}, {:?}, {:?}, {:?};",
            api.name,
            format!("{}.rs", api.name),
            format!("{}.tables.rs", api.name),
            api.title
        );
    }
    list.push_str("}\n");
    write(out_dir, "apis.rs", &list)
}

/// Finds the documents that are APIs: those that no other document refers to.
fn discover(folder: &Path) -> Result<(Vec<String>, Vec<Outcome>), Error> {
    let shown = folder.display().to_string();
    let cannot = |error: std::io::Error| {
        Error::at(
            "",
            format!("the folder cannot be read: {error}"),
            "restore it",
        )
        .in_file(&shown)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let is_document = path.extension().is_some_and(|end| {
            ["yaml", "yml", "json"]
                .iter()
                .any(|known| end.eq_ignore_ascii_case(known))
        });
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && is_document
        {
            files.push(name.to_owned());
        }
    }
    files.sort();
    let (overlays, files): (Vec<String>, Vec<String>) = files
        .into_iter()
        .partition(|file| file.ends_with(overlay::END));
    let mut parts = BTreeSet::new();
    for file in &files {
        // `build_file` reports a file that does not parse.
        if let Some(value) =
            load::from_folder(folder)(file).and_then(|text| load::parse(&text).ok())
        {
            parts.append(&mut load::referred_files(&value));
        }
    }
    let apis: Vec<String> = files
        .into_iter()
        .filter(|file| !parts.contains(file))
        .collect();
    let mut clashes = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &apis {
        if !seen.insert(module_name(file)) {
            clashes.push(Err(Error::at(
                "",
                format!("another file has the module name {} too", module_name(file)),
                "rename one of the files",
            )
            .in_file(&format!("{shown}/{file}"))));
        }
    }
    for file in overlays {
        let api = file.trim_end_matches(overlay::END);
        if !seen.contains(api) && file != overlay::ALL {
            clashes.push(Err(Error::at(
                "",
                format!("no document has the module name {api}"),
                "name the overlay after the module of its document",
            )
            .in_file(&format!("{shown}/{file}"))));
        }
    }
    Ok((apis, clashes))
}

fn module_name(file: &str) -> String {
    names::snake(file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}

/// Runs the whole pipeline over one file. The files that it refers to are beside it.
pub(crate) fn build_file(folder: &Path, file: &str) -> Result<Api, Error> {
    let shown = folder.join(file).display().to_string();
    let read = load::from_folder(folder);
    let text = std::fs::read_to_string(folder.join(file)).map_err(|error| {
        Error::at(
            "",
            format!("the file cannot be read: {error}"),
            "it must be UTF-8 text",
        )
        .in_file(&shown)
    })?;
    // A panic becomes an error too, so that cargo prints one line.
    generate::quietly(|| build_text(&text, &module_name(file), &read))
        .unwrap_or_else(|message| Err(generate::unexpected(&message)))
        .map_err(|error| error.in_file(&shown))
}

/// Brings the document of an API into one form, and repairs it.
pub(crate) fn repair(text: &str, api: &str, read: load::Read<'_>) -> Result<Document, Error> {
    let (mut root, mut warnings) = yaml::parse(text)?;
    load::check_version(&root)?;
    vocabulary::check(&root)?;
    load::complete(&mut root)?;
    let mut document = Document::new(root);
    document.warnings.append(&mut warnings);
    document.overlays = overlay::read(api, read)?;
    references::resolve(&mut document, read)?;
    // The parts that come from other files are checked, too.
    vocabulary::note_mistakes(&mut document)?;
    passes::run(passes::REPAIR.iter(), &mut document)?;
    Ok(document)
}

/// Runs the whole pipeline over the text of a document.
pub(crate) fn build_text(text: &str, name: &str, read: load::Read<'_>) -> Result<Api, Error> {
    let mut document = repair(text, name, read)?;
    passes::run(passes::ADAPT.iter(), &mut document)?;
    let sources = generate::sources(name, &mut document)?;
    let info = |key| document.root["info"][key].as_str().unwrap_or_default();
    Ok(Api {
        name: name.to_owned(),
        title: format!(
            "{}, version {} of the document.",
            info("title"),
            info("version")
        ),
        rust: sources.bindings,
        tables: sources.tables,
        document,
    })
}

/// Returns every pass with its reason, in the order in which they run.
pub(crate) fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
    let passes = passes::REPAIR.iter().chain(passes::ADAPT);
    let steps = [
        (references::NAME, references::REASON),
        (vocabulary::NAME, vocabulary::REASON),
    ];
    steps
        .into_iter()
        .chain(passes.map(|pass| (pass.name, pass.reason)))
}

fn write_out(api: &Api, out_dir: &Path) -> Result<(), Error> {
    write(out_dir, &format!("{}.rs", api.name), &api.rust)?;
    write(out_dir, &format!("{}.tables.rs", api.name), &api.tables)?;
    write(out_dir, &format!("{}.passes.txt", api.name), &api.log())
}

fn write(out_dir: &Path, name: &str, content: &str) -> Result<(), Error> {
    let path = out_dir.join(name);
    std::fs::write(&path, content).map_err(|error| {
        Error::at(
            "",
            format!("cannot be written: {error}"),
            "free disk space, or correct the permissions",
        )
        .in_file(&path.display().to_string())
    })
}
