//! Differences between the ePayment document and the API, and rules that the handlers check because
//! they have their own error codes.

use serde_json::{Value, json};

use crate::simulator::gateway::overrides::{
    Override, member, parameter, schema, without, without_length,
};

/// The schemas of requests.
const REQUESTS: [&str; 24] = [
    "AirlineData",
    "Amount",
    "Barcode",
    "BottomLine",
    "CancelModificationRequest",
    "CaptureModificationRequest",
    "CreatePaymentRequest",
    "CustomerPhoneNumber",
    "CustomerToken",
    "DynamicOptions",
    "ForceApprove",
    "IndustryData",
    "OrderLine",
    "PaymentMethod",
    "PaymentSources",
    "PersonalQrCode",
    "ProfileRequest",
    "Receipt",
    "RefundModificationRequest",
    "Shipping",
    "ShippingGroup",
    "ShippingInfo",
    "ShippingOption",
    "UnitInfo",
];

pub(super) const OVERRIDES: &[Override] = &[
    Override {
        reason: "the API refuses unknown members",
        source: "ePayment guide for agents",
        apply: |root| {
            for name in REQUESTS {
                schema(root, name, refuse_unknown_members);
            }
            member(
                root,
                "CreatePaymentRequest",
                "qrFormat",
                refuse_unknown_members,
            );
        },
    },
    Override {
        reason: "later releases have the members `allowedCountries` and `merchantLegalLinks`",
        source: "ePayment guide, Express and merchant terms, May and October 2026",
        apply: |root| {
            schema(root, "Shipping", |schema| {
                let countries = json!({"type": "array", "items": {"type": "string"}});
                schema["properties"]["allowedCountries"] = countries;
            });
            schema(root, "CreatePaymentRequest", |schema| {
                schema["properties"]["merchantLegalLinks"] = json!({"type": "object"});
            });
        },
    },
    Override {
        reason: "a customer has exactly one member; without required members, every customer matches all three schemas of the `oneOf`",
        source: "ePayment guide, create",
        apply: |root| {
            for (name, required) in [
                ("CustomerPhoneNumber", "phoneNumber"),
                ("PersonalQrCode", "personalQr"),
                ("CustomerToken", "customerToken"),
            ] {
                schema(root, name, |schema| schema["required"] = json!([required]));
            }
        },
    },
    Override {
        reason: "an eCom order has an id of 1 to 50 characters; only a new payment needs 8",
        source: "ePayment guide, migration from eCom",
        apply: |root| {
            member(root, "CreatePaymentRequest", "reference", |schema| {
                *schema = reference(8);
            });
            schema(root, "Reference", |schema| *schema = reference(1));
        },
    },
    Override {
        reason: "an idempotency key has at least one character",
        source: "ePayment guide, idempotency",
        apply: |root| {
            parameter(root, "Idempotency-Key", |parameter| {
                parameter["schema"]["minLength"] = json!(1);
            });
        },
    },
    Override {
        reason: "the limits of phone numbers, personal codes and metadata have their own error codes; the handlers check them",
        source: "ePayment guide, error codes 4060, 4070 and 4100",
        apply: |root| {
            member(root, "CustomerPhoneNumber", "phoneNumber", without_length);
            member(root, "PersonalQrCode", "personalQr", without_length);
            schema(root, "Metadata", |schema| {
                without(schema, &["maxProperties"]);
            });
        },
    },
    Override {
        reason: "a payment with a scope shares only the members of the scope",
        source: "ePayment guide, profile sharing",
        apply: |root| schema(root, "UserDetails", |schema| without(schema, &["required"])),
    },
];

fn refuse_unknown_members(schema: &mut Value) {
    schema["additionalProperties"] = json!(false);
}

fn reference(shortest: u8) -> Value {
    let pattern = format!("^[a-zA-Z0-9-]{{{shortest},64}}$");
    json!({"type": "string", "pattern": pattern})
}
