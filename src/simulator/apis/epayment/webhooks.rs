//! The webhooks about payments, for payments that this API created.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::details::{capture_guaranteed_until, shipping_details, user_details};
use super::{NAME, events};
use crate::simulator::domain::{Event, Payment, PaymentEvent, PaymentId};
use crate::simulator::gateway::{Message, OutgoingMessage, State};

pub(super) static PAYMENT_EVENT: Message = Message {
    id: "payment_event",
    method: Method::POST,
    timeout: Duration::from_secs(10),
    is_retried: true,
    has_personal_path: false,
    receive: None,
};

/// Returns the messages to the registrations for an event of a payment.
pub(super) fn notify(state: &State, event: &Event) -> Vec<OutgoingMessage> {
    let Event::Payment { payment: id, entry } = event else {
        return Vec::new();
    };
    let payment = state.domain.payment(*id);
    if payment.api != NAME {
        return Vec::new();
    }
    let names = events::names(entry).iter();
    names
        .flat_map(|name| messages(state, *id, payment, entry, name))
        .collect()
}

fn messages(
    state: &State,
    id: PaymentId,
    payment: &Payment,
    event: &PaymentEvent,
    name: &str,
) -> Vec<OutgoingMessage> {
    let event_type = format!("epayments.payment.{}.v1", name.to_lowercase());
    let webhooks = &state.domain.webhooks;
    let registrations = webhooks.for_event(&payment.sales_unit, &event_type);
    registrations
        .map(|registration| OutgoingMessage {
            payment: Some(id),
            reference: Some(payment.reference.clone()),
            signed_by: Some(registration.clone()),
            body: Some(body(payment, event, name)),
            ..OutgoingMessage::new(&PAYMENT_EVENT, registration.url.clone())
        })
        .collect()
}

/// Returns the event as the event log shows it, with the sales unit. An approval also has the data
/// of the customer that the payment shares.
fn body(payment: &Payment, event: &PaymentEvent, name: &str) -> Value {
    let mut body = events::shown(payment, event, name);
    body["msn"] = payment.sales_unit.as_str().into();
    if let (true, Some(customer)) = (name == "AUTHORIZED" && event.success, &payment.customer) {
        body["captureGuaranteedUntil"] = capture_guaranteed_until(event.time).into();
        if !payment.options.data_scope.is_empty() {
            body["sub"] = customer.subject(&payment.sales_unit).into();
            body["userDetails"] = user_details(payment, customer);
        }
        if let Some(method) = &payment.shipping {
            body["shippingDetails"] = shipping_details(method);
        }
    }
    body
}
