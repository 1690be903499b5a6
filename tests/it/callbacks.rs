//! Requests that Vipps sends to the merchant. Every documented and every observed shape is
//! accepted, but only with valid authentication.

mod later_versions;
mod router;

use http::{Method, Request};
use serde_json::{Value, json};
use vipps::callback::{
    AddressType, Callback, CallbackAuth, CallbackError, CallbackStatus, CallbackUrls,
    ConsentRemoval, PaymentUpdate, ShippingRequest, parse,
};
use vipps::ecom::ShippingMethod;
use vipps::{Amount, ErrorGroup};

const TOKEN: &str = "s3cret-auth-token";

fn auth() -> CallbackAuth {
    CallbackAuth::new(TOKEN.parse().unwrap())
}

fn urls() -> CallbackUrls {
    CallbackUrls::new("https://example.com/vipps/callback".parse().unwrap())
}

fn request(method: Method, url: &str, token: Option<&str>, body: &str) -> Request<String> {
    let mut request = Request::new(body.to_owned());
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().unwrap();
    if let Some(token) = token {
        let token = token.parse().unwrap();
        request.headers_mut().insert("authorization", token);
    }
    request
}

fn post(order_id: &str, body: &str) -> Request<String> {
    let url = urls().payment_url(&order_id.parse().unwrap());
    request(Method::POST, &url, Some(TOKEN), body)
}

fn shipping_post(body: &str) -> Request<String> {
    let url = urls().shipping_url(&"order-1".parse().unwrap());
    request(Method::POST, &url, Some(TOKEN), body)
}

fn update(body: &str) -> PaymentUpdate {
    let order_id = serde_json::from_str::<Value>(body).unwrap()["orderId"].clone();
    match parse(&post(order_id.as_str().unwrap(), body), &auth()).unwrap() {
        Callback::Payment(update) => update,
        other => panic!("{other:?}"),
    }
}

fn shipping(body: &str) -> Result<ShippingRequest, CallbackError> {
    match parse(&shipping_post(body), &auth())? {
        Callback::Shipping(request) => Ok(request),
        other => panic!("{other:?}"),
    }
}

const REGULAR: &str = r#"{"merchantSerialNumber":"123456","orderId":"acme-shop-123-order123abc","transactionInfo":{"amount":20000,"status":"RESERVED","timeStamp":"2018-12-12T11:18:38.246Z","transactionId":"5001420062"}}"#;

const EXPRESS: &str = r#"{"merchantSerialNumber":"123456","orderId":"acme-shop-123-order123abc",
 "shippingDetails":{"address":{"addressLine1":"Dronning Eufemias gate 42","addressLine2":"Att: Rune Garborg","city":"OSLO","country":"NO","zipCode":"0191"},"shippingCost":99,"shippingMethod":"By cannon","shippingMethodId":"53DBB6BA-89DB-4997-B444-5E9F1681E3D3"},
 "transactionInfo":{"amount":20000,"status":"RESERVE","timeStamp":"2018-12-12T11:18:38.246Z","transactionId":"5001420062"},
 "userDetails":{"firstName":"Ada","lastName":"Lovelace","email":"user@example.com","mobileNumber":"12345678","userId":"1234567"}}"#;

const REJECTED: &str = r#"{"merchantSerialNumber":"123456","orderId":"ABC12345","transactionInfo":{"amount":654,"status":"REJECTED","timeStamp":"2021-10-01T08:42:41.775Z"},"errorInfo":{"errorCode":"45","errorGroup":"PAYMENTS","errorMessage":"User has not acted upon the payment"}}"#;

const SHIPPING: &str = r#"{"addressId":3960,"addressLine1":"Dronning Eufemias gate 42","addressLine2":null,"country":"Norway","city":"OSLO","postCode":"0191","addressType":"H"}"#;

#[test]
fn regular_payment_is_read() {
    let update = update(REGULAR);
    assert_eq!(update.order_id.as_str(), "acme-shop-123-order123abc");
    assert_eq!(update.merchant_serial_number.unwrap().as_str(), "123456");
    assert_eq!(update.status, Some(CallbackStatus::Reserved));
    assert_eq!(update.amount, Some(Amount::nok(200)));
    assert_eq!(update.transaction_id.as_deref(), Some("5001420062"));
    assert_eq!(
        update.timestamp.unwrap().instant(),
        Some("2018-12-12T11:18:38.246Z".parse().unwrap())
    );
    assert!(update.error.is_none() && update.user.is_none() && update.shipping.is_none());
}

