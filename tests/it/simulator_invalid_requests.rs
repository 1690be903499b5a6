//! No invalid request makes the simulator fail. The response is always the refusal of the API.
//! Requests for which the API itself returns HTTP 500 are listed here.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::simulator_shop::{Shop, payment};

/// Values that fit hardly any member.
fn hostile_values() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(2_147_483_648_i64),
        json!(""),
        json!(" "),
        json!("9"),
        json!("x".repeat(100_000)),
        json!("\u{0}\r\n\u{202e}"),
        json!("🙂"),
        json!([]),
        json!([null]),
        json!(["x"]),
        json!({}),
        json!({"": ""}),
        deep,
    ]
}

/// The pointers of all values in `value`, its own among them.
fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| (at.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    let mut all = vec![String::new()];
    for (name, child) in children {
        all.extend(
            pointers(child)
                .iter()
                .map(|below| format!("/{name}{below}")),
        );
    }
    all
}

/// Bodies that each have one wrong value in them, or lack one member, with a description.
pub(crate) fn damaged_bodies(body: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for pointer in pointers(body) {
        for value in hostile_values() {
            let mut name = format!("{pointer} = {value}");
            name = name.chars().take(80).collect();
            let mut wrong = body.clone();
            *wrong.pointer_mut(&pointer).unwrap() = value;
            all.push((name, wrong));
        }
        if let Some((parent, member)) = pointer.rsplit_once('/')
            && let Some(Value::Object(members)) = body.clone().pointer_mut(parent)
        {
            members.remove(member);
            let mut wrong = body.clone();
            *wrong.pointer_mut(parent).unwrap() = Value::Object(members.clone());
            all.push((format!("{pointer} is missing"), wrong));
        }
    }
    all
}

/// Returns true for the few invalid bodies to which the API responds with HTTP 500 and code 99, as
/// documented.
fn is_documented_500(body: &Value) -> bool {
    let msn = body.pointer("/merchantInfo/merchantSerialNumber");
    let amount = body.pointer("/transaction/amount");
    let is_initiate = body.get("customerInfo").is_some();
    let merchant = body.get("merchantInfo").and_then(Value::as_object);
    msn.is_some_and(|msn| !msn.is_string())
        || amount.is_some_and(|amount| !amount.is_i64() && !amount.is_u64())
        || is_initiate && merchant.is_some_and(|merchant| !merchant.contains_key("fallBack"))
}

#[track_caller]
fn assert_valid_response(name: &str, body: &Value, (status, response): &(u16, Value)) {
    let is_documented =
        *status == 500 && is_documented_500(body) && response[0]["errorCode"] == "99";
    assert!(
        matches!(status, 200..=499) || is_documented,
        "{name}: {status} {response}"
    );
}

fn regular(order_id: &str) -> Value {
    let mut body = payment(order_id, 20_000);
    body["customerInfo"]["mobileNumber"] = "91234567".into();
    let merchant = json!({
        "merchantSerialNumber": "123456",
        "callbackPrefix": "https://example.com/callbacks",
        "fallBack": "https://example.com/result",
        "authToken": "secret",
        "isApp": false,
        "paymentType": "eComm Regular Payment",
    });
    body["merchantInfo"] = merchant;
    body["transaction"]["skipLandingPage"] = false.into();
    body["transaction"]["scope"] = "name phoneNumber".into();
    body["transaction"]["useExplicitCheckoutFlow"] = false.into();
    body["transaction"]["additionalData"] = json!({
        "passengerName": "Ada", "airlineCode": "074", "airlineDesignatorCode": "KL",
        "agencyInvoiceNumber": "82619", "ticketNumber": "123-1234-123",
    });
    body
}

fn express(order_id: &str) -> Value {
    let mut body = payment(order_id, 20_000);
    body["merchantInfo"]["paymentType"] = "eComm Express Payment".into();
    body["merchantInfo"]["consentRemovalPrefix"] = "https://example.com/consents".into();
    body["merchantInfo"]["shippingDetailsPrefix"] = "https://example.com/shipping".into();
    body["merchantInfo"]["staticShippingDetails"] = json!([
        {"isDefault": "Y", "priority": 1, "shippingCost": 49.5, "shippingMethod": "Post",
         "shippingMethodId": "post"},
    ]);
    body
}

/// Asserts that an accepted payment can be approved and read.
fn assert_usable(shop: &Shop, name: &str, order_id: &str) {
    shop.sim.payer().approve(order_id).ok();
    let (status, details) = shop.get(&format!("/ecomm/v2/payments/{order_id}/details"));
    assert_eq!(status, 200, "{name}: {details}");
}

#[test]
fn initiate_with_one_wrong_value_gets_a_valid_refusal() {
    let shop = Shop::new();
    for make in [regular, express] {
        assert_eq!(
            shop.initiate(&make(&format!("good-{}", make as usize))).0,
            200
        );
        for (index, (name, body)) in damaged_bodies(&make("order")).into_iter().enumerate() {
            let mut body = body;
            let order_id = format!("order-{}-{index}", make as usize);
            let id = body.pointer_mut("/transaction/orderId");
            if let Some(id) = id.filter(|id| *id == "order") {
                *id = order_id.clone().into();
            }
            let response = shop.initiate(&body);
            assert_valid_response(&name, &body, &response);
            if response.0 == 200 {
                assert_usable(&shop, &name, response.1["orderId"].as_str().unwrap());
            }
        }
    }
}

