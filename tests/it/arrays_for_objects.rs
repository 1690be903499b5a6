//! A JSON array is never read as an object by position.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vipps::callback::{PaymentUpdate, ShippingRequest};
use vipps::ecom::{Address, Event, PaymentDetails, PaymentState, ShippingDetails, UserDetails};
use vipps::testing::Recorder;
use vipps::types::CustomerToken;
use vipps::{Error, ErrorKind, Vipps};

use crate::support::{amount, id, text};

type Run = fn(Vipps) -> Pin<Box<dyn Future<Output = Result<(), Error>>>>;

const REDIRECT: &str = "/qr/v1/merchant-redirect/billboard_1";

/// Every operation whose response is an object: name, method, path and call.
#[allow(deprecated)]
fn operations() -> Vec<(&'static str, &'static str, &'static str, Run)> {
    vec![
        ("initiate", "POST", "/ecomm/v2/payments", |v| {
            Box::pin(async move { v.ecom().initiate(id(), amount(), text()).await.map(drop) })
        }),
        (
            "capture",
            "POST",
            "/ecomm/v2/payments/acme-shop-123/capture",
            |v| Box::pin(async move { v.ecom().payment(id()).capture_remaining().await.map(drop) }),
        ),
        (
            "cancel",
            "PUT",
            "/ecomm/v2/payments/acme-shop-123/cancel",
            |v| Box::pin(async move { v.ecom().payment(id()).cancel().await.map(drop) }),
        ),
        (
            "refund",
            "POST",
            "/ecomm/v2/payments/acme-shop-123/refund",
            |v| Box::pin(async move { v.ecom().payment(id()).refund(amount()).await.map(drop) }),
        ),
        (
            "details",
            "GET",
            "/ecomm/v2/payments/acme-shop-123/details",
            |v| Box::pin(async move { v.ecom().payment(id()).details().await.map(drop) }),
        ),
        (
            "status",
            "GET",
            "/ecomm/v2/payments/acme-shop-123/status",
            |v| Box::pin(async move { v.ecom().payment(id()).status().await.map(drop) }),
        ),
        ("one-time QR", "POST", "/qr/v1", |v| {
            let page = "https://api.vipps.no/dwo?token=x".parse::<vipps::types::LandingPage>();
            Box::pin(async move { v.qr().one_time(&page.unwrap()).await.map(drop) })
        }),
        ("create redirect", "POST", "/qr/v1/merchant-redirect", |v| {
            let code = v.qr().merchant_redirect("billboard_1".parse().unwrap());
            Box::pin(async move {
                code.create("https://example.com/a".parse().unwrap())
                    .await
                    .map(drop)
            })
        }),
        ("get redirect", "GET", REDIRECT, |v| {
            let code = v.qr().merchant_redirect("billboard_1".parse().unwrap());
            Box::pin(async move { code.get().await.map(drop) })
        }),
        ("update redirect", "PUT", REDIRECT, |v| {
            let code = v.qr().merchant_redirect("billboard_1".parse().unwrap());
            Box::pin(async move {
                code.update("https://example.com/a".parse().unwrap())
                    .await
                    .map(drop)
            })
        }),
        (
            "get callback",
            "GET",
            "/qr/v1/merchant-callback/till-1",
            |v| {
                let code = v.qr().merchant_callback("till-1".parse().unwrap());
                Box::pin(async move { code.get().await.map(drop) })
            },
        ),
        ("exchange", "POST", "/qr/v1/exchange", |v| {
            let code = "https://qr.vipps.no/p/abc".parse().unwrap();
            Box::pin(async move { v.qr().exchange(code).await.map(drop) })
        }),
        (
            "exchange customer",
            "POST",
            "/qr/v1/exchange/customer",
            |v| {
                let token: CustomerToken = "dG9rZW4=".parse().unwrap();
                Box::pin(async move { v.qr().exchange_customer(token).await.map(drop) })
            },
        ),
    ]
}

/// Arrays that fit one of the response types by position, and some that fit none.
const ARRAYS: [&str; 8] = [
    "[]",
    "[null]",
    "[{}]",
    r#"["https://api.vipps.no/dwo?token=x",300]"#,
    r#"["4798765432","1.0",7]"#,
    r#"["billboard_1","https://qr.vipps.no/x","https://example.com",300]"#,
    r#"[[["RESERVE",true,34900]]]"#,
    r#"[{"amount":100,"status":"Captured"},{"amount":100,"status":"Captured"},{"capturedAmount":100},"x"]"#,
];

#[tokio::test]
async fn an_array_in_place_of_a_response_is_a_decode_error() {
    for (name, method, path, run) in operations() {
        for body in ARRAYS {
            let recorder = Recorder::new().respond(method, path, 200, body);
            let error = run(recorder.client())
                .await
                .expect_err(&format!("{name} {body}"));
            assert_eq!(error.kind(), ErrorKind::Decode, "{name} {body}: {error}");
        }
    }
}

#[tokio::test]
async fn an_array_in_a_list_of_codes_is_a_decode_error() {
    for item in [
        "[]",
        r#"["billboard_1","https://qr.vipps.no/x"]"#,
        r#"["123456","till-1"]"#,
    ] {
        let recorder = Recorder::new()
            .respond("GET", "/qr/v1/merchant-redirect", 200, &format!("[{item}]"))
            .respond("GET", "/qr/v1/merchant-callback", 200, &format!("[{item}]"));
        let qr = recorder.client().qr();
        assert_eq!(
            qr.merchant_redirects().await.unwrap_err().kind(),
            ErrorKind::Decode
        );
        assert_eq!(
            qr.merchant_callbacks().await.unwrap_err().kind(),
            ErrorKind::Decode
        );
    }
}

