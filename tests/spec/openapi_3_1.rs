//! Our documents in OpenAPI 3.1 become the same code.

use std::path::Path;

use serde_json::{Map, Value, json};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

fn read(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder().join(name)).ok()?;
    Some(crate::build::load::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Counts the features of 3.1 that the rewriting used, so that the test cannot pass without them.
#[derive(Debug, Default)]
struct Used {
    type_lists: usize,
    exclusive_limits: usize,
    constants: usize,
    examples: usize,
    siblings: usize,
    choices: usize,
}

/// Rewrites every schema of a 3.0 document with the keywords of 3.1.
fn convert(value: &mut Value, used: &mut Used) {
    match value {
        Value::Object(map) => {
            let schema = map.get("type").is_some_and(Value::is_string) || map.contains_key("allOf");
            if schema {
                convert_schema(map, used);
            } else if map
                .get("$ref")
                .is_some_and(|r| r.as_str().is_some_and(|r| r.contains("/schemas/")))
            {
                convert_reference(map, used);
            }
            for (key, inner) in map.iter_mut() {
                if !matches!(
                    key.as_str(),
                    "example" | "examples" | "x-examples" | "default" | "enum"
                ) {
                    convert(inner, used);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| convert(inner, used)),
        _ => {}
    }
}

fn convert_schema(map: &mut Map<String, Value>, used: &mut Used) {
    if map.remove("nullable") == Some(json!(true)) {
        map["type"] = json!([map["type"], "null"]);
        used.type_lists += 1;
    }
    for (plain, exclusive, step) in [
        ("minimum", "exclusiveMinimum", -1),
        ("maximum", "exclusiveMaximum", 1),
    ] {
        let integer = map.get("type") == Some(&json!("integer"));
        if let Some(limit) = map.get(plain).and_then(Value::as_i64).filter(|_| integer) {
            map.remove(plain);
            map.insert(exclusive.to_owned(), (limit + step).into());
            used.exclusive_limits += 1;
        }
    }
    let single_value = map
        .get("enum")
        .and_then(Value::as_array)
        .filter(|values| values.len() == 1);
    if let Some(value) = single_value.map(|values| values[0].clone()) {
        map.remove("enum");
        map.insert("const".to_owned(), value);
        used.constants += 1;
    }
    // `example` beside `type` is a keyword; a property of that name is no scalar.
    if let Some(example) = map
        .get("example")
        .cloned()
        .filter(|example| !example.is_object())
    {
        map.remove("example");
        map.insert("examples".to_owned(), json!([example]));
        used.examples += 1;
    }
}

/// Adds keywords that OpenAPI 3.1 allows beside a reference.
fn convert_reference(map: &mut Map<String, Value>, used: &mut Used) {
    map.insert("$comment".to_owned(), "a comment".into());
    map.insert("examples".to_owned(), json!(["an example"]));
    used.siblings += 1;
}

/// Lets optional members that refer to an object be null, which is the same for this crate.
fn convert_optional_members(root: &mut Value, used: &mut Used) {
    for (_, schema) in root["components"]["schemas"].as_object_mut().unwrap() {
        let required = schema.get("required").cloned().unwrap_or_default();
        for (name, property) in schema
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let optional = required
                .as_array()
                .is_none_or(|names| names.iter().all(|n| n != name));
            if optional && property.get("$ref").is_some() {
                *property = json!({ "anyOf": [property.clone(), { "type": "null" }] });
                used.choices += 1;
            }
        }
    }
}

#[test]
fn our_documents_in_openapi_3_1_become_the_same_code() {
    let mut used = Used::default();
    for file in ["qr.yaml", "ecom.yaml", "access-token.yaml"] {
        let plain = crate::build::build_file(&folder(), file).unwrap();
        let mut converted = read(file).unwrap();
        converted["openapi"] = "3.1.0".into();
        convert_optional_members(&mut converted, &mut used);
        convert(&mut converted, &mut used);
        let sibling = |name: &str| {
            let mut part = read(name)?;
            // An overlay is no OpenAPI document.
            if part.get("overlay").is_some() {
                return Some(part.to_string());
            }
            part["openapi"] = "3.1.0".into();
            convert(&mut part, &mut Used::default());
            Some(part.to_string())
        };
        let api = crate::build::build_text(&converted.to_string(), &plain.name, &sibling)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut lines = plain.rust.lines().zip(api.rust.lines());
        let other = lines.find(|(plain, converted)| plain != converted);
        assert!(
            api.rust == plain.rust,
            "{file}: the code differs: {other:?}"
        );
    }
    let counts = [
        used.type_lists,
        used.exclusive_limits,
        used.constants,
        used.examples,
        used.siblings,
        used.choices,
    ];
    assert!(counts.iter().all(|count| *count > 0), "{used:?}");
}

#[test]
fn a_keyword_without_a_meaning_in_3_0_is_refused() {
    let mut root = read("qr.yaml").unwrap();
    root["openapi"] = "3.1.0".into();
    root["components"]["schemas"]["QrErrorResponse"]["patternProperties"] = json!({ "^x-": {} });
    let error = crate::build::build_text(&root.to_string(), "qr", &|_| None).unwrap_err();
    assert_eq!(
        error.pointer,
        "/components/schemas/QrErrorResponse/patternProperties"
    );
    assert!(!error.readable);
}
