//! Merchant callback codes.

use super::*;

const PATH: &str = "/qr/v1/merchant-callback";

fn send(harness: &mut Harness, method: Method, path: &str, body: Option<Value>) -> Response {
    let request = harness.signed(method, path, body);
    harness.send(request)
}

fn put(harness: &mut Harness, id: &str, location: &str) -> Response {
    let path = format!("{PATH}/{id}");
    let body = json!({"locationDescription": location});
    send(harness, Method::PUT, &path, Some(body))
}

#[test]
fn put_changes_the_description_and_not_the_code() {
    let mut harness = Harness::new();
    let created = put(&mut harness, "till-1", "Kasse 1");
    assert!(created.status == 200 && matches!(created.body, Body::Empty));
    let path = format!("{PATH}/till-1");
    let first = json_of(&send(&mut harness, Method::GET, &path, None));
    assert_eq!(first["merchantSerialNumber"], MSN);
    assert_eq!(first["merchantQrId"], "till-1");
    put(&mut harness, "till-1", "Kasse 2");
    let second = json_of(&send(&mut harness, Method::GET, &path, None));
    assert_eq!(second["locationDescription"], "Kasse 2");
    assert_eq!(first["qrContent"], second["qrContent"]);
    assert_ne!(first["qrImageUrl"], second["qrImageUrl"]);

    assert_eq!(send(&mut harness, Method::DELETE, &path, None).status, 200);
    assert_eq!(send(&mut harness, Method::DELETE, &path, None).status, 404);
    let deleted = send(&mut harness, Method::GET, &path, None);
    assert!(deleted.status == 404 && matches!(deleted.body, Body::Empty));
    put(&mut harness, "till-1", "Kasse 1");
    let read_again = json_of(&send(&mut harness, Method::GET, &path, None));
    assert_eq!(first["qrContent"], read_again["qrContent"]);
}

#[test]
fn list_contains_only_codes_of_the_sales_unit() {
    let mut harness = Harness::new();
    put(&mut harness, "till-1", "Kasse 1");
    put(&mut harness, "till-2", "Kasse 2");
    let all = json_of(&send(&mut harness, Method::GET, PATH, None));
    assert_eq!(all.as_array().unwrap().len(), 2);
    let request = harness
        .signed(Method::GET, PATH, None)
        .with("merchant-serial-number", "654321");
    assert_eq!(json_of(&harness.send(request)), json!([]));
}

#[test]
fn query_selects_the_image_in_either_spelling() {
    let mut harness = Harness::new();
    put(&mut harness, "till-1", "Kasse 1");
    for (query, file) in [
        ("", "qr.svg"),
        ("?QrImageFormat=PNG&QrImageSize=200", "qr.png"),
        ("?qrImageFormat=PNG", "qr.png"),
        ("?QrImageFormat=SVG", "qr.svg"),
    ] {
        let path = format!("{PATH}/till-1{query}");
        let url = json_of(&send(&mut harness, Method::GET, &path, None))["qrImageUrl"].clone();
        assert!(url.as_str().unwrap().contains(file), "{query}");
    }
    for query in ["?QrImageFormat=JPG", "?QrImageSize=99", "?QrImageSize=2001"] {
        let path = format!("{PATH}/till-1{query}");
        assert_eq!(
            send(&mut harness, Method::GET, &path, None).status,
            400,
            "{query}"
        );
    }
}

#[test]
fn serial_number_header_is_required() {
    let mut harness = Harness::new();
    let request = harness
        .signed(Method::GET, PATH, None)
        .without("merchant-serial-number");
    let response = harness.send(request);
    assert_eq!(response.status, 400);
    assert_eq!(
        json_of(&response)["invalidParams"][0]["name"],
        "Merchant-Serial-Number"
    );
    let request = harness
        .signed(Method::GET, PATH, None)
        .with("merchant-serial-number", "999999");
    let response = harness.send(request);
    assert_eq!(
        (response.status.as_u16(), &json_of(&response)["title"]),
        (403, &json!("Forbidden"))
    );
}

#[test]
fn place_has_at_most_36_characters_and_a_known_category() {
    let mut harness = Harness::new();
    assert_eq!(put(&mut harness, "till-1", &"å".repeat(36)).status, 200);
    assert_eq!(put(&mut harness, "till-1", &"å".repeat(37)).status, 400);
    let path = format!("{PATH}/till-1");
    for (category, status) in [("IN_STORE", 200), ("VENDING", 200), ("vending", 400)] {
        let body = json!({"locationDescription": "Kiosk", "category": category});
        let response = send(&mut harness, Method::PUT, &path, Some(body));
        assert_eq!(response.status, status, "{category}");
    }
    let response = send(&mut harness, Method::PUT, &path, Some(json!({})));
    assert_eq!(
        json_of(&response)["invalidParams"][0]["name"],
        "LocationDescription"
    );
}

#[test]
fn beacon_belongs_to_one_sales_unit() {
    let mut harness = Harness::new();
    let path = format!("{PATH}/mobilepay/beacon-7");
    let body = json!({"locationDescription": "Kiosk"});
    for _ in 0..2 {
        let response = send(&mut harness, Method::PUT, &path, Some(body.clone()));
        assert_eq!(response.status, 200);
    }
    let request = harness
        .signed(Method::PUT, &path, Some(body))
        .with("merchant-serial-number", "654321");
    let response = harness.send(request);
    assert_eq!(
        (response.status.as_u16(), json_of(&response)),
        (409, json!({"id": "beacon-7"}))
    );
}

#[test]
fn check_in_is_sent_to_the_registered_url() {
    let mut harness = Harness::new();
    put(&mut harness, "till-1", "Kasse 1");
    assert_eq!(harness.check_in(), Err(Refusal::NoWebhook));
    harness.put_webhook();
    harness.check_in().unwrap();
    let call = harness.state.outbox.pop().unwrap();
    let body = call.body.unwrap();
    assert_eq!(call.url, "https://example.com/hook");
    assert_eq!(
        (&body["msn"], &body["merchantQrId"]),
        (&json!(MSN), &json!("till-1"))
    );
    assert_eq!(body["initiatedAt"], "2026-03-02T09:00:00.0000000Z");
}