fn read(details: &Value) -> PaymentDetails {
    PaymentDetails::from_json(id(), &details.to_string()).unwrap()
}

#[test]
fn an_array_in_place_of_a_part_of_the_details_is_absent() {
    let details = read(&json!({
        "transactionLogHistory": [
            {"operation": "RESERVE", "operationSuccess": true, "amount": 34900}],
        "transactionSummary": [34900, 0, 0, 34900],
        "userDetails": ["Ada", "Lovelace", "ada@example.com"],
        "shippingDetails": [["Storgata 7"], 99, "By cannon"],
    }));
    assert_eq!(details.state(), PaymentState::Reserved);
    assert!(
        details.summary().is_none() && details.user().is_none() && details.shipping().is_none()
    );
    let lower =
        read(&json!({"transactionLogHistory": [], "transactionsummary": [34900, 0, 0, 34900]}));
    assert!(lower.summary().is_none());
    let event = read(&json!({"transactionLogHistory": [
        ["RESERVE", true, 34900],
        {"operation": "INITIATE", "operationSuccess": true, "amount": 34900}]}));
    assert_eq!(event.state(), PaymentState::Unknown);
}

#[test]
fn an_array_in_place_of_an_address_is_absent() {
    let object = json!({"addressLine1": "Storgata 7", "city": "Bergen", "postCode": "5003"});
    for address in [
        json!([object]),
        json!([]),
        json!(["Storgata 7", null, "Bergen", "5003"]),
    ] {
        let shipping = json!({"address": address, "shippingMethod": "Walking"});
        let details = read(&json!({"transactionLogHistory": [], "shippingDetails": shipping}));
        let read = details.shipping().expect("the other members");
        assert!(read.address.is_none(), "{address}");
        assert_eq!(read.shipping_method.as_deref(), Some("Walking"));
        let body = json!({"orderId": "a", "shippingDetails": shipping}).to_string();
        let update = PaymentUpdate::from_slice(body.as_bytes()).unwrap();
        assert!(
            update.shipping.is_some_and(|s| s.address.is_none()),
            "{address}"
        );
    }
}

#[tokio::test]
#[allow(deprecated)]
async fn an_array_in_place_of_a_transaction_is_absent() {
    let path = "/ecomm/v2/payments/acme-shop-123/status";
    let body = r#"{"transactionInfo":[34900,"RESERVE"]}"#;
    let recorder = Recorder::new().respond("GET", path, 200, body);
    let status = recorder
        .client()
        .ecom()
        .payment(id())
        .status()
        .await
        .unwrap();
    assert!(status.operation.is_none() && status.amount.is_none());
}

#[test]
fn an_array_in_a_callback_is_refused_or_absent() {
    for body in ARRAYS {
        assert!(
            PaymentUpdate::from_slice(body.as_bytes()).is_err(),
            "{body}"
        );
        assert!(
            ShippingRequest::from_slice(id(), body.as_bytes()).is_err(),
            "{body}"
        );
    }
    let body = json!({
        "orderId": "a", "transactionInfo": [34900, "RESERVED"],
        "userDetails": ["Ada"], "shippingDetails": [["Storgata 7"]]});
    let update = PaymentUpdate::from_slice(body.to_string().as_bytes()).unwrap();
    assert!(update.status.is_none() && update.amount.is_none());
    assert!(update.user.is_none() && update.shipping.is_none());
}

fn is_refused<T: DeserializeOwned>(json: &Value) -> bool {
    let text = json.to_string();
    serde_json::from_value::<T>(json.clone()).is_err()
        && serde_json::from_str::<T>(&text).is_err()
        && serde_json::from_slice::<T>(text.as_bytes()).is_err()
}

#[test]
fn an_array_is_refused_by_each_public_type() {
    type Refuses = fn(&Value) -> bool;
    let types: [(&str, Refuses, Value); 4] = [
        (
            "Event",
            is_refused::<Event>,
            json!(["RESERVE", true, 34900, "5001", "key", "Socks", null]),
        ),
        (
            "UserDetails",
            is_refused::<UserDetails>,
            json!([
                "Ada",
                "Lovelace",
                "ada@example.com",
                "91234567",
                "id",
                null,
                null,
                true
            ]),
        ),
        (
            "ShippingDetails",
            is_refused::<ShippingDetails>,
            json!([{"city": "Bergen"}, 99, "Walking", "walk"]),
        ),
        (
            "Address",
            is_refused::<Address>,
            json!(["Storgata 7", null, "Bergen", "5003", null, null, "NO"]),
        ),
    ];
    for (name, is_refused, members) in types {
        for array in [json!([]), json!([null]), json!([{}]), members] {
            assert!(is_refused(&array), "{name} {array}");
        }
        assert!(!is_refused(&json!({})), "{name}");
    }
}

/// Each Rust file below a folder of the crate, with its text.
fn sources(folder: PathBuf) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    found
}

/// serde's derive accepts an array, so public types are read through private types.
#[test]
fn no_public_struct_derives_deserialize() {
    let mut found = Vec::new();
    for (path, source) in sources("src".into()) {
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with("#[derive(") && line.contains("Deserialize") {
                let item = lines[at..]
                    .iter()
                    .find(|line| !line.starts_with(['#', '/']));
                if item.is_some_and(|item| item.starts_with("pub struct")) {
                    found.push(format!("{path}:{}", at + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
