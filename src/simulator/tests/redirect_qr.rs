//! Merchant redirect codes.

use super::*;

const PATH: &str = "/qr/v1/merchant-redirect";

fn send(harness: &mut Harness, method: Method, path: &str, body: Option<Value>) -> Response {
    let request = harness
        .signed(method, path, body)
        .with("accept", "text/targetUrl");
    harness.send(request)
}

fn create(harness: &mut Harness, body: Value) -> Response {
    send(harness, Method::POST, PATH, Some(body))
}

fn poster() -> Value {
    json!({"id": "billboard_1", "redirectUrl": "https://example.com/myProduct"})
}

#[test]
fn update_changes_the_destination_and_not_the_text() {
    let mut harness = Harness::new();
    let created = json_of(&create(&mut harness, poster()));
    assert_eq!(created["id"], "billboard_1");
    assert_eq!(created["redirectUrl"], "https://example.com/myProduct");
    assert_eq!(created["expiresIn"], -1);
    let text = created["url"].as_str().unwrap();
    assert!(text.starts_with("https://qr.vipps.no/"), "{text}");

    let path = format!("{PATH}/billboard_1");
    let changed = json!({"redirectUrl": "https://example.com/other"});
    let updated = json_of(&send(&mut harness, Method::PUT, &path, Some(changed)));
    assert_eq!(updated["redirectUrl"], "https://example.com/other");
    assert_eq!(updated["url"], text);
    assert_eq!(
        json_of(&send(&mut harness, Method::GET, &path, None)),
        updated
    );
    let all = json_of(&send(&mut harness, Method::GET, PATH, None));
    assert_eq!(all, json!([updated]));

    assert_eq!(send(&mut harness, Method::DELETE, &path, None).status, 200);
    for method in [Method::GET, Method::DELETE] {
        let deleted = send(&mut harness, method, &path, None);
        assert_eq!(deleted.status, 404);
        assert!(json_of(&deleted)["instance"].is_string());
    }
    let changed = json!({"redirectUrl": "https://example.com/other"});
    assert_eq!(
        send(&mut harness, Method::PUT, &path, Some(changed)).status,
        404
    );
    let recreated = json_of(&create(&mut harness, poster()));
    assert_ne!(
        recreated["url"], text,
        "the id may be used again, for another code"
    );
}

#[test]
fn used_id_is_a_conflict_with_the_id_only() {
    let mut harness = Harness::new();
    create(&mut harness, poster());
    let conflict = create(&mut harness, poster());
    assert_eq!(conflict.status, 409);
    assert_eq!(json_of(&conflict), json!({"id": "billboard_1"}));
}

#[test]
fn two_sales_units_can_use_the_same_code_id() {
    let mut harness = Harness::new();
    create(&mut harness, poster());
    let request = harness
        .signed(Method::GET, PATH, None)
        .with("accept", "image/png")
        .with("merchant-serial-number", "654321");
    assert_eq!(json_of(&harness.send(request)), json!([]));
}

#[test]
fn code_expires_after_its_ttl() {
    let mut harness = Harness::new();
    let mut body = poster();
    body["ttl"] = 600.into();
    assert_eq!(json_of(&create(&mut harness, body))["expiresIn"], 600);
    harness.advance(Duration::from_secs(2));
    let path = format!("{PATH}/billboard_1");
    let remaining = json_of(&send(&mut harness, Method::GET, &path, None));
    assert_eq!(remaining["expiresIn"], 598);
    harness.advance(Duration::from_secs(598));
    assert_eq!(send(&mut harness, Method::GET, &path, None).status, 404);
    assert_eq!(create(&mut harness, poster()).status, 200);
}

#[test]
fn percent_encoded_id_is_decoded() {
    let mut harness = Harness::new();
    let id = "kø + 100% blå";
    let body = json!({"id": id, "redirectUrl": "https://example.com/"});
    assert_eq!(create(&mut harness, body).status, 200);
    let path = format!("{PATH}/k%C3%B8%20+%20100%25%20bl%C3%A5");
    assert_eq!(
        json_of(&send(&mut harness, Method::GET, &path, None))["id"],
        id
    );
    let path = format!("{PATH}/k%C3%B8%20%2B%20100%25%20bl%C3%A5");
    assert_eq!(
        json_of(&send(&mut harness, Method::GET, &path, None))["id"],
        id
    );
}

#[test]
fn invalid_field_is_named_in_pascal_case() {
    let cases = [
        ("id", json!(""), "Id"),
        ("id", json!("a.b"), "Id"),
        ("id", json!("x".repeat(129)), "Id"),
        ("id", Value::Null, "Id"),
        ("redirectUrl", Value::Null, "RedirectUrl"),
        ("redirectUrl", json!("http://example.com/"), "RedirectUrl"),
        (
            "redirectUrl",
            json!("https://example.com/(x)"),
            "RedirectUrl",
        ),
        ("ttl", json!(299), "Ttl"),
        ("ttl", json!(2_147_483_648_i64), "Ttl"),
        ("ttl", json!("600"), "Ttl"),
    ];
    for (field, value, name) in cases {
        let mut harness = Harness::new();
        let mut body = poster();
        body[field] = value.clone();
        let response = create(&mut harness, body);
        assert_eq!(response.status, 400, "{field} {value}");
        let body = json_of(&response);
        assert_eq!(body["invalidParams"][0]["name"], name, "{field} {value}");
        assert!(body["invalidParams"][0]["reason"].is_string());
    }
}

#[test]
fn accept_selects_the_format_on_every_operation() {
    let mut harness = Harness::new();
    create(&mut harness, poster());
    let path = format!("{PATH}/billboard_1");
    for (accept, file) in [("image/png", "qr.png"), ("image/svg+xml", "qr.svg")] {
        let request = harness
            .signed(Method::GET, &path, None)
            .with("accept", accept)
            .with("size", "200");
        let url = json_of(&harness.send(request))["url"].clone();
        assert!(url.as_str().unwrap().contains(file), "{url}");
    }
    for path in [PATH, path.as_str()] {
        let request = harness
            .signed(Method::GET, path, None)
            .with("accept", "application/json");
        assert_eq!(harness.send(request).status, 415);
    }
    let request = harness
        .signed(Method::GET, &path, None)
        .with("accept", "image/png")
        .with("size", "1");
    assert_eq!(harness.send(request).status, 400);
}

#[test]
fn image_link_expires_after_one_hour() {
    let mut harness = Harness::new();
    create(&mut harness, poster());
    let request = harness
        .signed(Method::GET, &format!("{PATH}/billboard_1"), None)
        .with("accept", "image/svg+xml");
    let url = json_of(&harness.send(request))["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let target = url.strip_prefix("http://127.0.0.1:1").unwrap();
    harness.advance(Duration::from_secs(3599));
    assert_eq!(harness.send(request_to(target)).status, 200);
    harness.advance(Duration::from_secs(1));
    assert_eq!(harness.send(request_to(target)).status, 404);
}

fn request_to(target: &str) -> Request {
    request(Method::GET, target, None)
}