#[test]
fn express_payment_is_read_with_user_and_address() {
    let update = update(EXPRESS);
    assert_eq!(update.status, Some(CallbackStatus::Reserved));
    let user = update.user.unwrap();
    assert_eq!(user.first_name.unwrap().expose(), "Ada");
    assert_eq!(user.last_name.unwrap().expose(), "Lovelace");
    assert_eq!(user.email.unwrap().expose(), "user@example.com");
    assert_eq!(user.mobile_number.unwrap().expose(), "12345678");
    assert_eq!(user.user_id.unwrap().expose(), "1234567");
    let shipping = update.shipping.unwrap();
    assert_eq!(shipping.shipping_cost.unwrap().minor_units(), 9_900);
    assert_eq!(shipping.shipping_method.as_deref(), Some("By cannon"));
    let address = shipping.address.unwrap();
    assert_eq!(address.post_code.unwrap().expose(), "0191");
    assert_eq!(address.address_line2.unwrap().expose(), "Att: Rune Garborg");
    assert_eq!(address.country.as_deref(), Some("NO"));
}

/// Returns the sample with one changed member, given by JSON pointer. `None` removes the member.
fn changed(sample: &str, pointer: &str, value: Option<Value>) -> PaymentUpdate {
    let mut body: Value = serde_json::from_str(sample).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => assert!(parent.remove(name).is_some(), "{pointer}"),
    }
    update(&body.to_string())
}

#[test]
fn every_status_is_read() {
    for (text, status) in [
        ("RESERVED", CallbackStatus::Reserved),
        ("RESERVE", CallbackStatus::Reserved),
        ("SALE", CallbackStatus::Sale),
        ("CANCELLED", CallbackStatus::Cancelled),
        ("REJECTED", CallbackStatus::Rejected),
        ("RESERVE_FAILED", CallbackStatus::ReserveFailed),
        ("SALE_FAILED", CallbackStatus::SaleFailed),
        ("PAUSED", CallbackStatus::Unknown("PAUSED".to_owned())),
    ] {
        let update = changed(REGULAR, "/transactionInfo/status", Some(text.into()));
        assert_eq!(update.status, Some(status));
    }
}

#[test]
fn sales_unit_is_read_as_number_or_text_of_any_length() {
    for (value, number) in [
        (json!(123_456), Some("123456")),
        (json!("1234567"), Some("1234567")),
        (json!("x"), None),
        (json!(null), None),
    ] {
        let update = changed(REGULAR, "/merchantSerialNumber", Some(value));
        let found = update.merchant_serial_number;
        assert_eq!(
            found.as_ref().map(vipps::MerchantSerialNumber::as_str),
            number
        );
    }
}

#[test]
fn every_spelling_of_the_postal_code_and_of_the_cost_is_read() {
    let address = "/shippingDetails/address";
    let both = json!({"postCode": "0190", "zipCode": "0191"});
    for (value, code) in [
        (json!({"zipCode": "0191"}), Some("0191")),
        (json!({"postCode": "0191"}), Some("0191")),
        (json!({"postCode": 191}), Some("191")),
        (json!({"postalCode": "0191"}), Some("0191")),
        (json!({"PostalCode": "0191"}), Some("0191")),
        (json!({"POSTCODE": "0191"}), Some("0191")),
        (json!({"zipcode": "0191"}), Some("0191")),
        (json!({"postCode": "", "postalCode": "0191"}), Some("0191")),
        (json!({"postCode": null, "zipCode": "0191"}), Some("0191")),
        (json!({"postCode": ""}), None),
        (both, Some("0190")),
        (json!({}), None),
    ] {
        let found = changed(EXPRESS, address, Some(value))
            .shipping
            .unwrap()
            .address
            .unwrap();
        assert_eq!(
            found
                .post_code
                .as_ref()
                .map(vipps::types::Sensitive::expose),
            code
        );
    }
    for (cost, ore) in [
        (json!(99.9), Some(9_990)),
        (json!("99.90"), Some(9_990)),
        (json!(0), Some(0)),
        (json!("free"), None),
    ] {
        let shipping = changed(EXPRESS, "/shippingDetails/shippingCost", Some(cost)).shipping;
        let shipping = shipping.expect("the rest stays");
        assert_eq!(shipping.shipping_cost.map(Amount::minor_units), ore);
        assert!(shipping.address.is_some());
    }
}

