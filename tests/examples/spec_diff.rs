//! The program `spec_diff`: each kind of change in a document, whether the change breaks users of
//! this crate, and which file it touches.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn program() -> Command {
    Command::new(crate::programs::example_path("spec_diff"))
}

fn vendored(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("openapi")
        .join(file)
}

fn diff(old: &Path, new: &Path) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = program().arg(old).arg(new).output().unwrap();
    let output = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.code(), output)
}

/// Compares a vendored document with an edited copy of it.
fn edited(name: &str, file: &str, edit: impl FnOnce(&mut Value)) -> (Option<i32>, String) {
    let mut root: Value =
        yaml_serde::from_str(&std::fs::read_to_string(vendored(file)).unwrap()).unwrap();
    edit(&mut root);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("spec-diff")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(vendored("ms_import.yaml"), folder.join("ms_import.yaml")).unwrap();
    let new = folder.join(file);
    std::fs::write(&new, root.to_string()).unwrap();
    diff(&vendored(file), &new)
}

/// Asserts that an edit produces exactly this line, and that the line names these files.
fn assert_reports(
    name: &str,
    file: &str,
    line: &str,
    touched: &str,
    edit: impl FnOnce(&mut Value),
) {
    let (code, output) = edited(name, file, edit);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(code, Some(1), "{output}");
    assert_eq!(lines.len(), 4, "{output}");
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
        line,
        "{output}"
    );
    assert!(lines[2].contains(touched), "{output}");
    let breaking = i32::from(line.starts_with("BREAKING"));
    assert_eq!(
        lines[3],
        format!("1 changes, {breaking} breaking"),
        "{output}"
    );
}

const QR: &str = "qr.yaml";
const ECOM: &str = "ecom.yaml";
const DETAILS: &str = "/ecomm/v2/payments/{orderId}/details";

fn schema<'a>(root: &'a mut Value, name: &str) -> &'a mut Value {
    &mut root["components"]["schemas"][name]
}

#[test]
fn equal_documents_have_no_changes() {
    assert_eq!(diff(&vendored(QR), &vendored(QR)).0, Some(0));
    let (code, output) = edited("prose", ECOM, |root| {
        root["info"]["description"] = "Other words.".into();
        schema(root, "Transaction")["description"] = "Other words.".into();
        schema(root, "Transaction")["properties"]["transactionText"]["example"] = "Other".into();
    });
    assert_eq!(code, Some(0), "{output}");
}

#[test]
fn a_prefix_that_moves_is_no_change() {
    let (code, output) = edited("prefix", QR, |root| {
        crate::prefix::from_servers_to_paths(root, "/qr");
    });
    assert_eq!(code, Some(0), "{output}");
}

#[test]
fn a_renamed_path_parameter_is_no_change() {
    let (code, output) = edited("path-parameter", ECOM, |root| {
        let paths = root["paths"].as_object_mut().unwrap();
        let mut details = paths.remove(DETAILS).unwrap();
        let parameters = details["get"]["parameters"].as_array_mut().unwrap();
        let order_id = parameters
            .iter_mut()
            .find(|parameter| parameter["name"] == "orderId");
        order_id.unwrap()["name"] = "id".into();
        paths.insert(DETAILS.replace("orderId", "id"), details);
    });
    assert_eq!(code, Some(0), "{output}");
}

#[test]
fn unreadable_documents_exit_with_2() {
    let missing = vendored("missing.yaml");
    let (code, output) = diff(&vendored(QR), &missing);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("missing.yaml: cannot be read"), "{output}");
    let (code, output) = edited("swagger", QR, |root| *root = json!({ "swagger": "2.0" }));
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("Swagger 2.0"), "{output}");
    assert_eq!(program().output().unwrap().status.code(), Some(2));
}

