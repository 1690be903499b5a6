//! The shipping methods of express payments: their form in requests and responses, and the request
//! to the merchant for them, `POST {shippingDetailsPrefix}/v2/payments/{orderId}/shippingDetails`.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::domain::Payment;
use crate::simulator::domain::profile::ADDRESS;
use crate::simulator::domain::shipping::{self, ShippingMethod, ShippingSource};
use crate::simulator::gateway::{Message, OutgoingMessage, State};
use crate::types::{Amount, Currency};

/// The longest texts of a method, in characters.
const LONGEST_NAME: usize = 256;
const LONGEST_ID: usize = 100;
/// The id of the customer's address. The merchant's response must repeat it.
const ADDRESS_ID: i64 = 3960;

pub(super) static SHIPPING_DETAILS: Message = Message {
    id: "shipping_details",
    method: Method::POST,
    timeout: Duration::from_secs(10),
    is_retried: false,
    has_personal_path: false,
    receive: Some(receive),
};

/// Returns the shipping part of a callback or of the details.
pub(super) fn details(method: &ShippingMethod, address: &Value) -> Value {
    json!({
        "address": address,
        "shippingCost": kroner(method.cost),
        "shippingMethod": method.name,
        "shippingMethodId": method.id,
    })
}

/// Returns the customer's address in the form of `details`.
pub(super) fn address() -> Value {
    json!({
        "addressLine1": ADDRESS.line_1,
        "addressLine2": ADDRESS.line_2,
        "city": ADDRESS.city,
        "country": "Norway",
        "postCode": ADDRESS.post_code,
    })
}

/// Returns the customer's address in the form of the express callback.
pub(super) fn callback_address() -> Value {
    json!({
        "addressLine1": ADDRESS.line_1,
        "addressLine2": ADDRESS.line_2,
        "city": ADDRESS.city,
        "country": "NO",
        "zipCode": ADDRESS.post_code,
    })
}

/// Returns an amount as a number of kroner. Two decimals of an amount below 2^53 øre are exact.
#[allow(clippy::cast_precision_loss)]
fn kroner(amount: Amount) -> Value {
    let ore = amount.minor_units();
    if ore % 100 == 0 {
        Value::from(ore / 100)
    } else {
        Value::from(ore as f64 / 100.0)
    }
}

/// An error in a list of methods: the place in the list and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) place: String,
    pub(super) rule: &'static str,
}

/// Reads a list of methods, in the order in which the app shows them.
pub(super) fn methods(list: &Value) -> Result<Vec<ShippingMethod>, Unreadable> {
    let mut methods = Vec::new();
    for (index, value) in list.as_array().into_iter().flatten().enumerate() {
        methods.push(method(value).map_err(|(member, rule)| Unreadable {
            place: format!("{index}.{member}"),
            rule,
        })?);
    }
    Ok(shipping::shown(methods))
}

/// Reads one method; an error names the member and the rule that it breaks.
fn method(value: &Value) -> Result<ShippingMethod, (&'static str, &'static str)> {
    let text = |member: &'static str, longest: usize, rule: &'static str| {
        let text = value[member].as_str().ok_or((member, "must be text"))?;
        if text.chars().count() > longest {
            return Err((member, rule));
        }
        Ok(text.to_owned())
    };
    let rule = "must be an amount in kroner with at most two decimals";
    let ore = ore(&value["shippingCost"]).ok_or(("shippingCost", rule))?;
    let rule = "must have at most 100 characters";
    let id = text("shippingMethodId", LONGEST_ID, rule)?;
    let rule = "must have at most 256 characters";
    let name = text("shippingMethod", LONGEST_NAME, rule)?;
    Ok(ShippingMethod {
        id,
        name,
        cost: Amount::minor(ore, Currency::NOK),
        is_default: match value["isDefault"].as_str() {
            Some("Y") => true,
            Some("N") => false,
            _ => return Err(("isDefault", "must be Y or N")),
        },
        priority: match &value["priority"] {
            Value::Null => 0,
            priority => priority
                .as_i64()
                .ok_or(("priority", "must be a whole number"))?,
        },
    })
}

/// Converts kroner with decimals to øre. It reads the digits, because a float would round.
fn ore(cost: &Value) -> Option<i64> {
    let text = match cost {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let (kroner, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = format!("{decimals:0<2}");
    let (two, rest) = decimals.split_at_checked(2)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if kroner.is_empty() || !digits(kroner) || !digits(two) || rest.bytes().any(|b| b != b'0') {
        return None;
    }
    let kroner: i64 = kroner.parse().ok()?;
    let two: i64 = two.parse().ok()?;
    kroner.checked_mul(100)?.checked_add(two)
}

/// Returns the request for the shipping methods.
pub(super) fn request(payment: &Payment) -> Option<OutgoingMessage> {
    let Some(ShippingSource::Merchant { url }) = &payment.options.shipping else {
        return None;
    };
    let url = format!("{url}/v2/payments/{}/shippingDetails", payment.reference);
    let body = json!({
        "addressId": ADDRESS_ID,
        "addressLine1": ADDRESS.line_1,
        "addressLine2": Value::Null,
        "country": "Norway",
        "city": ADDRESS.city,
        "postCode": ADDRESS.post_code,
        "addressType": "H",
    });
    Some(OutgoingMessage {
        authorization: payment.options.merchant.authorization.clone(),
        body: Some(body),
        ..OutgoingMessage::new(&SHIPPING_DETAILS, url)
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
    let order_id = &state.domain.payment(payment).reference;
    let methods = response.and_then(|response| received(&response, order_id));
    let received = state.domain.receive_shipping(payment, methods, now);
    state.notify();
    received
}

/// Reads the methods in the merchant's response, which must repeat the ids of the address and the
/// order.
fn received(response: &Value, order_id: &str) -> Result<Vec<ShippingMethod>, String> {
    if response["addressId"].as_i64() != Some(ADDRESS_ID) {
        return Err(format!("addressId is not {ADDRESS_ID}"));
    }
    if response["orderId"].as_str() != Some(order_id) {
        return Err("orderId is not the order's".into());
    }
    let methods = methods(&response["shippingDetails"])
        .map_err(|error| format!("shippingDetails.{}: {}", error.place, error.rule))?;
    if methods.is_empty() {
        return Err("no shipping methods found".into());
    }
    Ok(methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kroner_become_ore_without_a_float() {
        let cases = [
            (json!(99), 9_900),
            (json!(99.9), 9_990),
            (json!(0.29), 29),
            (json!(1_000.01), 100_001),
            (json!("49.50"), 4_950),
            (json!(0), 0),
        ];
        for (cost, expected) in cases {
            assert_eq!(ore(&cost), Some(expected), "{cost}");
        }
        for cost in [
            json!(-1),
            json!(0.001),
            json!("x"),
            json!(null),
            json!(1e30),
        ] {
            assert_eq!(ore(&cost), None, "{cost}");
        }
    }

    #[test]
    fn response_must_repeat_the_ids_of_the_request() {
        let valid = json!({"addressId": 3960, "orderId": "o", "shippingDetails": [
            {"isDefault": "Y", "shippingCost": 1, "shippingMethod": "m", "shippingMethodId": "i"}]});
        assert_eq!(received(&valid, "o").unwrap().len(), 1);
        assert!(received(&valid, "p").is_err());
        for (member, value) in [("addressId", json!(1)), ("shippingDetails", json!([]))] {
            let mut invalid = valid.clone();
            invalid[member] = value;
            assert!(received(&invalid, "o").is_err(), "{member}");
        }
    }
}
