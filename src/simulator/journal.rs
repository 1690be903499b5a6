//! What came in: every request, with its secrets and personal data hidden.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::engine::Engine;
use super::wire::{Body, Request, Response};

/// Older entries are dropped above this number; the counts go on.
const KEPT: usize = 20_000;
/// Answers are large, and looked at soon.
const ANSWERS_KEPT: usize = 1_000;
const HIDDEN: &str = "[redacted]";

/// The record of all requests, oldest first.
///
/// ```
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::start()?;
/// // ... the code under test runs ...
/// assert_eq!(sim.journal().count("capture_payment_using_post"), 0);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Journal(Arc<Engine>);

impl Journal {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// The requests so far, oldest first; at most the latest 20,000.
    pub fn entries(&self) -> Vec<Entry> {
        self.0
            .look(|world, _| world.records.entries.iter().cloned().collect())
    }

    /// How many requests were made for an operation, named as in
    /// [`Entry::operation`].
    pub fn count(&self, operation: &str) -> usize {
        self.0
            .look(|world, _| world.records.counts.get(operation).copied().unwrap_or(0))
    }

    /// Forgets everything, the counts too.
    pub fn clear(&self) {
        self.0.with(|world, _| {
            world.records.entries.clear();
            world.records.counts.clear();
        });
    }
}

/// One request and what became of it. Secrets and personal data are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    number: u64,
    time: Timestamp,
    operation: Option<&'static str>,
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Kept,
    status: Option<u16>,
    answer: Kept,
    answered: Option<Timestamp>,
    note: Option<String>,
}

impl Entry {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// When it arrived, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The operation's id in snake case, such as `capture_payment_using_post`;
    /// `qr_image` for a code's image, `landing_page` for a payment's page,
    /// `None` for a path that Vipps does not serve.
    pub fn operation(&self) -> Option<&str> {
        self.operation
    }

    /// The HTTP method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as sent, percent-encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query as sent, tokens hidden.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The headers in the order of their names, which are in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as compact JSON; `None` when there was none.
    pub fn body(&self) -> Option<&str> {
        self.body.shown()
    }

    /// The status that went back; `None` when no answer did.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The body that went back, as compact JSON: kept of the latest 1,000
    /// requests. `None` when there was none.
    pub fn answer(&self) -> Option<&str> {
        self.answer.shown()
    }

    /// How long the answer took, by the simulator's clock; `None` when there is
    /// none, or not yet.
    pub fn took(&self) -> Option<Duration> {
        let took = self.answered?.duration_since(self.time);
        Some(Duration::try_from(took).unwrap_or_default())
    }

    /// What was remarkable: the rule that the request broke, the fault that
    /// struck, a repeated idempotency key.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A body as it went over the wire. What it hides is hidden when somebody looks, which few do: it takes longer than all
/// else that the journal does. A large one is hidden at once, since what is left of it may be small.
#[derive(Clone, Default)]
struct Kept(Option<Arc<Sent>>);

struct Sent {
    raw: Bytes,
    shown: OnceLock<Option<String>>,
}

/// What is kept as it came, in bytes; the API's own bodies are smaller.
const LARGE: usize = 16 << 10;

impl Kept {
    fn json(raw: &Bytes) -> Self {
        if raw.len() > LARGE {
            return Self::shown_as(redacted_body(raw));
        }
        let sent = Sent {
            // A copy, since it may be a small part of what a socket was read into.
            raw: Bytes::copy_from_slice(raw),
            shown: OnceLock::new(),
        };
        Self((!raw.is_empty()).then(|| Arc::new(sent)))
    }

    fn shown_as(text: Option<String>) -> Self {
        Self(Some(Arc::new(Sent {
            raw: Bytes::new(),
            shown: text.into(),
        })))
    }

    fn answer(body: &Body) -> Self {
        match body {
            Body::Empty => Self::default(),
            Body::Json(value) => Self::json(&value.to_string().into()),
            Body::Raw("application/json" | "application/json;charset=UTF-8", bytes) => {
                Self::json(bytes)
            }
            Body::Raw(media_type, bytes) => {
                Self::shown_as(Some(format!("[{} bytes of {media_type}]", bytes.len())))
            }
        }
    }

    fn shown(&self) -> Option<&str> {
        let sent = self.0.as_ref()?;
        let shown = sent.shown.get_or_init(|| redacted_body(&sent.raw));
        shown.as_deref()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }
}

impl Eq for Kept {}

#[derive(Debug, Default)]
pub(crate) struct Records {
    entries: VecDeque<Entry>,
    counts: HashMap<&'static str, usize>,
    written: u64,
}

impl Records {
    /// So many entries at the most, newest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev().take(count)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Writes a request down; the number finds it again.
    pub(crate) fn arrived(
        &mut self,
        request: &Request,
        operation: Option<&'static str>,
        now: Timestamp,
    ) -> u64 {
        self.written += 1;
        if let Some(operation) = operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            number: self.written,
            time: now,
            operation,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.as_deref().map(redacted_query),
            headers: redacted_headers(request),
            body: Kept::json(&request.body),
            status: None,
            answer: Kept::default(),
            answered: None,
            note: None,
        });
        self.written
    }

    /// Notes what the answer is, whether any of it goes back, and when.
    pub(crate) fn answered(
        &mut self,
        number: u64,
        response: &Response,
        told: bool,
        when: Timestamp,
    ) {
        let entry = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number);
        if let Some(entry) = entry {
            entry.note.clone_from(&response.note);
            if told {
                entry.status = Some(response.status);
                entry.answer = Kept::answer(&response.body);
                entry.answered = Some(when);
            }
        }
        let old = self.entries.len().checked_sub(ANSWERS_KEPT + 1);
        if let Some(old) = old.and_then(|old| self.entries.get_mut(old)) {
            old.answer = Kept::default();
        }
    }
}

