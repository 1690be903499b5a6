//! The user flows, the details of a payment, and Express.

use super::*;

use crate::simulator::domain::qr::Target;
use crate::simulator::gateway::landing_token;

impl Harness {
    fn redirect_url(&mut self, body: Value) -> Option<String> {
        let response = self.create(body);
        assert_eq!(response.status, 201, "{response:?}");
        let url = json_of(&response)["redirectUrl"].clone();
        url.as_str().map(str::to_owned)
    }

    fn status_of(&mut self, url: &str) -> u16 {
        let path = url.strip_prefix("http://127.0.0.1:1").unwrap();
        self.send(request(Method::GET, path, None)).status.as_u16()
    }

    /// Lets the sales unit send push messages.
    fn pushing() -> Self {
        let mut harness = Self::new();
        harness.state.settings.may_skip_landing_page = true;
        harness
    }
}

#[test]
fn redirects_have_a_link_with_the_token_of_the_payment() {
    for flow in ["WEB_REDIRECT", "NATIVE_REDIRECT"] {
        let mut harness = Harness::new();
        let url = harness
            .redirect_url(with("/userFlow", json!(flow)))
            .unwrap();
        assert_eq!(
            url.starts_with("vipps://token="),
            flow == "NATIVE_REDIRECT",
            "{url}"
        );
        let token = landing_token(&url).unwrap();
        assert_eq!(
            harness.state.domain.by_landing_token(&token),
            Some(harness.order())
        );
        assert_eq!(harness.read("")["redirectUrl"], url);
        harness.approve();
        assert!(harness.read("").get("redirectUrl").is_none());
    }
}

#[test]
fn qr_flow_returns_an_image_or_the_text_of_the_code() {
    for (format, start) in [
        (
            json!({"format": "IMAGE/SVG+XML"}),
            "http://127.0.0.1:1/generate/qr.svg?token=",
        ),
        (
            json!({"format": "IMAGE/PNG", "size": 300}),
            "http://127.0.0.1:1/generate/qr.png?token=",
        ),
        (
            json!({"format": "TEXT/TARGETURL"}),
            "https://qr.vipps.no/o/",
        ),
        (Value::Null, "http://127.0.0.1:1/generate/qr.svg?token="),
    ] {
        let mut harness = Harness::new();
        let url = harness
            .redirect_url(plus(json!({"userFlow": "QR", "qrFormat": format})))
            .unwrap();
        assert!(url.starts_with(start), "{url}");
        let text = harness
            .state
            .domain
            .codes
            .of_payment(harness.order())
            .unwrap()
            .to_owned();
        let target = harness.state.domain.codes.target(&text);
        assert_eq!(target, Some(&Target::Payment(harness.order())));
        if url.starts_with("http:") {
            assert_eq!(harness.status_of(&url), 200);
            harness.advance(Duration::from_secs(600));
            assert_eq!(harness.status_of(&url), 404);
        }
    }
}

#[test]
fn png_has_the_requested_size_or_1024_pixels() {
    for (size, expected) in [(json!(300), 300), (Value::Null, 1024)] {
        let mut harness = Harness::new();
        let format = json!({"format": "IMAGE/PNG", "size": size});
        let url = harness
            .redirect_url(plus(json!({"userFlow": "QR", "qrFormat": format})))
            .unwrap();
        let path = url.strip_prefix("http://127.0.0.1:1").unwrap();
        let image = harness.send(request(Method::GET, path, None)).encoded().1;
        let reader = png::Decoder::new(std::io::Cursor::new(image))
            .read_info()
            .unwrap();
        assert_eq!(reader.info().width, expected);
    }
}

#[test]
fn push_message_has_no_link_and_names_its_customer() {
    let mut harness = Harness::pushing();
    let customer = json!({"phoneNumber": "4598765432"});
    let push = plus(json!({"userFlow": "PUSH_MESSAGE", "customer": customer}));
    assert_eq!(harness.redirect_url(push), None);
    let payment = harness.state.domain.payment(harness.order());
    assert_eq!(payment.usual_customer().msisdn, "4598765432");
}

