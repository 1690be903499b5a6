//! OpenAPI 3.1 rewritten as 3.0.

use serde_json::{Map, Value, json};

use super::super::document::{Document, is_in, object, text};
use super::super::error::Error;

pub(crate) const NAME: &str = "downgrade-3-1";
pub(crate) const REASON: &str = "the generator reads OpenAPI 3.0 only; keywords of 3.1 are rewritten if 3.0 can express them, and stop the build otherwise";

/// Keywords without a counterpart in 3.0.
const WITHOUT_MEANING: &str = "$dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef contains contentSchema \
    dependentRequired dependentSchemas dependencies else if maxContains minContains patternProperties prefixItems \
    propertyNames then unevaluatedItems unevaluatedProperties";
/// Keywords that do not describe the shape.
const SILENT: &str = "$anchor $comment $id $schema $vocabulary summary";
/// Keywords beside a reference that do not change its meaning.
const PROSE: &str = "description summary example examples deprecated title";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    if !text(&document.root, "openapi").is_some_and(|version| version.trim().starts_with("3.1")) {
        return Ok(());
    }
    let mut first = None;
    document.each_schema(|pointer, schema| {
        let mut changes = Vec::new();
        if let Err(error) = repair(pointer, schema, &mut changes) {
            first.get_or_insert(error);
        }
        changes
    });
    if let Some(error) = first {
        return Err(error);
    }
    let root = object(&mut document.root);
    root.insert("openapi".to_owned(), "3.0.3".into());
    root.remove("jsonSchemaDialect");
    Ok(())
}

/// Rewrites one schema, without the schemas inside it.
fn repair(pointer: &str, schema: &mut Value, changes: &mut Vec<String>) -> Result<(), Error> {
    let map = match schema {
        Value::Bool(true) => {
            changes.push("`true` accepts any value".to_owned());
            *schema = json!({});
            return Ok(());
        }
        Value::Bool(false) => {
            return Err(without_meaning(
                pointer,
                "`false`, which refuses every value,",
            ));
        }
        Value::Object(map) => map,
        _ => return Ok(()),
    };
    if let Some(keyword) = map.keys().find(|keyword| is_in(WITHOUT_MEANING, keyword)) {
        return Err(without_meaning(
            &format!("{pointer}/{keyword}"),
            &format!("`{keyword}`"),
        ));
    }
    map.retain(|keyword, _| !is_in(SILENT, keyword));
    repair_limits(map, changes);
    repair_values(map, changes);
    repair_type(pointer, map, changes)?;
    repair_choices(map, changes);
    repair_reference(map, changes);
    Ok(())
}

fn without_meaning(pointer: &str, keyword_name: &str) -> Error {
    Error::unreadable(
        pointer,
        format!("{keyword_name} of OpenAPI 3.1 has no meaning in 3.0, which the generator reads"),
        "describe the shape with properties, items, oneOf or enum",
    )
}

/// Rewrites `exclusiveMinimum: 5` as `minimum: 5` with a flag.
fn repair_limits(map: &mut Map<String, Value>, changes: &mut Vec<String>) {
    for (exclusive, plain, lower) in [
        ("exclusiveMinimum", "minimum", true),
        ("exclusiveMaximum", "maximum", false),
    ] {
        let Some(limit) = map.get(exclusive).and_then(Value::as_f64) else {
            continue;
        };
        let other = map.get(plain).and_then(Value::as_f64);
        let binds = other.is_none_or(|other| {
            if lower {
                limit >= other
            } else {
                limit <= other
            }
        });
        changes.push(format!("{exclusive}: {limit} is written as a flag"));
        match map.remove(exclusive) {
            Some(value) if binds => {
                map.insert(plain.to_owned(), value);
                map.insert(exclusive.to_owned(), true.into());
            }
            _ => {}
        }
    }
}

