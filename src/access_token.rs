//! The access token API: exchanges the keys of a client for the token that authenticates its other
//! calls.

mod error_codes;
pub(crate) mod operations;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::call::{Call, CallOptions};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::raw;
use crate::runtime::Runtime;
use crate::token::{FetchFuture, FetchToken, FetchedToken};

/// The assumed lifetime of a token whose response states no lifetime.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);

/// The access token API of one client. Its calls authenticate with the keys and need no token.
pub(crate) struct AccessTokenApi {
    runtime: Runtime,
}

impl AccessTokenApi {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    async fn fetch(&self) -> Result<FetchedToken> {
        let call = Call::<raw::access_token::Client>::new(&self.runtime, &CallOptions::default());
        let response = call
            .run(|api| api.fetch_authorization_token_using_post().send())
            .await
            .map_err(as_failure_of_call)?;
        read(&response.body, self.runtime.time().now()).map_err(|error| {
            let error = response.explain(error);
            let error = error.with_status(response.status.as_u16(), response.body.clone());
            // The body may contain a token that is not readable here.
            error.without_body()
        })
    }
}

impl FetchToken for AccessTokenApi {
    fn fetch_token(&self) -> FetchFuture<'_> {
        Box::pin(self.fetch())
    }
}

/// Turns the failure of a token request into the failure of the calls that need the token, which
/// were not sent. Only a response is about the keys, so a failure of the network keeps its kind.
fn as_failure_of_call(error: Error) -> Error {
    let kind = match error.kind() {
        ErrorKind::TooLarge => ErrorKind::Authentication,
        _ if error.http_status().is_some() => ErrorKind::Authentication,
        // The deadline of the token request has passed, not that of the call that needs the token.
        ErrorKind::Deadline => ErrorKind::Timeout,
        kind => kind,
    };
    let error = error.with_kind(kind).with_outcome(Outcome::NotSent);
    if error.is_connect() {
        error.with_hint(
            "No connection to the API: this machine may be offline, or DNS, a firewall, a proxy or the certificate \
             authorities may be at fault. The keys were not checked.",
        )
    } else {
        error
    }
}

/// Reads the body of a token response. Errors never contain any of it.
pub(crate) fn read(body: &[u8], now: jiff::Timestamp) -> Result<FetchedToken> {
    let unreadable =
        |message: &'static str| Error::new(ErrorKind::Authentication, Outcome::NotSent, message);
    // A derived type would also be read from a JSON array by position, so `["x"]` would be a token.
    let response: Map<String, Value> = serde_json::from_slice(body).map_err(|_| {
        unreadable("access token: the response is not a JSON object; check the base URL")
    })?;
    let access_token = response.get("access_token").and_then(Value::as_str);
    let lifetime = lifetime(&response, now);
    let token = access_token.and_then(|token| FetchedToken::new(token, lifetime));
    token.ok_or_else(|| {
        unreadable(
            "access token: the response has no access_token that a header can hold; check the base URL",
        )
    })
}

/// Returns the lifetime that the response states, as a number or as a text of digits.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 are far below 2^53"
)]
fn lifetime(response: &Map<String, Value>, now: jiff::Timestamp) -> Duration {
    let number = |name: &str| {
        let number = match response.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse::<f64>().ok(),
            _ => None,
        };
        // `parse` accepts `NaN` and `inf`, which are no lifetime.
        number.filter(|number| number.is_finite())
    };
    let seconds =
        number("expires_in").or_else(|| number("expires_on").map(|at| at - now.as_second() as f64));
    seconds.map_or(ASSUMED_LIFETIME, |seconds| {
        Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_as_numbers_and_texts() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let on = now.as_second() + 77;
        for (body, seconds) in [
            (r#"{"token_type":"Bearer","expires_in":"86398","ext_expires_in":"0","expires_on":"1495271273","not_before":"1495184574","resource":"x","access_token":"a.b.c"}"#.to_owned(), 86398),
            (r#"{"access_token":"a","expires_in":3599}"#.to_owned(), 3599),
            (format!(r#"{{"access_token":"a","expires_on":"{on}"}}"#), 77),
            (format!(r#"{{"access_token":"a","expires_on":{on}}}"#), 77),
            (r#"{"access_token":"a"}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_in":"never","expires_on":null}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_in":-5}"#.to_owned(), 0),
            (r#"{"access_token":"a","expires_in":1e300}"#.to_owned(), 7 * 24 * 3600),
            (r#"{"access_token":"a","expires_in":604801}"#.to_owned(), 7 * 24 * 3600),
            (r#"{"access_token":"a","expires_in":"NaN"}"#.to_owned(), 300),
            (r#"{"access_token":"a","expires_on":"inf"}"#.to_owned(), 300),
            (format!(r#"{{"access_token":"a","expires_in":"NaN","expires_on":"{on}"}}"#), 77),
            (format!(r#"{{"access_token":"a","expires_in":"inf","expires_on":{on}}}"#), 77),
        ] {
            let token = read(body.as_bytes(), now).unwrap();
            assert!(token.header.is_sensitive());
            assert_eq!(token.lifetime.as_secs(), seconds, "{body}");
        }
    }

    #[test]
    fn spaces_around_a_token_are_removed() {
        let body = br#"{"access_token":" a.b.c\n"}"#;
        let token = read(body, jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(token.header, "Bearer a.b.c");
    }

    #[test]
    fn a_response_without_a_token_is_an_error_that_hides_it() {
        for body in [
            "",
            "<html>",
            "[]",
            r#"["secret"]"#,
            r#"["secret",3600,1]"#,
            r#"[{"access_token":"secret"}]"#,
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":" \n"}"#,
            r#"{"access_token":"a\nsecret"}"#,
        ] {
            let error = read(body.as_bytes(), jiff::Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication);
            assert!(error.to_string().contains("access token: "), "{error}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