fn redacted_headers(request: &Request) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let shown = match (name.as_str(), value.to_str()) {
                ("authorization", Ok(value)) => match value.split_once(' ') {
                    Some((scheme @ "Bearer", _)) => format!("{scheme} {HIDDEN}"),
                    _ => HIDDEN.to_owned(),
                },
                ("client_id" | "client_secret" | "ocp-apim-subscription-key" | "cookie", _)
                | (_, Err(_)) => HIDDEN.to_owned(),
                (_, Ok(value)) => value.to_owned(),
            };
            (name.as_str().to_owned(), shown)
        })
        .collect();
    headers.sort();
    headers
}

fn redacted_query(query: &str) -> String {
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("token") => format!("{name}={HIDDEN}"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

fn redacted_body(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    Some(match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            hide(&mut value);
            value.to_string()
        }
        Err(_) => format!("[{} bytes that are not JSON]", body.len()),
    })
}

/// Hides the members that hold secrets or say who somebody is.
pub(crate) fn hide(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(members) => {
            for (name, member) in members {
                let text = member.as_str();
                if is_private(name) || text.is_some_and(holds_token) {
                    if !member.is_null() {
                        *member = Value::from(HIDDEN);
                    }
                } else {
                    hide(member);
                }
            }
        }
        _ => {}
    }
}

fn is_private(member: &str) -> bool {
    [
        "authToken",
        "token",
        "access_token",
        "client_id",
        "client_secret",
        "customerToken",
        "qrCode",
        "msisdn",
        "mobileNumber",
        "customerPhoneNumber",
        "passengerName",
        "firstName",
        "lastName",
        "email",
        "userId",
        "sub",
        "ssn",
        "dateOfBirth",
        "addressLine1",
        "addressLine2",
        "city",
        "postCode",
        "zipCode",
    ]
    .iter()
    .any(|private| private.eq_ignore_ascii_case(member))
}

fn holds_token(text: &str) -> bool {
    text.contains("token=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bodies_keep_their_shape_and_lose_their_secrets() {
        let body = json!({
            "customerInfo": {"mobileNumber": "91234567"},
            "merchantInfo": {"authToken": "canary", "merchantSerialNumber": "123456"},
            "url": "https://x/y?v=2&token=canary",
            "list": [{"customerToken": "canary"}],
            "sub": null,
        });
        let shown = redacted_body(body.to_string().as_bytes()).unwrap();
        assert!(
            !shown.contains("canary") && !shown.contains("91234567"),
            "{shown}"
        );
        assert!(
            shown.contains(r#""merchantSerialNumber":"123456""#),
            "{shown}"
        );
        assert!(shown.contains(r#""sub":null"#), "{shown}");
    }

    #[test]
    fn a_body_that_cannot_be_read_is_not_shown() {
        assert_eq!(
            redacted_body(b"secret=1").as_deref(),
            Some("[8 bytes that are not JSON]")
        );
        assert_eq!(redacted_body(b""), None);
    }

    /// Garbage of megabytes is not kept for its length.
    #[test]
    fn a_large_body_is_not_kept_as_it_came() {
        let kept = Kept::json(&vec![b'x'; LARGE + 1].into());
        assert!(kept.0.as_ref().is_some_and(|sent| sent.raw.is_empty()));
        assert_eq!(kept.shown(), Some("[16385 bytes that are not JSON]"));
    }

    #[test]
    fn nothing_that_is_written_down_shows_a_credential() {
        let mut headers = http::HeaderMap::new();
        for name in [
            "authorization",
            "client_id",
            "client_secret",
            "ocp-apim-subscription-key",
        ] {
            headers.insert(name, http::HeaderValue::from_static("Bearer canary"));
        }
        headers.insert("x-request-id", http::HeaderValue::from_static("key-1"));
        let request = Request {
            method: http::Method::GET,
            path: "/".into(),
            query: Some("v=2&token=canary".into()),
            headers,
            body: bytes::Bytes::from_static(br#"{"token":"canary"}"#),
        };
        let mut records = Records::default();
        let number = records.arrived(&request, None, Timestamp::UNIX_EPOCH);
        let answer = Response::json(200, json!({ "access_token": "canary" }));
        records.answered(number, &answer, true, Timestamp::UNIX_EPOCH);
        let shown = format!("{records:?}");
        assert!(shown.contains(r#"access_token\":\"[redacted]"#), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("key-1"));
    }
}
