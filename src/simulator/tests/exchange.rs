//! Codes and tokens for phone numbers.

use super::*;

fn exchange(bench: &mut Bench, path: &str, body: Value) -> Response {
    let request = bench.signed(Method::POST, path, Some(body));
    bench.send(request)
}

#[test]
fn personal_code_is_exchanged_for_its_phone_number() {
    let mut bench = Bench::new();
    let customer = Profile::of_number("4798765432").unwrap();
    let codes = &mut bench.state.domain.codes;
    let text = codes.add_personal(customer, &mut bench.state.random, bench.now);
    let answer = exchange(&mut bench, "/qr/v1/exchange", json!({"qrCode": text}));
    let timestamp = bench.now.as_second();
    assert_eq!(
        json_of(&answer),
        json!({"msisdn": "4798765432", "version": "2.0", "timestamp": timestamp})
    );
}

#[test]
fn code_of_version_1_has_no_time() {
    let mut bench = Bench::new();
    let body = json!({
        "qrCode": "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
        "requestedData": ["MSISDN"],
    });
    let answer = exchange(&mut bench, "/qr/v1/exchange", body);
    assert_eq!(
        json_of(&answer),
        json!({"msisdn": "4791234567", "version": "1.0"})
    );
}

#[test]
fn exchange_errors_have_their_own_form() {
    let complete = "The complete data contained in the QR code is required.";
    let cases = [
        (
            "/qr/v1/exchange",
            json!({"qrCode": "abc"}),
            "qrCode",
            Some(complete),
        ),
        ("/qr/v1/exchange", json!({}), "qrCode", None),
        (
            "/qr/v1/exchange",
            json!({"qrCode": "abc", "requestedData": ["EMAIL"]}),
            "requestedData.0",
            None,
        ),
        (
            "/qr/v1/exchange/customer",
            json!({"requestedData": ["MSISDN"]}),
            "customer",
            Some("Customer object is required."),
        ),
        (
            "/qr/v1/exchange/customer",
            json!({"customer": {}}),
            "customerToken",
            None,
        ),
        (
            "/qr/v1/exchange/customer",
            json!({"customer": {"customerToken": "x"}}),
            "customerToken",
            None,
        ),
    ];
    for (path, body, name, reason) in cases {
        let mut bench = Bench::new();
        let answer = exchange(&mut bench, path, body);
        assert_eq!(answer.status, 400, "{answer:?}");
        let body = json_of(&answer);
        assert_eq!(
            (&body["title"], &body["status"]),
            (&json!("Bad request"), &json!(400))
        );
        assert_eq!(body["extraDetails"][0]["name"], name, "{body}");
        if let Some(reason) = reason {
            assert_eq!(body["extraDetails"][0]["reason"], reason);
        }
    }
}

#[test]
fn check_in_token_expires_after_15_minutes() {
    let mut bench = Bench::new();
    bench.put_webhook();
    bench.check_in().unwrap();
    let call = bench.state.outbox.pop().unwrap();
    let token = call.body.unwrap()["customerToken"].clone();
    let body = json!({"customer": {"customerToken": token}, "requestedData": ["MSISDN"]});
    bench.pass(Duration::from_secs(899));
    let answer = exchange(&mut bench, "/qr/v1/exchange/customer", body.clone());
    assert_eq!(json_of(&answer)["msisdn"], "4791234567");
    bench.pass(Duration::from_secs(1));
    let answer = exchange(&mut bench, "/qr/v1/exchange/customer", body);
    assert_eq!(answer.status, 400);
}
