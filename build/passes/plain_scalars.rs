//! Text is text and numbers are numbers.

use serde_json::Value;

use super::super::document::Document;
use super::super::error::Error;
use super::LIMITS as ASIDE;

pub(crate) const NAME: &str = "plain-scalars";
pub(crate) const REASON: &str = "limits and formats are wrong in places, would be enforced on what servers answer, and pull regress, chrono and uuid into every user's build; what is sent is checked before it gets here";

const LIMITS: [&str; 14] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "format",
];
/// Members that say nothing to the generator but would stand in every type's documentation.
const NOISE: [&str; 8] = [
    "example",
    "examples",
    "externalDocs",
    "xml",
    "title",
    "readOnly",
    "writeOnly",
    "discriminator",
];

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|pointer, schema| {
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        // The generator knows a raw body by this format.
        let raw_body = pointer.contains("application~1octet-stream");
        let mut gone = Vec::new();
        schema.retain(|keyword, _| {
            let limit = LIMITS.contains(&keyword.as_str()) && !raw_body;
            if limit {
                gone.push(keyword.clone());
            }
            let noise = NOISE.contains(&keyword.as_str()) || keyword.starts_with("x-");
            keyword == ASIDE || (!limit && !noise)
        });
        if gone.is_empty() {
            Vec::new()
        } else {
            vec![format!("not enforced here: {}", gone.join(", "))]
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn limits_formats_and_noise_go() {
        let document = becomes(
            apply,
            "components: {schemas: {A: {title: T, x-limits: {minItems: 1}, x-examples: {}, properties: {format: {type: integer, minimum: 1, format: int32, example: 4}, title: {type: string, maxLength: 3}}}}}",
            "components: {schemas: {A: {x-limits: {minItems: 1}, properties: {format: {type: integer}, title: {type: string}}}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn a_raw_body_stays_recognisable() {
        leaves(
            apply,
            "paths: {/a: {post: {requestBody: {content: {application/octet-stream: {schema: {type: string, format: binary}}}}}}}",
        );
    }
}
