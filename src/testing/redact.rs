//! Names in place of values that no snapshot may hold, numbered so that equal values keep equal names.
//!
//! What is shown is listed, and everything else has a name: a member that a later version of the API brings is hidden
//! until somebody decides that it may be seen.

use serde_json::{Map, Value};

/// Members of bodies whose values are shown, in lower case: what the documents describe and what is neither a secret
/// nor about a person.
const MEMBERS: [&str; 29] = [
    "agencyinvoicenumber",
    "airlinecode",
    "airlinedesignatorcode",
    "amount",
    "callbackprefix",
    "category",
    "consentremovalprefix",
    "fallback",
    "id",
    "isapp",
    "isdefault",
    "locationdescription",
    "merchantserialnumber",
    "orderid",
    "paymenttype",
    "priority",
    "redirecturl",
    "requesteddata",
    "scope",
    "shippingcost",
    "shippingdetailsprefix",
    "shippingmethod",
    "shippingmethodid",
    "shouldreleaseremainingfunds",
    "skiplandingpage",
    "transactiontext",
    "ttl",
    "url",
    "useexplicitcheckoutflow",
];

/// Members of responses and of calls to the merchant whose values are shown too, in lower case.
const RESPONSE_MEMBERS: [&str; 45] = [
    "capturedamount",
    "contextid",
    "correlation_id",
    "detail",
    "error",
    "error_codes",
    "error_description",
    "error_uri",
    "errorcode",
    "errorgroup",
    "errormessage",
    "expires_in",
    "expires_on",
    "expiresin",
    "ext_expires_in",
    "extradetails.name",
    "initiatedat",
    "instance",
    "invalidparams.name",
    "merchantqrid",
    "message",
    "msn",
    "not_before",
    "operation",
    "operationsuccess",
    "paymentinstrument",
    "qrcontent",
    "qrimageurl",
    "reason",
    "refundedamount",
    "remainingamounttocapture",
    "remainingamounttorefund",
    "requestid",
    "resource",
    "responsecode",
    "responsemessage",
    "status",
    "statuscode",
    "timestamp",
    "title",
    "token_type",
    "trace_id",
    "transactionid",
    "type",
    "version",
];

/// Objects and lists whose members may be shown, in lower case. Below any other name everything is hidden.
const CONTAINERS: [&str; 14] = [
    "additionaldata",
    "body",
    "errorinfo",
    "extradetails",
    "invalidparams",
    "merchantinfo",
    "responseinfo",
    "result",
    "shippingdetails",
    "staticshippingdetails",
    "transaction",
    "transactioninfo",
    "transactionloghistory",
    "transactionsummary",
];

/// Headers whose values are shown, in lower case.
const HEADERS: [&str; 16] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "merchant-serial-number",
    "size",
    "transfer-encoding",
    "user-agent",
    "vipps-system-name",
    "vipps-system-plugin-name",
    "vipps-system-plugin-version",
    "vipps-system-version",
    "x-request-id",
];

/// The API's own query parameters, in lower case.
const PARAMETERS: [&str; 2] = ["qrimageformat", "qrimagesize"];

/// A value of so few characters gives nothing away.
const HARMLESS: usize = 3;
/// A secret or personal value of at least so many characters is looked for in all other texts too.
const TELLING: usize = 6;
/// A step of a path of at least so many letters and digits may be one that nobody shall guess.
const GUESSABLE: usize = 16;

/// What stands in place of a value where values need not be told apart.
#[cfg(feature = "simulator")]
const REDACTED: &str = "[redacted]";

/// The digits of the shortest phone number.
const PHONE_NUMBER: usize = 8;

/// The names given so far, and what may be shown besides the lists above.
#[derive(Default)]
pub(crate) struct Names {
    given: Vec<Given>,
    shown: Vec<String>,
    /// Stands in place of each value; otherwise values get names with numbers.
    uniform: Option<&'static str>,
}

struct Given {
    kind: String,
    value: String,
    is_secret: bool,
}

/// The redactor of the simulator's journal: no numbers, and nothing is kept of what is hidden.
#[cfg(feature = "simulator")]
impl Names {
    /// For a request.
    pub(crate) fn of_requests() -> Self {
        Self {
            uniform: Some(REDACTED),
            ..Self::default()
        }
    }

    /// For a response, or a call to the merchant.
    pub(crate) fn of_responses() -> Self {
        Self {
            shown: RESPONSE_MEMBERS.map(str::to_owned).to_vec(),
            ..Self::of_requests()
        }
    }

    /// The JSON with every value hidden that is not listed; `plain` are ids that the merchant gave.
    pub(crate) fn redact_json(&mut self, value: &mut Value, plain: &[String]) {
        self.hide_json(value);
        self.show_json(value, plain);
    }

    /// The value of a header.
    pub(crate) fn header(name: &str, value: &str) -> String {
        match value.split_once(' ') {
            Some((scheme @ "Bearer", _)) if name == "authorization" => {
                format!("{scheme} {REDACTED}")
            }
            _ if HEADERS.contains(&name) => value.to_owned(),
            _ => REDACTED.to_owned(),
        }
    }
}

