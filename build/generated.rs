//! The types and operations that the generator created.

use std::collections::{BTreeMap, BTreeSet};

use typify::{TypeDetails, TypeEnumVariant, TypeId, TypeSpace};

/// One generated operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// The path with `{}` for each parameter.
    pub(crate) path: String,
    /// The setters of the builder.
    pub(crate) inputs: BTreeSet<String>,
}

/// The types and operations that the generator created from a document.
#[derive(Debug, Default)]
pub(crate) struct Generated {
    /// Struct types with the names of their fields.
    pub(crate) structs: BTreeMap<String, Vec<String>>,
    /// Enumerations with the names of their variants.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// Types around one value.
    pub(crate) wrappers: BTreeSet<String>,
    /// Types whose `Debug` prints a JSON value of any shape.
    pub(crate) open: BTreeSet<String>,
    pub(crate) operations: Vec<Operation>,
    /// The types of the response bodies that are JSON, by the id of their operation.
    pub(crate) bodies: BTreeMap<String, String>,
}

impl Generated {
    /// Reads the types from the generator's type space, and the operations from its tokens.
    pub(crate) fn of(types: &TypeSpace, tokens: &str) -> Self {
        let mut generated = Self::default();
        generated.read_operations(tokens);
        for kind in types.iter_types() {
            let name = kind.name();
            let parts: Vec<TypeId> = match kind.details() {
                TypeDetails::Struct(details) => {
                    let fields = details.properties_info().map(|field| field.name.to_owned());
                    generated.structs.insert(name.clone(), fields.collect());
                    details.properties().map(|(_, part)| part).collect()
                }
                TypeDetails::Enum(details) => {
                    let variants = details.variants().map(|(name, _)| name.to_owned());
                    generated.enums.insert(name.clone(), variants.collect());
                    let parts = details.variants().flat_map(|(_, variant)| match variant {
                        TypeEnumVariant::Simple => Vec::new(),
                        TypeEnumVariant::Tuple(parts) => parts,
                        TypeEnumVariant::Struct(parts) => {
                            parts.into_iter().map(|(_, part)| part).collect()
                        }
                    });
                    parts.collect()
                }
                TypeDetails::Newtype(details) => {
                    generated.wrappers.insert(name.clone());
                    vec![details.inner()]
                }
                _ => continue,
            };
            if parts.iter().any(|part| is_open(types, part)) {
                generated.open.insert(name);
            }
        }
        generated
    }

    /// Reads the builders of the operations. Each ends with its `OperationInfo`, which names the
    /// operation.
    fn read_operations(&mut self, tokens: &str) {
        const INFO: &str = "operation_id : ";
        // The types have a module of this name too, which is first in the source.
        let Some((_, builders)) = tokens.rsplit_once("pub mod builder {") else {
            return;
        };
        let mut start = 0;
        for (end, _) in builders.match_indices(INFO) {
            let builder = &builders[start..end];
            let id = literal(&builders[end + INFO.len()..]).unwrap_or_default();
            if let Some(body) = body(builder) {
                self.bodies.insert(id.clone(), body);
            }
            self.operations.push(Operation {
                id,
                method: method(builder).unwrap_or_default(),
                path: path(builder).unwrap_or_default(),
                inputs: setters(builder),
            });
            start = end + INFO.len();
        }
    }

    /// Returns the names of all types that are defined.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let named = self.structs.keys().chain(self.enums.keys());
        named.chain(&self.wrappers).map(String::as_str).collect()
    }
}

/// Returns whether a type without its own name contains a JSON value of any shape.
fn is_open(types: &TypeSpace, id: &TypeId) -> bool {
    let Ok(kind) = types.get_type(id) else {
        return false;
    };
    match kind.details() {
        TypeDetails::Builtin(name) => name.ends_with("serde_json::Value"),
        TypeDetails::Option(part)
        | TypeDetails::Vec(part)
        | TypeDetails::Set(part)
        | TypeDetails::Box(part)
        | TypeDetails::Array(part, _) => is_open(types, &part),
        TypeDetails::Map(key, value) => is_open(types, &key) || is_open(types, &value),
        TypeDetails::Tuple(mut parts) => parts.any(|part| is_open(types, &part)),
        _ => false,
    }
}

/// Returns the string literal that the text begins with, if it contains no escape.
fn literal(text: &str) -> Option<String> {
    let (literal, _) = text.strip_prefix('"')?.split_once('"')?;
    (!literal.contains('\\')).then(|| literal.to_owned())
}

/// Reads `let url = format ! ("{}/a/{}" , …)`.
fn path(builder: &str) -> Option<String> {
    let (_, url) = builder.split_once("url = format ! (")?;
    Some(literal(url)?.trim_start_matches("{}").to_owned())
}

