//! Limits of values.
//!
//! Some limits and formats are wrong. They would be enforced on responses, and would add the crates
//! regress, chrono and uuid to every user's build. The limits of requests are only in the JSON
//! Schemas.

use serde_json::{Map, Value};

use super::super::super::document::Document;
use super::super::super::error::Error;
use super::super::super::reachability::{Reachability, read_at};

/// The key under which a schema keeps the limits that its type does not enforce.
pub(crate) const LIMITS: &str = "x-limits";

const STRINGS: [&str; 3] = ["pattern", "minLength", "maxLength"];
const LISTS: [&str; 3] = ["minItems", "maxItems", "uniqueItems"];
const NUMBERS: [&str; 3] = ["minimum", "maximum", "multipleOf"];
const OTHERS: [&str; 5] = [
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minProperties",
    "maxProperties",
    "format",
];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    document.each_schema(|pointer, schema| {
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        let is_body =
            pointer.starts_with("/components/schemas/") || pointer.contains("/requestBody/");
        let limits = limits(schema);
        if is_body && !read_at(&reachability, pointer) && !limits.is_empty() {
            let names: Vec<&str> = limits.keys().map(String::as_str).collect();
            changes.push(format!("only in the JSON Schema: {}", names.join(", ")));
            schema.insert(LIMITS.to_owned(), Value::Object(limits));
        }
        changes.extend(remove(pointer, schema));
        changes
    });
    Ok(())
}

/// Removes the limits that the generated types would enforce.
fn remove(pointer: &str, schema: &mut Map<String, Value>) -> Option<String> {
    // The generator recognises a raw body by its format.
    if pointer.contains("application~1octet-stream") {
        return None;
    }
    let mut removed = Vec::new();
    schema.retain(|keyword, _| {
        let is_limit = [&STRINGS[..], &LISTS, &NUMBERS, &OTHERS]
            .concat()
            .contains(&keyword.as_str());
        if is_limit {
            removed.push(keyword.clone());
        }
        !is_limit
    });
    (!removed.is_empty()).then(|| format!("not enforced: {}", removed.join(", ")))
}

/// Returns the limits that apply to the type of the schema. The documents have a pattern for
/// numbers, too.
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
    // OpenAPI 3.0 has a flag where JSON Schema has a number. For integers, the next integer is the
    // same limit.
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
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn limits_of_requests_are_only_in_the_json_schema() {
        let document = becomes(
            apply,
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, maxLength: 3}, b: {type: integer, pattern: '^1', minimum: 1}}}}}
            ",
            "
            paths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}
            components: {schemas: {A: {properties: {
                a: {type: string, x-limits: {maxLength: 3}},
                b: {type: integer, x-limits: {minimum: 1}}}}}}
            ",
        );
        assert_eq!(document.notes.len(), 4);
    }

    #[test]
    fn exclusive_limits_become_inclusive_or_numbers() {
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
                a: {type: integer, x-limits: {minimum: 100, maximum: 7}},
                b: {type: number, x-limits: {exclusiveMaximum: 5}}}}}}
            ",
        );
    }

    #[test]
    fn limits_of_responses_and_parameters_are_removed() {
        becomes(
            apply,
            "
            paths: {/a: {get: {parameters: [{name: p, in: query, schema: {type: string, maxLength: 3}}],
                responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string, maxLength: 3, format: uuid}, format: {type: integer, format: int32}}}}}
            ",
            "
            paths: {/a: {get: {parameters: [{name: p, in: query, schema: {type: string}}],
                responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}
            components: {schemas: {A: {properties: {a: {type: string}, format: {type: integer}}}}}
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