#[test]
fn number_of_another_json_type_is_a_validation_error() {
    let shop = Shop::new();
    let numbers = [
        json!(null),
        json!(91_234_567),
        json!([]),
        json!({}),
        json!(true),
    ];
    for (index, number) in numbers.into_iter().enumerate() {
        let mut body = payment(&format!("order-{index}"), 1000);
        body["customerInfo"]["mobileNumber"] = number.clone();
        let (status, response) = shop.initiate(&body);
        let error = (&response[0]["errorGroup"], &response[0]["errorCode"]);
        let field = &json!("customerInfo.mobileNumber");
        assert_eq!(
            (status, error),
            (400, (&json!("InvalidRequest"), field)),
            "{number}"
        );
    }
}

#[test]
fn action_with_one_wrong_value_gets_a_valid_refusal() {
    let shop = Shop::new();
    let merchant = json!({"merchantSerialNumber": "123456"});
    let transaction = json!({"amount": 1000, "transactionText": "Socks"});
    let part = json!({"merchantInfo": merchant, "transaction": transaction});
    let cancel = json!({
        "merchantInfo": merchant,
        "transaction": {"transactionText": "Socks"},
        "shouldReleaseRemainingFunds": true,
    });
    let approve = json!({"customerPhoneNumber": "91234567", "token": "x"});
    let actions = [
        ("POST", "capture", &part),
        ("POST", "refund", &part),
        ("PUT", "cancel", &cancel),
        ("POST", "approve", &approve),
    ];
    for (method, action, good) in actions {
        for (index, (name, body)) in damaged_bodies(good).into_iter().enumerate() {
            let order_id = format!("{action}-{index}");
            shop.initiate(&payment(&order_id, 20_000));
            let path = match action {
                "approve" => format!("/ecomm/v2/integration-test/payments/{order_id}/approve"),
                _ => format!("/ecomm/v2/payments/{order_id}/{action}"),
            };
            if action != "approve" {
                shop.sim.payer().approve(&order_id).unwrap();
            }
            if action == "refund" {
                let capture = format!("/ecomm/v2/payments/{order_id}/capture");
                assert_eq!(shop.send("POST", &capture, &part).0, 200);
            }
            let response = shop.send(method, &path, &body);
            assert_valid_response(&format!("{action} {name}"), &body, &response);
            assert_usable(&shop, &name, &order_id);
        }
    }
}

#[test]
fn qr_request_with_one_wrong_value_gets_a_valid_refusal() {
    let shop = Shop::new();
    let (_, begun) = shop.initiate(&payment("order-1", 20_000));
    let redirect = json!({"id": "poster", "redirectUrl": "https://example.com/", "ttl": 300});
    let operations = [
        ("POST", "/qr/v1", json!({"url": begun["url"]})),
        ("POST", "/qr/v1/merchant-redirect", redirect.clone()),
        (
            "PUT",
            "/qr/v1/merchant-redirect/poster",
            json!({"redirectUrl": "https://example.com/"}),
        ),
        (
            "PUT",
            "/qr/v1/merchant-callback/till",
            json!({"locationDescription": "Till 4"}),
        ),
        (
            "PUT",
            "/qr/v1/merchant-callback/mobilepay/beacon",
            json!({"locationDescription": "Till 4"}),
        ),
        (
            "POST",
            "/qr/v1/exchange",
            json!({"qrCode": "https://qr.vipps.no/p/x"}),
        ),
        (
            "POST",
            "/qr/v1/exchange/customer",
            json!({"customer": {"customerToken": "x"}}),
        ),
    ];
    for (method, path, good) in operations {
        for (name, body) in damaged_bodies(&good) {
            let response = shop.send(method, path, &body);
            let name = format!("{method} {path}: {name}");
            assert!((200..500).contains(&response.0), "{name}: {response:?}");
            if method == "POST" && path.ends_with("redirect") && response.0 == 200 {
                shop.send("DELETE", "/qr/v1/merchant-redirect/poster", &Value::Null);
            }
            for list in ["/qr/v1/merchant-redirect", "/qr/v1/merchant-callback"] {
                let listed = shop.get(list);
                assert_eq!(listed.0, 200, "{name}: {listed:?}");
            }
        }
    }
}

/// Every operation that takes a body, with the status for a body that is no JSON.
const WITH_BODY: [(&str, &str, u16); 11] = [
    ("POST", "/ecomm/v2/payments", 500),
    ("POST", "/ecomm/v2/payments/order-1/capture", 500),
    ("POST", "/ecomm/v2/payments/order-1/refund", 500),
    ("PUT", "/ecomm/v2/payments/order-1/cancel", 500),
    (
        "POST",
        "/ecomm/v2/integration-test/payments/order-1/approve",
        500,
    ),
    ("POST", "/qr/v1", 400),
    ("POST", "/qr/v1/merchant-redirect", 400),
    ("PUT", "/qr/v1/merchant-redirect/poster", 400),
    ("PUT", "/qr/v1/merchant-callback/till", 400),
    ("PUT", "/qr/v1/merchant-callback/mobilepay/beacon", 400),
    ("POST", "/qr/v1/exchange/customer", 400),
];

