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

fn open(bench: &mut Bench, body: Value) -> Response {
    let request = bench.signed(Method::POST, "/ecomm/v2/payments", Some(body));
    bench.send(request)
}

#[test]
fn static_shipping_is_added_to_the_amount() {
    let mut bench = Bench::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    assert_eq!(open(&mut bench, body).status, 200);
    bench.approve();
    bench.pass(Duration::from_secs(2));
    let details = bench.get("details");
    assert_eq!(details["transactionLogHistory"][0]["amount"], 29_950);
    assert_eq!(details["transactionLogHistory"][1]["amount"], 20_000);
    assert_eq!(details["shippingDetails"]["shippingMethodId"], "cannon");
    assert_eq!(details["shippingDetails"]["shippingCost"], 99.5);
    assert_eq!(details["shippingDetails"]["address"]["postCode"], "0191");
    assert_eq!(details["userDetails"]["mobileNumber"], "91234567");
    assert!(details["sub"].is_string());
    assert_eq!(bench.account().reserved(), 29_950);
    assert_eq!(bench.capture(Some(29_950)).status, 200);
}

#[test]
fn customer_chooses_among_the_methods() {
    let mut bench = Bench::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut bench, body);
    let unknown = Err(Refusal::UnknownShippingMethod);
    assert_eq!(bench.try_approve(Some("drone")), unknown);
    assert_eq!(bench.try_approve(Some("pickup")), Ok(()));
    assert_eq!(bench.account().reserved(), 20_000);
}

#[test]
fn dynamic_shipping_is_requested_before_the_approval() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    bench.approve();
    assert_eq!(bench.operations(), ["INITIATE"]);
    let question = bench.state.outbox.last().unwrap().clone();
    assert_eq!(question.message.id, "shipping_details");
    assert_eq!(
        question.url,
        format!("https://example.com/shipping/v2/payments/{ORDER}/shippingDetails")
    );
    assert_eq!(question.authorization.as_deref(), Some("word for word"));
    let asked = question.body.unwrap();
    assert_eq!(asked["addressType"], "H");
    assert_eq!(asked["addressLine2"], Value::Null);
    let answer =
        json!({"addressId": asked["addressId"], "orderId": ORDER, "shippingDetails": methods()});
    bench.receive(answer).unwrap();
    assert_eq!(bench.operations(), ["RESERVE", "INITIATE"]);
    assert_eq!(bench.account().reserved(), 29_950);
}

#[test]
fn payment_waits_after_an_invalid_shipping_response() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    for answer in [
        json!({}),
        json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": []}),
    ] {
        bench.approve();
        let result = bench.receive(answer);
        assert!(result.is_err());
        assert_eq!(bench.operations(), ["INITIATE"]);
    }
}

#[test]
fn merchants_response_with_one_unreadable_method_is_named() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    let good = methods()[0].clone();
    for (member, value) in [
        ("shippingCost", json!(0.001)),
        ("shippingCost", Value::Null),
        ("shippingMethod", json!(7)),
        ("shippingMethodId", json!({})),
        ("isDefault", json!(true)),
        ("priority", json!("first")),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        let answer = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [good, bad]});
        bench.approve();
        let result = bench.receive(answer);
        let reason = result.unwrap_err();
        assert!(
            reason.contains(&format!("shippingDetails.1.{member}")),
            "{reason}"
        );
        assert_eq!(bench.operations(), ["INITIATE"]);
    }
}

/// The details of the payment must fit the document, so they cannot hold a method that does not.
#[test]
fn merchants_method_that_breaks_the_document_is_named() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    for (member, value) in [
        ("shippingMethod", json!("x".repeat(257))),
        ("shippingMethodId", json!("x".repeat(101))),
        ("isDefault", json!("maybe")),
    ] {
        let mut bad = methods()[0].clone();
        bad[member] = value;
        let answer = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [bad]});
        bench.approve();
        let reason = bench.receive(answer);
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
        let mut bench = Bench::new();
        open(&mut bench, express_body());
        bench.approve();
        let mut method = methods()[1].clone();
        method["shippingCost"] = cost.into();
        let answer = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": [method]});
        bench.receive(answer).unwrap();
        assert_eq!(
            bench.get("details")["shippingDetails"]["shippingCost"],
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
        let mut bench = Bench::new();
        let mut body = express_body();
        body["merchantInfo"].as_object_mut().unwrap().remove(member);
        assert_code(&open(&mut bench, body), 400, "InvalidRequest", field);
    }
    let mut bench = Bench::new();
    let mut body = express_body();
    body["transaction"]["scope"] = "name".into();
    assert_code(
        &open(&mut bench, body),
        400,
        "InvalidRequest",
        "transaction.scope",
    );
}

