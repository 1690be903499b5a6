//! Differences between the ePayment document and the API, and rules that the handlers check because
//! they have their own error codes.

use serde_json::{Value, json};

use crate::simulator::gateway::overrides::{member, parameters, schema, without, without_length};

/// The schemas of requests. The API refuses members that it does not know.
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

pub(super) fn apply(document: &mut Value) {
    for name in REQUESTS {
        schema(document, name, |schema| {
            schema["additionalProperties"] = json!(false);
        });
    }
    member(document, "CreatePaymentRequest", "qrFormat", |schema| {
        schema["additionalProperties"] = json!(false);
    });
    // Members of later releases.
    schema(document, "Shipping", |schema| {
        let countries = json!({"type": "array", "items": {"type": "string"}});
        schema["properties"]["allowedCountries"] = countries;
    });
    schema(document, "CreatePaymentRequest", |schema| {
        schema["properties"]["merchantLegalLinks"] = json!({"type": "object"});
    });
    // Without required members, every customer matches all three schemas of the `oneOf`.
    for (name, required) in [
        ("CustomerPhoneNumber", "phoneNumber"),
        ("PersonalQrCode", "personalQr"),
        ("CustomerToken", "customerToken"),
    ] {
        schema(document, name, |schema| {
            schema["required"] = json!([required]);
        });
    }
    // The orders of eCom have ids from one character on. Only a new payment needs eight.
    let references = |shortest: u8| {
        let pattern = format!("^[a-zA-Z0-9-]{{{shortest},64}}$");
        json!({"type": "string", "pattern": pattern})
    };
    schema(document, "Reference", |schema| *schema = references(1));
    member(document, "CreatePaymentRequest", "reference", |schema| {
        *schema = references(8);
    });
    // A key has at least one character.
    for parameter in parameters(document) {
        if parameter["name"] == "Idempotency-Key" {
            parameter["schema"]["minLength"] = json!(1);
        }
    }
    // Rules with their own error codes.
    member(
        document,
        "CustomerPhoneNumber",
        "phoneNumber",
        without_length,
    );
    member(document, "PersonalQrCode", "personalQr", without_length);
    schema(document, "Metadata", |schema| {
        without(schema, &["maxProperties"]);
    });
    // A scope shares only some of the members.
    schema(document, "UserDetails", |schema| {
        without(schema, &["required"]);
    });
}
