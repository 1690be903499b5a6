//! The errors of the eCom API, one by one: status, group, code.

use super::*;

#[test]
fn second_initiate_with_an_order_id_is_refused() {
    let mut harness = Harness::new();
    harness.open(20_000);
    let response = harness.initiate(ORDER, 20_000);
    assert_eq!(code(&response), (400, None, "34".into()));
    assert_eq!(
        json_of(&response)[0]["errorMessage"],
        "orderId is already used, and must be unique"
    );
}

#[test]
fn two_sales_units_can_use_the_same_order_id() {
    let mut harness = Harness::new();
    harness.open(20_000);
    let mut body = initiate_body(ORDER, 20_000);
    body["merchantInfo"]["merchantSerialNumber"] = "654321".into();
    let request = harness
        .signed(Method::POST, "/ecomm/v2/payments", Some(body))
        .with("merchant-serial-number", "654321");
    assert_eq!(harness.send(request).status, 200);
}

#[test]
fn every_operation_refuses_an_unknown_order() {
    let mut harness = Harness::new();
    assert_code(
        &harness.act("capture", None, Some("k")),
        404,
        "Merchant",
        "35",
    );
    assert_code(
        &harness.act("refund", None, Some("k")),
        404,
        "Merchant",
        "35",
    );
    assert_code(&harness.cancel(false), 404, "Merchant", "35");
    for path in ["details", "status"] {
        let request = harness.signed(
            Method::GET,
            &format!("/ecomm/v2/payments/{ORDER}/{path}"),
            None,
        );
        assert_code(&harness.send(request), 404, "Merchant", "35");
    }
    let request = harness.signed(
        Method::POST,
        &format!("/ecomm/v2/integration-test/payments/{ORDER}/approve"),
        Some(json!({})),
    );
    assert_code(&harness.send(request), 404, "Merchant", "35");
}

#[test]
fn captured_order_cannot_be_cancelled() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.capture(None);
    assert_code(&harness.cancel(false), 402, "Payment", "51");
}

#[test]
fn refusals_have_their_error_groups() {
    let mut harness = Harness::new();
    harness.open(20_000);
    assert_code(&harness.capture(None), 400, "Payment", "62");
    assert_code(&harness.refund(None), 400, "VippsError", "91");
    harness.approve();
    assert_code(&harness.capture(Some(20_001)), 400, "Payment", "61");
    assert_code(&harness.refund(None), 400, "Payment", "72");
    harness.capture(Some(10_000));
    assert_code(&harness.refund(Some(10_001)), 400, "Payment", "71");

    let mut harness = Harness::new();
    harness.open(20_000);
    harness.reject();
    assert_code(&harness.capture(None), 400, "VippsError", "91");
    assert_code(&harness.refund(None), 400, "Payment", "73");
    assert_code(&harness.cancel(false), 400, "VippsError", "92");
}

#[test]
fn same_key_and_body_have_one_effect_and_one_response() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    let first = harness.act("capture", Some(10_000), Some("key"));
    let repeated = harness.act("capture", Some(10_000), Some("key"));
    assert_eq!(json_of(&first), json_of(&repeated));
    assert_eq!(harness.account().captured(), 10_000);
    assert_eq!(
        harness.account().effects()[1].idempotency_key(),
        Some("key")
    );
}

#[test]
fn key_of_a_full_capture_repeats_when_nothing_is_left() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    let first = harness.act("capture", None, Some("key"));
    let repeated = harness.act("capture", None, Some("key"));
    assert_eq!(
        (first.status.as_u16(), repeated.status.as_u16()),
        (200, 200)
    );
    assert_eq!(harness.account().captured(), 20_000);
}

#[test]
fn key_with_another_request_is_refused() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.act("capture", Some(10_000), Some("key"));
    let other_amount = harness.act("capture", Some(5_000), Some("key"));
    assert_code(&other_amount, 400, "Payment", "93");
    let request = harness
        .signed(
            Method::POST,
            &format!("/ecomm/v2/payments/{ORDER}/capture"),
            Some(json!({
                "merchantInfo": {"merchantSerialNumber": MSN},
                "transaction": {"amount": 10_000, "transactionText": "Other socks"},
            })),
        )
        .with("x-request-id", "key");
    assert_code(&harness.send(request), 400, "VippsError", "93");
    assert_eq!(harness.account().captured(), 10_000);
}