#[test]
fn failure_reason_is_read_if_present() {
    let rejected = update(REJECTED);
    assert_eq!(rejected.status, Some(CallbackStatus::Rejected));
    assert_eq!(rejected.transaction_id, None);
    let error = rejected.error.unwrap();
    assert_eq!(
        (error.group(), error.code()),
        (Some(&ErrorGroup::Payment), Some("45"))
    );
    assert_eq!(error.message(), Some("User has not acted upon the payment"));
    assert!(error.remedy().is_some());

    let info = json!({"errorCode": 45, "errorMessage": "User has cancelled or not acted upon the payment"});
    for value in [info.clone(), json!([info])] {
        let error = changed(REJECTED, "/errorInfo", Some(value)).error.unwrap();
        assert_eq!((error.group(), error.code()), (None, Some("45")));
    }
    for value in [json!(null), json!({}), json!([]), json!("45"), json!(45)] {
        assert!(changed(REJECTED, "/errorInfo", Some(value)).error.is_none());
    }

    let cancelled = changed(REGULAR, "/transactionInfo/status", Some("CANCELLED".into()));
    assert_eq!(cancelled.status, Some(CallbackStatus::Cancelled));
    assert!(cancelled.error.is_none() && cancelled.transaction_id.is_some());
}

#[test]
fn missing_or_malformed_members_do_not_hide_the_rest() {
    for pointer in [
        "/merchantSerialNumber",
        "/transactionInfo",
        "/transactionInfo/status",
        "/transactionInfo/amount",
        "/transactionInfo/timeStamp",
        "/transactionInfo/transactionId",
        "/shippingDetails",
        "/shippingDetails/address",
        "/shippingDetails/address/zipCode",
        "/shippingDetails/shippingCost",
        "/userDetails",
        "/userDetails/email",
    ] {
        let values = [
            None,
            Some(json!(null)),
            Some(json!("odd")),
            Some(json!([1])),
        ];
        for value in
            values
                .into_iter()
                .chain([Some(json!({})), Some(json!(true)), Some(json!(-1.5))])
        {
            let update = changed(EXPRESS, pointer, value);
            assert_eq!(update.order_id.as_str(), "acme-shop-123-order123abc");
            let top = pointer.split('/').nth(1).unwrap();
            assert!(update.user.is_some() || top == "userDetails", "{pointer}");
            assert!(
                update.shipping.is_some() || top == "shippingDetails",
                "{pointer}"
            );
            assert!(
                update.status.is_some() || top == "transactionInfo",
                "{pointer}"
            );
        }
    }
    let scope = changed(EXPRESS, "/shippingDetails", None);
    assert!(scope.user.is_some() && scope.shipping.is_none());
    let text = changed(REGULAR, "/transactionInfo/amount", Some("20000".into()));
    assert_eq!(text.amount, Some(Amount::nok(200)));
    let time = changed(
        REGULAR,
        "/transactionInfo/timeStamp",
        Some("2018-12-12T11:18:38".into()),
    );
    assert!(time.timestamp.unwrap().instant().is_some());
}

