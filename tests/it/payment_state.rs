//! The state and the allowed operations for every shape of a payment's history.

use std::collections::BTreeSet;

use vipps::ecom::{Operation, PaymentDetails, PaymentState};
use vipps::{Amount, Currency};

use PaymentState::{
    Cancelled, Captured, Expired, Failed, Initiated, PartiallyCaptured, PartiallyRefunded,
    Refunded, Rejected, Reserved, Unknown,
};

const START_TIME: &str = "2026-03-02T09:00:00Z";

/// Writes a log, newest first like the API. The input is oldest first: operation, øre, success.
fn json(log: &[(&str, i64, bool)], sums: Option<[i64; 4]>) -> String {
    let entries: Vec<String> = log
        .iter()
        .enumerate()
        .rev()
        .map(|(n, (operation, ore, success))| {
            let id = if n == 0 { "" } else { r#""transactionId":"5001420062","# };
            format!(
                r#"{{"operation":"{operation}","amount":{ore},"operationSuccess":{success},{id}
                "transactionText":"Socks","requestId":"","timeStamp":"2026-03-02T09:00:0{n}.000Z"}}"#
            )
        })
        .collect();
    let summary = sums.map_or(String::new(), |[captured, to_capture, refunded, to_refund]| {
        format!(
            r#""transactionSummary":{{"capturedAmount":{captured},"remainingAmountToCapture":{to_capture},
            "refundedAmount":{refunded},"remainingAmountToRefund":{to_refund}}},"#
        )
    });
    format!(
        r#"{{"orderId":"order-1",{summary}"transactionLogHistory":[{}]}}"#,
        entries.join(",")
    )
}

fn read(json: &str) -> PaymentDetails {
    PaymentDetails::from_json("order-1".parse().unwrap(), json).unwrap()
}

/// Returns the names of the allowed operations.
fn can(details: &PaymentDetails) -> BTreeSet<&'static str> {
    let all = [
        ("capture", details.can_capture()),
        ("cancel", details.can_cancel()),
        ("release", details.can_release()),
        ("refund", details.can_refund()),
    ];
    all.into_iter()
        .filter_map(|(word, can)| can.then_some(word))
        .collect()
}

type Log = &'static [(&'static str, i64, bool)];

struct Row {
    /// The column of the API's table of states and operations.
    name: &'static str,
    log: Log,
    /// The sums captured, to capture, refunded and to refund. The stated sums and the sums of the
    /// log are equal.
    sums: [i64; 4],
    state: PaymentState,
    can: &'static [&'static str],
}

const INITIATE: (&str, i64, bool) = ("INITIATE", 20_000, true);
const RESERVE: (&str, i64, bool) = ("RESERVE", 20_000, true);
const CAPTURE_ALL: (&str, i64, bool) = ("CAPTURE", 20_000, true);
const CAPTURE_PART: (&str, i64, bool) = ("CAPTURE", 5_000, true);

