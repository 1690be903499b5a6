//! Reading the generated source: types, fields, operations.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens as _;
use syn::{Field, Fields, ImplItem, Item, Type};

/// The items of a module of the file.
pub(crate) fn inner_mod<'a>(items: &'a mut [Item], name: &str) -> Option<&'a mut Vec<Item>> {
    items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => {
            module.content.as_mut().map(|(_, items)| items)
        }
        _ => None,
    })
}

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

fn items_of<'a>(items: &'a [Item], name: &str) -> &'a [Item] {
    items
        .iter()
        .find_map(|item| match item {
            Item::Mod(module) if module.ident == name => {
                module.content.as_ref().map(|(_, items)| items.as_slice())
            }
            _ => None,
        })
        .unwrap_or_default()
}

/// What a field or variant is called on the wire: its serde name, or its own.
pub(crate) fn wire_name(field: &Field) -> Option<String> {
    let own = field.ident.as_ref()?.to_string();
    Some(renamed(&field.attrs).unwrap_or_else(|| own.trim_start_matches("r#").to_owned()))
}

fn renamed(attributes: &[syn::Attribute]) -> Option<String> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .find_map(|attribute| {
            let tokens = attribute.meta.to_token_stream().to_string();
            let (_, rest) = tokens.split_once("rename = ")?;
            let end = rest.find([',', ')']).filter(|_| !rest.starts_with('"'));
            let literal = match end {
                Some(end) => &rest[..end],
                None => first_literal(rest)?,
            };
            syn::parse_str::<syn::LitStr>(literal.trim())
                .ok()
                .map(|literal| literal.value())
        })
}

/// The string literal that the text begins with.
fn first_literal(text: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return text.get(..=at),
            _ => escaped = false,
        }
    }
    None
}

/// One generated operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// The path with `{}` for each parameter.
    pub(crate) path: String,
    /// Fields of the builder, the client left out.
    pub(crate) inputs: BTreeSet<String>,
}

/// What the source holds.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Struct types with the wire names of their fields.
    pub(crate) structs: BTreeMap<String, BTreeSet<String>>,
    /// Enumerations with the wire names of their variants.
    pub(crate) enums: BTreeMap<String, BTreeSet<String>>,
    /// Types around one value.
    pub(crate) wrappers: BTreeSet<String>,
    pub(crate) operations: Vec<Operation>,
    /// Names defined twice in one place; such source does not compile.
    pub(crate) doubles: Vec<String>,
}

impl Source {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut source = Self::default();
        source.read_types(items_of(&file.items, "types"));
        source.read_builders(items_of(&file.items, "builder"));
        source.doubles.extend(doubles("the client", &file.items));
        source
    }

    fn read_types(&mut self, items: &[Item]) {
        self.doubles.extend(doubles("types", items));
        self.doubles
            .extend(doubles("types::builder", items_of(items, "builder")));
        for item in items {
            match item {
                Item::Struct(item) => {
                    let name = item.ident.to_string();
                    match &item.fields {
                        Fields::Named(fields) => {
                            let wire: Vec<String> =
                                fields.named.iter().filter_map(wire_name).collect();
                            self.doubles.extend(repeated(
                                &name,
                                fields
                                    .named
                                    .iter()
                                    .filter_map(|f| f.ident.as_ref())
                                    .map(ToString::to_string),
                            ));
                            self.structs.insert(name, wire.into_iter().collect());
                        }
                        Fields::Unnamed(_) => {
                            self.wrappers.insert(name);
                        }
                        Fields::Unit => {
                            self.structs.insert(name, BTreeSet::new());
                        }
                    }
                }
                Item::Enum(item) => {
                    let values = item
                        .variants
                        .iter()
                        .map(|variant| {
                            renamed(&variant.attrs).unwrap_or_else(|| variant.ident.to_string())
                        })
                        .collect();
                    self.enums.insert(item.ident.to_string(), values);
                }
                Item::Type(item) => {
                    self.wrappers.insert(item.ident.to_string());
                }
                _ => {}
            }
        }
    }

    fn read_builders(&mut self, items: &[Item]) {
        self.doubles.extend(doubles("builder", items));
        for item in items {
            let Item::Impl(block) = item else { continue };
            let name = type_name(&block.self_ty);
            let send = block.items.iter().find_map(|item| match item {
                ImplItem::Fn(method) if method.sig.ident == "send" => Some(method),
                _ => None,
            });
            let Some(send) = send else { continue };
            let prepared = block.items.iter().find(|item| {
                matches!(item, ImplItem::Fn(method) if method.sig.ident == "prepared_request")
            });
            let mut text = send.block.to_token_stream().to_string();
            text.extend(prepared.map(|method| method.to_token_stream().to_string()));
            let inputs = items.iter().find_map(|item| match item {
                Item::Struct(item) if item.ident == name => Some(
                    item.fields
                        .iter()
                        .filter_map(|field| field.ident.as_ref())
                        .map(ToString::to_string)
                        .filter(|field| field.trim_start_matches('_') != "client")
                        .collect(),
                ),
                _ => None,
            });
            self.operations.push(Operation {
                id: literal_after(&text, "operation_id : ").unwrap_or_default(),
                method: method_of(&text).unwrap_or_default(),
                path: literal_after(&text, "let url = format ! (")
                    .or_else(|| literal_after(&text, "let url = client . inner . url ("))
                    .map(|url| url.trim_start_matches("{}").to_owned())
                    .unwrap_or_default(),
                inputs: inputs.unwrap_or_default(),
            });
        }
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn literal_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    syn::parse_str::<syn::LitStr>(first_literal(rest.trim_start())?)
        .ok()
        .map(|literal| literal.value())
}

/// What reqwest has a method of the client for.
pub(super) const PLAIN: [&str; 6] = ["get", "put", "post", "delete", "head", "patch"];

/// `client . client . post (url)`, or `request (:: reqwest :: Method :: OPTIONS , url)`.
fn method_of(text: &str) -> Option<String> {
    if let Some(method) = PLAIN
        .iter()
        .find(|method| text.contains(&format!(". {method} (url)")))
    {
        return Some(method.to_uppercase());
    }
    let (_, rest) = text.split_once("Method :: ")?;
    Some(rest.split([' ', ',']).next()?.to_owned())
}

/// Types that one place defines twice, and methods that one type has twice.
fn doubles(place: &str, items: &[Item]) -> Vec<String> {
    let types = items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let mut found = repeated(place, types);
    let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        if let Item::Impl(block) = item
            && block.trait_.is_none()
        {
            let names = block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                _ => None,
            });
            methods
                .entry(type_name(&block.self_ty))
                .or_default()
                .extend(names);
        }
    }
    for (name, methods) in methods {
        found.extend(repeated(&format!("{place}::{name}"), methods.into_iter()));
    }
    found
}

fn repeated(place: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names
        .filter(|name| !seen.insert(name.clone()))
        .map(|name| format!("{place}::{name}"))
        .collect()
}