impl Names {
    /// From now on the values of members and query parameters of this name are shown.
    pub(super) fn show(&mut self, name: &str) {
        self.shown.push(name.to_ascii_lowercase());
    }

    /// The name of a value of this kind, such as `[token 2]`.
    pub(super) fn name(&mut self, kind: &str, value: &str) -> String {
        self.give(kind, value, false)
    }

    /// As [`name`](Self::name), for a value that is hidden wherever else it turns up.
    pub(super) fn secret(&mut self, kind: &str, value: &str) -> String {
        self.give(kind, value, true)
    }

    fn give(&mut self, kind: &str, value: &str, is_secret: bool) -> String {
        if let Some(uniform) = self.uniform {
            return uniform.to_owned();
        }
        let mut number = 0;
        for given in self.given.iter_mut().filter(|given| given.kind == kind) {
            number += 1;
            if given.value == value {
                given.is_secret |= is_secret;
                return format!("[{kind} {number}]");
            }
        }
        self.given.push(Given {
            kind: kind.to_owned(),
            value: value.to_owned(),
            is_secret,
        });
        format!("[{kind} {}]", number + 1)
    }

    /// The text, with every secret in it that is known already replaced by its name.
    pub(super) fn scrub(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        let telling = |given: &&Given| given.is_secret && given.value.len() >= TELLING;
        let found: Vec<(String, String)> = self
            .given
            .iter()
            .filter(telling)
            .filter(|given| text.contains(&given.value))
            .map(|given| (given.kind.clone(), given.value.clone()))
            .collect();
        for (kind, value) in found {
            let name = self.secret(&kind, &value);
            text = text.replace(&value, &name);
        }
        text
    }

    /// One member of a query, `name=value`; `plain` are values that the request shows anyway.
    pub(crate) fn parameter(&mut self, member: &str, plain: &[String]) -> String {
        let Some((name, value)) = member.split_once('=') else {
            return self.harmless("query", member, plain);
        };
        let lower = name.to_ascii_lowercase();
        if PARAMETERS.contains(&lower.as_str()) || self.shown.contains(&lower) {
            return self.scrub(member);
        }
        if is_identifier(name) {
            format!("{name}={}", self.harmless(name, value, plain))
        } else {
            let name = self.secret("parameter", name);
            format!("{name}={}", self.harmless("value", value, plain))
        }
    }

    fn harmless(&mut self, kind: &str, value: &str, plain: &[String]) -> String {
        if value.chars().count() <= HARMLESS {
            value.to_owned()
        } else if plain.iter().any(|shown| shown == value) {
            self.scrub(value)
        } else {
            self.secret(kind, value)
        }
    }

    /// One step of a path.
    pub(crate) fn step(&mut self, step: &str, plain: &[String]) -> String {
        let has = |wanted: fn(&u8) -> bool| step.as_bytes().iter().any(wanted);
        let is_random =
            step.len() >= GUESSABLE && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        let may_be_phone_number =
            step.len() >= PHONE_NUMBER && step.bytes().all(|b| b.is_ascii_digit());
        let is_plain = plain.iter().any(|shown| shown == step);
        if (is_random || may_be_phone_number) && !is_plain {
            self.secret("path", step)
        } else {
            self.scrub(step)
        }
    }

    /// A URL without what it may carry along: a user, a query, a fragment, a path that nobody shall guess.
    pub(crate) fn url(&mut self, text: &str, plain: &[String]) -> String {
        // A landing page: whoever has the URL can pay, so that no part of it helps a reader.
        if let Some(uniform) = self.uniform.filter(|_| text.contains("token=")) {
            return uniform.to_owned();
        }
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (scheme, rest) = rest.split_once("://").unwrap_or_default();
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let host = match authority.rsplit_once('@') {
            Some((user, host)) => format!("{}@{host}", self.secret("user", user)),
            None => authority.to_owned(),
        };
        let mut shown = format!("{scheme}://{}", self.scrub(&host));
        let steps: Vec<String> = path.split('/').map(|step| self.step(step, plain)).collect();
        shown += &steps.join("/");
        if let Some(query) = query {
            let members: Vec<String> = query
                .split('&')
                .map(|member| self.parameter(member, plain))
                .collect();
            shown += "?";
            shown += &members.join("&");
        }
        if let Some(fragment) = fragment {
            shown += "#";
            shown += &self.harmless("fragment", fragment, plain);
        }
        shown
    }

    /// Hides what is not listed, member by member. What is shown is gone through once more by
    /// [`show_json`](Self::show_json), when all that is hidden is known.
    pub(super) fn hide_json(&mut self, value: &mut Value) {
        self.hide_below(("", "body"), true, value);
    }

