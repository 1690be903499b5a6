//! The functions that the fuzz targets in `fuzz/` run, with the assertions that hold for any input.
//!
//! Compiled only with `--cfg fuzzing` and for unit tests, so it is not part of the public API.

#[cfg(test)]
mod corpus;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request};

use crate::callback::{
    Callback, CallbackAuth, PaymentUpdate, ShippingOptionsRequest, ShippingRequest,
};
use crate::ecom::{AuthToken, FallbackUrl};
use crate::ecom::{PaymentDetails, PaymentState};
use crate::error::{Error, ErrorKind, Outcome, success_body};
use crate::retry::{self, Failure, Pace, RetryPolicy};
use crate::types::{
    Amount, Currency, HttpsUrl, Kroner, LandingPage, OrderId, PhoneNumber, Timestamp,
};
use crate::webhooks::{CheckIn, Signer, Verifier};

/// One entry of [`TARGETS`].
pub type Target = (&'static str, fn(&[u8]));

/// The targets by name: the name of the fuzz target and of its corpus.
pub const TARGETS: [Target; 9] = [
    ("amount", amount),
    ("callback", callback),
    ("details", details),
    ("error_body", error_body),
    ("phone_number", phone_number),
    ("retry_after", retry_after),
    ("token", token),
    ("urls", urls),
    ("webhook", webhook),
];

/// Splits off a number from the first two bytes.
fn split_number(data: &[u8]) -> (u16, &[u8]) {
    match data.split_first_chunk::<2>() {
        Some((head, rest)) => (u16::from_be_bytes(*head), rest),
        None => (0, data),
    }
}

fn lines(data: &[u8], at_most: usize) -> impl Iterator<Item = &[u8]> {
    data.splitn(at_most, |b| *b == b'\n')
}

/// Reads an error response: two bytes of status, then the body.
pub fn error_body(data: &[u8]) {
    let (status, body) = split_number(data);
    let operation = crate::ecom::operations::OPERATIONS[0];
    let bytes = Bytes::copy_from_slice(body);
    let codes = [operation.api.error_codes];
    let error = Error::from_response(&operation, &codes, status, &HeaderMap::new(), bytes);
    assert_eq!(
        (error.http_status(), error.raw_body()),
        (Some(status), body)
    );
    assert!(error.api_errors().len() <= 32);
    let shown = format!("{error}");
    // At most 32 errors of three texts each, and the text between them.
    assert!(shown.chars().count() < 32 * 1_000, "{}", shown.len());
    for text in [&shown, &format!("{error:?}")] {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    let _ = (error.hint(), error.correlation_id(), error.conflict_id());
    let write = crate::operation::RetryClass::KeyedWrite;
    let failure = Failure::of_response(write, &error);
    // A response that the API did not send is not a refusal.
    if matches!(status, 400 | 404 | 422) && !error.is_conclusive() {
        assert_eq!(failure, Failure::Unclear);
    }
    // A 2xx, 3xx or 5xx response is not a refusal, with any body.
    if matches!(status, ..300 | 500..) {
        let verdict = retry::judge(write, failure);
        assert_eq!(verdict.outcome, Outcome::Unknown, "{status}");
    }
    let _ = success_body::is_error(body);
}

/// Reads the body of a token response.
pub fn token(data: &[u8]) {
    match crate::access_token::read(data, jiff::Timestamp::UNIX_EPOCH) {
        Ok(token) => {
            assert!(token.header.is_sensitive());
            assert!(token.header.as_bytes().starts_with(b"Bearer "));
            assert!(token.lifetime.as_secs() <= 7 * 24 * 3600);
        }
        Err(error) => {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Authentication, Outcome::NotSent)
            );
            assert!(error.raw_body().is_empty());
        }
    }
}

/// Reads a `Retry-After` header: two bytes of jitter and attempt, then the value of the header.
pub fn retry_after(data: &[u8]) {
    let (number, value) = split_number(data);
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    for now in [
        jiff::Timestamp::UNIX_EPOCH,
        jiff::Timestamp::MIN,
        jiff::Timestamp::MAX,
    ] {
        let after = retry::retry_after(Some(&value), now);
        let policy = RetryPolicy::default();
        let jitter = f64::from(number) / 65_536.0;
        for pace in [Pace::Transient, Pace::Throttled] {
            let wait = retry::wait(&policy, pace, u32::from(number), jitter, after);
            assert!(wait >= after.unwrap_or_default());
            assert!(after.is_some() || wait <= policy.cap + policy.throttle_cap);
        }
    }
}

