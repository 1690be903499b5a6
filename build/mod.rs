//! The build pipeline: load, normalise, generate.

mod check;
mod document;
mod external_refs;
mod frame;
pub(crate) mod generate;
mod generated;
pub(crate) mod load;
mod merchant;
pub(crate) mod names;
mod passes;
mod reach;
pub(crate) mod refusal;
mod vocabulary;
mod yaml;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use document::Document;
use refusal::Refusal;
use serde_json::Value;

/// What one document became.
#[derive(Debug)]
pub(crate) struct Api {
    /// The module's name, from the file's: `access-token.yaml` is `access_token`.
    pub(crate) name: String,
    /// The document's title and version, as documentation.
    pub(crate) title: String,
    /// The bindings, as the generator wrote them.
    pub(crate) rust: String,
    /// The tables beside them: the version, the operations, and the JSON Schemas of the types.
    pub(crate) tables: String,
    /// The document after the repairs.
    pub(crate) spec: Value,
    /// The document as its publisher wrote it, in one file, with references resolved and full paths. Nothing in it is
    /// repaired, so that a check against it cannot share a mistake with the generated client.
    pub(crate) vendored: Value,
    /// The document as the generator got it, with what each pass changed.
    pub(crate) document: Document,
}

impl Api {
    /// What each pass changed where, pass by pass, each with its reason.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        for (name, why) in reasons() {
            let _ = writeln!(text, "{name}: {why}");
            for note in self.document.notes.iter().filter(|note| note.pass == name) {
                let _ = writeln!(text, "  #{}: {}", note.pointer, note.text);
            }
        }
        text
    }
}

/// How one document fared.
pub(crate) type Outcome = Result<Api, Refusal>;

/// Generates every API in the folder and writes its files to `out_dir`.
pub(crate) fn build_all(folder: &Path, out_dir: &Path) -> Vec<Outcome> {
    let (apis, mut outcomes) = match discover(folder) {
        Ok(found) => found,
        Err(refusal) => return vec![Err(refusal)],
    };
    for file in apis {
        outcomes.push(build_file(folder, &file).and_then(|api| {
            write_out(&api, out_dir)?;
            Ok(api)
        }));
    }
    if let Err(refusal) = write_list(&outcomes, out_dir) {
        outcomes.push(Err(refusal));
    }
    outcomes
}

/// The list of modules, as a call of the macro `apis!` that the crate defines.
fn write_list(outcomes: &[Outcome], out_dir: &Path) -> Result<(), Refusal> {
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

/// The documents that are APIs: those that no other refers to.
fn discover(folder: &Path) -> Result<(Vec<String>, Vec<Outcome>), Refusal> {
    let shown = folder.display().to_string();
    let cannot = |error: std::io::Error| {
        Refusal::at(
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
    let mut parts = BTreeSet::new();
    for file in &files {
        // A file that does not parse is reported when its turn comes.
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
            clashes.push(Err(Refusal::at(
                "",
                format!("another file gives the module {} too", module_name(file)),
                "rename one of the two",
            )
            .in_file(&format!("{shown}/{file}"))));
        }
    }
    Ok((apis, clashes))
}

fn module_name(file: &str) -> String {
    names::snake(file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}

/// Runs the whole pipeline over one file; other files it refers to are beside it.
pub(crate) fn build_file(folder: &Path, file: &str) -> Result<Api, Refusal> {
    let shown = folder.join(file).display().to_string();
    let read = load::from_folder(folder);
    let text = std::fs::read_to_string(folder.join(file)).map_err(|error| {
        Refusal::at(
            "",
            format!("the file cannot be read: {error}"),
            "it must be UTF-8 text",
        )
        .in_file(&shown)
    })?;
    // Nothing in here is known to panic; if something does, the reader still gets a sentence.
    generate::quietly(|| build_text(&text, &module_name(file), &read))
        .unwrap_or_else(|message| Err(generate::unexpected(&message)))
        .map_err(|refusal| refusal.in_file(&shown))
}

/// The document in one shape, with what is wrong in it mended by the passes that are `wanted`.
pub(crate) fn mend(
    text: &str,
    read: load::Read<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Document, Refusal> {
    let (root, mut warnings) = yaml::parse(text)?;
    load::check_version(&root)?;
    let mut document = Document::new(root);
    document.warnings.append(&mut warnings);
    frame::complete(&mut document)?;
    external_refs::inline(&mut document, read)?;
    frame::check(&document.root)?;
    vocabulary::check(&mut document)?;
    passes::run(
        passes::MEND.iter().filter(|pass| wanted(pass.name)),
        &mut document,
    )?;
    Ok(document)
}

/// The pipeline itself: text in, everything that is written out.
pub(crate) fn build_text(text: &str, name: &str, read: load::Read<'_>) -> Result<Api, Refusal> {
    let vendored = mend(text, read, |pass| passes::STRUCTURE.contains(&pass))?.root;
    let mut document = mend(text, read, |_| true)?;
    let spec = document.root.clone();
    passes::run(passes::FIT.iter(), &mut document)?;
    let sources = generate::sources(&mut document)?;
    let said = |key| document.root["info"][key].as_str().unwrap_or_default();
    Ok(Api {
        name: name.to_owned(),
        title: format!(
            "{}, version {} of the document.",
            said("title"),
            said("version")
        ),
        rust: sources.bindings,
        tables: sources.tables,
        spec,
        vendored,
        document,
    })
}

/// Every pass with its reason, in the order they run.
pub(crate) fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
    let passes = passes::MEND.iter().chain(passes::FIT);
    let steps = [
        (external_refs::NAME, external_refs::WHY),
        (vocabulary::NAME, vocabulary::WHY),
    ];
    steps
        .into_iter()
        .chain(passes.map(|pass| (pass.name, pass.why)))
}

fn write_out(api: &Api, out_dir: &Path) -> Result<(), Refusal> {
    write(out_dir, &format!("{}.rs", api.name), &api.rust)?;
    write(out_dir, &format!("{}.tables.rs", api.name), &api.tables)?;
    write(
        out_dir,
        &format!("{}.spec.json", api.name),
        &format!("{:#}\n", api.spec),
    )?;
    write(
        out_dir,
        &format!("{}.vendored.json", api.name),
        &format!("{:#}\n", api.vendored),
    )?;
    write(out_dir, &format!("{}.passes.txt", api.name), &api.log())
}

fn write(out_dir: &Path, name: &str, content: &str) -> Result<(), Refusal> {
    let path = out_dir.join(name);
    std::fs::write(&path, content).map_err(|error| {
        Refusal::at(
            "",
            format!("cannot be written: {error}"),
            "make room or correct the rights",
        )
        .in_file(&path.display().to_string())
    })
}
