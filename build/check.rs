//! Nothing is lost silently: what was generated is what the document describes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, escape, schema_ref, text};
use super::names::{pascal, snake};
use super::passes::{KRONER, SENSITIVE};
use super::reach;
use super::refusal::Refusal;
use super::source::{Operation, Source};

const ADVICE: &str =
    "the generator merged or dropped it; name things apart in the document, or add a pass";

/// Compares the generated source with the document it came from.
pub(crate) fn nothing_lost(document: &Document, source: &Source) -> Result<(), Refusal> {
    if let Some(double) = source.doubles.first() {
        return Err(Refusal::at(
            "",
            format!("{double} would be defined twice"),
            ADVICE,
        ));
    }
    operations(document, source)?;
    for (name, schema) in document.schemas() {
        let pointer = format!("/components/schemas/{}", escape(name));
        if name != SENSITIVE && name != KRONER {
            component(document, source, name, schema, &pointer)?;
        }
    }
    Ok(())
}

fn operations(document: &Document, source: &Source) -> Result<(), Refusal> {
    let mut wanted = Vec::new();
    for place in document.operations() {
        let parameters = place.operation.get("parameters").and_then(Value::as_array);
        let mut inputs: BTreeSet<String> = parameters
            .into_iter()
            .flatten()
            .filter_map(|parameter| text(parameter, "name"))
            .map(snake)
            .collect();
        if place.operation.get("requestBody").is_some() {
            inputs.insert("body".to_owned());
        }
        let operation = Operation {
            id: snake(text(place.operation, "operationId").unwrap_or_default()),
            method: place.method.to_uppercase(),
            path: without_names(place.path),
            inputs,
        };
        if !source.operations.contains(&operation) {
            let said = source
                .operations
                .iter()
                .find(|other| other.id == operation.id);
            return Err(Refusal::at(
                place.pointer,
                format!("the operation did not come out whole: {operation:?} became {said:?}"),
                ADVICE,
            ));
        }
        wanted.push(operation);
    }
    match source
        .operations
        .iter()
        .find(|operation| !wanted.contains(operation))
    {
        Some(surplus) => Err(Refusal::at(
            "/paths",
            format!("{surplus:?} is in no document"),
            ADVICE,
        )),
        None => Ok(()),
    }
}

fn without_names(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => inside = true,
            '}' => {
                inside = false;
                out.push_str("{}");
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

fn component(
    document: &Document,
    source: &Source,
    name: &str,
    schema: &Value,
    pointer: &str,
) -> Result<(), Refusal> {
    let rust = pascal(name);
    let described = fields(document, schema, &mut Vec::new());
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && let Some(generated) = source.enums.get(&rust)
    {
        let lost = values
            .iter()
            .filter_map(Value::as_str)
            .find(|value| !generated.contains(*value));
        if let Some(lost) = lost {
            return Err(Refusal::at(
                format!("{pointer}/enum"),
                format!("the value {lost:?} was lost"),
                ADVICE,
            ));
        }
    }
    if described.is_empty() {
        return Ok(());
    }
    let Some(generated) = source.structs.get(&rust) else {
        return Err(Refusal::at(
            pointer,
            format!("no type {rust} with its fields was generated"),
            ADVICE,
        ));
    };
    if *generated == described {
        return Ok(());
    }
    let lost: Vec<&String> = described.difference(generated).collect();
    let surplus: Vec<&String> = generated.difference(&described).collect();
    Err(Refusal::at(
        pointer,
        format!("the fields of {rust} are not the document's: lost {lost:?}, surplus {surplus:?}"),
        ADVICE,
    ))
}

/// The properties of a schema, those of its parts included.
fn fields(document: &Document, schema: &Value, trail: &mut Vec<String>) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match schema_ref(part) {
            Some(name) if !trail.iter().any(|seen| seen == name) => {
                trail.push(name.to_owned());
                if let Some(target) = reach::component(&document.root, name) {
                    all.append(&mut fields(document, target, trail));
                }
            }
            Some(_) => {}
            None => all.append(&mut fields(document, part, trail)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::passes::testing;
    use super::*;

    const DOCUMENT: &str = "
        paths: {'/a/{id}': {post: {operationId: makeA, parameters: [{name: id, in: path}], requestBody: {}}}}
        components:
          schemas:
            A: {properties: {id: {}, aName: {}}}
            Kind: {enum: [x, y]}
            Both: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {more: {}}}]}
        ";
    const SOURCE: &str = r#"
        pub mod types {
            pub struct A { pub id: String, #[serde(rename = "aName", default)] pub a_name: String }
            pub struct Both { pub id: String, #[serde(rename = "aName")] pub a_name: String, pub more: String }
            pub enum Kind { #[serde(rename = "x")] X, #[serde(rename = "y")] Y }
        }
        pub mod builder {
            pub struct MakeA<'a> { client: &'a Client, id: String, body: types::A }
            impl<'a> MakeA<'a> {
                pub async fn send(self) {
                    let url = format!("{}/a/{}", client.baseurl, encode_path(&id));
                    let request = client.client.post(url).json(&body).build()?;
                    let info = OperationInfo { operation_id: "make_a" };
                }
            }
        }
        "#;

    fn check(source: &str) -> Result<(), Refusal> {
        let source = Source::of(&syn::parse_str(source).expect("the fragment is Rust"));
        nothing_lost(&testing::document(DOCUMENT), &source)
    }

    fn refused(old: &str, new: &str) -> String {
        assert!(SOURCE.contains(old), "{old}");
        check(&SOURCE.replace(old, new)).unwrap_err().to_string()
    }

    #[test]
    fn source_that_holds_everything_passes() {
        check(SOURCE).unwrap();
    }

    #[test]
    fn lost_and_invented_things_are_named() {
        let said = refused(", pub more: String", "");
        assert!(said.contains("lost [\"more\"]"), "{said}");
        let said = refused("pub more: String", "pub more: String, pub odd: String");
        assert!(said.contains("surplus [\"odd\"]"), "{said}");
        let said = refused("rename = \"aName\", default", "default");
        assert!(said.contains("/components/schemas/A"), "{said}");
        let said = refused("#[serde(rename = \"y\")] Y", "");
        assert!(said.contains("the value \"y\" was lost"), "{said}");
        let said = refused("pub struct A {", "pub struct B {");
        assert!(said.contains("no type A"), "{said}");
    }

    #[test]
    fn operations_keep_their_method_path_and_inputs() {
        for (old, new) in [
            (".post(url)", ".put(url)"),
            ("{}/a/{}", "{}/b/{}"),
            ("make_a", "make_b"),
            ("id: String, body", "body"),
        ] {
            let said = refused(old, new);
            assert!(said.contains("did not come out whole"), "{said}");
        }
    }

    #[test]
    fn doubles_are_found() {
        let said = refused("pub enum Kind", "pub struct A; pub enum Kind");
        assert!(said.contains("types::A would be defined twice"), "{said}");
        let said = refused(
            "pub async fn send",
            "pub fn send(self) {} pub async fn send",
        );
        assert!(said.contains("builder::MakeA::send"), "{said}");
    }
}
