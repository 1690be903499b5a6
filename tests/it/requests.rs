//! The shape of every request, minimal and full. A changed snapshot is a changed request.

use crate::support::{
    self, CANCELLED, DETAILS, INITIATED, REFUNDED, STATUS, TRANSACTION, amount, id, text,
};
use vipps::ecom::{AirlineData, Express, ShippingMethod};
use vipps::testing::Recorder;
use vipps::types::ImageSize;
use vipps::{Amount, Currency, RequestId, Vipps};

const PAYMENTS: &str = "/ecomm/v2/payments";

fn recorder() -> (Recorder, Vipps) {
    let order = |tail: &str| format!("{PAYMENTS}/acme-shop-123/{tail}");
    let recorder = Recorder::new()
        .respond("POST", PAYMENTS, 200, INITIATED)
        .respond("GET", &order("details"), 200, DETAILS)
        .respond("POST", &order("capture"), 200, TRANSACTION)
        .respond("PUT", &order("cancel"), 200, CANCELLED)
        .respond("POST", &order("refund"), 200, REFUNDED)
        .respond("GET", &order("status"), 200, STATUS)
        .respond(
            "POST",
            "/ecomm/v2/integration-test/payments/acme-shop-123/approve",
            200,
            "",
        )
        .respond(
            "POST",
            "/qr/v1",
            200,
            r#"{"url":"https://qr.vipps.no/x","expiresIn":300}"#,
        );
    let vipps = recorder.client();
    (recorder, vipps)
}

macro_rules! shape {
    ($recorder:expr, $operation:literal, $name:literal) => {{
        let shape = $recorder.shape_of($operation);
        crate::support::assert_nothing_leaks(&shape);
        insta::assert_snapshot!($name, shape);
    }};
}

#[tokio::test]
async fn token() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).details().await.unwrap();
    shape!(recorder, "fetch_authorization_token_using_post", "token");
}

#[tokio::test]
async fn initiate_minimal() {
    let (recorder, vipps) = recorder();
    vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    shape!(
        recorder,
        "initiate_payment_v3_using_post",
        "initiate_minimal"
    );
}

#[tokio::test]
async fn initiate_full() {
    let (recorder, vipps) = recorder();
    vipps
        .ecom()
        .initiate(id(), amount(), text())
        .callback_prefix("https://example.com/vipps/callbacks/".parse().unwrap())
        .fallback(
            "https://example.com/vipps/result/acme-shop-123"
                .parse()
                .unwrap(),
        )
        .auth_token("s3cret-auth-token".parse().unwrap())
        .phone_number(crate::support::PHONE.parse().unwrap())
        .skip_landing_page()
        .scope("name email".parse().unwrap())
        .app_switch()
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "initiate_payment_v3_using_post", "initiate_full");
}

/// Kroner with at most two decimals, exactly as given.
fn shipping() -> [ShippingMethod; 4] {
    let method = |id, name, cost: &str| {
        ShippingMethod::new(id, name, Amount::parse(cost, Currency::NOK).unwrap())
    };
    [
        method("walk", "Walking", "0").unwrap().preselect(),
        method("parcel", "Parcel locker", "99.90")
            .unwrap()
            .priority(2),
        method("home", "To the door", "149").unwrap().priority(3),
        method("cannon", "By cannon", "1999.95").unwrap(),
    ]
}

#[tokio::test]
async fn initiate_express_with_static_shipping() {
    let (recorder, vipps) = recorder();
    let start = vipps.ecom().initiate(id(), amount(), text()).express(
        Express::with_static_shipping(shipping()),
        "https://example.com/vipps/".parse().unwrap(),
    );
    start.await.unwrap();
    shape!(
        recorder,
        "initiate_payment_v3_using_post",
        "initiate_express_with_static_shipping"
    );
}

#[tokio::test]
async fn initiate_express_with_dynamic_shipping() {
    let (recorder, vipps) = recorder();
    let start = vipps.ecom().initiate(id(), amount(), text()).express(
        Express::with_dynamic_shipping("https://example.com/vipps/shipping/".parse().unwrap()),
        "https://example.com/vipps/consents".parse().unwrap(),
    );
    start
        .callback_prefix("https://example.com/vipps".parse().unwrap())
        .auth_token("s3cret-auth-token".parse().unwrap())
        .await
        .unwrap();
    shape!(
        recorder,
        "initiate_payment_v3_using_post",
        "initiate_express_with_dynamic_shipping"
    );
}

#[tokio::test]
async fn initiate_for_an_airline() {
    let (recorder, vipps) = recorder();
    let minimal = AirlineData {
        passenger_name: crate::support::PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: None,
    };
    let full = AirlineData {
        ticket_number: Some("123-1234-1234567890".into()),
        ..minimal.clone()
    };
    for data in [minimal, full] {
        let start = vipps.ecom().initiate(id(), amount(), text());
        start.airline_data(data).await.unwrap();
    }
    shape!(
        recorder,
        "initiate_payment_v3_using_post",
        "initiate_for_an_airline"
    );
}

#[tokio::test]
async fn refund_minimal() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).refund(amount()).await.unwrap();
    shape!(recorder, "refund_payment_using_post", "refund_minimal");
}

#[tokio::test]
async fn refund_full() {
    let path = format!("{PAYMENTS}/acme-shop-123/refund");
    let recorder = Recorder::new().respond("POST", &path, 200, &support::refunded(1));
    let vipps = recorder.client();
    let amount = Amount::minor(1, Currency::NOK);
    let refund = vipps.ecom().payment(id()).refund(amount);
    refund
        .text("A sock had a hole".parse().unwrap())
        .idempotency_key(RequestId::parse("my-own-key").unwrap())
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "refund_payment_using_post", "refund_full");
}

