//! The bodies that the builders send, validated against the documents and the builders' own
//! schemas.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vipps::ecom::{AirlineData, Ecom, Express, ShippingMethod};
use vipps::epayment::{
    self, BarcodeFormat, OrderLine, PaymentMethod, QuantityUnit, ShippingBrand, ShippingGroup,
    ShippingOption, ShippingToken, ShippingType,
};
use vipps::qr::Category;
use vipps::qr::Ttl;
use vipps::testing::Recorder;
use vipps::types::LandingPage;
use vipps::{Amount, Currency, PhoneNumber, RetryPolicy, Transport, TransportFuture, Vipps};

use super::document;
use super::{problems, validator};
use crate::epayment::{PAGE, REFERENCE};

type Sent = (String, String, Value);

/// Records the bodies and rejects every request except those for a token.
#[derive(Clone, Debug, Default)]
struct Bodies(Arc<Mutex<Vec<Sent>>>);

impl Transport for Bodies {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let (mut status, mut response_body) = (400, "");
        if path.ends_with("/accesstoken/get") {
            (status, response_body) = (200, r#"{"access_token":"t","expires_in":"3599"}"#);
        } else if let Ok(body) = serde_json::from_slice(&body) {
            let sent = (head.method.to_string(), path.to_owned(), body);
            self.0.lock().unwrap().push(sent);
        }
        let response = http::Response::builder().status(status);
        Box::pin(async move { Ok(response.body(Bytes::from(response_body)).unwrap()) })
    }
}

/// The one body that an operation sends.
async fn body<T: std::fmt::Debug>(operation: impl AsyncFnOnce(Vipps) -> vipps::Result<T>) -> Sent {
    let bodies = Bodies::default();
    let builder = Recorder::new().builder().unwrap().transport(bodies.clone());
    let vipps = builder.retry(RetryPolicy::none()).build().unwrap();
    operation(vipps).await.unwrap_err();
    let mut sent = std::mem::take(&mut *bodies.0.lock().unwrap());
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0)
}

fn accepted(builder: &str, (method, path, body): &Sent) {
    let by_document = problems(&document::of_request(method, path), body);
    assert!(
        by_document.is_empty(),
        "{builder}, the document: {by_document:?}"
    );
    let by_schema = problems(&validator(builder), body);
    assert!(by_schema.is_empty(), "{builder}, its schema: {by_schema:?}");
}

fn url<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    "https://example.com/vipps".parse().unwrap()
}

fn shipping_methods() -> [ShippingMethod; 2] {
    let method =
        |id: &str, ore| ShippingMethod::new(id, "By post", Amount::minor(ore, Currency::NOK));
    [
        method("a", 0).unwrap().preselect().priority(0),
        method("b", 9_995).unwrap(),
    ]
}

fn ticket() -> AirlineData {
    AirlineData {
        passenger_name: "LOVELACE/ADA MS".into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: None,
    }
}

/// A form of a builder: the expression from the client to the future.
macro_rules! forms {
    ($($builder:literal: |$vipps:ident| $form:expr;)*) => {
        /// Returns every builder that sends a body, with the minimal and the full options.
        async fn forms() -> Vec<(&'static str, Sent)> {
            vec![$(($builder, body(async |$vipps: Vipps| $form.await).await)),*]
        }
    };
}

fn initiate(vipps: &Vipps) -> vipps::ecom::Initiate {
    let (id, text) = ("acme-shop-123".parse(), "Et par sokker".parse());
    let ecom = vipps.ecom();
    ecom.initiate(id.unwrap(), Amount::nok(200), text.unwrap())
}

fn payment(vipps: &Vipps) -> vipps::ecom::Payment {
    vipps.ecom().payment("acme-shop-123".parse().unwrap())
}

fn page() -> LandingPage {
    "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ0"
        .parse()
        .unwrap()
}

fn redirect(vipps: &Vipps) -> vipps::qr::MerchantRedirect {
    vipps
        .qr()
        .merchant_redirect("Plakat 1 æøå".parse().unwrap())
}

fn till(vipps: &Vipps) -> vipps::qr::PutMerchantCallback {
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap())
}

fn create(vipps: &Vipps) -> epayment::Create {
    let new = vipps
        .epayment()
        .create(REFERENCE.parse().unwrap(), Amount::nok(499));
    new.web_redirect(PAGE.parse().unwrap())
}

/// Details of a payment of which something can be captured and refunded.
fn before() -> epayment::PaymentDetails {
    let sums = crate::epayment::details("AUTHORIZED", [10_000, 5_000, 0, 0]);
    epayment::PaymentDetails::from_json(REFERENCE.parse().unwrap(), &sums).unwrap()
}

