//! The program `spec_diff`: each kind of change in a document, whether the change breaks users of
//! this crate, and which file it touches.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn program() -> Command {
    Command::new(crate::programs::built("spec_diff"))
}

fn ours(file: &str) -> PathBuf {
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
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.code(), said)
}

/// Our document against itself after an edit.
fn edited(name: &str, file: &str, edit: impl FnOnce(&mut Value)) -> (Option<i32>, String) {
    let mut root: Value =
        yaml_serde::from_str(&std::fs::read_to_string(ours(file)).unwrap()).unwrap();
    edit(&mut root);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("spec-diff")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(ours("ms_import.yaml"), folder.join("ms_import.yaml")).unwrap();
    let new = folder.join(file);
    std::fs::write(&new, root.to_string()).unwrap();
    diff(&ours(file), &new)
}

/// Asserts that an edit produces exactly this line, and that the line names these files.
fn tells(name: &str, file: &str, line: &str, touched: &str, edit: impl FnOnce(&mut Value)) {
    let (code, said) = edited(name, file, edit);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(lines.len(), 4, "{said}");
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
        line,
        "{said}"
    );
    assert!(lines[2].contains(touched), "{said}");
    let breaking = i32::from(line.starts_with("BREAKING"));
    assert_eq!(
        lines[3],
        format!("1 changes, {breaking} breaking"),
        "{said}"
    );
}

const QR: &str = "qr.yaml";
const ECOM: &str = "ecom.yaml";
const DETAILS: &str = "/ecomm/v2/payments/{orderId}/details";

fn schema<'a>(root: &'a mut Value, name: &str) -> &'a mut Value {
    &mut root["components"]["schemas"][name]
}

#[test]
fn nothing_changed() {
    assert_eq!(diff(&ours(QR), &ours(QR)).0, Some(0));
    let (code, said) = edited("prose", ECOM, |root| {
        root["info"]["description"] = "Other words.".into();
        schema(root, "Transaction")["description"] = "Other words.".into();
        schema(root, "Transaction")["properties"]["transactionText"]["example"] = "Other".into();
    });
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_prefix_that_moves_is_no_change() {
    let (code, said) = edited("prefix", QR, |root| {
        crate::prefix::from_servers_to_paths(root, "/qr");
    });
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn unreadable_documents() {
    let gone = ours("gone.yaml");
    let (code, said) = diff(&ours(QR), &gone);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("gone.yaml: cannot be read"), "{said}");
    let (code, said) = edited("swagger", QR, |root| *root = json!({ "swagger": "2.0" }));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Swagger 2.0"), "{said}");
    assert_eq!(program().output().unwrap().status.code(), Some(2));
}

#[test]
fn operations() {
    tells(
        "op-added",
        ECOM,
        "ok operation POST /ecomm/v3/new added [makeNew]",
        "no wrapper file",
        |root| {
            root["paths"]["/ecomm/v3/new"] =
                json!({ "post": { "operationId": "makeNew", "responses": {} } });
        },
    );
    tells(
        "op-removed",
        ECOM,
        "BREAKING operation GET /ecomm/v2/payments/{}/details removed [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| {
            root["paths"].as_object_mut().unwrap().remove(DETAILS);
            // Schemas that only the removed operation used are removed with it.
        },
    );
    tells(
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
    tells(
        "op-renamed",
        ECOM,
        "ok operation getPaymentDetailsUsingGET is called details in the raw bindings [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| root["paths"][DETAILS]["get"]["operationId"] = "details".into(),
    );
    tells(
        "op-status",
        ECOM,
        "ok response status 429 added [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        |root| {
            root["paths"][DETAILS]["get"]["responses"]["429"] =
                json!({ "description": "Slow down." });
        },
    );
}

#[test]
fn parameters() {
    let add = |parameter: Value| {
        move |root: &mut Value| {
            root["paths"][DETAILS]["get"]["parameters"]
                .as_array_mut()
                .unwrap()
                .push(parameter);
        }
    };
    tells(
        "parameter-required",
        ECOM,
        "BREAKING parameter query page added, required [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        add(
            json!({ "name": "page", "in": "query", "required": true, "schema": { "type": "string" } }),
        ),
    );
    tells(
        "parameter-optional",
        ECOM,
        "ok parameter header x-page added, optional [getPaymentDetailsUsingGET]",
        "src/ecom/details.rs",
        add(json!({ "name": "X-Page", "in": "header", "schema": { "type": "string" } })),
    );
    tells(
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
fn fields_that_are_sent() {
    let to = |name: &'static str, property: Value| {
        move |root: &mut Value| schema(root, "CancelTransaction")["properties"][name] = property
    };
    let text = json!({ "type": "string" });
    tells(
        "sent-optional",
        ECOM,
        "ok field CancelTransaction.reason (sent) added, optional [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        to("reason", text.clone()),
    );
    tells(
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
    tells(
        "sent-type",
        ECOM,
        "BREAKING field CancelTransaction.transactionText (sent): string became integer [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        to("transactionText", json!({ "type": "integer" })),
    );
    tells(
        "sent-limit",
        ECOM,
        "BREAKING limit CancelTransaction.transactionText (sent): maxLength 100 became 50 [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        |root| {
            schema(root, "CancelTransaction")["properties"]["transactionText"]["maxLength"] =
                50.into();
        },
    );
    tells(
        "sent-loose",
        ECOM,
        "ok limit CancelTransaction.transactionText (sent): maxLength 100 became 200 [cancelPaymentRequestUsingPUT]",
        "src/ecom/cancel.rs",
        |root| {
            schema(root, "CancelTransaction")["properties"]["transactionText"]["maxLength"] =
                200.into();
        },
    );
}

#[test]
fn fields_that_are_received() {
    let details =
        |edit: fn(&mut Value)| move |root: &mut Value| edit(schema(root, "TransactionDetails"));
    tells(
        "received-added",
        ECOM,
        "ok field TransactionDetails.hint (received) added, required [getPaymentDetailsUsingGET]",
        "src/ecom/",
        details(|schema| {
            schema["properties"]["hint"] = json!({ "type": "string" });
            schema["required"] = json!(["hint"]);
        }),
    );
    tells(
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
fn values() {
    tells(
        "value-sent-added",
        QR,
        "ok enum header accept: image/webp added [CreateMerchantRedirectQr, GetAllMerchantRedirectQrs, GetMerchantRedirectQrById, UpdateMerchantRedirectUrl, generateOtpQr]",
        "src/qr/one_time.rs",
        |root| {
            root["components"]["parameters"]["Accept"]["schema"]["enum"]
                .as_array_mut()
                .unwrap()
                .push("image/webp".into());
        },
    );
    tells(
        "value-sent-removed",
        ECOM,
        "BREAKING enum MerchantInfo.paymentType (sent): eComm Express Payment removed [initiatePaymentV3UsingPOST]",
        "src/ecom/initiate.rs",
        |root| {
            schema(root, "MerchantInfo")["properties"]["paymentType"]["enum"] =
                json!(["eComm Regular Payment"]);
        },
    );
    tells(
        "value-received-removed",
        ECOM,
        "ok enum TransactionLogHistory.operation (received): VOID removed [getPaymentDetailsUsingGET]",
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
fn what_the_merchant_is_sent_and_errors() {
    tells(
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
    tells(
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
fn an_unknown_key_is_no_comparison() {
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
        let (code, said) = edited(name, "ecom.yaml", edit);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("is not a "), "{said}");
        assert!(!said.contains("0 changes"), "{said}");
    }
}
