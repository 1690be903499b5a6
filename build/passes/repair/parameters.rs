//! Parameters without a schema.
//!
//! The generator refuses a parameter that states no type.

use serde_json::{Value, json};

use super::super::super::document::{Document, note};
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for (index, parameter) in parameters.into_iter().flatten().enumerate() {
            if let Value::Object(parameter) = parameter
                && !parameter.contains_key("schema")
                && !parameter.contains_key("content")
            {
                parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                let pointer = format!("{pointer}/parameters/{index}");
                notes.push(note(pointer, "a parameter without a schema is text"));
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn a_parameter_without_a_schema_is_text() {
        becomes(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: header}]}}}",
            "paths: {/a: {get: {parameters: [{name: x, in: header, schema: {type: string}}]}}}",
        );
    }

    #[test]
    fn described_parameters_stay() {
        leaves(
            apply,
            "paths: {/a: {get: {parameters: [{name: x, in: query, schema: {type: integer}}]}, put: {}}}",
        );
    }
}
