//! The shape of every request of ePayment, minimal and full. A changed snapshot is a changed
//! request.

use jiff::SignedDuration;
use serde_json::json;
use vipps::epayment::{
    AirlineData, BarcodeFormat, Create, Express, OrderLine, PaymentMethod, PaymentSource, QrFormat,
    QuantityUnit, Receipt, ShippingBrand, ShippingGroup, ShippingOption, ShippingToken,
    ShippingType,
};
use vipps::testing::Recorder;
use vipps::types::ImageSize;
use vipps::{Amount, RequestId, Vipps};

use crate::epayment::{CREATE, CREATED, EVENTS, PAGE, PAYMENT, details, reference};

fn recorder() -> (Recorder, Vipps) {
    let recorder = Recorder::new()
        .respond("POST", CREATE, 201, CREATED)
        .respond(
            "GET",
            PAYMENT,
            200,
            &details("AUTHORIZED", [10_000, 0, 0, 0]),
        )
        .respond("GET", EVENTS, 200, "[]")
        .respond(
            "POST",
            &format!("{PAYMENT}/capture"),
            200,
            &details("AUTHORIZED", [10_000, 3_000, 0, 0]),
        )
        .respond(
            "POST",
            &format!("{PAYMENT}/refund"),
            200,
            &details("AUTHORIZED", [10_000, 0, 0, 3_000]),
        )
        .respond(
            "POST",
            &format!("{PAYMENT}/cancel"),
            200,
            &details("TERMINATED", [0, 0, 10_000, 0]),
        )
        .respond(
            "POST",
            "/epayment/v1/test/payments/kiosk-7-000451/approve",
            200,
            "",
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

fn web(vipps: &Vipps) -> Create {
    let new = vipps.epayment().create(reference(), Amount::nok(499));
    new.web_redirect(PAGE.parse().unwrap())
}

#[tokio::test]
async fn create_minimal() {
    let (recorder, vipps) = recorder();
    web(&vipps).await.unwrap();
    shape!(recorder, "create_payment", "create_minimal");
}

#[tokio::test]
async fn create_full() {
    let (recorder, vipps) = recorder();
    let expires_at = vipps::Clock::now(&recorder.clock()) + SignedDuration::from_hours(24);
    let socks = OrderLine::new("p-1", "Socks", Amount::nok(500), Amount::nok(100), 2500)
        .quantity(Amount::nok(250), "2", QuantityUnit::Pieces)
        .discount(Amount::nok(10))
        .product_url("https://shop.example.com/socks".parse().unwrap());
    let lines = [
        socks,
        OrderLine::new("p-2", "Freight", Amount::nok(49), Amount::nok(0), 0).shipping(),
        OrderLine::new("p-3", "Hat", Amount::nok(50), Amount::nok(0), 0).returned(),
    ];
    let receipt = Receipt::new(lines)
        .tip(Amount::nok(5))
        .pos_id("till-1")
        .receipt_number("17")
        .barcode(BarcodeFormat::Ean13, "1234567890128")
        .payment_source(PaymentSource::GiftCard, Amount::nok(20));
    web(&vipps)
        .customer(vipps::PhoneNumber::parse(crate::support::PHONE).unwrap())
        .payment_method(PaymentMethod::Wallet)
        .block_commercial_cards()
        .customer_present()
        .description("One pair of socks".parse().unwrap())
        .expires_at(expires_at)
        .receipt(receipt)
        .metadata("basket", "b-771")
        .minimum_age(18)
        .scope("name email".parse().unwrap())
        .extra("merchantLegalLinks", json!({"termsOfSaleUrl": PAGE}))
        .idempotency_key(RequestId::parse("create-1").unwrap())
        .merchant_serial_number("7654321".parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "create_payment", "create_full");
}

#[tokio::test]
async fn create_in_each_flow() {
    let (recorder, vipps) = recorder();
    let new = || vipps.epayment().create(reference(), Amount::eur(4));
    let size = ImageSize::new(800).unwrap();
    new().qr().await.unwrap();
    new().qr_with(QrFormat::Png(size)).await.unwrap();
    new().qr_with(QrFormat::Svg).await.unwrap();
    new().qr_with(QrFormat::Content).await.unwrap();
    let native = new().native_redirect("myapp://orders/451".parse().unwrap());
    native.await.unwrap();
    let card = new().web_redirect(PAGE.parse().unwrap());
    card.payment_method(PaymentMethod::Card).await.unwrap();
    let code: vipps::types::PersonalQr = "https://qr.vipps.no/p/secret".parse().unwrap();
    new().push_message(code).await.unwrap();
    let token: vipps::types::CustomerToken = "secret-token".parse().unwrap();
    new()
        .push_message(token)
        .receipt_url(PAGE.parse().unwrap())
        .await
        .unwrap();
    shape!(recorder, "create_payment", "create_in_each_flow");
}

#[tokio::test]
async fn create_express() {
    let (recorder, vipps) = recorder();
    let option = ShippingOption::new("parcel", "Parcel locker", Amount::nok(79))
        .priority(2)
        .preselect()
        .meta("Station")
        .estimated_delivery("2 days");
    let group = ShippingGroup::new(ShippingType::PickupPoint, ShippingBrand::Posten, [option]);
    let fixed = Express::with_fixed_options([group.priority(1).preselect()]);
    let create = web(&vipps).express(fixed);
    create
        .extra("shipping.allowedCountries", json!(["NO", "SE"]))
        .await
        .unwrap();
    let token = ShippingToken::parse("s3cret-auth-token").unwrap();
    let url = "https://shop.example.com/shipping".parse().unwrap();
    web(&vipps)
        .express(Express::with_dynamic_options(url, token))
        .await
        .unwrap();
    shape!(recorder, "create_payment", "create_express");
}

#[tokio::test]
async fn create_for_an_airline() {
    let (recorder, vipps) = recorder();
    let ticket = AirlineData {
        passenger_name: crate::support::PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: Some("123-1234-1234567890".into()),
    };
    web(&vipps).airline_data(ticket.clone()).await.unwrap();
    shape!(recorder, "create_payment", "create_for_an_airline");
    let wrong = AirlineData {
        airline_code: "07".into(),
        ..ticket
    };
    let error = web(&vipps).airline_data(wrong).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "airline_code: must be 3 characters, got \"07\""
    );
}

#[tokio::test]
async fn reads() {
    let (recorder, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    payment.details().await.unwrap();
    shape!(recorder, "get_payment", "details_minimal");
    payment.events().await.unwrap();
    shape!(recorder, "get_payment_event_log", "events_minimal");
}

#[tokio::test]
async fn reads_for_another_sales_unit() {
    let (recorder, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    let payment = payment.merchant_serial_number("7654321".parse().unwrap());
    payment.details().await.unwrap();
    payment.events().await.unwrap();
    shape!(recorder, "get_payment", "details_full");
    shape!(recorder, "get_payment_event_log", "events_full");
}

/// The response of the refund contradicts itself, but only its request is tested.
#[tokio::test]
async fn transfers_minimal() {
    let (recorder, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    payment.capture(Amount::nok(30)).await.unwrap();
    shape!(recorder, "capture_payment", "capture_minimal");
    payment.refund(Amount::nok(30)).await.unwrap_err();
    shape!(recorder, "refund_payment", "refund_minimal");
}

#[tokio::test]
async fn transfers_full() {
    let (recorder, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    let payment = payment.merchant_serial_number("7654321".parse().unwrap());
    let key = |text| RequestId::parse(text).unwrap();
    let capture = payment
        .capture(Amount::nok(30))
        .idempotency_key(key("capture-1"));
    capture.await.unwrap();
    shape!(recorder, "capture_payment", "capture_full");
    let refund = payment
        .refund(Amount::nok(30))
        .idempotency_key(key("refund-1"));
    refund.await.unwrap_err();
    shape!(recorder, "refund_payment", "refund_full");
}

#[tokio::test]
async fn cancels() {
    let (minimal, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    payment.cancel().await.unwrap();
    shape!(minimal, "cancel_payment", "cancel_minimal");
    let (full, vipps) = recorder();
    let payment = vipps.epayment().payment(reference());
    let payment = payment.merchant_serial_number("7654321".parse().unwrap());
    payment.cancel().only_if_not_approved().await.unwrap();
    shape!(full, "cancel_payment", "cancel_full");
}

#[tokio::test]
async fn approvals() {
    let (minimal, vipps) = recorder();
    let phone = vipps::PhoneNumber::parse(crate::support::PHONE).unwrap();
    let payment = vipps.epayment().payment(reference());
    payment
        .force_approve()
        .customer(phone.clone())
        .await
        .unwrap();
    shape!(minimal, "force_approve", "force_approve_minimal");
    let (full, vipps) = recorder();
    let created = web(&vipps).await.unwrap();
    let payment = created.payment(&vipps);
    let payment = payment.merchant_serial_number("7654321".parse().unwrap());
    let approve = payment.force_approve().customer(phone);
    approve.redirect_url(&created).await.unwrap();
    shape!(full, "force_approve", "force_approve_full");
}