#[rustfmt::skip] // A table is read with one line for each row.
const ROWS: &[Row] = &[
    // States before the customer's decision.
    Row { name: "started", log: &[INITIATE], sums: [0, 0, 0, 0], state: Initiated, can: &["cancel"] },
    Row { name: "no history at all", log: &[], sums: [0, 0, 0, 0], state: Unknown, can: &[] },
    Row { name: "a reservation failed", log: &[INITIATE, ("RESERVE", 20_000, false)], sums: [0, 0, 0, 0], state: Initiated, can: &["cancel"] },
    Row { name: "a direct capture failed", log: &[INITIATE, ("SALE", 20_000, false)], sums: [0, 0, 0, 0], state: Initiated, can: &["cancel"] },
    Row { name: "a cancel failed", log: &[INITIATE, ("CANCEL", 20_000, false)], sums: [0, 0, 0, 0], state: Initiated, can: &["cancel"] },
    // Reserved.
    Row { name: "reserved", log: &[INITIATE, RESERVE], sums: [0, 20_000, 0, 0], state: Reserved, can: &["capture", "cancel"] },
    Row { name: "reserved at the second try", log: &[INITIATE, ("RESERVE", 20_000, false), RESERVE], sums: [0, 20_000, 0, 0], state: Reserved, can: &["capture", "cancel"] },
    Row { name: "reserved, a capture failed", log: &[INITIATE, RESERVE, ("CAPTURE", 20_000, false)], sums: [0, 20_000, 0, 0], state: Reserved, can: &["capture", "cancel"] },
    Row { name: "reserved, a void failed", log: &[INITIATE, RESERVE, ("VOID", 20_000, false)], sums: [0, 20_000, 0, 0], state: Reserved, can: &["capture", "cancel"] },
    // Captured.
    Row { name: "partly captured", log: &[INITIATE, RESERVE, CAPTURE_PART], sums: [5_000, 15_000, 0, 5_000], state: PartiallyCaptured, can: &["capture", "release", "refund"] },
    Row { name: "captured in two parts of three", log: &[INITIATE, RESERVE, CAPTURE_PART, CAPTURE_PART], sums: [10_000, 10_000, 0, 10_000], state: PartiallyCaptured, can: &["capture", "release", "refund"] },
    Row { name: "partly captured, a release failed", log: &[INITIATE, RESERVE, CAPTURE_PART, ("VOID", 15_000, false)], sums: [5_000, 15_000, 0, 5_000], state: PartiallyCaptured, can: &["capture", "release", "refund"] },
    Row { name: "partly captured, the rest released", log: &[INITIATE, RESERVE, CAPTURE_PART, ("VOID", 15_000, true)], sums: [5_000, 0, 0, 5_000], state: Captured, can: &["refund"] },
    Row { name: "fully captured", log: &[INITIATE, RESERVE, CAPTURE_ALL], sums: [20_000, 0, 0, 20_000], state: Captured, can: &["refund"] },
    Row { name: "fully captured, a refund failed", log: &[INITIATE, RESERVE, CAPTURE_ALL, ("REFUND", 20_000, false)], sums: [20_000, 0, 0, 20_000], state: Captured, can: &["refund"] },
    Row { name: "direct capture", log: &[INITIATE, ("SALE", 20_000, true)], sums: [20_000, 0, 0, 20_000], state: Captured, can: &["refund"] },
    // Cancelled or expired.
    Row { name: "cancelled before it was reserved", log: &[INITIATE, ("CANCEL", 20_000, true)], sums: [0, 0, 0, 0], state: Cancelled, can: &[] },
    Row { name: "cancelled after it was reserved", log: &[INITIATE, RESERVE, ("VOID", 20_000, true)], sums: [0, 0, 0, 0], state: Cancelled, can: &[] },
    Row { name: "cancelled after it was reserved, recorded as CANCEL", log: &[INITIATE, RESERVE, ("CANCEL", 20_000, true)], sums: [0, 0, 0, 0], state: Cancelled, can: &[] },
    // Refunded.
    Row { name: "refunded in part", log: &[INITIATE, RESERVE, CAPTURE_ALL, ("REFUND", 5_000, true)], sums: [20_000, 0, 5_000, 15_000], state: PartiallyRefunded, can: &["refund"] },
    Row { name: "refunded in part, some not captured", log: &[INITIATE, RESERVE, ("CAPTURE", 10_000, true), ("REFUND", 5_000, true)], sums: [10_000, 10_000, 5_000, 5_000], state: PartiallyRefunded, can: &["capture", "release", "refund"] },
    Row { name: "refunded in part, the rest released", log: &[INITIATE, RESERVE, ("CAPTURE", 10_000, true), ("REFUND", 5_000, true), ("VOID", 10_000, true)], sums: [10_000, 0, 5_000, 5_000], state: PartiallyRefunded, can: &["refund"] },
    Row { name: "refunded", log: &[INITIATE, RESERVE, CAPTURE_ALL, ("REFUND", 20_000, true)], sums: [20_000, 0, 20_000, 0], state: Refunded, can: &[] },
    Row { name: "refunded in two parts", log: &[INITIATE, RESERVE, CAPTURE_ALL, ("REFUND", 5_000, true), ("REFUND", 15_000, true)], sums: [20_000, 0, 20_000, 0], state: Refunded, can: &[] },
    Row { name: "a sale refunded in part", log: &[INITIATE, ("SALE", 20_000, true), ("REFUND", 1, true)], sums: [20_000, 0, 1, 19_999], state: PartiallyRefunded, can: &["refund"] },
    Row { name: "a sale refunded", log: &[INITIATE, ("SALE", 20_000, true), ("REFUND", 20_000, true)], sums: [20_000, 0, 20_000, 0], state: Refunded, can: &[] },
    // Other final states.
    Row { name: "rejected", log: &[INITIATE, ("REJECTED", 20_000, true)], sums: [0, 0, 0, 0], state: Rejected, can: &[] },
    Row { name: "failed", log: &[INITIATE, ("FAILED", 20_000, true)], sums: [0, 0, 0, 0], state: Failed, can: &[] },
    // Operations that this version does not support.
    Row { name: "an operation of tomorrow at the end", log: &[INITIATE, RESERVE, ("TOMORROW", 1, true)], sums: [0, 20_000, 0, 0], state: Reserved, can: &["capture", "cancel"] },
    Row { name: "an operation of tomorrow alone", log: &[("TOMORROW", 1, true)], sums: [0, 0, 0, 0], state: Unknown, can: &[] },
];