#[test]
fn order_id_of_the_body_must_match_the_path() {
    let without = post("order-1", r#"{"transactionInfo":{"status":"SALE"}}"#);
    match parse(&without, &auth()).unwrap() {
        Callback::Payment(update) => assert_eq!(update.order_id.as_str(), "order-1"),
        other => panic!("{other:?}"),
    }
    let error = parse(&post("order-1", REGULAR), &auth()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "orderId: must be the order id of the path"
    );

    // A body that is read without a path must contain the order id.
    let update = PaymentUpdate::from_slice(REGULAR.as_bytes()).unwrap();
    assert_eq!(update.order_id.as_str(), "acme-shop-123-order123abc");
    for body in ["{}", r#"{"orderId":""}"#, r#"{"orderId":"a canary"}"#] {
        let error = PaymentUpdate::from_slice(body.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("orderId: must ") && !error.contains("canary"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn update_returns_a_payment_with_details() {
    let recorder = vipps::testing::Recorder::new().respond(
        "GET",
        "/ecomm/v2/payments/ABC12345/details",
        200,
        r#"{"orderId":"ABC12345","transactionLogHistory":[]}"#,
    );
    let payment = update(REJECTED).payment(&recorder.client());
    assert_eq!(payment.order_id().as_str(), "ABC12345");
    payment.details().await.unwrap();
}

#[test]
fn shipping_request_gets_a_response_with_methods() {
    let request = shipping(SHIPPING).unwrap();
    assert_eq!(
        (request.order_id.as_str(), request.address_id),
        ("order-1", 3960)
    );
    assert_eq!(request.address_type, Some(AddressType::Home));
    let address = &request.address;
    assert_eq!(
        address.address_line1.as_ref().unwrap().expose(),
        "Dronning Eufemias gate 42"
    );
    assert_eq!(address.address_line2, None);
    assert_eq!(address.city.as_ref().unwrap().expose(), "OSLO");
    assert_eq!(address.post_code.as_ref().unwrap().expose(), "0191");
    assert_eq!(address.country.as_deref(), Some("Norway"));

    let walking = ShippingMethod::new("123abc", "Walking", Amount::nok(99));
    let cannon = ShippingMethod::new("cannon", "By cannon", "249.50 NOK".parse().unwrap());
    let shipping = request
        .respond([walking.unwrap().preselect().priority(1), cannon.unwrap()])
        .unwrap();
    let response = shipping.response();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(
        serde_json::from_slice::<Value>(response.body()).unwrap(),
        json!({"addressId": 3960, "orderId": "order-1", "shippingDetails": [
            {"isDefault": "Y", "priority": 1, "shippingCost": 99, "shippingMethod": "Walking", "shippingMethodId": "123abc"},
            {"isDefault": "N", "shippingCost": 249.5, "shippingMethod": "By cannon", "shippingMethodId": "cannon"},
        ]})
    );
}

#[test]
fn a_shipping_request_has_its_post_code_under_any_name() {
    for name in [
        "postCode",
        "zipCode",
        "postalCode",
        "PostalCode",
        "postalcode",
    ] {
        let body = json!({"addressId": 4711, "addressLine1": "Storgata 7", "addressLine2": "",
            "city": "BERGEN", "country": "Norway", name: "5003", "addressType": "H"});
        let code = shipping(&body.to_string()).unwrap().address.post_code;
        assert_eq!(code.expect(name).expose(), "5003");
    }
}

#[test]
fn shipping_request_is_read_leniently_except_address_id() {
    for (value, kind) in [
        (json!("W"), Some(AddressType::Work)),
        (json!("O"), Some(AddressType::Other)),
        (json!("B"), Some(AddressType::Business)),
        (json!("Z"), Some(AddressType::Unknown("Z".to_owned()))),
        (json!(null), None),
    ] {
        let body = json!({"addressId": "3960", "addressType": value, "city": 7, "postCode": [1]});
        let request = shipping(&body.to_string()).unwrap();
        assert_eq!((request.address_id, request.address_type), (3960, kind));
        assert_eq!(request.address.city.unwrap().expose(), "7");
    }
    for body in [
        "{}",
        r#"{"addressId":null}"#,
        r#"{"addressId":"canary"}"#,
        r#"{"addressId":1.5}"#,
    ] {
        let error = shipping(body).unwrap_err();
        assert_eq!(
            error.to_string(),
            "addressId: must be a whole number",
            "{body}"
        );
        assert_eq!(error.status(), 400);
    }
}

#[test]
fn shipping_response_is_checked() {
    let request = shipping(SHIPPING).unwrap();
    let method = |n: usize| ShippingMethod::new(n.to_string(), "Walking", Amount::nok(0)).unwrap();
    let methods = |count| (0..count).map(method);
    assert!(request.respond(methods(10)).is_ok());
    let nowhere = request.respond(methods(0)).unwrap().to_json();
    assert_eq!(
        nowhere,
        r#"{"addressId":3960,"orderId":"order-1","shippingDetails":[]}"#
    );
    for (methods, rule) in [
        (methods(11).collect::<Vec<_>>(), "10"),
        (vec![method(1), method(1)], "id"),
        (
            methods(2)
                .map(vipps::ecom::ShippingMethod::preselect)
                .collect(),
            "default",
        ),
    ] {
        let error = request.respond(methods).unwrap_err().to_string();
        assert!(
            error.starts_with("shipping_methods: ") && error.contains(rule),
            "{error}"
        );
    }
}

#[test]
fn consent_removal_is_read() {
    let allowed = auth().allow_unauthenticated_consent_removal();
    let removal = |token: Option<&str>| -> Result<ConsentRemoval, CallbackError> {
        let url = urls().consent_url("uiJ/sk+NQ6==");
        match parse(&request(Method::DELETE, &url, token, ""), &allowed)? {
            Callback::Consent(removal) => Ok(removal),
            other => panic!("{other:?}"),
        }
    };
    let known = removal(Some(TOKEN)).unwrap();
    assert_eq!(
        (known.user_id.expose(), known.authenticated),
        ("uiJ/sk+NQ6==", true)
    );
    assert!(!removal(None).unwrap().authenticated);
    assert_eq!(
        removal(Some("wrong")).unwrap_err(),
        CallbackError::Unauthorized
    );
}

#[test]
fn unauthenticated_call_is_refused_before_its_body() {
    let bearer = format!("Bearer {TOKEN}");
    let longer = format!("{TOKEN}x");
    let url = urls().payment_url(&"order-1".parse().unwrap());
    let too_long = " ".repeat((1 << 20) + 1);
    for token in [
        None,
        Some(""),
        Some("wrong"),
        Some(&TOKEN[1..]),
        Some(&longer),
        Some(&bearer),
        Some("S3CRET-AUTH-TOKEN"),
    ] {
        for body in [r#"{"orderId":"order-1"}"#, "{", "", &too_long] {
            for url in [&url, &format!("{url}/shippingDetails")] {
                let error = parse(&request(Method::POST, url, token, body), &auth()).unwrap_err();
                assert_eq!(
                    (&error, error.status().as_u16()),
                    (&CallbackError::Unauthorized, 401)
                );
            }
        }
    }
    // An unknown path is rejected before the token and the body are checked.
    let error = parse(&request(Method::POST, "/v2/orders/1", None, "{"), &auth()).unwrap_err();
    assert_eq!(
        (&error, error.status().as_u16()),
        (&CallbackError::NotACallback, 404)
    );
    for (size, status) in [(1 << 20, 400), ((1 << 20) + 1, 413)] {
        let error = parse(&post("order-1", &" ".repeat(size)), &auth()).unwrap_err();
        assert_eq!(error.status(), status, "{error}");
    }
}

#[test]
fn tokens_are_generated_and_rotated() {
    let (first, second) = (
        CallbackAuth::generate().unwrap(),
        CallbackAuth::generate().unwrap(),
    );
    let text = first.token().expose();
    assert_eq!(text.len(), 43);
    assert!(
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
        "{text}"
    );
    assert_ne!(text, second.token().expose());

    let headers = |tokens: &[&str]| {
        let mut headers = http::HeaderMap::new();
        for token in tokens {
            headers.append("authorization", token.parse().unwrap());
        }
        headers
    };
    assert!(first.accepts(&headers(&[text])));
    assert!(!second.accepts(&headers(&[text])));
    assert!(!second.accepts(&headers(&[])));
    let both = second.clone().accept_previous(first.token().clone());
    assert!(both.accepts(&headers(&[text])));
    assert!(both.accepts(&headers(&[second.token().expose()])));
    assert!(both.accepts(&headers(&["Basic eA==", text])));
    assert_eq!(both.token().expose(), second.token().expose());
}

#[test]
fn debug_hides_secrets_and_personal_data() {
    let mut printed = vec![format!("{:?} {:#?}", auth(), update(EXPRESS))];
    printed.push(format!("{:#?}", shipping(SHIPPING).unwrap()));
    let url = urls().consent_url("1234567");
    printed.push(format!(
        "{:#?}",
        parse(&request(Method::DELETE, &url, Some(TOKEN), ""), &auth()).unwrap()
    ));
    let error = r#"{"orderId":"order-1","errorInfo":{"errorCode":"45","errorMessage":"user 4712345678 of user@example.com"}}"#;
    printed.push(format!("{:#?}", update(error)));
    for body in [
        "Ada",
        r#"{"Ada"#,
        r#""Ada""#,
        r#"["Ada"]"#,
        r#"{"orderId":"Ada Lovelace","addressId":"Ada"}"#,
    ] {
        for request in [post("order-1", body), shipping_post(body)] {
            let error = parse(&request, &auth()).unwrap_err();
            assert_eq!(error.status(), 400);
            printed.push(format!("{error} {error:?}\n"));
        }
    }
    let denied = request(
        Method::POST,
        &urls().payment_url(&"order-1".parse().unwrap()),
        Some("canary"),
        "Ada",
    );
    let error = parse(&denied, &auth()).unwrap_err();
    printed.push(format!("{error} {error:?}"));
    let printed = printed.join("\n");
    for hidden in [
        TOKEN,
        "canary",
        "Ada",
        "Lovelace",
        "user@example",
        "12345678",
        "1234567",
        "Eufemias",
        "Garborg",
        "OSLO",
        "0191",
    ] {
        assert!(!printed.contains(hidden), "{hidden} is shown:\n{printed}");
    }
    assert!(
        printed.contains("acme-shop-123-order123abc") && printed.contains("By cannon"),
        "{printed}"
    );
}
