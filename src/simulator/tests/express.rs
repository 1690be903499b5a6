//! Express checkout, scopes, and the customer's data.

use super::*;

fn express_body() -> Value {
    let mut body = initiate_body(ORDER, 20_000);
    body["merchantInfo"]["paymentType"] = "eComm Express Payment".into();
    body["merchantInfo"]["consentRemovalPrefix"] = "https://example.com/consent".into();
    body["merchantInfo"]["shippingDetailsPrefix"] = "https://example.com/shipping".into();
    body["merchantInfo"]["authToken"] = "word for word".into();
    body
}

fn methods() -> Value {
    json!([
        {"isDefault": "N", "priority": 1, "shippingCost": 0, "shippingMethod": "Pick up", "shippingMethodId": "pickup"},
        {"isDefault": "Y", "priority": 2, "shippingCost": 99.5, "shippingMethod": "By cannon", "shippingMethodId": "cannon"},
    ])
}

fn open(harness: &mut Harness, body: Value) -> Response {
    let request = harness.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    harness.send(request)
}

#[test]
fn static_shipping_is_added_to_the_amount() {
    let mut harness = Harness::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    assert_eq!(open(&mut harness, body).status, 200);
    harness.approve();
    harness.advance(Duration::from_secs(2));
    let details = harness.get("details");
    assert_eq!(details["transactionLogHistory"][0]["amount"], 29_950);
    assert_eq!(details["transactionLogHistory"][1]["amount"], 20_000);
    assert_eq!(details["shippingDetails"]["shippingMethodId"], "cannon");
    assert_eq!(details["shippingDetails"]["shippingCost"], 99.5);
    assert_eq!(details["shippingDetails"]["address"]["postCode"], "0191");
    assert_eq!(details["userDetails"]["mobileNumber"], "91234567");
    assert!(details["sub"].is_string());
    assert_eq!(harness.account().reserved(), 29_950);
    assert_eq!(harness.capture(Some(29_950)).status, 200);
}

#[test]
fn customer_chooses_among_the_methods() {
    let mut harness = Harness::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut harness, body);
    let unknown = Err(Refusal::UnknownShippingMethod);
    assert_eq!(harness.try_approve(Some("drone")), unknown);
    assert_eq!(harness.try_approve(Some("pickup")), Ok(()));
    assert_eq!(harness.account().reserved(), 20_000);
}

#[test]
fn dynamic_shipping_is_requested_before_the_approval() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    harness.approve();
    assert_eq!(harness.operations(), ["INITIATE"]);
    let request = harness.state.outbox.last().unwrap().clone();
    assert_eq!(request.message.id, "shipping_details");
    assert_eq!(
        request.url,
        format!("https://example.com/shipping/v2/payments/{ORDER}/shippingDetails")
    );
    assert_eq!(request.authorization.as_deref(), Some("word for word"));
    let request_body = request.body.unwrap();
    assert_eq!(request_body["addressType"], "H");
    assert_eq!(request_body["addressLine2"], Value::Null);
    let response = json!({"addressId": request_body["addressId"], "orderId": ORDER, "shippingDetails": methods()});
    harness.receive(response).unwrap();
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
    assert_eq!(harness.account().reserved(), 29_950);
}

#[test]
fn payment_waits_after_an_invalid_shipping_response() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    for response in [
        json!({}),
        json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": []}),
    ] {
        harness.approve();
        let result = harness.receive(response);
        assert!(result.is_err());
        assert_eq!(harness.operations(), ["INITIATE"]);
    }
}

#[test]
fn merchants_response_with_one_unreadable_method_is_named() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    let valid = methods()[0].clone();
    for (member, value) in [
        ("shippingCost", json!(0.001)),
        ("shippingCost", Value::Null),
        ("shippingMethod", json!(7)),
        ("shippingMethodId", json!({})),
        ("isDefault", json!(true)),
        ("priority", json!("first")),
    ] {
        let mut invalid = valid.clone();
        invalid[member] = value;
        let response =
            json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [valid, invalid]});
        harness.approve();
        let result = harness.receive(response);
        let reason = result.unwrap_err();
        assert!(
            reason.contains(&format!("shippingDetails.1.{member}")),
            "{reason}"
        );
        assert_eq!(harness.operations(), ["INITIATE"]);
    }
}

/// The details of the payment must fit the document, so they cannot hold a method that does not.
#[test]
fn merchants_method_that_breaks_the_document_is_named() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    for (member, value) in [
        ("shippingMethod", json!("x".repeat(257))),
        ("shippingMethodId", json!("x".repeat(101))),
        ("isDefault", json!("maybe")),
    ] {
        let mut invalid = methods()[0].clone();
        invalid[member] = value;
        let response = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [invalid]});
        harness.approve();
        let reason = harness.receive(response);
        let reason = reason.unwrap_err();
        assert!(
            reason.contains(&format!("shippingDetails.0.{member}")),
            "{reason}"
        );
    }
}

