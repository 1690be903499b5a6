//! The refusals of `create` and their error codes.

use super::*;

fn express(shipping: Value) -> Value {
    let scope = "name address email phoneNumber";
    plus(json!({"profile": {"scope": scope}, "shipping": shipping}))
}

fn option(currency: &str) -> Value {
    let amount = json!({"currency": currency, "value": 100});
    let options = json!([{"id": "a", "name": "A", "amount": amount}]);
    json!([{"type": "MAILBOX", "brand": "POSTEN", "options": options}])
}

fn long_living(expires_at: &str) -> Value {
    plus(json!({"expiresAt": expires_at, "receiptUrl": "https://example.com/receipt"}))
}

/// The clock stands at 09:00:13 UTC on 2 March 2026 when the request arrives.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_broken_rule_has_its_code() {
    let pairs = |count: usize| {
        let pairs = (0..count).map(|index| (format!("key-{index}"), json!("value")));
        json!({"metadata": pairs.collect::<serde_json::Map<_, _>>()})
    };
    let receipt = json!({
        "orderLines": [{"name": "Socks", "id": "1", "totalAmount": 20_000,
            "totalAmountExcludingTax": 16_000, "totalTaxAmount": 4_000, "taxRate": 2500}],
        "bottomLine": {"currency": "NOK"},
    });
    let cases: [(Value, &str); 50] = [
        (with("/reference", json!("seven77")), "field reference"),
        (with("/reference", json!("a".repeat(65))), "field reference"),
        (with("/reference", json!("under_score")), "field reference"),
        (with("/amount/value", json!(100)), "ok"),
        (with("/amount/value", json!(99)), "6010"),
        (
            with("/amount", json!({"currency": "DKK", "value": 0})),
            "6010",
        ),
        (
            with("/amount", json!({"currency": "DKK", "value": 1})),
            "ok",
        ),
        (
            with("/amount", json!({"currency": "EUR", "value": 1})),
            "ok",
        ),
        (
            with("/amount", json!({"currency": "SEK", "value": 100})),
            "5040",
        ),
        (with("/amount/value", json!(100.5)), "4040"),
        (
            with("/amount/value", json!(65_000_001)),
            "field amount.value",
        ),
        (with("/amount/value", json!(65_000_000)), "ok"),
        (
            with("/paymentDescription", json!("ab")),
            "field paymentDescription",
        ),
        (with("/userFlow", json!("EMAIL")), "field userFlow"),
        (with("/returnUrl", json!("http://example.com")), "4090"),
        (with("/returnUrl", Value::Null), "field returnUrl"),
        (plus(json!({"receiptUrl": "example.com"})), "4090"),
        (plus(json!({"colour": "red"})), "field colour"),
        (
            plus(json!({"merchantLegalLinks": {"termsOfSaleUrl": "https://example.com"}})),
            "ok",
        ),
        (
            with(
                "/paymentMethod",
                json!({"type": "WALLET", "blockedSources": ["COMMERCIAL_CARDS"]}),
            ),
            "5010",
        ),
        (with("/paymentMethod", json!({"type": "CARD"})), "ok"),
        (with("/userFlow", json!("PUSH_MESSAGE")), "4140"),
        (
            plus(json!({"userFlow": "PUSH_MESSAGE", "customer": {"phoneNumber": "4791234567"}})),
            "5080",
        ),
        (
            plus(json!({"customer": {"phoneNumber": "4791234567"}})),
            "ok",
        ),
        (
            plus(json!({"customer": {"phoneNumber": "+4791234567"}})),
            "4070",
        ),
        (
            plus(json!({"customer": {"phoneNumber": "91234567"}})),
            "4070",
        ),
        (
            plus(json!({"customer": {"phoneNumber": 4_791_234_567_i64}})),
            "field customer",
        ),
        (
            plus(json!({"customer": {"phoneNumber": "4791234567", "personalQr": "12345"}})),
            "field customer",
        ),
        (plus(json!({"customer": {}})), "field customer"),
        (
            plus(json!({"customer": {"personalQr": "https://qr.vipps.no/p/unknown"}})),
            "4060",
        ),
        (
            plus(json!({"customer": {"customerToken": "unknown"}})),
            "4050",
        ),
        (
            plus(json!({"qrFormat": {"format": "IMAGE/PNG"}})),
            "field qrFormat",
        ),
        (plus(json!({"minimumUserAge": 101})), "field minimumUserAge"),
        (plus(pairs(5)), "ok"),
        (plus(pairs(6)), "4100"),
        (
            plus(json!({"metadata": {"k".repeat(100): "v".repeat(500)}})),
            "ok",
        ),
        (plus(json!({"metadata": {"k".repeat(101): "v"}})), "4120"),
        (plus(json!({"metadata": {"k": "v".repeat(501)}})), "4130"),
        (
            plus(json!({"profile": {"scope": "name horoscope"}})),
            "4080",
        ),
        (plus(json!({"profile": {"scope": "name nin"}})), "5030"),
        (long_living("2026-03-02T09:10:13Z"), "6120"),
        (long_living("2026-03-02T10:10:14+01:00"), "ok"),
        (long_living("2026-05-01T09:00:13Z"), "6110"),
        (long_living("2026-05-01T09:00:12Z"), "ok"),
        (plus(json!({"expiresAt": "2026-03-03T09:00:00Z"})), "6130"),
        (
            plus(
                json!({"expiresAt": "2026-03-03T09:00:00Z", "receipt": receipt,
            "receiptUrl": "https://example.com/receipt"}),
            ),
            "field receiptUrl",
        ),
        (express(json!({"fixedOptions": option("NOK")})), "ok"),
        (
            express(json!({"fixedOptions": option("EUR")})),
            "field shipping.fixedOptions",
        ),
        (
            express(json!({"dynamicOptions": {"callbackUrl": "https://example.com:8443/"}})),
            "4090",
        ),
        (
            plus(json!({"shipping": {"fixedOptions": option("NOK")}})),
            "field profile.scope",
        ),
    ];
    for (body, expected) in cases {
        let mut harness = Harness::new();
        let response = harness.create(body.clone());
        assert_eq!(outcome(&response), expected, "{body}");
        let payments = harness.state.domain.payments().len();
        assert_eq!(payments, usize::from(expected == "ok"), "{body}");
    }
}

