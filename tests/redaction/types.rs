//! The public types that no operation prints, with a marker in each value.

use std::time::Duration;

use bytes::Bytes;
use vipps::callback::{AddressType, CallbackAuth, CallbackStatus, CallbackUrls, ConsentRemoval};
use vipps::ecom::{
    Address, AirlineData, Express, Operation, PaymentDetails, PaymentState, PollEvent,
    PollInterval, ShippingMethod, TransactionStatus,
};
use vipps::ecom::{FallbackUrl, TransactionText};
use vipps::qr::{BeaconId, CallbackQrId, LocationDescription, RedirectQrId, RedirectUrl, Ttl};
use vipps::qr::{Category, QrFormat};
use vipps::simulator::{CaptureType, EffectKind, PayerError, Simulator};
use vipps::types::{
    HttpsUrl, ImageSize, Kroner, Scope, ScopeItem, Sensitive, SystemText, Timestamp,
};
use vipps::{
    Amount, BaseUrl, Environment, ErrorGroup, ErrorKind, MerchantSerialNumber, OrderId, Outcome,
    Remedy, RequestId, RetryBudget, RetryPolicy, TransportError, Vipps,
};

use super::operations::{address, client_of, person, success_recorder};
use super::*;

/// Values of the merchant that are not secret are printed.
#[test]
pub(crate) fn plain_values_show_no_marker() {
    let mut search = LeakSearch::start();
    let url = "https://shop.example.com/";
    show!(search:
        Amount::nok(1),
        "order-1".parse::<OrderId>().unwrap(),
        "123456".parse::<MerchantSerialNumber>().unwrap(),
        "key".parse::<RequestId>().unwrap(),
        vipps::CallOptions::new().idempotency_key("key".parse().unwrap()),
        "123456789012345".parse::<BeaconId>().unwrap(),
        "till-1".parse::<CallbackQrId>().unwrap(),
        "billboard-1".parse::<RedirectQrId>().unwrap(),
        url.parse::<FallbackUrl>().unwrap(),
        url.parse::<HttpsUrl>().unwrap(),
        url.parse::<RedirectUrl>().unwrap(),
        BaseUrl::parse(url).unwrap(),
        Environment::custom(url).unwrap(),
        ImageSize::new(512).unwrap(),
        Ttl::new(Duration::from_secs(600)).unwrap(),
        "Till 1".parse::<LocationDescription>().unwrap(),
        "Socks".parse::<TransactionText>().unwrap(),
        "shop".parse::<SystemText>().unwrap(),
        "name email".parse::<Scope>().unwrap(),
        ScopeItem::Nin,
        Kroner::new(vipps::Amount::nok(0)).unwrap(),
        Timestamp::from("2023-10-06T10:45:41Z".to_owned()),
        CallbackUrls::new(url.parse().unwrap()),
        CallbackStatus::Reserved,
        AddressType::Home,
        Operation::Reserve,
        PaymentState::Reserved,
        TransactionStatus::Captured,
        Category::InStore,
        QrFormat::Svg,
        PollInterval::Till,
        vipps::Currency::NOK,
        Remedy::Retry,
        ErrorGroup::Payment,
        ErrorKind::Api,
        Outcome::Unknown,
        RetryPolicy::default(),
        RetryBudget::default(),
        vipps::testing::ManualClock::new(),
        vipps::testing::SeededRandomness::new(7),
        *vipps::raw::ecom::OPERATIONS[0],
    );
    search.finish(71);
}

