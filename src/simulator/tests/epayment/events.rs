//! The event log.

use super::*;

/// The names, the amounts and the keys of the log.
fn log(harness: &mut Harness) -> Vec<(String, i64, Option<String>)> {
    let log = harness.read("/events");
    let events = log.as_array().unwrap().iter();
    events
        .map(|event| {
            let text = |name: &str| event[name].as_str().map(str::to_owned);
            let amount = event["amount"]["value"].as_i64().unwrap();
            assert_eq!(event["success"], true, "{event}");
            (text("name").unwrap(), amount, text("idempotencyKey"))
        })
        .collect()
}

fn event(name: &str, amount: i64, key: Option<&str>) -> (String, i64, Option<String>) {
    (name.to_owned(), amount, key.map(str::to_owned))
}

#[test]
fn log_has_the_key_of_each_request_and_none_for_a_cancel() {
    let mut harness = Harness::new();
    harness.keyed(PAYMENTS, "create", create_body());
    harness.approve();
    let path = |action: &str| format!("{PAYMENTS}/{ORDER}/{action}");
    let part = |value: i64| json!({"modificationAmount": nok(value)});
    harness.keyed(&path("capture"), "capture", part(5_000));
    harness.keyed(&path("cancel"), "cancel", json!({}));
    harness.keyed(&path("refund"), "refund", part(1_000));
    assert_eq!(
        log(&mut harness),
        [
            event("CREATED", 20_000, Some("create")),
            event("AUTHORIZED", 20_000, Some("create")),
            event("CAPTURED", 5_000, Some("capture")),
            event("CANCELLED", 15_000, None),
            event("REFUNDED", 1_000, Some("refund")),
        ]
    );
}

#[test]
fn each_event_has_its_own_psp_reference_and_time() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    harness.modify("capture", 5_000);
    let log = harness.read("/events");
    let psp = |index: usize| log[index]["pspReference"].as_str().unwrap().to_owned();
    assert_ne!(psp(0), psp(1));
    assert_ne!(psp(1), psp(2));
    assert_eq!(log[0]["timestamp"], "2026-03-02T09:00:13.0000000Z");
    assert_eq!(log[2]["timestamp"], "2026-03-02T09:00:26.000Z");
}

#[test]
fn payment_without_approval_ends_with_its_event() {
    type End = fn(&mut Harness);
    let ends: [(&str, End); 3] = [
        ("ABORTED", Harness::reject),
        ("EXPIRED", |harness| {
            harness.advance(Duration::from_secs(600));
        }),
        ("TERMINATED", |harness| {
            drop(harness.cancel_payment(json!({})));
        }),
    ];
    for (name, end) in ends {
        let mut harness = Harness::new();
        harness.created();
        end(&mut harness);
        let names: Vec<_> = log(&mut harness)
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        assert_eq!(names, ["CREATED", name]);
    }
}

/// Only the log shows the attempt. The payment is stopped.
#[test]
fn refused_card_is_a_failed_authorization() {
    let mut harness = Harness::new();
    harness.create(with("/amount/value", json!(151)));
    assert!(matches!(
        harness.try_approve(None),
        Err(Refusal::Declined(_))
    ));
    let log = harness.read("/events");
    assert_eq!(
        (&log[1]["name"], &log[1]["success"]),
        (&json!("AUTHORIZED"), &json!(false))
    );
    assert_eq!(harness.sums(), ("ABORTED".to_owned(), [0, 0, 0, 0]));
}

#[test]
fn direct_capture_of_ecom_is_an_authorization_and_a_capture() {
    let mut harness = Harness::with(CaptureType::Direct);
    harness.open(20_000);
    harness.approve();
    assert_eq!(
        log(&mut harness),
        [
            event("CREATED", 20_000, None),
            event("AUTHORIZED", 20_000, None),
            event("CAPTURED", 20_000, None),
        ]
    );
    assert_eq!(
        harness.sums(),
        ("AUTHORIZED".to_owned(), [20_000, 20_000, 0, 0])
    );
}

#[test]
fn payment_of_this_api_is_unknown_to_ecom() {
    let mut harness = Harness::new();
    harness.created();
    let path = format!("/ecomm/v2/payments/{ORDER}/details");
    let request = harness.signed(Method::GET, &path, None);
    assert_eq!(harness.send(request).status, 404);
}
