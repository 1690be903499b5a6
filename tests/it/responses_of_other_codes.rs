//! A response about another QR code is never accepted. Its image would be printed for the wrong
//! place.

use std::future::Future;
use std::pin::Pin;

use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, Vipps};

use crate::support::requests_sent;

type Run = fn(Vipps) -> Pin<Box<dyn Future<Output = Result<String, Error>>>>;

const REDIRECTS: &str = "/qr/v1/merchant-redirect";
const REDIRECT: &str = "/qr/v1/merchant-redirect/billboard_1";
const OWN: &str = r#"{"id":"billboard_1","url":"https://qr.vipps.no/generate/qr.png?x","redirectUrl":"https://example.com/ours","expiresIn":-1}"#;
const TILL: &str =
    r#"{"merchantQrId":"till-1","qrContent":"https://qr.vipps.no/x","locationDescription":"Till"}"#;

fn redirect(vipps: &Vipps) -> vipps::qr::MerchantRedirect {
    vipps.qr().merchant_redirect("billboard_1".parse().unwrap())
}

fn page() -> vipps::qr::RedirectUrl {
    "https://example.com/ours".parse().unwrap()
}

/// Every operation whose response names a code: name, method, path, the response, and true for a
/// write.
fn operations() -> Vec<(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    Run,
)> {
    vec![
        ("create", "POST", REDIRECTS, OWN, true, |v| {
            Box::pin(async move { Ok(redirect(&v).create(page()).await?.id().to_owned()) })
        }),
        ("update", "PUT", REDIRECT, OWN, true, |v| {
            Box::pin(async move { Ok(redirect(&v).update(page()).await?.id().to_owned()) })
        }),
        ("get", "GET", REDIRECT, OWN, false, |v| {
            Box::pin(async move { Ok(redirect(&v).get().await?.id().to_owned()) })
        }),
        (
            "callback",
            "GET",
            "/qr/v1/merchant-callback/till-1",
            TILL,
            false,
            |v| {
                Box::pin(async move {
                    let code = v.qr().merchant_callback("till-1".parse().unwrap());
                    Ok(code.get().await?.merchant_qr_id().to_owned())
                })
            },
        ),
    ]
}

#[tokio::test]
async fn a_response_about_another_code_is_a_decode_error() {
    for (name, method, path, body, is_write, run) in operations() {
        for other in [r#""billboard_2""#, r#""Till-1""#, "42"] {
            let body = body.replace(r#""billboard_1""#, other);
            let body = body.replace(r#""till-1""#, other);
            let recorder = Recorder::new().respond(method, path, 200, &body);
            let error = run(recorder.client()).await.expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Decode, "{name} {other}");
            let outcome = if is_write {
                Outcome::Unknown
            } else {
                Outcome::NoEffect
            };
            assert_eq!(error.outcome(), outcome, "{name} {other}");
            assert!(error.to_string().contains("another code"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_response_without_an_id_is_about_the_requested_code() {
    for (name, method, path, body, _, run) in operations() {
        let id = if name == "callback" {
            "till-1"
        } else {
            "billboard_1"
        };
        for none in ["null", r#""""#, "[]"] {
            let body = body.replace(&format!(r#""{id}""#), none);
            let recorder = Recorder::new().respond(method, path, 200, &body);
            let read = run(recorder.client()).await.expect(name);
            assert_eq!(read, id, "{name} {none}");
        }
    }
}

/// After a lost response and a conflict, only the requested code proves that the create took
/// effect.
#[tokio::test]
async fn another_code_does_not_prove_a_lost_create() {
    let create = |found: &str| {
        let recorder = Recorder::new()
            .lose_response("POST", REDIRECTS)
            .respond("POST", REDIRECTS, 409, r#"{"id":"billboard_1"}"#)
            .respond("GET", REDIRECT, 200, found);
        async move {
            let result = redirect(&recorder.client()).create(page()).await;
            assert_eq!(requests_sent(&recorder, "GET"), 1);
            result
        }
    };
    create(OWN).await.unwrap();
    let other = OWN.replace("billboard_1", "billboard_2");
    let error = create(&other).await.unwrap_err();
    assert_eq!(error.http_status(), Some(409));
    assert_eq!(error.outcome(), Outcome::Unknown);
}
