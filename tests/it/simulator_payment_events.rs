//! Webhooks about payments, through the client: a shop and a sticker at a till.

use std::time::Duration;

use vipps::epayment::{Customer, PaymentState};
use vipps::simulator::Simulator;
use vipps::webhooks::{EventType, Verifier};
use vipps::{Amount, Reference, Vipps};

use crate::simulator_webhooks::receiver::Receiver;

const URL: &str = "https://shop.example.com/hooks/vipps";

struct Shop {
    sim: Simulator,
    vipps: Vipps,
    receiver: Receiver,
    verifier: Verifier,
}

impl Shop {
    /// Starts a shop with a frozen clock and a registration for these events.
    async fn open(events: &[EventType]) -> Self {
        let builder = Simulator::builder().freeze_clock();
        // Push messages need the same permission.
        let sim = builder.allow_skip_landing_page().start().unwrap();
        let receiver = Receiver::start(&sim).await;
        let vipps = sim.client();
        let events = events.iter().cloned();
        let register = vipps.webhooks().register(URL.parse().unwrap(), events);
        let registration = register.await.unwrap();
        let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
        Self {
            sim,
            vipps,
            receiver,
            verifier,
        }
    }

    async fn create(&self, reference: &str) -> vipps::epayment::Payment {
        let reference: Reference = reference.parse().unwrap();
        let create = self
            .vipps
            .epayment()
            .create(reference.clone(), Amount::nok(499));
        let create = create.qr().customer_present();
        create.description("Socks".parse().unwrap()).await.unwrap();
        self.vipps.epayment().payment(reference)
    }

    /// Returns the references and names of the events that have arrived.
    fn events(&self) -> Vec<(String, String)> {
        let events = self.receiver.verified(&self.verifier).into_iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        events
            .map(|event| (text(&event["reference"]), text(&event["name"])))
            .collect()
    }

    async fn advance(&self, seconds: u64) {
        self.sim.clock().advance(Duration::from_secs(seconds));
        self.sim.settled().await;
    }
}

const PAID: [EventType; 3] = [
    EventType::PaymentCreated,
    EventType::PaymentAuthorized,
    EventType::PaymentCaptured,
];

fn event(reference: &str, name: &str) -> (String, String) {
    (reference.to_owned(), name.to_owned())
}

#[tokio::test]
async fn failing_event_holds_back_later_ones_of_its_payment() {
    let shop = Shop::open(&PAID).await;
    shop.receiver.respond_with([500]);
    let first = shop.create("acme-shop-1").await;
    shop.sim.settled().await;
    shop.sim.payer().approve("acme-shop-1").unwrap();
    first.capture_remaining().await.unwrap();
    shop.create("acme-shop-2").await;
    shop.sim.settled().await;
    let created = event("acme-shop-1", "CREATED");
    let other = event("acme-shop-2", "CREATED");
    assert_eq!(shop.events(), [created.clone(), other.clone()]);

    shop.advance(2).await;
    let expected = [
        created.clone(),
        other,
        created,
        event("acme-shop-1", "AUTHORIZED"),
        event("acme-shop-1", "CAPTURED"),
    ];
    assert_eq!(shop.events(), expected);
}

/// The events are in order even if the first one takes long.
#[tokio::test]
async fn events_of_a_payment_arrive_one_after_the_other() {
    let shop = Shop::open(&PAID).await;
    let slow = shop.sim.faults().on("payment_event").times(1);
    slow.delay(Duration::from_millis(300));
    let payment = shop.create("acme-shop-1").await;
    shop.sim.payer().approve("acme-shop-1").unwrap();
    payment.capture_remaining().await.unwrap();
    shop.sim.settled().await;
    let names: Vec<_> = shop.events().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED"]);
}

/// A customer scans the sticker, gets a payment request on the phone, and approves it.
#[tokio::test]
async fn check_in_at_a_sticker_becomes_a_captured_payment() {
    let events = [EventType::UserCheckedIn, EventType::PaymentAuthorized];
    let shop = Shop::open(&events).await;
    let till = "till-1".parse().unwrap();
    let till = shop.vipps.qr().merchant_callback(till);
    till.put("Till 1".parse().unwrap()).await.unwrap();
    let printed = till.get().await.unwrap();
    let payer = shop.sim.payer().with_number("4798765432");
    payer.scan(printed.content().unwrap().as_str()).unwrap();
    shop.sim.settled().await;

    let request = shop.receiver.requests().pop().unwrap();
    let verified = shop
        .verifier
        .verify_parts(&request.method, &request.headers, &request.body);
    let check_in = verified.unwrap().check_in().unwrap();
    assert_eq!(check_in.merchant_qr_id, "till-1");
    assert!(check_in.is_fresh(shop.sim.clock().now()));
    let reference: Reference = "acme-shop-1".parse().unwrap();
    let create = shop
        .vipps
        .epayment()
        .create(reference.clone(), Amount::nok(499));
    let create = create.push_message(Customer::Token(check_in.customer_token));
    create.description("Socks".parse().unwrap()).await.unwrap();

    payer.approve("acme-shop-1").unwrap();
    shop.sim.settled().await;
    let approved = shop.receiver.verified(&shop.verifier).pop().unwrap();
    assert_eq!(approved["name"], "AUTHORIZED");
    let payment = shop.vipps.epayment().payment(reference);
    let details = payment.details().await.unwrap();
    assert_eq!(details.state(), &PaymentState::Authorized);
    payment.capture_remaining().await.unwrap();
    assert_eq!(shop.sim.account("acme-shop-1").unwrap().charged(), 49_900);
}
