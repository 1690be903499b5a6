//! A readable text form of the code that is generated from a document.

use std::fmt::Write as _;

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, ReturnType};

use super::build::names::pascal;
use super::source::{Source, items, wire_name};

/// Formats Rust tokens without paths and insignificant spaces.
fn short_tokens(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string().replace(' ', "");
    [
        "::std::option::",
        "::std::vec::",
        "::std::string::",
        "::std::collections::",
        "::serde_json::",
        "crate::types::",
        "types::",
    ]
    .iter()
    .fold(text, |text, path| text.replace(path, ""))
    .replace(',', ", ")
}

/// Returns the type of an input: the `T` of `Result<T, String>`. `T` is an `Option` if the input is
/// optional.
fn input_type(ty: &syn::Type) -> String {
    let text = short_tokens(ty);
    let inner = text
        .strip_prefix("Result<")
        .and_then(|rest| rest.strip_suffix(", String>"))
        .unwrap_or(&text);
    inner.replace("builder::", "")
}

/// Lists the operations with their inputs and responses, then the types with their fields.
pub(crate) fn surface(rust: &str) -> String {
    let file: syn::File = syn::parse_str(rust).expect("the build checked that it is Rust");
    let source = Source::of(&file);
    let mut text = String::new();
    let builders = items(&file.items, "builder");
    for item in builders {
        let Item::Struct(builder) = item else {
            continue;
        };
        let send = builders.iter().find_map(|item| match item {
            Item::Impl(block)
                if short_tokens(&block.self_ty) == format!("{}<'a>", builder.ident) =>
            {
                block.items.iter().find_map(|item| match item {
                    ImplItem::Fn(method) if method.sig.ident == "send" => Some(&method.sig.output),
                    _ => None,
                })
            }
            _ => None,
        });
        let Some(ReturnType::Type(_, response_type)) = send else {
            continue;
        };
        let response_type = short_tokens(response_type);
        let response_type = response_type
            .strip_prefix("Result<ResponseValue<")
            .and_then(|rest| rest.split_once(">, Error<"))
            .map_or(response_type.clone(), |(response_type, _)| {
                response_type.to_owned()
            });
        let operation = source
            .operations
            .iter()
            .find(|o| builder.ident == pascal(&o.id));
        let operation =
            operation.unwrap_or_else(|| panic!("{} is not an operation", builder.ident));
        let inputs: Vec<String> = builder
            .fields
            .iter()
            .filter_map(|field| Some((field.ident.as_ref()?, &field.ty)))
            .filter(|(name, _)| *name != "client")
            .map(|(name, ty)| format!("\n    {name}: {}", input_type(ty)))
            .collect();
        let _ = writeln!(
            text,
            "{} {} {} -> {response_type}{}",
            operation.method,
            operation.path,
            operation.id,
            inputs.concat()
        );
    }
    for item in items(&file.items, "types") {
        match item {
            Item::Struct(item) => {
                let _ = writeln!(text, "\nstruct {}", item.ident);
                match &item.fields {
                    Fields::Named(fields) => {
                        for field in &fields.named {
                            let wire = wire_name(field).unwrap_or_default();
                            let _ = writeln!(text, "    {wire}: {}", short_tokens(&field.ty));
                        }
                    }
                    Fields::Unnamed(fields) => {
                        for field in &fields.unnamed {
                            let _ = writeln!(text, "    {}", short_tokens(&field.ty));
                        }
                    }
                    Fields::Unit => {}
                }
            }
            Item::Enum(item) => {
                let values = source
                    .enums
                    .get(&item.ident.to_string())
                    .cloned()
                    .unwrap_or_default();
                let values: Vec<String> = values.into_iter().collect();
                let _ = writeln!(text, "\nenum {}\n    {}", item.ident, values.join(" | "));
            }
            _ => {}
        }
    }
    text
}
