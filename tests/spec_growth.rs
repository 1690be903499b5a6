//! A document that grows changes nothing for the wrapper: the crate builds without an edit and
//! sends the same requests. A document that breaks something says so in one place.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

#[allow(dead_code, unused_imports)] // the entry points are the build script's
#[path = "../build/mod.rs"]
mod build;
#[path = "support/crate_copy.rs"]
mod crate_copy;

/// Our documents, to be changed and put into a copy of the crate.
struct Documents {
    qr: Value,
    ecom: Value,
}

impl Documents {
    fn ours() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
        let read = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            build::load::parse(&text).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
        };
        Self {
            qr: read("qr.yaml"),
            ecom: read("ecom.yaml"),
        }
    }

    fn both(&mut self) -> [&mut Value; 2] {
        [&mut self.qr, &mut self.ecom]
    }

    fn write(&self, copy: &Path) {
        for (name, document) in [("qr.yaml", &self.qr), ("ecom.yaml", &self.ecom)] {
            std::fs::write(copy.join("openapi").join(name), document.to_string()).unwrap();
        }
    }
}

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

/// Schemas that only answers hold, by their names in our documents.
fn is_answer(name: &str) -> bool {
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

type Growth = (&'static str, fn(&mut Documents));

const GROWTH: [Growth; 9] = [
    ("a new operation", |documents| {
        for document in documents.both() {
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
        for document in documents.both() {
            for (_, schema) in schemas(document).filter(|(name, _)| !is_answer(name)) {
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
        "a new optional and a new required member of every answer",
        |documents| {
            for document in documents.both() {
                for (_, schema) in schemas(document).filter(|(name, _)| is_answer(name)) {
                    if let Some(properties) = schema.get_mut("properties") {
                        properties["grownAnswer"] =
                            json!({ "type": "string", "format": "date-time" });
                        properties["grownAmount"] = json!({ "type": "integer", "minimum": 1 });
                        schema["required"] = json!(["grownAnswer"]);
                    }
                }
            }
        },
    ),
    ("a new value of every enumeration", |documents| {
        fn grow(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::Array(values)) = map.get_mut("enum") {
                        values.push("GROWN".into());
                    }
                    map.values_mut().for_each(grow);
                }
                Value::Array(list) => list.iter_mut().for_each(grow),
                _ => {}
            }
        }
        documents.both().into_iter().for_each(grow);
    }),
    ("a new error answer", |documents| {
        for document in documents.both() {
            for operation in operations(document) {
                operation["responses"]["429"] = json!({ "description": "Slow down.", "content": { "application/problem+json": { "schema": { "type": "object", "properties": { "wait": { "type": "integer" } } } } } });
            }
        }
    }),
    ("a new success answer", |documents| {
        for document in documents.both() {
            for operation in operations(document) {
                operation["responses"]["202"] = json!({ "description": "Later." });
            }
        }
    }),
    ("a new header", |documents| {
        for document in documents.both() {
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
        for server in documents.qr["servers"].as_array_mut().unwrap() {
            let url = server["url"]
                .as_str()
                .unwrap()
                .trim_end_matches("/qr")
                .to_owned();
            server["url"] = url.into();
        }
        let paths = documents.qr["paths"].as_object_mut().unwrap();
        *paths = std::mem::take(paths)
            .into_iter()
            .map(|(path, item)| (format!("/qr{path}"), item))
            .collect();
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
        fn grow(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::Object(content)) = map.get_mut("content") {
                        let first = content.values().next().cloned().unwrap_or_default();
                        content.insert("application/xml".to_owned(), first);
                    }
                    map.values_mut().for_each(grow);
                }
                Value::Array(list) => list.iter_mut().for_each(grow),
                _ => {}
            }
        }
        documents.both().into_iter().for_each(grow);
    }),
];

/// Builds a copy with these documents and runs the request snapshots.
fn requests_unchanged(copy: &Path, documents: &Documents) -> Result<(), String> {
    documents.write(copy);
    let output = crate_copy::cargo(
        copy,
        &["test", "--test", "requests", "--test", "requests_qr"],
    );
    if output.status.success() {
        Ok(())
    } else {
        Err(crate_copy::said(&output))
    }
}

/// All kinds at once; if that fails, one by one, to tell which it is.
#[test]
fn growth_changes_neither_source_nor_requests() {
    let copy = crate_copy::copy("spec-growth");
    let mut grown = Documents::ours();
    for (kind, grow) in GROWTH {
        let before = [grown.qr.clone(), grown.ecom.clone()];
        grow(&mut grown);
        assert!(
            before != [grown.qr.clone(), grown.ecom.clone()],
            "{kind}: the documents are the same"
        );
    }
    let Err(said) = requests_unchanged(&copy, &grown) else {
        return;
    };
    for (kind, grow) in GROWTH {
        let mut one = Documents::ours();
        grow(&mut one);
        if let Err(said) = requests_unchanged(&copy, &one) {
            panic!("{kind} breaks the wrapper:\n{said}");
        }
    }
    panic!("only all kinds of growth together break the wrapper:\n{said}");
}

/// The files of the wrapper that the compiler points at.
fn files_of_errors(said: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut error = false;
    for line in said.lines() {
        if line.starts_with("error") {
            error = true;
        } else if line.starts_with("warning") {
            error = false;
        }
        if let Some(place) = line.trim_start().strip_prefix("--> ")
            && error
        {
            files.insert(place.split(':').next().unwrap_or_default().to_owned());
            error = false;
        }
    }
    files
}

/// The break, the change that is it, and the one file that the compiler points at.
type Break = (&'static str, fn(&mut Documents), &'static str);

const BREAKS: [Break; 3] = [
    (
        "an operation that is gone",
        |documents| {
            documents.ecom["paths"]
                .as_object_mut()
                .unwrap()
                .remove("/ecomm/v2/payments/{orderId}/capture");
        },
        "src/ecom/capture.rs",
    ),
    (
        "an operation under another name",
        |documents| {
            documents.ecom["paths"]["/ecomm/v2/payments/{orderId}/cancel"]["put"]["operationId"] =
                "cancelNow".into();
        },
        "src/ecom/cancel.rs",
    ),
    (
        "a request member of another type",
        |documents| {
            documents.ecom["components"]["schemas"]["ForceApproveRequest"]["properties"]["token"] =
                json!({ "type": "object", "properties": { "text": { "type": "string" } } });
        },
        "src/ecom/force_approve.rs",
    ),
];

#[test]
fn the_compiler_names_a_break_in_one_place() {
    let copy = crate_copy::copy("spec-breaks");
    for (kind, spoil, file) in BREAKS {
        let mut broken = Documents::ours();
        spoil(&mut broken);
        broken.write(&copy);
        let output = crate_copy::check(&copy);
        let said = crate_copy::said(&output);
        assert!(!output.status.success(), "{kind}: nobody noticed");
        assert_eq!(
            files_of_errors(&said),
            BTreeSet::from([file.to_owned()]),
            "{kind}:\n{said}"
        );
    }
}

/// What still compiles changes a snapshot: of a request, or of what is generated.
#[test]
fn a_snapshot_names_a_break_that_compiles() {
    let copy = crate_copy::copy("spec-breaks-snapshots");
    let mut broken = Documents::ours();
    let schemas = &mut broken.ecom["components"]["schemas"];
    schemas["CancelTransaction"]["properties"]["reason"] = json!({ "type": "string" });
    schemas["CancelTransaction"]["required"]
        .as_array_mut()
        .unwrap()
        .push("reason".into());
    schemas["TransactionSummary"]["properties"]["capturedAmount"] = json!({ "type": "string" });
    broken.write(&copy);
    let output = crate_copy::cargo(
        &copy,
        &[
            "test",
            "--no-fail-fast",
            "--test",
            "requests",
            "--test",
            "spec_surface",
        ],
    );
    let said = crate_copy::said(&output);
    assert!(!output.status.success(), "nobody noticed");
    // The required member stops the request that lacks it, and names it.
    let requests: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("no value supplied for reason"))
        .collect();
    assert!(!requests.is_empty(), "{said}");
    // The changed answer is a line of the diff.
    assert!(
        said.contains("capturedAmount: Option<i64>")
            && said.contains("capturedAmount: Option<String>"),
        "{said}"
    );
    let failed: BTreeSet<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .collect();
    let wanted = BTreeSet::from(["cancel_full", "cancel_minimal", "generated_surface"]);
    assert_eq!(failed, wanted, "{said}");
}