    /// Hides what is below a member, given by the name of the object around it and its own name.
    /// `known` says whether all objects and lists around it are listed.
    fn hide_below(&mut self, (parent, name): (&str, &str), known: bool, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let known = known && CONTAINERS.contains(&name.to_ascii_lowercase().as_str());
                let before = std::mem::take(members);
                *members = before
                    .into_iter()
                    .map(|(member, mut value)| {
                        let shown = if is_identifier(&member) {
                            member
                        } else {
                            self.secret("member", &member)
                        };
                        self.hide_below((name, &shown), known, &mut value);
                        (shown, value)
                    })
                    .collect::<Map<_, _>>();
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.hide_below((parent, name), known, item)),
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                if !(known && self.shows(parent, name)) {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    *value = Value::String(self.secret(name, &text));
                }
            }
            Value::Null => {}
        }
    }

    /// Whether the values of a member may be seen.
    fn shows(&self, parent: &str, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let qualified = format!("{}.{name}", parent.to_ascii_lowercase());
        MEMBERS.contains(&name.as_str())
            || self.shown.contains(&name)
            || self.shown.contains(&qualified)
    }

    /// Goes through the texts that [`hide_json`](Self::hide_json) has left.
    pub(super) fn show_json(&mut self, value: &mut Value, plain: &[String]) {
        match value {
            Value::Object(members) => members
                .values_mut()
                .for_each(|member| self.show_json(member, plain)),
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.show_json(item, plain)),
            Value::String(text) if text.contains("://") => *text = self.url(text, plain),
            Value::String(text) => *text = self.scrub(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a name is one that a programmer chose; an address or a number is not.
fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.len() <= 64
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Members of requests that are secrets or about a person.
    const NAMED: [&str; 8] = [
        "authtoken",
        "customerphonenumber",
        "customertoken",
        "mobilenumber",
        "passengername",
        "qrcode",
        "ticketnumber",
        "token",
    ];

    /// Finds the names of all members that have a value of their own; tells whether there are members at all.
    fn leaves(root: &Value, schema: &Value, found: &mut BTreeSet<String>) -> bool {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => root.pointer(reference.trim_start_matches('#')),
            None => Some(schema),
        };
        let members = schema.and_then(|schema| schema["properties"].as_object());
        for (name, member) in members.into_iter().flatten() {
            if !leaves(root, member, found) && !leaves(root, &member["items"], found) {
                found.insert(name.to_ascii_lowercase());
            }
        }
        members.is_some()
    }

    /// A new document brings new members: each is shown or named because somebody decided so.
    #[test]
    fn every_member_of_every_request_is_decided() {
        let mut found = BTreeSet::new();
        for document in [
            include_str!(concat!(env!("OUT_DIR"), "/ecom.spec.json")),
            include_str!(concat!(env!("OUT_DIR"), "/qr.spec.json")),
        ] {
            let root: Value = serde_json::from_str(document).unwrap();
            let operations = root["paths"].as_object().unwrap().values();
            for operation in operations.filter_map(Value::as_object).flatten() {
                let content = operation.1["requestBody"]["content"].as_object();
                for (_, media) in content.into_iter().flatten() {
                    leaves(&root, &media["schema"], &mut found);
                }
            }
        }
        assert!(found.len() > 25, "{found:?}");
        let decided =
            |name: &String| MEMBERS.contains(&name.as_str()) != NAMED.contains(&name.as_str());
        let open: Vec<_> = found.iter().filter(|name| !decided(name)).collect();
        assert!(open.is_empty(), "{open:?}");
        let listed = MEMBERS.iter().chain(&NAMED).copied();
        let idle: Vec<_> = listed.filter(|name| !found.contains(*name)).collect();
        assert!(idle.is_empty(), "listed for nothing: {idle:?}");
    }

    #[test]
    fn equal_values_have_equal_names() {
        let mut names = Names::default();
        assert_eq!(names.name("key", "a"), "[key 1]");
        assert_eq!(names.name("key", "b"), "[key 2]");
        assert_eq!(names.name("other", "a"), "[other 1]");
        assert_eq!(names.name("key", "a"), "[key 1]");
    }

    #[test]
    fn urls_keep_their_shape() {
        let mut names = Names::default();
        let plain = ["order-1".to_owned()];
        for (url, shown) in [
            ("https://example.com", "https://example.com"),
            ("https://example.com/a/b/", "https://example.com/a/b/"),
            (
                "https://example.com/?v=2&token=eyJ0",
                "https://example.com/?v=2&token=[token 1]",
            ),
            ("vippsMT://?token=eyJ0&x", "vippsMT://?token=[token 1]&x"),
            (
                "https://me:word@example.com:8080/order-1?id=order-1",
                "https://[user 1]@example.com:8080/order-1?id=order-1",
            ),
            (
                "https://example.com/#state=1234",
                "https://example.com/#[fragment 1]",
            ),
            (
                "https://example.com/?91234567=yes&a%20b=1234",
                "https://example.com/?[parameter 1]=yes&[parameter 2]=[value 1]",
            ),
        ] {
            assert_eq!(names.url(url, &plain), shown);
        }
    }
}
