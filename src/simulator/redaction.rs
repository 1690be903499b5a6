//! Redaction of secrets and personal data in the journal and in the log of deliveries.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use super::gateway::{PROBLEM, Request, Response};
use crate::testing::redact::Redactor;

/// A body as it was sent. Redaction takes longer than the rest of the journal's work and few tests
/// read bodies, so it runs on the first read. A body of more than [`LARGE`] bytes is redacted at
/// once, because its redacted form may be small.
#[derive(Clone, Default)]
pub(crate) struct RecordedBody(Option<Arc<LazyText>>);

/// A body, and its redacted text once the text is needed.
struct LazyText {
    raw: Bytes,
    redactor: fn() -> Redactor,
    shown: OnceLock<Option<String>>,
}

/// The size above which a body is redacted at once, in bytes. The API's own bodies are smaller.
const LARGE: usize = 16 << 10;

impl RecordedBody {
    /// Copies the body, because it may be a small part of a socket's read buffer.
    pub(crate) fn request(request: &Request) -> Self {
        Self::json(Bytes::copy_from_slice(&request.body), Redactor::of_requests)
    }

    pub(crate) fn response(response: &Response) -> Self {
        match response.encoded() {
            (None, _) => Self::default(),
            (Some("application/json" | "application/json;charset=UTF-8" | PROBLEM), bytes) => {
                Self::json(bytes, Redactor::of_responses)
            }
            (Some(media_type), bytes) => {
                Self::shown_as(Some(format!("[{} bytes of {media_type}]", bytes.len())))
            }
        }
    }

    fn json(raw: Bytes, redactor: fn() -> Redactor) -> Self {
        if raw.is_empty() {
            return Self::default();
        }
        if raw.len() > LARGE {
            return Self::shown_as(redacted_body(&raw, redactor()));
        }
        Self(Some(Arc::new(LazyText {
            raw,
            redactor,
            shown: OnceLock::new(),
        })))
    }

    fn shown_as(text: Option<String>) -> Self {
        Self(Some(Arc::new(LazyText {
            raw: Bytes::new(),
            redactor: Redactor::of_requests,
            shown: text.into(),
        })))
    }

    pub(crate) fn shown(&self) -> Option<&str> {
        let sent = self.0.as_ref()?;
        let shown = sent
            .shown
            .get_or_init(|| redacted_body(&sent.raw, (sent.redactor)()));
        shown.as_deref()
    }
}

impl fmt::Debug for RecordedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl PartialEq for RecordedBody {
    fn eq(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }
}

impl Eq for RecordedBody {}

pub(crate) fn redacted_headers(request: &Request) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = Redactor::header(name.as_str(), &value);
            (name.as_str().to_owned(), shown)
        })
        .collect();
    headers.sort();
    headers
}

pub(crate) fn redacted_query(query: &str) -> String {
    let mut redactor = Redactor::of_requests();
    let members = query
        .split('&')
        .map(|member| redactor.parameter(member, &[]));
    members.collect::<Vec<_>>().join("&")
}

/// Returns a URL of the merchant with everything hidden that may be secret. `merchant_ids` are ids
/// that are shown.
pub(crate) fn redacted_url(url: &str, merchant_ids: &[String]) -> String {
    Redactor::of_requests().url(url, merchant_ids)
}

/// Returns the path with ids of persons hidden. Public paths are those that contain no such id.
pub(crate) fn redacted_path(path: &str, is_public: bool) -> String {
    if is_public {
        return path.to_owned();
    }
    let mut redactor = Redactor::of_requests();
    let segments = path
        .split('/')
        .map(|segment| redactor.segment(segment, &[]));
    segments.collect::<Vec<_>>().join("/")
}

fn redacted_body(body: &[u8], mut redactor: Redactor) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    Some(match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            let merchant_ids = ids_of_merchant(&value);
            redactor.redact_json(&mut value, &merchant_ids);
            value.to_string()
        }
        Err(_) => format!("[{} bytes that are not JSON]", body.len()),
    })
}

/// Hides the values in the body of a call to the merchant, except those that are known to be
/// harmless.
pub(crate) fn hide(value: &mut Value) {
    let merchant_ids = ids_of_merchant(value);
    Redactor::of_responses().redact_json(value, &merchant_ids);
}

/// Returns the ids in a body that the merchant chose. URLs may show them.
fn ids_of_merchant(body: &Value) -> Vec<String> {
    let pointers = [
        "/orderId",
        "/transaction/orderId",
        "/reference",
        "/id",
        "/merchantQrId",
    ];
    let ids = pointers
        .iter()
        .filter_map(|pointer| body.pointer(pointer)?.as_str());
    ids.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn body_keeps_its_shape_without_secrets() {
        let body = json!({
            "customerInfo": {"mobileNumber": "91234567"},
            "merchantInfo": {"authToken": "canary", "merchantSerialNumber": "123456"},
            "url": "https://x/y?v=2&token=canary",
            "list": [{"customerToken": "canary"}],
            "sub": null,
        });
        let shown = redacted_body(body.to_string().as_bytes(), Redactor::of_responses()).unwrap();
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
    fn event_names_are_shown_and_names_of_persons_are_not() {
        let mut event = json!({
            "name": "AUTHORIZED",
            "captureGuaranteedUntil": "2026-03-09T09:00:00Z",
            "timestamp": "2026-03-02T09:00:00.000Z",
            "userDetails": {"name": "CREATED"},
        });
        let mut shown = event.clone();
        hide(&mut shown);
        event["userDetails"]["name"] = "[redacted]".into();
        assert_eq!(shown, event);
        let mut person = json!({"name": "Ada Lovelace"});
        hide(&mut person);
        assert_eq!(person, json!({"name": "[redacted]"}));
    }

    #[test]
    fn unreadable_body_is_not_shown() {
        assert_eq!(
            redacted_body(b"secret=1", Redactor::of_requests()).as_deref(),
            Some("[8 bytes that are not JSON]")
        );
        assert_eq!(redacted_body(b"", Redactor::of_requests()), None);
    }

    /// A large body without content is not stored in its full length.
    #[test]
    fn large_body_is_not_stored() {
        let recorded = RecordedBody::json(vec![b'x'; LARGE + 1].into(), Redactor::of_requests);
        assert!(recorded.0.as_ref().is_some_and(|sent| sent.raw.is_empty()));
        assert_eq!(recorded.shown(), Some("[16385 bytes that are not JSON]"));
    }
}
