//! Webhooks of the simulator, through the client: registrations, and signed deliveries.

use std::time::Duration;

use vipps::Outcome;
use vipps::simulator::{CaptureType, DeliveryOutcome, PayerError, Scanned, Simulator};
use vipps::types::HttpsUrl;
use vipps::webhooks::{EventType, Registration, Verifier};

use receiver::Receiver;

pub(crate) mod receiver;

const URL: &str = "https://shop.example.com/hooks/vipps?till=1";

fn url() -> HttpsUrl {
    URL.parse().unwrap()
}

/// Creates the code of a place, and returns the text that is printed on the sticker.
async fn sticker(sim: &Simulator) -> String {
    let till = sim
        .client()
        .qr()
        .merchant_callback("till-1".parse().unwrap());
    till.put("Till 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
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
    let remaining = webhooks
        .ensure(url(), events.clone(), stored)
        .await
        .unwrap();
    assert!(!remaining.is_new());
    assert_eq!(remaining.registration().id(), first.id());

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
    let till = qr.merchant_callback("till-2".parse().unwrap());
    let put = till.put("Till 2".parse().unwrap());
    put.merchant_serial_number(other()).await.unwrap();
    let code = till.get().merchant_serial_number(other()).await.unwrap();
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
    assert_eq!(refused, PayerError::NoWebhook);
    sim.settled().await;
    assert_eq!(receiver.requests().len(), 1);
}

/// A simulator with a frozen clock, a receiver, and a registration for check-ins.
async fn till() -> (Simulator, Receiver, Registration) {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let receiver = Receiver::start(&sim).await;
    let webhooks = sim.client().webhooks();
    let register = webhooks.register(url(), [EventType::UserCheckedIn]);
    let registration = register.await.unwrap();
    (sim, receiver, registration)
}

async fn advance(sim: &Simulator, seconds: u64) {
    sim.clock().advance(Duration::from_secs(seconds));
    sim.settled().await;
}

#[tokio::test]
async fn failed_delivery_is_retried_by_the_clock() {
    let (sim, receiver, registration) = till().await;
    receiver.respond_with([500, 302, 404, 500, 500, 500]);
    sim.payer().scan(sticker(&sim).await).unwrap();
    sim.settled().await;
    assert_eq!(receiver.requests().len(), 1);
    let first = &sim.deliveries()[0];
    assert_eq!(first.outcome(), &DeliveryOutcome::Responded(500));
    let wait = first.next_attempt().unwrap().duration_since(first.time());
    assert_eq!(wait.as_secs(), 2);

    advance(&sim, 1).await;
    assert_eq!(receiver.requests().len(), 1);
    for (wait, attempts) in [
        (1, 2),
        (2, 3),
        (2, 4),
        (2, 5),
        (59, 5),
        (1, 6),
        (119, 6),
        (1, 7),
    ] {
        advance(&sim, wait).await;
        assert_eq!(receiver.requests().len(), attempts);
    }
    advance(&sim, 7 * 24 * 3600).await;
    let deliveries = sim.deliveries();
    let attempts: Vec<_> = deliveries
        .iter()
        .map(vipps::simulator::Delivery::attempt)
        .collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7]);
    assert!(deliveries.iter().all(|one| one.next_attempt().is_none()));
    // Each attempt is signed anew.
    let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
    assert_eq!(receiver.verified(&verifier).len(), 7);
    let requests = receiver.requests();
    assert_eq!(requests[0].body, requests[6].body);
    let dates = requests.iter().map(|one| &one.headers["x-ms-date"]);
    assert_eq!(dates.collect::<std::collections::HashSet<_>>().len(), 7);
}

#[tokio::test]
async fn deletion_ends_the_retries() {
    let (sim, receiver, registration) = till().await;
    receiver.respond_with([500]);
    sim.payer().scan(sticker(&sim).await).unwrap();
    sim.settled().await;
    assert!(sim.deliveries()[0].next_attempt().is_some());
    let webhooks = sim.client().webhooks();
    webhooks.delete(registration.id()).await.unwrap();
    assert_eq!(sim.deliveries()[0].next_attempt(), None);
    advance(&sim, 60).await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn webhook_can_be_duplicated_and_lost() {
    let (sim, receiver, registration) = till().await;
    let text = sticker(&sim).await;
    let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
    let duplicated = sim.faults().on("user_checked_in").times(1).duplicate();
    sim.payer().scan(&text).unwrap();
    sim.settled().await;
    assert_eq!(duplicated.hits(), 1);
    let events = receiver.verified(&verifier);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1]);

    // The sender gets no response, so it sends the event again.
    let lost = sim.faults().on("user_checked_in").times(1).lose_request();
    sim.payer().scan(&text).unwrap();
    sim.settled().await;
    assert_eq!((lost.hits(), receiver.requests().len()), (1, 2));
    advance(&sim, 2).await;
    assert_eq!(receiver.verified(&verifier).len(), 3);
}

/// Both copies of a duplicated event are refused, and one retry follows.
#[tokio::test]
async fn refused_duplicates_are_retried_once() {
    let (sim, receiver, _) = till().await;
    receiver.respond_with([500, 500]);
    sim.faults().on("user_checked_in").times(1).duplicate();
    sim.payer().scan(sticker(&sim).await).unwrap();
    sim.settled().await;
    assert_eq!(receiver.requests().len(), 2);
    advance(&sim, 3600).await;
    assert_eq!(receiver.requests().len(), 3);
}

/// The control API shows registrations and planned attempts, but no secret.
#[tokio::test]
async fn registrations_and_next_attempts_are_shown() {
    let (sim, receiver, registration) = till().await;
    receiver.respond_with([503]);
    sim.payer().scan(sticker(&sim).await).unwrap();
    sim.settled().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", sim.base_url());
        reqwest::get(url).await.unwrap().text().await.unwrap()
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let webhooks = get("/_simulator/webhooks").await;
    let shown = &json(&webhooks)["webhooks"][0];
    assert_eq!(shown["id"], registration.id());
    assert_eq!(shown["merchantSerialNumber"], "123456");
    assert_eq!(shown["events"][0], "user.checked-in.v1");
    let deliveries = get("/_simulator/deliveries").await;
    let delivery = &json(&deliveries)["deliveries"][0];
    assert_eq!(
        (&delivery["status"], &delivery["attempt"]),
        (&503.into(), &1.into())
    );
    let next = sim.deliveries()[0].next_attempt().unwrap();
    assert_eq!(delivery["nextAttemptAt"], next.to_string());

    assert_eq!(shown["url"], "https://shop.example.com/hooks/vipps?till=1");
    assert_eq!(delivery["webhookId"], registration.id());
    for text in [webhooks, deliveries] {
        assert!(!text.contains(registration.expose_secret()));
    }
}
