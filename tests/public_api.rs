//! The public surface as a list: one line for each public item, method, field, variant, derived trait and re-export, of
//! all features, with the feature that it needs. A changed snapshot is a changed promise: a line more is a minor change,
//! a line less or another one a breaking one.
//!
//! What macros make is listed by the macro's call. The generated bindings have their own snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, ImplItem, Item, Token, TraitItem, UseTree, Visibility};

#[test]
fn public_items() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = Vec::new();
    for file in rust_files(&root) {
        let module = module(&root, &file);
        let syntax =
            syn::parse_file(&fs::read_to_string(&file).expect("a source file")).expect("Rust");
        items(&module, &syntax.items, &mut lines);
    }
    lines.sort();
    lines.dedup();
    assert!(
        lines.len() > 300,
        "only {} public items were found",
        lines.len()
    );
    insta::assert_snapshot!(lines.join("\n"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs")
            // Tests, and pages of prose.
            && !path.ends_with("tests.rs")
            && !path.ends_with("guide.rs")
        {
            files.push(path);
        }
    }
    files
}

fn module(root: &Path, file: &Path) -> String {
    let path = file
        .strip_prefix(root)
        .expect("below src")
        .with_extension("");
    let steps: Vec<_> = path
        .iter()
        .map(|s| s.to_string_lossy().into_owned())
        .filter(|s| s != "lib")
        .collect();
    std::iter::once("vipps".to_owned())
        .chain(steps)
        .collect::<Vec<_>>()
        .join("::")
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Tokens as one line, with the blanks that rustfmt would not leave taken out.
fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        (" ;", ";"),
        ("# [", "#["),
        (" !", "!"),
        (" .", "."),
    ] {
        text = text.replace(from, to);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `#[cfg(...)]` and `#[deprecated]`, each with a blank behind it: what must be so for the item to be there.
fn marks(attributes: &[Attribute]) -> String {
    let mut marks = String::new();
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            marks += &text(attribute);
            marks.push(' ');
        } else if attribute.path().is_ident("deprecated") {
            marks += "#[deprecated] ";
        }
    }
    marks
}

/// What the attributes of a type promise beside the type itself.
fn promises(module: &str, name: &Ident, attributes: &[Attribute], lines: &mut Vec<String>) {
    for attribute in attributes {
        if attribute.path().is_ident("non_exhaustive") {
            lines.push(format!("{module}: non_exhaustive {name}"));
        } else if attribute.path().is_ident("derive") {
            let derived = attribute
                .parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)
                .expect("a list of traits");
            lines.extend(
                derived
                    .iter()
                    .map(|path| format!("{module}: derive {} for {name}", text(path))),
            );
        }
    }
}

/// The names of a `use`, one by one.
fn names(prefix: &str, tree: &UseTree, found: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => names(&format!("{prefix}{}::", path.ident), &path.tree, found),
        UseTree::Group(group) => group.items.iter().for_each(|t| names(prefix, t, found)),
        UseTree::Name(name) => found.push(format!("{prefix}{}", name.ident)),
        UseTree::Rename(name) => found.push(format!("{prefix}{} as {}", name.ident, name.rename)),
        UseTree::Glob(_) => found.push(format!("{prefix}*")),
    }
}

