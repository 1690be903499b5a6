//! No invalid request makes the ePayment API of the simulator fail. The response is always the
//! refusal of the API.

use serde_json::{Value, json};
use vipps::simulator::Simulator;

use crate::simulator_invalid_requests::damaged_bodies;
use crate::simulator_shop::Shop;

const PAYMENTS: &str = "/epayment/v1/payments";

fn shop() -> Shop {
    Shop::with(Simulator::builder().allow_skip_landing_page())
}

fn post(shop: &Shop, path: &str, key: &str, body: &Value) -> (u16, Value) {
    shop.send_with("POST", path, &[("idempotency-key", key)], body)
}

fn nok(value: i64) -> Value {
    json!({"currency": "NOK", "value": value})
}

/// A push message with a receipt, metadata and an airline ticket.
fn regular(reference: &str) -> Value {
    json!({
        "amount": nok(2_500),
        "customer": {"phoneNumber": "4791234567"},
        "customerInteraction": "CUSTOMER_PRESENT",
        "expiresAt": "2026-03-03T09:00:00Z",
        "industryData": {"airlineData": {"agencyInvoiceNumber": "82619", "airlineCode": "074",
            "airlineDesignatorCode": "KL", "passengerName": "LOVELACE/ADA MS"}},
        "metadata": {"basket": "b-771"},
        "minimumUserAge": 18,
        "paymentDescription": "Two cups of coffee",
        "paymentMethod": {"type": "WALLET"},
        "profile": {"scope": "name"},
        "receipt": {
            "orderLines": [{"name": "coffee", "id": "p-17", "totalAmount": 2_500,
                "totalAmountExcludingTax": 2_000, "totalTaxAmount": 500, "taxRate": 2500,
                "unitInfo": {"unitPrice": 1_250, "quantity": "2", "quantityUnit": "PCS"}}],
            "bottomLine": {"currency": "NOK", "paymentSources": {"card": 2_500},
                "barcode": {"format": "EAN-13", "data": "123"}},
        },
        "reference": reference,
        "returnUrl": "https://example.com/result",
        "userFlow": "PUSH_MESSAGE",
    })
}

/// An Express payment with a QR code.
fn express(reference: &str) -> Value {
    json!({
        "amount": nok(2_500),
        "paymentMethod": {"type": "WALLET"},
        "profile": {"scope": "name address email phoneNumber"},
        "qrFormat": {"format": "IMAGE/PNG", "size": 300},
        "reference": reference,
        "shipping": {"fixedOptions": [{"type": "MAILBOX", "brand": "POSTEN", "isDefault": true,
            "priority": 1, "options": [{"id": "box", "name": "Mailbox", "amount": nok(4_900),
                "isDefault": true, "priority": 1, "meta": "m", "estimatedDelivery": "Friday"}]}]},
        "userFlow": "QR",
    })
}

#[track_caller]
fn assert_valid_refusal(name: &str, (status, body): &(u16, Value)) {
    assert!((400..=499).contains(status), "{name}: {status} {body}");
    assert_eq!(body["status"], *status, "{name}: {body}");
    assert!(
        body["extraDetails"][0]["reason"].is_string(),
        "{name}: {body}"
    );
}

#[test]
fn payment_with_one_wrong_value_is_created_or_refused() {
    let shop = shop();
    let (mut created, mut refused) = (0, 0);
    for (kind, good) in [
        ("regular", regular as fn(&str) -> Value),
        ("express", express),
    ] {
        for (index, (name, mut body)) in damaged_bodies(&good("the-reference"))
            .into_iter()
            .enumerate()
        {
            let reference = format!("{kind}-{index:05}");
            if body["reference"] == "the-reference" {
                body["reference"] = reference.as_str().into();
            }
            let response = post(&shop, PAYMENTS, &reference, &body);
            if response.0 != 201 {
                refused += 1;
                assert_valid_refusal(&name, &response);
                continue;
            }
            created += 1;
            let reference = response.1["reference"].as_str().unwrap();
            shop.sim.payer().approve(reference).unwrap();
            for suffix in ["", "/events"] {
                let (status, body) = shop.get(&format!("{PAYMENTS}/{reference}{suffix}"));
                assert_eq!(status, 200, "{name}: {body}");
            }
        }
    }
    assert!(created > 50 && refused > 1_000, "{created} {refused}");
}

#[test]
fn change_with_one_wrong_value_moves_no_other_money() {
    let shop = shop();
    let part = json!({"modificationAmount": nok(1_000)});
    for (action, good) in [
        ("capture", &part),
        ("refund", &part),
        ("cancel", &json!({"cancelTransactionOnly": true})),
    ] {
        for (index, (name, body)) in damaged_bodies(good).into_iter().enumerate() {
            let reference = format!("{action}-{index:05}");
            assert_eq!(
                post(&shop, PAYMENTS, &reference, &regular(&reference)).0,
                201
            );
            shop.sim.payer().approve(&reference).unwrap();
            let path = format!("{PAYMENTS}/{reference}");
            let first = format!("first-{reference}");
            assert_eq!(
                post(&shop, &format!("{path}/capture"), &first, &part).0,
                200
            );
            let before = shop.sim.account(&reference).unwrap();
            let response = post(&shop, &format!("{path}/{action}"), &reference, &body);
            let after = shop.sim.account(&reference).unwrap();
            if response.0 == 200 {
                assert_eq!(after.effects().len(), before.effects().len() + 1, "{name}");
            } else {
                assert_valid_refusal(&name, &response);
                assert_eq!(after, before, "{action} {name}");
            }
        }
    }
}

#[test]
fn empty_idempotency_key_is_refused_for_every_request() {
    let shop = shop();
    for reference in ["order-00001", "order-00002"] {
        let response = post(&shop, PAYMENTS, "", &regular(reference));
        assert_valid_refusal(reference, &response);
        assert_eq!(response.1["extraDetails"][0]["name"], "Idempotency-Key");
    }
}

/// A request that is taken for one without a key would move money again at each attempt.
#[test]
fn idempotency_key_that_is_no_text_captures_nothing() {
    let shop = shop();
    post(&shop, PAYMENTS, "create", &regular("order-00001"));
    shop.sim.payer().approve("order-00001").unwrap();
    let body = json!({"modificationAmount": nok(1_000)});
    let mut request = shop.signed(
        "POST",
        &format!("{PAYMENTS}/order-00001/capture"),
        body.to_string(),
    );
    let key = http::HeaderValue::from_bytes(b"key-\xff").unwrap();
    request.headers_mut().insert("idempotency-key", key);
    let response = shop.exchange(request);
    assert_valid_refusal("key", &response);
    assert_eq!(response.1["extraDetails"][0]["name"], "Idempotency-Key");
    assert_eq!(shop.sim.account("order-00001").unwrap().captured(), 0);
}