#[test]
fn express_payments_cannot_be_forced() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");
    let request = bench.signed(Method::POST, &path, Some(json!({})));
    assert_code(&bench.send(request), 400, "VippsError", "91");
}

#[test]
fn sub_appears_one_second_after_the_approval() {
    let mut bench = Bench::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["scope"] = "name phoneNumber".into();
    open(&mut bench, body);
    bench.approve();
    let details = bench.get("details");
    assert_eq!(details.get("sub"), None);
    bench.pass(Duration::from_secs(1));
    assert!(bench.get("details")["sub"].is_string());
}

#[test]
fn unknown_scope_and_nin_are_refused() {
    let mut bench = Bench::new();
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["scope"] = "name shoeSize".into();
    assert_code(
        &open(&mut bench, body),
        400,
        "InvalidRequest",
        "transaction.scope",
    );
    let mut body = initiate_body("another", 20_000);
    body["transaction"]["scope"] = "nin".into();
    assert_code(&open(&mut bench, body), 403, "Merchant", "51");
}

#[test]
fn shipping_method_of_another_payment_is_refused() {
    let mut bench = Bench::new();
    bench.open(20_000);
    let refused = bench.try_approve(Some("post"));
    assert_eq!(refused, Err(Refusal::UnknownShippingMethod));
    bench.approve();
}

#[test]
fn personal_data_expires_after_seven_days() {
    let mut bench = Bench::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut bench, body);
    bench.approve();
    bench.pass(Duration::from_secs(7 * 24 * 3600));
    bench.fetch_token();
    let details = bench.get("details");
    assert_eq!(details["userDetails"]["mobileNumber"], "[Expired]");
    assert_eq!(details["shippingDetails"]["address"]["city"], "[Expired]");
    assert_eq!(details["shippingDetails"]["shippingCost"], 99.5);
}

#[test]
fn consent_can_be_withdrawn_after_the_approval() {
    let mut bench = Bench::new();
    let mut body = express_body();
    body["merchantInfo"]["staticShippingDetails"] = methods();
    open(&mut bench, body);
    let withdraw =
        |bench: &mut Bench| bench.with_payment(|domain, order, _| domain.withdraw_consent(order));
    assert_eq!(withdraw(&mut bench), Err(Refusal::NoConsent));
    bench.approve();
    withdraw(&mut bench).unwrap();
    let call = bench.state.outbox.pop().unwrap();
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
    let mut bench = Bench::new();
    bench.state.settings.may_skip_landing_page = true;
    let mut body = initiate_body(ORDER, 20_000);
    body["transaction"]["skipLandingPage"] = true.into();
    assert_code(
        &open(&mut bench, body.clone()),
        400,
        "InvalidRequest",
        "customerInfo.mobileNumber",
    );
    bench.pass(Duration::from_secs(60));
    body["customerInfo"]["mobileNumber"] = "91234567".into();
    let url = json_of(&open(&mut bench, body))["url"].clone();
    let request = bench
        .signed(Method::POST, "/qr/v1", Some(json!({"url": url})))
        .with("accept", "image/png");
    assert_eq!(json_of(&bench.send(request))["title"], "Validation error");
    let path = format!("/ecomm/v2/integration-test/payments/{ORDER}/approve");
    let request = bench.signed(Method::POST, &path, Some(json!({})));
    assert_code(&bench.send(request), 400, "VippsError", "91");
    bench.approve();
    assert_eq!(bench.operations(), ["RESERVE", "INITIATE"]);
}

#[test]
fn shipping_methods_after_the_end_change_nothing() {
    let mut bench = Bench::new();
    open(&mut bench, express_body());
    bench.approve();
    assert_eq!(bench.cancel(false).status, 200);
    let answer = json!({"addressId": 3960, "orderId": ORDER, "shippingDetails": methods()});
    let late = bench.receive(answer);
    assert_eq!(late, Err("the payment has ended".into()));
    assert_eq!(bench.operations(), ["CANCEL", "INITIATE"]);
    assert_eq!(bench.account().reserved(), 0);
}
