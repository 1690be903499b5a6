//! `reconcile` returns only verdicts that the details prove.

use std::time::Duration;

use tokio::time::Instant;
use vipps::ecom::Reconciled;
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{Error, Outcome, RequestId, RetryPolicy};

use crate::support::{INITIATED, amount, id, text};

const PAYMENTS: &str = "/ecomm/v2/payments";

fn verdict(reconciled: &Reconciled) -> &'static str {
    match reconciled {
        Reconciled::TookEffect(_) => "took effect",
        Reconciled::NoEffect => "no effect",
        Reconciled::StillUnknown(_) => "still unknown",
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum LostResponse {
    Initiate,
    Code,
    Capture,
    Refund,
    Cancel,
    Approve,
}

const ALL: [LostResponse; 6] = [
    LostResponse::Initiate,
    LostResponse::Code,
    LostResponse::Capture,
    LostResponse::Refund,
    LostResponse::Cancel,
    LostResponse::Approve,
];

/// Loses the response of an operation, whose key is `mine`, and reconciles with these details.
async fn reconciled_with(lost: LostResponse, status: u16, details: &str) -> Reconciled {
    let path = |tail: &str| format!("{PAYMENTS}/acme-shop-123/{tail}");
    let approve = "/ecomm/v2/integration-test/payments/acme-shop-123/approve";
    let recorder = Recorder::new()
        .lose_response("POST", &path("capture"))
        .lose_response("POST", &path("refund"))
        .lose_response("POST", approve)
        .lose_response("POST", "/qr/v1")
        // The cancel itself reads the details.
        .lose_response("PUT", &path("cancel"))
        .respond("GET", &path("details"), 500, "")
        .respond("GET", &path("details"), 500, "")
        .respond("GET", &path("details"), 500, "")
        .respond("GET", &path("details"), status, details);
    let recorder = match lost {
        LostResponse::Code => recorder.respond("POST", PAYMENTS, 200, INITIATED),
        _ => recorder.lose_response("POST", PAYMENTS),
    };
    let vipps = recorder.client();
    let payment = vipps.ecom().payment(id());
    let key = RequestId::parse("mine").unwrap();
    let error: Error = match lost {
        LostResponse::Initiate => vipps
            .ecom()
            .initiate(id(), amount(), text())
            .await
            .unwrap_err(),
        LostResponse::Code => vipps.pay_by_qr(id(), amount(), text()).await.unwrap_err(),
        LostResponse::Capture => payment
            .capture_remaining()
            .idempotency_key(key)
            .await
            .unwrap_err(),
        LostResponse::Refund => payment
            .refund(amount())
            .idempotency_key(key)
            .await
            .unwrap_err(),
        LostResponse::Cancel => payment.cancel().await.unwrap_err(),
        LostResponse::Approve => payment.force_approve().await.unwrap_err(),
    };
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    vipps.ecom().reconcile(&error).await
}

#[tokio::test(start_paused = true)]
async fn without_known_events_each_operation_is_unknown() {
    for lost in ALL {
        for details in [
            "{}",
            "[]",
            "null",
            r#"{"message":"ok"}"#,
            r#"{"url":""}"#,
            r#"{"orderId":"acme-shop-123"}"#,
            r#"{"orderId":"acme-shop-123","url":"https://example.com/?token=x"}"#,
            r#"{"reference":"acme-shop-123","state":"AUTHORIZED"}"#,
            r#"{"transactionLogHistory":null}"#,
            r#"{"transactionLogHistory":[]}"#,
            r#"{"transactionLogHistory":[{}]}"#,
            r#"{"transactionLogHistory":[7]}"#,
            r#"{"transactionLogHistory":[{"operation":"TOMORROW","operationSuccess":true}]}"#,
            r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":false}]}"#,
            r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":"F"}]}"#,
            r#"{"transactionLogHistory":[{"operation":"INITIATE"}]}"#,
            r#"{"transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000}}"#,
        ] {
            let reconciled = reconciled_with(lost, 200, details).await;
            assert_eq!(
                verdict(&reconciled),
                "still unknown",
                "{lost:?} {details}: {reconciled:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn initiate_took_effect_by_any_event_that_succeeded() {
    for lost in [LostResponse::Initiate, LostResponse::Code] {
        for events in [
            r#"{"operation":"INITIATE","operationSuccess":true}"#,
            r#"{"operation":"CANCEL","operationSuccess":true},{"operation":"INITIATE","operationSuccess":true}"#,
            r#"{"operation":"TOMORROW","operationSuccess":true},{"operation":"INITIATE","operationSuccess":true}"#,
            r#"{"operation":"RESERVE","operationSuccess":false},{"operation":"INITIATE","operationSuccess":true}"#,
        ] {
            let details = format!(r#"{{"transactionLogHistory":[{events}]}}"#);
            let reconciled = reconciled_with(lost, 200, &details).await;
            assert_eq!(verdict(&reconciled), "took effect", "{lost:?} {details}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn details_of_another_order_are_still_unknown() {
    // Each body would be a proof if it were about this order.
    let event = |operation: &str, key: &str| {
        format!(
            r#"{{"amount":20000,"operation":"{operation}","requestId":"{key}","operationSuccess":true}},"#
        )
    };
    for lost in ALL {
        let newest = match lost {
            LostResponse::Capture => event("CAPTURE", "mine"),
            LostResponse::Refund => event("REFUND", "mine"),
            LostResponse::Cancel => event("VOID", ""),
            LostResponse::Initiate | LostResponse::Code | LostResponse::Approve => String::new(),
        };
        for other in ["acme-shop-124", "ACME-SHOP-123", "acme-shop-123 "] {
            for proof in [newest.as_str(), ""] {
                let details = format!(
                    r#"{{"orderId":"{other}","transactionLogHistory":[{proof}
                        {{"amount":20000,"operation":"RESERVE","operationSuccess":true}},
                        {{"amount":20000,"operation":"INITIATE","operationSuccess":true}}]}}"#
                );
                let reconciled = reconciled_with(lost, 200, &details).await;
                assert_eq!(
                    verdict(&reconciled),
                    "still unknown",
                    "{lost:?} {details}: {reconciled:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_order_is_no_effect_unless_it_was_started() {
    let unknown = r#"[{"errorGroup":"Merchant","errorCode":"35","errorMessage":"x"}]"#;
    for lost in ALL {
        let reconciled = reconciled_with(lost, 404, unknown).await;
        // A code is requested only after a successful initiate, so an unknown order contradicts the
        // request.
        let expected = if lost == LostResponse::Code {
            "still unknown"
        } else {
            "no effect"
        };
        assert_eq!(verdict(&reconciled), expected, "{lost:?}");
    }
    for (status, lost) in [
        (429, LostResponse::Initiate),
        (500, LostResponse::Capture),
        (200, LostResponse::Refund),
    ] {
        let reconciled = reconciled_with(lost, status, unknown).await;
        assert_eq!(verdict(&reconciled), "still unknown", "{status} {lost:?}");
    }
}

/// A cancel is proven by its event and by the amount that is left to capture.
#[tokio::test(start_paused = true)]
async fn a_cancel_is_judged_by_its_event_and_the_sums() {
    const RESERVE: &str = r#"{"operation":"RESERVE","operationSuccess":true,"amount":100}"#;
    const INITIATE: &str = r#"{"operation":"INITIATE","operationSuccess":true,"amount":100}"#;
    let sums = |captured: i64, to_capture: i64| {
        format!(
            r#""transactionSummary":{{"capturedAmount":{captured},"remainingAmountToCapture":{to_capture},
                "refundedAmount":0,"remainingAmountToRefund":{captured}}},"#
        )
    };
    let only_remaining =
        |ore: i64| format!(r#""transactionSummary":{{"remainingAmountToCapture":{ore}}},"#);
    let capture = |amount: &str| {
        format!(r#"{{"operation":"CAPTURE","operationSuccess":true{amount}}},{RESERVE},"#)
    };
    let (part, all, unread) = (
        capture(r#","amount":40"#),
        capture(r#","amount":100"#),
        capture(""),
    );
    let event = |operation: &str, success: &str, rest: &str| {
        format!(r#"{{"operation":"{operation}","operationSuccess":{success}}},{rest}"#)
    };
    let reserved = format!("{RESERVE},");
    let without_reserve = r#"{"operation":"CAPTURE","operationSuccess":true,"amount":40},"#;
    for (stated, events, expected) in [
        // The payment was reserved and nothing is left: it was captured or cancelled.
        (only_remaining(0), reserved.clone(), "still unknown"),
        // A cancel that failed.
        (sums(0, 100), event("VOID", "false", &reserved), "no effect"),
        (
            sums(0, 100),
            event("CANCEL", "false", &reserved),
            "no effect",
        ),
        (sums(40, 60), event("VOID", "false", &part), "no effect"),
        (sums(100, 0), event("VOID", "false", &all), "no effect"),
        // A cancel that may have failed.
        (sums(40, 60), event("VOID", "null", &part), "still unknown"),
        (
            sums(40, 60),
            event("CANCEL", "null", &part),
            "still unknown",
        ),
        // An event of another operation that may have failed.
        (sums(40, 60), event("REFUND", "null", &part), "no effect"),
        // The rest is released.
        (sums(40, 0), event("VOID", "true", &part), "took effect"),
        (sums(40, 0), event("CANCEL", "true", &part), "took effect"),
        (
            sums(40, 0),
            event("VOID", "true", without_reserve),
            "took effect",
        ),
        (
            only_remaining(0),
            event("VOID", "true", &unread),
            "took effect",
        ),
        // Nothing was left to cancel.
        (sums(100, 0), event("CANCEL", "true", &all), "still unknown"),
        // Released without an event, or captured by an event that lacks its amount.
        (only_remaining(0), unread.clone(), "still unknown"),
        // The captured amount exceeds the reservation: the sums contradict the events.
        (sums(101, 0), event("VOID", "true", &all), "still unknown"),
        (sums(101, 0), all.clone(), "still unknown"),
    ] {
        let details = format!(r#"{{{stated}"transactionLogHistory":[{events}{INITIATE}]}}"#);
        let reconciled = reconciled_with(LostResponse::Cancel, 200, &details).await;
        assert_eq!(verdict(&reconciled), expected, "{details}: {reconciled:?}");
    }
}

/// The request may still be in transit when the attempt times out, even if it was sent long before.
#[tokio::test(start_paused = true)]
async fn settled_after_counts_from_the_end_of_the_last_attempt() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let start = vipps.ecom().initiate(id(), amount(), text());
    start.await.unwrap();
    sim.payer().approve("acme-shop-123").unwrap();
    let stalled = sim.faults().on("capture_payment_using_post");
    stalled.before_effect().times(1).stall();
    let start_time = Instant::now();
    let capture = vipps.ecom().payment(id()).capture_remaining();
    let error = capture.retry(RetryPolicy::none()).await.unwrap_err();
    let given_up = start_time.elapsed();
    assert!(given_up >= Duration::from_secs(9), "{given_up:?}");
    let reconciled = vipps.ecom().reconcile(&error).await;
    assert_eq!(verdict(&reconciled), "no effect");
    let waited = start_time.elapsed().saturating_sub(given_up);
    assert!(
        (Duration::from_secs(30)..Duration::from_secs(32)).contains(&waited),
        "no effect was concluded {waited:?} after the attempt was given up"
    );
}
