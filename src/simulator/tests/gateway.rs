//! The gateway: keys, tokens, limits, paths.

use super::*;
use ::http::header;

#[test]
fn token_response_has_seven_members_and_string_numbers() {
    let mut harness = Harness::new();
    let response = harness.send(harness.token_request());
    let body = json_of(&response);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], "3599");
    assert_eq!(body["ext_expires_in"], "3599");
    let issued = harness.now.as_second();
    assert_eq!(body["expires_on"], (issued + 3599).to_string());
    assert_eq!(body["not_before"], (issued - 301).to_string());
    assert_eq!(body["resource"], "00000002-0000-0000-c000-000000000000");
    let token = body["access_token"].as_str().unwrap();
    assert!(
        token.len() > 1000 && token.split('.').count() == 3,
        "{token}"
    );
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    assert!(response.headers.contains(&no_store));
}

#[test]
fn new_token_does_not_revoke_the_old_one() {
    let mut harness = Harness::new();
    let first = harness.token.clone();
    harness.fetch_token();
    assert_ne!(first, harness.token);
    harness.open(20_000);
    harness.token = first;
    harness.get("details");
}

#[test]
fn wrong_id_and_wrong_secret_have_different_errors() {
    let harness = Harness::new();
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
        let mut harness = Harness::new();
        let request = harness.token_request().with(header, value);
        let response = harness.send(request);
        assert_eq!(response.status, status, "{header}");
        assert_eq!(json_of(&response).pointer(pointer).unwrap(), expected);
    }
    let mut missing = Harness::new();
    let response = missing.send(harness.token_request().without("client_secret"));
    assert_eq!(response.status, 401);
}

#[test]
fn azure_error_has_a_spaced_date_and_line_ends() {
    let mut harness = Harness::new();
    let request = harness.token_request().with("client_id", "other");
    let body = json_of(&harness.send(request));
    assert_eq!(body["timestamp"], "2026-03-02 09:00:00Z");
    assert!(body["error_description"].as_str().unwrap().contains("\r\n"));
    assert_eq!(body["error_codes"], json!([700_016]));
}

#[test]
fn token_request_needs_a_content_length() {
    let mut harness = Harness::new();
    let request = harness.token_request().without("content-length");
    assert_eq!(harness.send(request).status, 411);
}

#[test]
fn token_expires_after_one_hour() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.advance(Duration::from_secs(3599));
    harness.get("details");
    harness.advance(Duration::from_secs(1));
    let request = harness.signed(
        Method::GET,
        &format!("/ecomm/v2/payments/{ORDER}/details"),
        None,
    );
    let response = harness.send(request);
    assert_eq!(response.status, 401);
    assert_eq!(
        json_of(&response)["responseInfo"]["responseCode"],
        401,
        "{response:?}"
    );
}

#[test]
fn bearer_must_be_spelled_exactly() {
    for header in ["bearer", "", "Basic"] {
        let mut harness = Harness::new();
        harness.open(20_000);
        let value = format!("{header} {}", harness.token);
        let request = harness
            .signed(
                Method::GET,
                &format!("/ecomm/v2/payments/{ORDER}/details"),
                None,
            )
            .with("authorization", &value);
        let response = harness.send(request);
        assert_eq!(response.status, 401, "{header}");
    }
}

#[test]
fn each_api_has_its_own_401() {
    let mut harness = Harness::new();
    let request = harness
        .signed(Method::POST, "/qr/v1", Some(json!({"url": "x"})))
        .with("accept", "image/png")
        .with("authorization", "Bearer other");
    let response = harness.send(request);
    assert_eq!(json_of(&response)["statusCode"], 401);
}

#[test]
fn foreign_sales_unit_is_forbidden() {
    let mut harness = Harness::new();
    let request = harness
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("merchant-serial-number", "999999");
    let response = harness.send(request);
    assert_eq!(response.status, 403);
    let message = json_of(&response)["result"]["message"].clone();
    assert!(message.as_str().unwrap().starts_with("Invalid MSN: 999999"));

    let request = harness
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("merchant-serial-number", "654321");
    assert_eq!(harness.send(request).status, 403);
}

#[test]
fn limits_are_per_order_and_minute() {
    let mut harness = Harness::new();
    for expected in [200, 400, 429] {
        assert_eq!(harness.initiate(ORDER, 20_000).status, expected);
    }
    assert_eq!(harness.initiate("another", 20_000).status, 200);
    harness.approve();
    for _ in 0..5 {
        assert_eq!(harness.act("capture", Some(100), None).status, 200);
    }
    let response = harness.act("capture", Some(100), None);
    assert_eq!(response.status, 429);
    assert_eq!(json_of(&response)["statusCode"], 429);
    assert_eq!(harness.account().captured(), 500);
    harness.advance(Duration::from_secs(60));
    assert_eq!(harness.act("capture", Some(100), None).status, 200);
}

#[test]
fn details_may_be_read_twice_a_second() {
    let mut harness = Harness::new();
    harness.open(20_000);
    for _ in 0..120 {
        harness.get("details");
    }
    let request = harness.signed(
        Method::GET,
        &format!("/ecomm/v2/payments/{ORDER}/details"),
        None,
    );
    assert_eq!(harness.send(request).status, 429);
    harness.get("status");
}

#[test]
fn unmodelled_api_returns_501() {
    let mut harness = Harness::new();
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::POST, "/ecomm/accesstoken/get", 404),
        (Method::GET, "/accesstoken/get", 405),
        (Method::POST, "/checkout/v3/session", 501),
        (Method::POST, "/miami/v1/token", 501),
        (Method::GET, "/recurring/v3/agreements", 501),
    ] {
        let request = harness.signed(method, path, None);
        let response = harness.send(request);
        assert_eq!(response.status, status, "{path}");
        if status == 501 {
            let detail = json_of(&response)["detail"].clone();
            assert!(
                detail.as_str().unwrap().contains("does not model"),
                "{detail}"
            );
        }
    }
}

#[test]
fn body_with_another_media_type_is_refused() {
    let mut harness = Harness::new();
    let request = harness
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("content-type", "text/plain");
    assert_eq!(harness.send(request).status, 415);
    let request = harness
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("content-type", "application/json;charset=UTF-8");
    assert_eq!(harness.send(request).status, 200);
}

#[test]
fn system_header_has_at_most_30_characters() {
    let mut harness = Harness::new();
    let request = harness
        .signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(ORDER, 20_000)),
        )
        .with("vipps-system-name", &"x".repeat(31));
    assert_code(
        &harness.send(request),
        400,
        "InvalidRequest",
        "Vipps-System-Name",
    );
}
