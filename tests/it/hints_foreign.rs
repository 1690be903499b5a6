//! The hint for a response of another system names the proxy or firewall, and never the keys.

use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome};

use crate::support::{amount, id, text};

const TOKEN: &str = "/accesstoken/get";
const PAYMENTS: &str = "/ecomm/v2/payments";
const DETAILS: &str = "/ecomm/v2/payments/acme-shop-123/details";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";
const REDIRECTS: &str = "/qr/v1/merchant-redirect";

const PAGE: &str = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>\
                    <hr>Microsoft-Azure-Application-Gateway/v2</body></html>";

/// Bodies in none of the forms of the API.
const FOREIGN: [&str; 6] = [
    PAGE,
    "<!DOCTYPE html><title>Log in to the guest network</title>",
    "Access denied by policy 4711",
    r#"{"message":"blocked"}"#,
    r#"{"error":"forbidden"}"#,
    "{}",
];

async fn details(recorder: Recorder) -> Error {
    let payment = recorder.client().ecom().payment(id());
    payment.details().await.unwrap_err()
}

/// Asserts that the hint names the proxy or firewall, and neither the keys nor the MSN.
#[track_caller]
fn check(error: &Error, context: &str) {
    let hint = error.hint().unwrap_or_default();
    for word in ["firewall", "proxy", "API"] {
        assert!(
            hint.contains(word),
            "{context}: {word:?} is not in {hint:?}"
        );
    }
    let forbidden = [
        "These keys",
        "client id",
        "subscription key",
        "serial number",
        "right to",
    ];
    for word in forbidden {
        assert!(!hint.contains(word), "{context}: {word:?} is in {hint:?}");
    }
}

#[tokio::test]
async fn read_with_a_foreign_4xx_names_a_firewall() {
    for status in [400, 401, 403, 404, 405, 407, 413] {
        for body in FOREIGN {
            let error = details(Recorder::new().respond("GET", DETAILS, status, body)).await;
            check(&error, &format!("{status} {body}"));
        }
    }
}

#[tokio::test]
async fn empty_403_names_a_firewall() {
    for body in ["", " \r\n"] {
        let error = details(Recorder::new().respond("GET", DETAILS, 403, body)).await;
        check(&error, body);
        let error = details(Recorder::new().respond("POST", TOKEN, 403, body)).await;
        check(&error, body);
    }
}

#[tokio::test]
async fn token_with_a_foreign_4xx_names_a_firewall() {
    for status in [400, 401, 403, 404] {
        for body in FOREIGN {
            let error = details(Recorder::new().respond("POST", TOKEN, status, body)).await;
            assert_eq!(error.outcome(), Outcome::NotSent);
            check(&error, &format!("{status} {body}"));
        }
    }
}

#[tokio::test]
async fn qr_with_a_foreign_4xx_names_a_firewall() {
    for status in [401, 403] {
        for body in FOREIGN {
            let recorder = Recorder::new().respond("GET", REDIRECTS, status, body);
            let error = recorder
                .client()
                .qr()
                .merchant_redirects()
                .await
                .unwrap_err();
            check(&error, &format!("{status} {body}"));
        }
    }
}

#[tokio::test]
async fn write_with_a_foreign_4xx_names_firewall_and_next_step() {
    for status in [400, 401, 403, 404] {
        for body in FOREIGN {
            let recorder = Recorder::new()
                .respond("POST", PAYMENTS, status, body)
                .respond("POST", CAPTURE, status, body)
                .respond("PUT", CANCEL, status, body);
            let ecom = recorder.client().ecom();
            let payment = ecom.payment(id());
            let errors = [
                ecom.initiate(id(), amount(), text()).await.unwrap_err(),
                payment.capture_remaining().await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.outcome(), Outcome::Unknown, "{status} {body}");
                check(&error, &format!("{status} {body}"));
                let hint = error.hint().unwrap_or_default();
                assert!(hint.contains("reconcile"), "{hint}");
            }
        }
    }
}

#[tokio::test]
async fn success_that_is_a_page_names_a_proxy() {
    for body in [PAGE, " <!DOCTYPE html><title>Log in</title>"] {
        let error = details(Recorder::new().respond("GET", DETAILS, 200, body)).await;
        check(&error, body);
    }
    let error = details(Recorder::new().respond("GET", DETAILS, 200, "[7]")).await;
    assert!(!error.hint().unwrap_or_default().contains("firewall"));
}

#[tokio::test]
async fn a_page_as_token_response_names_a_firewall() {
    let secret = "<html>eyJhbGciOiJSUzI1NiJ9.secret-part.signature</html>";
    for page in [PAGE, FOREIGN[1], "\u{feff}\n <html>", secret] {
        let error = details(Recorder::new().respond("POST", TOKEN, 200, page)).await;
        check(&error, page);
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(
            (error.outcome(), error.http_status()),
            (Outcome::NotSent, Some(200))
        );
        // The body may contain a token in an unknown form.
        assert!(error.raw_body().is_empty());
        assert!(!format!("{error} {error:?}").contains("secret-part"));
    }
    for body in ["", "{}", "[]", r#"{"token_type":"Bearer"}"#] {
        let error = details(Recorder::new().respond("POST", TOKEN, 200, body)).await;
        let hint = error.hint().unwrap_or_default();
        assert!(!hint.contains("firewall"), "{body}: {hint}");
    }
}

#[tokio::test]
async fn refusal_of_the_api_still_names_the_keys() {
    for body in [
        r#"{"statusCode":401,"message":"Access denied"}"#,
        r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"}}"#,
        r#"{"errorCode":"Unauthorized","errorMessage":"x"}"#,
        "",
    ] {
        let error = details(Recorder::new().respond("GET", DETAILS, 401, body)).await;
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains("client id") && !hint.contains("firewall"),
            "{body}: {hint}"
        );
    }
    let body = r#"{"statusCode":403,"message":"Forbidden"}"#;
    let error = details(Recorder::new().respond("GET", DETAILS, 403, body)).await;
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.contains("no right") && !hint.contains("firewall"),
        "{hint}"
    );
}

#[tokio::test]
async fn words_about_a_key_count_in_any_form() {
    for body in [
        "Access denied due to missing subscription key.",
        r#"{"message":"Access denied due to invalid subscription key."}"#,
    ] {
        let error = details(Recorder::new().respond("GET", DETAILS, 401, body)).await;
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("Ocp-Apim-Subscription-Key"), "{body}: {hint}");
    }
}
