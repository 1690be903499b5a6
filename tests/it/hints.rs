//! The hint of an error names the wrong value or the next step. Its wording is not tested.

use crate::support::{amount, id, text};
use vipps::testing::Recorder;
use vipps::{Credentials, Error, ErrorKind, Outcome, Vipps};

const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";
const TOKEN_PATH: &str = "/accesstoken/get";

async fn details(path: &str, method: &str, status: u16, body: &str) -> Error {
    let recorder = Recorder::new().respond(method, path, status, body);
    let vipps = recorder.client();
    vipps.ecom().payment(id()).details().await.unwrap_err()
}

/// Checks that the hint names each of these values.
#[track_caller]
fn check(error: &Error, words: &[&str]) {
    let hint = error.hint().unwrap_or_else(|| panic!("no hint: {error:?}"));
    for word in words {
        assert!(hint.contains(word), "{word:?} is not in {hint:?}");
    }
}

#[tokio::test]
async fn hint_of_a_token_refusal_names_the_wrong_value() {
    for (status, body, words) in [
        (
            400,
            r#"{"error":"unauthorized_client","error_description":"AADSTS70001: Application with identifier 'x' was not found in the directory y","error_codes":[70001]}"#,
            &["client id"][..],
        ),
        (
            400,
            r#"{"error":"unauthorized_client","error_description":"AADSTS700016: Application with identifier 'x' was not found","error_codes":[700016]}"#,
            &["client id"],
        ),
        (
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided.","error_codes":[70002,50012]}"#,
            &["client secret"],
        ),
        (
            401,
            r#"{"statusCode":401,"message":"Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."}"#,
            &["Ocp-Apim-Subscription-Key"],
        ),
        (
            401,
            r#"{"errorCode":"Unauthorized","errorMessage":"Subscription not found","contextId":"c"}"#,
            &["subscription key"],
        ),
        (401, "", &["client id", "merchant serial number"]),
        (
            404,
            r#"{"responseInfo":{"responseCode":404,"responseMessage":"Resource not found"},"result":{"message":"x"}}"#,
            &["base URL"],
        ),
    ] {
        let error = details(TOKEN_PATH, "POST", status, body).await;
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.outcome(), Outcome::NotSent);
        check(&error, words);
    }
}

