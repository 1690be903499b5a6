//! Redaction of secrets and personal data in recorded requests and in the simulator's journal.
//!
//! Only listed values are shown. All others are replaced by placeholders, so a member that a later
//! version of the API adds is hidden until it is listed. Placeholders of recorded requests are
//! numbered: equal values have equal placeholders.

mod lists;

use serde_json::{Map, Value};

use self::lists::{CONTAINERS, EVENT_NAMES, LANDING_PAGE, MEMBERS, PARAMETERS};
#[cfg(feature = "simulator")]
use self::lists::{HEADERS, RESPONSE_MEMBERS};

/// The maximum length of a value that is shown because it is too short to be a secret, in
/// characters.
const MAX_HARMLESS_CHARS: usize = 3;
/// The minimum length of a secret or personal value that is also replaced inside other texts, in
/// bytes.
const MIN_REPLACED_LEN: usize = 6;
/// The minimum length of a path segment of letters and digits that counts as a secret, in bytes.
const MIN_RANDOM_LEN: usize = 16;

/// The placeholder of all hidden values in the journal, where equal values need not be
/// recognizable.
#[cfg(feature = "simulator")]
const REDACTED: &str = "[redacted]";

/// The number of digits of the shortest phone number. Dates of birth and national ids have at least
/// as many.
const MIN_PERSONAL_DIGITS: usize = 8;

/// Hides the values that are not listed, and stores their placeholders.
#[derive(Default)]
pub(crate) struct Redactor {
    placeholders: Vec<Placeholder>,
    /// Further names whose values are shown, in lower case.
    shown: Vec<String>,
    /// The placeholder of every hidden value; `None` for numbered placeholders.
    fixed: Option<&'static str>,
}

struct Placeholder {
    kind: String,
    value: String,
    is_secret: bool,
}

/// The redactor of the simulator's journal, which has no numbered placeholders and stores no hidden
/// value.
#[cfg(feature = "simulator")]
impl Redactor {
    /// Creates a redactor of requests.
    pub(crate) fn of_requests() -> Self {
        Self {
            fixed: Some(REDACTED),
            ..Self::default()
        }
    }

    /// Creates a redactor of responses, callbacks and webhooks.
    pub(crate) fn of_responses() -> Self {
        Self {
            shown: RESPONSE_MEMBERS
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            ..Self::of_requests()
        }
    }

    /// Hides every value of the JSON that is not listed. `merchant_ids` are ids that the merchant
    /// chose.
    pub(crate) fn redact_json(&mut self, value: &mut Value, merchant_ids: &[String]) {
        self.hide_json(value);
        self.show_json(value, merchant_ids);
    }

    /// Returns the value of a header, or its placeholder.
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
    /// Shows the values of members and query parameters with this name from now on.
    pub(super) fn show(&mut self, name: &str) {
        self.shown.push(name.to_ascii_lowercase());
    }

    /// Returns the placeholder of a value of this kind, such as `[token 2]`.
    pub(super) fn placeholder(&mut self, kind: &str, value: &str) -> String {
        self.find_or_add(kind, value, false)
    }

    /// Returns the placeholder of a value that must also be hidden inside other texts.
    pub(super) fn secret(&mut self, kind: &str, value: &str) -> String {
        self.find_or_add(kind, value, true)
    }

    fn find_or_add(&mut self, kind: &str, value: &str, is_secret: bool) -> String {
        if let Some(fixed) = self.fixed {
            return fixed.to_owned();
        }
        let mut number = 0;
        for placeholder in self
            .placeholders
            .iter_mut()
            .filter(|placeholder| placeholder.kind == kind)
        {
            number += 1;
            if placeholder.value == value {
                placeholder.is_secret |= is_secret;
                return format!("[{kind} {number}]");
            }
        }
        self.placeholders.push(Placeholder {
            kind: kind.to_owned(),
            value: value.to_owned(),
            is_secret,
        });
        format!("[{kind} {}]", number + 1)
    }

    /// Replaces every known secret in the text by its placeholder.
    pub(super) fn replace_secrets(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        let is_hidden_in_texts = |placeholder: &&Placeholder| {
            placeholder.is_secret && placeholder.value.len() >= MIN_REPLACED_LEN
        };
        let contained: Vec<(String, String)> = self
            .placeholders
            .iter()
            .filter(is_hidden_in_texts)
            .filter(|placeholder| text.contains(&placeholder.value))
            .map(|placeholder| (placeholder.kind.clone(), placeholder.value.clone()))
            .collect();
        for (kind, value) in contained {
            let name = self.secret(&kind, &value);
            text = text.replace(&value, &name);
        }
        text
    }