#[test]
fn personal_code_and_customer_token_name_the_customer() {
    let mut harness = Harness::pushing();
    harness.put_webhook();
    harness.check_in().unwrap();
    let message = harness.state.outbox.pop().unwrap().body.unwrap();
    let token = message["customerToken"].clone();
    let customer = Profile::of_number("98765432").unwrap();
    let (codes, random) = (&mut harness.state.domain.codes, &mut harness.state.random);
    let code = codes.add_personal(customer, random, harness.now);
    for (reference, customer, expected) in [
        ("acme-shop-1", json!({"customerToken": token}), "4791234567"),
        ("acme-shop-2", json!({"personalQr": code}), "4798765432"),
        (
            "acme-shop-3",
            json!({"personalQr": "https://qr.vipps.no/28/2/01/031/4790000000?v=1"}),
            "4790000000",
        ),
    ] {
        let body = plus(json!({"userFlow": "PUSH_MESSAGE", "customer": customer,
            "customerInteraction": "CUSTOMER_PRESENT", "reference": reference}));
        harness.redirect_url(body);
        let payment = harness.state.domain.find(MSN, reference).unwrap();
        let customer = harness.state.domain.payment(payment).usual_customer();
        assert_eq!(customer.msisdn, expected);
    }
    harness.advance(Duration::from_secs(15 * 60));
    let late = plus(json!({"userFlow": "PUSH_MESSAGE", "customer": {"customerToken": token}}));
    assert_eq!(outcome(&harness.create(late)), "4050");
}

#[test]
fn payment_expires_after_10_minutes_or_at_its_own_time() {
    let mut harness = Harness::new();
    harness.created();
    harness.scan();
    harness.advance(Duration::from_secs(599));
    assert_eq!(harness.sums().0, "CREATED");
    harness.advance(Duration::from_secs(1));
    assert_eq!(harness.sums().0, "EXPIRED");

    let mut harness = Harness::new();
    let url = harness.redirect_url(plus(
        json!({"userFlow": "QR", "expiresAt": "2026-03-03T09:00:00Z",
        "receiptUrl": "https://example.com/receipt"}),
    ));
    let url = url.unwrap();
    harness.advance(Duration::from_secs(23 * 3600));
    harness.fetch_token();
    assert_eq!(harness.sums().0, "CREATED");
    assert_eq!(harness.status_of(&url), 200);
    harness.advance(Duration::from_secs(3600));
    harness.fetch_token();
    assert_eq!(harness.sums().0, "EXPIRED");
    assert_eq!(harness.status_of(&url), 404);
}

#[test]
fn currency_of_the_payment_is_in_every_amount() {
    for currency in ["DKK", "EUR"] {
        let amount = json!({"currency": currency, "value": 499});
        let mut harness = Harness::new();
        harness.create(with("/amount", amount.clone()));
        harness.approve();
        let path = format!("{PAYMENTS}/{ORDER}/capture");
        let captured = harness.post(&path, json!({"modificationAmount": amount}));
        assert_eq!(json_of(&captured)["aggregate"]["capturedAmount"], amount);
        let details = harness.read("");
        assert_eq!(details["aggregate"]["authorizedAmount"], amount);
        assert_eq!(details["aggregate"]["refundedAmount"]["currency"], currency);
        assert_eq!(harness.read("/events")[2]["amount"], amount);
        assert_eq!(harness.account().currency().as_str(), currency);
    }
}

#[test]
fn details_show_metadata_and_the_scope_of_the_profile() {
    let mut harness = Harness::new();
    let metadata = json!({"basket": "b-771", "channel": "web"});
    let profile = json!({"scope": "name email birthDate address phoneNumber"});
    harness.create(plus(json!({"metadata": metadata, "profile": profile})));
    let created = harness.read("");
    assert_eq!(created["metadata"], metadata);
    assert_eq!(
        (&created["profile"], created.get("userDetails")),
        (&json!({}), None)
    );
    harness.approve();
    assert_eq!(
        harness.read("")["profile"],
        json!({}),
        "the subject comes later"
    );
    harness.advance(Duration::from_secs(1));
    let approved = harness.read("");
    assert_eq!(approved["profile"]["sub"].as_str().unwrap().len(), 36);
    let user = &approved["userDetails"];
    assert_eq!(user["mobileNumber"], "4791234567");
    assert_eq!(user["addresses"][0]["country"], "NO");
    assert_eq!(
        approved["captureGuaranteedUntil"],
        "2026-03-09T09:00:13.000+00:00"
    );
    harness.advance(Duration::from_secs(7 * 24 * 3600));
    harness.fetch_token();
    assert!(harness.read("").get("userDetails").is_none());
}

#[test]
fn payment_without_a_scope_shares_nothing() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    harness.advance(Duration::from_secs(1));
    let details = harness.read("");
    assert_eq!(
        (&details["profile"], details.get("userDetails")),
        (&json!({}), None)
    );
    let mut harness = Harness::new();
    harness.create(plus(json!({"profile": {"scope": "email"}})));
    harness.approve();
    let user = harness.read("")["userDetails"].clone();
    assert_eq!(user, json!({"email": "user@example.com"}));
}

fn express(shipping: Value) -> Value {
    let scope = "name address email phoneNumber";
    plus(json!({"profile": {"scope": scope}, "shipping": shipping}))
}