#[test]
fn each_state_allows_its_operations() {
    for row in ROWS {
        let can_do: BTreeSet<_> = row.can.iter().copied().collect();
        for stated in [None, Some(row.sums)] {
            // The API returns no sums before the customer has acted.
            let details = read(&json(row.log, stated));
            let name = format!("{} (stated: {stated:?})", row.name);
            assert_eq!(details.state(), row.state, "{name}");
            assert_eq!(can(&details), can_do, "{name}");
            let sums = details.sums();
            let found = [
                sums.captured,
                sums.remaining_to_capture,
                sums.refunded,
                sums.remaining_to_refund,
            ];
            assert_eq!(found.map(Amount::minor_units), row.sums, "{name}");
            assert_eq!(details.summary().is_some(), stated.is_some(), "{name}");
            assert_eq!(
                details.events().len(),
                row.log.len(),
                "{name}: failed events are part of the list"
            );
        }
    }
}

#[test]
fn every_spelling_of_an_operation_is_read() {
    for (operation, spellings) in [
        (
            Operation::Initiate,
            &["INITIATE", "REGISTER", "initiate"][..],
        ),
        (Operation::Reserve, &["RESERVE", "RESERVED", "Reserve"]),
        (Operation::Sale, &["SALE", "Sale"]),
        (Operation::Capture, &["CAPTURE", "Captured", "CAPTURED"]),
        (Operation::Refund, &["REFUND", "Refund", "Refunded"]),
        (
            Operation::Cancel,
            &[
                "CANCEL",
                "CANCELLED",
                "Cancelled",
                "USER_CANCEL",
                "AUTOCANCEL",
                "AUTO_CANCEL",
            ],
        ),
        (Operation::Void, &["VOID", "Void", "AUTOREVERSAL"]),
        (Operation::Reject, &["REJECT", "REJECTED"]),
        (
            Operation::Failed,
            &["FAILED", "RESERVE_FAILED", "SALE_FAILED"],
        ),
    ] {
        for spelling in spellings {
            let details = read(&json(&[(spelling, 100, true)], None));
            let event = details.events().first().unwrap();
            assert_eq!(event.operation.as_ref(), Some(&operation), "{spelling}");
        }
    }
}

/// Every spelling of an operation produces the same state.
#[test]
fn every_spelling_leads_to_the_same_state() {
    let state = |log: &[(&str, i64, bool)]| read(&json(log, None)).state();
    for started in ["INITIATE", "REGISTER"] {
        assert_eq!(state(&[(started, 100, true)]), Initiated);
    }
    for reserved in ["RESERVE", "RESERVED"] {
        assert_eq!(state(&[INITIATE, (reserved, 20_000, true)]), Reserved);
    }
    for captured in ["CAPTURE", "Captured", "SALE"] {
        assert_eq!(
            state(&[INITIATE, RESERVE, (captured, 20_000, true)]),
            Captured
        );
    }
    for cancelled in [
        "CANCEL",
        "CANCELLED",
        "Cancelled",
        "USER_CANCEL",
        "AUTOCANCEL",
        "AUTO_CANCEL",
    ] {
        assert_eq!(state(&[INITIATE, (cancelled, 20_000, true)]), Cancelled);
    }
    for voided in ["VOID", "CANCEL", "Cancelled", "AUTOREVERSAL"] {
        assert_eq!(
            state(&[INITIATE, RESERVE, (voided, 20_000, true)]),
            Cancelled
        );
    }
    for rejected in ["REJECT", "REJECTED"] {
        assert_eq!(state(&[INITIATE, (rejected, 20_000, true)]), Rejected);
    }
    for failed in ["FAILED", "RESERVE_FAILED", "SALE_FAILED"] {
        assert_eq!(state(&[INITIATE, (failed, 20_000, true)]), Failed);
    }
    for refunded in ["REFUND", "Refund", "Refunded"] {
        assert_eq!(
            state(&[INITIATE, RESERVE, CAPTURE_ALL, (refunded, 20_000, true)]),
            Refunded
        );
    }
}

