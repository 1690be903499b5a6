//! The user flows, the details of a payment, and Express.

use super::*;

use crate::simulator::domain::qr::Target;
use crate::simulator::gateway::landing_token;

impl Bench {
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
        let mut bench = Self::new();
        bench.state.settings.may_skip_landing_page = true;
        bench
    }
}

#[test]
fn redirects_have_a_link_with_the_token_of_the_payment() {
    for flow in ["WEB_REDIRECT", "NATIVE_REDIRECT"] {
        let mut bench = Bench::new();
        let url = bench.redirect_url(with("/userFlow", json!(flow))).unwrap();
        assert_eq!(
            url.starts_with("vipps://token="),
            flow == "NATIVE_REDIRECT",
            "{url}"
        );
        let token = landing_token(&url).unwrap();
        assert_eq!(
            bench.state.domain.by_landing_token(&token),
            Some(bench.order())
        );
        assert_eq!(bench.read("")["redirectUrl"], url);
        bench.approve();
        assert!(bench.read("").get("redirectUrl").is_none());
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
        let mut bench = Bench::new();
        let url = bench
            .redirect_url(plus(json!({"userFlow": "QR", "qrFormat": format})))
            .unwrap();
        assert!(url.starts_with(start), "{url}");
        let text = bench
            .state
            .domain
            .codes
            .of_payment(bench.order())
            .unwrap()
            .to_owned();
        let target = bench.state.domain.codes.target(&text);
        assert_eq!(target, Some(&Target::Payment(bench.order())));
        if url.starts_with("http:") {
            assert_eq!(bench.status_of(&url), 200);
            bench.pass(Duration::from_secs(600));
            assert_eq!(bench.status_of(&url), 404);
        }
    }
}

#[test]
fn png_has_the_requested_size_or_1024_pixels() {
    for (size, expected) in [(json!(300), 300), (Value::Null, 1024)] {
        let mut bench = Bench::new();
        let format = json!({"format": "IMAGE/PNG", "size": size});
        let url = bench
            .redirect_url(plus(json!({"userFlow": "QR", "qrFormat": format})))
            .unwrap();
        let path = url.strip_prefix("http://127.0.0.1:1").unwrap();
        let image = bench.send(request(Method::GET, path, None)).encoded().1;
        let reader = png::Decoder::new(std::io::Cursor::new(image))
            .read_info()
            .unwrap();
        assert_eq!(reader.info().width, expected);
    }
}

#[test]
fn push_message_has_no_link_and_names_its_customer() {
    let mut bench = Bench::pushing();
    let customer = json!({"phoneNumber": "4598765432"});
    let push = plus(json!({"userFlow": "PUSH_MESSAGE", "customer": customer}));
    assert_eq!(bench.redirect_url(push), None);
    let payment = bench.state.domain.payment(bench.order());
    assert_eq!(payment.usual_customer().msisdn, "4598765432");
}

#[test]
fn personal_code_and_customer_token_name_the_customer() {
    let mut bench = Bench::pushing();
    bench.put_webhook();
    bench.check_in().unwrap();
    let message = bench.state.outbox.pop().unwrap().body.unwrap();
    let token = message["customerToken"].clone();
    let customer = Profile::of_number("98765432").unwrap();
    let (codes, random) = (&mut bench.state.domain.codes, &mut bench.state.random);
    let code = codes.add_personal(customer, random, bench.now);
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
        bench.redirect_url(body);
        let payment = bench.state.domain.find(MSN, reference).unwrap();
        let customer = bench.state.domain.payment(payment).usual_customer();
        assert_eq!(customer.msisdn, expected);
    }
    bench.pass(Duration::from_secs(15 * 60));
    let late = plus(json!({"userFlow": "PUSH_MESSAGE", "customer": {"customerToken": token}}));
    assert_eq!(outcome(&bench.create(late)), "4050");
}

#[test]
fn payment_expires_after_10_minutes_or_at_its_own_time() {
    let mut bench = Bench::new();
    bench.created();
    bench.scan();
    bench.pass(Duration::from_secs(599));
    assert_eq!(bench.sums().0, "CREATED");
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.sums().0, "EXPIRED");

    let mut bench = Bench::new();
    let url = bench.redirect_url(plus(
        json!({"userFlow": "QR", "expiresAt": "2026-03-03T09:00:00Z",
        "receiptUrl": "https://example.com/receipt"}),
    ));
    let url = url.unwrap();
    bench.pass(Duration::from_secs(23 * 3600));
    bench.fetch_token();
    assert_eq!(bench.sums().0, "CREATED");
    assert_eq!(bench.status_of(&url), 200);
    bench.pass(Duration::from_secs(3600));
    bench.fetch_token();
    assert_eq!(bench.sums().0, "EXPIRED");
    assert_eq!(bench.status_of(&url), 404);
}

#[test]
fn currency_of_the_payment_is_in_every_amount() {
    for currency in ["DKK", "EUR"] {
        let amount = json!({"currency": currency, "value": 499});
        let mut bench = Bench::new();
        bench.create(with("/amount", amount.clone()));
        bench.approve();
        let path = format!("{PAYMENTS}/{ORDER}/capture");
        let captured = bench.post(&path, json!({"modificationAmount": amount}));
        assert_eq!(json_of(&captured)["aggregate"]["capturedAmount"], amount);
        let details = bench.read("");
        assert_eq!(details["aggregate"]["authorizedAmount"], amount);
        assert_eq!(details["aggregate"]["refundedAmount"]["currency"], currency);
        assert_eq!(bench.read("/events")[2]["amount"], amount);
        assert_eq!(bench.account().currency().as_str(), currency);
    }
}