    /// Redacts one member of a query, `name=value`. `merchant_ids` are ids that the merchant chose.
    pub(crate) fn parameter(&mut self, member: &str, merchant_ids: &[String]) -> String {
        let Some((name, value)) = member.split_once('=') else {
            return self.value("query", member, merchant_ids);
        };
        let lower = name.to_ascii_lowercase();
        if PARAMETERS.contains(&lower.as_str()) || self.shown.contains(&lower) {
            return self.replace_secrets(member);
        }
        if is_identifier(name) {
            format!("{name}={}", self.value(name, value, merchant_ids))
        } else {
            let name = self.secret("parameter", name);
            format!("{name}={}", self.value("value", value, merchant_ids))
        }
    }

    fn value(&mut self, kind: &str, value: &str, merchant_ids: &[String]) -> String {
        if value.chars().count() <= MAX_HARMLESS_CHARS {
            value.to_owned()
        } else if merchant_ids.iter().any(|shown| shown == value) {
            self.replace_secrets(value)
        } else {
            self.secret(kind, value)
        }
    }

    /// Redacts one segment of a path. The `merchant_ids`, and words without an address or a
    /// personal number, are shown.
    pub(crate) fn segment(&mut self, segment: &str, merchant_ids: &[String]) -> String {
        if is_word(segment) || merchant_ids.iter().any(|shown| shown == segment) {
            self.replace_secrets(segment)
        } else {
            self.secret("path", segment)
        }
    }

    /// Redacts a URL: its user, query, fragment, and path segments that may be secret.
    pub(crate) fn url(&mut self, text: &str, merchant_ids: &[String]) -> String {
        // A landing page is hidden completely: no part of it helps a reader of the journal.
        if let Some(fixed) = self.fixed.filter(|_| text.contains("token=")) {
            return fixed.to_owned();
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
        let mut shown = format!("{scheme}://{}", self.replace_secrets(&host));
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| self.segment(segment, merchant_ids))
            .collect();
        shown += &segments.join("/");
        if let Some(query) = query {
            let members: Vec<String> = query
                .split('&')
                .map(|member| self.parameter(member, merchant_ids))
                .collect();
            shown += "?";
            shown += &members.join("&");
        }
        if let Some(fragment) = fragment {
            shown += "#";
            shown += &self.value("fragment", fragment, merchant_ids);
        }
        shown
    }

    /// Hides the members that are not listed. Then [`show_json`](Self::show_json) removes the
    /// collected secrets from the members that are shown.
    pub(super) fn hide_json(&mut self, value: &mut Value) {
        self.hide_below(("", "body"), true, value);
    }

    /// Hides the values below a member, given by the name of its parent object and its own name.
    /// `known` is `true` if all objects and lists around it are listed.
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
                if !(known && (self.shows(parent, name) || is_event_name(name, value))) {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    *value = Value::String(self.secret(name, &text));
                }
            }
            Value::Null => {}
        }
    }

    /// Returns `true` if the values of a member are shown.
    fn shows(&self, parent: &str, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let qualified = format!("{}.{name}", parent.to_ascii_lowercase());
        // Snapshots show the shape of a landing page, with its query hidden.
        let is_landing_page = name == LANDING_PAGE && self.fixed.is_none();
        is_landing_page
            || MEMBERS.contains(&name.as_str())
            || self.shown.contains(&name)
            || self.shown.contains(&qualified)
    }

    /// Redacts URLs and known secrets in the texts that [`hide_json`](Self::hide_json) has not
    /// hidden.
    pub(super) fn show_json(&mut self, value: &mut Value, merchant_ids: &[String]) {
        match value {
            Value::Object(members) => members
                .values_mut()
                .for_each(|member| self.show_json(member, merchant_ids)),
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.show_json(item, merchant_ids)),
            Value::String(text) if text.contains("://") => *text = self.url(text, merchant_ids),
            Value::String(text) => *text = self.replace_secrets(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Returns `true` if a path segment is a word, such as `payments` or `v2`: not an address, a
/// personal number or random text.
fn is_word(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_random = segment.len() >= MIN_RANDOM_LEN
        && digits > 0
        && segment.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    segment.bytes().all(is_unreserved) && digits < MIN_PERSONAL_DIGITS && !is_random
}

/// Returns `true` if a member is the name of a payment event.
fn is_event_name(name: &str, value: &Value) -> bool {
    name == "name"
        && value
            .as_str()
            .is_some_and(|text| EVENT_NAMES.contains(&text))
}

/// Returns `true` if a name looks like an identifier; an address or a number does not.
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
    fn equal_values_have_equal_placeholders() {
        let mut redactor = Redactor::default();
        assert_eq!(redactor.placeholder("key", "a"), "[key 1]");
        assert_eq!(redactor.placeholder("key", "b"), "[key 2]");
        assert_eq!(redactor.placeholder("other", "a"), "[other 1]");
        assert_eq!(redactor.placeholder("key", "a"), "[key 1]");
    }

    #[test]
    fn redacted_urls_keep_their_structure() {
        let mut redactor = Redactor::default();
        let merchant_ids = ["order-1".to_owned()];
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
            assert_eq!(redactor.url(url, &merchant_ids), shown);
        }
    }
}