/// Reads the JSON of a payment's details.
pub fn details(data: &[u8]) {
    let Ok(json) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(id) = OrderId::parse("order-1") else {
        return;
    };
    let details = match PaymentDetails::from_json(id, json) {
        Ok(details) => details,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Decode);
            return;
        }
    };
    let (state, sums) = (details.state(), details.sums());
    for now in [
        jiff::Timestamp::UNIX_EPOCH,
        jiff::Timestamp::MIN,
        jiff::Timestamp::MAX,
    ] {
        let later = details.state_at(now);
        assert!(
            later == state || (later, state) == (PaymentState::Expired, PaymentState::Initiated)
        );
        assert_eq!(later == PaymentState::Expired, details.is_expired(now));
    }
    // A payment that can be cancelled has no captured money, and no rest to release.
    if details.can_cancel() {
        assert!(!sums.captured.is_positive() && !details.can_release());
    }
    if sums.captured.is_positive() {
        let is_open = matches!(state, PaymentState::Refunded | PaymentState::Unknown);
        assert!(state.is_paid() || is_open);
    }
    let succeeded = details.events().iter().any(crate::ecom::Event::succeeded);
    if details.summary().is_none() && !succeeded {
        assert!(!state.is_paid() && !details.can_capture() && !details.can_refund());
    }
    let shown = format!("{details:?}");
    if let Some(email) = details.user().and_then(|u| u.email.as_ref()) {
        let email = email.expose();
        // Long enough not to occur by chance, and not part of another text.
        if email.len() > 12 && json.matches(email).count() == 1 {
            assert!(!shown.contains(email));
        }
    }
}

/// Reads an amount and a shipping cost, as text and as JSON.
pub fn amount(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let amount = Amount::parse(text, Currency::NOK);
    if let Ok(amount) = &amount {
        assert!(amount.minor_units() >= 0);
        let (kroner, ore) = (amount.minor_units() / 100, amount.minor_units() % 100);
        assert_eq!(
            Amount::parse(&format!("{kroner}.{ore:02}"), Currency::NOK).ok(),
            Some(*amount)
        );
    }
    if let Ok(amount) = text.parse::<Amount>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
    let cost = amount.ok().and_then(|amount| Kroner::new(amount).ok());
    for cost in [cost, serde_json::from_str(text).ok()]
        .into_iter()
        .flatten()
    {
        assert_eq!(Kroner::new(cost.amount()), Ok(cost));
        let sent = serde_json::to_string(&cost).unwrap_or_default();
        let back: Option<Kroner> = serde_json::from_str(&sent).ok();
        assert_eq!(back, Some(cost), "{sent}");
    }
    if let Ok(amount) = serde_json::from_str::<Amount>(text) {
        let sent = serde_json::to_string(&amount).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Amount>(&sent).ok(),
            Some(amount),
            "{sent}"
        );
    }
}

/// Reads a phone number.
pub fn phone_number(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for number in [PhoneNumber::parse(&text), PhoneNumber::from_msisdn(&text)] {
        match number {
            Ok(number) => {
                let msisdn = number.msisdn();
                assert!((8..=15).contains(&msisdn.len()));
                assert_eq!(
                    PhoneNumber::from_msisdn(msisdn).ok().as_ref(),
                    Some(&number)
                );
                let sent = serde_json::to_string(&number).unwrap_or_default();
                assert_eq!(
                    serde_json::from_str(&sent).ok(),
                    Some(number.clone()),
                    "{sent}"
                );
                assert!(number.national_norwegian().is_none_or(|n| n.len() == 8));
                assert!(!format!("{number:?}").contains(msisdn));
            }
            Err(error) => {
                // The error's own words may contain a text of letters by chance.
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                assert!(digits < 6 || !format!("{error:?}{error}").contains(&*text));
            }
        }
    }
}

