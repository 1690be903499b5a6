//! Reconciling operations of ePayment, from an error and from stored values.

use std::time::Duration;

use serde_json::{Value, json};
use vipps::epayment::{Payment, Reconcile, Reconciled};
use vipps::testing::Recorder;
use vipps::{Amount, Error, Outcome, RequestId};

use crate::epayment::{CREATE, EVENTS, PAGE, PAYMENT, details, problem, reference};

const KEY: &str = "own-key";

/// The verdict without its reason.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    TookEffect,
    NoEffect,
    Unknown,
}
use Found::{NoEffect, TookEffect, Unknown};

#[derive(Clone, Copy, Debug, PartialEq)]
enum LostResponse {
    Create,
    Capture,
    Refund,
    Cancel,
    Approve,
}
use LostResponse::{Approve, Cancel, Capture, Create, Refund};

const ALL: [LostResponse; 5] = [Create, Capture, Refund, Cancel, Approve];

fn key() -> RequestId {
    RequestId::parse(KEY).unwrap()
}

impl LostResponse {
    /// The error of this operation after all its responses were lost.
    async fn error(self) -> Error {
        let capture = format!("{PAYMENT}/capture");
        let refund = format!("{PAYMENT}/refund");
        let cancel = format!("{PAYMENT}/cancel");
        let approve = "/epayment/v1/test/payments/kiosk-7-000451/approve";
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &details("CREATED", [0, 0, 0, 0]))
            .respond("GET", PAYMENT, 503, "")
            .lose_response("POST", CREATE)
            .lose_response("POST", &capture)
            .lose_response("POST", &refund)
            .lose_response("POST", &cancel)
            .lose_response("POST", approve);
        let vipps = recorder.client();
        let payment = vipps.epayment().payment(reference());
        let amount = Amount::nok(30);
        let phone: vipps::PhoneNumber = crate::support::PHONE.parse().unwrap();
        let error = match self {
            Create => {
                let create = vipps.epayment().create(reference(), amount);
                let create = create.web_redirect(PAGE.parse().unwrap());
                create.idempotency_key(key()).await.unwrap_err()
            }
            Capture => payment
                .capture(amount)
                .idempotency_key(key())
                .await
                .unwrap_err(),
            Refund => payment
                .refund(amount)
                .idempotency_key(key())
                .await
                .unwrap_err(),
            Cancel => payment.cancel().await.unwrap_err(),
            Approve => payment.force_approve().customer(phone).await.unwrap_err(),
        };
        assert_eq!(error.outcome(), Outcome::Unknown, "{self:?}");
        error
    }

    fn stored(self, payment: &Payment) -> Option<Reconcile> {
        Some(match self {
            Create => payment.reconcile_create(key()),
            Capture => payment.reconcile_capture(key(), Amount::nok(30)),
            Refund => payment.reconcile_refund(key(), Amount::nok(30)),
            Cancel => payment.reconcile_cancel(),
            Approve => return None,
        })
    }

    /// Reconciles from the error and from stored values, with this payment and event log.
    async fn found(self, (status, body): (u16, &str), log: &Value) -> (Found, Option<Found>) {
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, status, body)
            .respond("GET", EVENTS, 200, &log.to_string());
        let vipps = recorder.client();
        let of = |reconciled: Reconciled| match reconciled {
            Reconciled::TookEffect(_) => TookEffect,
            Reconciled::NoEffect => NoEffect,
            Reconciled::StillUnknown(error) => {
                assert_eq!(error.outcome(), Outcome::Unknown);
                Unknown
            }
        };
        let from_error = vipps.epayment().reconcile(&self.error().await).await;
        let stored = match self.stored(&vipps.epayment().payment(reference())) {
            Some(reconcile) => Some(of(reconcile.await)),
            None => None,
        };
        (of(from_error), stored)
    }

    async fn check(self, body: &str, log: Value, expected: Found) {
        let (from_error, stored) = self.found((200, body), &log).await;
        assert_eq!(from_error, expected, "{self:?} {body} {log}");
        assert!(
            stored.is_none_or(|found| found == expected),
            "stored {self:?} {body} {log}"
        );
    }
}

fn event(name: &str, key: &str, value: i64, success: impl Into<Value>) -> Value {
    json!({"name": name, "idempotencyKey": key, "success": success.into(),
        "amount": {"currency": "NOK", "value": value}})
}

fn created() -> Value {
    event("CREATED", "create", 10_000, true)
}

