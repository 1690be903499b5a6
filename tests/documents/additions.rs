//! Additions to a document that change neither the wrapper nor a request.

use std::path::Path;

use serde_json::{Value, json};

use super::{CrateCopy, Documents, crate_copy, prefix};

fn schemas(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    document["components"]["schemas"]
        .as_object_mut()
        .into_iter()
        .flatten()
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = document["paths"].as_object_mut().into_iter().flatten();
    items
        .flat_map(|(_, item)| item.as_object_mut().into_iter().flatten())
        .filter_map(|(key, operation)| {
            ["get", "put", "post", "delete"]
                .contains(&key.as_str())
                .then_some(operation)
        })
}

/// Returns true for the names of schemas that only responses contain.
fn is_response(name: &str) -> bool {
    [
        "Response",
        "Details",
        "Summary",
        "History",
        "MerchantCallbackQr",
        "TransactionInfo",
        "TransactionInfoCancel",
        "UserDetails",
        "PaymentStatus",
    ]
    .iter()
    .any(|end| name.ends_with(end))
        && !name.ends_with("ShippingDetails")
}

type Addition = (&'static str, fn(&mut Documents));

const ADDITIONS: [Addition; 10] = [
    ("a new operation", |documents| {
        for document in documents.qr_and_ecom() {
            document["paths"]["/v9/grown/{id}"] = json!({ "post": {
                "operationId": "grownOperation",
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string" } },
                ],
                "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": { "grown": { "type": "string" } } } } } },
                "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": { "type": "array", "items": { "type": "object", "properties": { "grown": { "enum": ["A"] } } } } } } } },
            } });
        }
    }),
    ("a new optional member of every request", |documents| {
        for document in documents.qr_and_ecom() {
            for (_, schema) in schemas(document).filter(|(name, _)| !is_response(name)) {
                if let Some(properties) = schema.get_mut("properties") {
                    properties["grownMember"] =
                        json!({ "type": "string", "maxLength": 10, "default": "x" });
                    properties["grownObject"] = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } });
                    properties["grownList"] =
                        json!({ "type": "array", "items": { "type": "string" } });
                }
            }
        }
    }),
    (
        "a new optional and a new required member of every response",
        |documents| {
            for document in documents.qr_and_ecom() {
                for (_, schema) in schemas(document).filter(|(name, _)| is_response(name)) {
                    if let Some(properties) = schema.get_mut("properties") {
                        properties["grownResponse"] =
                            json!({ "type": "string", "format": "date-time" });
                        properties["grownAmount"] = json!({ "type": "integer", "minimum": 1 });
                        schema["required"] = json!(["grownResponse"]);
                    }
                }
            }
        },
    ),
    ("a new value of every enumeration", |documents| {
        fn add_to(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::Array(values)) = map.get_mut("enum") {
                        values.push("GROWN".into());
                    }
                    map.values_mut().for_each(add_to);
                }
                Value::Array(list) => list.iter_mut().for_each(add_to),
                _ => {}
            }
        }
        documents.qr_and_ecom().into_iter().for_each(add_to);
    }),
    ("a new error response", |documents| {
        for document in documents.qr_and_ecom() {
            for operation in operations(document) {
                operation["responses"]["429"] = json!({ "description": "Slow down.", "content": { "application/problem+json": { "schema": { "type": "object", "properties": { "wait": { "type": "integer" } } } } } });
            }
        }
    }),
    ("a new successful response", |documents| {
        for document in documents.qr_and_ecom() {
            for operation in operations(document) {
                operation["responses"]["202"] = json!({ "description": "Later." });
            }
        }
    }),
    ("a new header", |documents| {
        for document in documents.qr_and_ecom() {
            for operation in operations(document) {
                let parameters = operation["parameters"].as_array_mut().unwrap();
                parameters.push(
                    json!({ "name": "X-Grown", "in": "header", "schema": { "type": "string" } }),
                );
                parameters.push(json!({ "name": "Vipps-System-Grown", "in": "header", "required": true, "schema": { "type": "string" } }));
            }
        }
    }),
    ("the prefix of the paths in another place", |documents| {
        prefix::from_servers_to_paths(&mut documents.qr, "/qr");
        for server in documents.ecom["servers"].as_array_mut().unwrap() {
            let url = format!("{}/ecomm", server["url"].as_str().unwrap());
            server["url"] = url.into();
        }
        let paths = documents.ecom["paths"].as_object_mut().unwrap();
        *paths = std::mem::take(paths)
            .into_iter()
            .map(|(path, item)| {
                (
                    path.strip_prefix("/ecomm")
                        .map_or(path.clone(), str::to_owned),
                    item,
                )
            })
            .collect();
    }),
    ("a second media type", |documents| {
        fn add_to(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::Object(content)) = map.get_mut("content") {
                        let first = content.values().next().cloned().unwrap_or_default();
                        content.insert("application/xml".to_owned(), first);
                    }
                    map.values_mut().for_each(add_to);
                }
                Value::Array(list) => list.iter_mut().for_each(add_to),
                _ => {}
            }
        }
        documents.qr_and_ecom().into_iter().for_each(add_to);
    }),
    ("new documents", |documents| {
        for name in ["library.yaml", "library-news.yaml", "meters.yaml"] {
            documents.new.push((name, read_test_document(name)));
        }
    }),
];

/// Reads a file of `tests/specs`.
fn read_test_document(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Builds a copy with these documents, and compares its requests with the snapshots.
fn test_requests(documents: &Documents) -> Result<(), String> {
    let copy = CrateCopy::with(documents);
    let mut modules = vec!["requests", "requests_qr"];
    if !documents.new.is_empty() {
        let caller = copy.folder.join("tests/it/caller.rs");
        crate_copy::write(&caller, read_test_document("caller.rs"));
        modules.push("caller");
    }
    let output = copy.test(&modules);
    if output.status.success() {
        Ok(())
    } else {
        Err(crate_copy::output_text(&output))
    }
}

/// Tests all kinds at once. If that fails, tests one by one to find the kind that fails.
#[test]
fn additions_change_neither_wrapper_nor_requests() {
    let mut extended = Documents::vendored();
    for (kind, add_to) in ADDITIONS {
        let before = extended.clone();
        add_to(&mut extended);
        assert!(before != extended, "{kind}: the documents are the same");
    }
    let Err(output) = test_requests(&extended) else {
        return;
    };
    for (kind, add_to) in ADDITIONS {
        let mut one = Documents::vendored();
        add_to(&mut one);
        if let Err(output) = test_requests(&one) {
            panic!("{kind}: the wrapper breaks:\n{output}");
        }
    }
    panic!("only all kinds of growth together break the wrapper:\n{output}");
}
