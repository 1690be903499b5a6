//! The description of the toy API: its document, handlers, errors and messages.

use std::sync::LazyLock;
use std::time::Duration;

use ::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::simulator::domain::{Event, Modification, PaymentId, Refusal};
use crate::simulator::gateway::{
    Api, Call, Document, Failure, GatewayError, Limit, Message, Operation, OutgoingMessage,
    ReferencePlace, Response, State, errors,
};
use crate::simulator::random::Random;
use crate::types::Amount;

static DOCUMENT: LazyLock<Document> =
    LazyLock::new(|| Document::new(include_str!("document.json"), &[], &[]));

pub(super) static API: Api = Api {
    name: "toy",
    document: &DOCUMENT,
    operations: &[
        Operation::new("get_toy_payment", get).limited(Limit::PerSubscriptionKey(120)),
        Operation::new("capture_toy_payment", capture),
    ],
    needs_token: true,
    sales_unit_in_body: None,
    reference: Some(ReferencePlace {
        parameter: "reference",
        body: "/reference",
    }),
    refuse,
    notify,
    messages: &[&TOY_EVENT],
};

static TOY_EVENT: Message = Message {
    id: "toy_event",
    method: Method::PUT,
    timeout: Duration::from_secs(1),
    is_retried: false,
    has_personal_path: false,
    receive: None,
};

fn find(state: &State, call: &Call<'_>) -> Result<PaymentId, Refusal> {
    let payment = state.domain.find(&call.sales_unit, call.param("reference"));
    payment.ok_or(Refusal::UnknownPayment)
}

fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = state.domain.payment(find(state, call)?);
    let sums = payment.sums();
    let body = json!({
        "started_by": payment.api,
        "authorized": sums.authorized().minor_units(),
        "captured": sums.captured().minor_units(),
    });
    // The document requires the members, so this response breaks it.
    let body = if payment.amount.minor_units() == 199 {
        json!({})
    } else {
        body
    };
    Ok(Response::json(StatusCode::OK, body))
}

fn capture(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = find(state, call)?;
    let amount: Option<Amount> = serde_json::from_value(call.body.clone()).ok();
    let request = Modification {
        amount,
        text: String::new(),
        idempotency: None,
    };
    state.domain.capture(payment, &request, call.now)?;
    Ok(Response::empty(StatusCode::OK))
}

fn refuse(error: &GatewayError<'_>, _: &mut Random) -> Response {
    let (status, text) = match error {
        GatewayError::Refused(Refusal::UnknownPayment) => (404, "unknown payment"),
        GatewayError::Refused(Refusal::OtherCurrency) => (400, "other currency"),
        GatewayError::Refused(Refusal::NotModelled(feature)) => return errors::unmodelled(feature),
        GatewayError::Refused(_) => (409, "refused"),
        GatewayError::Violations([violation, ..]) => (400, violation.field.as_str()),
        _ => (400, "bad request"),
    };
    let status = StatusCode::from_u16(status).unwrap();
    Response::json(status, json!({"toy_error": text}))
}

fn notify(state: &State, event: &Event) -> Vec<OutgoingMessage> {
    let Event::Payment { payment, entry } = event else {
        return Vec::new();
    };
    if entry.amount.is_zero() || state.domain.payment(*payment).approved.is_none() {
        return Vec::new();
    }
    let body: Value = json!({"amount": entry.amount.minor_units()});
    vec![OutgoingMessage {
        payment: Some(*payment),
        body: Some(body),
        ..OutgoingMessage::new(&TOY_EVENT, "https://example.com/toy".into())
    }]
}