fn of_epayment(vipps: &Vipps) -> epayment::Payment {
    vipps.epayment().payment(REFERENCE.parse().unwrap())
}

fn receipt() -> epayment::Receipt {
    let socks = OrderLine::new("p-1", "Socks", Amount::nok(450), Amount::nok(90), 2500)
        .quantity(Amount::nok(225), "2", QuantityUnit::Pieces)
        .discount(Amount::nok(10))
        .product_url("https://shop.example.com/socks".parse().unwrap());
    let freight = OrderLine::new("p-2", "Freight", Amount::nok(49), Amount::nok(0), 0).shipping();
    epayment::Receipt::new([socks, freight])
        .pos_id("till-1")
        .receipt_number("17")
        .barcode(BarcodeFormat::Code128, "1234567890128")
}

fn group() -> ShippingGroup {
    let option = ShippingOption::new("parcel", "Parcel locker", Amount::nok(79))
        .priority(2)
        .preselect()
        .meta("Station")
        .estimated_delivery("2 days");
    let group = ShippingGroup::new(ShippingType::PickupPoint, ShippingBrand::Posten, [option]);
    group.priority(1).preselect()
}

forms! {
    "epayment::Create": |vipps| create(&vipps);
    "epayment::Create": |vipps| create(&vipps)
        .customer(PhoneNumber::parse("+4791234567").unwrap())
        .payment_method(PaymentMethod::Wallet).block_commercial_cards().customer_present()
        .description("One pair of socks".parse().unwrap()).receipt(receipt())
        .metadata("basket", "b-771").minimum_age(18).scope("name email".parse().unwrap());
    "epayment::Create": |vipps| create(&vipps).airline_data(ticket());
    "epayment::Create": |vipps| create(&vipps)
        .express(epayment::Express::with_fixed_options([group()]));
    "epayment::Create": |vipps| create(&vipps)
        .express(epayment::Express::with_dynamic_options(url(), ShippingToken::parse("t0ken").unwrap()));
    "epayment::Create": |vipps| vipps.epayment()
        .create(REFERENCE.parse().unwrap(), Amount::eur(4))
        .qr_with(epayment::QrFormat::Png(vipps::types::ImageSize::new(800).unwrap()));
    "epayment::Create": |vipps| vipps.epayment()
        .create(REFERENCE.parse().unwrap(), Amount::dkk(4))
        .push_message("wbA8ce+=".parse::<vipps::types::CustomerToken>().unwrap())
        .receipt_url(PAGE.parse().unwrap());
    "epayment::Capture": |vipps| of_epayment(&vipps).capture(Amount::nok(30)).baseline(&before());
    "epayment::Refund": |vipps| of_epayment(&vipps).refund(Amount::nok(30)).baseline(&before());
    "epayment::Cancel": |vipps| of_epayment(&vipps).cancel();
    "epayment::Cancel": |vipps| of_epayment(&vipps).cancel().only_if_not_approved();
    "epayment::ForceApprove": |vipps| of_epayment(&vipps).force_approve()
        .customer(PhoneNumber::parse("+4791234567").unwrap());
    "ecom::Initiate": |vipps| initiate(&vipps);
    "ecom::Initiate": |vipps| initiate(&vipps)
        .callback_prefix(url()).fallback(url()).auth_token("s3cret".parse().unwrap())
        .phone_number("91234567".parse().unwrap()).skip_landing_page().app_switch()
        .scope("name email".parse().unwrap()).merchant_serial_number("654321".parse().unwrap());
    "ecom::Initiate": |vipps| initiate(&vipps).fallback(vipps::ecom::FallbackUrl::intent());
    "ecom::Initiate": |vipps| initiate(&vipps)
        .express(Express::with_static_shipping(shipping_methods()), url());
    "ecom::Initiate": |vipps| initiate(&vipps)
        .express(Express::with_dynamic_shipping(url()), url());
    "ecom::Initiate": |vipps| initiate(&vipps).airline_data(ticket());
    "ecom::Initiate": |vipps| initiate(&vipps)
        .airline_data(AirlineData { ticket_number: Some("123-1234".into()), ..ticket() });
    "ecom::Capture": |vipps| payment(&vipps).capture_remaining();
    "ecom::Capture": |vipps| payment(&vipps).capture(Ecom::MAX_AMOUNT).text("First parcel".parse().unwrap());
    "ecom::Refund": |vipps| payment(&vipps).refund(Amount::nok(200));
    "ecom::Refund": |vipps| payment(&vipps).refund(Amount::nok(1)).text("A hole".parse().unwrap());
    "ecom::Cancel": |vipps| payment(&vipps).cancel();
    "ecom::Cancel": |vipps| payment(&vipps).cancel()
        .release_remaining().text("Sold out".parse().unwrap());
    "ecom::ForceApprove": |vipps| payment(&vipps).force_approve();
    "ecom::ForceApprove": |vipps| payment(&vipps).force_approve()
        .phone_number("91234567".parse().unwrap()).landing_page(&page());
    "qr::OneTime": |vipps| vipps.qr().one_time(&page());
    "qr::CreateMerchantRedirect": |vipps| redirect(&vipps).create(url());
    "qr::CreateMerchantRedirect": |vipps| redirect(&vipps).create(url())
        .ttl(Ttl::new(Duration::from_secs(300)).unwrap());
    "qr::UpdateMerchantRedirect": |vipps| redirect(&vipps).update(url());
    "qr::PutMerchantCallback": |vipps| till(&vipps);
    "qr::PutMobilePayBeacon": |vipps| vipps.qr()
        .mobilepay_beacon("123456789012345".parse().unwrap()).put("Kasse 1".parse().unwrap());
    "qr::ExchangePersonalQr": |vipps| vipps.qr()
        .exchange("https://qr.vipps.no/p/abc".parse().unwrap());
    "qr::ExchangeCustomer": |vipps| vipps.qr().exchange_customer("wbA8ce+=".parse().unwrap());
    "webhooks::RegisterWebhook": |vipps| vipps.webhooks()
        .register("https://shop.example.com/hooks".parse().unwrap(), ["user.checked-in.v1"]);
}

