//! The state of a payment never contradicts the events and sums in its details.

use vipps::callback::{CallbackStatus, PaymentUpdate};
use vipps::ecom::{PaymentDetails, PaymentState};

use PaymentState::{
    Cancelled, Captured, Failed, Initiated, PartiallyCaptured, PartiallyRefunded, Refunded,
    Rejected, Reserved, Unknown,
};

/// An event of the API: operation, success as JSON (empty for a missing member), amount, minute.
type Entry = (&'static str, &'static str, Option<i64>, u8);

fn history(entries: &[Entry]) -> String {
    let entry = |(operation, success, ore, minute): &Entry| {
        let success = match *success {
            "" => String::new(),
            value => format!(r#","operationSuccess":{value}"#),
        };
        let amount = ore.map_or(String::new(), |ore| format!(r#","amount":{ore}"#));
        format!(
            r#"{{"operation":"{operation}"{success}{amount},"timeStamp":"2026-11-02T10:{minute:02}:00Z"}}"#
        )
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    entries.join(",")
}

fn read(entries: &[Entry], sums: &str) -> PaymentDetails {
    let summary = match sums {
        "" => String::new(),
        sums => format!(r#","transactionSummary":{sums}"#),
    };
    let json = format!(
        r#"{{"transactionLogHistory":[{}]{summary}}}"#,
        history(entries)
    );
    PaymentDetails::from_json("order-1".parse().unwrap(), &json).unwrap()
}

fn sums(captured: i64, to_capture: i64, refunded: i64, to_refund: i64) -> String {
    format!(
        r#"{{"capturedAmount":{captured},"remainingAmountToCapture":{to_capture},
            "refundedAmount":{refunded},"remainingAmountToRefund":{to_refund}}}"#
    )
}

const INITIATE: Entry = ("INITIATE", "true", Some(100), 0);
const RESERVE: Entry = ("RESERVE", "true", Some(100), 1);
const CAPTURE: Entry = ("CAPTURE", "true", Some(100), 2);
const LATER: &str = "2030-01-01T00:00:00Z";

/// Values of `operation` that this version does not support. The first five are names from other
/// APIs.
const UNKNOWN_OPERATIONS: [&str; 8] = [
    "AUTHORISED",
    "AUTHORIZED",
    "TERMINATED",
    "ABORTED",
    "EXPIRED",
    "TOMORROW",
    "",
    "null",
];

#[test]
fn an_unknown_event_is_never_initiated_or_expired() {
    for word in UNKNOWN_OPERATIONS {
        for success in ["true", "null", "", "\"pending\""] {
            for minute in [0, 1] {
                let event: Entry = (word, success, Some(100), minute);
                for entries in [
                    &[event, INITIATE][..],
                    &[INITIATE, event],
                    &[event],
                    &[event, ("RESERVE", "false", Some(100), 1), INITIATE],
                ] {
                    for stated in [String::new(), sums(0, 0, 0, 0)] {
                        let details = read(entries, &stated);
                        let context = format!("{entries:?} {stated}");
                        assert_eq!(details.state(), Unknown, "{context}");
                        assert!(!details.is_expired(LATER.parse().unwrap()), "{context}");
                        assert!(!details.can_cancel(), "{context}");
                    }
                }
            }
        }
        // A failed event of any kind changes nothing.
        let failed: Entry = (word, "false", Some(100), 1);
        assert_eq!(read(&[failed, INITIATE], "").state(), Initiated, "{word}");
    }
}

/// Sums that the API states take precedence over a history that this version cannot read.
#[test]
fn stated_sums_decide_where_the_history_does_not() {
    let unknown: Entry = ("AUTHORISED", "true", Some(100), 1);
    let failed: Entry = ("RESERVE", "false", Some(100), 1);
    for entries in [
        &[unknown, INITIATE][..],
        &[unknown],
        &[INITIATE],
        &[failed, INITIATE],
        &[],
    ] {
        for (stated, state) in [
            (sums(0, 100, 0, 0), Reserved),
            (r#"{"remainingAmountToCapture":100}"#.to_owned(), Reserved),
            (sums(100, 0, 0, 100), Captured),
            (r#"{"capturedAmount":100}"#.to_owned(), Captured),
            (sums(40, 60, 0, 40), PartiallyCaptured),
            (sums(100, 0, 40, 60), PartiallyRefunded),
            (sums(100, 0, 100, 0), Refunded),
            // Sums that contradict themselves.
            (sums(0, 0, 40, 0), Unknown),
            (sums(0, 0, 0, 40), Unknown),
            (sums(-1, 0, 0, 0), Unknown),
            // The refunded and refundable amounts exceed the captured amount.
            (sums(100, 0, 101, 0), Unknown),
            (sums(100, 0, 0, 101), Unknown),
            (sums(100, 0, 60, 41), Unknown),
            (
                r#"{"capturedAmount":100,"refundedAmount":101}"#.to_owned(),
                Unknown,
            ),
            (
                r#"{"capturedAmount":100,"remainingAmountToRefund":101}"#.to_owned(),
                Unknown,
            ),
            // After the time limit of refunds, the refundable amount may be less than the rest.
            (sums(100, 0, 60, 0), PartiallyRefunded),
        ] {
            let details = read(entries, &stated);
            assert_eq!(details.state(), state, "{entries:?} {stated}");
            assert!(!details.is_expired(LATER.parse().unwrap()));
        }
    }
}

/// A missing sum does not count as zero.
#[test]
fn missing_sums_state_nothing() {
    let reserve: Entry = ("RESERVE", "true", None, 1);
    for stated in [
        "{}",
        r#"{"refundedAmount":0}"#,
        r#"{"remainingAmountToCapture":0}"#,
    ] {
        let state = read(&[reserve, INITIATE], stated).state();
        assert_ne!(state, Cancelled, "{stated}");
    }
    assert_eq!(read(&[reserve, INITIATE], "{}").state(), Reserved);
    assert!(read(&[reserve, INITIATE], "{}").summary().is_none());
    // Both sums are stated as zero: the reservation is released.
    assert_eq!(
        read(&[reserve, INITIATE], &sums(0, 0, 0, 0)).state(),
        Cancelled
    );
}

#[test]
fn reserved_failed_is_reserve_failed() {
    let failed: Entry = ("RESERVED_FAILED", "true", Some(100), 1);
    assert_eq!(read(&[failed, INITIATE], "").state(), Failed);
    for status in ["RESERVED_FAILED", "RESERVE_FAILED"] {
        let body = format!(r#"{{"orderId":"a","transactionInfo":{{"status":"{status}"}}}}"#);
        let update = PaymentUpdate::from_slice(body.as_bytes()).unwrap();
        assert_eq!(
            update.status,
            Some(CallbackStatus::ReserveFailed),
            "{status}"
        );
    }
}

/// The description requires `operationSuccess`, and only successful entries count (eCom guide,
/// details).
#[test]
fn an_event_counts_only_if_it_states_its_success() {
    for unstated in ["", "null", "\"\"", "\"pending\"", "2", "[]", "{}", "[true]"] {
        for word in [
            "RESERVE", "SALE", "CAPTURE", "REFUND", "VOID", "CANCEL", "REJECT", "FAILED",
        ] {
            let event: Entry = (word, unstated, Some(100), 3);
            let details = read(&[event, RESERVE, INITIATE], "");
            assert_eq!(details.state(), Unknown, "{word} {unstated}");
            assert_eq!(
                details.sums().captured.minor_units(),
                0,
                "{word} {unstated}"
            );
            assert!(!details.events()[0].succeeded() && !details.events()[0].failed());
        }
        let started: Entry = ("INITIATE", unstated, Some(100), 0);
        assert_eq!(read(&[started], "").state(), Unknown, "{unstated}");
    }
    for stated in ["true", "\"true\"", "\"Y\"", "1"] {
        let reserve: Entry = ("RESERVE", stated, Some(100), 1);
        assert_eq!(read(&[reserve, INITIATE], "").state(), Reserved, "{stated}");
    }
}

/// A payment whose start failed is not started.
#[test]
fn failed_events_alone_leave_the_state_unknown() {
    for word in ["INITIATE", "RESERVE", "SALE", "CANCEL"] {
        let details = read(&[(word, "false", Some(100), 0)], "");
        assert_eq!(details.state(), Unknown, "{word}");
        assert!(!details.can_cancel());
    }
}

/// Clocks of the API's servers differ; the order of the steps of a payment does not.
#[test]
#[expect(clippy::type_complexity, reason = "one table of cases")]
fn the_state_does_not_depend_on_skewed_time_stamps() {
    let rows: &[(&[(&str, Option<i64>)], PaymentState)] = &[
        (&[("INITIATE", Some(100)), ("RESERVE", Some(100))], Reserved),
        (&[("INITIATE", Some(100)), ("SALE", None)], Captured),
        (&[("INITIATE", Some(100)), ("CANCEL", Some(100))], Cancelled),
        (&[("INITIATE", Some(100)), ("REJECT", Some(100))], Rejected),
        (&[("INITIATE", Some(100)), ("FAILED", Some(100))], Failed),
        (
            &[
                ("INITIATE", Some(100)),
                ("RESERVE", Some(100)),
                ("VOID", Some(100)),
            ],
            Cancelled,
        ),
        (
            &[
                ("INITIATE", Some(100)),
                ("RESERVE", Some(100)),
                ("CANCEL", Some(100)),
            ],
            Cancelled,
        ),
        (
            &[
                ("INITIATE", Some(100)),
                ("RESERVE", Some(100)),
                ("CAPTURE", Some(100)),
            ],
            Captured,
        ),
        (
            &[
                ("INITIATE", Some(100)),
                ("RESERVE", Some(100)),
                ("CAPTURE", None),
            ],
            Captured,
        ),
        (
            &[
                ("RESERVE", Some(100)),
                ("CAPTURE", Some(40)),
                ("VOID", Some(60)),
            ],
            Captured,
        ),
        (
            &[("RESERVE", Some(100)), ("CAPTURE", None), ("VOID", None)],
            Captured,
        ),
        (
            &[("RESERVE", Some(100)), ("CAPTURE", None), ("REFUND", None)],
            Refunded,
        ),
        // A reservation that also failed or was refused contradicts itself.
        (&[("RESERVE", Some(100)), ("FAILED", Some(100))], Unknown),
        (&[("RESERVE", Some(100)), ("REJECT", Some(100))], Unknown),
    ];
    for (steps, state) in rows {
        let n = u8::try_from(steps.len()).unwrap();
        // All assignments of minutes to the steps, including equal minutes, in both orders of the
        // list.
        for code in 0..n.pow(u32::from(n)) {
            let mut rest = code;
            let mut entries: Vec<Entry> = Vec::new();
            for (word, ore) in *steps {
                let word: &'static str = word;
                entries.push((word, "true", *ore, rest % n));
                rest /= n;
            }
            assert_eq!(read(&entries, "").state(), *state, "{entries:?}");
            entries.reverse();
            assert_eq!(read(&entries, "").state(), *state, "{entries:?}");
        }
    }
}

#[test]
fn expiry_is_counted_from_the_start_of_the_payment() {
    // The time stamp of the failed reservation is skewed to before the start.
    let started: Entry = ("INITIATE", "true", Some(100), 30);
    let declined: Entry = ("RESERVE", "false", Some(100), 1);
    for entries in [[declined, started], [started, declined]] {
        let details = read(&entries, "");
        assert_eq!(details.state(), Initiated);
        assert!(!details.is_expired("2026-11-02T10:35:00Z".parse().unwrap()));
        assert!(!details.is_expired("2026-11-02T10:40:00Z".parse().unwrap()));
        assert!(details.is_expired("2026-11-02T10:40:01Z".parse().unwrap()));
    }
}

#[test]
fn a_capture_is_captured_in_any_order_of_events() {
    for entries in [[CAPTURE, RESERVE, INITIATE], [INITIATE, RESERVE, CAPTURE]] {
        assert_eq!(read(&entries, "").state(), Captured);
    }
}

#[test]
fn a_reservation_that_sums_contradict_is_unknown() {
    let reserved = [
        ("INITIATE", "true", Some(500), 0),
        ("RESERVE", "true", Some(500), 1),
    ];
    // Nothing is left to capture. The details do not state whether it was captured or released.
    let nothing_left = r#"{"remainingAmountToCapture":0}"#;
    assert_eq!(read(&reserved, nothing_left).state(), Unknown);
    // A cancelled reservation has nothing left to capture.
    let void = [("VOID", "true", Some(500), 2)];
    let some_left = r#"{"remainingAmountToCapture":500}"#;
    assert_eq!(read(&void, some_left).state(), Unknown);
}

/// Failed events change nothing, so they contradict nothing.
#[test]
fn a_failed_event_contradicts_no_event_of_its_step() {
    let rows = [
        (("RESERVE", "false"), ("REJECT", "true"), Rejected),
        (("RESERVE", "false"), ("FAILED", "true"), Failed),
        (("RESERVE", "true"), ("REJECT", "false"), Reserved),
        (("RESERVE", "true"), ("FAILED", "false"), Reserved),
    ];
    for ((first, first_success), (second, second_success), state) in rows {
        let first: Entry = (first, first_success, Some(100), 1);
        let second: Entry = (second, second_success, Some(100), 2);
        for entries in [[second, first, INITIATE], [INITIATE, first, second]] {
            assert_eq!(read(&entries, "").state(), state, "{entries:?}");
        }
    }
}

/// The amount of an unclear event is known only if the API states the sums.
#[test]
fn an_unclear_event_leaves_unstated_sums_unknown() {
    let part: Entry = ("CAPTURE", "true", Some(40), 2);
    let stated = [
        r#""capturedAmount":40"#,
        r#""remainingAmountToCapture":60"#,
        r#""refundedAmount":0"#,
    ];
    for word in ["INITIATE", "RESERVE", "CAPTURE", "VOID", "CANCEL", "REFUND"] {
        let unclear: Entry = (word, "null", Some(10), 3);
        let entries = [unclear, part, RESERVE, INITIATE];
        let all = read(&entries, &format!("{{{}}}", stated.join(",")));
        assert_eq!(all.state(), PartiallyCaptured, "{word}");
        for missing in 0..stated.len() {
            let mut rest = stated.to_vec();
            rest.remove(missing);
            let details = read(&entries, &format!("{{{}}}", rest.join(",")));
            // An INITIATE does not change the sums.
            let expected = match word {
                "INITIATE" => PartiallyCaptured,
                _ => Unknown,
            };
            assert_eq!(details.state(), expected, "{word} {rest:?}");
        }
    }
}

#[test]
fn more_refunded_than_captured_is_unknown() {
    let (part, refund) = (
        ("CAPTURE", "true", Some(40), 2),
        ("REFUND", "true", Some(60), 3),
    );
    // The amount of the second capture is missing, so a part may be left to capture.
    let unread: Entry = ("CAPTURE", "true", None, 2);
    let details = read(&[refund, unread, part, RESERVE, INITIATE], "");
    assert_eq!(details.state(), Unknown);
    let details = read(&[CAPTURE, RESERVE, INITIATE], &sums(40, 60, 60, 0));
    assert_eq!(details.state(), Unknown);
}

/// The sum of refunds cannot exceed the sum of captures, which cannot exceed the reservation (eCom
/// guide, sums).
#[test]
fn a_negative_amount_of_an_event_leaves_the_state_unknown() {
    for operation in ["RESERVE", "SALE", "CAPTURE", "REFUND"] {
        let event: Entry = (operation, "true", Some(-100), 3);
        let details = read(&[event, CAPTURE, RESERVE, INITIATE], "");
        assert_eq!(details.state(), Unknown, "{operation}");
        assert!(!details.can_refund() && !details.can_capture());
        // A failed event moved nothing.
        let event: Entry = (operation, "false", Some(-100), 3);
        let details = read(&[event, CAPTURE, RESERVE, INITIATE], "");
        assert_eq!(details.state(), Captured, "{operation}");
    }
}

#[test]
fn sums_above_what_the_history_states_are_unknown() {
    let capture = |ore| ("CAPTURE", "true", Some(ore), 2);
    let refund = |ore| ("REFUND", "true", Some(ore), 3);
    for (entries, stated) in [
        (vec![RESERVE, INITIATE], sums(101, 0, 0, 101)),
        (vec![capture(100), RESERVE, INITIATE], sums(101, 0, 0, 101)),
        (vec![capture(101), RESERVE, INITIATE], String::new()),
        (vec![refund(101), CAPTURE, RESERVE, INITIATE], String::new()),
        (
            vec![refund(101), CAPTURE, RESERVE, INITIATE],
            r#"{"capturedAmount":100}"#.to_owned(),
        ),
    ] {
        let details = read(&entries, &stated);
        let context = format!("{entries:?} {stated}");
        assert_eq!(details.state(), Unknown, "{context}");
        assert!(!details.can_refund() && !details.can_release(), "{context}");
        assert!(!details.can_capture() && !details.can_cancel(), "{context}");
    }
    // A missing amount proves nothing.
    let unstated: Entry = ("RESERVE", "true", None, 1);
    let details = read(&[unstated, RESERVE, INITIATE], &sums(101, 0, 0, 101));
    assert_eq!(details.state(), Captured);
    let direct: Entry = ("SALE", "true", Some(100), 1);
    assert_eq!(read(&[direct, INITIATE], "").state(), Captured);
}

#[test]
fn sums_that_contradict_themselves_allow_no_operation() {
    for stated in [
        sums(0, 0, 0, 40),
        sums(0, 0, 40, 0),
        sums(40, 60, 41, 1),
        sums(40, 60, 0, 41),
        sums(40, 60, 20, 21),
        sums(40, 60, -1, 40),
        sums(-1, 60, 0, 40),
        sums(40, -60, 0, 40),
        r#"{"capturedAmount":40,"remainingAmountToRefund":41}"#.to_owned(),
    ] {
        for entries in [&[][..], &[INITIATE], &[CAPTURE, RESERVE, INITIATE]] {
            let details = read(entries, &stated);
            let context = format!("{entries:?} {stated}");
            assert_eq!(details.state(), Unknown, "{context}");
            assert!(!details.can_refund() && !details.can_release(), "{context}");
            assert!(!details.can_capture() && !details.can_cancel(), "{context}");
        }
    }
    // Operations that consistent sums allow are allowed, even if the history is incomplete.
    let unclear: Entry = ("REFUND", "null", Some(10), 3);
    let details = read(
        &[unclear, CAPTURE, RESERVE, INITIATE],
        r#"{"capturedAmount":40,"remainingAmountToCapture":60,"remainingAmountToRefund":40}"#,
    );
    assert_eq!(details.state(), Unknown);
    assert!(details.can_refund() && details.can_release());
}
