//! After a restart `reconcile` uses stored values: order id, operation, key and amount.

use std::time::Duration;

use tokio::time::Instant;
use vipps::ecom::{Payment, Reconcile, Reconciled};
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{Amount, RequestId, Vipps};

use crate::support::{amount, id, text};

const ORDER: &str = "acme-shop-123";

fn verdict(reconciled: &Reconciled) -> &'static str {
    match reconciled {
        Reconciled::TookEffect(_) => "took effect",
        Reconciled::NoEffect => "no effect",
        Reconciled::StillUnknown(_) => "still unknown",
    }
}

fn key() -> RequestId {
    RequestId::parse("stored-key").unwrap()
}

fn part() -> Amount {
    Amount::nok(30)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stored {
    Initiate,
    Capture,
    Refund,
    Cancel,
}

const ALL: [Stored; 4] = [
    Stored::Initiate,
    Stored::Capture,
    Stored::Refund,
    Stored::Cancel,
];

impl Stored {
    fn operation(self) -> &'static str {
        match self {
            Self::Initiate => "initiate_payment_v3_using_post",
            Self::Capture => "capture_payment_using_post",
            Self::Refund => "refund_payment_using_post",
            Self::Cancel => "cancel_payment_request_using_put",
        }
    }

    fn reconcile(self, payment: &Payment) -> Reconcile {
        match self {
            Self::Initiate => payment.reconcile_initiate(),
            Self::Capture => payment.reconcile_capture(key(), part()),
            Self::Refund => payment.reconcile_refund(key(), part()),
            Self::Cancel => payment.reconcile_cancel(),
        }
    }

    /// Brings the payment to a state that allows the operation.
    async fn prepare(self, sim: &Simulator) {
        let vipps = sim.client();
        let payment = vipps.ecom().payment(id());
        if self != Self::Initiate {
            let start = vipps.ecom().initiate(id(), amount(), text());
            start.await.unwrap();
            sim.payer().approve(ORDER).unwrap();
        }
        if self == Self::Refund {
            payment.capture_remaining().await.unwrap();
        }
    }

    async fn send(self, vipps: &Vipps) {
        let payment = vipps.ecom().payment(id());
        match self {
            Self::Initiate => {
                let _ = vipps.ecom().initiate(id(), amount(), text()).await;
            }
            Self::Capture => {
                let _ = payment.capture(part()).idempotency_key(key()).await;
            }
            Self::Refund => {
                let _ = payment.refund(part()).idempotency_key(key()).await;
            }
            Self::Cancel => {
                let _ = payment.cancel().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_reconciled_after_a_restart() {
    for stored in ALL {
        for took_effect in [true, false] {
            let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
            stored.prepare(&sim).await;
            let stalled = sim.faults().on(stored.operation());
            if took_effect {
                stalled.after_effect().stall();
            } else {
                stalled.before_effect().stall();
            }
            // The process ends during the call, so the error and the client are lost.
            let vipps = sim.client();
            let interrupted = tokio::time::timeout(Duration::from_secs(2), stored.send(&vipps));
            assert!(interrupted.await.is_err(), "{stored:?}");
            drop(vipps);
            sim.faults().clear();

            let restarted = sim.client();
            let payment = restarted.ecom().payment(id());
            let start_time = Instant::now();
            let reconciled = stored.reconcile(&payment).await;
            let expected = if took_effect {
                "took effect"
            } else {
                "no effect"
            };
            assert_eq!(verdict(&reconciled), expected, "{stored:?} {reconciled:?}");
            let waited = start_time.elapsed();
            if took_effect {
                assert!(waited < Duration::from_secs(1), "{stored:?} {waited:?}");
            } else {
                // The time of the last attempt is unknown, so the settling time starts now.
                let expected = Duration::from_secs(30)..Duration::from_secs(32);
                assert!(expected.contains(&waited), "{stored:?} {waited:?}");
            }
            // The next step that the result allows.
            stored.send(&restarted).await;
            let account = sim.account(ORDER).unwrap();
            match stored {
                Stored::Initiate | Stored::Cancel => {}
                Stored::Capture => assert_eq!(account.captured(), 3_000),
                Stored::Refund => assert_eq!(account.refunded(), 3_000),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_time_shortens_the_wait_and_never_lengthens_it() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    Stored::Capture.prepare(&sim).await;
    let vipps = sim.client();
    let payment = vipps.ecom().payment(id());
    let second = |n: i64| jiff::SignedDuration::from_secs(n);
    for (ended, waits) in [
        (Some(-3600), 0),
        (Some(-30), 0),
        (Some(-20), 10),
        (Some(0), 30),
        // The clock was set back.
        (Some(3600), 30),
        (None, 30),
    ] {
        let mut reconcile = payment.reconcile_capture(key(), part());
        if let Some(ended) = ended {
            reconcile = reconcile.call_ended_at(sim.clock().now() + second(ended));
        }
        let start_time = Instant::now();
        assert_eq!(verdict(&reconcile.await), "no effect");
        let waited = start_time.elapsed().as_secs();
        assert_eq!(waited, waits, "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn settled_after_zero_trusts_the_first_read() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    Stored::Refund.prepare(&sim).await;
    let payment = sim.client().ecom().payment(id());
    let start_time = Instant::now();
    let reconcile = payment.reconcile_refund(key(), part());
    let reconciled = reconcile.settled_after(Duration::ZERO).await;
    assert_eq!(verdict(&reconciled), "no effect");
    assert!(start_time.elapsed() < Duration::from_secs(1));
}

async fn verdict_of(stored: Stored, status: u16, details: &str) -> &'static str {
    let path = format!("/ecomm/v2/payments/{ORDER}/details");
    let recorder = Recorder::new().respond("GET", &path, status, details);
    let payment = recorder.client().ecom().payment(id());
    verdict(&stored.reconcile(&payment).await)
}

#[tokio::test(start_paused = true)]
async fn an_event_with_the_key_and_another_amount_stays_unknown() {
    let log = |kind: &str, amount: &str| {
        format!(
            r#"{{"transactionLogHistory":[
            {{{amount}"operation":"{kind}","requestId":"stored-key","operationSuccess":true}},
            {{"amount":20000,"operation":"RESERVE","operationSuccess":true}}]}}"#
        )
    };
    for (stored, kind) in [(Stored::Capture, "CAPTURE"), (Stored::Refund, "REFUND")] {
        for (amount, expected) in [
            (r#""amount":3000,"#, "took effect"),
            (r#""amount":2999,"#, "still unknown"),
            (r#""amount":20000,"#, "still unknown"),
            ("", "took effect"),
        ] {
            let verdict = verdict_of(stored, 200, &log(kind, amount)).await;
            assert_eq!(verdict, expected, "{stored:?} {amount}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stored_amount_in_another_currency_stays_unknown() {
    let path = format!("/ecomm/v2/payments/{ORDER}/details");
    for kind in ["CAPTURE", "RESERVE"] {
        let log = format!(
            r#"{{"transactionLogHistory":[
            {{"operation":"{kind}","requestId":"stored-key","operationSuccess":true}}]}}"#
        );
        let recorder = Recorder::new().respond("GET", &path, 200, &log);
        let payment = recorder.client().ecom().payment(id());
        for amount in [Amount::dkk(30), Amount::eur(30)] {
            let reconcile = payment.reconcile_capture(key(), amount);
            assert_eq!(verdict(&reconcile.await), "still unknown", "{kind}");
        }
    }
}

/// A capture, refund or cancel requires an existing payment. Its absence means that the details
/// were read for another sales unit or environment.
#[tokio::test(start_paused = true)]
async fn an_unknown_order_disproves_only_a_stored_initiate() {
    let unknown = r#"[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"x"}]"#;
    for stored in ALL {
        let expected = if stored == Stored::Initiate {
            "no effect"
        } else {
            "still unknown"
        };
        assert_eq!(
            verdict_of(stored, 404, unknown).await,
            expected,
            "{stored:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn details_that_prove_nothing_leave_stored_operations_unknown() {
    for stored in ALL {
        for (status, details) in [
            (200, "{}"),
            (200, r#"{"message":"ok"}"#),
            (
                200,
                r#"{"transactionLogHistory":[{"operation":"TOMORROW"}]}"#,
            ),
            (
                200,
                r#"{"orderId":"other","transactionLogHistory":[{"operation":"INITIATE"}]}"#,
            ),
            (404, ""),
            (500, ""),
        ] {
            let verdict = verdict_of(stored, status, details).await;
            assert_eq!(verdict, "still unknown", "{stored:?} {status} {details}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_operation_is_read_for_the_sales_unit_of_the_payment() {
    for stored in ALL {
        let recorder = Recorder::new();
        let payment = recorder.client().ecom().payment(id());
        let payment = payment.merchant_serial_number("654321".parse().unwrap());
        let _ = stored.reconcile(&payment).await;
        let shape = recorder.shape_of("get_payment_details_using_get");
        assert!(shape.contains("merchant-serial-number: 654321"), "{shape}");
    }
}
