//! Fixtures that the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use vipps::ecom::TransactionText;
use vipps::testing::{Recorder, SeededRandomness};
use vipps::types::LandingPage;
use vipps::{Amount, Credentials, Error, OrderId, Vipps, VippsBuilder};

pub const PHONE: &str = "91234567";

pub const INITIATED: &str = r#"{"orderId":"acme-shop-123","url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJraWQiOiJqd3RrZXkifQ.secret-landing-token"}"#;

pub const DETAILS: &str = r#"{"orderId":"acme-shop-123","transactionLogHistory":[
    {"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:22.126Z","operation":"RESERVE","requestId":"","operationSuccess":true},
    {"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:04.697Z","operation":"INITIATE","requestId":"","operationSuccess":true}]}"#;

pub const TRANSACTION: &str = r#"{"orderId":"acme-shop-123",
    "transactionInfo":{"amount":20000,"timeStamp":"2018-11-14T15:22:46.736Z","transactionText":"One pair of socks","status":"Captured","transactionId":"5001420058"},
    "transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000}}"#;

pub const CANCELLED: &str = r#"{"orderId":"acme-shop-123",
    "transactionInfo":{"amount":20000,"status":"Cancelled","transactionId":"5001420063","timeStamp":"2018-11-14T15:31:10.004Z","transactionText":"No socks"},
    "transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":0}}"#;

pub const REFUNDED: &str = r#"{"orderId":"acme-shop-123",
    "transaction":{"amount":20000,"status":"Refund","transactionId":"5600727726","timeStamp":"2018-11-14T15:23:02.286","transactionText":"Refund of socks"},
    "transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":20000,"remainingAmountToRefund":0}}"#;

pub const STATUS: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":20000,"status":"RESERVE","timeStamp":"2018-12-12T11:18:38.246Z","transactionId":"5001420062"}}"#;

/// Details of a payment that is captured in full, with a refund of 50 kr with the key
/// `first-refund`.
pub const PARTLY_REFUNDED: &str = r#"{"orderId":"acme-shop-123",
    "transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":5000,"remainingAmountToRefund":15000},
    "transactionLogHistory":[
    {"amount":5000,"transactionText":"Refund","transactionId":"5600727726","timeStamp":"2018-11-14T15:23:02.286Z","operation":"REFUND","requestId":"first-refund","operationSuccess":true},
    {"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420058","timeStamp":"2018-11-14T15:22:46.680Z","operation":"CAPTURE","requestId":"1542208966","operationSuccess":true},
    {"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:22.126Z","operation":"RESERVE","requestId":"","operationSuccess":true},
    {"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:04.697Z","operation":"INITIATE","requestId":"","operationSuccess":true}]}"#;

/// The response to a capture of a part of 200 kr, in øre.
pub fn captured(ore: i64) -> String {
    let rest = 20_000 - ore;
    format!(
        r#"{{"orderId":"acme-shop-123","transactionInfo":{{"amount":{ore},"status":"Captured"}},
            "transactionSummary":{{"capturedAmount":{ore},"remainingAmountToCapture":{rest}}}}}"#
    )
}

/// The response to a refund of a part, in øre.
pub fn refunded(ore: i64) -> String {
    REFUNDED.replace(r#""amount":20000"#, &format!(r#""amount":{ore}"#))
}

pub const PASSENGER: &str = "LOVELACE/ADA MS";

pub fn id() -> OrderId {
    "acme-shop-123".parse().expect("an order id")
}

pub fn amount() -> Amount {
    Amount::nok(200)
}

pub fn text() -> TransactionText {
    "One pair of socks".parse().expect("a text")
}

pub fn landing_page() -> LandingPage {
    "https://api.vipps.no/x?token=t"
        .parse()
        .expect("a landing page")
}

/// A call of any operation, whose result is discarded.
pub type Call = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Boxes a builder, so that tables of calls can contain different operations.
pub fn boxed<T>(
    builder: impl IntoFuture<Output = vipps::Result<T>, IntoFuture: Send + 'static>,
) -> Call {
    let call = builder.into_future();
    Box::pin(async { call.await.map(drop) })
}

/// Returns the number of recorded requests with this method, except those for tokens.
pub fn requests_sent(recorder: &Recorder, method: &str) -> usize {
    let requests = recorder.requests();
    let is_counted = |request: &&vipps::testing::RequestShape| {
        request.operation() != Some("fetch_authorization_token_using_post")
            && request.as_str().starts_with(method)
    };
    requests.iter().filter(is_counted).count()
}

/// Returns the builder of a client for this recorder with tokio's clock, for tests that measure or
/// interrupt its waits.
///
/// The jitter of its waits is the same in every run: with full jitter a wait may be shorter than
/// any limit that a test sets.
pub fn on_tokio_time(recorder: &Recorder) -> VippsBuilder {
    let number = "123456".parse().expect("a serial number");
    let keys = Credentials::new("canned-client-id", "canned-client-secret", "key", number);
    Vipps::builder(keys.expect("keys"))
        .transport(recorder.clone())
        .randomness(SeededRandomness::new(0))
}

/// The secret and personal values that the tests send.
pub const SECRETS: [&str; 8] = [
    "canned-client-id",
    "canned-client-secret",
    "canned-subscription-key",
    "canned.token.value",
    "s3cret-auth-token",
    "secret-landing-token",
    PHONE,
    PASSENGER,
];

/// Asserts that a text contains none of the secrets.
pub fn assert_nothing_leaks(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is shown:\n{text}");
    }
}
