//! Checks that the generator dropped and merged no part of the document, and that no type prints
//! open JSON.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, escape, schema_ref, text};
use super::error::Error;
use super::generated::{Generated, Operation};
use super::names::{field, pascal, snake};
use super::passes::is_replaced;
use super::reachability;

const ADVICE: &str =
    "the generator merged or dropped it; use different names in the document, or add a pass";

/// Compares the generated types and operations with the document.
pub(crate) fn completeness(document: &Document, generated: &Generated) -> Result<(), Error> {
    no_duplicates(generated)?;
    operations(document, generated)?;
    types(document, generated)?;
    for (name, schema) in document.schemas() {
        let pointer = format!("/components/schemas/{}", escape(name));
        if !is_replaced(name) {
            component(document, generated, name, schema, &pointer)?;
        }
    }
    Ok(())
}

/// Refuses definitions that occur twice, which would not compile.
fn no_duplicates(generated: &Generated) -> Result<(), Error> {
    let mut members = generated.structs.iter().chain(&generated.enums);
    let duplicate = members
        .find_map(|(name, members)| Some((name, repeated(members.iter().map(String::as_str))?)));
    let methods = generated.operations.iter().map(|o| o.id.as_str());
    let types: Vec<String> = generated.operations.iter().map(|o| pascal(&o.id)).collect();
    let duplicate = duplicate
        .map(|(name, member)| format!("types::{name}::{member}"))
        .or_else(|| repeated(methods).map(|id| format!("the client's method {id}")))
        .or_else(|| {
            repeated(types.iter().map(String::as_str)).map(|name| format!("builder::{name}"))
        });
    match duplicate {
        Some(duplicate) => Err(Error::at(
            "",
            format!("{duplicate} would be defined twice"),
            ADVICE,
        )),
        None => Ok(()),
    }
}

fn repeated<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}

/// Checks that every type is a component of the document, and that no type prints a JSON value that
/// may contain personal data.
fn types(document: &Document, generated: &Generated) -> Result<(), Error> {
    let known: BTreeSet<String> = document.schemas().map(|(name, _)| pascal(name)).collect();
    if let Some(name) = generated
        .names()
        .into_iter()
        .find(|name| !known.contains(*name))
    {
        return Err(Error::at(
            "",
            format!("the type {name} is not a component of the document"),
            "name its schema in the document, or add a pass",
        ));
    }
    match generated.open.first() {
        Some(name) => Err(Error::at(
            "/components/schemas",
            format!("the type {name} would print a JSON value that may contain personal data"),
            "describe its shape, or extend the rule any_json of the pass crate-types",
        )),
        None => Ok(()),
    }
}

