//! A web shop over ePayment, against the simulator: web redirect, webhook, capture on shipping,
//! refund, and a restart with open orders.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use vipps::epayment::{PaymentState, Reconciled};
use vipps::simulator::{DeliveryOutcome, EffectKind, Simulator};
use vipps::webhooks::{self, Event, EventType, MemoryEventStore, Receiver, Registration, Verifier};
use vipps::{Amount, Error, Outcome, Reference, RequestId, Vipps};

const HOOK: &str = "https://shop.example.com/hooks/vipps";
const PRICE: Amount = Amount::nok(499);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    /// Stored before the payment is created.
    New,
    Open,
    Paid,
    Shipped,
    NotPaid,
}

/// The database of the shop, which survives a restart.
#[derive(Clone, Default)]
struct Orders(Arc<Mutex<BTreeMap<Reference, Status>>>);

impl Orders {
    fn set(&self, reference: &Reference, status: Status) {
        self.0.lock().unwrap().insert(reference.clone(), status);
    }

    fn status(&self, reference: &Reference) -> Status {
        self.0.lock().unwrap()[reference]
    }
}

#[derive(Clone)]
struct Shop {
    vipps: Vipps,
    orders: Orders,
}

impl Shop {
    /// Creates the payment of an order, and returns the link for the browser. With the same key on
    /// every call, so it can be repeated after a restart.
    async fn check_out(&self, reference: &Reference) -> Result<String, Error> {
        self.orders.set(reference, Status::New);
        let return_url = format!("https://shop.example.com/orders/{reference}").parse()?;
        let created = self
            .vipps
            .epayment()
            .create(reference.clone(), PRICE)
            .web_redirect(return_url)
            .description("One pair of socks".parse()?)
            .metadata("basket", "b-771")
            .idempotency_key(RequestId::derive(reference, "create"))
            .await?;
        self.orders.set(reference, Status::Open);
        Ok(created.redirect_url().unwrap_or_default().to_owned())
    }

    /// Reads the decision from the details. A webhook is a trigger only.
    async fn update(&self, reference: &Reference) -> Result<(), Error> {
        if !matches!(self.orders.status(reference), Status::New | Status::Open) {
            return Ok(());
        }
        let details = self.vipps.epayment().payment(reference.clone());
        match details.details().await?.state() {
            PaymentState::Authorized => self.orders.set(reference, Status::Paid),
            PaymentState::Created | PaymentState::Unknown(_) => {}
            _ => self.orders.set(reference, Status::NotPaid),
        }
        Ok(())
    }

    async fn ship(&self, reference: &Reference) -> Result<(), Error> {
        let payment = self.vipps.epayment().payment(reference.clone());
        let key = RequestId::derive(reference, "capture");
        payment.capture(PRICE).idempotency_key(key).await?;
        self.orders.set(reference, Status::Shipped);
        Ok(())
    }

