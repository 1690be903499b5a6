//! The request for the shipping options of an Express payment: authentication, spellings of the
//! address, and the response.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use vipps::callback::{
    CallbackAuth, CallbackError, ShippingOptionsRequest, respond_to_shipping_options,
};
use vipps::epayment::{ShippingBrand, ShippingGroup, ShippingOption, ShippingToken, ShippingType};
use vipps::types::Sensitive;
use vipps::{Amount, Currency};

const TOKEN: &str = "6f1c0d3e-2b7a-4c59-9e8f-0a1b2c3d4e5f";
const BODY: &str = r#"{"reference":"acme-shop-123","AddressLine1":"Robert Levins gate 5","AddressLine2":null,
    "City":"Oslo","PostCode":"0154","Country":"NO"}"#;

fn auth() -> CallbackAuth {
    CallbackAuth::new(TOKEN.parse().unwrap())
}

fn request(authorization: &str, body: &str) -> Request<Bytes> {
    Request::post("https://shop.example.com/shipping")
        .header("Authorization", authorization)
        .header("Content-Type", "application/json;charset=UTF-8")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

fn option(id: &str, amount: Amount) -> ShippingOption {
    ShippingOption::new(id, "A-post", amount)
}

fn group(options: impl IntoIterator<Item = ShippingOption>) -> ShippingGroup {
    ShippingGroup::new(ShippingType::PickupPoint, ShippingBrand::Posten, options)
}

fn text(member: Option<&Sensitive>) -> Option<&str> {
    member.map(Sensitive::expose)
}

#[test]
fn members_are_read_in_any_case() {
    let names = [
        "reference",
        "AddressLine1",
        "AddressLine2",
        "City",
        "PostCode",
        "Country",
    ];
    let spellings: [fn(&str) -> String; 4] = [
        |name| name.to_owned(),
        |name| name.to_ascii_lowercase(),
        |name| name.to_ascii_uppercase(),
        |name| name[..1].to_ascii_lowercase() + &name[1..],
    ];
    for spelling in spellings {
        let body = names.iter().fold(BODY.to_owned(), |body, name| {
            body.replace(*name, &spelling(name))
        });
        let read = ShippingOptionsRequest::parse(&request(TOKEN, &body), &auth()).unwrap();
        assert_eq!(read.reference.as_str(), "acme-shop-123");
        let address = &read.address;
        assert_eq!(
            text(address.address_line1.as_ref()),
            Some("Robert Levins gate 5")
        );
        assert_eq!(text(address.address_line2.as_ref()), None);
        assert_eq!(text(address.city.as_ref()), Some("Oslo"));
        assert_eq!(text(address.post_code.as_ref()), Some("0154"));
        assert_eq!(address.country.as_deref(), Some("NO"));
        let printed = format!("{read:?}");
        assert!(
            printed.contains("acme-shop-123") && !printed.contains("Levins"),
            "{printed}"
        );
    }
    let minimal = ShippingOptionsRequest::from_slice(br#"{"Reference":"order-1"}"#).unwrap();
    assert_eq!(minimal.address, vipps::epayment::Address::default());
}

#[test]
fn a_byte_order_mark_and_repeated_members_are_accepted() {
    let body = "\u{feff}{\"reference\":\"order-1\",\"City\":\"Bergen\",\"City\":\"Oslo\"}";
    let read = ShippingOptionsRequest::from_slice(body.as_bytes()).unwrap();
    assert_eq!(read.reference.as_str(), "order-1");
    assert_eq!(text(read.address.city.as_ref()), Some("Oslo"));
}

#[test]
fn a_body_without_a_reference_is_refused() {
    for body in [
        "",
        "canary",
        "[]",
        "{}",
        r#"["order-1","canary"]"#,
        r#"{"reference":null,"City":"canary"}"#,
        r#"{"reference":"canary 1"}"#,
        r#"{"reference":{"a":"canary"}}"#,
    ] {
        let error = ShippingOptionsRequest::parse(&request(TOKEN, body), &auth()).unwrap_err();
        assert!(
            matches!(error, CallbackError::BadBody(_)),
            "{body}: {error:?}"
        );
        assert_eq!(error.status(), 400);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn only_the_whole_token_is_accepted() {
    let upper = TOKEN.to_uppercase();
    let bearer = format!("Bearer {TOKEN}");
    let longer = format!("{TOKEN}0");
    let mut wrong = vec![
        "",
        "x",
        &TOKEN[1..],
        &TOKEN[..TOKEN.len() - 1],
        &upper,
        &bearer,
        &longer,
    ];
    let flipped: Vec<String> = (0..TOKEN.len())
        .map(|at| {
            let mut token = TOKEN.as_bytes().to_vec();
            token[at] ^= 1;
            String::from_utf8(token).unwrap()
        })
        .collect();
    wrong.extend(flipped.iter().map(String::as_str));
    for token in wrong {
        // The token is checked first.
        for body in [BODY, "canary"] {
            let error = ShippingOptionsRequest::parse(&request(token, body), &auth());
            assert_eq!(error.unwrap_err(), CallbackError::Unauthorized, "{token}");
        }
    }
    let mut missing = request(TOKEN, BODY);
    missing.headers_mut().clear();
    let error = ShippingOptionsRequest::parse(&missing, &auth()).unwrap_err();
    assert_eq!(error, CallbackError::Unauthorized);
    let mut get = request(TOKEN, BODY);
    *get.method_mut() = http::Method::GET;
    let error = ShippingOptionsRequest::parse(&get, &auth()).unwrap_err();
    assert_eq!(error, CallbackError::NotACallback);
    let long = request(TOKEN, &" ".repeat((1 << 20) + 1));
    let error = ShippingOptionsRequest::parse(&long, &auth()).unwrap_err();
    assert_eq!(error, CallbackError::TooLarge);

    let new = ShippingToken::generate().unwrap();
    assert_ne!(new.expose(), ShippingToken::generate().unwrap().expose());
    assert!(ShippingToken::parse(new.expose()).is_ok());
    let rotated =
        CallbackAuth::new(new.expose().parse().unwrap()).accept_previous(TOKEN.parse().unwrap());
    for token in [TOKEN, new.expose()] {
        ShippingOptionsRequest::parse(&request(token, BODY), &rotated).unwrap();
    }
}

fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn a_reply_lists_the_groups_in_minor_units() {
    let request = ShippingOptionsRequest::from_slice(BODY.as_bytes()).unwrap();
    let response = request
        .respond([
            group([option("a", Amount::minor(4990, Currency::DKK)).preselect()]).preselect(),
            group([option("b", Amount::minor(0, Currency::DKK))]).priority(2),
        ])
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let expected = json!({"groups": [
        {"type": "PICKUP_POINT", "brand": "POSTEN", "isDefault": true, "options": [
            {"id": "a", "name": "A-post", "isDefault": true, "amount": {"currency": "DKK", "value": 4990}}]},
        {"type": "PICKUP_POINT", "brand": "POSTEN", "priority": 2, "options": [
            {"id": "b", "name": "A-post", "amount": {"currency": "DKK", "value": 0}}]},
    ]});
    assert_eq!(json(&response), expected);

    let nowhere = request.respond([]).unwrap();
    assert_eq!((nowhere.status().as_u16(), nowhere.body().len()), (400, 0));
    let (nok, eur) = (Amount::nok(1), Amount::minor(100, Currency::EUR));
    for groups in [
        vec![group([])],
        vec![group([option("a", nok), option("a", nok)])],
        vec![group([option("a", nok)]), group([option("b", eur)])],
    ] {
        let error = request.respond(groups).unwrap_err();
        let invalid = error.invalid_value().unwrap();
        assert!(invalid.field().starts_with("shipping"), "{error}");
    }
}

/// The groups, the error, or the rule that the user's function breaks.
async fn groups_or_error(request: ShippingOptionsRequest) -> Result<Vec<ShippingGroup>, String> {
    match request.address.country.as_deref() {
        Some("NO") => Ok(vec![group([option("a", Amount::nok(49))])]),
        Some("SE") => Err("no prices".to_owned()),
        Some("FI") => Ok(vec![group([])]),
        _ => Ok(Vec::new()),
    }
}

const STATUSES: [(&str, u16); 4] = [("NO", 200), ("SE", 500), ("FI", 500), ("DK", 400)];

#[tokio::test]
async fn a_function_of_the_user_decides_the_response() {
    for (country, status) in STATUSES {
        let request = request(TOKEN, &BODY.replace("NO", country));
        let response = respond_to_shipping_options(&request, &auth(), groups_or_error).await;
        assert_eq!(response.status(), status, "{country}");
        assert_eq!(response.body().is_empty(), status != 200);
    }
    for (request, status) in [(request("x", BODY), 401), (request(TOKEN, "x"), 400)] {
        let response = respond_to_shipping_options(&request, &auth(), groups_or_error).await;
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn the_axum_handler_responds_with_the_same_statuses() {
    use tower::ServiceExt as _;

    let route = vipps::callback::axum::shipping_options(auth(), groups_or_error);
    let app: axum::Router = axum::Router::new().route("/shipping", route);
    let respond = async |request: Request<Bytes>| {
        let mut request = request.map(axum::body::Body::from);
        *request.uri_mut() = "/shipping".parse().unwrap();
        app.clone().oneshot(request).await.unwrap()
    };
    for (country, status) in STATUSES {
        let response = respond(request(TOKEN, &BODY.replace("NO", country))).await;
        assert_eq!(response.status(), status, "{country}");
        if status == 200 {
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }
    let long = " ".repeat((1 << 20) + 1);
    for (request, status) in [
        (request("x", BODY), 401),
        (request("x", &long), 401),
        (request(TOKEN, &long), 413),
        (request(TOKEN, "x"), 400),
    ] {
        assert_eq!(respond(request).await.status(), status);
    }
}
