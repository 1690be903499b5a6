//! Another API over the same payments. It is one folder, and `apis` is the one line that registers
//! it.

mod api;

use super::*;

/// The registration.
fn apis() -> Vec<&'static Api> {
    [&apis::ALL[..], &[&api::API]].concat()
}

fn harness() -> Harness {
    Harness::with_apis(CaptureType::Reserve, Domain::default(), &apis())
}

const PATH: &str = "/toy/v1/payments/acme-shop-123-order123abc";

fn send(harness: &mut Harness, method: Method, path: &str, body: Option<Value>) -> Response {
    let request = harness.signed(method, path, body);
    harness.send(request)
}

fn sums(harness: &mut Harness) -> Value {
    let response = send(harness, Method::GET, PATH, None);
    assert_eq!(response.status, 200, "{response:?}");
    json_of(&response)
}

#[test]
fn payment_of_ecom_is_read_and_captured_by_another_api() {
    let mut harness = harness();
    harness.open(20_000);
    harness.approve();
    let path = format!("{PATH}/capture");
    let body = json!({"value": 5_000, "currency": "NOK"});
    let response = send(&mut harness, Method::POST, &path, Some(body));
    assert_eq!(response.status, 200, "{response:?}");
    let expected = json!({"started_by": "ecom", "authorized": 20_000, "captured": 5_000});
    assert_eq!(sums(&mut harness), expected);
    // eCom shows the capture, and captures the rest.
    assert_eq!(harness.operations(), ["CAPTURE", "RESERVE", "INITIATE"]);
    assert_eq!(harness.capture(None).status, 200);
    assert_eq!(sums(&mut harness)["captured"], 20_000);
    assert_eq!(harness.account().captured(), 20_000);
}

#[test]
fn refusal_of_the_domain_becomes_the_error_of_the_api() {
    let mut harness = harness();
    let body = json!({"value": 5_000, "currency": "NOK"});
    let path = format!("{PATH}/capture");
    let capture = |harness: &mut Harness, body: &Value| {
        let response = send(harness, Method::POST, &path, Some(body.clone()));
        (
            response.status.as_u16(),
            json_of(&response)["toy_error"].clone(),
        )
    };
    assert_eq!(
        capture(&mut harness, &body),
        (404, json!("unknown payment"))
    );
    harness.open(20_000);
    assert_eq!(capture(&mut harness, &body), (409, json!("refused")));
    harness.approve();
    let euro = json!({"value": 5_000, "currency": "EUR"});
    assert_eq!(capture(&mut harness, &euro), (400, json!("other currency")));
    let invalid = json!({"value": "5000", "currency": "NOK"});
    assert_eq!(capture(&mut harness, &invalid), (400, json!("value")));
    assert_eq!(harness.account().captured(), 0);
}

#[test]
fn event_becomes_a_message_of_each_api_that_reports_it() {
    let mut harness = harness();
    harness.open(20_000);
    harness.approve();
    let ids = |harness: &mut Harness| -> Vec<&'static str> {
        let outbox = std::mem::take(&mut harness.state.outbox);
        outbox.iter().map(|outgoing| outgoing.message.id).collect()
    };
    assert_eq!(ids(&mut harness), ["payment_callback", "toy_event"]);
    assert_eq!(harness.capture(None).status, 200);
    assert_eq!(ids(&mut harness), ["toy_event"]);
}

#[test]
fn response_that_breaks_the_document_is_not_sent() {
    let mut harness = harness();
    harness.open(199);
    assert_eq!(send(&mut harness, Method::GET, PATH, None).status, 501);
}
