//! The event log.

use super::*;

/// The names, the amounts and the keys of the log.
fn log(bench: &mut Bench) -> Vec<(String, i64, Option<String>)> {
    let log = bench.read("/events");
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
    let mut bench = Bench::new();
    bench.keyed(PAYMENTS, "create", create_body());
    bench.approve();
    let path = |action: &str| format!("{PAYMENTS}/{ORDER}/{action}");
    let part = |value: i64| json!({"modificationAmount": nok(value)});
    bench.keyed(&path("capture"), "capture", part(5_000));
    bench.keyed(&path("cancel"), "cancel", json!({}));
    bench.keyed(&path("refund"), "refund", part(1_000));
    assert_eq!(
        log(&mut bench),
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
    let mut bench = Bench::new();
    bench.created();
    bench.approve();
    bench.modify("capture", 5_000);
    let log = bench.read("/events");
    let psp = |index: usize| log[index]["pspReference"].as_str().unwrap().to_owned();
    assert_ne!(psp(0), psp(1));
    assert_ne!(psp(1), psp(2));
    assert_eq!(log[0]["timestamp"], "2026-03-02T09:00:13.0000000Z");
    assert_eq!(log[2]["timestamp"], "2026-03-02T09:00:26.000Z");
}

#[test]
fn payment_without_approval_ends_with_its_event() {
    type End = fn(&mut Bench);
    let ends: [(&str, End); 3] = [
        ("ABORTED", Bench::reject),
        ("EXPIRED", |bench| bench.pass(Duration::from_secs(600))),
        ("TERMINATED", |bench| drop(bench.cancel_payment(json!({})))),
    ];
    for (name, end) in ends {
        let mut bench = Bench::new();
        bench.created();
        end(&mut bench);
        let names: Vec<_> = log(&mut bench).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["CREATED", name]);
    }
}

/// Only the log shows the attempt. The payment is stopped.
#[test]
fn refused_card_is_a_failed_authorization() {
    let mut bench = Bench::new();
    bench.create(with("/amount/value", json!(151)));
    assert!(matches!(bench.try_approve(None), Err(Refusal::Declined(_))));
    let log = bench.read("/events");
    assert_eq!(
        (&log[1]["name"], &log[1]["success"]),
        (&json!("AUTHORIZED"), &json!(false))
    );
    assert_eq!(bench.sums(), ("ABORTED".to_owned(), [0, 0, 0, 0]));
}

#[test]
fn direct_capture_of_ecom_is_an_authorization_and_a_capture() {
    let mut bench = Bench::with(CaptureType::Direct);
    bench.open(20_000);
    bench.approve();
    assert_eq!(
        log(&mut bench),
        [
            event("CREATED", 20_000, None),
            event("AUTHORIZED", 20_000, None),
            event("CAPTURED", 20_000, None),
        ]
    );
    assert_eq!(
        bench.sums(),
        ("AUTHORIZED".to_owned(), [20_000, 20_000, 0, 0])
    );
}

#[test]
fn payment_of_this_api_is_unknown_to_ecom() {
    let mut bench = Bench::new();
    bench.created();
    let path = format!("/ecomm/v2/payments/{ORDER}/details");
    let request = bench.signed(Method::GET, &path, None);
    assert_eq!(bench.send(request).status, 404);
}