#[test]
fn details_show_metadata_and_the_scope_of_the_profile() {
    let mut bench = Bench::new();
    let metadata = json!({"basket": "b-771", "channel": "web"});
    let profile = json!({"scope": "name email birthDate address phoneNumber"});
    bench.create(plus(json!({"metadata": metadata, "profile": profile})));
    let created = bench.read("");
    assert_eq!(created["metadata"], metadata);
    assert_eq!(
        (&created["profile"], created.get("userDetails")),
        (&json!({}), None)
    );
    bench.approve();
    assert_eq!(
        bench.read("")["profile"],
        json!({}),
        "the subject comes later"
    );
    bench.pass(Duration::from_secs(1));
    let approved = bench.read("");
    assert_eq!(approved["profile"]["sub"].as_str().unwrap().len(), 36);
    let user = &approved["userDetails"];
    assert_eq!(user["mobileNumber"], "4791234567");
    assert_eq!(user["addresses"][0]["country"], "NO");
    assert_eq!(
        approved["captureGuaranteedUntil"],
        "2026-03-09T09:00:13.000+00:00"
    );
    bench.pass(Duration::from_secs(7 * 24 * 3600));
    bench.fetch_token();
    assert!(bench.read("").get("userDetails").is_none());
}

#[test]
fn payment_without_a_scope_shares_nothing() {
    let mut bench = Bench::new();
    bench.created();
    bench.approve();
    bench.pass(Duration::from_secs(1));
    let details = bench.read("");
    assert_eq!(
        (&details["profile"], details.get("userDetails")),
        (&json!({}), None)
    );
    let mut bench = Bench::new();
    bench.create(plus(json!({"profile": {"scope": "email"}})));
    bench.approve();
    let user = bench.read("")["userDetails"].clone();
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
        let mut bench = Bench::new();
        bench.create(express(json!({"fixedOptions": groups()})));
        bench.try_approve(chosen).unwrap();
        let details = bench.read("");
        assert_eq!(details["amount"], nok(20_000));
        assert_eq!(details["aggregate"]["authorizedAmount"], nok(20_000 + cost));
        assert_eq!(details["shippingDetails"]["shippingOptionId"], id);
        assert_eq!(details["shippingDetails"]["shippingCost"], cost);
        assert_eq!(outcome(&bench.modify("capture", 20_000 + cost)), "ok");
    }
    let mut bench = Bench::new();
    bench.create(express(json!({"fixedOptions": groups()})));
    assert_eq!(
        bench.try_approve(Some("none")),
        Err(Refusal::UnknownShippingMethod)
    );
}

#[test]
fn options_are_in_the_order_of_the_priorities() {
    let mut bench = Bench::new();
    bench.create(express(json!({"fixedOptions": groups()})));
    let payment = bench.state.domain.payment(bench.order());
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
    let mut bench = Bench::new();
    let url = "https://example.com/shipping";
    let dynamic = json!({"callbackUrl": url, "callbackAuthorizationToken": "token-1"});
    bench.create(express(json!({"dynamicOptions": dynamic})));
    bench.approve();
    assert_eq!(bench.sums().0, "CREATED");
    let request = bench.state.outbox.last().unwrap().clone();
    assert_eq!(request.url, url);
    assert_eq!(request.authorization.as_deref(), Some("token-1"));
    let body = request.body.unwrap();
    assert_eq!(
        (&body["reference"], &body["Country"]),
        (&json!(ORDER), &json!("NO"))
    );
    assert_eq!(body["PostCode"], "0191");
    bench.receive(json!({"groups": groups()})).unwrap();
    assert_eq!(bench.sums(), ("AUTHORIZED".to_owned(), [23_900, 0, 0, 0]));
}

#[test]
fn unusable_shipping_response_leaves_the_payment_waiting() {
    for response in [
        json!({"groups": []}),
        json!({"Groups": groups()}),
        json!({"groups": [{"options": [{"id": "a", "name": "A"}]}]}),
    ] {
        let mut bench = Bench::new();
        let dynamic = json!({"callbackUrl": "https://example.com/shipping"});
        bench.create(express(json!({"dynamicOptions": dynamic})));
        bench.approve();
        assert!(bench.receive(response).is_err());
        assert_eq!(bench.sums().0, "CREATED");
    }
}

#[test]
fn force_approve_needs_the_customer_or_the_token() {
    let path = format!("/epayment/v1/test/payments/{ORDER}/approve");
    let mut bench = Bench::new();
    let url = bench.redirect_url(create_body()).unwrap();
    assert_eq!(outcome(&bench.post(&path, json!({}))), "4140");
    assert_eq!(
        outcome(&bench.post(&path, json!({"token": "other"}))),
        "field token"
    );
    let approved = bench.post(&path, json!({"token": landing_token(&url)}));
    assert_eq!(approved.status, 200);
    assert_eq!(approved.encoded().0, None);
    assert_eq!(bench.sums().0, "AUTHORIZED");
    let mut bench = Bench::new();
    bench.create(express(json!({"fixedOptions": groups()})));
    let customer = json!({"customer": {"phoneNumber": "4791234567"}});
    assert_eq!(outcome(&bench.post(&path, customer)), "10060");
}
