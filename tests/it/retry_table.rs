//! The retry table, cell by cell and operation by operation, through a whole call: the number of
//! requests, the wait between them, and the outcome if all attempts fail. This file lists the
//! expectations itself. A unit test of the library compares the table for users, `src/retry.md`,
//! with the code.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Call, amount, boxed, id, landing_page, text};
use bytes::Bytes;
use tokio::time::Instant;
use vipps::qr::RedirectUrl;
use vipps::types::{CustomerToken, PersonalQr};
use vipps::{
    Credentials, Environment, Error, Outcome, Randomness, RetryPolicy, Transport, TransportError,
    TransportFuture, Vipps,
};

/// The result of every request, except that for the token.
#[derive(Clone, Copy, Debug)]
enum Failure {
    NoConnection,
    Broken,
    /// A status with this body.
    Body(u16, &'static str),
    /// An error of the gateway, without a code.
    Gateway(u16),
    /// An eCom error with this group and code.
    Code(u16, &'static str, &'static str),
}

impl Failure {
    fn response(self) -> Result<(u16, String), TransportError> {
        match self {
            Self::NoConnection => Err(TransportError::not_sent("no route")),
            Self::Broken => Err(TransportError::maybe_sent("reset")),
            Self::Body(status, body) => Ok((status, body.to_owned())),
            Self::Gateway(status) => Ok((
                status,
                format!(r#"{{"statusCode":{status},"message":"x"}}"#),
            )),
            Self::Code(status, group, code) => Ok((
                status,
                format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}","errorMessage":"x"}}]"#),
            )),
        }
    }
}

/// The expected result of a cell: the number of requests with two attempts allowed, the wait
/// between them in milliseconds, the outcome, and whether the error is retryable.
type Cell = (usize, u64, Outcome, bool);

/// Half of the 100 ms of the first wait, in milliseconds.
const FAST_WAIT: u64 = 50;
/// 100 ms, plus half of the 1 s that the first slow wait adds, in milliseconds.
const SLOW_WAIT: u64 = 600;

const NOT_SENT: Cell = (2, FAST_WAIT, Outcome::NotSent, true);
const RETRIED_READ: Cell = (2, FAST_WAIT, Outcome::NoEffect, true);
const SLOWLY_RETRIED_READ: Cell = (2, SLOW_WAIT, Outcome::NoEffect, true);
const RETRIED_WRITE: Cell = (2, FAST_WAIT, Outcome::Unknown, true);
const SLOWLY_RETRIED_WRITE: Cell = (2, SLOW_WAIT, Outcome::Unknown, true);
const SLOWLY_RETRIED_REFUSAL: Cell = (2, SLOW_WAIT, Outcome::Rejected, true);
const UNKNOWN: Cell = (1, 0, Outcome::Unknown, false);
const REFUSED: Cell = (1, 0, Outcome::Rejected, false);

/// The classes in the order of the cells in a row of `TABLE`.
const CLASSES: [&str; 6] = [
    "read",
    "keyed write",
    "idempotent",
    "harmless",
    "cancel",
    "once",
];

type Row = (&'static [Failure], [Cell; 6]);

/// Every kind of failure, with the cell of each class in the order of `CLASSES`.
const TABLE: &[Row] = &[
    (&[Failure::NoConnection], [NOT_SENT; 6]),
    (
        &[
            Failure::Broken,
            Failure::Body(408, ""),
            Failure::Body(500, ""),
            Failure::Body(502, ""),
            Failure::Body(503, ""),
            Failure::Body(504, ""),
        ],
        [
            RETRIED_READ,
            RETRIED_WRITE,
            RETRIED_WRITE,
            RETRIED_READ,
            UNKNOWN,
            UNKNOWN,
        ],
    ),
    // Limits and locks of the API.
    (
        &[
            Failure::Body(429, ""),
            Failure::Gateway(429),
            Failure::Body(
                403,
                r#"{"statusCode":403,"message":"Out of call volume quota."}"#,
            ),
            Failure::Code(423, "VippsError", "94"),
            Failure::Code(423, "Payment", "7777"),
            Failure::Code(400, "VippsError", "94"),
            Failure::Code(402, "VippsError", "94"),
            Failure::Code(409, "VippsError", "94"),
            Failure::Code(400, "VippsError", "98"),
            // The API sometimes omits the group, and no other group has this code.
            Failure::Body(400, r#"[{"errorCode":"94"}]"#),
        ],
        [SLOWLY_RETRIED_REFUSAL; 6],
    ),
    // A limit or lock that leaves the outcome unknown.
    (
        &[
            Failure::Code(408, "VippsError", "94"),
            Failure::Code(500, "VippsError", "94"),
            Failure::Code(408, "VippsError", "98"),
            Failure::Code(502, "VippsError", "94"),
            Failure::Code(503, "VippsError", "94"),
            Failure::Code(500, "VippsError", "98"),
            Failure::Body(423, "<html>busy</html>"),
            Failure::Body(429, "<html>busy</html>"),
        ],
        [
            SLOWLY_RETRIED_READ,
            SLOWLY_RETRIED_WRITE,
            SLOWLY_RETRIED_WRITE,
            SLOWLY_RETRIED_READ,
            UNKNOWN,
            UNKNOWN,
        ],
    ),
    // Responses that leave the outcome unknown: codes, errors in successes, and responses of other
    // systems.
    (
        &[
            Failure::Code(400, "Payment", "52"),
            Failure::Code(400, "Payment", "63"),
            Failure::Code(400, "VippsError", "92"),
            Failure::Code(400, "VippsError", "99"),
            Failure::Code(402, "VippsError", "99"),
            Failure::Code(200, "Payment", "61"),
            Failure::Code(200, "VippsError", "94"),
            Failure::Code(201, "VippsError", "94"),
            Failure::Code(202, "VippsError", "98"),
            Failure::Body(
                200,
                r#"{"responseInfo":{"responseCode":503,"responseMessage":"x"}}"#,
            ),
            // If one code requires a retry and another requires a check of the details, the details
            // take precedence.
            Failure::Body(
                400,
                r#"[{"errorGroup":"VippsError","errorCode":"94"},{"errorGroup":"Payment","errorCode":"63"}]"#,
            ),
            Failure::Code(402, "Payment", "63"),
            Failure::Code(303, "Payment", "63"),
            Failure::Code(303, "Payment", "7777"),
            Failure::Body(303, "{}"),
            Failure::Body(303, "[]"),
            Failure::Body(402, "<html>Payment Required</html>"),
            Failure::Body(402, "{}"),
            Failure::Body(402, "[]"),
            Failure::Body(300, ""),
            Failure::Body(301, ""),
            Failure::Body(302, ""),
            Failure::Body(303, ""),
            Failure::Body(304, ""),
            Failure::Body(307, ""),
            Failure::Body(308, ""),
            Failure::Body(400, ""),
            Failure::Body(402, ""),
            Failure::Body(403, ""),
            Failure::Body(404, ""),
            Failure::Body(405, ""),
            Failure::Body(410, ""),
            Failure::Body(415, ""),
            Failure::Body(422, ""),
            Failure::Body(403, "<html>Forbidden</html>"),
            Failure::Body(400, r#"[{"errorCode":"61"}"#),
        ],
        [
            RETRIED_READ,
            UNKNOWN,
            UNKNOWN,
            RETRIED_READ,
            UNKNOWN,
            UNKNOWN,
        ],
    ),
    // Failures of the payment provider.
    (
        &[Failure::Gateway(402), Failure::Code(402, "Payment", "7777")],
        [REFUSED, UNKNOWN, UNKNOWN, REFUSED, UNKNOWN, UNKNOWN],
    ),
    // In the QR API a 409 means that the id is taken.
    (
        &[
            Failure::Gateway(409),
            Failure::Code(409, "Payment", "7777"),
            Failure::Body(409, r#"{"id":"b"}"#),
        ],
        [REFUSED, UNKNOWN, REFUSED, REFUSED, UNKNOWN, UNKNOWN],
    ),
    (
        &[
            Failure::Gateway(400),
            Failure::Gateway(403),
            Failure::Gateway(404),
            Failure::Gateway(405),
            Failure::Gateway(410),
            Failure::Gateway(415),
            Failure::Gateway(422),
            Failure::Code(400, "Payment", "61"),
            Failure::Code(400, "InvalidRequest", "transactionText"),
            // In another group, the same codes are not locks.
            Failure::Code(400, "Payment", "94"),
            Failure::Code(400, "Payment", "98"),
            Failure::Code(402, "Payment", "51"),
            Failure::Code(402, "Payment", "74"),
            Failure::Code(409, "Merchant", "34"),
        ],
        [REFUSED; 6],
    ),
];

/// A conflict that leaves the outcome unknown. The class `create` is left out, because its builder
/// reads the code after such a response.
const CONFLICTS: &[Failure] = &[
    Failure::Body(409, ""),
    Failure::Body(409, "{}"),
    Failure::Body(409, "[]"),
    Failure::Body(409, "<html>Conflict</html>"),
    Failure::Code(409, "Payment", "63"),
];
const AFTER_CONFLICT: [(&str, Cell); 5] = [
    ("read", RETRIED_READ),
    ("keyed write", UNKNOWN),
    ("harmless", RETRIED_READ),
    ("cancel", UNKNOWN),
    ("once", UNKNOWN),
];

/// The key and the body of a request.
type SentRequest = (Option<String>, Bytes);

#[derive(Clone, Debug)]
struct FixedResponse {
    failure: Failure,
    /// True if the token request fails.
    is_token_refused: bool,
    requests: Arc<Mutex<Vec<SentRequest>>>,
}

impl Transport for FixedResponse {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let is_token = request.uri().path() == "/accesstoken/get";
        if is_token && !self.is_token_refused {
            let token = Bytes::from(r#"{"access_token":"t","expires_in":"3600"}"#);
            return Box::pin(async move { Ok(http::Response::new(token)) });
        }
        let key = request.headers().get("x-request-id");
        let key = key.map(|key| key.to_str().unwrap().to_owned());
        let sent = (key, request.body().clone());
        self.requests.lock().unwrap().push(sent);
        let failure = self.failure;
        Box::pin(async move {
            let (status, body) = failure.response()?;
            let response = http::Response::builder().status(status);
            Ok(response.body(body.into()).unwrap())
        })
    }
}

/// Fixed jitter and keys: every wait is half of its maximum.
#[derive(Debug)]
struct HalfJitter;

impl Randomness for HalfJitter {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x80);
    }
}

type Operation = (&'static str, fn(Vipps) -> Call);

fn url() -> RedirectUrl {
    "https://example.com/".parse().unwrap()
}

fn redirect(vipps: &Vipps) -> vipps::qr::MerchantRedirect {
    vipps.qr().merchant_redirect("b".parse().unwrap())
}

fn callback(vipps: &Vipps) -> vipps::qr::MerchantCallback {
    vipps.qr().merchant_callback("b".parse().unwrap())
}

/// The operations of each class.
fn operations(class: &str) -> Vec<Operation> {
    match class {
        "read" => vec![
            ("details", |v| boxed(v.ecom().payment(id()).details())),
            #[allow(deprecated, reason = "the deprecated operation is part of the table")]
            ("status", |v| boxed(v.ecom().payment(id()).status())),
            ("redirect", |v| boxed(redirect(&v).get())),
            ("redirects", |v| boxed(v.qr().merchant_redirects())),
            ("callback", |v| boxed(callback(&v).get())),
            ("callbacks", |v| boxed(v.qr().merchant_callbacks())),
        ],
        "keyed write" => vec![
            ("capture", |v| {
                boxed(v.ecom().payment(id()).capture_remaining())
            }),
            ("refund", |v| boxed(v.ecom().payment(id()).refund(amount()))),
            ("force approve", |v| {
                let phone = crate::support::PHONE.parse().unwrap();
                let payment = v.ecom().payment(id());
                boxed(
                    payment
                        .force_approve()
                        .phone_number(phone)
                        .landing_page(&landing_page()),
                )
            }),
        ],
        "idempotent" => vec![
            ("create", |v| boxed(redirect(&v).create(url()))),
            ("update", |v| boxed(redirect(&v).update(url()))),
            ("delete", |v| boxed(redirect(&v).delete())),
            ("put", |v| boxed(callback(&v).put("Till".parse().unwrap()))),
            ("delete callback", |v| boxed(callback(&v).delete())),
            ("beacon", |v| {
                let beacon = v.qr().mobilepay_beacon("123456789012345".parse().unwrap());
                boxed(beacon.put("Till".parse().unwrap()))
            }),
        ],
        "harmless" => vec![
            ("one-time", |v| boxed(v.qr().one_time(&landing_page()))),
            ("exchange", |v| {
                let code = PersonalQr::parse("https://qr.vipps.no/p/x").unwrap();
                boxed(v.qr().exchange(code))
            }),
            ("exchange customer", |v| {
                let token: CustomerToken = "AAAA".parse().unwrap();
                boxed(v.qr().exchange_customer(token))
            }),
        ],
        // The builder continues after the attempts, so this case calls the raw operation.
        "cancel" => vec![("cancel", |v| {
            Box::pin(async move {
                let cancelled = v.call(|raw| async move {
                    let body = serde_json::json!({
                        "merchantInfo": {"merchantSerialNumber": "123456"},
                        "transaction": {"transactionText": "Cancel"},
                    });
                    let body: vipps::raw::ecom::types::CancelPaymentActionRequest =
                        serde_json::from_value(body).unwrap();
                    let cancel = raw.ecom().cancel_payment_request_using_put();
                    cancel.order_id("acme-shop-123").body(body).send().await
                });
                cancelled.await.map(drop)
            })
        })],
        "once" => vec![("initiate", |v| {
            boxed(v.ecom().initiate(id(), amount(), text()))
        })],
        other => panic!("unknown class: {other}"),
    }
}

fn client(transport: &FixedResponse) -> Vipps {
    let keys = Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    Vipps::builder(keys)
        .environment(Environment::Test)
        .transport(transport.clone())
        .randomness(HalfJitter)
        // A third initiate would have to wait for the next minute.
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap()
}

fn check(context: &str, cell: Cell, error: &Error, requests: &[SentRequest], took: Duration) {
    let (count, wait, outcome, is_retryable) = cell;
    assert_eq!(requests.len(), count, "{context}");
    let wait = Duration::from_millis(wait);
    let delay = took.saturating_sub(wait);
    assert!(
        took >= wait && delay <= Duration::from_millis(5),
        "{context}: {took:?}"
    );
    for request in requests {
        assert_eq!(*request, requests[0], "{context}: another key or body");
    }
    assert_eq!(error.outcome(), outcome, "{context}: {error:?}");
    assert_eq!(error.is_retryable(), is_retryable, "{context}");
}

async fn check_class(class: &str, failure: Failure, cell: Cell) {
    for (name, operation) in operations(class) {
        let context = format!("{name}, {failure:?}");
        let transport = FixedResponse {
            failure,
            is_token_refused: false,
            requests: Arc::default(),
        };
        let start_time = Instant::now();
        let error = operation(client(&transport)).await.unwrap_err();
        let requests = transport.requests.lock().unwrap().clone();
        check(&context, cell, &error, &requests, start_time.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_matches_its_cell() {
    for (failures, cells) in TABLE {
        for failure in *failures {
            for (class, cell) in CLASSES.into_iter().zip(*cells) {
                check_class(class, *failure, cell).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unclear_conflict_matches_its_cell() {
    for failure in CONFLICTS {
        for (class, cell) in AFTER_CONFLICT {
            check_class(class, *failure, cell).await;
        }
    }
}

/// The token request is a read. The call that needs the token was not sent.
#[tokio::test(start_paused = true)]
async fn token_request_is_retried_as_a_read() {
    for (failure, count) in [
        (Failure::NoConnection, 2),
        (Failure::Broken, 2),
        (Failure::Body(408, ""), 2),
        (Failure::Body(500, ""), 2),
        (Failure::Body(503, ""), 2),
        (Failure::Body(429, ""), 2),
        (Failure::Gateway(429), 2),
        (Failure::Code(400, "Payment", "63"), 2),
        (Failure::Code(200, "Payment", "61"), 2),
        (Failure::Body(302, ""), 2),
        (Failure::Body(400, ""), 2),
        (Failure::Body(403, "<html>Forbidden</html>"), 2),
        (Failure::Gateway(400), 1),
        (Failure::Gateway(402), 1),
        (Failure::Gateway(403), 1),
        (Failure::Gateway(404), 1),
        (Failure::Gateway(409), 1),
        (Failure::Code(402, "Payment", "51"), 1),
    ] {
        let transport = FixedResponse {
            failure,
            is_token_refused: true,
            requests: Arc::default(),
        };
        let capture = client(&transport).ecom().payment(id()).capture_remaining();
        let error = capture.await.unwrap_err();
        let requests = transport.requests.lock().unwrap().len();
        assert_eq!(requests, count, "{failure:?}");
        assert_eq!(error.outcome(), Outcome::NotSent, "{failure:?}");
        assert_eq!(error.is_retryable(), count == 2, "{failure:?}");
    }
}
