//! What a request must keep to, set aside.

use serde_json::{Map, Value};

use super::super::document::Document;
use super::super::error::Error;
use super::super::reachability::{Reachability, read_at};

pub(crate) const NAME: &str = "tell-limits";
pub(crate) const REASON: &str = "the generated types enforce no limits, and those of what is sent stand in their JSON Schemas all the same";

/// Where a schema keeps the limits that its type does not enforce.
pub(crate) const ASIDE: &str = "x-limits";

const STRINGS: [&str; 3] = ["pattern", "minLength", "maxLength"];
const LISTS: [&str; 3] = ["minItems", "maxItems", "uniqueItems"];
const NUMBERS: [&str; 3] = ["minimum", "maximum", "multipleOf"];

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    document.each_schema(|pointer, schema| {
        let is_body =
            pointer.starts_with("/components/schemas/") || pointer.contains("/requestBody/");
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        let limits = limits(schema);
        if !is_body || read_at(&reachability, pointer) || limits.is_empty() {
            return Vec::new();
        }
        let names: Vec<&str> = limits.keys().map(String::as_str).collect();
        let changes = format!("told: {}", names.join(", "));
        schema.insert(ASIDE.to_owned(), Value::Object(limits));
        vec![changes]
    });
    Ok(())
}

/// The limits that mean something for the schema's type; the documents have a pattern for numbers, too.
fn limits(schema: &Map<String, Value>) -> Map<String, Value> {
    let known: &[&str] = match schema.get("type").and_then(Value::as_str) {
        Some("string") => &STRINGS,
        Some("array") => &LISTS,
        Some("integer" | "number") => &NUMBERS,
        _ => &[],
    };
    let is_known = |keyword: &str| known.contains(&keyword);
    let mut limits: Map<_, _> = schema
        .iter()
        .filter(|(keyword, _)| is_known(keyword))
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect();
    // OpenAPI 3.0 has a flag where JSON Schema has a number of its own. Between whole numbers the next one says the same.
    let whole = schema.get("type").and_then(Value::as_str) == Some("integer");
    for (plain, flag, step) in [
        ("minimum", "exclusiveMinimum", 1),
        ("maximum", "exclusiveMaximum", -1),
    ] {
        if schema.get(flag) == Some(&Value::Bool(true))
            && let Some(limit) = limits.remove(plain)
        {
            let next = limit.as_i64().and_then(|limit| limit.checked_add(step));
            match next.filter(|_| whole) {
                Some(next) => limits.insert(plain.to_owned(), next.into()),
                None => limits.insert(flag.to_owned(), limit),
            };
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn what_is_sent_has_its_limits_aside() {
        let document = becomes(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, maxLength: 3}, b: {type: integer, pattern: '^1', minimum: 1}}}}}
            ",
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {
                a: {type: string, maxLength: 3, x-limits: {maxLength: 3}},
                b: {type: integer, pattern: '^1', minimum: 1, x-limits: {minimum: 1}}}}}}
            ",
        );
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn a_limit_that_is_itself_outside() {
        becomes(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {
                a: {type: integer, minimum: 99, exclusiveMinimum: true, maximum: 7, exclusiveMaximum: false},
                b: {type: number, maximum: 5, exclusiveMaximum: true}}}}}
            ",
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {
                a: {type: integer, minimum: 99, exclusiveMinimum: true, maximum: 7, exclusiveMaximum: false,
                    x-limits: {minimum: 100, maximum: 7}},
                b: {type: number, maximum: 5, exclusiveMaximum: true, x-limits: {exclusiveMaximum: 5}}}}}}
            ",
        );
    }

    #[test]
    fn what_is_read_has_none() {
        leaves(
            apply,
            "
            paths: {/a: {get: {parameters: [{name: p, in: query, schema: {type: string, maxLength: 3}}],
                responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, maxLength: 3}}}}}
            ",
        );
    }
}
