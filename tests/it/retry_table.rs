//! The table that users read in `src/retry.md`, cell by cell and operation by operation, through a whole call: how many
//! requests are made, after which wait, and what is said of the outcome when none succeeds.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{amount, id, text};
use bytes::Bytes;
use tokio::time::Instant;
use vipps::types::{CustomerToken, LandingPage, PersonalQr, RedirectUrl};
use vipps::{
    Credentials, Environment, Error, Outcome, Randomness, RetryPolicy, Transport, TransportError,
    TransportFuture, Vipps,
};

/// What every request comes to, but for the token.
#[derive(Clone, Debug)]
enum Failure {
    NoConnection,
    Broken,
    Answer(u16, String),
}

impl Failure {
    fn status(status: u16) -> Self {
        Self::Answer(status, String::new())
    }

    /// A refusal of the gateway, without a code.
    fn gateway(status: u16) -> Self {
        let body = format!(r#"{{"statusCode":{status},"message":"x"}}"#);
        Self::Answer(status, body)
    }

    fn code(status: u16, group: &str, code: &str) -> Self {
        let body =
            format!(r#"[{{"errorGroup":"{group}","errorCode":"{code}","errorMessage":"x"}}]"#);
        Self::Answer(status, body)
    }

    /// What each column of the table is about, for the operations of a row.
    fn of_column(column: &str, class: &str) -> Vec<Self> {
        let statuses = |statuses: &[u16]| {
            statuses
                .iter()
                .copied()
                .map(Self::status)
                .collect::<Vec<_>>()
        };
        let reads = matches!(class, "read" | "harmless");
        match column {
            "no connection" => vec![Self::NoConnection],
            "broken" => vec![Self::Broken],
            "408, 5xx" => statuses(&[408, 500, 502, 503, 504]),
            "429" => vec![
                Self::status(429),
                Self::Answer(429, r#"{"statusCode":429,"message":"x"}"#.to_owned()),
                Self::Answer(
                    403,
                    r#"{"statusCode":403,"message":"Out of call volume quota."}"#.to_owned(),
                ),
            ],
            "locked" => [
                (423, "VippsError", "94"),
                (423, "Payment", "7777"),
                (400, "VippsError", "94"),
                (402, "VippsError", "94"),
                (409, "VippsError", "94"),
                (400, "VippsError", "98"),
            ]
            .map(|(status, group, code)| Self::code(status, group, code))
            .to_vec(),
            "unclear lock" => {
                let page = |status| Self::Answer(status, "<html>busy</html>".to_owned());
                let mut all = [(408, "94"), (500, "94"), (503, "94"), (500, "98")]
                    .map(|(status, code)| Self::code(status, "VippsError", code))
                    .to_vec();
                all.extend([423, 429].map(page));
                all
            }
            "look first" => {
                let mut all = [
                    (400, "Payment", "52"),
                    (400, "Payment", "63"),
                    (400, "VippsError", "92"),
                    (400, "VippsError", "99"),
                    (402, "VippsError", "99"),
                    (200, "Payment", "61"),
                    (200, "VippsError", "94"),
                    (202, "VippsError", "98"),
                ]
                .map(|(status, group, code)| Self::code(status, group, code))
                .to_vec();
                // What the API did not make: every redirect, pages, empty bodies, unfinished JSON.
                all.extend([300, 301, 302, 303, 304, 307, 308].map(Self::status));
                all.extend([400, 402, 403, 404, 405, 410, 415, 422].map(Self::status));
                all.push(Self::Answer(403, "<html>Forbidden</html>".to_owned()));
                all.push(Self::Answer(400, r#"[{"errorCode":"61"}"#.to_owned()));
                if !reads {
                    all.push(Self::gateway(402));
                    all.push(Self::code(402, "Payment", "7777"));
                }
                // The builder of a redirect code looks for the code after any 409 in doubt.
                if class != "idempotent" {
                    all.push(Self::status(409));
                }
                if !reads && class != "idempotent" {
                    all.push(Self::gateway(409));
                    all.push(Self::code(409, "Payment", "63"));
                }
                all
            }
            "refused" => {
                let mut all = [400, 403, 404, 405, 410, 415, 422]
                    .map(Self::gateway)
                    .to_vec();
                all.extend([
                    Self::code(400, "Payment", "94"),
                    Self::code(402, "Payment", "51"),
                    Self::code(402, "Payment", "74"),
                    Self::code(409, "Merchant", "34"),
                ]);
                if reads {
                    all.extend([402, 409].map(Self::gateway));
                }
                if class == "idempotent" {
                    all.push(Self::Answer(409, r#"{"id":"b"}"#.to_owned()));
                }
                all
            }
            other => panic!("what is {other}?"),
        }
    }
}

/// The key and the body of a request.
type Sent = (Option<String>, Bytes);

#[derive(Clone, Debug)]
struct World {
    failure: Failure,
    /// Whether it is the token that fails.
    no_token: bool,
    requests: Arc<Mutex<Vec<Sent>>>,
}

impl Transport for World {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let is_token = request.uri().path() == "/accesstoken/get";
        if is_token && !self.no_token {
            let token = Bytes::from(r#"{"access_token":"t","expires_in":"3600"}"#);
            return Box::pin(async move { Ok(http::Response::new(token)) });
        }
        let key = request.headers().get("x-request-id");
        let key = key.map(|key| key.to_str().unwrap().to_owned());
        let sent = (key, request.body().clone());
        self.requests.lock().unwrap().push(sent);
        let failure = self.failure.clone();
        Box::pin(async move {
            match failure {
                Failure::NoConnection => Err(TransportError::not_sent("no route")),
                Failure::Broken => Err(TransportError::maybe_sent("reset")),
                Failure::Answer(status, body) => Ok(http::Response::builder()
                    .status(status)
                    .body(body.into())
                    .unwrap()),
            }
        })
    }
}

/// Jitter and keys without chance: every wait is half of what it may be at most.
#[derive(Debug)]
struct Half;

impl Randomness for Half {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x80);
    }
}

type Call = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Operation = (&'static str, fn(Vipps) -> Call);

fn run<T>(call: impl IntoFuture<Output = vipps::Result<T>, IntoFuture: Send + 'static>) -> Call {
    let call = call.into_future();
    Box::pin(async { call.await.map(drop) })
}

fn page() -> LandingPage {
    "https://api.vipps.no/x?token=t".parse().unwrap()
}

fn url() -> RedirectUrl {
    "https://example.com/".parse().unwrap()
}

fn redirect(vipps: &Vipps) -> vipps::qr::MerchantRedirect {
    vipps.qr().merchant_redirect(&"b".parse().unwrap())
}

fn callback(vipps: &Vipps) -> vipps::qr::MerchantCallback {
    vipps.qr().merchant_callback(&"b".parse().unwrap())
}

/// The operations of each row.
fn operations(class: &str) -> Vec<Operation> {
    match class {
        "read" => vec![
            ("details", |v| run(v.ecom().payment(&id()).details())),
            #[allow(deprecated, reason = "it is in the table too")]
            ("status", |v| run(v.ecom().payment(&id()).status())),
            ("redirect", |v| run(redirect(&v).get())),
            ("redirects", |v| run(v.qr().merchant_redirects())),
            ("callback", |v| run(callback(&v).get())),
            ("callbacks", |v| run(v.qr().merchant_callbacks())),
        ],
        "keyed write" => vec![
            ("capture", |v| run(v.ecom().payment(&id()).capture())),
            ("refund", |v| run(v.ecom().payment(&id()).refund())),
            ("force approve", |v| {
                let phone = crate::support::PHONE.parse().unwrap();
                let payment = v.ecom().payment(&id());
                run(payment
                    .force_approve()
                    .phone_number(phone)
                    .landing_page(&page()))
            }),
        ],
        "idempotent" => vec![
            ("create", |v| run(redirect(&v).create(url()))),
            ("update", |v| run(redirect(&v).update(url()))),
            ("delete", |v| run(redirect(&v).delete())),
            ("put", |v| run(callback(&v).put("Till".parse().unwrap()))),
            ("delete callback", |v| run(callback(&v).delete())),
            ("beacon", |v| {
                let beacon = v.qr().mobilepay_beacon(&"123456789012345".parse().unwrap());
                run(beacon.put("Till".parse().unwrap()))
            }),
        ],
        "harmless" => vec![
            ("one-time", |v| run(v.qr().one_time(&page()))),
            ("exchange", |v| {
                let code = PersonalQr::parse("https://qr.vipps.no/p/x").unwrap();
                run(v.qr().exchange(code))
            }),
            ("exchange customer", |v| {
                let token: CustomerToken = "AAAA".parse().unwrap();
                run(v.qr().exchange_customer(token))
            }),
        ],
        // The builder goes on where the attempts end, so that this is the bare operation.
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
            run(v.ecom().initiate(id(), amount(), text()))
        })],
        other => panic!("what is {other}?"),
    }
}

fn client(world: &World) -> Vipps {
    let keys = Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    Vipps::builder(keys)
        .environment(Environment::Test)
        .transport(world.clone())
        .randomness(Half)
        // A third initiate would have to wait for the next minute.
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap()
}

/// What a cell promises, and what the failure itself says of the outcome where the cell does not say *unknown*.
fn check(about: &str, column: &str, cell: &str, told: &Error, requests: &[Sent], took: Duration) {
    // Half of 100 ms, or 100 ms and half of a second more.
    let (sent, wait) = match cell.split(", unknown").next().unwrap() {
        "stop" => (1, Duration::ZERO),
        "again" => (2, Duration::from_millis(50)),
        "again, slower" => (2, Duration::from_millis(600)),
        other => panic!("what is {other}?"),
    };
    assert_eq!(requests.len(), sent, "{about}");
    let late = took.saturating_sub(wait);
    assert!(
        took >= wait && late <= Duration::from_millis(5),
        "{about}: {took:?}"
    );
    for request in requests {
        assert_eq!(*request, requests[0], "{about}: another key or body");
    }
    let outcome = match column {
        _ if cell.ends_with("unknown") => Outcome::Unknown,
        "no connection" => Outcome::NotSent,
        "429" | "locked" | "refused" => Outcome::Rejected,
        _ => Outcome::NoEffect,
    };
    assert_eq!(told.outcome(), outcome, "{about}: {told:?}");
    assert_eq!(told.is_retryable(), cell.starts_with("again"), "{about}");
}

#[tokio::test(start_paused = true)]
async fn every_cell_is_what_every_operation_of_its_row_does() {
    let table = include_str!("../../src/retry.md").lines();
    let mut rows = table
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim));
    let columns: Vec<_> = rows.next().unwrap().collect();
    let mut cells = 0;
    for row in rows.skip(1) {
        let row: Vec<_> = row.collect();
        for (name, operation) in operations(row[0]) {
            for (column, cell) in columns.iter().zip(&row).skip(2) {
                for failure in Failure::of_column(column, row[0]) {
                    let about = format!("{name}, {column}, {failure:?}");
                    let world = World {
                        failure: failure.clone(),
                        no_token: false,
                        requests: Arc::default(),
                    };
                    let begun = Instant::now();
                    let told = operation(client(&world)).await.unwrap_err();
                    let requests = world.requests.lock().unwrap().clone();
                    check(&about, column, cell, &told, &requests, begun.elapsed());
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 500, "{cells}");
}

/// The token's requests are in the row of the reads; to whom it is for, nothing was sent.
#[tokio::test(start_paused = true)]
async fn the_token_is_a_read() {
    for column in [
        "no connection",
        "broken",
        "408, 5xx",
        "429",
        "look first",
        "refused",
    ] {
        for failure in Failure::of_column(column, "read") {
            let world = World {
                failure: failure.clone(),
                no_token: true,
                requests: Arc::default(),
            };
            let capture = client(&world).ecom().payment(&id()).capture();
            let told = capture.await.unwrap_err();
            let requests = world.requests.lock().unwrap().len();
            let again = column != "refused";
            assert_eq!(requests, if again { 2 } else { 1 }, "{failure:?}");
            assert_eq!(told.outcome(), Outcome::NotSent, "{failure:?}");
            assert_eq!(told.is_retryable(), again, "{failure:?}");
        }
    }
}
