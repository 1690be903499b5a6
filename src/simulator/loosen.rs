//! Rules of the vendored spec that the simulator does not enforce. Responses or samples of Vipps
//! break each of them.

use serde_json::{Value, json};

/// Applies `change` to a schema, if the document has it.
fn at(document: &mut Value, pointer: &str, change: impl FnOnce(&mut Value)) {
    if let Some(schema) = document.pointer_mut(pointer) {
        change(schema);
    }
}

fn without(schema: &mut Value, keywords: &[&str]) {
    if let Some(members) = schema.as_object_mut() {
        for keyword in keywords {
            members.remove(*keyword);
        }
    }
}

const LENGTHS: &[&str] = &["pattern", "minLength", "maxLength"];

pub(crate) fn ecom(mut document: Value) -> Value {
    let schema = |name: &str| format!("/components/schemas/{name}");
    let property =
        |name: &str, member: &str| format!("/components/schemas/{name}/properties/{member}");

    // Serial numbers with seven digits exist. The documents allow five and six.
    for name in [
        "MerchantInfo",
        "MerchantInfoPayment",
        "RegularCheckOutPaymentRequest",
        "ExpressCheckOutPaymentRequest",
    ] {
        at(
            &mut document,
            &property(name, "merchantSerialNumber"),
            |schema| {
                without(schema, LENGTHS);
                schema["pattern"] = json!("^[0-9]{4,10}$");
            },
        );
    }
    // On capture and refund, null and 0 mean all that is left. The handlers check other values.
    at(
        &mut document,
        &property("Transaction", "amount"),
        |schema| {
            without(schema, &["minimum"]);
            schema["nullable"] = json!(true);
        },
    );
    // The last part of a payment may be less than one krone.
    for name in [
        "TransactionInfo",
        "TransactionInfoCancel",
        "OrderStatusInfoTransactionInfo",
        "CallbackTransactionInfoRegular",
        "CallbackTransactionInfoExpress",
    ] {
        at(&mut document, &property(name, "amount"), |schema| {
            without(schema, &["minimum"]);
        });
    }
    // Vipps repairs numbers if it can, and otherwise returns error 81.
    at(
        &mut document,
        &property("CustomerInfo", "mobileNumber"),
        |schema| without(schema, LENGTHS),
    );
    at(
        &mut document,
        &property("ForceApproveRequest", "customerPhoneNumber"),
        |schema| {
            without(schema, LENGTHS);
        },
    );
    // After seven days, each of these contains the text "[Expired]".
    at(
        &mut document,
        &property("UserDetails", "mobileNumber"),
        |schema| without(schema, LENGTHS),
    );
    for name in ["Address", "AddressExpress"] {
        at(&mut document, &property(name, "country"), |schema| {
            without(schema, &["enum"]);
        });
    }
    at(
        &mut document,
        &property("UserDetails", "userId"),
        |schema| without(schema, &["pattern"]),
    );
    // A scope shares only some of the members.
    at(&mut document, &schema("UserDetails"), |schema| {
        without(schema, &["required"]);
    });
    // The schema of the express address requires `postCode` but describes `zipCode`. Vipps sends
    // `zipCode`.
    at(
        &mut document,
        &format!("{}/required", schema("AddressExpress")),
        |required| {
            if let Some(names) = required.as_array_mut() {
                names.retain(|name| name != "postCode");
            }
        },
    );
    // The guide makes the key optional and the document requires it. Without a key no call is
    // idempotent.
    if let Some(paths) = document["paths"].as_object_mut() {
        for parameter in paths.values_mut().flat_map(parameters) {
            if parameter["name"] == "X-Request-Id" {
                parameter["required"] = json!(false);
                parameter["schema"]["maxLength"] = json!(40);
            }
        }
    }
    document
}

pub(crate) fn access_token(mut document: Value) -> Value {
    if let Some(paths) = document["paths"].as_object_mut() {
        for parameter in paths.values_mut().flat_map(parameters) {
            if parameter["name"] == "Merchant-Serial-Number" {
                without(&mut parameter["schema"], LENGTHS);
                parameter["schema"]["pattern"] = json!("^[0-9]{4,10}$");
            }
        }
    }
    document
}

pub(crate) fn qr(mut document: Value) -> Value {
    // The field has a default, and the newest samples omit it. A missing customer has its own error
    // message.
    at(
        &mut document,
        "/components/schemas/CustomerExchangeRequest",
        |schema| without(schema, &["required"]),
    );
    document
}

/// Returns the parameters of all operations of a path.
fn parameters(path: &mut Value) -> Vec<&mut Value> {
    path.as_object_mut()
        .into_iter()
        .flat_map(|operations| operations.values_mut())
        .filter_map(|operation| operation.get_mut("parameters")?.as_array_mut())
        .flatten()
        .collect()
}
