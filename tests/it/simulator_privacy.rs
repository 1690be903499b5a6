//! The journal of the simulator shows the listed values, and hides every other value.

use serde_json::{Value, json};
use vipps::simulator::Entry;

use crate::simulator_shop::{Shop, payment};

/// A value that the journal must hide, as a text.
const HIDDEN_TEXT: &str = "canary-4711";
/// A value that the journal must hide, as a number.
const HIDDEN_NUMBER: u64 = 4_711_471_147;

fn last(shop: &Shop) -> Entry {
    shop.sim.journal().entries().pop().unwrap()
}

#[track_caller]
fn assert_hidden(entry: &Entry) {
    let shown = format!(
        "{entry:?} {} {:?} {:?} {:?}",
        entry.path(),
        entry.query(),
        entry.body(),
        entry.response()
    );
    assert!(!shown.contains(HIDDEN_TEXT), "{shown}");
    assert!(!shown.contains(&HIDDEN_NUMBER.to_string()), "{shown}");
}

#[test]
fn journal_hides_unlisted_members() {
    for (parent, member, value) in [
        ("", "nationalId", json!(HIDDEN_TEXT)),
        (
            "",
            "person",
            json!({"id": HIDDEN_TEXT, "scope": [HIDDEN_TEXT]}),
        ),
        ("/customerInfo", "ssn2", json!(HIDDEN_NUMBER)),
        ("/customerInfo", "id", json!(HIDDEN_TEXT)),
        ("/customerInfo", "name", json!(HIDDEN_TEXT)),
        (
            "/merchantInfo",
            "futureSecret",
            json!([HIDDEN_TEXT, {"deep": HIDDEN_NUMBER}]),
        ),
        ("/transaction", "note", json!(HIDDEN_TEXT)),
        ("/transaction", "message", json!(HIDDEN_TEXT)),
        (
            "/transaction",
            "kari.nordmann@example.com canary-4711",
            json!(1),
        ),
    ] {
        let shop = Shop::new();
        let mut body = payment("order-1", 1000);
        body.pointer_mut(parent).unwrap()[member] = value;
        assert_eq!(shop.initiate(&body).0, 200);
        let entry = last(&shop);
        assert_hidden(&entry);
        let shown = entry.body().unwrap();
        assert!(shown.contains(r#""orderId":"order-1""#), "{shown}");
        assert!(shown.contains(r#""amount":1000"#), "{shown}");
    }
}

#[test]
fn journal_hides_unlisted_members_of_responses() {
    let shop = Shop::new();
    let canned = json!({
        "orderId": "order-1",
        "future": HIDDEN_TEXT,
        "number": HIDDEN_NUMBER,
        "userDetails": {"bankAccount": HIDDEN_TEXT, "status": HIDDEN_TEXT},
        "transactionInfo": {"amount": 1000, "status": "RESERVE", "payerName": HIDDEN_TEXT},
    });
    let faults = shop.sim.faults();
    faults.any().status_with_body(200, canned.to_string());
    shop.get("/ecomm/v2/payments/order-1/details");
    let entry = last(&shop);
    assert_hidden(&entry);
    let shown = entry.response().unwrap();
    for harmless in [
        r#""orderId":"order-1""#,
        r#""amount":1000"#,
        r#""status":"RESERVE""#,
    ] {
        assert!(shown.contains(harmless), "{shown}");
    }
}

#[test]
fn journal_hides_unlisted_headers_and_query_parameters() {
    let shop = Shop::new();
    let headers = [
        ("x-session", HIDDEN_TEXT),
        ("cookie", HIDDEN_TEXT),
        ("x-forwarded-for", HIDDEN_TEXT),
        ("vipps-system-name", "acme"),
        ("x-request-id", "key-1"),
    ];
    let path =
        format!("/ecomm/v2/payments/order-1/details?session={HIDDEN_TEXT}&v=2&{HIDDEN_TEXT}");
    shop.send_with("GET", &path, &headers, &Value::Null);
    let entry = last(&shop);
    assert_hidden(&entry);
    assert_eq!(entry.header("x-session"), Some("[redacted]"));
    assert_eq!(entry.header("authorization"), Some("Bearer [redacted]"));
    assert_eq!(entry.header("vipps-system-name"), Some("acme"));
    assert_eq!(entry.header("x-request-id"), Some("key-1"));
    assert!(entry.query().unwrap().contains("v=2"));
}

#[test]
fn journal_hides_personal_ids_in_paths_of_other_apis() {
    let shop = Shop::new();
    for id in ["c06c4afe-d9e1-4c5d-939a-004711471147", "4711471147"] {
        shop.get(&format!("/vipps-userinfo-api/userinfo/{id}"));
        let entry = last(&shop);
        assert_eq!(entry.path(), "/vipps-userinfo-api/userinfo/[redacted]");
    }
    shop.get("/ecomm/v2/payments/order-1/details");
    assert_eq!(last(&shop).path(), "/ecomm/v2/payments/order-1/details");
}

#[test]
fn journal_hides_unlisted_parts_of_urls() {
    let shop = Shop::new();
    let mut body = payment("order-1", 1000);
    let url = format!(
        "https://user:{HIDDEN_TEXT}@example.com/a/order-1?session={HIDDEN_TEXT}#{HIDDEN_TEXT}"
    );
    body["merchantInfo"]["fallBack"] = url.into();
    shop.initiate(&body);
    let entry = last(&shop);
    assert_hidden(&entry);
    let shown = entry.body().unwrap();
    assert!(
        shown.contains("example.com/a/order-1?session=[redacted]"),
        "{shown}"
    );
    let shown = entry.response().unwrap();
    assert!(shown.contains(r#""url":"[redacted]""#), "{shown}");
}

#[test]
fn journal_hides_addresses_and_numbers_in_unknown_paths() {
    let shop = Shop::new();
    for private in [
        "kari@example.com",
        "kari%40example.com",
        "+4791234567",
        "912-34-567",
        "01.02.1970",
    ] {
        shop.get(&format!("/ecomm/v9/payments/{private}/details"));
        assert_eq!(last(&shop).path(), "/ecomm/v9/payments/[redacted]/details");
    }
}

#[test]
fn journal_hides_landing_pages_without_a_token() {
    let shop = Shop::new();
    let canned = json!({"orderId": "order-1", "url": "https://pay.example.com/canary-4711"});
    shop.sim
        .faults()
        .any()
        .status_with_body(200, canned.to_string());
    shop.initiate(&payment("order-1", 1000));
    let entry = last(&shop);
    assert_hidden(&entry);
    let shown = entry.response().unwrap();
    assert!(shown.contains(r#""orderId":"order-1""#), "{shown}");
}

#[test]
fn refusals_in_the_journal_do_not_repeat_refused_values() {
    for (pointer, value) in [
        ("/customerInfo/mobileNumber", json!(HIDDEN_TEXT)),
        ("/customerInfo/mobileNumber", json!(HIDDEN_NUMBER)),
        ("/transaction/amount", json!(HIDDEN_TEXT)),
        ("/merchantInfo/authToken", json!([HIDDEN_TEXT])),
    ] {
        let shop = Shop::new();
        let mut body = payment("order-1", 1000);
        body["customerInfo"] = json!({"mobileNumber": "91234567"});
        body["merchantInfo"]["authToken"] = json!("token");
        *body.pointer_mut(pointer).unwrap() = value;
        shop.initiate(&body);
        let entry = last(&shop);
        let shown = format!("{:?} {:?}", entry.response(), entry.note());
        assert!(!shown.contains(HIDDEN_TEXT), "{shown}");
        assert!(!shown.contains(&HIDDEN_NUMBER.to_string()), "{shown}");
    }
}