/// The API may cancel an unapproved payment without an event, so the age of the payment decides.
#[test]
fn expiry_without_an_event_follows_from_the_age() {
    let start_time: jiff::Timestamp = START_TIME.parse().unwrap();
    let after = |seconds: i64| start_time + jiff::SignedDuration::from_secs(seconds);
    let waiting = read(&json(&[INITIATE], None));
    let declined = read(&json(&[INITIATE, ("RESERVE", 20_000, false)], None));
    for details in [waiting, declined] {
        assert_eq!(details.state_at(after(0)), Initiated);
        assert_eq!(details.state_at(after(600)), Initiated);
        assert_eq!(details.state_at(after(601)), Expired);
        assert!(details.is_expired(after(601)) && !details.is_expired(after(600)));
        assert_eq!(
            details.state(),
            Initiated,
            "without a clock the expiry is unknown"
        );
        // The clock is behind.
        assert!(!details.is_expired(after(-86_400)));
    }
    // An empty date states no start.
    let undated =
        json(&[INITIATE], None).replace("2026-03-02T09:00:00.000Z", "0001-01-01T00:00:00");
    assert_eq!(read(&undated).state_at(after(86_400)), Initiated);
    for log in [
        &[INITIATE, RESERVE][..],
        &[INITIATE, ("CANCEL", 20_000, true)],
        &[INITIATE, RESERVE, CAPTURE_ALL],
        &[],
    ] {
        assert!(!read(&json(log, None)).is_expired(after(86_400)), "{log:?}");
    }
}

