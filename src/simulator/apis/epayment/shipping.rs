//! The shipping options of Express payments: their form in requests, and the request to the
//! merchant for them, `POST {shipping.dynamicOptions.callbackUrl}`.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::create::{invalid, missing, refuse};
use super::error_codes;
use crate::simulator::domain::profile::ADDRESS;
use crate::simulator::domain::shipping::{ShippingMethod, ShippingSource};
use crate::simulator::domain::{Event, Payment};
use crate::simulator::gateway::{Call, Failure, Message, OutgoingMessage, State, is_public_https};
use crate::types::{Amount, Currency};

/// The ports of a URL that the API calls.
const PORTS: [u16; 3] = [80, 443, 8080];

pub(super) static SHIPPING_OPTIONS: Message = Message {
    id: "shipping_options",
    method: Method::POST,
    timeout: Duration::from_secs(10),
    is_retried: false,
    has_personal_path: false,
    receive: Some(receive),
};

/// Returns the source of the shipping options of an Express payment, or `None` for another payment.
pub(super) fn source(
    state: &mut State,
    call: &Call<'_>,
    amount: Amount,
) -> Result<Option<ShippingSource>, Failure> {
    let shipping = &call.body["shipping"];
    if shipping.is_null() {
        return Ok(None);
    }
    let fixed = &shipping["fixedOptions"];
    let url = shipping["dynamicOptions"]["callbackUrl"].as_str();
    match (url, fixed.is_null()) {
        (Some(_), false) => {
            let rule = "must not be set together with fixedOptions";
            Err(invalid(state, "shipping.dynamicOptions", rule))
        }
        (None, true) => {
            let member = "shipping.dynamicOptions.callbackUrl";
            Err(missing(state, member, " without fixedOptions"))
        }
        (Some(url), true) if !is_callable(url) => Err(refuse(state, error_codes::INVALID_URL)),
        (Some(url), true) => Ok(Some(ShippingSource::Merchant {
            url: url.to_owned(),
        })),
        (None, false) => match methods(fixed, amount.currency()) {
            Ok(methods) => Ok(Some(ShippingSource::Fixed(methods))),
            Err(rule) => Err(invalid(state, "shipping.fixedOptions", &rule)),
        },
    }
}

fn is_callable(url: &str) -> bool {
    let port = url::Url::parse(url)
        .ok()
        .and_then(|url| url.port_or_known_default());
    is_public_https(url) && port.is_some_and(|port| PORTS.contains(&port))
}

/// Reads the options of all groups, in the order in which the app shows them. An error is the rule
/// that the groups break.
fn methods(groups: &Value, currency: Currency) -> Result<Vec<ShippingMethod>, String> {
    let list = |value: &Value, name: &str| {
        let list = value.as_array().cloned();
        list.ok_or_else(|| format!("must have {name}"))
    };
    let priority = |value: &Value| value["priority"].as_i64().unwrap_or(i64::MAX);
    let is_default = |value: &Value| value["isDefault"] == json!(true);
    let mut groups = list(groups, "groups")?;
    groups.sort_by_key(priority);
    let mut methods = Vec::new();
    for group in &groups {
        let mut options = list(&group["options"], "options in each group")?;
        options.sort_by_key(priority);
        for option in &options {
            let text = |name: &str| {
                let text = option[name].as_str().map(str::to_owned);
                text.ok_or_else(|| format!("must have a text `{name}` in each option"))
            };
            let cost = &option["amount"];
            if cost["currency"] != currency.as_str() {
                return Err(format!("must have amounts in {currency}"));
            }
            let minor_units = cost["value"].as_i64().filter(|value| *value >= 0);
            let minor_units = minor_units.ok_or("must have amounts in minor units")?;
            methods.push(ShippingMethod {
                id: text("id")?,
                name: text("name")?,
                cost: Amount::minor(minor_units, currency),
                is_default: is_default(group) && is_default(option),
                priority: methods.len().try_into().unwrap_or(i64::MAX),
            });
        }
    }
    if methods.is_empty() {
        return Err("must have an option".into());
    }
    Ok(methods)
}

/// Returns the request for the shipping options of a payment of this API. All members but the
/// reference begin with an upper-case letter.
pub(super) fn notify(state: &State, event: &Event) -> Vec<OutgoingMessage> {
    let Event::ShippingRequested { payment } = event else {
        return Vec::new();
    };
    let shown = state.domain.payment(*payment);
    let request = request(shown).filter(|_| shown.api == super::NAME);
    let request = request.map(|request| OutgoingMessage {
        payment: Some(*payment),
        reference: Some(shown.reference.clone()),
        ..request
    });
    request.into_iter().collect()
}

fn request(payment: &Payment) -> Option<OutgoingMessage> {
    let Some(ShippingSource::Merchant { url }) = &payment.options.shipping else {
        return None;
    };
    let body = json!({
        "reference": payment.reference,
        "AddressLine1": ADDRESS.line_1,
        "AddressLine2": ADDRESS.line_2,
        "City": ADDRESS.city,
        "PostCode": ADDRESS.post_code,
        "Country": "NO",
    });
    Some(OutgoingMessage {
        authorization: payment.options.merchant.authorization.clone(),
        body: Some(body),
        ..OutgoingMessage::new(&SHIPPING_OPTIONS, url.clone())
    })
}

/// Continues an approval with the merchant's response.
fn receive(
    state: &mut State,
    outgoing: &OutgoingMessage,
    response: Result<Value, String>,
    now: Timestamp,
) -> Result<(), String> {
    let payment = outgoing.payment.ok_or("the request names no payment")?;
    let currency = state.domain.payment(payment).amount.currency();
    let methods = response.and_then(|response| {
        methods(&response["groups"], currency).map_err(|rule| format!("groups: {rule}"))
    });
    let received = state.domain.receive_shipping(payment, methods, now);
    state.notify();
    received
}