#[tokio::test]
async fn each_body_fits_the_documents() {
    let forms = forms().await;
    for (builder, sent) in &forms {
        accepted(builder, sent);
    }
    // All operations with a body are tested, those of the documents and those of the schemas.
    let tested_builders: BTreeSet<_> = forms.iter().map(|(builder, _)| *builder).collect();
    let builders: BTreeSet<_> = super::comparison::SENT
        .iter()
        .map(|(name, ..)| *name)
        .collect();
    assert_eq!(tested_builders, builders);
    let has_body = |document: &document::Document| {
        let paths = document.root["paths"].as_object().unwrap().clone();
        let is_of_the_api =
            |path: &str| path.starts_with('/') && path != "/merchant-dynamic-shipping-callback";
        let operations = paths.into_iter().filter(|(path, _)| is_of_the_api(path));
        operations
            .flat_map(|(_, item)| item.as_object().cloned().unwrap_or_default())
            .filter(|(_, operation)| operation["requestBody"].is_object())
            .count()
    };
    let operations: BTreeSet<_> = forms
        .iter()
        .map(|(_, (method, path, _))| (method, path))
        .collect();
    assert_eq!(
        operations.len(),
        [
            &document::ECOM,
            &document::EPAYMENT,
            &document::QR,
            &document::WEBHOOKS
        ]
        .iter()
        .map(|document| has_body(document))
        .sum::<usize>(),
        "{operations:?}"
    );
}

/// A further member or a member of another type is rejected, so the test above can fail.
#[tokio::test]
async fn invalid_bodies_do_not_fit_the_documents() {
    for (builder, (method, path, body)) in forms().await {
        let strict = document::of_request(&method, &path);
        let validator_of_builder = validator(builder);
        let mut more = body.clone();
        more["merchantinfo"] = json!({});
        assert!(!strict.is_valid(&more), "{builder}");
        assert!(!validator_of_builder.is_valid(&more), "{builder}");
        for name in body.as_object().unwrap().keys() {
            let mut other = body.clone();
            other[name] = json!(7.5);
            assert!(!strict.is_valid(&other), "{builder} {name}");
            assert!(!validator_of_builder.is_valid(&other), "{builder} {name}");
        }
    }
}

/// Values that the crate sends although the documents reject them, because the servers accept them.
#[tokio::test]
async fn sent_schemas_fit_the_documents() {
    let sent = [
        (
            "ecom::Initiate",
            "/merchantInfo/merchantSerialNumber",
            body(async |vipps| {
                let number = "1234567".parse().unwrap();
                initiate(&vipps).merchant_serial_number(number).await
            })
            .await,
        ),
        (
            "ecom::Capture",
            "/transaction/amount",
            body(async |vipps| {
                payment(&vipps)
                    .capture(Amount::minor(1, Currency::NOK))
                    .await
            })
            .await,
        ),
        (
            "qr::PutMerchantCallback",
            "",
            body(async |vipps| till(&vipps).category(Category::Vending).await).await,
        ),
    ];
    for (builder, place, (method, path, body)) in sent {
        assert_eq!(problems(&validator(builder), &body), [""; 0], "{builder}");
        let locations: BTreeSet<String> = document::of_request(&method, &path)
            .iter_errors(&body)
            .map(|error| error.instance_path().to_string())
            .collect();
        assert_eq!(locations, BTreeSet::from([place.to_owned()]), "{builder}");
    }
}
