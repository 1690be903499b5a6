//! The record of all requests, with secrets and personal data hidden.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::simulator::gateway::{Request, Response};
use crate::simulator::redaction::{RecordedBody, redacted_headers, redacted_path, redacted_query};

/// The number of entries that are stored. Older entries are removed, but still counted.
const STORED: usize = 20_000;
/// The number of response bodies that are stored. Responses are large, and tests read them soon.
const RESPONSES_STORED: usize = 1_000;

/// A request and its response. Values that are not known to be harmless are hidden.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use vipps::Amount;
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// sim.client().epayment().create("order-1001".parse()?, Amount::nok(499)).qr().await?;
///
/// let entries = sim.journal().entries();
/// let create = entries.last().ok_or("no request")?;
/// assert_eq!((create.operation(), create.status()), (Some("create_payment"), Some(201)));
/// assert!(create.header("idempotency-key").is_some());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    number: u64,
    time: Timestamp,
    operation: Option<&'static str>,
    reference: Option<String>,
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: RecordedBody,
    status: Option<u16>,
    error_code: Option<String>,
    response: RecordedBody,
    responded: Option<Timestamp>,
    is_complete: bool,
    note: Option<String>,
}

impl Entry {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the reference of the payment that the request names in its path or its body.
    pub(crate) fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Returns `true` once the request took effect, or a fault prevented that.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns the time of arrival, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Returns the operation's id in snake case, such as `capture_payment_using_post`; `qr_image`
    /// for a code's image, `landing_page` for a payment's page, or `None` if the simulator serves
    /// no such path or method.
    pub fn operation(&self) -> Option<&str> {
        self.operation
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path as sent, percent-encoded. Parts that may be the id of a person are hidden:
    /// the `sub` of a userinfo request, and those of a path that belongs to no operation.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the query as sent. The values of parameters that the API does not have are hidden.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Returns the headers, sorted by name. Names are in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Returns the first header with this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the body as compact JSON, or `None` if it was empty. A body that is not JSON is
    /// replaced by its length.
    pub fn body(&self) -> Option<&str> {
        self.body.shown()
    }

    /// Returns the status of the response, or `None` if no status was sent.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the API's error code in the response, such as `61` of eCom or `6090` of ePayment, or
    /// `None` if the response has none.
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref()
    }

    /// Returns the body of the response as compact JSON, or `None` if it was empty. Only the latest
    /// 1,000 requests have it.
    pub fn response(&self) -> Option<&str> {
        self.response.shown()
    }

    /// Returns the time from the request to the response, by the simulator's clock, or `None` if no
    /// response was sent.
    pub fn duration(&self) -> Option<Duration> {
        let duration = self.responded?.duration_since(self.time);
        Some(Duration::try_from(duration).unwrap_or_default())
    }

    /// Returns a remark about the request: the rule that it broke, the fault that was applied, or a
    /// repeated idempotency key.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Records {
    entries: VecDeque<Entry>,
    counts: HashMap<&'static str, usize>,
    written: u64,
}

impl Records {
    /// Returns all entries, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns the entries from this number on.
    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.partition_point(|entry| entry.number < number);
        self.entries.range(first..)
    }

    /// Returns the number of requests for an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.counts.get(operation).copied().unwrap_or(0)
    }

    /// Removes all entries and counts. Numbers continue, so no two entries ever have the same
    /// number.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.counts.clear();
    }

    /// Records a request. The returned number identifies it.
    pub(crate) fn arrived(
        &mut self,
        request: &Request,
        operation: Option<&'static str>,
        has_public_path: bool,
        reference: Option<String>,
        now: Timestamp,
    ) -> u64 {
        self.written += 1;
        if let Some(operation) = operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        if self.entries.len() >= STORED {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            number: self.written,
            time: now,
            operation,
            reference,
            method: request.method.to_string(),
            path: redacted_path(&request.path, has_public_path),
            query: request.query.as_deref().map(redacted_query),
            headers: redacted_headers(request),
            body: RecordedBody::request(request),
            status: None,
            error_code: None,
            response: RecordedBody::default(),
            responded: None,
            is_complete: false,
            note: None,
        });
        self.written
    }

    /// Records the note of the response, and its status, body and time if the client receives any
    /// of it.
    pub(crate) fn responded(
        &mut self,
        number: u64,
        response: &Response,
        is_received: bool,
        time: Timestamp,
    ) {
        let entry = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number);
        if let Some(entry) = entry {
            entry.is_complete = true;
            entry.note.clone_from(&response.note);
            if is_received {
                entry.status = Some(response.status.as_u16());
                entry.error_code.clone_from(&response.error_code);
                entry.response = RecordedBody::response(response);
                entry.responded = Some(time);
            }
        }
        let old = self.entries.len().checked_sub(RESPONSES_STORED + 1);
        if let Some(old) = old.and_then(|old| self.entries.get_mut(old)) {
            old.response = RecordedBody::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_show_no_credential() {
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
        let number = records.arrived(&request, None, false, None, Timestamp::UNIX_EPOCH);
        let response = Response::json(http::StatusCode::OK, json!({ "access_token": "canary" }));
        records.responded(number, &response, true, Timestamp::UNIX_EPOCH);
        let shown = format!("{records:?}");
        assert!(shown.contains(r#"access_token\":\"[redacted]"#), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("key-1"));
    }
}