#[test]
fn same_key_on_another_endpoint_is_another_key() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.act("capture", Some(10_000), Some("key"));
    assert_eq!(harness.act("refund", Some(10_000), Some("key")).status, 200);
    assert_eq!(harness.account().charged(), 0);
}

#[test]
fn call_without_a_key_moves_money_every_time() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    for _ in 0..2 {
        let response = harness.act("capture", Some(10_000), None);
        assert_eq!(response.status, 200);
        assert!(response.note.unwrap().contains("X-Request-Id is missing"));
    }
    assert_eq!(harness.account().captured(), 20_000);
}

#[test]
fn null_and_zero_mean_all_that_is_left() {
    for amount in [Value::Null, json!(0)] {
        let mut harness = Harness::new();
        harness.open(20_000);
        harness.approve();
        let request = harness.signed(
            Method::POST,
            &format!("/ecomm/v2/payments/{ORDER}/capture"),
            Some(json!({
                "merchantInfo": {"merchantSerialNumber": MSN},
                "transaction": {"amount": amount, "transactionText": "All socks"},
            })),
        );
        let request = request.with("x-request-id", "key");
        assert_eq!(harness.send(request).status, 200);
        assert_eq!(harness.account().captured(), 20_000);
    }
}

#[test]
fn part_below_one_krone_is_refused_and_a_smaller_rest_is_not() {
    let mut harness = Harness::new();
    harness.open(20_050);
    harness.approve();
    assert_code(
        &harness.capture(Some(99)),
        400,
        "InvalidRequest",
        "transaction.amount",
    );
    assert_eq!(harness.capture(Some(20_000)).status, 200);
    assert_eq!(
        json_of(&harness.capture(None))["transactionInfo"]["amount"],
        50
    );
}

#[test]
fn capture_and_cancel_expire_after_180_days_refund_after_365() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.capture(Some(10_000));
    harness.advance(DAY * 180);
    harness.fetch_token();
    assert_code(&harness.capture(None), 400, "Payment", "98");
    assert_code(&harness.cancel(true), 400, "Payment", "98");
    assert_eq!(harness.refund(Some(5_000)).status, 200);
    harness.advance(DAY * 185);
    harness.fetch_token();
    assert_code(&harness.refund(None), 400, "Payment", "95");
}

#[test]
fn invalid_field_is_named() {
    let cases: [(&str, Value, &str); 12] = [
        ("/transaction/amount", json!(99), "transaction.amount"),
        (
            "/transaction/orderId",
            json!("order_1"),
            "transaction.orderId",
        ),
        (
            "/transaction/transactionText",
            json!("x".repeat(101)),
            "transaction.transactionText",
        ),
        (
            "/merchantInfo/callbackPrefix",
            json!("http://example.com/"),
            "merchantInfo.callbackPrefix",
        ),
        (
            "/merchantInfo/callbackPrefix",
            json!(format!("https://example.com/{}", "x".repeat(255))),
            "merchantInfo.callbackPrefix",
        ),
        (
            "/merchantInfo/fallBack",
            json!("https://localhost/x"),
            "merchantInfo.fallBack",
        ),
        (
            "/merchantInfo/authToken",
            json!("x".repeat(256)),
            "merchantInfo.authToken",
        ),
        (
            "/merchantInfo/paymentType",
            json!("eCom Regular Payment"),
            "merchantInfo.paymentType",
        ),
        (
            "/transaction/additionalData",
            json!({"passengerName": "FLYER / MARY MS.", "airlineCode": "074", "airlineDesignatorCode": "KL"}),
            "transaction.additionalData.agencyInvoiceNumber",
        ),
        (
            "/transaction/amount",
            json!(2_147_483_648_i64),
            "transaction.amount",
        ),
        ("/merchantInfo/isApp", json!("true"), "merchantInfo.isApp"),
        ("/customerInfo", json!([]), "customerInfo"),
    ];
    for (pointer, value, field) in cases {
        let mut harness = Harness::new();
        let mut body = initiate_body(ORDER, 20_000);
        put(&mut body, pointer, value);
        let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
        let response = harness.send(request);
        assert_eq!(response.status, 400, "{pointer}: {response:?}");
        let (_, group, code) = code(&response);
        assert_eq!(group.as_deref(), Some("InvalidRequest"));
        assert_eq!(code, field);
        assert!(harness.state.domain.find(MSN, ORDER).is_none());
    }
}

