//! One-time payment codes and their images.

use super::*;
use crate::simulator::domain::qr::Target;

fn generate(bench: &mut Bench, url: &str, accept: &str, size: Option<&str>) -> Response {
    let mut request = bench
        .signed(Method::POST, "/qr/v1", Some(json!({"url": url})))
        .with("accept", accept);
    if let Some(size) = size {
        request = request.with("size", size);
    }
    bench.send(request)
}

fn image(bench: &mut Bench, url: &str) -> Response {
    let target = url.strip_prefix("http://127.0.0.1:1").unwrap();
    bench.send(request(Method::GET, target, None))
}

#[test]
fn accept_selects_the_output() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    for (accept, size, media_type) in [
        ("image/png", Some("333"), "image/png"),
        ("image/png", None, "image/png"),
        ("image/svg+xml", None, "image/svg+xml"),
        ("image/*", None, "image/svg+xml"),
    ] {
        let answer = json_of(&generate(&mut bench, &landing_page, accept, size));
        assert_eq!(answer["expiresIn"], 300);
        let drawn = image(&mut bench, answer["url"].as_str().unwrap());
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
    let answer = json_of(&generate(&mut bench, &landing_page, "text/targetUrl", None));
    let content = answer["url"].as_str().unwrap();
    assert!(content.starts_with("https://qr.vipps.no/"), "{content}");
    let payment = Target::Payment(bench.order());
    assert_eq!(bench.state.domain.codes.target(content), Some(&payment));
}

#[test]
fn other_accept_is_refused() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    for accept in ["application/json", "image/jpeg", "image/png, image/svg+xml"] {
        let answer = generate(&mut bench, &landing_page, accept, None);
        assert_eq!(answer.status, 415, "{accept}");
        assert_eq!(json_of(&answer)["title"], "Unsupported Media Type");
    }
}

#[test]
fn size_outside_the_range_is_named() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    for size in ["99", "2001", "big"] {
        let answer = generate(&mut bench, &landing_page, "image/png", Some(size));
        assert_eq!(answer.status, 400, "{size}");
        assert_eq!(json_of(&answer)["invalidParams"][0]["name"], "Size");
    }
}

#[test]
fn expires_in_is_that_of_the_landing_page() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    bench.pass(Duration::from_secs(53));
    let answer = json_of(&generate(&mut bench, &landing_page, "image/png", None));
    assert_eq!(answer["expiresIn"], 247);
    bench.pass(Duration::from_secs(247));
    let late = generate(&mut bench, &landing_page, "image/png", None);
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
        image(&mut bench, answer["url"].as_str().unwrap()).status,
        404
    );
}

#[test]
fn unknown_landing_page_is_refused() {
    let mut bench = Bench::new();
    bench.open(20_000);
    for url in ["https://example.com/", "https://x/y?token=eyJh", "", "   "] {
        let answer = generate(&mut bench, url, "image/png", None);
        assert_eq!(answer.status, 400, "{url}");
        let body = json_of(&answer);
        assert_eq!(body["title"], "Validation error");
        assert_eq!(body["detail"], "Supplied landing page token is not valid");
    }
}

#[test]
fn spaces_around_the_landing_page_are_ignored() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    let padded = format!("   {landing_page} ");
    assert_eq!(generate(&mut bench, &padded, "image/png", None).status, 200);
}

#[test]
fn missing_url_is_named_in_pascal_case() {
    let mut bench = Bench::new();
    let request = bench
        .signed(Method::POST, "/qr/v1", Some(json!({})))
        .with("accept", "image/png");
    let answer = bench.send(request);
    assert_eq!(answer.status, 400);
    assert_eq!(json_of(&answer)["invalidParams"][0]["name"], "Url");
}

#[test]
fn unknown_image_link_returns_404() {
    let mut bench = Bench::new();
    assert_eq!(
        bench
            .send(request(Method::GET, "/generate/qr.png?token=x", None))
            .status,
        404
    );
}

#[test]
fn credentials_on_an_image_link_are_noted() {
    let mut bench = Bench::new();
    let request = bench.signed(Method::GET, "/generate/qr.png?token=x", None);
    let note = bench.send(request).note.unwrap();
    assert!(note.contains("credentials"), "{note}");
}

#[test]
fn scan_does_not_extend_the_landing_page() {
    let mut bench = Bench::new();
    let landing_page = bench.open(20_000);
    bench.pass(Duration::from_secs(299));
    bench.scan();
    bench.pass(Duration::from_secs(1));
    let late = generate(&mut bench, &landing_page, "image/png", None);
    assert_eq!(json_of(&late)["title"], "Order timeout");
    bench.approve();
}