/// Rewrites `const`, `examples` and encoded content.
fn repair_values(map: &mut Map<String, Value>, changes: &mut Vec<String>) {
    if let Some(value) = map.remove("const") {
        changes.push(format!("const: {value} is written as an enumeration"));
        map.insert("enum".to_owned(), json!([value]));
    }
    if let Some(Value::Array(examples)) = map.get("examples") {
        let first = examples.first().cloned();
        map.remove("examples");
        if let Some(first) = first {
            map.entry("example").or_insert(first);
        }
        changes.push("examples: the first is written as `example`".to_owned());
    }
    let encoding = map.remove("contentEncoding");
    let media = map.remove("contentMediaType");
    if encoding.is_some() || media.is_some() {
        let format = if encoding.is_some() { "byte" } else { "binary" };
        changes.push(format!("encoded content is written as format {format}"));
        map.insert("format".to_owned(), format.into());
    }
}

/// Rewrites a list of types. `null` makes the schema nullable, and several types become a choice.
fn repair_type(
    pointer: &str,
    map: &mut Map<String, Value>,
    changes: &mut Vec<String>,
) -> Result<(), Error> {
    let listed = match map.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(Value::String(name)) if name == "null" => vec!["null".into()],
        _ => return Ok(()),
    };
    let mut types: Vec<Value> = listed.clone();
    types.retain(|name| name != "null");
    if types.len() < listed.len() {
        map.insert("nullable".to_owned(), true.into());
    }
    changes.push(format!(
        "type: {} is written as a choice or as nullable",
        Value::from(listed)
    ));
    match types.len() {
        0 => {
            return Err(without_meaning(
                &format!("{pointer}/type"),
                "a schema that only null fits",
            ));
        }
        1 => {
            map.insert("type".to_owned(), types.remove(0));
        }
        _ => {
            map.remove("type");
            let choices: Vec<Value> = types.iter().map(|name| choice(name, map)).collect();
            map.retain(|keyword, _| {
                is_in(PROSE, keyword) || keyword == "nullable" || keyword == "default"
            });
            map.insert("anyOf".to_owned(), choices.into());
        }
    }
    Ok(())
}

/// Returns the schema of one type with the keywords that apply to this type.
fn choice(name: &Value, map: &Map<String, Value>) -> Value {
    let own = match name.as_str().unwrap_or_default() {
        "string" => "pattern minLength maxLength format",
        "integer" | "number" => {
            "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf format"
        }
        "array" => "items minItems maxItems uniqueItems",
        "object" => "properties required additionalProperties minProperties maxProperties",
        _ => "",
    };
    let mut choice = json!({ "type": name });
    for (keyword, value) in map.iter().filter(|(keyword, _)| is_in(own, keyword)) {
        choice[keyword] = value.clone();
    }
    choice
}

/// Rewrites a choice between a schema and `null` as a nullable schema.
fn repair_choices(map: &mut Map<String, Value>, changes: &mut Vec<String>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = map.get_mut(keyword) else {
            continue;
        };
        let before = choices.len();
        choices.retain(|choice| text(choice, "type") != Some("null"));
        if choices.len() == before {
            continue;
        }
        changes.push(format!("{keyword}: null is written as nullable"));
        let lone = (choices.len() == 1).then(|| choices.remove(0));
        map.insert("nullable".to_owned(), true.into());
        if let Some(lone) = lone {
            map.remove(keyword);
            match lone {
                Value::Object(inner) if !inner.contains_key("$ref") => {
                    for (key, value) in inner {
                        map.entry(key).or_insert(value);
                    }
                }
                reference => {
                    map.insert("allOf".to_owned(), json!([reference]));
                }
            }
        }
    }
}