fn operations(document: &Document, generated: &Generated) -> Result<(), Error> {
    let mut wanted = Vec::new();
    for place in document.operations() {
        if ["options", "trace"].contains(&place.method) {
            return Err(Error::at(
                place.pointer,
                format!(
                    "the method {} cannot be generated",
                    place.method.to_uppercase()
                ),
                "leave the operation out with an action of the overlay",
            ));
        }
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
        if !generated.operations.contains(&operation) {
            let generated_operation = generated
                .operations
                .iter()
                .find(|other| other.id == operation.id);
            return Err(Error::at(
                place.pointer,
                format!("the operation {operation:?} was generated as {generated_operation:?}"),
                ADVICE,
            ));
        }
        wanted.push(operation);
    }
    match generated
        .operations
        .iter()
        .find(|operation| !wanted.contains(operation))
    {
        Some(surplus) => Err(Error::at(
            "/paths",
            format!("{surplus:?} is not part of the document"),
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
    generated: &Generated,
    name: &str,
    schema: &Value,
    pointer: &str,
) -> Result<(), Error> {
    let rust = pascal(name);
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && let Some(variants) = generated.enums.get(&rust)
    {
        let values: BTreeSet<&str> = values.iter().filter_map(Value::as_str).collect();
        if values.len() > variants.len() {
            let named = |value: &&&str| !variants.contains(&pascal(value));
            let lost = values.iter().find(named);
            return Err(Error::at(
                format!("{pointer}/enum"),
                format!("the value {lost:?} was not generated"),
                ADVICE,
            ));
        }
    }
    let described = fields(document, schema, &mut Vec::new());
    let is_wrapper = is_described_reference(schema) && generated.wrappers.contains(&rust);
    if described.is_empty() || is_wrapper {
        return Ok(());
    }
    let Some(fields) = generated.structs.get(&rust) else {
        return Err(Error::at(
            pointer,
            format!("no type {rust} with its fields was generated"),
            ADVICE,
        ));
    };
    let fields: BTreeSet<String> = fields.iter().cloned().collect();
    if fields == described {
        return Ok(());
    }
    let lost: Vec<&String> = described.difference(&fields).collect();
    let surplus: Vec<&String> = fields.difference(&described).collect();
    Err(Error::at(
        pointer,
        format!(
            "the fields of {rust} differ from the document: missing {lost:?}, surplus {surplus:?}"
        ),
        ADVICE,
    ))
}

/// Returns whether a schema is only another component with its own description.
fn is_described_reference(schema: &Value) -> bool {
    let parts = schema.get("allOf").and_then(Value::as_array);
    let is_one = parts.is_some_and(|parts| parts.len() == 1 && schema_ref(&parts[0]).is_some());
    is_one && schema.get("properties").is_none()
}

/// Returns the names of the fields for the properties of a schema and of its parts.
fn fields(document: &Document, schema: &Value, trail: &mut Vec<String>) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| field(name))
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
                if let Some(target) = reachability::component(&document.root, name) {
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
            Other: {description: d, allOf: [{$ref: '#/components/schemas/A'}]}
        ";

    /// The types and operations of the document.
    fn whole() -> Generated {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let mut generated = Generated::default();
        for (name, fields) in [
            ("A", &["a_name", "id"] as &[&str]),
            ("Both", &["a_name", "id", "more"]),
        ] {
            generated.structs.insert(name.to_owned(), names(fields));
        }
        generated
            .enums
            .insert("Kind".to_owned(), names(&["X", "Y"]));
        generated.wrappers.insert("Other".to_owned());
        generated.operations.push(Operation {
            id: "make_a".to_owned(),
            method: "POST".to_owned(),
            path: "/a/{}".to_owned(),
            inputs: BTreeSet::from(["body".to_owned(), "id".to_owned()]),
        });
        generated
    }

    fn check(generated: &Generated) -> Result<(), Error> {
        completeness(&testing::document(DOCUMENT), generated)
    }

    /// Returns the error for a document whose generated code has this fault.
    fn refused(change: impl FnOnce(&mut Generated)) -> String {
        let mut generated = whole();
        change(&mut generated);
        check(&generated).unwrap_err().to_string()
    }

    fn fields<'a>(generated: &'a mut Generated, name: &str) -> &'a mut Vec<String> {
        generated.structs.get_mut(name).unwrap()
    }

    #[test]
    fn complete_types_and_operations_pass() {
        check(&whole()).unwrap();
    }

    #[test]
    fn missing_and_surplus_parts_are_named() {
        let message = refused(|all| fields(all, "Both").truncate(2));
        assert!(message.contains("missing [\"more\"]"), "{message}");
        let message = refused(|all| fields(all, "Both").push("odd".to_owned()));
        assert!(message.contains("surplus [\"odd\"]"), "{message}");
        let message = refused(|all| fields(all, "A")[0] = "b_name".to_owned());
        assert!(message.contains("/components/schemas/A"), "{message}");
        let message = refused(|all| all.enums.get_mut("Kind").unwrap().truncate(1));
        assert!(
            message.contains("the value Some(\"y\") was not generated"),
            "{message}"
        );
        let message = refused(|all| drop(all.structs.remove("A")));
        assert!(message.contains("no type A"), "{message}");
        let message = refused(|all| all.wrappers.clear());
        assert!(message.contains("no type Other"), "{message}");
        let message = refused(|all| _ = all.wrappers.insert("B".to_owned()));
        assert!(
            message.contains("the type B is not a component"),
            "{message}"
        );
    }

    #[test]
    fn operations_keep_their_method_path_and_inputs() {
        let change: [fn(&mut Operation); 4] = [
            |operation| operation.method = "PUT".to_owned(),
            |operation| operation.path = "/b/{}".to_owned(),
            |operation| operation.id = "make_b".to_owned(),
            |operation| _ = operation.inputs.remove("id"),
        ];
        for change in change {
            let message = refused(|all| change(&mut all.operations[0]));
            assert!(message.contains("was generated as"), "{message}");
        }
        let message = refused(|all| {
            let mut other = all.operations[0].clone();
            other.id = "other".to_owned();
            all.operations.push(other);
        });
        assert!(message.contains("is not part of the document"), "{message}");
    }

    #[test]
    fn two_definitions_of_one_name_are_refused() {
        let message = refused(|all| fields(all, "A").push("id".to_owned()));
        assert!(
            message.contains("types::A::id would be defined twice"),
            "{message}"
        );
        let message = refused(|all| all.enums.get_mut("Kind").unwrap().push("X".to_owned()));
        assert!(message.contains("types::Kind::X would be"), "{message}");
        for (id, wanted) in [("make_a", "method make_a"), ("makeA", "builder::MakeA")] {
            let message = refused(|all| {
                let mut other = all.operations[0].clone();
                other.id = id.to_owned();
                all.operations.push(other);
            });
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn a_type_that_prints_any_json_is_refused() {
        let message = refused(|all| _ = all.open.insert("A".to_owned()));
        assert!(message.contains("the type A would print"), "{message}");
    }
}
