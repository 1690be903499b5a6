//! Another API over the same payments. It is one folder, and `apis` is the one line that registers
//! it.

mod api;

use super::*;

/// The registration.
fn apis() -> Vec<&'static Api> {
    [&apis::ALL[..], &[&api::API]].concat()
}

fn bench() -> Bench {
    Bench::with_apis(CaptureType::Reserve, Domain::default(), &apis())
}

const PATH: &str = "/toy/v1/payments/acme-shop-123-order123abc";

fn send(bench: &mut Bench, method: Method, path: &str, body: Option<Value>) -> Response {
    let request = bench.signed(method, path, body);
    bench.send(request)
}

fn sums(bench: &mut Bench) -> Value {
    let response = send(bench, Method::GET, PATH, None);
    assert_eq!(response.status, 200, "{response:?}");
    json_of(&response)
}

#[test]
fn payment_of_ecom_is_read_and_captured_by_another_api() {
    let mut bench = bench();
    bench.open(20_000);
    bench.approve();
    let path = format!("{PATH}/capture");
    let body = json!({"value": 5_000, "currency": "NOK"});
    let response = send(&mut bench, Method::POST, &path, Some(body));
    assert_eq!(response.status, 200, "{response:?}");
    let expected = json!({"started_by": "ecom", "authorized": 20_000, "captured": 5_000});
    assert_eq!(sums(&mut bench), expected);
    // eCom shows the capture, and captures the rest.
    assert_eq!(bench.operations(), ["CAPTURE", "RESERVE", "INITIATE"]);
    assert_eq!(bench.capture(None).status, 200);
    assert_eq!(sums(&mut bench)["captured"], 20_000);
    assert_eq!(bench.account().captured(), 20_000);
}

#[test]
fn refusal_of_the_domain_becomes_the_error_of_the_api() {
    let mut bench = bench();
    let body = json!({"value": 5_000, "currency": "NOK"});
    let path = format!("{PATH}/capture");
    let capture = |bench: &mut Bench, body: &Value| {
        let response = send(bench, Method::POST, &path, Some(body.clone()));
        (
            response.status.as_u16(),
            json_of(&response)["toy_error"].clone(),
        )
    };
    assert_eq!(capture(&mut bench, &body), (404, json!("unknown payment")));
    bench.open(20_000);
    assert_eq!(capture(&mut bench, &body), (409, json!("refused")));
    bench.approve();
    let euro = json!({"value": 5_000, "currency": "EUR"});
    assert_eq!(capture(&mut bench, &euro), (400, json!("other currency")));
    let bad = json!({"value": "5000", "currency": "NOK"});
    assert_eq!(capture(&mut bench, &bad), (400, json!("value")));
    assert_eq!(bench.account().captured(), 0);
}

#[test]
fn event_becomes_a_message_of_each_api_that_reports_it() {
    let mut bench = bench();
    bench.open(20_000);
    bench.approve();
    let ids = |bench: &mut Bench| -> Vec<&'static str> {
        let outbox = std::mem::take(&mut bench.state.outbox);
        outbox.iter().map(|outgoing| outgoing.message.id).collect()
    };
    assert_eq!(ids(&mut bench), ["payment_callback", "toy_event"]);
    assert_eq!(bench.capture(None).status, 200);
    assert_eq!(ids(&mut bench), ["toy_event"]);
}

#[test]
fn response_that_breaks_the_document_is_not_sent() {
    let mut bench = bench();
    bench.open(199);
    assert_eq!(send(&mut bench, Method::GET, PATH, None).status, 501);
}