#[tokio::test]
async fn create_is_found_by_the_key_of_the_creation() {
    let body = details("CREATED", [0, 0, 0, 0]);
    for (log, expected) in [
        (json!([event("CREATED", KEY, 10_000, true)]), TookEffect),
        (
            json!([
                event("CREATED", "", 10_000, true),
                event("AUTHORIZED", KEY, 10_000, true)
            ]),
            TookEffect,
        ),
        (json!([event("CREATED", "other", 10_000, true)]), NoEffect),
        // The creation takes precedence over an approval, in any order.
        (
            json!([
                event("AUTHORIZED", "other", 10_000, true),
                event("CREATED", KEY, 10_000, true)
            ]),
            TookEffect,
        ),
        (json!([event("CREATED", "", 10_000, true)]), Unknown),
        (json!([event("CREATED", KEY, 10_000, false)]), Unknown),
        (json!([event("CREATED", KEY, 10_000, "maybe")]), Unknown),
        (json!([event("NEW_NAME", KEY, 10_000, true)]), Unknown),
        (json!([]), Unknown),
        (json!({}), Unknown),
    ] {
        Create.check(&body, log, expected).await;
    }
}

#[tokio::test]
async fn transfer_is_found_by_its_key_in_the_log() {
    for (lost, name, sums) in [
        (Capture, "CAPTURED", [10_000, 3_000, 0, 0]),
        (Refund, "REFUNDED", [10_000, 10_000, 0, 3_000]),
    ] {
        let body = details("AUTHORIZED", sums);
        let own = event(name, KEY, 3_000, true);
        let other = event(name, "other", 3_000, true);
        for (log, expected) in [
            (json!([created(), own]), TookEffect),
            (json!([event("NEW_NAME", "x", 1, true), own]), TookEffect),
            // Other requests account for the whole sum.
            (json!([created(), other]), NoEffect),
            (
                json!([created(), other, event(name, KEY, 3_000, false)]),
                NoEffect,
            ),
            (json!([created()]), Unknown),
            (
                json!([created(), event(name, "other", 2_000, true)]),
                Unknown,
            ),
            (
                json!([created(), other, event(name, KEY, 3_000, "maybe")]),
                Unknown,
            ),
            (json!([created(), event(name, "", 3_000, true)]), Unknown),
            (
                json!([created(), other, event("NEW_NAME", "x", 1, true)]),
                Unknown,
            ),
            (json!([other, ["CAPTURED"]]), Unknown),
            (json!([]), Unknown),
        ] {
            lost.check(&body, log, expected).await;
        }
        let unchanged = details(
            "AUTHORIZED",
            if lost == Capture {
                [10_000, 0, 0, 0]
            } else {
                [10_000, 10_000, 0, 0]
            },
        );
        let log = || json!([created(), event("AUTHORIZED", "create", 10_000, true)]);
        lost.check(&unchanged, log(), NoEffect).await;
        lost.check(r#"{"state":"AUTHORIZED"}"#, log(), Unknown)
            .await;
        // The amount of the caller is in another currency than the payment.
        let euro = unchanged.replace("NOK", "EUR");
        let (_, stored) = lost.found((200, &euro), &log()).await;
        assert_eq!(stored, Some(Unknown));
    }
}

/// The key of another amount is detected only if the caller has stored the amount.
#[tokio::test]
async fn own_key_with_another_amount_is_unknown() {
    let body = details("AUTHORIZED", [10_000, 2_000, 0, 0]);
    let log = json!([created(), event("CAPTURED", KEY, 2_000, true)]);
    let (_, stored) = Capture.found((200, &body), &log).await;
    assert_eq!(stored, Some(Unknown));
}

#[tokio::test]
async fn cancel_and_approval_are_found_by_state_and_sums() {
    for (state, sums, cancelled, approved) in [
        ("CREATED", [0, 0, 0, 0], NoEffect, NoEffect),
        ("AUTHORIZED", [10_000, 0, 0, 0], NoEffect, TookEffect),
        ("AUTHORIZED", [10_000, 4_000, 0, 0], NoEffect, TookEffect),
        ("AUTHORIZED", [10_000, 10_000, 0, 0], NoEffect, TookEffect),
        (
            "AUTHORIZED",
            [10_000, 4_000, 6_000, 0],
            TookEffect,
            TookEffect,
        ),
        ("AUTHORIZED", [10_000, 0, 10_000, 0], TookEffect, TookEffect),
        ("TERMINATED", [0, 0, 10_000, 0], TookEffect, NoEffect),
        ("ABORTED", [0, 0, 0, 0], TookEffect, NoEffect),
        ("EXPIRED", [0, 0, 0, 0], TookEffect, NoEffect),
        ("NEW_STATE", [10_000, 0, 0, 0], NoEffect, Unknown),
        ("NEW_STATE", [10_000, 0, 10_000, 0], TookEffect, Unknown),
    ] {
        let body = details(state, sums);
        Cancel.check(&body, json!([]), cancelled).await;
        Approve.check(&body, json!([]), approved).await;
    }
    Cancel
        .check(r#"{"state":"AUTHORIZED"}"#, json!([]), Unknown)
        .await;
}

/// The error contains the sales unit of its request. Stored values may be read for another sales
/// unit.
#[tokio::test]
async fn missing_payment_proves_no_effect_of_an_error() {
    let bodies = [
        (404, problem(404, "5090")),
        (400, problem(400, "5090")),
        (
            404,
            r#"{"type":"x","title":"Not Found","status":404,"traceId":"00"}"#.to_owned(),
        ),
    ];
    for (status, body) in &bodies {
        for lost in ALL {
            let (from_error, stored) = lost.found((*status, body), &json!([])).await;
            assert_eq!(from_error, NoEffect, "{lost:?} {body}");
            let expected = if lost == Create { NoEffect } else { Unknown };
            assert!(
                stored.is_none_or(|found| found == expected),
                "{lost:?} {body}"
            );
        }
    }
    let of_gateway = r#"{"statusCode":404,"message":"Resource not found"}"#;
    for (status, body) in [
        (404, of_gateway),
        (404, ""),
        (404, "<html>"),
        (403, of_gateway),
    ] {
        let (from_error, stored) = Create.found((status, body), &json!([])).await;
        assert_eq!(
            (from_error, stored),
            (Unknown, Some(Unknown)),
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn errors_of_other_operations_and_outcomes_need_no_request() {
    let recorder = Recorder::new().respond("GET", PAYMENT, 404, &problem(404, "5090"));
    let vipps = recorder.client();
    let error = vipps
        .epayment()
        .payment(reference())
        .details()
        .await
        .unwrap_err();
    let requests = recorder.requests().len();
    let found = vipps.epayment().reconcile(&error).await;
    assert!(matches!(found, Reconciled::NoEffect));
    let of_ecom = Recorder::new().lose_response("POST", "/ecomm/v2/payments/acme-shop-123/capture");
    let payment = of_ecom.client().ecom().payment(crate::support::id());
    let error = payment.capture_remaining().await.unwrap_err();
    let found = vipps.epayment().reconcile(&error).await;
    let Reconciled::StillUnknown(reason) = found else {
        panic!("{found:?}")
    };
    assert!(reason.to_string().contains("names no payment"), "{reason}");
    assert_eq!(recorder.requests().len(), requests);
}

#[tokio::test]
async fn sales_unit_of_the_error_is_read() {
    let recorder = Recorder::new()
        .lose_response("POST", &format!("{PAYMENT}/cancel"))
        .respond("GET", PAYMENT, 503, "")
        .respond(
            "GET",
            PAYMENT,
            200,
            &details("TERMINATED", [0, 0, 10_000, 0]),
        );
    let vipps = recorder.client();
    let payment = vipps.epayment().payment(reference());
    let payment = payment.merchant_serial_number("7654321".parse().unwrap());
    let error = payment
        .cancel()
        .retry(vipps::RetryPolicy::none())
        .await
        .unwrap_err();
    let found = vipps.epayment().reconcile(&error).await;
    assert!(matches!(found, Reconciled::TookEffect(_)));
    let shapes = recorder.shape_of("get_payment");
    assert_eq!(
        shapes.matches("merchant-serial-number: 7654321").count(),
        2,
        "{shapes}"
    );
}

/// The details take most of the time, and the event log gets only what is left of it.
#[tokio::test(start_paused = true)]
async fn deadline_covers_the_details_and_the_event_log() {
    let sim = vipps::simulator::Simulator::builder().freeze_clock();
    let sim = sim.in_memory().unwrap();
    let vipps = sim.client();
    let create = vipps.epayment().create(reference(), Amount::nok(100));
    create.qr().await.unwrap();
    let slow = Duration::from_secs(8);
    sim.faults().on("get_payment").delay(slow);
    sim.faults().on("get_payment_event_log").delay(slow);
    let deadline = Duration::from_secs(12);
    let start_time = tokio::time::Instant::now();
    let payment = vipps.epayment().payment(reference());
    let reconcile = payment.reconcile_capture(key(), Amount::nok(30));
    let found = reconcile.deadline(deadline).await;
    assert!(matches!(found, Reconciled::StillUnknown(_)), "{found:?}");
    let took = start_time.elapsed();
    assert!(took <= deadline + Duration::from_millis(2), "{took:?}");
}
