//! The types, fields and operations of the generated source, read without code of the build.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens as _;
use syn::{Attribute, Field, Fields, ImplItem, Item, LitStr, Type};

/// One generated operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// The path with `{}` for each parameter.
    pub(crate) path: String,
    /// The fields of the builder, without the client.
    #[allow(dead_code, reason = "only the binary `spec` reads it")]
    pub(crate) inputs: BTreeSet<String>,
}

/// The types and operations of one document.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Struct types with the wire names of their fields.
    pub(crate) structs: BTreeMap<String, BTreeSet<String>>,
    /// Enumerations with the wire names of their variants.
    pub(crate) enums: BTreeMap<String, BTreeSet<String>>,
    pub(crate) operations: Vec<Operation>,
}

impl Source {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut source = Self::default();
        for item in items(&file.items, "types") {
            match item {
                Item::Struct(item) => {
                    if let Fields::Named(fields) = &item.fields {
                        let wire = fields.named.iter().filter_map(wire_name).collect();
                        source.structs.insert(item.ident.to_string(), wire);
                    }
                }
                Item::Enum(item) => {
                    let values = item.variants.iter().map(|variant| {
                        renamed(&variant.attrs).unwrap_or_else(|| variant.ident.to_string())
                    });
                    let values = values.collect();
                    source.enums.insert(item.ident.to_string(), values);
                }
                _ => {}
            }
        }
        let builders = items(&file.items, "builder");
        source.operations = builders
            .iter()
            .filter_map(|item| operation(item, builders))
            .collect();
        source
    }
}

/// Returns the items of a module of the file.
pub(crate) fn items<'a>(items: &'a [Item], name: &str) -> &'a [Item] {
    let content = items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_ref(),
        _ => None,
    });
    content.map_or(&[], |(_, items)| items)
}

/// Returns the name of a field in JSON: its serde name, or its own.
pub(crate) fn wire_name(field: &Field) -> Option<String> {
    let own = field.ident.as_ref()?.to_string();
    Some(renamed(&field.attrs).unwrap_or(own))
}

fn renamed(attributes: &[Attribute]) -> Option<String> {
    let serde = attributes.iter().filter(|a| a.path().is_ident("serde"));
    serde
        .map(|attribute| attribute.meta.to_token_stream().to_string())
        .find_map(|text| literal_after(&text, "rename = "))
}

/// Reads the `send` of a builder.
fn operation(item: &Item, builders: &[Item]) -> Option<Operation> {
    let Item::Impl(block) = item else { return None };
    let Type::Path(path) = &*block.self_ty else {
        return None;
    };
    let name = &path.path.segments.last()?.ident;
    let text = block.items.iter().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == "send" => {
            Some(method.to_token_stream().to_string())
        }
        _ => None,
    })?;
    let fields = builders.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == *name => Some(&item.fields),
        _ => None,
    });
    let inputs = fields?
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .map(ToString::to_string)
        .filter(|field| field.trim_start_matches('_') != "client");
    let url = literal_after(&text, "let url = format ! (");
    Some(Operation {
        id: literal_after(&text, "operation_id : ")?,
        method: method(&text).unwrap_or_default(),
        path: url.unwrap_or_default().trim_start_matches("{}").to_owned(),
        inputs: inputs.collect(),
    })
}

/// Returns the string literal after the mark.
fn literal_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let is_end = |(at, _): &(usize, char)| {
        let escapes = rest[..*at].len() - rest[..*at].trim_end_matches('\\').len();
        *at > 0 && escapes % 2 == 0
    };
    let quotes = rest.char_indices().filter(|(_, c)| *c == '"');
    let (end, _) = quotes.into_iter().find(is_end)?;
    let literal = syn::parse_str::<LitStr>(&rest[..=end]).ok()?;
    Some(literal.value())
}

/// Reads `client . client . post (url)`.
fn method(text: &str) -> Option<String> {
    let methods = ["get", "put", "post", "delete", "head", "patch"];
    let method = methods
        .iter()
        .find(|method| text.contains(&format!(". {method} (url)")))?;
    Some(method.to_uppercase())
}