#[test]
fn duplicate_metadata_keys_are_refused() {
    let mut harness = Harness::new();
    let body = plus(json!({"metadata": {"first": "1", "other": "2"}}));
    let text = body.to_string().replace("other", "first");
    let mut request = harness.signed(Method::POST, PAYMENTS, Some(body));
    request.body = Bytes::from(text);
    let response = harness.send(request.with("idempotency-key", "key"));
    assert_eq!(outcome(&response), "4110");
}

#[test]
fn used_reference_is_a_conflict_for_every_api_of_the_sales_unit() {
    let mut harness = Harness::new();
    harness.created();
    harness.reject();
    let repeated = harness.create(create_body());
    assert_eq!(
        (repeated.status.as_u16(), outcome(&repeated).as_str()),
        (409, "4150")
    );
    let mut harness = Harness::new();
    harness.open(20_000);
    assert_eq!(outcome(&harness.create(create_body())), "4150");
    let request = harness.signed(Method::POST, PAYMENTS, Some(create_body()));
    let request = request.with("merchant-serial-number", "654321");
    let other = harness.send(request.with("idempotency-key", "other"));
    assert_eq!(outcome(&other), "ok");
}

#[test]
fn unknown_payment_is_not_found() {
    let mut harness = Harness::new();
    for action in ["capture", "refund"] {
        let refused = harness.modify(action, 1_000);
        assert_eq!(
            (refused.status.as_u16(), outcome(&refused).as_str()),
            (404, "5090")
        );
    }
    let refused = harness.cancel_payment(json!({}));
    assert_eq!(
        (refused.status.as_u16(), outcome(&refused).as_str()),
        (404, "5090")
    );
    for suffix in ["", "/events"] {
        let path = format!("{PAYMENTS}/{ORDER}{suffix}");
        let request = harness.signed(Method::GET, &path, None);
        let refused = harness.send(request);
        assert_eq!(
            (refused.status.as_u16(), outcome(&refused).as_str()),
            (404, "5090")
        );
    }
}

