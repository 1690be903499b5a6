//! The gateway: keys, tokens, limits, paths.

use super::*;
use ::http::header;

#[test]
fn token_response_has_seven_members_and_string_numbers() {
    let mut bench = Bench::new();
    let answer = bench.send(bench.token_request());
    let body = json_of(&answer);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], "3599");
    assert_eq!(body["ext_expires_in"], "3599");
    let issued = bench.now.as_second();
    assert_eq!(body["expires_on"], (issued + 3599).to_string());
    assert_eq!(body["not_before"], (issued - 301).to_string());
    assert_eq!(body["resource"], "00000002-0000-0000-c000-000000000000");
    let token = body["access_token"].as_str().unwrap();
    assert!(
        token.len() > 1000 && token.split('.').count() == 3,
        "{token}"
    );
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    assert!(answer.headers.contains(&no_store));
}

#[test]
fn new_token_does_not_revoke_the_old_one() {
    let mut bench = Bench::new();
    let first = bench.token.clone();
    bench.fetch_token();
    assert_ne!(first, bench.token);
    bench.open(20_000);
    bench.token = first;
    bench.get("details");
}

#[test]
fn wrong_id_and_wrong_secret_have_different_errors() {
    let bench = Bench::new();
    let cases: [(&str, &str, u16, &str, &str); 4] = [
        ("client_id", "other", 400, "/error", "unauthorized_client"),
        ("client_secret", "other", 401, "/error", "invalid_client"),
        (
            "ocp-apim-subscription-key",
            "other",
            401,
            "/message",
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        ),
        (
            "ocp-apim-subscription-key",
            "",
            401,
            "/message",
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        ),
    ];
    for (header, value, status, pointer, expected) in cases {
        let mut bench = Bench::new();
        let request = bench.token_request().with(header, value);
        let answer = bench.send(request);
        assert_eq!(answer.status, status, "{header}");
        assert_eq!(json_of(&answer).pointer(pointer).unwrap(), expected);
    }
    let mut missing = Bench::new();
    let answer = missing.send(bench.token_request().without("client_secret"));
    assert_eq!(answer.status, 401);
}

#[test]
fn azure_error_has_a_spaced_date_and_line_ends() {
    let mut bench = Bench::new();
    let request = bench.token_request().with("client_id", "other");
    let body = json_of(&bench.send(request));
    assert_eq!(body["timestamp"], "2026-03-02 09:00:00Z");
    assert!(body["error_description"].as_str().unwrap().contains("\r\n"));
    assert_eq!(body["error_codes"], json!([700_016]));
}

#[test]
fn token_request_needs_a_content_length() {
    let mut bench = Bench::new();
    let request = bench.token_request().without("content-length");
    assert_eq!(bench.send(request).status, 411);
}

#[test]
fn token_expires_after_one_hour() {
    let mut bench = Bench::new();
    bench.open(20_000);
    bench.pass(Duration::from_secs(3599));
    bench.get("details");
    bench.pass(Duration::from_secs(1));
    let request = bench.signed(
        Method::GET,
        &format!("/ecomm/v2/payments/{ORDER}/details"),
        None,
    );
    let answer = bench.send(request);
    assert_eq!(answer.status, 401);
    assert_eq!(
        json_of(&answer)["responseInfo"]["responseCode"],
        401,
        "{answer:?}"
    );
}

#[test]
fn bearer_must_be_spelled_exactly() {
    for header in ["bearer", "", "Basic"] {
        let mut bench = Bench::new();
        bench.open(20_000);
        let value = format!("{header} {}", bench.token);
        let request = bench
            .signed(
                Method::GET,
                &format!("/ecomm/v2/payments/{ORDER}/details"),
                None,
            )
            .with("authorization", &value);
        let answer = bench.send(request);
        assert_eq!(answer.status, 401, "{header}");
    }
}

#[test]
fn each_api_has_its_own_401() {
    let mut bench = Bench::new();
    let request = bench
        .signed(Method::POST, "/qr/v1", Some(json!({"url": "x"})))
        .with("accept", "image/png")
        .with("authorization", "Bearer other");
    let answer = bench.send(request);
    assert_eq!(json_of(&answer)["statusCode"], 401);
}

#[test]
fn foreign_sales_unit_is_forbidden() {
    let mut bench = Bench::new();
    let request = bench
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("merchant-serial-number", "999999");
    let answer = bench.send(request);
    assert_eq!(answer.status, 403);
    let message = json_of(&answer)["result"]["message"].clone();
    assert!(message.as_str().unwrap().starts_with("Invalid MSN: 999999"));

    let request = bench
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("merchant-serial-number", "654321");
    assert_eq!(bench.send(request).status, 403);
}

#[test]
fn limits_are_per_order_and_minute() {
    let mut bench = Bench::new();
    for expected in [200, 400, 429] {
        assert_eq!(bench.initiate(ORDER, 20_000).status, expected);
    }
    assert_eq!(bench.initiate("another", 20_000).status, 200);
    bench.approve();
    for _ in 0..5 {
        assert_eq!(bench.act("capture", Some(100), None).status, 200);
    }
    let answer = bench.act("capture", Some(100), None);
    assert_eq!(answer.status, 429);
    assert_eq!(json_of(&answer)["statusCode"], 429);
    assert_eq!(bench.account().captured(), 500);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.act("capture", Some(100), None).status, 200);
}

#[test]
fn details_may_be_read_twice_a_second() {
    let mut bench = Bench::new();
    bench.open(20_000);
    for _ in 0..120 {
        bench.get("details");
    }
    let request = bench.signed(
        Method::GET,
        &format!("/ecomm/v2/payments/{ORDER}/details"),
        None,
    );
    assert_eq!(bench.send(request).status, 429);
    bench.get("status");
}

#[test]
fn unmodelled_api_returns_501() {
    let mut bench = Bench::new();
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::POST, "/ecomm/accesstoken/get", 404),
        (Method::GET, "/accesstoken/get", 405),
        (Method::POST, "/checkout/v3/session", 501),
        (Method::POST, "/miami/v1/token", 501),
        (Method::GET, "/recurring/v3/agreements", 501),
    ] {
        let request = bench.signed(method, path, None);
        let answer = bench.send(request);
        assert_eq!(answer.status, status, "{path}");
        if status == 501 {
            let detail = json_of(&answer)["detail"].clone();
            assert!(
                detail.as_str().unwrap().contains("does not model"),
                "{detail}"
            );
        }
    }
}

#[test]
fn body_with_another_media_type_is_refused() {
    let mut bench = Bench::new();
    let request = bench
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("content-type", "text/plain");
    assert_eq!(bench.send(request).status, 415);
    let request = bench
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("content-type", "application/json;charset=UTF-8");
    assert_eq!(bench.send(request).status, 200);
}

#[test]
fn system_header_has_at_most_30_characters() {
    let mut bench = Bench::new();
    let request = bench
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("vipps-system-name", &"x".repeat(31));
    assert_code(
        &bench.send(request),
        400,
        "InvalidRequest",
        "Vipps-System-Name",
    );
}