#[test]
pub(crate) fn personal_values_show_no_marker() {
    let mut search = LeakSearch::start();
    let ticket = AirlineData {
        passenger_name: PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "1".into(),
        ticket_number: None,
    };
    let method = ShippingMethod::new("post", "By post", vipps::Amount::nok(0)).unwrap();
    let home = serde_json::json!({"shippingDetails": {"address": address()}, "userDetails": person(),
        "transactionLogHistory": [{"operation": "RESERVE", "operationSuccess": true, "amount": 1}]});
    let id = || "order-1".parse().unwrap();
    let details = PaymentDetails::from_json(id(), &home.to_string()).unwrap();
    let address: &Address = details.shipping().unwrap().address.as_ref().unwrap();
    assert_eq!(address.city.as_ref().map(Sensitive::expose), Some(CITY));
    let urls = CallbackUrls::new("https://shop.example.com/".parse().unwrap());
    let consent = http::Request::delete(urls.consent_url(USER_ID))
        .header("authorization", AUTH_TOKEN)
        .body(Vec::new())
        .unwrap();
    let auth = CallbackAuth::new(AUTH_TOKEN.parse().unwrap());
    let Ok(vipps::callback::Callback::Consent(removal)) = vipps::callback::parse(&consent, &auth)
    else {
        panic!("no consent");
    };
    let removal: ConsentRemoval = removal;
    assert_eq!(removal.user_id.expose(), USER_ID);
    let profile: vipps::userinfo::Userinfo =
        serde_json::from_value(super::operations::profile()).unwrap();
    let home = profile.address.as_ref().unwrap();
    show!(search:
        profile,
        *home,
        home.address_type.clone().unwrap(),
        profile.accounts.as_ref().unwrap()[0],
        ticket,
        method,
        Express::with_static_shipping([method.clone()]),
        *address,
        details.events()[0],
        details.sums(),
        removal,
        PollEvent::Decided(details.clone()),
    );
    search.finish(16);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn handles_show_no_marker() {
    let mut search = LeakSearch::start();
    let vipps: Vipps = client_of(&success_recorder());
    let payment = vipps.ecom().payment("order-1".parse().unwrap());
    let mut poll = payment.wait().poll();
    let beacon = vipps
        .qr()
        .mobilepay_beacon("123456789012345".parse().unwrap());
    let page: vipps::types::LandingPage = format!("https://api.vipps.no/x?token={LANDING_TOKEN}")
        .parse()
        .unwrap();
    let code = vipps.qr().one_time(&page).await.unwrap();
    let text = vipps.qr().one_time(&page).content().await.unwrap();
    show!(search:
        vipps.ecom(),
        payment,
        vipps.qr(),
        vipps.webhooks(),
        vipps::webhooks::EventType::from("tomorrow.v1"),
        poll,
        poll.trigger(),
        vipps.qr().merchant_redirect("billboard-1".parse().unwrap()),
        vipps.qr().merchant_callback("till-1".parse().unwrap()),
        beacon,
        beacon.put("Till 1".parse().unwrap()),
        code,
        code.link(),
        text.content(),
    );
    search.debug("an event", &poll.next().await);
    for failure in [TransportError::not_sent, TransportError::maybe_sent] {
        let failure = failure("connection reset");
        search.error("a transport's failure", &failure);
        search.debug("a transport's failure", &failure);
    }
    search.finish(20);
}

/// The simulator's inputs and results contain all data that a client sends: keys and personal data.
#[tokio::test(start_paused = true)]
pub(crate) async fn simulator_values_show_no_marker() {
    let mut search = LeakSearch::start();
    let builder = Simulator::builder().freeze_clock();
    show!(search: builder, CaptureType::Direct, EffectKind::Capture, PayerError::NotFound);
    let sim = builder.in_memory().unwrap();
    let body_with_personal_data = format!("{PHONE} {EMAIL} Bearer {ACCESS_TOKEN}");
    let rule = sim.faults().any().order("order-1").times(2);
    show!(search: sim.transport(), sim.clock(), sim.journal(), sim.faults(), rule);
    search.debug("a pause", &sim.faults().on("nothing").pause());
    let fault = rule.status_with_body(500, body_with_personal_data.clone());
    search.debug("a fault", &fault);
    let request = |path: &str, body: &str| {
        let keys = sim.keys();
        http::Request::post(format!("https://x{path}?token={LANDING_TOKEN}"))
            .header("client_id", keys.client_id())
            .header("client_secret", keys.client_secret())
            .header("ocp-apim-subscription-key", keys.subscription_key())
            .header("authorization", format!("Bearer {ACCESS_TOKEN}"))
            .header("x-person", PHONE)
            .body(Bytes::from(body.to_owned()))
            .unwrap()
    };
    let keys = sim.keys();
    let secrets = [keys.client_secret(), keys.subscription_key(), "eyJ"].map(str::to_owned);
    let mut texts = Vec::new();
    for (path, cut) in [
        ("/ecomm/v2/payments", false),
        ("/accesstoken/get", false),
        ("/accesstoken/get", true),
    ] {
        if cut {
            sim.faults().any().times(1).reset();
        }
        let body = format!(
            r#"{{"customerInfo":{{"mobileNumber":"{PHONE}"}},"x":"{body_with_personal_data}"}}"#
        );
        let arrived = sim.arrive(request(path, &body));
        search.debug("what arrived", &arrived);
        texts.push(format!("{arrived:?}"));
        let (_, reply) = arrived.take_effect();
        search.debug("a reply", &reply);
        texts.push(format!("{reply:?}"));
    }
    for text in &texts {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is shown: {text}");
        }
    }
    scans(&sim, &mut search).await;
    search.finish(20);
}

async fn scans(sim: &Simulator, search: &mut LeakSearch) {
    sim.faults().clear();
    let vipps = sim.client();
    let payment = vipps.ecom().initiate(
        "order-1".parse().unwrap(),
        Amount::nok(1),
        "Socks".parse().unwrap(),
    );
    let payment = payment.await.unwrap();
    let payer = sim.payer().with_number(MSISDN);
    search.debug(
        "a scan",
        &payer.scan(payment.landing_page().as_str()).unwrap(),
    );
    payer.approve("order-1").unwrap();
    let account = sim.account("order-1").unwrap();
    search.debug("an effect", &account.effects()[0]);
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Till 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
    sim.register_webhook("https://shop.example.com/hooks", WEBHOOK_SECRET)
        .unwrap();
    let scanned = payer.scan(code.content().unwrap().as_str()).unwrap();
    search.debug("a check-in", &scanned);
    for delivery in sim.deliveries() {
        search.debug("a delivery", &delivery);
        search.debug("its outcome", &delivery.outcome());
    }
}
