//! The ePayment API, with one file for each kind of operation.

mod approve;
mod create;
mod details;
pub(crate) mod error_codes;
mod events;
mod metadata;
mod modifications;
mod shipping;
mod spec_overrides;
mod webhooks;

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::domain::{PaymentId, Refusal};
use crate::simulator::gateway::violation::{Place, Rule};
use crate::simulator::gateway::{
    Api, Call, Document, GatewayError, Limit, Operation, ReferencePlace, Response, State,
    Violation, errors,
};
use crate::simulator::random::Random;
use crate::types::Amount;

pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/epayment.source.json"));
    Document::new(text, &[], spec_overrides::OVERRIDES)
});

pub(crate) static API: Api = Api {
    name: NAME,
    document: &DOCUMENT,
    operations: &[
        Operation::new("create_payment", create::create)
            .limited(Limit::PerMerchant(5))
            .keyed(KEY_HEADER),
        Operation::new("get_payment", details::get).limited(Limit::PerSubscriptionKey(120)),
        Operation::new("get_payment_event_log", events::get)
            .limited(Limit::PerSubscriptionKey(120)),
        Operation::new("capture_payment", modifications::capture)
            .limited(Limit::PerMerchant(5))
            .keyed(KEY_HEADER)
            .refusing(|error, random| refuse_with("4010", error, random)),
        Operation::new("refund_payment", modifications::refund)
            .limited(Limit::PerMerchant(5))
            .keyed(KEY_HEADER)
            .refusing(|error, random| refuse_with("4150", error, random)),
        Operation::new("cancel_payment", modifications::cancel).limited(Limit::PerMerchant(5)),
        Operation::new("force_approve", approve::force_approve),
    ],
    needs_token: true,
    sales_unit_in_body: None,
    reference: Some(ReferencePlace {
        parameter: "Reference",
        body: "/reference",
    }),
    refuse: |error, random| refuse_with("4020", error, random),
    notify: |state, event| {
        [
            shipping::notify(state, event),
            webhooks::notify(state, event),
        ]
        .concat()
    },
    messages: &[&shipping::SHIPPING_OPTIONS, &webhooks::PAYMENT_EVENT],
};

const NAME: &str = "epayment";
const KEY_HEADER: &str = "idempotency-key";

/// Returns the payment of a request. Any API may have started it: an eCom order has its order id as
/// its reference.
fn find(state: &State, call: &Call<'_>) -> Result<PaymentId, Refusal> {
    let payment = state.domain.find(&call.sales_unit, call.param("Reference"));
    payment.ok_or(Refusal::UnknownPayment)
}

fn amount(amount: Amount) -> Value {
    json!({"currency": amount.currency().as_str(), "value": amount.minor_units()})
}

/// Returns the response to a request that is refused. `key_reused` is the error code for a key that
/// was sent with another request.
fn refuse_with(key_reused: &str, error: &GatewayError<'_>, random: &mut Random) -> Response {
    match error {
        GatewayError::Unauthorized => {
            errors::gateway(StatusCode::UNAUTHORIZED, errors::UNAUTHORIZED)
        }
        GatewayError::ForeignSalesUnit(sales_unit) => {
            errors::gateway(StatusCode::FORBIDDEN, &errors::foreign(sales_unit))
        }
        GatewayError::UnsupportedMediaType => {
            errors::gateway(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
        }
        GatewayError::NotJson => {
            error_codes::invalid(&[("$", "The body is not JSON.".to_owned())], random)
        }
        GatewayError::Violations(violations) => refuse_violations(violations, random),
        GatewayError::Refused(Refusal::NotModelled(feature)) => errors::unmodelled(feature),
        GatewayError::Refused(Refusal::KeyReused { .. }) => {
            error_codes::problem(key_reused, random)
        }
        GatewayError::Refused(refusal) => error_codes::problem(error_codes::of(refusal), random),
    }
}

/// Returns the response that names the fields that break a rule. An amount with decimals has its
/// own error code.
fn refuse_violations(violations: &[Violation], random: &mut Random) -> Response {
    let has_decimals = |violation: &Violation| {
        violation.place == Place::Body
            && violation.rule == Rule::Type
            && matches!(
                violation.field.as_str(),
                "amount.value" | "modificationAmount.value"
            )
    };
    if violations.iter().any(has_decimals) {
        return error_codes::problem(error_codes::INVALID_AMOUNT, random);
    }
    let fields: Vec<(&str, String)> = violations
        .iter()
        .map(|violation| (violation.name("$"), violation.reason.clone()))
        .collect();
    error_codes::invalid(&fields, random)
}