#[test]
fn operations_are_added_removed_moved_and_renamed() {
    assert_reports(
        "op-added",
        ECOM,
        "ok operation POST /ecomm/v3/new added [makeNew]",
        "no wrapper file",
        |root| {
            root["paths"]["/ecomm/v3/new"] =
                json!({ "post": { "operationId": "makeNew", "responses": {} } });
        },
    );
    assert_reports(
        "op-removed",
        ECOM,
        "BREAKING operation GET /ecomm/v2/payments/{}/details removed [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| {
            root["paths"].as_object_mut().unwrap().remove(DETAILS);
            // Schemas that only the removed operation used are removed with it.
        },
    );
    assert_reports(
        "op-moved",
        ECOM,
        "BREAKING operation GET /ecomm/v2/payments/{}/details moved to GET /ecomm/v3/details/{} [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| {
            let item = root["paths"]
                .as_object_mut()
                .unwrap()
                .remove(DETAILS)
                .unwrap();
            root["paths"]["/ecomm/v3/details/{orderId}"] = item;
        },
    );
    assert_reports(
        "op-renamed",
        ECOM,
        "ok operation GET /ecomm/v2/payments/{}/details: operationId getPaymentDetailsUsingGET became details [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| root["paths"][DETAILS]["get"]["operationId"] = "details".into(),
    );
    assert_reports(
        "op-status",
        ECOM,
        "ok operation the operation: responses 429 added [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| {
            root["paths"][DETAILS]["get"]["responses"]["429"] =
                json!({ "description": "Slow down." });
        },
    );
}

#[test]
fn added_parameters_are_breaking_if_required() {
    let add = |parameter: Value| {
        move |root: &mut Value| {
            root["paths"][DETAILS]["get"]["parameters"]
                .as_array_mut()
                .unwrap()
                .push(parameter);
        }
    };
    assert_reports(
        "parameter-required",
        ECOM,
        "BREAKING parameter query page added, required [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        add(
            json!({ "name": "page", "in": "query", "required": true, "schema": { "type": "string" } }),
        ),
    );
    assert_reports(
        "parameter-optional",
        ECOM,
        "ok parameter header x-page added, optional [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        add(json!({ "name": "X-Page", "in": "header", "schema": { "type": "string" } })),
    );
    assert_reports(
        "parameter-client",
        ECOM,
        "ok parameter header vipps-system-region (set by the client) added, required [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        add(
            json!({ "name": "Vipps-System-Region", "in": "header", "required": true, "schema": { "type": "string" } }),
        ),
    );
}

#[test]
fn stricter_members_of_requests_are_breaking() {
    let to = |name: &'static str, property: Value| {
        move |root: &mut Value| schema(root, "CancelTransaction")["properties"][name] = property
    };
    let text = json!({ "type": "string" });
    assert_reports(
        "sent-optional",
        ECOM,
        "ok field CancelTransaction.reason (sent) added, optional [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        to("reason", text.clone()),
    );
    assert_reports(
        "sent-required",
        ECOM,
        "BREAKING field CancelTransaction.reason (sent) added, required [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        |root| {
            schema(root, "CancelTransaction")["properties"]["reason"] = text;
            schema(root, "CancelTransaction")["required"]
                .as_array_mut()
                .unwrap()
                .push("reason".into());
        },
    );
    assert_reports(
        "sent-now-required",
        ECOM,
        "BREAKING field MerchantInfo.isApp (sent): required false became true [initiatePaymentV3UsingPOST]",
        "src/ecom/initiate.rs",
        |root| {
            schema(root, "MerchantInfo")["required"]
                .as_array_mut()
                .unwrap()
                .push("isApp".into());
        },
    );
    assert_reports(
        "sent-type",
        ECOM,
        "BREAKING field CancelTransaction.transactionText (sent): type string became integer [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        to("transactionText", json!({ "type": "integer" })),
    );
    assert_reports(
        "sent-limit",
        ECOM,
        "BREAKING field CancelTransaction.transactionText (sent): maxLength 100 became 50 [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        |root| {
            schema(root, "CancelTransaction")["properties"]["transactionText"]["maxLength"] =
                50.into();
        },
    );
    assert_reports(
        "sent-loose",
        ECOM,
        "ok field CancelTransaction.transactionText (sent): maxLength 100 became 200 [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        |root| {
            schema(root, "CancelTransaction")["properties"]["transactionText"]["maxLength"] =
                200.into();
        },
    );
}