#[test]
fn change_needs_a_positive_amount_in_the_payments_currency() {
    let mut harness = Harness::new();
    harness.created();
    harness.approve();
    for (amount, expected) in [
        (nok(0), "4040"),
        (nok(-1), "field modificationAmount.value"),
        (json!({"currency": "NOK", "value": 1.5}), "4040"),
        (json!({"currency": "EUR", "value": 100}), "4040"),
        (json!({"currency": "NOK"}), "field modificationAmount.value"),
        (Value::Null, "field modificationAmount"),
    ] {
        for action in ["capture", "refund"] {
            let path = format!("{PAYMENTS}/{ORDER}/{action}");
            let response = harness.post(&path, json!({"modificationAmount": amount}));
            let expected = match (action, &amount["currency"]) {
                // Nothing is captured, which is checked before the currency.
                ("refund", currency) if currency == "EUR" => "6020",
                _ => expected,
            };
            assert_eq!(outcome(&response), expected, "{action} {amount}");
        }
    }
    assert_eq!(harness.account().captured(), 0);
}

#[test]
fn writes_are_limited_to_5_a_minute_and_reads_to_120() {
    let mut harness = Harness::new();
    harness.created();
    harness.advance(Duration::from_secs(60));
    for action in ["capture", "refund", "cancel"] {
        let path = format!("{PAYMENTS}/{ORDER}/{action}");
        for call in 0..6 {
            let key = format!("{action}-{call}");
            let status = harness.keyed(&path, &key, json!({})).status;
            assert_eq!(status == 429, call == 5, "{action} {call}");
        }
    }
    for call in 0..6 {
        let status = harness
            .keyed(PAYMENTS, &format!("create-{call}"), create_body())
            .status;
        assert_eq!(status == 429, call == 5, "create {call}");
    }
    for suffix in ["", "/events"] {
        for _ in 0..120 {
            harness.read(suffix);
        }
        let path = format!("{PAYMENTS}/{ORDER}{suffix}");
        let request = harness.signed(Method::GET, &path, None);
        assert_eq!(harness.send(request).status, 429);
    }
}

#[test]
fn missing_member_is_named_in_the_detail_and_the_note() {
    for (flow, member) in [("WEB_REDIRECT", "returnUrl"), ("PUSH_MESSAGE", "customer")] {
        let mut harness = Harness::new();
        let mut body = with("/userFlow", json!(flow));
        body.as_object_mut().unwrap().remove("returnUrl");
        let response = harness.create(body);
        assert_eq!(outcome(&response), "4140");
        let detail = format!("The field {member} is required with the user flow {flow}.");
        assert_eq!(json_of(&response)["detail"], detail);
        assert_eq!(response.note, Some(detail));
    }
}

#[test]
fn refused_push_message_names_the_setting_that_allows_it() {
    let mut harness = Harness::new();
    let customer = json!({"phoneNumber": "4791234567"});
    let response = harness.create(plus(
        json!({"userFlow": "PUSH_MESSAGE", "customer": customer}),
    ));
    assert_eq!(outcome(&response), "5080");
    let note = response.note.unwrap();
    assert!(note.contains("Builder::allow_skip_landing_page"), "{note}");
    assert!(note.contains("--allow-skip-landing-page"), "{note}");
}