fn items(module: &str, items: &[Item], lines: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Fn(f) if is_public(&f.vis) => {
                lines.push(format!("{module}: {}{}", marks(&f.attrs), text(&f.sig)));
            }
            Item::Const(c) if is_public(&c.vis) => {
                lines.push(format!("{module}: const {}: {}", c.ident, text(&c.ty)));
            }
            Item::Static(s) if is_public(&s.vis) => {
                lines.push(format!("{module}: static {}: {}", s.ident, text(&s.ty)));
            }
            Item::Type(t) if is_public(&t.vis) => {
                lines.push(format!("{module}: type {} = {}", t.ident, text(&t.ty)));
            }
            Item::Use(u) if is_public(&u.vis) => {
                let mut found = Vec::new();
                names("", &u.tree, &mut found);
                let marks = marks(&u.attrs);
                lines.extend(
                    found
                        .iter()
                        .map(|name| format!("{module}: {marks}use {name}")),
                );
            }
            Item::Mod(m) if is_public(&m.vis) => {
                lines.push(format!("{module}: {}mod {}", marks(&m.attrs), m.ident));
                if let Some((_, inner)) = &m.content {
                    self::items(&format!("{module}::{}", m.ident), inner, lines);
                }
            }
            Item::Struct(s) if is_public(&s.vis) => structure(module, s, lines),
            Item::Enum(e) if is_public(&e.vis) => enumeration(module, e, lines),
            Item::Trait(t) if is_public(&t.vis) => {
                lines.push(format!("{module}: {}trait {}", marks(&t.attrs), t.ident));
                for member in &t.items {
                    if let TraitItem::Fn(f) = member {
                        lines.push(format!("{module}: trait {}: {}", t.ident, text(&f.sig)));
                    }
                }
            }
            Item::Impl(i) => implementation(module, i, lines),
            Item::Macro(m) => {
                lines.extend(macro_call(&m.mac).map(|call| format!("{module}: {call}")));
            }
            _ => {}
        }
    }
}

fn structure(module: &str, item: &syn::ItemStruct, lines: &mut Vec<String>) {
    let (marks, name) = (marks(&item.attrs), &item.ident);
    lines.push(format!(
        "{module}: {marks}struct {name}{}",
        text(&item.generics)
    ));
    promises(module, name, &item.attrs, lines);
    let fields = item.fields.iter().enumerate();
    for (n, field) in fields.filter(|(_, f)| is_public(&f.vis)) {
        let ident = field.ident.as_ref();
        let shown = ident.map_or_else(|| n.to_string(), ToString::to_string);
        let ty = text(&field.ty);
        lines.push(format!("{module}: struct {name}: {shown}: {ty}"));
    }
}

fn enumeration(module: &str, item: &syn::ItemEnum, lines: &mut Vec<String>) {
    let (marks, name) = (marks(&item.attrs), &item.ident);
    lines.push(format!(
        "{module}: {marks}enum {name}{}",
        text(&item.generics)
    ));
    promises(module, name, &item.attrs, lines);
    for variant in &item.variants {
        let fields = text(&variant.fields);
        lines.push(format!("{module}: enum {name}: {}{fields}", variant.ident));
    }
}

fn implementation(module: &str, block: &syn::ItemImpl, lines: &mut Vec<String>) {
    let name = text(&block.self_ty);
    let whole = marks(&block.attrs);
    if let Some((path, _)) = &block.trait_ {
        lines.push(format!("{module}: {whole}impl {} for {name}", text(path)));
        return;
    }
    for member in &block.items {
        match member {
            ImplItem::Fn(f) if is_public(&f.vis) => {
                let marks = marks(&f.attrs);
                lines.push(format!("{module}: {whole}{marks}{name}: {}", text(&f.sig)));
            }
            ImplItem::Const(c) if is_public(&c.vis) => {
                lines.push(format!(
                    "{module}: {name}: const {}: {}",
                    c.ident,
                    text(&c.ty)
                ));
            }
            _ => {}
        }
    }
}

/// The call of one of this crate's own item macros, without its docs; definitions of macros are no items.
fn macro_call(call: &syn::Macro) -> Option<String> {
    let name = text(&call.path);
    // What these give to types has snapshots of its own, in `tests/schemas`.
    let schemas = ["listed", "same_as", "shapes", "values"];
    let last = name.rsplit("::").next().unwrap_or(&name);
    if last == "macro_rules" || schemas.contains(&last) {
        return None;
    }
    let mut tokens = text(&call.tokens);
    while let Some(at) = tokens.find("#[doc = ") {
        let end = tokens[at..]
            .find("\"] ")
            .map_or(tokens.len(), |end| at + end + 3);
        tokens.replace_range(at..end, "");
    }
    Some(format!("{name}!({tokens})"))
}
