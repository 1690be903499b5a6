//! Successes in an unexpected form: a success stays a success, and a failure never becomes a
//! success.

use crate::support::{DETAILS, INITIATED, amount, assert_nothing_leaks, id, text};
use bytes::Bytes;
use vipps::qr::{MerchantCallbackQr, MerchantRedirectQr};
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, Transport, TransportFuture, Vipps};

const PAYMENTS: &str = "/ecomm/v2/payments";
const PAYMENT_DETAILS: &str = "/ecomm/v2/payments/acme-shop-123/details";
const APPROVE: &str = "/ecomm/v2/integration-test/payments/acme-shop-123/approve";
const REDIRECTS: &str = "/qr/v1/merchant-redirect";
const REDIRECT: &str = "/qr/v1/merchant-redirect/billboard_1";
const CALLBACKS: &str = "/qr/v1/merchant-callback";
const CALLBACK: &str = "/qr/v1/merchant-callback/till-1";
const BEACON: &str = "/qr/v1/merchant-callback/mobilepay/1234";

// -- a landing page of a kind that is not known yet

#[tokio::test]
async fn landing_page_of_an_unknown_kind_is_returned() {
    for page in [
        "mobilepay://?token=secret-landing-token",
        "vippsmt2:pay?token=secret-landing-token",
        "https://pay.example?token=secret-landing-token",
    ] {
        let body = format!(r#"{{"orderId":"acme-shop-123","url":"{page}"}}"#);
        let recorder = Recorder::new().respond("POST", PAYMENTS, 200, &body);
        let started = recorder.client().ecom().initiate(id(), amount(), text());
        let started = started.await.unwrap();
        assert_eq!(started.landing_page().as_str(), page);
        assert_nothing_leaks(&format!("{started:?} {}", started.landing_page()));
    }
    for url in ["", "here", r"mobilepay://\u0000"] {
        let body = format!(r#"{{"orderId":"acme-shop-123","url":"{url}"}}"#);
        let recorder = Recorder::new().respond("POST", PAYMENTS, 200, &body);
        let started = recorder.client().ecom().initiate(id(), amount(), text());
        let error = started.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::Unknown)
        );
    }
}

// -- a byte order mark, which some servers put before their JSON

/// Puts a byte order mark before every response.
#[derive(Debug)]
struct WithByteOrderMark(Recorder);

impl Transport for WithByteOrderMark {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let response = self.0.send(request).await?;
            Ok(response.map(|body| [b"\xef\xbb\xbf", &*body].concat().into()))
        })
    }
}

fn client_with_byte_order_mark(recorder: Recorder) -> Vipps {
    let keys = vipps::Credentials::new("id", "secret", "key", "123456".parse().unwrap());
    let builder = Vipps::builder(keys.unwrap()).transport(WithByteOrderMark(recorder));
    builder.build().unwrap()
}

#[tokio::test]
async fn byte_order_mark_is_skipped() {
    let vipps = client_with_byte_order_mark(
        Recorder::new()
            .respond("POST", PAYMENTS, 200, INITIATED)
            .respond("GET", PAYMENT_DETAILS, 200, DETAILS)
            .respond("PUT", CALLBACK, 200, ""),
    );
    let started = vipps.ecom().initiate(id(), amount(), text());
    let payment = started.await.unwrap().payment(&vipps);
    assert!(payment.details().await.unwrap().state().is_paid());
    let raw = vipps.call(|raw| async move {
        let operation = raw.ecom().get_payment_details_using_get();
        operation.order_id("acme-shop-123").send().await
    });
    assert_eq!(
        raw.await.unwrap().order_id.as_deref(),
        Some("acme-shop-123")
    );
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn error_after_a_byte_order_mark_is_an_error() {
    let gateway = r#"{"responseInfo":{"responseCode":"404","responseMessage":"No"}}"#;
    for (status, body) in [
        (
            200,
            r#"[{"errorCode":"35","errorMessage":"No such order"}]"#,
        ),
        (
            404,
            r#"[{"errorCode":"35","errorMessage":"No such order"}]"#,
        ),
        (200, gateway),
    ] {
        let vipps = client_with_byte_order_mark(Recorder::new().respond(
            "GET",
            PAYMENT_DETAILS,
            status,
            body,
        ));
        let error = vipps.ecom().payment(id()).details().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
    }
}

// -- lists of codes

async fn redirects(body: &str) -> Result<Vec<MerchantRedirectQr>, Error> {
    let recorder = Recorder::new().respond("GET", REDIRECTS, 200, body);
    recorder.client().qr().merchant_redirects().await
}

async fn callbacks(body: &str) -> Result<Vec<MerchantCallbackQr>, Error> {
    let recorder = Recorder::new().respond("GET", CALLBACKS, 200, body);
    recorder.client().qr().merchant_callbacks().await
}

#[tokio::test]
async fn a_list_keeps_every_code_that_has_an_id() {
    for body in [
        "",
        " \n",
        "null",
        "[]",
        "[null]",
        "[{}]",
        r#"[{"id":null}]"#,
    ] {
        assert!(redirects(body).await.unwrap().is_empty(), "{body}");
        assert!(callbacks(body).await.unwrap().is_empty(), "{body}");
    }
    let list =
        redirects(r#"[null,{"id":"a"},{"url":"https://qr.vipps.no/x"},{"id":""},{"id":"b"}]"#);
    let list = list.await.unwrap();
    let ids: Vec<_> = list.iter().map(MerchantRedirectQr::id).collect();
    assert_eq!(ids, ["a", "b"]);
    let list = callbacks(r#"[{"merchantQrId":"a"},null,{"qrContent":"x"},{"merchantQrId":7}]"#);
    let list = list.await.unwrap();
    let ids: Vec<_> = list
        .iter()
        .map(MerchantCallbackQr::merchant_qr_id)
        .collect();
    assert_eq!(ids, ["a", "7"]);
}

#[tokio::test]
async fn error_outside_a_list_is_an_error() {
    for body in ["{}", "<html>", "7", "[{\"id\":\"a\"}", "[7]", r#""none""#] {
        for error in [
            redirects(body).await.map(drop).unwrap_err(),
            callbacks(body).await.map(drop).unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Decode, Outcome::NoEffect),
                "{body}"
            );
        }
    }
}

// -- an updated redirect, with a response that lacks members

#[tokio::test]
async fn update_accepts_an_empty_response() {
    for (status, body) in [
        (204, ""),
        (200, ""),
        (202, " \r\n"),
        (200, "null"),
        (200, "{}"),
        (200, r#"{"id":"billboard_1","url":null}"#),
    ] {
        let recorder = Recorder::new().respond("PUT", REDIRECT, status, body);
        let code = recorder.client().qr();
        let code = code.merchant_redirect("billboard_1".parse().unwrap());
        let target = "https://example.com/autumn";
        let qr = code.update(target.parse().unwrap()).await.unwrap();
        assert_eq!((qr.id(), qr.redirect_url()), ("billboard_1", Some(target)));
        assert!(qr.link().is_none() && qr.content().is_none() && qr.expires_in().is_none());
    }
    let recorder = Recorder::new().respond("PUT", REDIRECT, 200, "<html>");
    let code = recorder.client().qr();
    let code = code.merchant_redirect("billboard_1".parse().unwrap());
    let update = code.update("https://example.com/autumn".parse().unwrap());
    let error = update.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, Outcome::Unknown)
    );
}

