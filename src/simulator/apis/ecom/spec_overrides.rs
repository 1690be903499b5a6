//! Rules of the eCom document that the simulator does not enforce. Responses or samples of the real
//! servers break each of them.

use serde_json::{Value, json};

use crate::simulator::gateway::overrides::{member, parameters, schema, without, without_length};

pub(super) fn apply(document: &mut Value) {
    // Serial numbers with seven digits exist. The documents allow five and six.
    for name in [
        "MerchantInfo",
        "MerchantInfoPayment",
        "RegularCheckOutPaymentRequest",
        "ExpressCheckOutPaymentRequest",
    ] {
        member(document, name, "merchantSerialNumber", |schema| {
            without_length(schema);
            schema["pattern"] = json!("^[0-9]{4,10}$");
        });
    }
    // On capture and refund, null and 0 mean all that is left. The handlers check other values.
    member(document, "Transaction", "amount", |schema| {
        without(schema, &["minimum"]);
        schema["nullable"] = json!(true);
    });
    // The last part of a payment may be less than one krone.
    for name in [
        "TransactionInfo",
        "TransactionInfoCancel",
        "OrderStatusInfoTransactionInfo",
        "CallbackTransactionInfoRegular",
        "CallbackTransactionInfoExpress",
    ] {
        member(document, name, "amount", |schema| {
            without(schema, &["minimum"]);
        });
    }
    // Vipps repairs numbers if it can, and otherwise returns error 81.
    member(document, "CustomerInfo", "mobileNumber", without_length);
    member(
        document,
        "ForceApproveRequest",
        "customerPhoneNumber",
        without_length,
    );
    // After seven days, each of these contains the text "[Expired]".
    member(document, "UserDetails", "mobileNumber", without_length);
    for name in ["Address", "AddressExpress"] {
        member(document, name, "country", |schema| {
            without(schema, &["enum"]);
        });
    }
    member(document, "UserDetails", "userId", |schema| {
        without(schema, &["pattern"]);
    });
    // A scope shares only some of the members.
    schema(document, "UserDetails", |schema| {
        without(schema, &["required"]);
    });
    // The schema of the express address requires `postCode` but describes `zipCode`. Vipps sends
    // `zipCode`.
    schema(document, "AddressExpress", |schema| {
        if let Some(names) = schema["required"].as_array_mut() {
            names.retain(|name| name != "postCode");
        }
    });
    // The guide makes the key optional and the document requires it. Without a key no call is
    // idempotent.
    for parameter in parameters(document) {
        if parameter["name"] == "X-Request-Id" {
            parameter["required"] = json!(false);
            parameter["schema"]["maxLength"] = json!(40);
        }
    }
}
