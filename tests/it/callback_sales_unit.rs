//! A callback names the sales unit of its payment, and the calls that follow act for that unit.

use http::Request;
use vipps::callback::{Callback, CallbackAuth, PaymentUpdate, parse};
use vipps::ecom::PaymentState;
use vipps::simulator::{CaptureType, Simulator};
use vipps::testing::Recorder;
use vipps::{Amount, Currency, OrderId};

const TOKEN: &str = "s3cret-auth-token";

fn update(body: &str) -> PaymentUpdate {
    let request = Request::post("https://shop.example.com/vipps/v2/payments/shop-2231")
        .header("Authorization", TOKEN)
        .body(body.to_owned())
        .unwrap();
    let auth = CallbackAuth::new(TOKEN.parse().unwrap());
    match parse(&request, &auth).unwrap() {
        Callback::Payment(update) => update,
        other => panic!("{other:?}"),
    }
}

fn of_unit(unit: &str) -> PaymentUpdate {
    update(&format!(
        r#"{{"merchantSerialNumber":{unit},"orderId":"shop-2231",
            "transactionInfo":{{"amount":34900,"status":"RESERVED","timeStamp":"2026-11-02T10:16:00Z"}}}}"#
    ))
}

#[tokio::test]
async fn every_call_after_a_callback_names_its_sales_unit() {
    let recorder = Recorder::new();
    let vipps = recorder.client();
    let payment = of_unit(r#""654321""#).payment(&vipps);
    let some = Amount::nok(1);
    // The recorder has no responses for these calls. The test only inspects the requests.
    let _ = payment.details().await;
    let _ = payment
        .wait()
        .deadline(std::time::Duration::from_millis(1))
        .await;
    let _ = payment.capture(some).await;
    let _ = payment.refund(some).await;
    let _ = payment.refund_remaining().await;
    let _ = payment.cancel().await;
    let _ = payment
        .force_approve()
        .phone_number("91234567".parse().unwrap())
        .await;
    #[allow(deprecated)]
    let _ = payment.status().await;

    let sent = recorder.requests();
    let calls: Vec<_> = sent
        .iter()
        .filter(|request| request.operation() != Some("fetch_authorization_token_using_post"))
        .collect();
    for operation in [
        "get_payment_details_using_get",
        "capture_payment_using_post",
        "refund_payment_using_post",
        "cancel_payment_request_using_put",
        "integration_test_approve_payment",
        "get_order_status_using_get",
    ] {
        assert!(
            calls
                .iter()
                .any(|request| request.operation() == Some(operation)),
            "{operation} was not sent"
        );
    }
    for request in calls {
        assert!(
            request.as_str().contains("merchant-serial-number: 654321"),
            "{request}"
        );
        assert!(!request.as_str().contains("123456\""), "{request}");
    }
}

#[tokio::test]
async fn a_single_call_can_still_name_another_unit() {
    let recorder = Recorder::new();
    let payment = of_unit("654321").payment(&recorder.client());
    let _ = payment
        .details()
        .merchant_serial_number("777777".parse().unwrap())
        .await;
    let details = recorder.shape_of("get_payment_details_using_get");
    assert!(
        details.contains("merchant-serial-number: 777777"),
        "{details}"
    );
}

#[tokio::test]
async fn a_callback_without_a_unit_means_the_clients_own() {
    for body in [
        r#"{"orderId":"shop-2231"}"#,
        r#"{"orderId":"shop-2231","merchantSerialNumber":"unit"}"#,
        r#"{"orderId":"shop-2231","merchantSerialNumber":null}"#,
    ] {
        let recorder = Recorder::new();
        let _ = update(body).payment(&recorder.client()).details().await;
        let details = recorder.shape_of("get_payment_details_using_get");
        assert!(
            details.contains("merchant-serial-number: 123456"),
            "{details}"
        );
    }
}

#[tokio::test]
async fn a_payment_of_another_unit_is_found_after_its_callback() {
    let sim = Simulator::builder()
        .sales_unit("654321", CaptureType::Reserve)
        .start()
        .unwrap();
    let vipps = sim.client();
    let order: OrderId = "shop-2231".parse().unwrap();
    vipps
        .ecom()
        .initiate(
            order,
            Amount::minor(34_900, Currency::NOK),
            "Socks".parse().unwrap(),
        )
        .merchant_serial_number("654321".parse().unwrap())
        .await
        .unwrap();
    sim.payer().approve("shop-2231").unwrap();

    let payment = of_unit(r#""654321""#).payment(&vipps);
    assert_eq!(
        payment.details().await.unwrap().state(),
        PaymentState::Reserved
    );
    payment.capture_remaining().await.unwrap();
    assert_eq!(
        payment.details().await.unwrap().state(),
        PaymentState::Captured
    );
}
