//! The public surface as a list: one line for each public item, method, field and variant. A changed snapshot is a
//! changed promise, and tells whether a release is a patch, a minor or a major one.
//!
//! What macros make is listed by the macro's call. The generated bindings have their own snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{ImplItem, Item, TraitItem, Visibility};

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
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
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

fn items(module: &str, items: &[Item], lines: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Fn(f) if is_public(&f.vis) => lines.push(format!("{module}: {}", text(&f.sig))),
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
                lines.push(format!("{module}: use {}", text(&u.tree)));
            }
            Item::Mod(m) if is_public(&m.vis) => {
                lines.push(format!("{module}: mod {}", m.ident));
                if let Some((_, inner)) = &m.content {
                    self::items(&format!("{module}::{}", m.ident), inner, lines);
                }
            }
            Item::Struct(s) if is_public(&s.vis) => {
                lines.push(format!("{module}: struct {}{}", s.ident, text(&s.generics)));
                for (n, field) in s
                    .fields
                    .iter()
                    .enumerate()
                    .filter(|(_, f)| is_public(&f.vis))
                {
                    let name = field
                        .ident
                        .as_ref()
                        .map_or_else(|| n.to_string(), ToString::to_string);
                    lines.push(format!(
                        "{module}: struct {}: {name}: {}",
                        s.ident,
                        text(&field.ty)
                    ));
                }
            }
            Item::Enum(e) if is_public(&e.vis) => {
                lines.push(format!("{module}: enum {}{}", e.ident, text(&e.generics)));
                for variant in &e.variants {
                    lines.push(format!(
                        "{module}: enum {}: {}{}",
                        e.ident,
                        variant.ident,
                        text(&variant.fields)
                    ));
                }
            }
            Item::Trait(t) if is_public(&t.vis) => {
                lines.push(format!("{module}: trait {}", t.ident));
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

fn implementation(module: &str, block: &syn::ItemImpl, lines: &mut Vec<String>) {
    let name = text(&block.self_ty);
    if let Some((path, _)) = &block.trait_ {
        lines.push(format!("{module}: impl {} for {name}", text(path)));
        return;
    }
    for member in &block.items {
        match member {
            ImplItem::Fn(f) if is_public(&f.vis) => {
                lines.push(format!("{module}: {name}: {}", text(&f.sig)));
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
