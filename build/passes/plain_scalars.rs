//! Text is text and numbers are numbers.

use serde_json::{Map, Value};

use super::super::document::Document;
use super::super::reach::{Reach, read_at};
use super::super::refusal::Refusal;
use super::super::schemas;

pub(crate) const NAME: &str = "plain-scalars";
pub(crate) const WHY: &str = "limits and formats are wrong in places, would be enforced on what servers answer, and pull regress, chrono and uuid into every user's build; what is sent is checked before it gets here";

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

pub(crate) fn apply(document: &mut Document) -> Result<(), Refusal> {
    let reach = Reach::of(document);
    document.each_schema(|pointer, schema| {
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        // The generator knows a raw body by this format.
        let raw_body = pointer.contains("application~1octet-stream");
        // A schema can still tell what a request must keep to.
        let is_body =
            pointer.starts_with("/components/schemas/") || pointer.contains("/requestBody/");
        let told = if is_body && !raw_body && !read_at(&reach, pointer) {
            schemas::limits(schema)
        } else {
            Map::new()
        };
        let mut gone = Vec::new();
        schema.retain(|keyword, _| {
            let limit = LIMITS.contains(&keyword.as_str()) && !raw_body;
            if limit {
                gone.push(keyword.clone());
            }
            !limit && !NOISE.contains(&keyword.as_str()) && !keyword.starts_with("x-")
        });
        if !told.is_empty() {
            schema.insert(schemas::LIMITS.to_owned(), Value::Object(told));
        }
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
            "components: {schemas: {A: {title: T, x-examples: {}, properties: {format: {type: integer, minimum: 1, format: int32, example: 4}, title: {type: string, maxLength: 3}}}}}",
            "components: {schemas: {A: {properties: {format: {type: integer}, title: {type: string}}}}}",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn what_is_sent_keeps_its_limits_aside() {
        becomes(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, maxLength: 3, format: x}, b: {type: integer, pattern: '^1'}}}}}
            ",
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, x-limits: {maxLength: 3}}, b: {type: integer}}}}}
            ",
        );
    }

    #[test]
    fn a_raw_body_stays_recognisable() {
        leaves(
            apply,
            "paths: {/a: {post: {requestBody: {content: {application/octet-stream: {schema: {type: string, format: binary}}}}}}}",
        );
    }
}
