//! The retry table of the ePayment API's documentation, cell by cell: the number of requests with
//! two attempts, the outcome if both fail, and the conditions of a later call. Every read of the
//! details fails.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use vipps::epayment::PaymentDetails;
use vipps::{
    Amount, Credentials, Environment, Error, Outcome, RequestId, RetryPolicy, Transport,
    TransportError, TransportFuture, Vipps,
};

use crate::epayment::{CREATE, EVENTS, PAGE, PAYMENT, details, problem, reference};
use crate::support::{Call, boxed};

/// The result of every request of the operation.
#[derive(Clone, Copy, Debug)]
enum Failure {
    NotSent,
    Broken,
    /// A status without a body.
    Status(u16),
    /// A problem with this status and code.
    Code(u16, &'static str),
}
use Failure::{Broken, Code, NotSent, Status};

/// The key and the body of a request.
type SentRequest = (Option<String>, Bytes);

#[derive(Clone, Debug)]
struct FixedResponse {
    failure: Failure,
    /// Method and path of the operation. Every other request fails with HTTP 403.
    operation: (&'static str, &'static str),
    requests: Arc<Mutex<Vec<SentRequest>>>,
}

impl Transport for FixedResponse {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let path = request.uri().path();
        if path == "/accesstoken/get" {
            let token = Bytes::from(r#"{"access_token":"t","expires_in":"3600"}"#);
            return Box::pin(async move { Ok(http::Response::new(token)) });
        }
        let mut failure = Code(403, "5030");
        if (request.method().as_str(), path) == self.operation {
            failure = self.failure;
            let key = request.headers().get("idempotency-key");
            let key = key.map(|key| key.to_str().unwrap().to_owned());
            let sent = (key, request.body().clone());
            self.requests.lock().unwrap().push(sent);
        }
        let (status, body) = match failure {
            NotSent => return Box::pin(async { Err(TransportError::not_sent("no route")) }),
            Broken => return Box::pin(async { Err(TransportError::maybe_sent("reset")) }),
            Status(status) => (status, String::new()),
            Code(status, code) => (status, problem(status, code)),
        };
        let response = http::Response::builder().status(status);
        Box::pin(async move { Ok(response.body(body.into()).unwrap()) })
    }
}

fn key() -> RequestId {
    RequestId::parse("own-key").unwrap()
}

/// Details that are passed to the call, so that the call does not read them.
fn before() -> PaymentDetails {
    PaymentDetails::from_json(reference(), &details("AUTHORIZED", [10_000, 5_000, 0, 0])).unwrap()
}

/// The operations of each column: method, path and call.
type Operation = (&'static str, &'static str, fn(&Vipps) -> Call);

const COLUMNS: [&[Operation]; 4] = [
    &[
        ("GET", PAYMENT, |v| {
            boxed(v.epayment().payment(reference()).details())
        }),
        ("GET", EVENTS, |v| {
            boxed(v.epayment().payment(reference()).events())
        }),
    ],
    &[("POST", CREATE, |v| {
        let create = v.epayment().create(reference(), Amount::nok(100));
        let create = create.web_redirect(PAGE.parse().unwrap());
        boxed(create.idempotency_key(key()))
    })],
    &[
        (
            "POST",
            "/epayment/v1/payments/kiosk-7-000451/capture",
            |v| {
                let capture = v.epayment().payment(reference()).capture(Amount::nok(30));
                boxed(capture.baseline(&before()).idempotency_key(key()))
            },
        ),
        ("POST", "/epayment/v1/payments/kiosk-7-000451/refund", |v| {
            let refund = v.epayment().payment(reference()).refund(Amount::nok(30));
            boxed(refund.baseline(&before()).idempotency_key(key()))
        }),
    ],
    &[
        ("POST", "/epayment/v1/payments/kiosk-7-000451/cancel", |v| {
            boxed(v.epayment().payment(reference()).cancel())
        }),
    ],
];

/// The number of requests, the outcome, whether the same call may succeed later, and whether a
/// later call needs a new key.
type Cell = Option<(usize, Outcome, bool, bool)>;

/// A cell that the documentation leaves empty.
const NOT_DOCUMENTED: Cell = None;
const NOT_SENT: Cell = Some((2, Outcome::NotSent, true, false));
const RETRIED_READ: Cell = Some((2, Outcome::NoEffect, true, false));
const RETRIED_WITH_THE_SAME_KEY: Cell = Some((2, Outcome::Unknown, true, false));
const UNKNOWN: Cell = Some((1, Outcome::Unknown, false, false));
const RETRIED_AFTER_A_WAIT: Cell = Some((2, Outcome::Rejected, true, false));
const POSTPONED: Cell = Some((1, Outcome::Rejected, true, false));
const RETRIED_WITH_A_NEW_TOKEN: Cell = Some((2, Outcome::Rejected, false, false));
const REFUSED: Cell = Some((1, Outcome::Rejected, false, false));
const REFUSED_AND_NEEDS_A_NEW_KEY: Cell = Some((1, Outcome::Rejected, false, true));

/// Each situation, with the cells of the reads, create, capture and refund, and cancel.
const TABLE: &[(&[Failure], [Cell; 4])] = &[
    (&[NotSent], [NOT_SENT; 4]),
    (
        &[
            Broken,
            Status(500),
            Status(502),
            Status(503),
            Status(504),
            Code(500, "3010"),
        ],
        [
            RETRIED_READ,
            RETRIED_WITH_THE_SAME_KEY,
            RETRIED_WITH_THE_SAME_KEY,
            UNKNOWN,
        ],
    ),
    (&[Status(429)], [RETRIED_AFTER_A_WAIT; 4]),
    (
        &[
            Status(423),
            Code(400, "6160"),
            Code(400, "6250"),
            Code(423, "6160"),
        ],
        [RETRIED_AFTER_A_WAIT; 4],
    ),
    (
        &[Code(400, "6260"), Code(400, "6280")],
        [NOT_DOCUMENTED, NOT_DOCUMENTED, POSTPONED, NOT_DOCUMENTED],
    ),
    (&[Status(401)], [RETRIED_WITH_A_NEW_TOKEN; 4]),
    (
        &[
            Code(409, "4010"),
            Code(409, "4020"),
            Code(409, "4150"),
            Code(400, "4020"),
            Code(400, "4150"),
        ],
        [NOT_DOCUMENTED, UNKNOWN, UNKNOWN, NOT_DOCUMENTED],
    ),
    (
        &[Status(409), Code(409, "4020")],
        [NOT_DOCUMENTED, UNKNOWN, UNKNOWN, UNKNOWN],
    ),
    (
        &[
            Code(400, "4040"),
            Code(400, "4140"),
            Code(400, "5040"),
            Code(403, "5080"),
            Code(404, "5090"),
            Code(400, "6010"),
            Code(400, "7010"),
            Code(422, "9999"),
        ],
        [
            REFUSED,
            REFUSED_AND_NEEDS_A_NEW_KEY,
            REFUSED_AND_NEEDS_A_NEW_KEY,
            REFUSED,
        ],
    ),
];

fn client(transport: &FixedResponse) -> Vipps {
    let keys = Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    Vipps::builder(keys)
        .environment(Environment::Test)
        .transport(transport.clone())
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_operation_matches_its_cell() {
    for (failures, cells) in TABLE {
        for failure in *failures {
            for (operations, cell) in COLUMNS.into_iter().zip(cells) {
                let Some(expected) = *cell else {
                    continue;
                };
                for (method, path, call) in operations {
                    let transport = FixedResponse {
                        failure: *failure,
                        operation: (method, path),
                        requests: Arc::default(),
                    };
                    let error = call(&client(&transport)).await.unwrap_err();
                    let requests = transport.requests.lock().unwrap().clone();
                    let context = format!("{path}, {failure:?}: {error}");
                    let found = (
                        requests.len(),
                        error.outcome(),
                        error.is_retryable(),
                        error.needs_new_key(),
                    );
                    assert_eq!(found, expected, "{context}");
                    for request in &requests {
                        assert_eq!(*request, requests[0], "{context}: another key or body");
                    }
                }
            }
        }
    }
}

/// Each operation with its effect in the simulator's ledger.
const EFFECTS: [(&str, usize); 4] = [
    ("create_payment", 1),
    ("capture_payment", 2),
    ("refund_payment", 2),
    ("cancel_payment", 3),
];

/// The situations of the table in front of the simulator, which fails once before or after the
/// operation took effect. With the retries and reads of the table, the operation takes effect once,
/// or is refused without an effect.
#[tokio::test(start_paused = true)]
async fn simulator_moves_money_according_to_each_cell() {
    use vipps::simulator::{EffectKind, Simulator};

    for (failures, cells) in TABLE {
        for failure in *failures {
            for (operation, column) in EFFECTS {
                let Some((requests, outcome, ..)) = cells[column] else {
                    continue;
                };
                // Only an unknown outcome allows an effect.
                let may_be_done = outcome == Outcome::Unknown;
                for after in [false, true] {
                    if after && !may_be_done {
                        continue;
                    }
                    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
                    let vipps = sim.client();
                    let create = || {
                        let new = vipps.epayment().create(reference(), Amount::nok(100));
                        let create = new.web_redirect(PAGE.parse().unwrap());
                        boxed(create.idempotency_key(key()))
                    };
                    let payment = vipps.epayment().payment(reference());
                    if operation != "create_payment" {
                        create().await.unwrap();
                        sim.payer().approve(crate::epayment::REFERENCE).unwrap();
                        payment.capture(Amount::nok(50)).await.unwrap();
                    }
                    let before = sim.journal().count(operation);
                    let rule = sim.faults().on(operation).times(1);
                    let rule = if after {
                        rule.after_effect()
                    } else {
                        rule.before_effect()
                    };
                    match *failure {
                        NotSent => continue,
                        Broken => rule.reset(),
                        Status(status) => rule.status(status),
                        Code(_, code) => rule.epayment_error(code),
                    };
                    let call = || match operation {
                        "create_payment" => create(),
                        "capture_payment" => {
                            boxed(payment.capture(Amount::nok(30)).idempotency_key(key()))
                        }
                        "refund_payment" => {
                            boxed(payment.refund(Amount::nok(30)).idempotency_key(key()))
                        }
                        _ => boxed(payment.cancel()),
                    };
                    let result = call().await;
                    let context = format!("{operation}, {failure:?}, after: {after}: {result:?}");
                    let effects = || match operation {
                        "create_payment" => sim.ledger().len(),
                        "cancel_payment" => sim
                            .account(crate::epayment::REFERENCE)
                            .unwrap()
                            .count(EffectKind::Release),
                        _ => {
                            let account = sim.account(crate::epayment::REFERENCE).unwrap();
                            let effects = account.effects().iter();
                            effects
                                .filter(|effect| effect.idempotency_key() == Some("own-key"))
                                .filter(|effect| effect.kind() != EffectKind::Reserve)
                                .count()
                        }
                    };
                    assert_eq!(effects(), usize::from(result.is_ok() || after), "{context}");
                    let sent = sim.journal().count(operation) - before;
                    match &result {
                        // A read shows the effect, or a retry has it.
                        Ok(()) => assert!(sent <= 2, "{context}"),
                        Err(error) => {
                            assert_eq!((error.outcome(), sent), (outcome, requests), "{context}");
                            assert!(!(after && operation != "create_payment"), "{context}");
                        }
                    }
                    // The response to the retry of a create is the payment, so nothing is read.
                    if operation == "create_payment" && requests == 2 {
                        assert_eq!(sim.journal().count("get_payment_event_log"), 0, "{context}");
                    }
                    // Requests that are retried succeed, and so does the same call later.
                    if requests == 2 && sent == 2 {
                        assert!(result.is_ok(), "{context}");
                    }
                    if result.as_ref().is_err_and(Error::is_retryable) {
                        call().await.unwrap();
                        assert_eq!(effects(), 1, "{context}");
                    }
                }
            }
        }
    }
}