// -- responses whose body is not needed, but may contain an error

/// Calls every operation that needs no response body, with this response.
async fn send_without_response_body(
    status: u16,
    body: &str,
) -> Vec<(&'static str, Result<(), Error>)> {
    let mut recorder = Recorder::new();
    for (method, path) in [
        ("PUT", CALLBACK),
        ("DELETE", CALLBACK),
        ("PUT", BEACON),
        ("DELETE", REDIRECT),
        ("POST", APPROVE),
    ] {
        recorder = recorder.respond(method, path, status, body);
    }
    let vipps = recorder.client();
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    let beacon = vipps.qr().mobilepay_beacon("1234".parse().unwrap());
    let code = vipps.qr();
    let code = code.merchant_redirect("billboard_1".parse().unwrap());
    vec![
        ("put callback", till.put("Kasse 1".parse().unwrap()).await),
        ("delete callback", till.delete().await),
        ("put beacon", beacon.put("Kasse 1".parse().unwrap()).await),
        ("delete redirect", code.delete().await),
        ("approve", vipps.ecom().payment(id()).force_approve().await),
    ]
}

#[tokio::test]
async fn status_200_with_an_error_body_is_an_error() {
    for (body, message) in [
        (
            r#"{"errors":{"locationDescription":["is wrong"]}}"#,
            "is wrong",
        ),
        (r#"{"errors":["is wrong"]}"#, "is wrong"),
        (r#"{"title":"is wrong","status":400}"#, "is wrong"),
        (
            r#"{"title":"is wrong","status":"404","detail":"No"}"#,
            "is wrong",
        ),
        (r#"{"detail":"is wrong", "status" : 503}"#, "is wrong"),
    ] {
        for (operation, result) in send_without_response_body(200, body).await {
            let error = result.expect_err(operation);
            assert_eq!(error.kind(), ErrorKind::Api, "{operation} {body}");
            assert_eq!(error.outcome(), Outcome::Unknown, "{operation} {body}");
            assert!(error.to_string().contains(message), "{operation}: {error}");
        }
    }
}

#[tokio::test]
async fn page_or_list_of_texts_is_not_a_success() {
    for body in [
        "<!DOCTYPE html><html><body>Log in</body></html>",
        "\r\n<html>",
        "OK",
        "{",
        r#"{"ok":true} <html>"#,
        r#"["is wrong"]"#,
        " [\n\"is wrong\" ]",
    ] {
        for (operation, result) in send_without_response_body(200, body).await {
            let error = result.expect_err(operation);
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Decode, Outcome::Unknown),
                "{operation} {body}"
            );
            assert_eq!(error.raw_body(), body.as_bytes());
        }
    }
}

#[tokio::test]
async fn success_accepts_any_other_body() {
    for (status, body) in [
        (200, ""),
        (204, ""),
        (201, " \r\n"),
        (200, "null"),
        (200, "true"),
        (200, "\"done\""),
        (200, "[]"),
        (200, "{}"),
        (200, r#"{"ok":true,"errors":[],"status":200}"#),
        (200, r#"{"ok":true,"errors":{},"status":"ok"}"#),
        (
            200,
            r#"{"errors":null,"error":"","history":{"status":400}}"#,
        ),
        (202, r#"{"merchantQrId":"till-1","status":400}"#),
    ] {
        for (operation, result) in send_without_response_body(status, body).await {
            assert!(result.is_ok(), "{operation} {body}: {result:?}");
        }
    }
}
