//! One-time payment codes and their images.

use super::*;
use crate::simulator::domain::qr::Target;

fn generate(harness: &mut Harness, url: &str, accept: &str, size: Option<&str>) -> Response {
    let mut request = harness
        .signed(Method::POST, "/qr/v1", Some(json!({"url": url})))
        .with("accept", accept);
    if let Some(size) = size {
        request = request.with("size", size);
    }
    harness.send(request)
}

fn image(harness: &mut Harness, url: &str) -> Response {
    let target = url.strip_prefix("http://127.0.0.1:1").unwrap();
    harness.send(request(Method::GET, target, None))
}

#[test]
fn accept_selects_the_output() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    for (accept, size, media_type) in [
        ("image/png", Some("333"), "image/png"),
        ("image/png", None, "image/png"),
        ("image/svg+xml", None, "image/svg+xml"),
        ("image/*", None, "image/svg+xml"),
    ] {
        let response = json_of(&generate(&mut harness, &landing_page, accept, size));
        assert_eq!(response["expiresIn"], 300);
        let drawn = image(&mut harness, response["url"].as_str().unwrap());
        let Body::Raw(sent, bytes) = drawn.body else {
            panic!("{accept}: no picture");
        };
        assert_eq!((drawn.status.as_u16(), sent), (200, media_type));
        if sent == "image/png" {
            let info = png::Decoder::new(std::io::Cursor::new(bytes)).read_info();
            let expected = size.map_or(800, |size| size.parse().unwrap());
            assert_eq!(info.unwrap().info().size(), (expected, expected));
        }
    }
    let response = json_of(&generate(
        &mut harness,
        &landing_page,
        "text/targetUrl",
        None,
    ));
    let content = response["url"].as_str().unwrap();
    assert!(content.starts_with("https://qr.vipps.no/"), "{content}");
    let payment = Target::Payment(harness.order());
    assert_eq!(harness.state.domain.codes.target(content), Some(&payment));
}

#[test]
fn other_accept_is_refused() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    for accept in ["application/json", "image/jpeg", "image/png, image/svg+xml"] {
        let response = generate(&mut harness, &landing_page, accept, None);
        assert_eq!(response.status, 415, "{accept}");
        assert_eq!(json_of(&response)["title"], "Unsupported Media Type");
    }
}

#[test]
fn size_outside_the_range_is_named() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    for size in ["99", "2001", "big"] {
        let response = generate(&mut harness, &landing_page, "image/png", Some(size));
        assert_eq!(response.status, 400, "{size}");
        assert_eq!(json_of(&response)["invalidParams"][0]["name"], "Size");
    }
}

#[test]
fn expires_in_is_that_of_the_landing_page() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    harness.advance(Duration::from_secs(53));
    let response = json_of(&generate(&mut harness, &landing_page, "image/png", None));
    assert_eq!(response["expiresIn"], 247);
    harness.advance(Duration::from_secs(247));
    let late = generate(&mut harness, &landing_page, "image/png", None);
    assert_eq!(late.status, 400);
    let body = json_of(&late);
    assert_eq!(
        (&body["title"], &body["detail"]),
        (
            &json!("Order timeout"),
            &json!("Payment has already timed out")
        )
    );
    assert_eq!(
        image(&mut harness, response["url"].as_str().unwrap()).status,
        404
    );
}

#[test]
fn unknown_landing_page_is_refused() {
    let mut harness = Harness::new();
    harness.open(20_000);
    for url in ["https://example.com/", "https://x/y?token=eyJh", "", "   "] {
        let response = generate(&mut harness, url, "image/png", None);
        assert_eq!(response.status, 400, "{url}");
        let body = json_of(&response);
        assert_eq!(body["title"], "Validation error");
        assert_eq!(body["detail"], "Supplied landing page token is not valid");
    }
}

#[test]
fn spaces_around_the_landing_page_are_ignored() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    let padded = format!("   {landing_page} ");
    assert_eq!(
        generate(&mut harness, &padded, "image/png", None).status,
        200
    );
}

#[test]
fn missing_url_is_named_in_pascal_case() {
    let mut harness = Harness::new();
    let request = harness
        .signed(Method::POST, "/qr/v1", Some(json!({})))
        .with("accept", "image/png");
    let response = harness.send(request);
    assert_eq!(response.status, 400);
    assert_eq!(json_of(&response)["invalidParams"][0]["name"], "Url");
}

#[test]
fn unknown_image_link_returns_404() {
    let mut harness = Harness::new();
    assert_eq!(
        harness
            .send(request(Method::GET, "/generate/qr.png?token=x", None))
            .status,
        404
    );
}

#[test]
fn credentials_on_an_image_link_are_noted() {
    let mut harness = Harness::new();
    let request = harness.signed(Method::GET, "/generate/qr.png?token=x", None);
    let note = harness.send(request).note.unwrap();
    assert!(note.contains("credentials"), "{note}");
}

#[test]
fn scan_does_not_extend_the_landing_page() {
    let mut harness = Harness::new();
    let landing_page = harness.open(20_000);
    harness.advance(Duration::from_secs(299));
    harness.scan();
    harness.advance(Duration::from_secs(1));
    let late = generate(&mut harness, &landing_page, "image/png", None);
    assert_eq!(json_of(&late)["title"], "Order timeout");
    harness.approve();
}
