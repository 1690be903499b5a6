//! Webhooks of the simulator, through the client: registrations, and signed deliveries.

use vipps::Outcome;
use vipps::simulator::{CaptureType, Scanned, Simulator};
use vipps::types::HttpsUrl;
use vipps::webhooks::{EventType, Verifier};

use receiver::Receiver;

mod receiver;

const URL: &str = "https://shop.example.com/hooks/vipps?till=1";

fn url() -> HttpsUrl {
    URL.parse().unwrap()
}

/// Creates the code of a place, and returns the text that is printed on the sticker.
async fn sticker(sim: &Simulator) -> String {
    let place = sim
        .client()
        .qr()
        .merchant_callback("till-1".parse().unwrap());
    place.put("Till 1".parse().unwrap()).await.unwrap();
    let code = place.get().await.unwrap();
    code.content().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn registration_is_listed_and_deleted() {
    let sim = Simulator::builder().in_memory().unwrap();
    let webhooks = sim.client().webhooks();
    let events = [EventType::PaymentAuthorized, EventType::PaymentExpired];
    let registration = webhooks.register(url(), events).await.unwrap();
    let listed = webhooks.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id(), listed[0].url()), (registration.id(), URL));
    assert_eq!(listed[0].events().len(), 2);
    webhooks.delete(registration.id()).await.unwrap();
    // A deleted registration counts as success.
    webhooks.delete(registration.id()).await.unwrap();
    assert!(webhooks.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn ensure_replaces_a_registration_whose_secret_is_lost() {
    let sim = Simulator::builder().in_memory().unwrap();
    let webhooks = sim.client().webhooks();
    let events = [EventType::UserCheckedIn];
    let first = webhooks.ensure(url(), events.clone(), None).await.unwrap();
    assert!(first.is_new());
    let first = first.into_registration();
    let stored = Some(first.clone());
    let kept = webhooks
        .ensure(url(), events.clone(), stored)
        .await
        .unwrap();
    assert!(!kept.is_new());
    assert_eq!(kept.registration().id(), first.id());

    // A sales unit has at most one registration for check-ins.
    let error = webhooks
        .ensure(url(), events.clone(), None)
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    let ensure = webhooks.ensure(url(), events, None).delete_first();
    let second = ensure.await.unwrap().into_registration();
    assert_ne!(second.expose_secret(), first.expose_secret());
    let listed = webhooks.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].id()), (1, second.id()));
}

#[tokio::test]
async fn registration_for_all_sales_units_receives_each_check_in() {
    let builder = Simulator::builder().sales_unit("654321", CaptureType::Reserve);
    let sim = builder.start().unwrap();
    let receiver = Receiver::start(&sim).await;
    let webhooks = sim.client().webhooks();
    let register = webhooks.register(url(), [EventType::UserCheckedIn]);
    let registration = register.all_sales_units().await.unwrap();
    assert!(webhooks.list().await.unwrap().is_empty());
    assert_eq!(webhooks.list().all_sales_units().await.unwrap().len(), 1);

    let other = || "654321".parse().unwrap();
    let qr = sim.client().qr();
    let place = qr.merchant_callback("till-2".parse().unwrap());
    let put = place.put("Till 2".parse().unwrap());
    put.merchant_serial_number(other()).await.unwrap();
    let code = place.get().merchant_serial_number(other()).await.unwrap();
    let texts = [
        sticker(&sim).await,
        code.content().unwrap().as_str().to_owned(),
    ];
    for text in texts {
        sim.payer().scan(text).unwrap();
    }
    sim.settled().await;
    let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
    let mut units: Vec<_> = receiver
        .verified(&verifier)
        .into_iter()
        .map(|event| event["msn"].as_str().unwrap().to_owned())
        .collect();
    units.sort();
    assert_eq!(units, ["123456", "654321"]);
}

#[tokio::test]
async fn check_in_is_delivered_and_verified() {
    let sim = Simulator::start().unwrap();
    let receiver = Receiver::start(&sim).await;
    let webhooks = sim.client().webhooks();
    let register = webhooks.register(url(), [EventType::UserCheckedIn]);
    let registration = register.await.unwrap();
    let scanned = sim.payer().scan(sticker(&sim).await).unwrap();
    assert!(matches!(scanned, Scanned::CheckIn { .. }), "{scanned:?}");
    sim.settled().await;

    let secret = registration.expose_secret();
    let verifier = Verifier::new(URL, [secret]).unwrap();
    let events = receiver.verified(&verifier);
    assert_eq!(
        (events.len(), &events[0]["merchantQrId"]),
        (1, &"till-1".into())
    );
    let request = &receiver.requests()[0];
    assert_eq!(request.headers["webhook-id"], registration.id());

    let others = [
        Verifier::new(URL, ["another secret"]),
        Verifier::new("https://shop.example.com/hooks/vipps", [secret]),
    ];
    for other in others {
        assert!(receiver.verified(&other.unwrap()).is_empty());
    }
}

#[tokio::test]
async fn deleted_registration_receives_nothing() {
    let sim = Simulator::start().unwrap();
    let receiver = Receiver::start(&sim).await;
    let text = sticker(&sim).await;
    let webhooks = sim.client().webhooks();
    let register = webhooks.register(url(), [EventType::UserCheckedIn]);
    let registration = register.await.unwrap();
    sim.payer().scan(&text).unwrap();
    sim.settled().await;
    assert_eq!(receiver.requests().len(), 1);
    webhooks.delete(registration.id()).await.unwrap();
    let refused = sim.payer().scan(&text).unwrap_err();
    assert_eq!(refused, vipps::simulator::PayerError::CannotConnect);
    sim.settled().await;
    assert_eq!(receiver.requests().len(), 1);
}
