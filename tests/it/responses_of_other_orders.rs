//! A response about another order is never accepted. It arrives if a connection delivers the
//! response to an earlier request.

use std::future::Future;
use std::pin::Pin;

use vipps::ecom::{PaymentDetails, Reconciled};
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, Vipps};

use crate::support::{self, amount, id, text};

type Run = fn(Vipps) -> Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Every operation of an order: name, method, path, a response, and true for a write.
#[allow(deprecated)]
fn operations() -> Vec<(&'static str, &'static str, &'static str, String, bool, Run)> {
    let status = |verb: &str, info: &str| {
        format!(r#"{{"orderId":"acme-shop-123","{info}":{{"amount":20000,"status":"{verb}"}}}}"#)
    };
    vec![
        (
            "initiate",
            "POST",
            "/ecomm/v2/payments",
            support::INITIATED.to_owned(),
            true,
            |v| Box::pin(async move { v.ecom().initiate(id(), amount(), text()).await.map(drop) }),
        ),
        (
            "capture",
            "POST",
            "/ecomm/v2/payments/acme-shop-123/capture",
            status("Captured", "transactionInfo"),
            true,
            |v| Box::pin(async move { v.ecom().payment(id()).capture_remaining().await.map(drop) }),
        ),
        (
            "cancel",
            "PUT",
            "/ecomm/v2/payments/acme-shop-123/cancel",
            status("Cancelled", "transactionInfo"),
            true,
            |v| Box::pin(async move { v.ecom().payment(id()).cancel().await.map(drop) }),
        ),
        (
            "refund",
            "POST",
            "/ecomm/v2/payments/acme-shop-123/refund",
            status("Refund", "transaction"),
            true,
            |v| Box::pin(async move { v.ecom().payment(id()).refund(amount()).await.map(drop) }),
        ),
        (
            "force approve",
            "POST",
            "/ecomm/v2/integration-test/payments/acme-shop-123/approve",
            r#"{"orderId":"acme-shop-123"}"#.to_owned(),
            true,
            |v| Box::pin(async move { v.ecom().payment(id()).force_approve().await.map(drop) }),
        ),
        (
            "details",
            "GET",
            "/ecomm/v2/payments/acme-shop-123/details",
            support::DETAILS.to_owned(),
            false,
            |v| Box::pin(async move { v.ecom().payment(id()).details().await.map(drop) }),
        ),
        (
            "status",
            "GET",
            "/ecomm/v2/payments/acme-shop-123/status",
            support::STATUS.to_owned(),
            false,
            |v| Box::pin(async move { v.ecom().payment(id()).status().await.map(drop) }),
        ),
    ]
}

#[tokio::test]
async fn a_response_about_another_order_is_a_decode_error() {
    for (name, method, path, body, writes, run) in operations() {
        for other in [
            r#""acme-shop-124""#,
            // The id is case-sensitive (eCom guide, orderId).
            r#""ACME-SHOP-123""#,
            r#""acme-shop-1234""#,
            "123",
        ] {
            for member in ["orderId", "OrderId"] {
                let body = body.replace(
                    r#""orderId":"acme-shop-123""#,
                    &format!(r#""{member}":{other}"#),
                );
                let recorder = Recorder::new().respond(method, path, 200, &body);
                let error = run(recorder.client()).await.expect_err(name);
                assert_eq!(error.kind(), ErrorKind::Decode, "{name} {other}");
                let outcome = if writes {
                    Outcome::Unknown
                } else {
                    Outcome::NoEffect
                };
                assert_eq!(error.outcome(), outcome, "{name} {other}");
                assert_eq!(error.order_id(), Some(&id()), "{name} {other}");
                assert!(error.to_string().contains("another order"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_response_without_an_order_id_is_fine() {
    for (name, method, path, body, _, run) in operations() {
        for none in [
            "",
            r#""orderId":null,"#,
            r#""orderId":"","#,
            r#""orderId":[],"#,
            r#""orderId":{},"#,
        ] {
            let body = body
                .replace(r#"{"orderId":"acme-shop-123"}"#, "{}")
                .replace(r#""orderId":"acme-shop-123","#, none);
            let recorder = Recorder::new().respond(method, path, 200, &body);
            let result = run(recorder.client()).await;
            assert!(result.is_ok(), "{name} {none}: {result:?}");
        }
    }
}

#[test]
fn stored_details_of_another_order_are_refused() {
    let error = PaymentDetails::from_json("acme-shop-124".parse().unwrap(), support::DETAILS);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
    assert!(PaymentDetails::from_json(id(), support::DETAILS).is_ok());
}

#[tokio::test]
async fn details_of_another_order_reconcile_nothing() {
    let path = "/ecomm/v2/payments/acme-shop-123";
    let recorder = Recorder::new()
        .lose_response("POST", &format!("{path}/capture"))
        .respond(
            "GET",
            &format!("{path}/details"),
            200,
            &support::DETAILS.replace("acme-shop-123", "acme-shop-124"),
        );
    let vipps = recorder.client();
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .retry(vipps::RetryPolicy::none());
    let error = error.await.unwrap_err();
    assert!(matches!(
        vipps.ecom().reconcile(&error).await,
        Reconciled::StillUnknown(_)
    ));
}
