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
fn in_state(state: &str) -> Bench {
    let capture_type = if state == "sold" {
        CaptureType::Direct
    } else {
        CaptureType::Reserve
    };
    let mut bench = Bench::with(capture_type);
    bench.open(20_000);
    let ok = |answer: Response| assert_eq!(answer.status, 200, "{answer:?}");
    match state {
        "initiated" => {}
        "rejected" => bench.reject(),
        _ => bench.approve(),
    }
    match state {
        "partly captured" => ok(bench.capture(Some(10_000))),
        "captured" => ok(bench.capture(None)),
        "voided" => ok(bench.cancel(false)),
        "partly refunded" => {
            ok(bench.capture(None));
            ok(bench.refund(Some(10_000)));
        }
        _ => {}
    }
    bench
}

/// The first error's code, or "ok".
fn outcome(answer: &Response) -> String {
    if answer.status == 200 {
        "ok".into()
    } else {
        code(answer).2
    }
}

#[test]
fn operations_in_each_state_follow_the_table() {
    type Operation = fn(&mut Bench) -> Response;
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
            let mut bench = in_state(state);
            let before = bench.account().effects().len();
            let answer = operation(&mut bench);
            assert_eq!(
                outcome(&answer),
                expected,
                "{name} when {state}: {answer:?}"
            );
            if expected != "ok" {
                assert_eq!(
                    bench.account().effects().len(),
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
    let mut bench = in_state("initiated");
    let answer = json_of(&bench.cancel(false));
    assert_eq!(answer["transactionInfo"]["status"], "Cancelled");
    assert_eq!(answer["transactionInfo"].get("transactionId"), None);
    assert_eq!(answer.get("paymentInstrument"), None);
    assert_eq!(bench.operations(), ["CANCEL", "INITIATE"]);
}

#[test]
fn release_of_the_rest_keeps_the_captured_amount() {
    let mut bench = in_state("partly captured");
    let answer = json_of(&bench.cancel(true));
    assert_eq!(
        answer["transactionSummary"],
        json!({
            "capturedAmount": 10_000,
            "remainingAmountToCapture": 0,
            "refundedAmount": 0,
            "remainingAmountToRefund": 10_000,
        })
    );
    assert_eq!(outcome(&bench.capture(None)), "61");
    assert_eq!(outcome(&bench.cancel(true)), "51");
    assert_eq!(outcome(&bench.refund(None)), "ok");
    let account = bench.account();
    assert_eq!((account.released(), account.charged()), (10_000, 0));
}

#[test]
fn unscanned_payment_expires_after_five_minutes() {
    let mut bench = in_state("initiated");
    bench.pass(Duration::from_secs(301));
    assert_eq!(bench.operations(), ["INITIATE"]);
    assert_eq!(bench.get("status")["transactionInfo"]["status"], "REJECTED");
    assert_eq!(outcome(&bench.capture(None)), "62");
    assert_eq!(outcome(&bench.cancel(false)), "ok");
}

#[test]
fn scan_adds_five_minutes() {
    let mut bench = in_state("initiated");
    bench.pass(Duration::from_secs(299));
    bench.scan();
    bench.pass(Duration::from_secs(299));
    bench.approve();
    assert_eq!(bench.operations(), ["RESERVE", "INITIATE"]);
}

#[test]
fn planned_approval_has_its_own_time() {
    let domain = Domain::new(Some(Duration::from_secs(10)));
    let mut bench = Bench::of(CaptureType::Reserve, domain);
    bench.open(20_000);
    let started = bench.now;
    bench.pass(Duration::from_secs(6));
    let details = bench.get("details");
    assert!(details["transactionLogHistory"][0]["transactionId"].is_string());
    assert_eq!(details.get("transactionSummary"), None);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.operations(), ["RESERVE", "INITIATE"]);
    assert_eq!(
        bench.account().effects()[0].time(),
        later(started, Duration::from_secs(10))
    );
}

#[test]
fn payment_in_3d_secure_cannot_be_cancelled() {
    let mut bench = in_state("initiated");
    bench.with_payment(Domain::authenticate).unwrap();
    let answer = bench.cancel(false);
    assert_eq!(answer.status, 500);
    assert_eq!(
        json_of(&answer),
        json!({"responseInfo": {
            "responseCode": 500,
            "responseMessage": "Something went wrong, please try again later.",
        }})
    );
    bench.approve();
    assert_eq!(outcome(&bench.cancel(false)), "ok");
}

#[test]
fn event_due_now_has_happened() {
    let domain = Domain::new(Some(Duration::from_secs(10)));
    let mut bench = Bench::of(CaptureType::Reserve, domain);
    bench.open(20_000);
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.operations(), ["RESERVE", "INITIATE"]);
}
