//! The document of the control API against its routes and responses.

use std::collections::BTreeSet;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use super::faults::KINDS;
use super::routes::ROUTES;
use super::{DOCUMENT, PREFIX, respond_to_control};
use crate::simulator::Simulator;
use crate::simulator::domain::qr::CodeKey;
use crate::simulator::gateway::{Request, Response};

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn request(method: &str, path: &str, body: &str) -> Request {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (path, None),
    };
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("127.0.0.1"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Request {
        method: method.parse::<Method>().unwrap(),
        path: format!("{PREFIX}{path}"),
        query,
        headers,
        body: body.to_owned().into(),
    }
}

/// Asserts that a response is one that the document describes for this operation.
fn assert_described(document: &Value, method: &str, path: &str, response: &Response) {
    let status = response.status.as_u16().to_string();
    let operation = &document["paths"][format!("/{path}")][method.to_lowercase()];
    let mut described = &operation["responses"][&status];
    if let Some(reference) = described["$ref"].as_str() {
        described = document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap();
    }
    assert!(described.is_object(), "{method} {path}: no {status}");
    let (media_type, body) = response.encoded();
    let Some(content) = described.get("content") else {
        assert!(body.is_empty(), "{method} {path}: {status} has a body");
        return;
    };
    let essence = media_type.unwrap().split(';').next().unwrap();
    let schema = json!({
        "allOf": [content[essence]["schema"]],
        "components": document["components"],
    });
    assert!(
        content[essence]["schema"].is_object(),
        "{method} {path}: {essence}"
    );
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{method} {path}: {body}");
}

#[test]
fn document_and_routes_name_the_same_operations() {
    let document = document();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let routed = ROUTES
        .iter()
        .map(|route| format!("{} /{}", route.method, route.path));
    assert_eq!(described, routed.collect());
}

#[test]
fn document_lists_every_kind_of_a_fault() {
    let document = document();
    let list = &document["components"]["schemas"]["NewFault"]["properties"]["kind"]["enum"];
    let listed: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind.as_str().unwrap())
        .collect();
    assert_eq!(listed, KINDS);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one request of each route, in order")]
fn responses_of_every_route_fit_the_document() {
    let document = document();
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    started(&sim, "order-1");
    started(&sim, "order-2");
    printed_codes(&sim);
    check_in_that_fails(&sim);
    let send = |method, template: &str, path: &str, body, status| {
        let response = respond_to_control(&sim.engine, &request(method, path, body));
        assert_eq!(response.status, status, "{method} {path} {body}");
        assert_described(&document, method, template, &response);
    };
    let calls = [
        ("GET", "health", "health", "", 200),
        ("GET", "openapi.json", "openapi.json", "", 200),
        ("GET", "openapi.json", "openapi.json?x=1", "", 400),
        ("GET", "keys", "keys", "", 200),
        ("POST", "personal-codes", "personal-codes", "", 201),
        ("GET", "codes", "codes", "", 200),
        ("GET", "codes/{id}/image", "codes/x/image", "", 404),
        ("GET", "orders", "orders?latest=x", "", 400),
        ("POST", "orders/{id}/scan", "orders/order-1/scan", "", 200),
        ("POST", "orders/{id}/scan", "orders/order-9/scan", "", 404),
        (
            "POST",
            "orders/{id}/approve",
            "orders/order-1/approve?merchantSerialNumber=123456",
            r#"{"phoneNumber":"98765432"}"#,
            200,
        ),
        (
            "POST",
            "orders/{id}/approve",
            "orders/order-1/approve",
            "",
            409,
        ),
        (
            "POST",
            "orders/{id}/approve",
            "orders/order-1/approve",
            r#"{"phoneNumber":1}"#,
            400,
        ),
        (
            "POST",
            "orders/{id}/reject",
            "orders/order-2/reject",
            "{}",
            200,
        ),
        ("GET", "orders", "orders", "", 200),
        ("GET", "orders/{id}", "orders/order-1", "", 200),
        (
            "GET",
            "orders/{id}",
            "orders/order-1?merchantSerialNumber=1",
            "",
            404,
        ),
        ("GET", "clock", "clock", "", 200),
        (
            "POST",
            "clock/advance",
            "clock/advance",
            r#"{"seconds":0.5}"#,
            200,
        ),
        ("POST", "clock/advance", "clock/advance", "[", 400),
        ("POST", "clock/freeze", "clock/freeze", "", 200),
        (
            "POST",
            "faults",
            "faults",
            r#"{"kind":"reset","operation":"qr_image","orderId":"order-1"}"#,
            201,
        ),
        ("POST", "faults", "faults", r#"{"kind":"x"}"#, 400),
        (
            "POST",
            "faults",
            "faults",
            r#"{"kind":"reset","operation":"payment_callback"}"#,
            400,
        ),
        ("GET", "faults", "faults", "", 200),
        ("DELETE", "faults/{id}", "faults/1", "", 204),
        ("DELETE", "faults/{id}", "faults/x", "", 404),
        ("DELETE", "faults", "faults", "", 204),
        ("GET", "journal", "journal?orderId=order-1", "", 200),
        ("GET", "journal", "journal?status=1", "", 400),
        ("GET", "deliveries", "deliveries", "", 200),
        ("GET", "webhooks", "webhooks", "", 200),
        ("DELETE", "journal", "journal", "", 204),
        ("POST", "reset", "reset", "", 204),
    ];
    for (method, template, path, body, status) in calls {
        send(method, template, path, body, status);
    }
    let called: BTreeSet<_> = calls
        .iter()
        .map(|(method, path, ..)| (*method, *path))
        .collect();
    let routed: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.method, route.path))
        .collect();
    assert_eq!(called, routed);
}

