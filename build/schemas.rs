//! JSON Schemas of the generated types, for whoever switches the feature `schemars` on.

use serde_json::{Map, Value};
use syn::{Attribute, File, Item, ItemFn};

use super::document::Document;
use super::names::pascal;
use super::source::{inner_mod, wire_name};

/// Where a schema keeps the limits that its type does not enforce.
pub(crate) const LIMITS: &str = "x-limits";

/// What a schema of a type can say; the documents' formats are free text in places.
const SAID: [&str; 9] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// The limits of a schema that mean something for its type.
pub(crate) fn limits(schema: &Map<String, Value>) -> Map<String, Value> {
    let kind = schema.get("type").and_then(Value::as_str);
    let fits = |keyword: &str| match keyword {
        "pattern" | "minLength" | "maxLength" => kind == Some("string"),
        "minItems" | "maxItems" | "uniqueItems" => kind == Some("array"),
        _ => matches!(kind, Some("integer" | "number")),
    };
    schema
        .iter()
        .filter(|(keyword, _)| SAID.contains(&keyword.as_str()) && fits(keyword))
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect()
}

/// Has every type derive its schema, with the limits that the document states, and lists them all.
pub(crate) fn derive(file: &mut File, document: &Document) {
    let mut names = Vec::new();
    for item in inner_mod(&mut file.items, "types").into_iter().flatten() {
        match item {
            Item::Struct(item) => {
                item.attrs.push(derived());
                let schema = document
                    .schemas()
                    .find(|(name, _)| item.ident == pascal(name))
                    .map(|(_, schema)| schema);
                item.attrs.extend(schema.and_then(stated));
                for field in &mut item.fields {
                    let property =
                        wire_name(field).and_then(|name| schema?.get("properties")?.get(&name));
                    field.attrs.extend(property.and_then(stated));
                }
                names.push(item.ident.clone());
            }
            Item::Enum(item) => {
                item.attrs.push(derived());
                names.push(item.ident.clone());
            }
            _ => {}
        }
    }
    let texts = names.iter().map(ToString::to_string);
    let list: ItemFn = syn::parse_quote! {
        /// The JSON Schemas of all [`types`], by name. What is sent has the document's limits; what is read has none.
        #[cfg(feature = "schemars")]
        pub fn schemas() -> ::std::collections::BTreeMap<&'static str, ::schemars::Schema> {
            ::std::collections::BTreeMap::from([
                #((#texts, ::schemars::schema_for!(types::#names))),*
            ])
        }
    };
    file.items.push(Item::Fn(list));
}

fn derived() -> Attribute {
    syn::parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))])
}

/// The attribute that states a schema's limits, if it has any.
fn stated(schema: &Value) -> Option<Attribute> {
    let limits = schema.get(LIMITS)?.as_object()?;
    let limits: Vec<String> = limits
        .iter()
        .filter_map(|(keyword, value)| Some(format!("{keyword:?} = {}", literal(value)?)))
        .collect();
    let limits: proc_macro2::TokenStream = limits.join(", ").parse().ok()?;
    Some(syn::parse_quote!(#[cfg_attr(feature = "schemars", schemars(extend(#limits)))]))
}

/// The value as Rust spells it.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) if number.is_f64() => Some(format!("{number}f64")),
        Value::Number(number) => Some(format!("{number}i64")),
        Value::String(text) => Some(format!("{text:?}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::passes::testing;
    use super::*;

    #[test]
    fn types_derive_their_schemas_and_state_their_limits() {
        let document = testing::document(
            r"components: {schemas: {A: {x-limits: {minItems: 1}, properties: {
                theId: {type: string, x-limits: {pattern: '^\w+$', maxLength: 5000000000}},
                cost: {type: number, x-limits: {minimum: 0.5}}}}}}",
        );
        let mut file: File = syn::parse_quote! {
            pub mod types {
                pub struct A { #[serde(rename = "theId")] pub the_id: String, pub cost: f64 }
                pub enum B { C }
                impl A {}
            }
        };
        derive(&mut file, &document);
        let wanted: File = syn::parse_quote! {
            pub mod types {
                #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
                #[cfg_attr(feature = "schemars", schemars(extend("minItems" = 1i64)))]
                pub struct A {
                    #[serde(rename = "theId")]
                    #[cfg_attr(feature = "schemars", schemars(extend("maxLength" = 5000000000i64, "pattern" = "^\\w+$")))]
                    pub the_id: String,
                    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0.5f64)))]
                    pub cost: f64,
                }
                #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
                pub enum B { C }
                impl A {}
            }
            /// The JSON Schemas of all [`types`], by name. What is sent has the document's limits; what is read has none.
            #[cfg(feature = "schemars")]
            pub fn schemas() -> ::std::collections::BTreeMap<&'static str, ::schemars::Schema> {
                ::std::collections::BTreeMap::from([
                    ("A", ::schemars::schema_for!(types::A)),
                    ("B", ::schemars::schema_for!(types::B))
                ])
            }
        };
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }

    #[test]
    fn limits_are_those_that_fit_the_type() {
        let schema = json!({"type": "integer", "pattern": "^\\d+$", "minimum": 100, "format": "int32", "minLength": 2});
        let kept = limits(schema.as_object().unwrap());
        assert_eq!(Value::Object(kept), json!({"minimum": 100}));
    }
}
