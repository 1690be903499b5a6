//! Breaking changes of a document, each of which the compiler or a snapshot names.

use std::collections::BTreeSet;

use serde_json::json;

use super::surface::surface;
use super::{CrateCopy, Documents, build, crate_copy, openapi};

/// Returns each file of the wrapper that has a compiler error, with the message.
fn errors(output_text: &str) -> BTreeSet<(String, String)> {
    let mut errors = BTreeSet::new();
    let mut error = None;
    for line in output_text.lines() {
        if line.starts_with("error") || line.starts_with("warning") {
            error = line.starts_with("error").then_some(line);
        }
        if let Some(place) = line.trim_start().strip_prefix("--> ")
            && let Some(error) = error.take()
        {
            let file = place.split(':').next().unwrap_or_default();
            errors.insert((file.to_owned(), error.to_owned()));
        }
    }
    errors
}

/// The name of the break, the change, the only file with a compiler error, and the message.
type BreakingChange = (&'static str, fn(&mut Documents), &'static str, &'static str);

const BREAKING_CHANGES: [BreakingChange; 3] = [
    (
        "a removed operation",
        |documents| {
            documents.ecom["paths"]
                .as_object_mut()
                .unwrap()
                .remove("/ecomm/v2/payments/{orderId}/capture");
        },
        "src/ecom/capture.rs",
        "no method named `capture_payment_using_post`",
    ),
    (
        "an operation under another name",
        |documents| {
            documents.ecom["paths"]["/ecomm/v2/payments/{orderId}/cancel"]["put"]["operationId"] =
                "cancelNow".into();
        },
        "src/ecom/cancel.rs",
        "no method named `cancel_payment_request_using_put`",
    ),
    (
        "a request member of another type",
        |documents| {
            documents.ecom["components"]["schemas"]["ForceApproveRequest"]["properties"]["token"] =
                json!({ "type": "object", "properties": { "text": { "type": "string" } } });
        },
        "src/ecom/force_approve.rs",
        "ForceApproveRequestToken",
    ),
];

/// The compiler reports each break in its builder, and a missing operation in the table of
/// operations too.
#[test]
fn the_compiler_names_a_break_in_its_builder() {
    let mut broken = Documents::vendored();
    for (_, edit, ..) in BREAKING_CHANGES {
        edit(&mut broken);
    }
    let output = CrateCopy::with(&broken).test(&["requests"]);
    let output_text = crate_copy::output_text(&output);
    assert!(!output.status.success(), "the test must fail");
    let errors = errors(&output_text);
    for (kind, _, file, words) in BREAKING_CHANGES {
        assert!(
            errors
                .iter()
                .any(|(place, error)| place == file && error.contains(words)),
            "{kind}: {errors:?}\n{output_text}"
        );
    }
    let files: BTreeSet<&str> = errors.iter().map(|(file, _)| file.as_str()).collect();
    let builders = BREAKING_CHANGES.iter().map(|(_, _, file, _)| *file);
    let wanted: BTreeSet<&str> = builders.chain(["src/ecom/operations.rs"]).collect();
    assert_eq!(files, wanted, "{output_text}");
}

/// A breaking change that still compiles changes a snapshot of a request or of the generated code.
#[test]
fn a_snapshot_names_a_break_that_compiles() {
    let vendored = Documents::vendored();
    let mut broken = vendored.clone();
    let schemas = &mut broken.ecom["components"]["schemas"];
    schemas["CancelTransaction"]["properties"]["reason"] = json!({ "type": "string" });
    schemas["CancelTransaction"]["required"]
        .as_array_mut()
        .unwrap()
        .push("reason".into());
    schemas["TransactionSummary"]["properties"]["capturedAmount"] = json!({ "type": "string" });

    // The request without the required member fails, and the error names the member.
    let output = CrateCopy::with(&broken).test(&["requests"]);
    let output_text = crate_copy::output_text(&output);
    assert!(!output.status.success(), "the test must fail");
    assert!(
        output_text.contains("no value supplied for reason"),
        "{output_text}"
    );
    let failed: BTreeSet<&str> = output_text
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .collect();
    let wanted = BTreeSet::from(["requests::cancel_full", "requests::cancel_minimal"]);
    assert_eq!(failed, wanted, "{output_text}");

    // The changed response type is a line of the diff, and so is the new member of the request.
    let folder = openapi();
    let lines = |documents: &Documents| -> BTreeSet<String> {
        let text = documents.ecom.to_string();
        let read = build::load::from_folder(&folder);
        let api = build::build_text(&text, "ecom", &read).unwrap_or_else(|error| panic!("{error}"));
        surface(&api.rust).lines().map(str::to_owned).collect()
    };
    let (before, after) = (lines(&vendored), lines(&broken));
    let removed: Vec<&String> = before.difference(&after).collect();
    let new: Vec<&String> = after.difference(&before).collect();
    assert_eq!(removed, ["    capturedAmount: Option<i64>"]);
    assert_eq!(
        new,
        ["    capturedAmount: Option<String>", "    reason: String"]
    );
}

/// A document that cannot be read produces one error line, without a panic and a backtrace.
#[test]
fn a_document_that_cannot_be_read_is_one_sentence() {
    let mut broken = Documents::vendored();
    broken.qr = json!({ "swagger": "2.0", "info": broken.qr["info"], "paths": broken.qr["paths"] });
    let output = CrateCopy::with(&broken).test(&["requests"]);
    let output_text = crate_copy::output_text(&output);
    assert!(!output.status.success(), "{output_text}");
    let errors: Vec<&str> = output_text
        .lines()
        .filter(|line| line.starts_with("error: vipps@0.0.0-documents: "))
        .collect();
    assert_eq!(errors.len(), 1, "{output_text}");
    assert!(
        errors[0].contains("openapi/qr.yaml#/swagger: Swagger 2.0 is not supported"),
        "{output_text}"
    );
    assert!(
        !output_text.contains("panicked") && !output_text.contains("backtrace"),
        "{output_text}"
    );
}