/// Reads the URLs that are sent, and the landing page that is received.
pub fn urls(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(url) = HttpsUrl::parse(&text) {
        assert_eq!(HttpsUrl::parse(url.as_str()).ok().as_ref(), Some(&url));
        let scheme = url.as_str().get(..8).unwrap_or_default();
        assert!(scheme.eq_ignore_ascii_case("https://"), "{}", url.as_str());
    }
    if let Ok(url) = FallbackUrl::parse(&text) {
        assert_eq!(FallbackUrl::parse(url.as_str()).ok().as_ref(), Some(&url));
    }
    if let Ok(page) = LandingPage::parse(&text) {
        // Nothing after the path is shown, so the token is hidden.
        let without_query = page.as_str().split(['?', '#']).next().unwrap_or_default();
        let without_query =
            LandingPage::parse(without_query).map(|page| format!("{page:?} {page}"));
        assert_eq!(without_query, Ok(format!("{page:?} {page}")));
    }
    let timestamp = Timestamp::from(text.into_owned());
    let _ = timestamp.instant();
}

/// Reads a callback: one line each for the path, `Authorization` and the method, then the body.
pub fn callback(data: &[u8]) {
    let mut parts = lines(data, 4);
    let mut part = || parts.next().unwrap_or_default();
    let (path, authorization, method, body) = (part(), part(), part(), part());
    if let Ok(update) = PaymentUpdate::from_slice(body) {
        let _ = format!("{update:?}");
    }
    let (Ok(token), Ok(id)) = (AuthToken::parse("fuzz-token"), OrderId::parse("order-1")) else {
        return;
    };
    if let Ok(request) = ShippingRequest::from_slice(id, body) {
        let _ = format!("{request:?}");
        assert!(request.respond([]).is_ok_and(|r| !r.to_json().is_empty()));
    }
    if let Ok(request) = ShippingOptionsRequest::from_slice(body) {
        let _ = format!("{request:?}");
    }
    let request = Request::builder()
        .uri(path)
        .method(method)
        .header("authorization", authorization)
        .body(body);
    let Ok(request) = request else {
        return;
    };
    match crate::callback::parse(&request, &CallbackAuth::new(token)) {
        Ok(Callback::Consent(removal)) => {
            assert_eq!(removal.authenticated, authorization == b"fuzz-token");
        }
        Ok(callback) => {
            assert_eq!(authorization, b"fuzz-token");
            let _ = format!("{callback:?}");
        }
        Err(error) => assert!(error.status().is_client_error()),
    }
}

/// Verifies a webhook: one line each for the date, the hash and the authorization, then the body.
/// The body is also verified with a valid signature.
pub fn webhook(data: &[u8]) {
    let (url, secret) = ("https://shop.example.com/hooks?x=1", "fuzz-secret");
    let (Ok(verifier), Ok(signer)) = (Verifier::new(url, [secret]), Signer::new(url, secret))
    else {
        return;
    };
    let mut parts = lines(data, 4);
    let mut headers = HeaderMap::new();
    for name in ["x-ms-date", "x-ms-content-sha256", "authorization"] {
        if let Ok(value) = HeaderValue::from_bytes(parts.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let body = parts.next().unwrap_or_default();
    // A signature cannot be made without the secret.
    assert!(
        verifier
            .verify_parts(&Method::POST, &headers, body)
            .is_err()
    );

    let Ok(signed) = signer.sign(jiff::Timestamp::UNIX_EPOCH, Bytes::copy_from_slice(body)) else {
        return;
    };
    match verifier.verify(&signed) {
        Ok(verified) => {
            assert_eq!(verified.body(), body);
            let event = verified.event();
            assert_eq!(format!("{event:?}").find("fuzz-secret"), None);
            let _ = event.id();
            if let Ok(event) = verified.check_in() {
                check_event(&event);
            }
        }
        Err(error) => assert!(body.len() > 1 << 20, "{error:?}"),
    }
}

fn check_event(event: &CheckIn) {
    for now in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
        assert!(!event.is_fresh(now) || event.token_expires_at().is_some());
    }
    let shown = format!("{:?}", event.customer_token);
    assert_eq!(shown, "CustomerToken([redacted])");
}
