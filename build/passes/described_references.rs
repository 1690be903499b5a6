//! References that have a description of their own.

use serde_json::{Value, json};

use super::super::document::Document;
use super::super::refusal::Refusal;

pub(crate) const NAME: &str = "described-references";
pub(crate) const WHY: &str = "OpenAPI 3.0 reads nothing beside a reference; in a composition of one part it may have a description, which becomes the documentation of the field";

pub(crate) fn apply(document: &mut Document) -> Result<(), Refusal> {
    document.each_schema(|_, schema| {
        let Value::Object(map) = schema else {
            return Vec::new();
        };
        if !map.contains_key("description") {
            return Vec::new();
        }
        let Some(reference) = map.remove("$ref") else {
            return Vec::new();
        };
        map.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
        vec!["the description is kept".to_owned()]
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn a_described_reference_becomes_a_composition_of_one_part() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B', description: d, x-limits: {maxLength: 3}}}}}}",
            "components: {schemas: {A: {properties: {b: {allOf: [{$ref: '#/components/schemas/B'}], description: d, x-limits: {maxLength: 3}}}}}}",
        );
    }

    #[test]
    fn other_references_and_descriptions_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {description: d, properties: {b: {$ref: '#/components/schemas/B'}}}}}",
        );
    }
}
