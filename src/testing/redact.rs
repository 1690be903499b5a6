//! Names in place of values that no snapshot may hold, numbered so that equal values keep equal names.

use serde_json::Value;

/// The names given so far.
#[derive(Default)]
pub(super) struct Names(Vec<(String, String)>);

/// Members whose values are secrets or personal data, wherever they stand in a body.
const HIDDEN: [&str; 23] = [
    "access_token",
    "authtoken",
    "customertoken",
    "qrcode",
    "msisdn",
    "mobilenumber",
    "customerphonenumber",
    "token",
    "email",
    "firstname",
    "lastname",
    "userid",
    "ssn",
    "dateofbirth",
    "addressline1",
    "addressline2",
    "postcode",
    "zipcode",
    "city",
    "passengername",
    "birthdate",
    "nin",
    "sub",
];

impl Names {
    /// The name of a value of this kind, such as `[token 2]`.
    pub(super) fn name(&mut self, kind: &str, value: &str) -> String {
        let known = self.0.iter().filter(|(k, _)| k == kind);
        let number = if let Some(at) = known.clone().position(|(_, v)| v == value) {
            at + 1
        } else {
            let next = known.count() + 1;
            self.0.push((kind.to_owned(), value.to_owned()));
            next
        };
        format!("[{kind} {number}]")
    }

    /// The text with the value of a `token` query member replaced.
    pub(super) fn in_url(&mut self, text: &str) -> String {
        let Some(at) = text.find("token=") else {
            return text.to_owned();
        };
        let (head, rest) = text.split_at(at + "token=".len());
        let end = rest.find('&').unwrap_or(rest.len());
        let (token, tail) = rest.split_at(end);
        format!("{head}{}{tail}", self.name("token", token))
    }

    pub(super) fn in_json(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if HIDDEN.contains(&name.to_ascii_lowercase().as_str()) && !member.is_null() {
                        let text = member
                            .as_str()
                            .map_or_else(|| member.to_string(), str::to_owned);
                        *member = Value::String(self.name(name, &text));
                    } else {
                        self.in_json(member);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.in_json(item)),
            Value::String(text) => *text = self.in_url(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
