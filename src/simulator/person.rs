//! The customer's personal data, in the format of each message.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::clock::later;
use super::order::Shares;

/// The time that personal data stays in the details: seven days.
const SHOWN_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// The delay of the Userinfo id (`sub`) after the approval.
const SUB_DELAY: Duration = Duration::from_secs(1);
/// The country code of Norway.
const NORWAY: &str = "47";
const EXPIRED: &str = "[Expired]";

/// A person with the app.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The country code and the number, without a plus.
    pub(crate) msisdn: String,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

impl Default for Person {
    fn default() -> Self {
        Self {
            msisdn: "4791234567".into(),
        }
    }
}

impl Person {
    /// Returns the user id (`userId`) in the details. The URL of a consent removal ends with it.
    pub(crate) fn user_id(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("user-{}", self.msisdn))
    }

    /// Parses a phone number as people write it. Spaces and punctuation are removed, `+` or `00`
    /// may stand before the country code, and eight digits alone are a Norwegian number. Returns
    /// `None` if the text contains anything else.
    pub(crate) fn of_number(number: &str) -> Option<Self> {
        let is_mark = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/');
        let number: String = number.chars().filter(|c| !is_mark(*c)).collect();
        let international = number
            .strip_prefix('+')
            .or_else(|| number.strip_prefix("00"));
        let msisdn = match international {
            Some(digits) => digits.to_owned(),
            None if number.len() == 8 => format!("{NORWAY}{number}"),
            None => number,
        };
        let is_number =
            (8..=15).contains(&msisdn.len()) && msisdn.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(Self { msisdn })
    }

    /// Parses a phone number like [`of_number`](Self::of_number). Returns `None` unless the number
    /// is Norwegian, because the eCom API serves no other customers.
    pub(crate) fn of_norwegian_number(number: &str) -> Option<Self> {
        let is_norwegian = |person: &Self| {
            let local = person.msisdn.strip_prefix(NORWAY);
            local.is_some_and(|local| local.len() == 8)
        };
        Self::of_number(number).filter(is_norwegian)
    }

    fn local_number(&self) -> &str {
        self.msisdn.strip_prefix(NORWAY).unwrap_or(&self.msisdn)
    }

    /// Returns the data that the payment shares, or `None` if it shares nothing.
    pub(crate) fn details(&self, shares: &Shares) -> Option<Value> {
        let allowed = |name: &str| match shares {
            Shares::Nothing => false,
            Shares::Scope(scope) => scope.iter().any(|scope| scope == name),
            Shares::Everything => true,
        };
        if *shares == Shares::Nothing {
            return None;
        }
        let mut shown = Map::new();
        if allowed("name") {
            shown.insert("firstName".into(), "Ada".into());
            shown.insert("lastName".into(), "Lovelace".into());
        }
        if allowed("email") {
            shown.insert("email".into(), "user@example.com".into());
        }
        if allowed("phoneNumber") {
            shown.insert("mobileNumber".into(), self.local_number().into());
        }
        // Express payments have a fixed set of members without this one.
        if *shares != Shares::Everything && allowed("birthDate") {
            shown.insert("dateOfBirth".into(), "1815-12-10".into());
        }
        shown.insert("userId".into(), self.user_id().into());
        Some(Value::Object(shown))
    }

    /// Returns the user's id in the Userinfo API: a UUID made from the number.
    pub(crate) fn sub(&self) -> String {
        format!("c06c4afe-d9e1-4c5d-939a-{:0>12}", self.msisdn)
    }
}

/// Returns the address in the format of `details`.
pub(crate) fn address() -> Value {
    json!({
        "addressLine1": "Dronning Eufemias gate 42",
        "addressLine2": "Att: Rune Garborg",
        "city": "OSLO",
        "country": "Norway",
        "postCode": "0191",
    })
}

/// Returns the same address in the format of the express callback.
pub(crate) fn callback_address() -> Value {
    json!({
        "addressLine1": "Dronning Eufemias gate 42",
        "addressLine2": "Att: Rune Garborg",
        "city": "OSLO",
        "country": "NO",
        "zipCode": "0191",
    })
}

/// Returns `true` while the data of a payment approved at `approved` is still shown.
pub(crate) fn is_shown(approved: Timestamp, now: Timestamp) -> bool {
    now < later(approved, SHOWN_FOR)
}

pub(crate) fn has_sub(approved: Timestamp, now: Timestamp) -> bool {
    now >= later(approved, SUB_DELAY)
}

/// Replaces every text by `[Expired]`, as Vipps does.
pub(crate) fn expire(value: &mut Value) {
    match value {
        Value::String(text) => EXPIRED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(expire),
        Value::Object(members) => members.values_mut().for_each(expire),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_shows_what_it_names() {
        let scope = Shares::Scope(vec!["name".to_owned()]);
        let shown = Person::default().details(&scope).unwrap();
        assert_eq!(shown["firstName"], "Ada");
        assert_eq!(shown.get("email"), None);
        let shown = Person::default().details(&Shares::Everything).unwrap();
        assert_eq!(shown["mobileNumber"], "91234567");
        assert_eq!(Person::default().details(&Shares::Nothing), None);
    }

    #[test]
    fn expired_data_keeps_its_shape() {
        let mut shown = address();
        expire(&mut shown);
        assert_eq!(shown["postCode"], "[Expired]");
        assert_eq!(shown.as_object().unwrap().len(), 5);
    }

    #[test]
    fn ids_have_the_documented_forms() {
        let person = Person::default();
        assert_eq!(person.sub().len(), 36);
        assert!(person.user_id().len() <= 50);
    }
}
