//! Runs the generator, and checks its output.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use proc_macro2::TokenStream;
use progenitor::{
    GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl, TypePatch,
};
use serde_json::{Map, Value};

use super::check;
use super::document::Document;
use super::error::Error;
use super::generated::Generated;
use super::invalid_node::{failing_part, locate};
use super::names::pascal;
use super::passes::{LIMITS, REPLACED, is_replaced};
use super::tables::tables;

/// The source that is generated from a document.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The bindings, as the generator wrote them.
    pub(crate) bindings: String,
    /// The tables beside them.
    pub(crate) tables: String,
}

/// Generates the bindings, checks that they are complete, and writes the tables beside them.
pub(crate) fn sources(name: &str, document: &mut Document) -> Result<Sources, Error> {
    let (tokens, generated) = generate(document)?;
    check::completeness(document, &generated)?;
    Ok(Sources {
        bindings: readable(tokens)?,
        tables: tables(name, document, &generated),
    })
}

/// Formats the tokens without any other change.
fn readable(tokens: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(tokens).map_err(|error| {
        Error::at(
            "",
            format!("the generator's output is not Rust: {error}"),
            "report the document; a pass is missing",
        )
    })?;
    Ok(prettyplease::unparse(&file))
}

/// Runs the generator, and reads its types and operations.
fn generate(document: &mut Document) -> Result<(TokenStream, Generated), Error> {
    let api = quietly(|| serde_json::from_value::<openapiv3::OpenAPI>(document.root.clone()))
        .map_err(|message| unexpected(&message))?
        .map_err(|error| locate(&mut document.root, &error.to_string()))?;
    run(document, &api).map_err(|message| {
        let is_same = |part: &Document| {
            let api = serde_json::from_value(part.root.clone());
            api.is_ok_and(|api| run(part, &api).is_err_and(|other| other == message))
        };
        Error {
            pointer: failing_part(document, is_same),
            ..unexpected(&message)
        }
    })
}

/// Returns the message of the generator if it fails.
fn run(document: &Document, api: &openapiv3::OpenAPI) -> Result<(TokenStream, Generated), String> {
    let mut generator = Generator::new(&settings(document));
    let tokens = quietly(|| generator.generate_tokens(api))?.map_err(|error| error.to_string())?;
    let generated = Generated::of(generator.get_type_space(), &tokens.to_string());
    Ok((tokens, generated))
}

/// Returns the types and operations that the generator makes, for tests.
#[cfg(test)]
pub(crate) fn generated(document: &mut Document) -> Result<Generated, Error> {
    generate(document).map(|(_, generated)| generated)
}

/// Returns the settings of the generator for a document that all passes have changed.
pub(crate) fn settings(document: &Document) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(
            "crate::call::Context"
                .parse()
                .expect("a path is a token stream"),
        );
    for (component, path) in REPLACED {
        settings.with_replacement(component, path, std::iter::empty::<TypeImpl>());
    }
    for (name, schema) in document.schemas().filter(|(name, _)| !is_replaced(name)) {
        settings.with_patch(pascal(name), &json_schema(schema));
    }
    settings
}

/// Makes a type derive its JSON Schema, with the limits of the document.
fn json_schema(schema: &Value) -> TypePatch {
    const DERIVE: &str = r#"#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]"#;
    let mut patch = TypePatch::default();
    patch.with_attr(DERIVE);
    let own = schema
        .get(LIMITS)
        .map(|limits| (String::new(), limits.clone()));
    let members = schema.get("properties").and_then(Value::as_object);
    let members = members
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| Some((name.clone(), property.get(LIMITS)?.clone())));
    let limits: Map<String, Value> = own.into_iter().chain(members).collect();
    if !limits.is_empty() {
        let limits = Value::Object(limits).to_string();
        patch.with_attr(format!(
            "#[cfg_attr(feature = \"schemars\", schemars(transform = crate::raw::Limits({limits:?})))]"
        ));
    }
    patch
}

/// Returns the error of a document on which the generator failed.
pub(crate) fn unexpected(message: &str) -> Error {
    let message = message.trim();
    Error::at(
        "",
        format!(
            "the generator cannot take this document: {}",
            clip(message, 400)
        ),
        "simplify the named part, or add a pass",
    )
}

pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs code that may panic. The message of the panic becomes the error and is not printed.
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
            .unwrap_or_else(|| "the panic has no message".to_owned())
    })
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
    fn types_derive_their_schema_with_the_limits_of_the_document() {
        let document = testing::document(
            r#"{components: {schemas: {
                A: {x-limits: {minItems: 1}, type: object, properties: {
                    theId: {type: string, x-limits: {pattern: '^"\w+$', maxLength: 5}}}},
                B: {type: string}}}}"#,
        );
        let patches: Vec<String> = document
            .schemas()
            .map(|(_, schema)| format!("{:?}", json_schema(schema)))
            .collect();
        let limits =
            r#"{\"\":{\"minItems\":1},\"theId\":{\"maxLength\":5,\"pattern\":\"^\\\"\\\\w+$\"}}"#;
        assert!(
            patches[0].contains(&format!("{:?}", format!("Limits(\"{limits}\")"))[1..limits.len()]),
            "{}",
            patches[0]
        );
        assert!(patches[1].contains("JsonSchema") && !patches[1].contains("Limits"));
    }

    /// Two kinds of response make the generator panic. No pass has run here that prevents it.
    #[test]
    fn a_panic_of_the_generator_is_an_error() {
        let mut document = testing::document(
            "
            openapi: 3.0.0
            info: {title: A, version: '1'}
            paths: {/a: {get: {operationId: a, responses: {'200': {description: '', content: {application/json: {schema: {type: string}}}}, '204': {description: ''}}}}}
            ",
        );
        let error = sources("api", &mut document).unwrap_err();
        assert!(
            error
                .fault
                .contains("the generator cannot take this document: assertion failed"),
            "{error}"
        );
    }
}
