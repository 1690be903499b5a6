//! The phone number of a simulated payment, and its format.

use std::time::Duration;

use serde_json::{Value, json};
use vipps::simulator::Simulator;

use crate::simulator_shop::{Shop, payment};

/// The same number as people write it.
const SPELLINGS: [&str; 10] = [
    "98765432",
    "987 65 432",
    "987-65-432",
    "987.65.432",
    "+4798765432",
    "+47 987 65 432",
    "(+47) 98765432",
    "004798765432",
    "0047 987 65 432",
    "4798765432",
];

fn with_number(order_id: &str, number: &str) -> Value {
    let mut body = payment(order_id, 1000);
    body["customerInfo"]["mobileNumber"] = number.into();
    body["transaction"]["scope"] = "name phoneNumber".into();
    body
}

fn number_of(shop: &Shop, order_id: &str) -> String {
    let (status, details) = shop.get(&format!("/ecomm/v2/payments/{order_id}/details"));
    assert_eq!(status, 200, "{details}");
    let number = &details["userDetails"]["mobileNumber"];
    number.as_str().unwrap().to_owned()
}

#[test]
fn payment_is_approved_by_its_own_number() {
    let shop = Shop::new();
    for (index, spelling) in SPELLINGS.iter().enumerate() {
        let order = format!("order-{index}");
        let (status, body) = shop.initiate(&with_number(&order, spelling));
        assert_eq!(status, 200, "{spelling}: {body}");
        shop.sim.payer().approve(&order).unwrap();
        assert_eq!(number_of(&shop, &order), "98765432", "{spelling}");
    }
}

#[test]
fn automatic_approval_is_by_the_number_of_the_payment() {
    let builder = Simulator::builder().approve_after(Duration::from_secs(10));
    let shop = Shop::with(builder);
    shop.initiate(&with_number("order-1", "+47 987 65 432"));
    shop.sim.clock().advance(Duration::from_secs(10));
    assert_eq!(number_of(&shop, "order-1"), "98765432");
}

#[test]
fn another_customer_may_approve_the_payment() {
    let shop = Shop::new();
    shop.initiate(&with_number("order-1", "98765432"));
    let payer = shop.sim.payer().with_number("4740055123");
    payer.approve("order-1").unwrap();
    assert_eq!(number_of(&shop, "order-1"), "40055123");
}

#[test]
fn force_approve_takes_each_spelling_of_a_number() {
    let shop = Shop::new();
    for (index, spelling) in SPELLINGS.iter().enumerate() {
        let order = format!("order-{index}");
        shop.initiate(&with_number(&order, "91234567"));
        let path = format!("/ecomm/v2/integration-test/payments/{order}/approve");
        let body = json!({"customerPhoneNumber": spelling});
        let (status, body) = shop.send("POST", &path, &body);
        assert_eq!(status, 200, "{spelling}: {body}");
        assert_eq!(number_of(&shop, &order), "98765432", "{spelling}");
    }
    shop.initiate(&with_number("order-x", "98765432"));
    let path = "/ecomm/v2/integration-test/payments/order-x/approve";
    assert_eq!(shop.send("POST", path, &json!({})).0, 200);
    assert_eq!(number_of(&shop, "order-x"), "98765432");
}

#[test]
fn number_that_cannot_be_norwegian_is_refused_with_81() {
    let shop = Shop::new();
    let foreign = ["", "1234567", "9123456x", "+46701234567", "004512345678"];
    for (index, number) in foreign.iter().enumerate() {
        let (status, body) = shop.initiate(&with_number(&format!("order-{index}"), number));
        assert_eq!(
            (status, &body[0]["errorCode"]),
            (400, &json!("81")),
            "{number}"
        );
    }
}

#[test]
fn payer_takes_a_number_in_each_spelling() {
    let shop = Shop::new();
    let exchange = |code: String| shop.send("POST", "/qr/v1/exchange", &json!({"qrCode": code}));
    let (_, usual) = exchange(shop.sim.payer().personal_qr());
    assert_eq!(usual["msisdn"], "4791234567");
    for spelling in SPELLINGS {
        let code = shop.sim.payer().with_number(spelling).personal_qr();
        let (status, body) = exchange(code);
        assert_eq!(
            (status, &body["msisdn"]),
            (200, &json!("4798765432")),
            "{spelling}"
        );
    }
    for (foreign, msisdn) in [
        ("+46 70 123 45 67", "46701234567"),
        ("4512345678", "4512345678"),
    ] {
        let code = shop.sim.payer().with_number(foreign).personal_qr();
        let (_, body) = exchange(code);
        assert_eq!(body["msisdn"], msisdn);
    }
}