#[test]
fn form_and_foreign_origin_are_refused_as_described() {
    let document = document();
    let sim = Simulator::builder().in_memory().unwrap();
    for (header, value, status) in [
        ("content-type", "text/plain", 415),
        ("origin", "https://evil.example", 403),
    ] {
        let mut request = request("POST", "clock/advance", r#"{"seconds":1}"#);
        let value = HeaderValue::from_static(value);
        request.headers.insert(header, value);
        let response = respond_to_control(&sim.engine, &request);
        assert_eq!(response.status, status);
        assert_described(&document, "POST", "clock/advance", &response);
    }
}

/// Adds a redirect code and a beacon. `check_in_that_fails` adds the code of a place.
fn printed_codes(sim: &Simulator) {
    let text = sim.engine.with_domain(|domain, random, now| {
        let key = CodeKey {
            sales_unit: "123456".into(),
            id: "poster".into(),
        };
        let (url, lifetime) = ("https://example.com/offer", Duration::from_secs(60));
        let codes = &mut domain.codes;
        codes
            .add_redirect(key.clone(), url.into(), Some(lifetime), random, now)
            .unwrap();
        codes.claim_beacon("1234567890", "123456").unwrap();
        codes.redirect(&key, now).unwrap().text.clone()
    });
    let text = text.replace(':', "%3A").replace('/', "%2F");
    let image = request("GET", &format!("codes/{text}/image"), "");
    let image = respond_to_control(&sim.engine, &image);
    assert_eq!(image.status, 200);
    assert_eq!(image.encoded().0, Some("image/svg+xml"));
}

/// Adds a registration, and a delivery with a planned retry.
fn check_in_that_fails(sim: &Simulator) {
    sim.register_webhook("https://example.com/hook", "secret")
        .unwrap();
    sim.route("https://example.com", ([127, 0, 0, 1], 1))
        .unwrap();
    let text = sim.engine.with_domain(|domain, random, _| {
        let key = CodeKey {
            sales_unit: "123456".into(),
            id: "till-1".into(),
        };
        domain.codes.put_place(key.clone(), "Till 1".into(), random);
        let (_, text) = domain.codes.place(&key).unwrap();
        text.to_owned()
    });
    sim.payer().scan(text).unwrap();
    let deliveries = sim.deliveries();
    assert!(
        deliveries
            .iter()
            .any(|delivery| delivery.next_attempt().is_some())
    );
}

/// Starts a payment through the API, without a client.
fn started(sim: &Simulator, order_id: &str) {
    let keys = sim.keys();
    let headers = |names: &[(&'static str, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in names {
            headers.insert(*name, HeaderValue::try_from(*value).unwrap());
        }
        headers
    };
    let send = |path: &str, headers, body: String| {
        let request = Request {
            method: Method::POST,
            path: path.to_owned(),
            query: None,
            headers,
            body: body.into(),
        };
        let arrival = sim.engine.arrive(&request);
        let response = sim.engine.respond(&request, &arrival).response;
        assert_eq!(response.status, 200, "{response:?}");
        serde_json::from_slice::<Value>(&response.encoded().1).unwrap()
    };
    let token = send(
        "/accesstoken/get",
        headers(&[
            ("content-length", "0"),
            ("client_id", keys.client_id()),
            ("client_secret", keys.client_secret()),
            ("ocp-apim-subscription-key", keys.subscription_key()),
        ]),
        String::new(),
    );
    let authorization = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let body = json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": keys.merchant_serial_number(),
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
        },
        "transaction": {"orderId": order_id, "amount": 49_900, "transactionText": "Socks"},
    });
    send(
        "/ecomm/v2/payments",
        headers(&[
            ("authorization", &authorization),
            ("content-type", "application/json"),
            ("ocp-apim-subscription-key", keys.subscription_key()),
        ]),
        body.to_string(),
    );
}
