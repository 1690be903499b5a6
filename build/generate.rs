//! From the fitted document to Rust source.

use std::cell::Cell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use serde_json::Value;

use super::check;
use super::document::{Document, METHODS, escape, text, walk_schemas};
use super::names::snake;
use super::passes::{KEY, KRONER, SENSITIVE};
use super::polish::polish;
use super::refusal::Refusal;
use super::schemas;
use super::source::Source;

/// The bindings as source text.
pub(crate) fn bindings(document: &mut Document) -> Result<String, Refusal> {
    let tokens = generate(document)?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| {
        Refusal::at(
            "",
            format!("the generator's output is no Rust: {error}"),
            "report the document; a pass is missing",
        )
    })?;
    check::nothing_lost(document, &Source::of(&file))?;
    polish(&mut file, document);
    schemas::derive(&mut file, document);
    file.items.extend(tables(document)?);
    Ok(prettyplease::unparse(&file))
}

fn generate(document: &mut Document) -> Result<proc_macro2::TokenStream, Refusal> {
    let api = quietly(|| serde_json::from_value::<openapiv3::OpenAPI>(document.root.clone()))
        .map_err(|message| unexpected(&message))?
        .map_err(|error| locate(&mut document.root, &error.to_string()))?;
    let mut generator = Generator::new(&settings());
    quietly(|| generator.generate_tokens(&api))
        .map_err(|message| unexpected(&message))?
        .map_err(|error| unexpected(&error.to_string()))
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(
            "crate::call::Context"
                .parse()
                .expect("a path is a token stream"),
        )
        .with_replacement(
            SENSITIVE,
            "crate::types::Sensitive",
            std::iter::empty::<TypeImpl>(),
        )
        .with_replacement(
            KRONER,
            "crate::types::ShippingCost",
            std::iter::empty::<TypeImpl>(),
        );
    settings
}

/// What to say when the generator, or anything else, gave up on a document.
pub(crate) fn unexpected(message: &str) -> Refusal {
    let message = message.trim();
    Refusal::at(
        "",
        format!(
            "the generator cannot take this document: {}",
            clip(message, 400)
        ),
        "simplify what it names, or add a pass that does",
    )
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic, without its message on the screen; the message is the error.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    outcome.map_err(|panic| {
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "it gave up without a reason".to_owned())
    })
}

/// Which node the document's reader stumbled over: the smallest one that it refuses.
fn locate(root: &mut Value, whole: &str) -> Refusal {
    let refuse = |pointer: &str, error: &str| {
        Refusal::at(
            pointer,
            format!("not what OpenAPI 3.0 has here: {}", clip(error, 200)),
            "correct the node; the specification is at spec.openapis.org/oas/v3.0.3",
        )
    };
    let mut found: Option<(String, String)> = None;
    walk_schemas(root, &mut |pointer, schema| {
        if let Err(error) =
            serde_json::from_value::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema.clone())
        {
            let deeper = found
                .as_ref()
                .is_none_or(|(known, _)| pointer.starts_with(known.as_str()));
            if deeper {
                found = Some((pointer.to_owned(), error.to_string()));
            }
        }
    });
    if let Some((pointer, error)) = found {
        return refuse(&pointer, &error);
    }
    let paths = root.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let pointer = format!("/paths/{}", escape(path));
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let pointer = format!("{pointer}/{method}");
            let parameters = operation.get("parameters").and_then(Value::as_array);
            for (index, parameter) in parameters.into_iter().flatten().enumerate() {
                if let Err(error) =
                    serde_json::from_value::<openapiv3::Parameter>(parameter.clone())
                {
                    return refuse(&format!("{pointer}/parameters/{index}"), &error.to_string());
                }
            }
            if let Err(error) = serde_json::from_value::<openapiv3::Operation>(operation.clone()) {
                return refuse(&pointer, &error.to_string());
            }
        }
        if let Err(error) = serde_json::from_value::<openapiv3::PathItem>(item.clone()) {
            return refuse(&pointer, &error.to_string());
        }
    }
    for section in ["info", "servers", "tags", "components", "security"] {
        let mut alone = serde_json::json!({ "openapi": "3.0.0", "info": { "title": "", "version": "" }, "paths": {} });
        if let Some(value) = root.get(section) {
            alone[section] = value.clone();
            if let Err(error) = serde_json::from_value::<openapiv3::OpenAPI>(alone) {
                return refuse(&format!("/{section}"), &error.to_string());
            }
        }
    }
    refuse("", whole)
}

/// The endpoints and the version, for the operation tables of the crate.
fn tables(document: &Document) -> Result<Vec<syn::Item>, Refusal> {
    let version = document
        .root
        .pointer("/info/version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut endpoints = String::new();
    let mut list = String::new();
    for place in document.operations() {
        let id = snake(text(place.operation, "operationId").unwrap_or_default());
        let constant = id.to_uppercase();
        let method = place.method.to_uppercase();
        let header = text(place.operation, KEY);
        let _ = write!(
            endpoints,
            "pub static {constant}: crate::raw::Endpoint = crate::raw::Endpoint {{ id: {id:?}, method: {method:?}, \
             path: {:?}, idempotency_header: {header:?} }};",
            place.path
        );
        let _ = write!(list, "&endpoints::{constant},");
    }
    let source = format!(
        "/// The version that the document states.\npub const SPEC_VERSION: &str = {version:?};\n\
         /// The operations of the document.\npub mod endpoints {{ {endpoints} }}\n\
         /// All operations of the document.\npub static OPERATIONS: &[&crate::raw::Endpoint] = &[{list}];"
    );
    syn::parse_str::<syn::File>(&source)
        .map(|file| file.items)
        .map_err(|error| unexpected(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::passes::testing;
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(
            quietly(|| panic!("no {}", 1)),
            Err::<(), _>("no 1".to_owned())
        );
        assert_eq!(quietly(|| panic!("no")), Err::<(), _>("no".to_owned()));
        assert_eq!(quietly(|| 5), Ok(5));
    }

    #[test]
    fn endpoints_name_the_header_of_the_idempotency_key() {
        let document = testing::document(
            "
            info: {version: '1'}
            paths: {/a: {get: {operationId: aGet}, post: {operationId: aPost, x-idempotency-key: idempotency-key}}}
            ",
        );
        let items = tables(&document).unwrap();
        let text = quote::quote!(#(#items)*).to_string().replace(' ', "");
        for part in [
            r#"pubstaticA_GET:crate::raw::Endpoint"#,
            r#"id:"a_get",method:"GET",path:"/a",idempotency_header:None"#,
            r#"id:"a_post",method:"POST",path:"/a",idempotency_header:Some("idempotency-key")"#,
            "[&endpoints::A_GET,&endpoints::A_POST,]",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    /// Two kinds of answer make the generator panic; no pass has run here to prevent it.
    #[test]
    fn a_panic_of_the_generator_is_a_refusal() {
        let mut document = testing::document(
            "
            openapi: 3.0.0
            info: {title: A, version: '1'}
            paths: {/a: {get: {operationId: a, responses: {'200': {description: '', content: {application/json: {schema: {type: string}}}}, '204': {description: ''}}}}}
            ",
        );
        let refusal = bindings(&mut document).unwrap_err();
        assert!(
            refusal
                .what
                .contains("the generator cannot take this document: assertion failed"),
            "{refusal}"
        );
    }
}
