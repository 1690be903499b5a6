//! The table of the documentation: the operations that each state allows, and the sums.

use super::*;

const STATES: [&str; 11] = [
    "created",
    "authorized",
    "partly captured",
    "captured",
    "cancelled",
    "rest cancelled",
    "partly refunded",
    "refunded",
    "aborted",
    "expired",
    "terminated",
];

/// The states and the sums of a payment of 200.00 NOK of which money moves by halves: authorized,
/// captured, cancelled and refunded.
const SUMS: [(&str, [i64; 4]); 11] = [
    ("CREATED", [0, 0, 0, 0]),
    ("AUTHORIZED", [20_000, 0, 0, 0]),
    ("AUTHORIZED", [20_000, 10_000, 0, 0]),
    ("AUTHORIZED", [20_000, 20_000, 0, 0]),
    ("AUTHORIZED", [20_000, 0, 20_000, 0]),
    ("AUTHORIZED", [20_000, 10_000, 10_000, 0]),
    ("AUTHORIZED", [20_000, 20_000, 0, 10_000]),
    ("AUTHORIZED", [20_000, 20_000, 0, 20_000]),
    ("ABORTED", [0, 0, 0, 0]),
    ("EXPIRED", [0, 0, 0, 0]),
    ("TERMINATED", [0, 0, 20_000, 0]),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum StartedBy {
    Epayment,
    Ecom,
}

/// A payment in that state. Every change is made through this API.
fn in_state(state: &str, started_by: StartedBy) -> Harness {
    let mut harness = Harness::new();
    match started_by {
        StartedBy::Epayment => drop(harness.created()),
        StartedBy::Ecom => drop(harness.open(20_000)),
    }
    let ok = |response: Response| assert_eq!(response.status, 200, "{state}: {response:?}");
    match state {
        "created" => {}
        "aborted" => harness.reject(),
        "expired" => harness.advance(Duration::from_secs(601)),
        "terminated" => ok(harness.cancel_payment(json!({}))),
        _ => harness.approve(),
    }
    match state {
        "partly captured" => ok(harness.modify("capture", 10_000)),
        "captured" => ok(harness.modify("capture", 20_000)),
        "cancelled" => ok(harness.cancel_payment(json!({}))),
        "rest cancelled" => {
            ok(harness.modify("capture", 10_000));
            ok(harness.cancel_payment(json!({})));
        }
        "partly refunded" | "refunded" => {
            ok(harness.modify("capture", 20_000));
            let part = if state == "refunded" { 20_000 } else { 10_000 };
            ok(harness.modify("refund", part));
        }
        _ => {}
    }
    harness
}

#[test]
fn every_operation_in_every_state() {
    type Operation = fn(&mut Harness) -> Response;
    let table: [(&str, Operation, [&str; 11]); 8] = [
        (
            "capture a half",
            |b| b.modify("capture", 10_000),
            [
                "6080", "ok", "ok", "6170", "6070", "6070", "6170", "6170", "6200", "6200", "6200",
            ],
        ),
        (
            "capture all",
            |b| b.modify("capture", 20_000),
            [
                "6080", "ok", "6090", "6170", "6070", "6070", "6170", "6170", "6200", "6200",
                "6200",
            ],
        ),
        (
            "capture too much",
            |b| b.modify("capture", 20_001),
            [
                "6080", "6090", "6090", "6170", "6070", "6070", "6170", "6170", "6200", "6200",
                "6200",
            ],
        ),
        (
            "cancel",
            |b| b.cancel_payment(json!({})),
            [
                "ok", "ok", "ok", "6040", "6050", "6050", "6040", "6040", "6190", "6190", "6190",
            ],
        ),
        (
            "cancel if not approved",
            |b| b.cancel_payment(json!({"cancelTransactionOnly": true})),
            [
                "ok", "6060", "6060", "6040", "6050", "6050", "6040", "6040", "6190", "6190",
                "6190",
            ],
        ),
        (
            "refund a half",
            |b| b.modify("refund", 10_000),
            [
                "6020", "6020", "ok", "ok", "6020", "ok", "ok", "6180", "6210", "6210", "6210",
            ],
        ),
        (
            "refund all",
            |b| b.modify("refund", 20_000),
            [
                "6020", "6020", "6150", "ok", "6020", "6150", "6150", "6180", "6210", "6210",
                "6210",
            ],
        ),
        (
            "approve",
            |b| {
                let body = json!({"customer": {"phoneNumber": "4791234567"}});
                b.post(&format!("/epayment/v1/test/payments/{ORDER}/approve"), body)
            },
            [
                "ok", "6230", "6230", "6230", "6230", "6230", "6230", "6230", "10010", "10010",
                "10010",
            ],
        ),
    ];
    for started_by in [StartedBy::Epayment, StartedBy::Ecom] {
        for (name, operation, expected) in table {
            for (state, expected) in STATES.iter().zip(expected) {
                let mut harness = in_state(state, started_by);
                let before = harness.account();
                let response = operation(&mut harness);
                let case = format!("{name}, {state}, started by {started_by:?}");
                assert_eq!(outcome(&response), expected, "{case}");
                if expected != "ok" {
                    assert_eq!(harness.account(), before, "{case}: money moved");
                }
            }
        }
    }
}

#[test]
fn every_state_has_its_sums() {
    for started_by in [StartedBy::Epayment, StartedBy::Ecom] {
        for (name, (state, sums)) in STATES.iter().zip(SUMS) {
            let mut harness = in_state(name, started_by);
            let case = format!("{name}, started by {started_by:?}");
            assert_eq!(harness.sums(), (state.to_owned(), sums), "{case}");
        }
    }
}

#[test]
fn cancel_fails_while_the_customer_is_authenticating() {
    let mut harness = Harness::new();
    harness.created();
    harness.with_payment(Domain::authenticate).unwrap();
    let refused = harness.cancel_payment(json!({}));
    assert_eq!(
        (outcome(&refused).as_str(), refused.status.as_u16()),
        ("6250", 423)
    );
    harness.reject();
    assert_eq!(outcome(&harness.cancel_payment(json!({}))), "6190");
}

#[test]
fn change_returns_the_sums_and_the_reference_of_creation() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    let created = harness.read("/events")[0]["pspReference"].clone();
    let captured = json_of(&harness.modify("capture", 5_000));
    assert_eq!(captured["pspReference"], created);
    assert_eq!(captured["state"], "AUTHORIZED");
    assert_eq!(captured["amount"], nok(20_000));
    assert_eq!(captured["aggregate"]["capturedAmount"], nok(5_000));
    let cancelled = json_of(&harness.cancel_payment(json!({})));
    assert_eq!(cancelled["aggregate"]["cancelledAmount"], nok(15_000));
}

#[test]
fn periods_end_after_the_documented_days() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    for (currency, days) in [("NOK", 180), ("DKK", 14), ("EUR", 14)] {
        let amount = json!({"currency": currency, "value": 20_000});
        let mut harness = Harness::new();
        let created = harness.create(with("/amount", amount.clone()));
        assert_eq!(created.status, 201);
        harness.approve();
        harness.advance(DAY * days);
        harness.fetch_token();
        let modification = json!({"modificationAmount": amount});
        let capture = format!("{PAYMENTS}/{ORDER}/capture");
        let late = harness.post(&capture, modification.clone());
        assert_eq!(outcome(&late), "6100", "{currency}");
        assert_eq!(
            outcome(&harness.cancel_payment(json!({}))),
            "6030",
            "{currency}"
        );
    }
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    harness.modify("capture", 20_000);
    harness.advance(DAY * 365);
    harness.fetch_token();
    assert_eq!(outcome(&harness.modify("refund", 20_000)), "6220");
}
