//! The ePayment API: every operation, and the types that no operation prints.

use serde_json::json;
use vipps::epayment::{
    AirlineData, BarcodeFormat, Create, Customer, EventName, Express, OrderLine, PageUrl,
    PaymentDescription, PaymentDetails, PaymentMethod, PaymentMethodKind, PaymentSource,
    PaymentState, PollInterval, QuantityUnit, Receipt, ShippingBrand, ShippingGroup,
    ShippingOption, ShippingToken, ShippingType,
};
use vipps::types::{CustomerToken, PersonalQr, QrFormat};
use vipps::{Amount, PhoneNumber, Reference, Vipps};

use super::*;

const REFERENCE: &str = "order-0001";

fn nok(value: i64) -> serde_json::Value {
    json!({"currency": "NOK", "value": value})
}

fn link() -> String {
    format!("https://pay.example.com/?token={LANDING_TOKEN}")
}

/// A payment of 200 NOK with everything that is known about its customer.
fn payment([captured, cancelled, refunded]: [i64; 3]) -> serde_json::Value {
    let address = json!({"addressLine1": STREET, "addressLine2": STREET_2, "city": CITY,
        "country": "NO", "postCode": POST_CODE});
    json!({
        "reference": REFERENCE, "state": "AUTHORIZED", "amount": nok(20_000), "pspReference": "p-1",
        "aggregate": {"authorizedAmount": nok(20_000), "capturedAmount": nok(captured),
            "cancelledAmount": nok(cancelled), "refundedAmount": nok(refunded)},
        "paymentMethod": {"type": "WALLET", "cardBin": "540185"}, "profile": {"sub": SUB},
        "redirectUrl": link(), "metadata": {"note": LAST_NAME},
        "userDetails": {"firstName": FIRST_NAME, "lastName": LAST_NAME, "email": EMAIL,
            "mobileNumber": MSISDN, "dateOfBirth": BIRTH_DATE, "addresses": [address]},
        "shippingDetails": {"address": address, "shippingCost": 100, "shippingOptionId": "a"},
        "captureGuaranteedUntil": "2031-05-01T10:00:00Z",
    })
}

/// Returns the response of the API to a request.
pub(crate) fn success(path: &str) -> serde_json::Value {
    match path.rsplit('/').next() {
        Some("payments") => json!({"reference": REFERENCE, "redirectUrl": link()}),
        Some("events") => json!([{"reference": REFERENCE, "name": "CREATED", "success": true,
            "amount": nok(20_000), "idempotencyKey": "key", "timestamp": "2031-05-01T10:00:00Z"}]),
        Some("capture") => payment([15_000, 0, 0]),
        Some("refund") => payment([10_000, 0, 5_000]),
        Some("cancel") => payment([10_000, 10_000, 0]),
        _ => payment([10_000, 0, 0]),
    }
}

fn page() -> PageUrl {
    "https://shop.example.com/orders/1".parse().unwrap()
}

fn ticket() -> AirlineData {
    AirlineData {
        passenger_name: PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: None,
    }
}

fn create(vipps: &Vipps) -> Create {
    let line = OrderLine::new("p-1", "Socks", Amount::nok(200), Amount::nok(0), 0);
    vipps
        .epayment()
        .create(REFERENCE.parse().unwrap(), Amount::nok(200))
        .web_redirect(page())
        .customer(PhoneNumber::parse(PHONE).unwrap())
        .receipt(Receipt::new([line]))
        .metadata("note", LAST_NAME)
        .extra("merchantLegalLinks", json!({"note": LAST_NAME}))
}

