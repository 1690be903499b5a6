//! Express checkout: the customer brings the address and chooses a way of
//! shipping.

use serde_json::{Value, json};

use crate::simulator::person;

/// The app shows no more.
const SHOWN: usize = 10;
/// The longest texts of a method, in characters.
const LONGEST_NAME: usize = 256;
const LONGEST_ID: usize = 100;
/// The id of the customer's address; the merchant's answer repeats it.
const ADDRESS_ID: i64 = 3960;

/// How an express payment gets its shipping methods.
#[derive(Debug, Clone)]
pub(crate) enum Shipping {
    /// Given with the payment.
    Static(Vec<Method>),
    /// Asked for when the address is known: the prefix to ask at.
    Dynamic(String),
}

/// What only express payments have.
#[derive(Debug, Clone)]
pub(crate) struct Express {
    pub(crate) shipping: Shipping,
    pub(crate) consent_removal_prefix: String,
}

/// A way of shipping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) name: String,
    /// In kroner, a number.
    cost: Value,
    /// In øre.
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

/// Why a list of methods cannot be read: the place in the list, and the rule.
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

/// A cost as a number of kroner, and in øre. A quoted cost is accepted, but the details have a
/// number.
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

/// Kroner with decimals in øre, read from the digits and not through a float.
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

/// The method of that id, or else the one that the merchant prefers.
pub(crate) fn choose<'a>(methods: &'a [Method], wanted: Option<&str>) -> Option<&'a Method> {
    match wanted {
        Some(id) => methods.iter().find(|method| method.id == id),
        None => methods
            .iter()
            .find(|method| method.is_default)
            .or_else(|| methods.first()),
    }
}

/// The question for shipping methods.
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

/// The methods in a merchant's answer, which must repeat what it was asked for.
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
