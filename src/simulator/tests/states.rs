//! The operations that each state allows: the table of the reference, row by row.

use super::*;

/// The states that a payment can be in, as columns.
const STATES: [&str; 8] = [
    "initiated",
    "reserved",
    "partly captured",
    "captured",
    "sold",
    "rejected",
    "voided",
    "partly refunded",
];

/// A payment of 200 kr in that state, money moved by halves.
fn in_state(state: &str) -> Harness {
    let capture_type = if state == "sold" {
        CaptureType::Direct
    } else {
        CaptureType::Reserve
    };
    let mut harness = Harness::with(capture_type);
    harness.open(20_000);
    let ok = |response: Response| assert_eq!(response.status, 200, "{response:?}");
    match state {
        "initiated" => {}
        "rejected" => harness.reject(),
        _ => harness.approve(),
    }
    match state {
        "partly captured" => ok(harness.capture(Some(10_000))),
        "captured" => ok(harness.capture(None)),
        "voided" => ok(harness.cancel(false)),
        "partly refunded" => {
            ok(harness.capture(None));
            ok(harness.refund(Some(10_000)));
        }
        _ => {}
    }
    harness
}

/// The first error's code, or "ok".
fn outcome(response: &Response) -> String {
    if response.status == 200 {
        "ok".into()
    } else {
        code(response).2
    }
}

#[test]
fn operations_in_each_state_follow_the_table() {
    type Operation = fn(&mut Harness) -> Response;
    let table: [(&str, Operation, [&str; 8]); 8] = [
        (
            "capture the rest",
            |b| b.capture(None),
            ["62", "ok", "ok", "61", "61", "91", "91", "61"],
        ),
        (
            "capture a part",
            |b| b.capture(Some(5_000)),
            ["62", "ok", "ok", "61", "61", "91", "91", "61"],
        ),
        (
            "capture too much",
            |b| b.capture(Some(20_001)),
            ["62", "61", "61", "61", "61", "91", "91", "61"],
        ),
        (
            "cancel",
            |b| b.cancel(false),
            ["ok", "ok", "51", "51", "51", "92", "92", "51"],
        ),
        (
            "release the rest",
            |b| b.cancel(true),
            ["ok", "ok", "ok", "51", "51", "92", "92", "51"],
        ),
        (
            "refund the rest",
            |b| b.refund(None),
            ["91", "72", "ok", "ok", "ok", "73", "73", "ok"],
        ),
        (
            "refund a part",
            |b| b.refund(Some(5_000)),
            ["91", "72", "ok", "ok", "ok", "73", "73", "ok"],
        ),
        (
            "refund too much",
            |b| b.refund(Some(20_001)),
            ["91", "72", "71", "71", "71", "73", "73", "71"],
        ),
    ];
    for (name, operation, expected) in table {
        for (state, expected) in STATES.iter().zip(expected) {
            let mut harness = in_state(state);
            let before = harness.account().effects().len();
            let response = operation(&mut harness);
            assert_eq!(
                outcome(&response),
                expected,
                "{name} when {state}: {response:?}"
            );
            if expected != "ok" {
                assert_eq!(
                    harness.account().effects().len(),
                    before,
                    "{name} when {state}"
                );
            }
        }
    }
}

#[test]
fn details_are_available_in_each_state() {
    let expected: [&[&str]; 8] = [
        &["INITIATE"],
        &["RESERVE", "INITIATE"],
        &["CAPTURE", "RESERVE", "INITIATE"],
        &["CAPTURE", "RESERVE", "INITIATE"],
        &["SALE", "INITIATE"],
        &["CANCEL", "INITIATE"],
        &["VOID", "RESERVE", "INITIATE"],
        &["REFUND", "CAPTURE", "RESERVE", "INITIATE"],
    ];
    for (state, expected) in STATES.iter().zip(expected) {
        assert_eq!(in_state(state).operations(), expected, "{state}");
    }
}

#[test]
fn cancel_before_approval_is_logged_as_cancel() {
    let mut harness = in_state("initiated");
    let response = json_of(&harness.cancel(false));
    assert_eq!(response["transactionInfo"]["status"], "Cancelled");
    assert_eq!(response["transactionInfo"].get("transactionId"), None);
    assert_eq!(response.get("paymentInstrument"), None);
    assert_eq!(harness.operations(), ["CANCEL", "INITIATE"]);
}

#[test]
fn release_of_the_rest_keeps_the_captured_amount() {
    let mut harness = in_state("partly captured");
    let response = json_of(&harness.cancel(true));
    assert_eq!(
        response["transactionSummary"],
        json!({
            "capturedAmount": 10_000,
            "remainingAmountToCapture": 0,
            "refundedAmount": 0,
            "remainingAmountToRefund": 10_000,
        })
    );
    assert_eq!(outcome(&harness.capture(None)), "61");
    assert_eq!(outcome(&harness.cancel(true)), "51");
    assert_eq!(outcome(&harness.refund(None)), "ok");
    let account = harness.account();
    assert_eq!((account.released(), account.charged()), (10_000, 0));
}

#[test]
fn unscanned_payment_expires_after_five_minutes() {
    let mut harness = in_state("initiated");
    harness.advance(Duration::from_secs(301));
    assert_eq!(harness.operations(), ["INITIATE"]);
    assert_eq!(
        harness.get("status")["transactionInfo"]["status"],
        "REJECTED"
    );
    assert_eq!(outcome(&harness.capture(None)), "62");
    assert_eq!(outcome(&harness.cancel(false)), "ok");
}

#[test]
fn scan_adds_five_minutes() {
    let mut harness = in_state("initiated");
    harness.advance(Duration::from_secs(299));
    harness.scan();
    harness.advance(Duration::from_secs(299));
    harness.approve();
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
}

#[test]
fn planned_approval_has_its_own_time() {
    let domain = Domain::new(Some(Duration::from_secs(10)));
    let mut harness = Harness::of(CaptureType::Reserve, domain);
    harness.open(20_000);
    let started = harness.now;
    harness.advance(Duration::from_secs(6));
    let details = harness.get("details");
    assert!(details["transactionLogHistory"][0]["transactionId"].is_string());
    assert_eq!(details.get("transactionSummary"), None);
    harness.advance(Duration::from_secs(60));
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
    assert_eq!(
        harness.account().effects()[0].time(),
        later(started, Duration::from_secs(10))
    );
}

#[test]
fn payment_in_3d_secure_cannot_be_cancelled() {
    let mut harness = in_state("initiated");
    harness.with_payment(Domain::authenticate).unwrap();
    let response = harness.cancel(false);
    assert_eq!(response.status, 500);
    assert_eq!(
        json_of(&response),
        json!({"responseInfo": {
            "responseCode": 500,
            "responseMessage": "Something went wrong, please try again later.",
        }})
    );
    harness.approve();
    assert_eq!(outcome(&harness.cancel(false)), "ok");
}

#[test]
fn event_due_now_has_happened() {
    let domain = Domain::new(Some(Duration::from_secs(10)));
    let mut harness = Harness::of(CaptureType::Reserve, domain);
    harness.open(20_000);
    harness.advance(Duration::from_secs(10));
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
}
