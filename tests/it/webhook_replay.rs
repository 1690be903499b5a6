//! Replayed webhooks. A webhook outside the window is refused, exact to the nanosecond, even if it
//! is valid otherwise.

use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use vipps::webhooks::{Event, Verifier, WebhookError};

const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const URL: &str = "https://shop.example.com/hooks";
const BODY: &str = r#"{"customerToken":"AAAA","merchantQrId":"till-1","msn":"123456"}"#;
const SENT: &str = "Fri, 06 Oct 2023 10:45:41 GMT";
const WINDOW: Duration = Duration::from_secs(300);

/// Returns a request with a valid signature for any text in the date header.
fn signed(date: &str) -> Request<Vec<u8>> {
    let hash = STANDARD.encode(Sha256::digest(BODY));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("POST\n/hooks\n{date};shop.example.com;{hash}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let authorization = format!(
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
    );
    Request::post("/hooks")
        .header("x-ms-date", date)
        .header("x-ms-content-sha256", hash)
        .header("authorization", authorization)
        .body(BODY.as_bytes().to_vec())
        .unwrap()
}

#[derive(Debug)]
struct FixedClock(&'static str);

impl vipps::Clock for FixedClock {
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
    fn now(&self) -> jiff::Timestamp {
        self.0.parse().unwrap()
    }
    fn sleep(&self, _: Duration) -> vipps::Sleep {
        Box::pin(std::future::ready(()))
    }
}

fn verifier(window: Option<Duration>, now: &'static str) -> Verifier {
    let verifier = Verifier::new(URL, [SECRET]).unwrap().clock(FixedClock(now));
    match window {
        Some(window) => verifier.window(window),
        None => verifier,
    }
}

fn refusal(window: Duration, now: &'static str, date: &str) -> Option<WebhookError> {
    verifier(Some(window), now).verify(&signed(date)).err()
}

#[test]
fn edges_of_the_date_window_are_accepted() {
    for now in [
        "2023-10-06T10:45:41Z",
        "2023-10-06T10:50:41Z",
        "2023-10-06T10:50:40.999999999Z",
        "2023-10-06T10:40:41Z",
        "2023-10-06T10:40:41.000000001Z",
    ] {
        assert_eq!(refusal(WINDOW, now, SENT), None, "{now}");
    }
    for now in [
        "2023-10-06T10:50:41.000000001Z",
        "2023-10-06T10:50:42Z",
        "2023-10-06T10:40:40.999999999Z",
        "2023-10-06T10:40:40Z",
        "2023-10-13T10:45:41Z",
        "1970-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
    ] {
        let outside = Some(WebhookError::OutsideWindow);
        assert_eq!(refusal(WINDOW, now, SENT), outside, "{now}");
    }
    // The shortest and the longest window.
    let same = "2023-10-06T10:45:41Z";
    assert_eq!(refusal(Duration::ZERO, same, SENT), None);
    let too_late = "2023-10-06T10:45:41.000000001Z";
    assert!(refusal(Duration::ZERO, too_late, SENT).is_some());
    assert_eq!(refusal(Duration::MAX, "9999-12-30T22:00:00Z", SENT), None);
}

#[test]
fn invalid_date_is_refused() {
    for date in ["soon", "Fri, 99 Oct 2023 10:45:41 GMT", ""] {
        let request = signed(date);
        let now = "2023-10-06T10:45:41Z";
        assert!(verifier(None, now).verify(&request).is_ok(), "{date}");
        let error = refusal(Duration::MAX, now, date);
        assert_eq!(error, Some(WebhookError::OutsideWindow), "{date}");
    }
}

/// A new date invalidates the signature. The error names the signature both inside and outside the
/// window.
#[test]
fn a_renewed_date_is_not_signed() {
    let mut renewed = signed(SENT);
    let date = "Mon, 01 Jan 2024 00:00:00 GMT".parse().unwrap();
    renewed.headers_mut().insert("x-ms-date", date);
    for now in ["2024-01-01T00:00:00Z", "2023-10-06T10:45:41Z"] {
        let error = verifier(Some(WINDOW), now).verify(&renewed).unwrap_err();
        assert_eq!(error, WebhookError::Signature);
    }
}

/// Deliveries are retried for a week, so without a window no date is too old.
#[test]
fn without_a_window_each_date_is_accepted() {
    let now = "2024-10-06T10:45:41Z";
    assert!(verifier(None, now).verify(&signed(SENT)).is_ok());
}

#[tokio::test]
async fn the_ready_handler_refuses_a_replay() {
    for (now, status) in [
        ("2023-10-06T10:50:41Z", StatusCode::OK),
        ("2023-10-06T10:50:42Z", StatusCode::UNAUTHORIZED),
    ] {
        let handler = |event| async move {
            assert!(matches!(event, Event::CheckIn(_)), "{event:?}");
            Ok::<_, String>(())
        };
        let hook = vipps::webhooks::axum::events(verifier(Some(WINDOW), now), handler);
        let app: Router = Router::new().route("/hooks", hook);
        let request = signed(SENT).map(axum::body::Body::from);
        assert_eq!(
            app.oneshot(request).await.unwrap().status(),
            status,
            "{now}"
        );
    }
}
