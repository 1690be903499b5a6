//! Schemas of the requests and responses of the ePayment API. A builder has the schema of the
//! generated body that it sends, and a response has the schema of the structure that it is read
//! from.

use schemars::Schema;
use serde_json::{Value, json};

use super::listed;
use crate::epayment::{
    Address, Aggregate, Cancel, Capture, Create, CreatedPayment, EventName, ForceApprove,
    Modification, PaymentDetails, PaymentEvent, PaymentMethodKind, PaymentState, Refund,
    UsedPaymentMethod, UserDetails,
};
use crate::raw::epayment::types;
use crate::types::json_schema::sent_as;

listed! {
    "epayment::Address": Address,
    "epayment::Aggregate": Aggregate,
    "epayment::Cancel": Cancel,
    "epayment::Capture": Capture,
    "epayment::Create": Create,
    "epayment::CreatedPayment": CreatedPayment,
    "epayment::EventName": EventName,
    "epayment::ForceApprove": ForceApprove,
    "epayment::Modification": Modification,
    "epayment::PaymentDetails": PaymentDetails,
    "epayment::PaymentEvent": PaymentEvent,
    "epayment::PaymentMethodKind": PaymentMethodKind,
    "epayment::PaymentState": PaymentState,
    "epayment::Refund": Refund,
    "epayment::UsedPaymentMethod": UsedPaymentMethod,
    "epayment::UserDetails": UserDetails,
}

sent_as! {
    Cancel => types::CancelModificationRequest;
    Capture => types::CaptureModificationRequest, documented;
    Create => types::CreatePaymentRequest, documented;
    ForceApprove => types::ForceApprove;
    Refund => types::RefundModificationRequest, documented;
}

/// Adds the limits of the document to members whose schemas responses contain too. The bindings
/// read responses without limits, and have one type for both.
fn documented(schema: &mut Schema) {
    let Some(Value::Object(members)) = schema.get_mut("properties") else {
        return;
    };
    for (name, member) in members {
        let limits = match name.as_str() {
            "currency" => json!({"enum": ["DKK", "EUR", "GBP", "NOK", "SEK", "USD"]}),
            "value" => json!({"minimum": 0, "maximum": 65_000_000}),
            "paymentMethod" => {
                member["properties"]["type"]["enum"] =
                    json!(["CARD", "CARD_PASSTHROUGH", "WALLET"]);
                continue;
            }
            "reference" => {
                json!({"minLength": 8, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]{8,64}$"})
            }
            // Required although null is allowed, which the bindings read as optional.
            "barcode" => json!({"required": ["data", "format"]}),
            "shippingInfo" => {
                json!({"required": ["amount", "amountExcludingTax", "taxAmount", "taxPercentage"]})
            }
            "unitInfo" => json!({"required": ["quantity", "unitPrice"]}),
            _ => continue,
        };
        if let (Some(member), Value::Object(limits)) = (member.as_object_mut(), limits) {
            member.extend(limits);
        }
    }
}
