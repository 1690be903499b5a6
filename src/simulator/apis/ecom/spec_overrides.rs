//! Rules of the eCom document that the simulator does not enforce.

use serde_json::json;

use crate::simulator::gateway::overrides::{
    Override, any_serial_number, member, parameter, schema, without, without_length,
};

pub(super) const OVERRIDES: &[Override] = &[
    Override {
        reason: "serial numbers have 4 to 10 digits; the document allows 5 or 6",
        source: "the ePayment document, and serial numbers in use",
        apply: |root| {
            for name in [
                "MerchantInfo",
                "MerchantInfoPayment",
                "RegularCheckOutPaymentRequest",
                "ExpressCheckOutPaymentRequest",
            ] {
                member(root, name, "merchantSerialNumber", any_serial_number);
            }
        },
    },
    Override {
        reason: "on capture and refund, `null` and 0 mean all that is left; the handlers check other values",
        source: "eCom guide, capture",
        apply: |root| {
            member(root, "Transaction", "amount", |schema| {
                without(schema, &["minimum"]);
                schema["nullable"] = json!(true);
            });
        },
    },
    Override {
        reason: "the last part of a payment may be less than one krone",
        source: "partial captures of the eCom guide",
        apply: |root| {
            for name in [
                "TransactionInfo",
                "TransactionInfoCancel",
                "OrderStatusInfoTransactionInfo",
                "CallbackTransactionInfoRegular",
                "CallbackTransactionInfoExpress",
            ] {
                member(root, name, "amount", |schema| without(schema, &["minimum"]));
            }
        },
    },
    Override {
        reason: "phone numbers in another form are repaired, or refused with error 81",
        source: "eCom guide, error codes",
        apply: |root| {
            member(root, "CustomerInfo", "mobileNumber", without_length);
            member(
                root,
                "ForceApproveRequest",
                "customerPhoneNumber",
                without_length,
            );
        },
    },
    Override {
        reason: "after seven days, each text of the customer's data is `[Expired]`",
        source: "eCom guide, personal data in details",
        apply: |root| {
            member(root, "UserDetails", "mobileNumber", without_length);
            for name in ["Address", "AddressExpress"] {
                member(root, name, "country", |schema| without(schema, &["enum"]));
            }
            member(root, "UserDetails", "userId", |schema| {
                without(schema, &["pattern"]);
            });
        },
    },
    Override {
        reason: "a payment with a scope shares only the members of the scope",
        source: "eCom guide, userinfo",
        apply: |root| schema(root, "UserDetails", |schema| without(schema, &["required"])),
    },
    Override {
        reason: "the address in an express callback has `zipCode`; the schema describes it and requires `postCode`",
        source: "the sample of the express callback in the document",
        apply: |root| {
            schema(root, "AddressExpress", |schema| {
                if let Some(names) = schema["required"].as_array_mut() {
                    names.retain(|name| name != "postCode");
                }
            });
        },
    },
    Override {
        reason: "the idempotency key is optional and has at most 40 characters; without a key no call is idempotent",
        source: "eCom guide, idempotency",
        apply: |root| {
            parameter(root, "X-Request-Id", |parameter| {
                parameter["required"] = json!(false);
                parameter["schema"]["maxLength"] = json!(40);
            });
        },
    },
];