pub(crate) async fn every_operation(vipps: &Vipps, search: &mut LeakSearch) -> u32 {
    let mut failures = 0;
    let reference = || REFERENCE.parse::<Reference>().unwrap();
    let payment = vipps.epayment().payment(reference());
    let new = || vipps.epayment().create(reference(), Amount::nok(200));
    let token = || ShippingToken::parse(AUTH_TOKEN).unwrap();
    let url = "https://shop.example.com/shipping".parse().unwrap();
    let express = Express::with_dynamic_options(url, token());
    let part = Amount::nok(50);
    let minute = std::time::Duration::from_secs(3);
    let by_qr = || {
        vipps.pay_by_qr(
            REFERENCE.parse().unwrap(),
            Amount::nok(200),
            "Socks".parse().unwrap(),
        )
    };
    search.debug("a payment without a flow", &new());
    search.debug("the API", &vipps.epayment());
    run!(search, failures:
        create(vipps),
        new().push_message(CustomerToken::parse(CUSTOMER_TOKEN).unwrap()),
        new().push_message(PersonalQr::parse(PERSONAL_QR).unwrap()),
        new().qr_with(QrFormat::Content),
        create(vipps).airline_data(ticket()),
        new().web_redirect(page()).express(express),
        by_qr().epayment(),
        by_qr().content().epayment(),
        payment.details(),
        payment.events(),
        payment.capture(part),
        payment.refund(part),
        payment.cancel(),
        payment.cancel().only_if_not_approved(),
        payment.wait().deadline(minute),
        payment.force_approve().customer(PhoneNumber::parse(PHONE).unwrap()),
    );
    let mut poll = payment.wait().deadline(minute).poll();
    search.debug("the poll", &poll);
    if let Some(Ok(event)) = poll.next().await {
        search.debug("a step", &event);
    }
    if let Ok(created) = create(vipps).await {
        run!(search, failures: payment.force_approve().redirect_url(&created));
    }
    for error in [
        create(vipps).await.map(drop),
        payment.capture(part).await.map(drop),
        payment.cancel().await.map(drop),
    ] {
        if let Err(error) = error {
            let reconcile = vipps.epayment().reconcile(&error);
            search.debug("a reconciliation", &reconcile);
            search.debug("what it found", &reconcile.await);
        }
    }
    let stored = payment.reconcile_capture("key".parse().unwrap(), part);
    search.debug("a stored reconciliation", &stored);
    search.debug("what it found", &stored.await);
    failures
}

#[test]
pub(crate) fn epayment_values_show_no_marker() {
    let mut search = LeakSearch::start();
    let group = ShippingGroup::new(
        ShippingType::Mailbox,
        ShippingBrand::Posti,
        [ShippingOption::new("a", "A", Amount::nok(1))],
    );
    for customer in [
        Customer::from(PhoneNumber::parse(PHONE).unwrap()),
        Customer::from(PersonalQr::parse(PERSONAL_QR).unwrap()),
        Customer::from(CustomerToken::parse(CUSTOMER_TOKEN).unwrap()),
    ] {
        search.debug("a customer", &customer);
    }
    let json = payment([0, 0, 0]).to_string();
    let details = PaymentDetails::from_json(REFERENCE.parse().unwrap(), &json).unwrap();
    assert_eq!(details.sub(), Some(SUB));
    search.debug("the details", &details);
    search.debug("the customer", &details.user());
    search.debug("the address", &details.user().unwrap().addresses[0]);
    search.debug("the shipping", &details.shipping());
    search.debug("the method", &details.payment_method());
    search.debug("the sums", details.aggregate());
    search.debug("a token", &ShippingToken::parse(AUTH_TOKEN).unwrap());
    let refused = ShippingToken::parse(&format!("{AUTH_TOKEN}!")).unwrap_err();
    search.error("a refused token", &refused);
    show!(search:
        REFERENCE.parse::<Reference>().unwrap(),
        PaymentDescription::parse("Socks").unwrap(),
        page(),
        group,
        Express::with_fixed_options([]),
        ShippingOption::new("a", "A", Amount::nok(1)),
        ShippingType::Mailbox,
        ShippingBrand::Posti,
        Receipt::new([]),
        OrderLine::new("a", "A", Amount::nok(1), Amount::nok(0), 0),
        BarcodeFormat::Ean13,
        PaymentSource::Cash,
        QuantityUnit::Litres,
        PaymentMethod::Card,
        PaymentMethodKind::Wallet,
        PaymentState::Created,
        EventName::Captured,
        PollInterval::Till,
    );
    search.finish(58);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn successful_epayment_operations_show_no_marker() {
    let mut search = LeakSearch::start();
    let recorder = operations::success_recorder();
    let vipps = operations::client_of(&recorder);
    assert_eq!(every_operation(&vipps, &mut search).await, 0);
    search.text("the shapes", &recorder.to_snapshot());
    search.finish(60);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn failed_epayment_operations_show_no_marker() {
    let mut search = LeakSearch::start();
    for transport in operations::failures() {
        let recorder = vipps::testing::Recorder::in_front_of(transport);
        every_operation(&operations::client_of(&recorder), &mut search).await;
        search.text("the shapes", &recorder.to_snapshot());
    }
    search.finish(700);
}