/// HTTP 500 for invalid JSON is documented for the eCom API.
#[test]
fn body_that_is_no_json_has_the_documented_status() {
    let nested = "[".repeat(10_000);
    let bodies: [&[u8]; 7] = [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{\"url\": \"\xff\"}",
        b"{'url': 1}",
        nested.as_bytes(),
    ];
    for (method, path, expected) in WITH_BODY {
        for body in bodies {
            let shop = Shop::new();
            shop.initiate(&payment("order-1", 20_000));
            shop.sim.clock().advance(std::time::Duration::from_secs(60));
            let request = shop.signed(method, path, Bytes::copy_from_slice(body));
            let (status, response) = shop.exchange(request);
            let shown = String::from_utf8_lossy(&body[..body.len().min(20)]);
            assert_eq!(status, expected, "{method} {path} {shown}: {response}");
            assert!(
                status == 400 || response[0]["errorCode"] == "99",
                "{response}"
            );
        }
    }
}

#[test]
fn unusual_header_gets_a_valid_refusal() {
    let long = "x".repeat(10_000);
    let values: [&[u8]; 7] = [
        b"",
        b" ",
        b"\xff",
        "å 🙂".as_bytes(),
        long.as_bytes(),
        b"-1",
        b"1e9",
    ];
    let names = [
        "authorization",
        "ocp-apim-subscription-key",
        "merchant-serial-number",
        "content-type",
        "accept",
        "size",
        "x-request-id",
        "vipps-system-name",
        "vipps-system-plugin-version",
        "host",
        "content-length",
    ];
    let reads = [
        ("GET", "/ecomm/v2/payments/order-1/details", 0),
        ("GET", "/qr/v1/merchant-redirect", 0),
        ("GET", "/qr/v1/merchant-redirect/poster", 0),
        (
            "GET",
            "/qr/v1/merchant-callback/till?QrImageFormat=PNG&QrImageSize=1e9",
            0,
        ),
        ("POST", "/accesstoken/get", 0),
    ];
    for (method, path, _) in WITH_BODY.into_iter().chain(reads) {
        let shop = Shop::new();
        for name in names {
            for value in values {
                let mut request = shop.signed(method, path, "{}");
                let name = HeaderName::from_static(name);
                let header = HeaderValue::from_bytes(value).unwrap();
                request.headers_mut().insert(name.clone(), header);
                let (status, response) = shop.exchange(request);
                let shown = String::from_utf8_lossy(&value[..value.len().min(20)]);
                let case = format!("{method} {path}, {name}: {shown:?}: {status} {response}");
                let is_documented = path == "/ecomm/v2/payments" && is_documented_500(&json!({}));
                assert!((200..500).contains(&status) || is_documented, "{case}");
            }
        }
    }
}

/// A capture that is taken for one without a key would move money again at each attempt.
#[test]
fn idempotency_key_that_is_no_text_moves_no_money() {
    let shop = Shop::new();
    shop.initiate(&payment("order-1", 20_000));
    shop.sim.payer().approve("order-1").unwrap();
    let body = json!({"transaction": {"amount": 1000, "transactionText": "Socks"}});
    let path = "/ecomm/v2/payments/order-1/capture";
    let mut request = shop.signed("POST", path, body.to_string());
    let key = HeaderValue::from_bytes(b"key-\xff").unwrap();
    request.headers_mut().insert("x-request-id", key);
    let (status, response) = shop.exchange(request);
    assert_eq!(
        (status, &response[0]["errorCode"]),
        (400, &json!("X-Request-Id"))
    );
    let (_, details) = shop.get("/ecomm/v2/payments/order-1/details");
    assert_eq!(details["transactionSummary"]["capturedAmount"], 0);
}

#[test]
fn unusual_path_gets_a_valid_refusal() {
    let shop = Shop::new();
    let steps = [
        "%FF", "%00", "%2F", "..", "%2e%2e", "a%20b", "%", "%zz", "🙂", "'--",
    ];
    let long = "x".repeat(10_000);
    for step in steps.into_iter().chain([long.as_str()]) {
        let Ok(step) = step.parse::<http::uri::PathAndQuery>().map(|_| step) else {
            continue;
        };
        for path in [
            format!("/ecomm/v2/payments/{step}/details"),
            format!("/qr/v1/merchant-redirect/{step}"),
            format!("/qr/v1/merchant-callback/{step}"),
            format!("/qr/v1/merchant-callback?QrImageFormat={step}&QrImageSize={step}"),
            format!("/generate/qr.png?token={step}"),
            format!("/{step}"),
        ] {
            for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
                let request = shop.signed(method, &path, "{}");
                let (status, response) = shop.exchange(request);
                assert!(
                    (200..500).contains(&status),
                    "{method} {path}: {status} {response}"
                );
            }
        }
    }
}
