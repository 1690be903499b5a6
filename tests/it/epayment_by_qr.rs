//! A payment and its QR code over ePayment: one request, with the verbs of the payment over eCom.

use std::time::Duration;

use vipps::epayment::Create;
use vipps::testing::Recorder;
use vipps::types::ImageSize;
use vipps::{
    Amount, Clock as _, ErrorKind, OrderId, Outcome, PayByQrEPayment, QrPayment, QrPaymentApi,
    RequestId, Vipps,
};

use crate::epayment::{CREATE, PAYMENT, details};
use crate::support::{INITIATED, TRANSACTION, id, text};

const LINK: &str = "https://qr-image.example.com/v1?token=secret-landing-token";

fn order() -> OrderId {
    crate::epayment::REFERENCE.parse().unwrap()
}

fn response() -> String {
    format!(r#"{{"reference":"kiosk-7-000451","redirectUrl":"{LINK}"}}"#)
}

fn recorder() -> Recorder {
    Recorder::new().respond("POST", CREATE, 201, &response())
}

fn sale(vipps: &Vipps) -> PayByQrEPayment {
    vipps
        .pay_by_qr(order(), Amount::eur(100), text())
        .epayment()
}

#[tokio::test]
async fn one_request_creates_payment_and_code() {
    let recorder = recorder();
    let vipps = recorder.client();
    let size = ImageSize::new(300).unwrap();
    let sold = sale(&vipps)
        .png(size)
        .payment(Create::customer_present)
        .await
        .unwrap();
    assert_eq!(sold.qr().image_url(), Some(LINK));
    assert_eq!(sold.qr().expires_in(), Duration::from_secs(600));
    assert_eq!(sold.created().reference().as_str(), order().as_str());
    assert_eq!(sold.payment().reference().as_str(), order().as_str());
    let apis: Vec<_> = recorder
        .requests()
        .iter()
        .map(|r| r.operation().map(str::to_owned))
        .collect();
    assert_eq!(
        apis.iter()
            .flatten()
            .filter(|o| *o != "fetch_authorization_token_using_post")
            .count(),
        1
    );
    let shape = recorder.shape_of("create_payment");
    insta::assert_snapshot!(shape);
    crate::support::assert_nothing_leaks(&format!("{sold:?}"));
}

/// The lost attempt may have created the payment.
#[tokio::test]
async fn lifetime_counts_from_the_start_of_the_call() {
    let recorder =
        Recorder::new()
            .lose_response("POST", CREATE)
            .respond("POST", CREATE, 201, &response());
    let start = recorder.clock().now();
    let sold = sale(&recorder.client()).await.unwrap();
    let elapsed = Duration::try_from(recorder.clock().now().duration_since(start)).unwrap();
    assert!(!elapsed.is_zero());
    assert_eq!(sold.qr().expires_in() + elapsed, Duration::from_secs(600));
}

#[tokio::test]
async fn each_format_is_requested() {
    let recorder = recorder();
    let vipps = recorder.client();
    for (call, name) in [
        (sale(&vipps), "IMAGE/SVG+XML"),
        (sale(&vipps).svg(), "IMAGE/SVG+XML"),
        (sale(&vipps).content(), "TEXT/TARGETURL"),
        (sale(&vipps).png(ImageSize::MAX), "IMAGE/PNG"),
        // These options are set before the API is chosen.
        (
            vipps
                .pay_by_qr(order(), Amount::eur(100), text())
                .content()
                .epayment(),
            "TEXT/TARGETURL",
        ),
    ] {
        let sold = call.await.unwrap();
        let sent = recorder.shape_of("create_payment");
        let last = sent.rsplit("\n---\n").next().unwrap().to_owned();
        assert!(last.contains(&format!("\"format\": \"{name}\"")), "{last}");
        assert_eq!(sold.qr().content().is_some(), name == "TEXT/TARGETURL");
    }
}

#[tokio::test]
async fn short_id_or_text_is_refused_before_sending() {
    let recorder = recorder();
    let vipps = recorder.client();
    let short = vipps.pay_by_qr("order-1".parse().unwrap(), Amount::nok(1), text());
    let error = short.clone().epayment().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidInput, Outcome::NotSent)
    );
    assert!(
        error
            .to_string()
            .starts_with("reference: must have at least 8 characters"),
        "{error}"
    );
    let text = vipps.pay_by_qr(order(), Amount::nok(1), "ab".parse().unwrap());
    let error = text.epayment().await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("description: must be 3 to 100"),
        "{error}"
    );
    // Changes of the eCom payment have no effect on ePayment, so they are refused.
    let changed = vipps.pay_by_qr(order(), Amount::nok(1), crate::support::text());
    let error = changed.payment(|p| p).epayment().await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("payment: must be set after `epayment`"),
        "{error}"
    );
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn lost_payment_is_retried_with_its_key() {
    let recorder = Recorder::new().lose_response("POST", CREATE);
    let error = sale(&recorder.client()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let key = error.idempotency_key().unwrap().clone();
    let recorder = self::recorder();
    let sold = sale(&recorder.client())
        .idempotency_key(key.clone())
        .await
        .unwrap();
    assert_eq!(sold.created().idempotency_key(), Some(&key));
}

#[tokio::test]
async fn options_of_the_call_and_of_the_payment_apply() {
    let recorder = recorder();
    let vipps = recorder.client();
    let key = |text| RequestId::parse(text).unwrap();
    let number = || "7654321".parse().unwrap();
    let inner = sale(&vipps).payment(|p| {
        p.idempotency_key(key("inner"))
            .merchant_serial_number(number())
    });
    let sold = inner.clone().await.unwrap();
    assert_eq!(sold.created().idempotency_key(), Some(&key("inner")));
    assert_eq!(sold.created().merchant_serial_number(), Some(&number()));
    let sold = inner.idempotency_key(key("outer")).await.unwrap();
    assert_eq!(sold.created().idempotency_key(), Some(&key("outer")));
}

/// One function for both APIs.
async fn wait_and_capture<P: QrPaymentApi>(sold: &QrPayment<P>) -> vipps::Result<P::Details> {
    assert!(sold.qr().image_url().is_some());
    let details = sold.wait().await?;
    sold.capture().await?;
    Ok(details)
}

#[tokio::test]
async fn both_apis_have_the_same_verbs() {
    let reserved = details("AUTHORIZED", [10_000, 0, 0, 0]);
    let recorder = recorder()
        .respond("GET", PAYMENT, 200, &reserved)
        .respond(
            "POST",
            &format!("{PAYMENT}/capture"),
            200,
            &details("AUTHORIZED", [10_000, 10_000, 0, 0]),
        )
        .respond(
            "POST",
            &format!("{PAYMENT}/cancel"),
            200,
            &details("TERMINATED", [0, 0, 10_000, 0]),
        );
    let sold = sale(&recorder.client()).await.unwrap();
    let found: vipps::epayment::PaymentDetails = wait_and_capture(&sold).await.unwrap();
    assert!(found.can_capture());
    sold.cancel().await.unwrap();
    let ecom = "/ecomm/v2/payments/acme-shop-123";
    let recorder = Recorder::new()
        .respond("POST", "/ecomm/v2/payments", 200, INITIATED)
        .respond(
            "POST",
            "/qr/v1",
            200,
            r#"{"url":"https://qr.vipps.no/x","expiresIn":300}"#,
        )
        .respond(
            "GET",
            &format!("{ecom}/details"),
            200,
            crate::support::DETAILS,
        )
        .respond("POST", &format!("{ecom}/capture"), 200, TRANSACTION)
        .respond(
            "PUT",
            &format!("{ecom}/cancel"),
            200,
            crate::support::CANCELLED,
        );
    let sold = recorder
        .client()
        .pay_by_qr(id(), Amount::nok(200), text())
        .await
        .unwrap();
    let found: vipps::ecom::PaymentDetails = wait_and_capture(&sold).await.unwrap();
    assert!(found.can_capture());
    sold.cancel().await.unwrap();
    assert_eq!(sold.initiated().order_id(), &id());
}