    /// Starts the shop: ensures the registration, and serves the webhook.
    async fn open(
        sim: &Simulator,
        orders: Orders,
        stored: Option<Registration>,
    ) -> (Self, Registration, tokio::task::JoinHandle<()>) {
        let vipps = sim.client();
        let shop = Self { vipps, orders };
        let events = [
            EventType::PaymentAuthorized,
            EventType::PaymentAborted,
            EventType::PaymentExpired,
            EventType::PaymentCaptured,
            EventType::PaymentRefunded,
        ];
        let webhooks = shop.vipps.webhooks();
        let ensured = webhooks.ensure(HOOK.parse().unwrap(), events, stored);
        let registration = ensured.await.unwrap().into_registration();
        let verifier = Verifier::new(HOOK, [registration.expose_secret()]).unwrap();
        let receiver = Receiver::new(verifier).deduplicate(MemoryEventStore::default());
        let of_hook = shop.clone();
        let hook = webhooks::axum::events(receiver, move |event| {
            let shop = of_hook.clone();
            async move {
                match event {
                    Event::Payment(event) if event.succeeded() => {
                        shop.update(&event.reference).await
                    }
                    _ => Ok(()),
                }
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        sim.route("https://shop.example.com", address).unwrap();
        let app: axum::Router = axum::Router::new().route("/hooks/vipps", hook);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (shop, registration, server)
    }
}

fn order(number: u32) -> Reference {
    format!("acme-shop-{number}").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shop_captures_on_shipping_and_refunds_a_return() {
    let sim = Simulator::start().unwrap();
    let (shop, _, _server) = Shop::open(&sim, Orders::default(), None).await;
    let (paid, stopped) = (order(1), order(2));
    let link = shop.check_out(&paid).await.unwrap();
    sim.payer().approve(&link).unwrap();
    let link = shop.check_out(&stopped).await.unwrap();
    sim.payer().reject(&link).unwrap();
    sim.settled().await;
    assert_eq!(shop.orders.status(&paid), Status::Paid);
    assert_eq!(shop.orders.status(&stopped), Status::NotPaid);
    assert_eq!(sim.account("acme-shop-1").unwrap().captured(), 0);

    shop.ship(&paid).await.unwrap();
    let refused = shop.ship(&stopped).await.unwrap_err();
    assert_eq!(refused.outcome(), Outcome::Rejected, "{refused}");
    assert_eq!(shop.orders.status(&stopped), Status::NotPaid);
    let payment = shop.vipps.epayment().payment(paid.clone());
    let key = RequestId::derive(&paid, "return of one sock");
    let refund = payment.refund(Amount::nok(200)).idempotency_key(key);
    refund.await.unwrap();
    sim.settled().await;
    let account = sim.account("acme-shop-1").unwrap();
    assert_eq!((account.captured(), account.refunded()), (49_900, 20_000));
    let details = payment.details().await.unwrap();
    assert_eq!(details.metadata()["basket"].expose(), "b-771");
    // Each event was verified and acknowledged: approved, stopped, captured and refunded.
    let deliveries = sim.deliveries();
    let acknowledged =
        |d: &&vipps::simulator::Delivery| d.outcome() == &DeliveryOutcome::Responded(200);
    assert_eq!(
        deliveries.iter().filter(acknowledged).count(),
        4,
        "{deliveries:?}"
    );
}

/// The shop stops with a payment that is approved while it is down, a create whose response is
/// lost, and a capture whose response is lost.
#[tokio::test(flavor = "multi_thread")]
async fn restarted_shop_finds_its_open_orders() {
    let sim = Simulator::start().unwrap();
    let orders = Orders::default();
    let (shop, registration, server) = Shop::open(&sim, orders.clone(), None).await;
    let (open, created, captured, stopped) = (order(1), order(2), order(3), order(4));
    shop.check_out(&open).await.unwrap();
    shop.check_out(&stopped).await.unwrap();
    let link = shop.check_out(&captured).await.unwrap();
    sim.payer().approve(&link).unwrap();
    sim.settled().await;
    let lose = |operation: &str| sim.faults().on(operation).after_effect().reset();
    let faults = ["create_payment", "capture_payment", "get_payment_event_log"].map(lose);
    let error = shop.check_out(&created).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    let error = shop.ship(&captured).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    server.abort();
    drop((shop, server));
    faults.iter().for_each(vipps::simulator::Fault::remove);
    // No webhook reaches the shop now.
    sim.payer().approve("acme-shop-1").unwrap();
    sim.payer().reject("acme-shop-4").unwrap();
    sim.settled().await;

    let (shop, again, _server) = Shop::open(&sim, orders, Some(registration.clone())).await;
    assert_eq!(again.id(), registration.id());
    assert_eq!(shop.orders.status(&created), Status::New);
    let link = shop.check_out(&created).await.unwrap();
    sim.payer().approve(&link).unwrap();
    for reference in [&open, &created, &stopped] {
        shop.update(reference).await.unwrap();
    }
    assert_eq!(shop.orders.status(&stopped), Status::NotPaid);
    // The amount and the key were stored before the capture.
    let payment = shop.vipps.epayment().payment(captured.clone());
    let key = RequestId::derive(&captured, "capture");
    let found = payment.reconcile_capture(key, PRICE).await;
    assert!(matches!(found, Reconciled::TookEffect(_)), "{found:?}");
    for reference in [&open, &created, &captured] {
        assert_eq!(shop.orders.status(reference), Status::Paid, "{reference}");
        shop.ship(reference).await.unwrap();
        assert_eq!(
            shop.orders.status(reference),
            Status::Shipped,
            "{reference}"
        );
        let account = sim.account(reference.as_str()).unwrap();
        for kind in [EffectKind::Reserve, EffectKind::Capture] {
            assert_eq!(account.count(kind), 1, "{reference}");
        }
        assert_eq!(account.captured(), 49_900);
    }
}
