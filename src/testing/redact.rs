//! Redactor in place of values that no snapshot may hold, numbered so that equal values keep equal names.
//!
//! What is shown is listed, and everything else has a name: a member that a later version of the API brings is hidden
//! until somebody decides that it may be seen.

mod lists;

use serde_json::{Map, Value};

use self::lists::{CONTAINERS, LANDING_PAGE, MEMBERS, PARAMETERS};
#[cfg(feature = "simulator")]
use self::lists::{HEADERS, RESPONSE_MEMBERS};

/// A value of so few characters gives nothing away.
const HARMLESS: usize = 3;
/// A secret or personal value of at least so many characters is looked for in all other texts too.
const TELLING: usize = 6;
/// A path segment of at least this many letters and digits may be a secret.
const GUESSABLE: usize = 16;

/// Replaces hidden values in the journal, where equal values need not be recognised.
#[cfg(feature = "simulator")]
const REDACTED: &str = "[redacted]";

/// The digits of the shortest phone number. Dates of birth and national ids have no fewer.
const PHONE_NUMBER: usize = 8;

/// Hides the values that are not listed, and keeps the names given so far.
#[derive(Default)]
pub(crate) struct Redactor {
    given: Vec<Given>,
    /// Names whose values are shown besides the lists, in lower case.
    shown: Vec<String>,
    /// Replaces every hidden value. `None`: hidden values get numbered names.
    uniform: Option<&'static str>,
}

struct Given {
    kind: String,
    value: String,
    is_secret: bool,
}

/// The redactor of the simulator's journal: no numbered names, and no hidden value is kept.
#[cfg(feature = "simulator")]
impl Redactor {
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
            shown: RESPONSE_MEMBERS
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
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

impl Redactor {
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

    /// One step of a path. Shown are the values of `plain`, and words that hold neither an address nor
    /// a number of a person.
    pub(crate) fn step(&mut self, step: &str, plain: &[String]) -> String {
        if is_word(step) || plain.iter().any(|shown| shown == step) {
            self.scrub(step)
        } else {
            self.secret("path", step)
        }
    }

    /// A URL without what it may carry along: a user, a query, a fragment, a path that nobody shall guess.
    pub(crate) fn url(&mut self, text: &str, plain: &[String]) -> String {
        // A landing page, wherever it is: no part of it helps a reader of the journal.
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
        // Of a landing page, snapshots show the shape; its query is hidden all the same.
        let is_shape = name == LANDING_PAGE && self.uniform.is_none();
        is_shape
            || MEMBERS.contains(&name.as_str())
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

/// Whether a path segment is a word, such as `payments` or `v2`: no address, no number of a person and no
/// random text.
fn is_word(step: &str) -> bool {
    let digits = step.bytes().filter(u8::is_ascii_digit).count();
    let is_random = step.len() >= GUESSABLE
        && digits > 0
        && step.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    step.bytes().all(is_plain) && digits < PHONE_NUMBER && !is_random
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
    use super::*;

    #[test]
    fn equal_values_have_equal_names() {
        let mut names = Redactor::default();
        assert_eq!(names.name("key", "a"), "[key 1]");
        assert_eq!(names.name("key", "b"), "[key 2]");
        assert_eq!(names.name("other", "a"), "[other 1]");
        assert_eq!(names.name("key", "a"), "[key 1]");
    }

    #[test]
    fn urls_keep_their_shape() {
        let mut names = Redactor::default();
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