/// The API states the success of every event (eCom API, details: `operationSuccess` is required).
#[test]
fn a_success_that_cannot_be_read_is_neither_success_nor_failure() {
    let event = |operation: &str, success: &str| {
        format!(r#"{{"operation":"{operation}","amount":20000{success}}}"#)
    };
    let success_flag = |value: &str| format!(r#","operationSuccess":{value}"#);
    let started = event("INITIATE", &success_flag("true"));
    for stated in ["true", r#""Y""#, "1"] {
        let reserve = event("RESERVE", &success_flag(stated));
        let details = read(&format!(
            r#"{{"transactionLogHistory":[{reserve},{started}]}}"#
        ));
        assert_eq!(details.state(), Reserved, "{stated}");
        assert!(details.events()[0].succeeded() && !details.events()[0].failed());
    }
    for value in [
        "null",
        r#""Failed""#,
        r#""pending""#,
        r#""F""#,
        r#""""#,
        "2",
        "-1",
        "0.5",
        "[]",
        "{}",
        "[true]",
    ] {
        for operation in [
            "RESERVE", "SALE", "CAPTURE", "REFUND", "CANCEL", "VOID", "REJECT",
        ] {
            let unread = event(operation, &success_flag(value));
            for rest in [
                started.clone(),
                format!("{},{started}", event("RESERVE", &success_flag("true"))),
            ] {
                for sums in [
                    "",
                    r#""transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":20000,"refundedAmount":0,"remainingAmountToRefund":0},"#,
                ] {
                    let details = read(&format!(
                        r#"{{{sums}"transactionLogHistory":[{unread},{rest}]}}"#
                    ));
                    let context = format!("{operation} {value} {rest} {sums}");
                    assert_eq!(details.state(), Unknown, "{context}");
                    assert!(
                        !details.state().is_paid() && can(&details).is_empty(),
                        "{context}"
                    );
                    assert_eq!(details.sums().captured, Amount::nok(0), "{context}");
                    assert!(!details.captured_at_once(), "{context}");
                    let event = &details.events()[0];
                    assert!(!event.succeeded() && !event.failed(), "{context}");
                    // A payment that may have been approved is not reported as expired.
                    assert!(!details.is_expired("2030-01-01T00:00:00Z".parse().unwrap()));
                }
            }
        }
    }
    // A later readable event takes precedence, and so do the stated sums.
    let reserve = event("RESERVE", &success_flag("2"));
    let void = event("VOID", &success_flag("true"));
    let details = read(&format!(
        r#"{{"transactionLogHistory":[{void},{reserve},{started}]}}"#
    ));
    assert_eq!(details.state(), Cancelled);
    let sums = r#""transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000},"#;
    let capture = event("CAPTURE", &success_flag("2"));
    let details = read(&format!(
        r#"{{{sums}"transactionLogHistory":[{capture},{started}]}}"#
    ));
    assert_eq!(details.state(), Captured);
    // Without such an event or sum, a part that may have moved makes the whole state unknown.
    let captured = event("CAPTURE", &success_flag("true"));
    let refund = event("REFUND", &success_flag("2"));
    let details = read(&format!(
        r#"{{"transactionLogHistory":[{refund},{captured},{started}]}}"#
    ));
    assert_eq!(details.state(), Unknown);
}

#[test]
fn sums_that_are_stated_in_part_are_completed_from_the_log() {
    let log = json(&[INITIATE, RESERVE, CAPTURE_PART], None);
    let stated =
        r#"{"transactionSummary":{"capturedAmount":"6000","remainingAmountToRefund":null},"#;
    let details = read(&log.replacen('{', stated, 1));
    let sums = details.sums();
    assert_eq!(sums.captured, Amount::minor(6_000, Currency::NOK));
    assert_eq!(
        sums.remaining_to_capture,
        Amount::minor(15_000, Currency::NOK)
    );
    assert_eq!(
        sums.remaining_to_refund,
        Amount::minor(5_000, Currency::NOK)
    );
}

/// The sums that the API states take precedence over the log.
#[test]
fn reservation_without_remaining_amount_is_cancelled() {
    let details = read(&json(&[INITIATE, RESERVE], Some([0, 0, 0, 0])));
    assert_eq!(details.state(), Cancelled);
    assert!(!details.state().is_paid() && can(&details).is_empty());
}

#[test]
fn events_are_sorted_newest_first() {
    let history = json(&[INITIATE, RESERVE, CAPTURE_PART], None);
    let mut value: serde_json::Value = serde_json::from_str(&history).unwrap();
    value["transactionLogHistory"]
        .as_array_mut()
        .unwrap()
        .reverse();
    for text in [history, value.to_string()] {
        let details = read(&text);
        let operations: Vec<_> = details
            .events()
            .iter()
            .filter_map(|e| e.operation.as_ref().map(Operation::as_str))
            .collect();
        assert_eq!(operations, ["CAPTURE", "RESERVE", "INITIATE"]);
    }
}

#[test]
fn scan_and_direct_capture_are_read_from_the_events() {
    let opened = r#"{"transactionLogHistory":[{"operation":"INITIATE","operationSuccess":true,"transactionId":"5001420062"}]}"#;
    assert!(read(opened).is_scanned());
    assert!(!read(&json(&[INITIATE], None)).is_scanned());
    assert!(read(&json(&[INITIATE, RESERVE], None)).is_scanned());
    // A cancel has a transaction id, but it is no scan.
    assert!(!read(&json(&[INITIATE, ("CANCEL", 20_000, true)], None)).is_scanned());
    assert!(read(&json(&[INITIATE, ("SALE", 20_000, true)], None)).captured_at_once());
    assert!(!read(&json(&[INITIATE, ("SALE", 20_000, false)], None)).captured_at_once());
    assert!(!read(&json(&[INITIATE, RESERVE, CAPTURE_ALL], None)).captured_at_once());
}

#[test]
fn removed_personal_data_is_reported_as_expired() {
    let expired = r#"{"transactionLogHistory":[],
        "userDetails":{"firstName":"[Expired]","lastName":"[Expired]","email":"[Expired]","mobileNumber":"[Expired]","userId":"uiJskNQ6qNN1iwN891uuob=="},
        "shippingDetails":{"address":{"addressLine1":"[Expired]","city":"[Expired]","country":"[Expired]","postCode":"[Expired]"},"shippingCost":99.9,"shippingMethod":"Walking","shippingMethodId":"w"}}"#;
    let details = read(expired);
    assert!(details.user().unwrap().is_expired());
    assert!(details.shipping().unwrap().is_expired());
    let fresh = expired.replace("[Expired]", "x");
    let details = read(&fresh);
    assert!(!details.user().unwrap().is_expired());
    assert!(!details.shipping().unwrap().is_expired());
    let printed = format!("{details:?}");
    assert!(!printed.contains("uiJskNQ6"), "{printed}");
    // A single expired text is sufficient.
    let details = read(&fresh.replace(r#""city":"x""#, r#""city":" [expired] ""#));
    assert!(details.shipping().unwrap().is_expired());
}

#[test]
fn every_state_has_a_name_and_is_paid_or_not() {
    let mut names = BTreeSet::new();
    for (state, paid, decided) in [
        (Initiated, false, false),
        (Expired, false, true),
        (Reserved, true, true),
        (PartiallyCaptured, true, true),
        (Captured, true, true),
        (PartiallyRefunded, true, true),
        (Refunded, false, true),
        (Cancelled, false, true),
        (Rejected, false, true),
        (Failed, false, true),
        (Unknown, false, false),
    ] {
        assert_eq!(
            (state.is_paid(), state.is_decided()),
            (paid, decided),
            "{state}"
        );
        names.insert(state.to_string());
    }
    assert_eq!(names.len(), 11);
}