#[test]
fn documented_mistakes_are_internal_errors() {
    let cases: [(&str, Value); 4] = [
        ("/merchantInfo/merchantSerialNumber", json!(123_456)),
        ("/transaction/amount", json!(200.5)),
        ("/transaction/amount", json!("20000")),
        ("/merchantInfo/fallback", json!("https://example.com/")),
    ];
    for (pointer, value) in cases {
        let mut harness = Harness::new();
        let mut body = initiate_body(ORDER, 20_000);
        if pointer.ends_with("fallback") {
            body["merchantInfo"]
                .as_object_mut()
                .unwrap()
                .remove("fallBack");
        }
        put(&mut body, pointer, value);
        let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
        assert_code(&harness.send(request), 500, "VippsError", "99");
    }
    let mut harness = Harness::new();
    let mut request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(json!({})));
    request.body = Bytes::from_static(b"{");
    assert_code(&harness.send(request), 500, "VippsError", "99");
}

#[test]
fn unknown_members_are_ignored() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["timeStamp"] = "2018-11-14T15:22:46.736Z".into();
    body["extra"] = json!({"a": 1});
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    assert_eq!(harness.send(request).status, 200);
}

#[test]
fn phone_number_and_landing_page_have_their_error_codes() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["customerInfo"]["mobileNumber"] = "+46701234567".into();
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    assert_code(&harness.send(request), 400, "User", "81");

    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["skipLandingPage"] = true.into();
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    let response = harness.send(request);
    assert_code(&response, 400, "Merchant", "38");
    let note = response.note.unwrap();
    assert!(note.contains("--allow-skip-landing-page"), "{note}");
}

#[test]
fn app_payment_has_an_app_link_and_an_app_fallback() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["merchantInfo"]["isApp"] = true.into();
    body["merchantInfo"]["fallBack"] = "myapp://done".into();
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    let response = json_of(&harness.send(request));
    let url = response["url"].as_str().unwrap();
    assert!(url.starts_with("vippsMT://?token=eyJ"), "{url}");
}

#[test]
fn force_approve_approves_in_place_of_the_customer() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    let (_, token) = landing_page.split_once("token=").unwrap();
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");

    let invalid = harness.signed(Method::POST, &path, Some(json!({"token": "x"})));
    assert_code(&harness.send(invalid), 400, "InvalidRequest", "token");
    let unknown_customer = harness.signed(
        Method::POST,
        &path,
        Some(json!({"customerPhoneNumber": "123"})),
    );
    assert_code(&harness.send(unknown_customer), 400, "User", "81");

    let body = json!({"customerPhoneNumber": "91234567", "token": token});
    let valid = harness.signed(Method::POST, &path, Some(body));
    assert_eq!(harness.send(valid.clone()).status, 200);
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
    assert_code(&harness.send(valid), 400, "VippsError", "92");
}

#[test]
fn force_approve_is_refused_after_expiry_or_rejection() {
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.reject();
    let request = harness.signed(Method::POST, &path, Some(json!({})));
    assert_code(&harness.send(request), 400, "VippsError", "91");

    let mut harness = Harness::new();
    harness.open(20_000);
    harness.advance(Duration::from_secs(301));
    let request = harness.signed(Method::POST, &path, Some(json!({})));
    assert_code(&harness.send(request), 400, "Payment", "45");
}

#[test]
fn request_id_has_at_most_40_characters() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    let response = harness.act("capture", None, Some(&"k".repeat(41)));
    assert_code(&response, 400, "InvalidRequest", "X-Request-Id");
    assert_eq!(
        harness.act("capture", None, Some(&"k".repeat(40))).status,
        200
    );
}

/// Sets a member, making it where it is missing.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
}