fn groups() -> Value {
    json!([
        {"type": "PICKUP_POINT", "brand": "POSTEN", "priority": 2, "isDefault": true, "options": [
            {"id": "near", "name": "Kiosk", "amount": nok(3_900), "isDefault": true, "priority": 2},
            {"id": "far", "name": "Shop", "amount": nok(1_900), "priority": 1},
        ]},
        {"type": "MAILBOX", "brand": "BRING", "priority": 1, "options": [
            {"id": "box", "name": "Mailbox", "amount": nok(4_900), "isDefault": true},
        ]},
    ])
}

#[test]
fn express_adds_the_chosen_shipping_to_the_authorized_sum() {
    for (chosen, id, cost) in [(None, "near", 3_900), (Some("box"), "box", 4_900)] {
        let mut harness = Harness::new();
        harness.create(express(json!({"fixedOptions": groups()})));
        harness.try_approve(chosen).unwrap();
        let details = harness.read("");
        assert_eq!(details["amount"], nok(20_000));
        assert_eq!(details["aggregate"]["authorizedAmount"], nok(20_000 + cost));
        assert_eq!(details["shippingDetails"]["shippingOptionId"], id);
        assert_eq!(details["shippingDetails"]["shippingCost"], cost);
        assert_eq!(outcome(&harness.modify("capture", 20_000 + cost)), "ok");
    }
    let mut harness = Harness::new();
    harness.create(express(json!({"fixedOptions": groups()})));
    assert_eq!(
        harness.try_approve(Some("none")),
        Err(Refusal::UnknownShippingMethod)
    );
}

#[test]
fn options_are_in_the_order_of_the_priorities() {
    let mut harness = Harness::new();
    harness.create(express(json!({"fixedOptions": groups()})));
    let payment = harness.state.domain.payment(harness.order());
    let Some(crate::simulator::domain::shipping::ShippingSource::Fixed(methods)) =
        &payment.options.shipping
    else {
        panic!("{:?}", payment.options.shipping);
    };
    let ids: Vec<_> = methods.iter().map(|method| method.id.as_str()).collect();
    assert_eq!(ids, ["box", "far", "near"]);
}

#[test]
fn dynamic_options_come_from_the_merchant() {
    let mut harness = Harness::new();
    let url = "https://example.com/shipping";
    let dynamic = json!({"callbackUrl": url, "callbackAuthorizationToken": "token-1"});
    harness.create(express(json!({"dynamicOptions": dynamic})));
    harness.approve();
    assert_eq!(harness.sums().0, "CREATED");
    let request = harness.state.outbox.last().unwrap().clone();
    assert_eq!(request.url, url);
    assert_eq!(request.authorization.as_deref(), Some("token-1"));
    let body = request.body.unwrap();
    assert_eq!(
        (&body["reference"], &body["Country"]),
        (&json!(ORDER), &json!("NO"))
    );
    assert_eq!(body["PostCode"], "0191");
    harness.receive(json!({"groups": groups()})).unwrap();
    assert_eq!(harness.sums(), ("AUTHORIZED".to_owned(), [23_900, 0, 0, 0]));
}

#[test]
fn unusable_shipping_response_leaves_the_payment_waiting() {
    for response in [
        json!({"groups": []}),
        json!({"Groups": groups()}),
        json!({"groups": [{"options": [{"id": "a", "name": "A"}]}]}),
    ] {
        let mut harness = Harness::new();
        let dynamic = json!({"callbackUrl": "https://example.com/shipping"});
        harness.create(express(json!({"dynamicOptions": dynamic})));
        harness.approve();
        assert!(harness.receive(response).is_err());
        assert_eq!(harness.sums().0, "CREATED");
    }
}

#[test]
fn force_approve_needs_the_customer_or_the_token() {
    let path = format!("/epayment/v1/test/payments/{ORDER}/approve");
    let mut harness = Harness::new();
    let url = harness.redirect_url(create_body()).unwrap();
    assert_eq!(outcome(&harness.post(&path, json!({}))), "4140");
    assert_eq!(
        outcome(&harness.post(&path, json!({"token": "other"}))),
        "field token"
    );
    let approved = harness.post(&path, json!({"token": landing_token(&url)}));
    assert_eq!(approved.status, 200);
    assert_eq!(approved.encoded().0, None);
    assert_eq!(harness.sums().0, "AUTHORIZED");
    let mut harness = Harness::new();
    harness.create(express(json!({"fixedOptions": groups()})));
    let customer = json!({"customer": {"phoneNumber": "4791234567"}});
    assert_eq!(outcome(&harness.post(&path, customer)), "10060");
}