/// The amount of the rest is computed from the details of the same sales unit, and is stated in the
/// request.
#[tokio::test]
async fn refund_of_the_rest() {
    let order = |tail: &str| format!("{PAYMENTS}/acme-shop-123/{tail}");
    let recorder = Recorder::new()
        .respond("GET", &order("details"), 200, support::PARTLY_REFUNDED)
        .respond("POST", &order("refund"), 200, &support::refunded(15_000));
    let refund = recorder.client().ecom().payment(id()).refund_remaining();
    refund
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    let shape = recorder.to_snapshot();
    support::assert_nothing_leaks(&shape);
    insta::assert_snapshot!("refund_of_the_rest", shape);
}

#[tokio::test]
#[allow(deprecated)]
async fn status() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).status().await.unwrap();
    shape!(recorder, "get_order_status_using_get", "status");
}

#[tokio::test]
async fn details() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).details().await.unwrap();
    shape!(recorder, "get_payment_details_using_get", "details");
}

#[tokio::test]
async fn capture_minimal() {
    let (recorder, vipps) = recorder();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    shape!(recorder, "capture_payment_using_post", "capture_minimal");
}

#[tokio::test]
async fn capture_full() {
    let path = format!("{PAYMENTS}/acme-shop-123/capture");
    let recorder = Recorder::new().respond("POST", &path, 200, &support::captured(1));
    let vipps = recorder.client();
    let payment = vipps.ecom().payment(id());
    let part = payment
        .capture(Amount::minor(1, Currency::NOK))
        .text("A first part".parse().unwrap());
    part.idempotency_key(RequestId::parse("my-own-key").unwrap())
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "capture_payment_using_post", "capture_full");
}

#[tokio::test]
async fn two_captures_have_two_keys_and_a_retry_has_one() {
    let capture = "/ecomm/v2/payments/acme-shop-123/capture";
    let recorder = Recorder::new()
        .respond("POST", capture, 503, "")
        .respond("POST", capture, 200, &support::captured(100))
        .respond("POST", capture, 200, &support::captured(100));
    let payment = recorder.client().ecom().payment(id());
    payment
        .capture(Amount::minor(100, Currency::NOK))
        .await
        .unwrap();
    payment
        .capture(Amount::minor(100, Currency::NOK))
        .await
        .unwrap();
    shape!(
        recorder,
        "capture_payment_using_post",
        "two_captures_one_repeated"
    );
}

#[tokio::test]
async fn cancel_minimal() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).cancel().await.unwrap();
    shape!(
        recorder,
        "cancel_payment_request_using_put",
        "cancel_minimal"
    );
}

#[tokio::test]
async fn cancel_full() {
    let (recorder, vipps) = recorder();
    let cancel = vipps
        .ecom()
        .payment(id())
        .cancel()
        .text("Sold out".parse().unwrap());
    cancel
        .release_remaining()
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "cancel_payment_request_using_put", "cancel_full");
}

#[tokio::test]
async fn force_approve_minimal() {
    let (recorder, vipps) = recorder();
    vipps.ecom().payment(id()).force_approve().await.unwrap();
    shape!(
        recorder,
        "integration_test_approve_payment",
        "force_approve_minimal"
    );
}

#[tokio::test]
async fn force_approve_full() {
    let (recorder, vipps) = recorder();
    let payment = vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    payment
        .payment(&vipps)
        .force_approve()
        .phone_number(crate::support::PHONE.parse().unwrap())
        .landing_page(&payment)
        .await
        .unwrap();
    shape!(
        recorder,
        "integration_test_approve_payment",
        "force_approve_full"
    );
}

#[tokio::test]
async fn one_time_qr_in_each_format() {
    let (recorder, vipps) = recorder();
    let payment = vipps.ecom().initiate(id(), amount(), text()).await.unwrap();
    vipps.qr().one_time(&payment).await.unwrap();
    vipps
        .qr()
        .one_time(&payment)
        .png(ImageSize::new(640).unwrap())
        .await
        .unwrap();
    vipps.qr().one_time(&payment).content().await.unwrap();
    shape!(recorder, "generate_otp_qr", "one_time_qr_in_each_format");
}

#[tokio::test]
async fn pay_by_qr_sends_two_requests() {
    let (recorder, vipps) = recorder();
    vipps.pay_by_qr(id(), amount(), text()).await.unwrap();
    let operations: Vec<_> = recorder
        .requests()
        .iter()
        .filter_map(vipps::testing::RequestShape::operation)
        .collect();
    assert_eq!(
        operations,
        [
            "fetch_authorization_token_using_post",
            "initiate_payment_v3_using_post",
            "generate_otp_qr"
        ]
    );
}

/// A raw call carries the same headers as a wrapped one.
#[tokio::test]
async fn raw_call_has_the_headers_of_a_wrapped_one() {
    let (recorder, vipps) = recorder();
    vipps
        .call(|raw| async move {
            raw.ecom()
                .get_payment_details_using_get()
                .order_id("acme-shop-123")
                .send()
                .await
        })
        .await
        .unwrap();
    let raw = recorder.shape_of("get_payment_details_using_get");
    let (recorder, vipps) = self::recorder();
    vipps.ecom().payment(id()).details().await.unwrap();
    assert_eq!(raw, recorder.shape_of("get_payment_details_using_get"));
}