/// Rewrites a reference with further keywords, which OpenAPI 3.0 would ignore.
fn repair_reference(map: &mut Map<String, Value>, changes: &mut Vec<String>) {
    let beside = map.keys().any(|key| key != "$ref" && !is_in(PROSE, key));
    if !beside || !map.contains_key("$ref") {
        return;
    }
    let Some(reference) = map.remove("$ref") else {
        return;
    };
    changes
        .push("the keywords beside the reference become a second part of a composition".to_owned());
    let mut prose = Map::new();
    let mut rest = Map::new();
    for (key, value) in std::mem::take(map) {
        let keep = is_in(PROSE, &key) || key == "nullable";
        (if keep { &mut prose } else { &mut rest }).insert(key, value);
    }
    *map = prose;
    let mut parts = vec![json!({ "$ref": reference })];
    if !rest.is_empty() {
        parts.push(Value::Object(rest));
    }
    map.insert("allOf".to_owned(), parts.into());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    fn schema(before: &str, after: &str) {
        becomes(
            apply,
            &format!("{{openapi: 3.1.0, components: {{schemas: {{A: {before}}}}}}}"),
            &format!("{{openapi: 3.0.3, components: {{schemas: {{A: {after}}}}}}}"),
        );
    }

    fn refused(before: &str) -> Error {
        run(
            apply,
            &format!("{{openapi: 3.1.0, components: {{schemas: {{A: {before}}}}}}}"),
        )
        .unwrap_err()
    }

    #[test]
    fn type_lists_become_nullable_types_or_choices() {
        schema(
            "{type: [string, 'null'], maxLength: 3}",
            "{type: string, nullable: true, maxLength: 3}",
        );
        schema("{type: [string]}", "{type: string}");
        schema(
            "{type: [string, integer, 'null'], minLength: 1, minimum: 2, description: d}",
            "{nullable: true, description: d, anyOf: [{type: string, minLength: 1}, {type: integer, minimum: 2}]}",
        );
        assert_eq!(
            refused("{type: 'null'}").pointer,
            "/components/schemas/A/type"
        );
    }

    #[test]
    fn exclusive_limits_become_flags() {
        schema(
            "{exclusiveMinimum: 5}",
            "{minimum: 5, exclusiveMinimum: true}",
        );
        schema("{exclusiveMinimum: 5, minimum: 7}", "{minimum: 7}");
        schema(
            "{exclusiveMaximum: 5, maximum: 7}",
            "{maximum: 5, exclusiveMaximum: true}",
        );
    }

    #[test]
    fn constants_become_enumerations_and_content_a_format() {
        schema("{const: a}", "{enum: [a]}");
        schema(
            "{type: string, examples: [a, b]}",
            "{type: string, example: a}",
        );
        schema(
            "{type: string, contentEncoding: base64}",
            "{type: string, format: byte}",
        );
        schema(
            "{properties: {examples: true, const: {const: 1}}}",
            "{properties: {examples: {}, const: {enum: [1]}}}",
        );
    }

    #[test]
    fn choices_with_null_become_nullable() {
        schema(
            "{anyOf: [{type: string, maxLength: 2}, {type: 'null'}]}",
            "{type: string, maxLength: 2, nullable: true}",
        );
        schema(
            "{oneOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}",
            "{allOf: [{$ref: '#/components/schemas/A'}], nullable: true}",
        );
        schema(
            "{oneOf: [{type: string}, {type: integer}, {type: 'null'}]}",
            "{oneOf: [{type: string}, {type: integer}], nullable: true}",
        );
    }

    #[test]
    fn references_with_siblings_become_compositions() {
        schema(
            "{properties: {a: {$ref: '#/components/schemas/A', description: d}, b: {$ref: '#/components/schemas/A', required: [x]}}}",
            "{properties: {a: {$ref: '#/components/schemas/A', description: d}, b: {allOf: [{$ref: '#/components/schemas/A'}, {required: [x]}]}}}",
        );
    }

    #[test]
    fn a_keyword_without_a_meaning_in_3_0_is_refused_with_its_place() {
        let error = refused("{properties: {t: {type: array, prefixItems: [{type: string}]}}}");
        assert_eq!(
            error.pointer,
            "/components/schemas/A/properties/t/prefixItems"
        );
        assert!(!error.readable);
        assert_eq!(
            refused("{properties: {t: false}}").pointer,
            "/components/schemas/A/properties/t"
        );
        refused("{if: {type: string}}");
        refused("{patternProperties: {}}");
    }

    #[test]
    fn documents_of_3_0_are_unchanged() {
        leaves(
            apply,
            "{openapi: 3.0.0, components: {schemas: {A: {examples: [a], type: [string]}}}}",
        );
    }
}
