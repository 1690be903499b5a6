//! Schemas that the overlays mark: secrets and personal data, and prices in kroner.
//!
//! The generator derives `Debug` for every type, and makes floats of prices.

use serde_json::{Value, json};

use super::super::super::document::{Document, SCHEMA_REF, is_string, schema_ref, text};
use super::super::super::error::Error;
use super::super::LIMITS;

/// A type of this crate, and the mark of the schemas that it replaces.
pub(super) struct Marked {
    pub(super) mark: &'static str,
    component: &'static str,
    description: &'static str,
    /// The types that a schema with the mark can have.
    types: &'static [&'static str],
    note: &'static str,
}

/// The component that stands for text which is never printed.
pub(super) const SENSITIVE: &str = "Sensitive";
/// The component that stands for a price in kroner with decimals.
pub(super) const KRONER: &str = "Kroner";

pub(super) const MARKED: [Marked; 2] = [
    Marked {
        mark: "x-sensitive",
        component: SENSITIVE,
        description: "Text that is never printed.",
        types: &["string"],
        note: "is never printed",
    },
    Marked {
        mark: "x-kroner",
        component: KRONER,
        description: "A price in kroner, with decimals.",
        types: &["number", "integer"],
        note: "is stored in øre",
    },
];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    mark_by_name(document);
    MARKED.iter().try_for_each(|kind| replace(document, kind))
}

/// Marks texts that have no mark of their own by the list of names at the root, in any spelling.
fn mark_by_name(document: &mut Document) {
    let mark = MARKED[0].mark;
    let names = document.root.get(mark).and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<String> = names.map(without_spelling).collect();
    document.each_schema(|_, schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_text = is_string(property) && property.get("enum").is_none();
            if is_text && property.get(mark).is_none() && names.contains(&without_spelling(name)) {
                property[mark] = true.into();
            }
        }
        Vec::new()
    });
}

/// Returns the name without case, hyphens and underscores.
fn without_spelling(name: &str) -> String {
    name.replace(['-', '_'], "").to_lowercase()
}

/// Replaces the schemas with the mark, and references to components with the mark.
fn replace(document: &mut Document, kind: &Marked) -> Result<(), Error> {
    let is_marked = |schema: &Value| schema.get(kind.mark) == Some(&Value::Bool(true));
    let marked = document.schemas().filter(|(_, schema)| is_marked(schema));
    let components: Vec<String> = marked.map(|(name, _)| name.clone()).collect();
    let mut outcome = Ok(());
    let mut is_used = false;
    document.each_schema(|pointer, schema| {
        let refers = schema_ref(schema).is_some_and(|name| components.iter().any(|c| c == name));
        if !refers && !is_marked(schema) {
            return Vec::new();
        }
        let name = text(schema, "type").filter(|_| schema.get("enum").is_none());
        let fits = refers || name.is_some_and(|name| kind.types.contains(&name));
        if !fits {
            let fault = format!(
                "`{}` marks a schema of another type than {}",
                kind.mark,
                kind.types.join(" or ")
            );
            outcome = Err(Error::at(
                pointer,
                fault,
                "mark the members of this type in the overlay",
            ));
            return Vec::new();
        }
        let mut replacement = json!({ "$ref": format!("{SCHEMA_REF}{}", kind.component) });
        // The pass docs keeps a description beside a reference, and the JSON Schema reads the
        // limits.
        for kept in ["description", LIMITS] {
            if let Some(value) = schema.get(kept) {
                replacement[kept] = value.clone();
            }
        }
        *schema = replacement;
        is_used = true;
        vec![kind.note.to_owned()]
    });
    if is_used {
        let schema = json!({ "type": kind.types[0], "description": kind.description });
        let schemas = document.schemas_mut();
        // A component without a reference would become a type without a use.
        schemas.retain(|name, _| !components.contains(name));
        schemas.insert(kind.component.to_owned(), schema);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn names_of_the_list_are_hidden_whatever_their_spelling() {
        let document = becomes(
            apply,
            "
            x-sensitive: [accessToken, mobile_number, url]
            components: {schemas: {A: {properties: {access_token: {type: string, description: d}, Mobile-Number: {type: string, x-limits: {maxLength: 8}}, url: {type: string, x-sensitive: false}, orderId: {type: string}}}}}
            ",
            "
            x-sensitive: [accessToken, mobile_number, url]
            components: {schemas: {A: {properties: {access_token: {$ref: '#/components/schemas/Sensitive', description: d}, Mobile-Number: {$ref: '#/components/schemas/Sensitive', x-limits: {maxLength: 8}}, url: {type: string, x-sensitive: false}, orderId: {type: string}}},
                Sensitive: {type: string, description: Text that is never printed.}}}
            ",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn marked_members_and_components_are_replaced() {
        becomes(
            apply,
            "
            components: {schemas: {A: {properties: {name: {type: string, x-sensitive: true}, cost: {$ref: '#/components/schemas/Cost', description: d}}}, Cost: {type: number, x-kroner: true}}}
            ",
            "
            components: {schemas: {A: {properties: {name: {$ref: '#/components/schemas/Sensitive'}, cost: {$ref: '#/components/schemas/Kroner', description: d}}},
                Sensitive: {type: string, description: Text that is never printed.}, Kroner: {type: number, description: 'A price in kroner, with decimals.'}}}
            ",
        );
    }

    #[test]
    fn a_mark_on_another_type_is_refused() {
        for schema in [
            "{type: object, x-sensitive: true}",
            "{type: string, enum: [a], x-sensitive: true}",
            "{type: string, x-kroner: true}",
        ] {
            let error = run(
                apply,
                &format!("components: {{schemas: {{A: {{properties: {{a: {schema}}}}}}}}}"),
            )
            .unwrap_err();
            assert_eq!(error.pointer, "/components/schemas/A/properties/a");
        }
    }

    #[test]
    fn schemas_without_a_mark_and_other_types_of_listed_names_stay() {
        leaves(
            apply,
            "{x-sensitive: [token, email], components: {schemas: {A: {properties: {token: {type: object}, email: {type: boolean}, cost: {type: number}}}}}}",
        );
    }
}