#[test]
fn removed_members_of_responses_are_breaking() {
    let details =
        |edit: fn(&mut Value)| move |root: &mut Value| edit(schema(root, "TransactionDetails"));
    assert_reports(
        "received-added",
        ECOM,
        "ok field TransactionDetails.hint (received) added, required [getPaymentDetailsUsingGET]",
        "src/ecom/",
        details(|schema| {
            schema["properties"]["hint"] = json!({ "type": "string" });
            schema["required"] = json!(["hint"]);
        }),
    );
    assert_reports(
        "received-removed",
        ECOM,
        "BREAKING field TransactionDetails.sub (received) removed [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        details(|schema| {
            schema["properties"].as_object_mut().unwrap().remove("sub");
        }),
    );
}

#[test]
fn removed_values_are_breaking_in_requests() {
    assert_reports(
        "value-sent-added",
        QR,
        "ok parameter header accept: enum image/webp added [CreateMerchantRedirectQr, GetAllMerchantRedirectQrs, GetMerchantRedirectQrById, UpdateMerchantRedirectUrl, generateOtpQr]",
        "src/qr/one_time.rs",
        |root| {
            root["components"]["parameters"]["Accept"]["schema"]["enum"]
                .as_array_mut()
                .unwrap()
                .push("image/webp".into());
        },
    );
    assert_reports(
        "value-sent-removed",
        ECOM,
        "BREAKING field MerchantInfo.paymentType (sent): enum eComm Express Payment removed [initiatePaymentV3UsingPOST]",
        "src/ecom/initiate.rs",
        |root| {
            schema(root, "MerchantInfo")["properties"]["paymentType"]["enum"] =
                json!(["eComm Regular Payment"]);
        },
    );
    assert_reports(
        "value-received-removed",
        ECOM,
        "ok field TransactionLogHistory.operation (received): enum VOID removed [getPaymentDetailsUsingGET]",
        "src/ecom/",
        |root| {
            let values = schema(root, "TransactionLogHistory")["properties"]["operation"]["enum"]
                .as_array_mut()
                .unwrap();
            values.retain(|value| value != "VOID");
        },
    );
}

#[test]
fn callbacks_are_compared_and_errors_never_breaking() {
    assert_reports(
        "callback",
        ECOM,
        "BREAKING field CallbackTransactionInfoRegular.timeStamp (received) removed",
        "src/",
        |root| {
            schema(root, "CallbackTransactionInfoRegular")["properties"]
                .as_object_mut()
                .unwrap()
                .remove("timeStamp");
        },
    );
    assert_reports(
        "error",
        QR,
        "ok error QrErrorResponse.hint (received) added, optional",
        "no wrapper file",
        |root| {
            schema(root, "QrErrorResponse")["properties"]["hint"] = json!({ "type": "string" });
        },
    );
}

/// An unknown key would count as absent in both versions, and its change would be missed.
#[test]
fn an_unknown_key_exits_with_2() {
    for (name, edit) in [
        (
            "unknown-key",
            (|root| {
                let operation = &mut root["paths"]["/ecomm/v2/payments"]["post"];
                let responses = operation
                    .as_object_mut()
                    .unwrap()
                    .remove("responses")
                    .unwrap();
                operation["respones"] = responses;
            }) as fn(&mut Value),
        ),
        ("unknown-type", |root| {
            root["components"]["schemas"]["Transaction"]["properties"]["amount"]["type"] =
                "sting".into();
        }),
    ] {
        let (code, output) = edited(name, "ecom.yaml", edit);
        assert_eq!(code, Some(2), "{output}");
        assert!(output.contains("is not a "), "{output}");
        assert!(!output.contains("0 changes"), "{output}");
    }
}
