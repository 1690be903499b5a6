//! Express checkout: the app supplies the address, and the customer chooses a shipping method.

use serde_json::{Value, json};

use crate::simulator::person;

/// The number of shipping methods that the app shows.
const SHOWN: usize = 10;
/// The longest texts of a method, in characters.
const LONGEST_NAME: usize = 256;
const LONGEST_ID: usize = 100;
/// The id of the customer's address. The merchant's response must repeat it.
const ADDRESS_ID: i64 = 3960;

/// The source of an express payment's shipping methods.
#[derive(Debug, Clone)]
pub(crate) enum Shipping {
    /// The methods that the merchant sent with the payment.
    Static(Vec<Method>),
    /// The prefix of the URL that returns the methods once the address is known.
    Dynamic(String),
}

/// The settings that only express payments have.
#[derive(Debug, Clone)]
pub(crate) struct Express {
    pub(crate) shipping: Shipping,
    pub(crate) consent_removal_prefix: String,
}

/// A shipping method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The cost in kroner, as a JSON number.
    cost: Value,
    /// The cost in øre.
    pub(crate) ore: i64,
    is_default: bool,
    priority: i64,
}

impl Method {
    /// The shipping part of a callback or of the details.
    pub(crate) fn details(&self, address: &Value) -> Value {
        json!({
            "address": address,
            "shippingCost": self.cost,
            "shippingMethod": self.name,
            "shippingMethodId": self.id,
        })
    }
}

/// An error in a list of methods: the place in the list and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) place: String,
    pub(crate) rule: &'static str,
}

/// Reads a list of methods, in the order in which the app shows them.
pub(crate) fn methods(list: &Value) -> Result<Vec<Method>, Unreadable> {
    let mut methods = Vec::new();
    for (index, value) in list.as_array().into_iter().flatten().enumerate() {
        methods.push(method(value).map_err(|(member, rule)| Unreadable {
            place: format!("{index}.{member}"),
            rule,
        })?);
    }
    methods.sort_by_key(|method| method.priority);
    methods.truncate(SHOWN);
    Ok(methods)
}

/// Reads one method; an error names the member and the rule that it breaks.
fn method(value: &Value) -> Result<Method, (&'static str, &'static str)> {
    let text = |member: &'static str, longest: usize, rule: &'static str| {
        let text = value[member].as_str().ok_or((member, "must be text"))?;
        if text.chars().count() > longest {
            return Err((member, rule));
        }
        Ok(text.to_owned())
    };
    let rule = "must be an amount in kroner with at most two decimals";
    let (cost, ore) = cost(&value["shippingCost"]).ok_or(("shippingCost", rule))?;
    Ok(Method {
        id: text(
            "shippingMethodId",
            LONGEST_ID,
            "must have at most 100 characters",
        )?,
        name: text(
            "shippingMethod",
            LONGEST_NAME,
            "must have at most 256 characters",
        )?,
        ore,
        cost,
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

/// Returns the cost as a number of kroner and in øre. A cost in quotes is accepted, but the details
/// show a number.
fn cost(given: &Value) -> Option<(Value, i64)> {
    let ore = ore(given)?;
    let cost = match given {
        Value::String(_) if ore % 100 == 0 => Value::from(ore / 100),
        Value::String(_) => {
            serde_json::from_str(&format!("{}.{:02}", ore / 100, ore % 100)).ok()?
        }
        number => number.clone(),
    };
    Some((cost, ore))
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

/// Returns the method with the id `wanted`. Without an id, returns the merchant's default or else
/// the first method.
pub(crate) fn choose<'a>(methods: &'a [Method], wanted: Option<&str>) -> Option<&'a Method> {
    match wanted {
        Some(id) => methods.iter().find(|method| method.id == id),
        None => methods
            .iter()
            .find(|method| method.is_default)
            .or_else(|| methods.first()),
    }
}

/// The body of the request for shipping methods.
pub(crate) fn question() -> Value {
    let address = person::address();
    json!({
        "addressId": ADDRESS_ID,
        "addressLine1": address["addressLine1"],
        "addressLine2": Value::Null,
        "country": address["country"],
        "city": address["city"],
        "postCode": address["postCode"],
        "addressType": "H",
    })
}

/// Reads the methods in the merchant's response, which must repeat the ids of the address and the
/// order.
pub(crate) fn answered(answer: &Value, order_id: &str) -> Result<Vec<Method>, String> {
    if answer["addressId"].as_i64() != Some(ADDRESS_ID) {
        return Err(format!("addressId is not {ADDRESS_ID}"));
    }
    if answer["orderId"].as_str() != Some(order_id) {
        return Err("orderId is not the order's".into());
    }
    let methods = methods(&answer["shippingDetails"])
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
    fn the_merchants_preference_comes_first() {
        let method = |id: &str, default: &str, priority: i64| {
            json!({"shippingMethodId": id, "shippingMethod": id, "shippingCost": 1,
                   "isDefault": default, "priority": priority})
        };
        let list = methods(&json!([
            method("b", "N", 2),
            method("c", "Y", 3),
            method("a", "N", 1)
        ]))
        .unwrap();
        assert_eq!(
            list.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(choose(&list, None).unwrap().id, "c");
        assert_eq!(choose(&list, Some("b")).unwrap().id, "b");
        assert_eq!(choose(&list, Some("x")), None);
        assert_eq!(choose(&list[..2], None).unwrap().id, "a");
    }

    #[test]
    fn an_answer_must_repeat_the_question() {
        let good = json!({"addressId": 3960, "orderId": "o", "shippingDetails": [
            {"isDefault": "Y", "shippingCost": 1, "shippingMethod": "m", "shippingMethodId": "i"}]});
        assert_eq!(answered(&good, "o").unwrap().len(), 1);
        assert!(answered(&good, "p").is_err());
        for (member, value) in [("addressId", json!(1)), ("shippingDetails", json!([]))] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(answered(&bad, "o").is_err(), "{member}");
        }
    }
}