/// The description of 2018 has costs in quotes.
#[test]
fn quoted_shipping_cost_is_a_number_in_the_details() {
    for (cost, shown) in [
        ("49.50", json!(49.5)),
        (" 99 ", json!(99)),
        ("0.29", json!(0.29)),
    ] {
        let mut harness = Harness::new();
        open(&mut harness, express_body());
        harness.approve();
        let mut method = methods()[1].clone();
        method["shippingCost"] = cost.into();
        let response = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [method]});
        harness.receive(response).unwrap();
        assert_eq!(
            harness.get("details")["shippingDetails"]["shippingCost"],
            shown
        );
    }
}

#[test]
fn express_payments_need_their_prefixes_and_have_no_scope() {
    let cases = [
        ("consentRemovalPrefix", "merchantInfo.consentRemovalPrefix"),
        (
            "shippingDetailsPrefix",
            "merchantInfo.shippingDetailsPrefix",
        ),
    ];
    for (member, field) in cases {
        let mut harness = Harness::new();
        let mut body = express_body();
        body["merchantInfo"].as_object_mut().unwrap().remove(member);
        assert_code(&open(&mut harness, body), 400, "InvalidRequest", field);
    }
    let mut harness = Harness::new();
    let mut body = express_body();
    body["transaction"]["scope"] = "name".into();
    assert_code(
        &open(&mut harness, body),
        400,
        "InvalidRequest",
        "transaction.scope",
    );
}

#[test]
fn express_payments_cannot_be_forced() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");
    let request = harness.signed(Method::POST, &path, Some(json!({})));
    assert_code(&harness.send(request), 400, "VippsError", "91");
}

#[test]
fn sub_appears_one_second_after_the_approval() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["scope"] = "name phoneNumber".into();
    open(&mut harness, body);
    harness.approve();
    let details = harness.get("details");
    assert_eq!(details.get("sub"), None);
    harness.advance(Duration::from_secs(1));
    assert!(harness.get("details")["sub"].is_string());
}

#[test]
fn unknown_scope_and_nin_are_refused() {
    let mut harness = Harness::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["scope"] = "name shoeSize".into();
    assert_code(
        &open(&mut harness, body),
        400,
        "InvalidRequest",
        "transaction.scope",
    );
    let mut body = initiate_body("another", 20_000);
    body["transaction"]["scope"] = "nin".into();
    assert_code(&open(&mut harness, body), 403, "Merchant", "51");
}

#[test]
fn shipping_method_of_another_payment_is_refused() {
    let mut harness = Harness::new();
    harness.open(20_000);
    let refused = harness.try_approve(Some("post"));
    assert_eq!(refused, Err(Refusal::UnknownShippingMethod));
    harness.approve();
}

#[test]
fn personal_data_expires_after_seven_days() {
    let mut harness = Harness::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut harness, body);
    harness.approve();
    harness.advance(Duration::from_secs(7 * 24 * 3600));
    harness.fetch_token();
    let details = harness.get("details");
    assert_eq!(details["userDetails"]["mobileNumber"], "[Expired]");
    assert_eq!(details["shippingDetails"]["address"]["city"], "[Expired]");
    assert_eq!(details["shippingDetails"]["shippingCost"], 99.5);
}

#[test]
fn consent_can_be_withdrawn_after_the_approval() {
    let mut harness = Harness::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut harness, body);
    let withdraw = |harness: &mut Harness| {
        harness.with_payment(|domain, order, _| domain.withdraw_consent(order))
    };
    assert_eq!(withdraw(&mut harness), Err(Refusal::NoConsent));
    harness.approve();
    withdraw(&mut harness).unwrap();
    let call = harness.state.outbox.pop().unwrap();
    assert_eq!(call.message.method, Method::DELETE);
    // A base64 id ends in `=`, which travels encoded.
    let id = Profile::default().user_id().replace('=', "%3D");
    assert_eq!(
        call.url,
        format!("https://example.com/consent/v2/consents/{id}")
    );
    assert_eq!(call.body, None);
}

#[test]
fn sales_unit_can_be_allowed_to_skip_the_landing_page() {
    let mut harness = Harness::new();
    harness.state.settings.may_skip_landing_page = true;
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["skipLandingPage"] = true.into();
    assert_code(
        &open(&mut harness, body.clone()),
        400,
        "InvalidRequest",
        "customerInfo.mobileNumber",
    );
    harness.advance(Duration::from_secs(60));
    body["customerInfo"]["mobileNumber"] = "91234567".into();
    let url = json_of(&open(&mut harness, body))["url"].clone();
    let request = harness
        .signed(Method::POST, "/qr/v1", Some(json!({"url": url})))
        .with("accept", "image/png");
    assert_eq!(json_of(&harness.send(request))["title"], "Validation error");
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");
    let request = harness.signed(Method::POST, &path, Some(json!({})));
    assert_code(&harness.send(request), 400, "VippsError", "91");
    harness.approve();
    assert_eq!(harness.operations(), ["RESERVE", "INITIATE"]);
}

#[test]
fn shipping_methods_after_the_end_change_nothing() {
    let mut harness = Harness::new();
    open(&mut harness, express_body());
    harness.approve();
    assert_eq!(harness.cancel(false).status, 200);
    let response = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": methods()});
    let late = harness.receive(response);
    assert_eq!(late, Err("the payment has ended".into()));
    assert_eq!(harness.operations(), ["CANCEL", "INITIATE"]);
    assert_eq!(harness.account().reserved(), 0);
}
