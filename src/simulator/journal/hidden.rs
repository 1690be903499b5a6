//! What the journal shows in the place of secrets and personal data.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use crate::simulator::wire::{Request, Response};

const HIDDEN: &str = "[redacted]";

/// A body as it went over the wire. What it hides is hidden when somebody looks, which few do: it takes longer than all
/// else that the journal does. A large one is hidden at once, since what is left of it may be small.
#[derive(Clone, Default)]
pub(super) struct Kept(Option<Arc<Sent>>);

struct Sent {
    raw: Bytes,
    shown: OnceLock<Option<String>>,
}

/// What is kept as it came, in bytes; the API's own bodies are smaller.
const LARGE: usize = 16 << 10;

impl Kept {
    /// A copy, since it may be a small part of what a socket was read into.
    pub(super) fn request(request: &Request) -> Self {
        Self::json(Bytes::copy_from_slice(&request.body))
    }

    pub(super) fn answer(response: &Response) -> Self {
        match response.encoded() {
            (None, _) => Self::default(),
            (Some("application/json" | "application/json;charset=UTF-8"), bytes) => {
                Self::json(bytes)
            }
            (Some(media_type), bytes) => {
                Self::shown_as(Some(format!("[{} bytes of {media_type}]", bytes.len())))
            }
        }
    }

    fn json(raw: Bytes) -> Self {
        if raw.is_empty() {
            return Self::default();
        }
        if raw.len() > LARGE {
            return Self::shown_as(redacted_body(&raw));
        }
        Self(Some(Arc::new(Sent {
            raw,
            shown: OnceLock::new(),
        })))
    }

    fn shown_as(text: Option<String>) -> Self {
        Self(Some(Arc::new(Sent {
            raw: Bytes::new(),
            shown: text.into(),
        })))
    }

    pub(super) fn shown(&self) -> Option<&str> {
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

pub(super) fn redacted_headers(request: &Request) -> Vec<(String, String)> {
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

pub(super) fn redacted_query(query: &str) -> String {
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
    use serde_json::json;

    use super::*;

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
        let kept = Kept::json(vec![b'x'; LARGE + 1].into());
        assert!(kept.0.as_ref().is_some_and(|sent| sent.raw.is_empty()));
        assert_eq!(kept.shown(), Some("[16385 bytes that are not JSON]"));
    }
}