/// Reads `. client . post (url)`. The generator writes the other methods, too, but reqwest does not
/// have them.
fn method(builder: &str) -> Option<String> {
    let methods = ["get", "put", "post", "delete", "head", "patch"];
    let is_called = |method: &&str| {
        ["url", "_url"]
            .iter()
            .any(|url| builder.contains(&format!(". {method} ({url})")))
    };
    let method = methods.into_iter().find(|method| is_called(method))?;
    Some(method.to_uppercase())
}

/// Reads `async fn send (self) -> Result < ResponseValue < types :: A > , Error < () > , >`.
fn body(builder: &str) -> Option<String> {
    let (_, send) = builder.split_once("async fn send (self)")?;
    let (_, response) = send.split_once("ResponseValue <")?;
    let (body, _) = response.split_once("> , Error <")?;
    let body = body.replace(' ', "");
    (body != "()" && body != "ByteStream").then_some(body)
}

/// Reads each `pub fn name <V> (mut self , value : V)`.
fn setters(builder: &str) -> BTreeSet<String> {
    let functions = builder.split("pub fn ").skip(1);
    let names = functions.filter_map(|function| function.split([' ', '(', '<']).next());
    names
        .filter(|name| !["new", "body_map"].contains(name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::generate::generated;
    use super::super::passes::testing;
    use super::*;

    fn of(paths: &str, schemas: &str) -> Generated {
        let mut document = testing::document(&format!(
            "{{openapi: 3.0.0, info: {{title: A, version: '1'}}, paths: {paths}, components: {{schemas: {schemas}}}}}"
        ));
        generated(&mut document).unwrap()
    }

    #[test]
    fn operations_are_read_with_their_method_path_and_inputs() {
        for method in ["get", "put", "post", "delete", "head", "patch"] {
            let generated = of(
                &format!(
                    "{{'/a/{{theId}}/b': {{{method}: {{operationId: makeA, parameters: [{{name: theId, in: path, required: true, schema: {{type: string}}}}, {{name: url, in: query, schema: {{type: string}}}}], requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}, responses: {{}}}}}}, /c: {{get: {{operationId: other, responses: {{}}}}}}}}"
                ),
                "{A: {type: object, properties: {a: {type: string}}}}",
            );
            let [operation, other] = &generated.operations[..] else {
                panic!("{:?}", generated.operations);
            };
            assert_eq!((&*operation.id, &*operation.path), ("make_a", "/a/{}/b"));
            assert_eq!(operation.method, method.to_uppercase());
            let inputs: Vec<&str> = operation.inputs.iter().map(String::as_str).collect();
            assert_eq!(inputs, ["body", "the_id", "url"]);
            assert_eq!((&*other.id, &*other.path), ("other", "/c"));
            assert!(other.inputs.is_empty());
        }
    }

    #[test]
    fn bodies_of_responses_are_read() {
        let response = |schema: &str| {
            format!("responses: {{2XX: {{description: '', content: {{{schema}}}}}}}")
        };
        let generated = of(
            &format!(
                "{{/a: {{get: {{operationId: one, {}}}, put: {{operationId: list, {}}}, post: {{operationId: none, responses: {{2XX: {{description: ''}}}}}}, delete: {{operationId: bytes, {}}}}}}}",
                response("application/json: {schema: {$ref: '#/components/schemas/A'}}"),
                response(
                    "application/json: {schema: {type: array, items: {$ref: '#/components/schemas/A'}}}"
                ),
                response("image/png: {}"),
            ),
            "{A: {type: object, properties: {a: {type: string}}}}",
        );
        let bodies: Vec<(&str, &str)> = generated
            .bodies
            .iter()
            .map(|(id, body)| (id.as_str(), body.as_str()))
            .collect();
        let list = "::std::vec::Vec<types::A>";
        assert_eq!(bodies, [("list", list), ("one", "types::A")]);
    }

    #[test]
    fn types_are_read_with_their_fields_and_variants() {
        let generated = of(
            "{}",
            "{A: {type: object, properties: {theId: {type: string}, type: {type: string}}}, B: {type: string, enum: [x, y-z]}, C: {type: array, items: {type: string}}}",
        );
        assert_eq!(generated.structs["A"], ["the_id", "type_"]);
        assert_eq!(generated.enums["B"], ["X", "YZ"]);
        assert!(generated.wrappers.contains("C"));
        assert_eq!(generated.names(), BTreeSet::from(["A", "B", "C"]));
    }

    #[test]
    fn types_that_hold_any_json_are_found() {
        let generated = of(
            "{}",
            "{A: {type: object, properties: {a: {}}}, B: {type: array, items: {}}, C: {type: object, additionalProperties: {type: array, items: {}}}, D: {oneOf: [{type: string}, {type: object}]}, E: {type: object, properties: {b: {$ref: '#/components/schemas/B'}}}}",
        );
        let open: Vec<&str> = generated.open.iter().map(String::as_str).collect();
        assert_eq!(open, ["A", "B", "C", "D"]);
    }
}
