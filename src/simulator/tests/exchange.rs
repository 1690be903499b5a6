//! Codes and tokens for phone numbers.

use super::*;

fn exchange(harness: &mut Harness, path: &str, body: Value) -> Response {
    let request = harness.signed(Method::POST, path, Some(body));
    harness.send(request)
}

#[test]
fn personal_code_is_exchanged_for_its_phone_number() {
    let mut harness = Harness::new();
    let customer = Profile::of_number("4798765432").unwrap();
    let codes = &mut harness.state.domain.codes;
    let text = codes.add_personal(customer, &mut harness.state.random, harness.now);
    let response = exchange(&mut harness, "/qr/v1/exchange", json!({"qrCode": text}));
    let timestamp = harness.now.as_second();
    assert_eq!(
        json_of(&response),
        json!({"msisdn": "4798765432", "version": "2.0", "timestamp": timestamp})
    );
}

#[test]
fn code_of_version_1_has_no_time() {
    let mut harness = Harness::new();
    let body = json!({
        "qrCode": "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
        "requestedData": ["MSISDN"],
    });
    let response = exchange(&mut harness, "/qr/v1/exchange", body);
    assert_eq!(
        json_of(&response),
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
        let mut harness = Harness::new();
        let response = exchange(&mut harness, path, body);
        assert_eq!(response.status, 400, "{response:?}");
        let body = json_of(&response);
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
    let mut harness = Harness::new();
    harness.put_webhook();
    harness.check_in().unwrap();
    let call = harness.state.outbox.pop().unwrap();
    let token = call.body.unwrap()["customerToken"].clone();
    let body = json!({"customer": {"customerToken": token}, "requestedData": ["MSISDN"]});
    harness.advance(Duration::from_secs(899));
    let response = exchange(&mut harness, "/qr/v1/exchange/customer", body.clone());
    assert_eq!(json_of(&response)["msisdn"], "4791234567");
    harness.advance(Duration::from_secs(1));
    let response = exchange(&mut harness, "/qr/v1/exchange/customer", body);
    assert_eq!(response.status, 400);
}