/// The hint for a refusal of the login service with these codes in its text and in its list.
async fn login_hint(text: &str, codes: &str) -> String {
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"{text}","error_codes":[{codes}]}}"#
    );
    let error = details(TOKEN_PATH, "POST", 401, &body).await;
    error.hint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_code_of_the_login_service_has_its_hint() {
    let expired = "Create a new client secret in the portal";
    let invalid = "client secret does not belong";
    let unknown = "client id is unknown";
    for (text, codes, expected) in [
        (
            "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
            "7000222",
            expired,
        ),
        (
            "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
            "",
            expired,
        ),
        (
            "The provided client secret keys are expired.",
            "7000222",
            expired,
        ),
        ("x", r#""7000222""#, expired),
        ("x", r#""AADSTS7000222""#, expired),
        (
            "AADSTS70002: Error validating credentials. AADSTS7000222: expired",
            "70002,7000222",
            expired,
        ),
        (
            "AADSTS7000215: Invalid client secret provided.",
            "7000215",
            invalid,
        ),
        (
            "AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided.",
            "70002,50012",
            invalid,
        ),
        ("AADSTS50012", "", invalid),
        ("x", "70002", invalid),
        (
            "AADSTS700016: Application with identifier 'x' was not found",
            "700016",
            unknown,
        ),
        (
            "AADSTS70001: Application with identifier 'x' was not found",
            "",
            unknown,
        ),
        ("x", "700016", unknown),
    ] {
        let hint = login_hint(text, codes).await;
        assert!(hint.contains(expected), "{text} [{codes}]: {hint}");
    }
}

#[tokio::test]
async fn a_code_that_begins_like_another_has_another_hint() {
    for code in [
        "7000", "70001600", "7000011", "700019", "7000161", "700021", "7000229", "70002220",
        "500121", "5001", "170002", "7000218",
    ] {
        for (text, codes) in [
            (format!("AADSTS{code}: x"), code),
            (format!("AADSTS{code}: x"), ""),
            ("x".to_owned(), code),
        ] {
            let hint = login_hint(&text, codes).await;
            for wrong in ["portal", "does not belong", "is unknown"] {
                assert!(!hint.contains(wrong), "{text} [{codes}]: {hint}");
            }
        }
    }
}

#[tokio::test]
async fn hint_of_an_api_refusal_names_the_wrong_value() {
    let message = |status: u16, text: &str| {
        let bodies = [
            format!(r#"[{{"errorGroup":"Merchant","errorCode":"37","errorMessage":"{text}"}}]"#),
            format!(r#"{{"errorCode":"Unauthorized","errorMessage":"{text}"}}"#),
            format!(r#"{{"statusCode":{status},"message":"{text}"}}"#),
            format!(r#"{{"responseInfo":{{"responseCode":{status},"responseMessage":"{text}"}}}}"#),
            format!(r#"{{"title":"{text}","status":{status},"detail":"d"}}"#),
        ];
        async move {
            let mut errors = Vec::new();
            for body in bodies {
                errors.push(details(DETAILS_PATH, "GET", status, &body).await);
            }
            errors
        }
    };
    for text in [
        "Invalid MSN: 654321. Check your API keys on portal.vipps.no",
        "The MSN is not valid for the provided supermerchant ID",
        "The MSN is not valid for the provided PSP id",
    ] {
        for error in message(403, text).await {
            check(&error, &["merchant serial number"]);
        }
    }
    for error in message(403, "Merchant Not Allowed for Ecommerce Payment").await {
        check(&error, &["Login only"]);
    }
    for error in message(
        401,
        "Access denied due to missing subscription key. Make sure to include it",
    )
    .await
    {
        check(&error, &["Ocp-Apim-Subscription-Key"]);
    }
    for (status, body, words) in [
        (
            401,
            "",
            &["client id", "client secret", "subscription key"][..],
        ),
        (401, "<html>", &["firewall", "proxy"]),
        (403, "", &["firewall", "proxy"]),
        (
            403,
            r#"{"statusCode":403,"message":"Forbidden"}"#,
            &["right"],
        ),
        (404, "<html>Not found</html>", &["base URL"]),
        (
            404,
            r#"{"statusCode":404,"message":"Resource not found"}"#,
            &["base URL"],
        ),
        (429, "", &["120 requests a minute"]),
    ] {
        let error = details(DETAILS_PATH, "GET", status, body).await;
        assert_eq!(error.http_status(), Some(status));
        check(&error, words);
    }
}

/// The API sends 500 for malformed requests too.
#[tokio::test]
async fn hint_of_500_names_the_request() {
    let error = details(DETAILS_PATH, "GET", 500, "").await;
    check(&error, &["malformed request"]);
}

#[tokio::test]
async fn hint_of_a_code_names_the_cause_or_the_next_step() {
    for (status, group, code, words) in [
        (400, "User", "81", &["eight digits"][..]),
        (400, "user", "81", &["eight digits"]),
        (404, "Merchant", "35", &["merchant serial number"]),
        (400, "Merchant", "37", &["deactivated"]),
        (400, "Merchant", "34", &["new one"]),
        (403, "Merchant", "97", &["Login only"]),
    ] {
        let body = format!(
            r#"[{{"errorGroup":"{group}","errorCode":"{code}","errorMessage":"x","contextId":"c"}}]"#
        );
        check(&details(DETAILS_PATH, "GET", status, &body).await, words);
    }
    // The API sometimes omits the group.
    let body = r#"[{"errorCode":"34","errorMessage":"orderId is already used, and must be unique","contextId":"c"}]"#;
    check(&details(DETAILS_PATH, "GET", 400, body).await, &["new one"]);
}

#[test]
fn hint_of_an_invalid_system_name_names_header_and_setter() {
    let credentials =
        || Credentials::new("id", "secret", "key", "123456".parse().unwrap()).unwrap();
    let long = "x".repeat(31);
    for error in [
        Vipps::builder(credentials())
            .system(long.as_str(), "1")
            .build()
            .unwrap_err(),
        Vipps::builder(credentials())
            .system("acme", "")
            .build()
            .unwrap_err(),
        Vipps::builder(credentials())
            .plugin("å", "1")
            .build()
            .unwrap_err(),
    ] {
        check(&error, &["Vipps-System-*", "VippsBuilder::system", "30"]);
    }
}

#[tokio::test]
async fn hint_of_an_unknown_outcome_names_the_next_step() {
    let order = "/ecomm/v2/payments/acme-shop-123";
    let lost = |method: &str, path: String| Recorder::new().lose_response(method, &path).client();

    let vipps = lost("POST", "/ecomm/v2/payments".to_owned());
    let error = vipps
        .ecom()
        .initiate(id(), amount(), text())
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    check(&error, &["details", "new order id", "35"]);

    let vipps = lost("POST", format!("{order}/capture"));
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    check(&error, &["details", "idempotency key"]);
    let vipps = lost("POST", format!("{order}/refund"));
    let error = vipps
        .ecom()
        .payment(id())
        .refund(amount())
        .await
        .unwrap_err();
    check(&error, &["details", "idempotency key"]);
    let vipps = lost("PUT", format!("{order}/cancel"));
    let error = vipps.ecom().payment(id()).cancel().await.unwrap_err();
    check(&error, &["details", "retry the cancel"]);

    // A server error leaves the outcome unknown too, and its own hint takes precedence.
    let recorder = Recorder::new().respond("POST", "/ecomm/v2/payments", 500, "");
    let call = recorder.client().ecom().initiate(id(), amount(), text());
    check(&call.await.unwrap_err(), &["details", "new order id"]);
    // A lost read has no effect.
    let vipps = lost("GET", DETAILS_PATH.to_owned());
    let error = vipps.ecom().payment(id()).details().await.unwrap_err();
    assert_eq!((error.outcome(), error.hint()), (Outcome::NoEffect, None));
}

#[tokio::test]
async fn hint_of_a_redirect_states_that_it_is_not_followed() {
    let error = details(DETAILS_PATH, "GET", 302, "").await;
    check(&error, &["redirect", "base URL"]);
}
