//! Tests of a small shop: its orders stay correct when a payment, a request or a callback fails.
//!
//! ```text
//! cargo test --example your_own_tests
//! ```
//!
//! Most tests use a simulator in memory and tokio's paused clock, so that no test waits in real
//! time. The test of callbacks uses a socket, because the simulator delivers them over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use vipps::callback::{self, Callback, CallbackAuth};
use vipps::ecom::{Payment, PaymentState, Reconciled};
use vipps::simulator::Simulator;
use vipps::types::LandingPage;
use vipps::{Amount, OrderId, Outcome, RequestId, Result, Vipps};

/// A shop that sells socks and ships paid orders.
#[derive(Clone)]
struct Shop {
    vipps: Vipps,
    auth: CallbackAuth,
    orders: Arc<Mutex<BTreeMap<OrderId, Order>>>,
}

#[derive(Clone)]
struct Order {
    status: Status,
    /// The key of every capture attempt. A real shop stores it in its database.
    capture_key: RequestId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    Paid,
    Refused,
    Shipped,
}

impl Shop {
    fn new(vipps: Vipps) -> Result<Self> {
        let auth = CallbackAuth::generate()?;
        let orders = Arc::default();
        Ok(Self {
            vipps,
            auth,
            orders,
        })
    }

    /// Starts a payment and returns the page to which the shop redirects the customer.
    async fn sell(&self, id: &OrderId, price: Amount) -> Result<LandingPage> {
        // Store the order first, because the callback can arrive before the response.
        let order = Order {
            status: Status::Open,
            capture_key: RequestId::random(),
        };
        self.orders().insert(id.clone(), order);
        let payment = self
            .vipps
            .ecom()
            .initiate(id.clone(), price, "Socks".parse()?)
            .callback_prefix("https://shop.example.com/vipps".parse()?)
            .auth_token(self.auth.token().clone());
        Ok(payment.await?.landing_page().clone())
    }

    /// Reads the payment details and updates the order if it is paid, cancelled or rejected.
    async fn check(&self, id: &OrderId) -> Result<Status> {
        let details = self.vipps.ecom().payment(id.clone()).details().await?;
        match details.state() {
            state if state.is_paid() && self.status(id) == Some(Status::Open) => {
                self.set_status(id, Status::Paid);
            }
            PaymentState::Cancelled | PaymentState::Rejected => {
                self.set_status(id, Status::Refused);
            }
            _ => {}
        }
        Ok(self.status(id).unwrap_or(Status::Open))
    }

    /// Captures the payment and ships the order. All calls use the same key, so they capture once.
    async fn ship(&self, id: &OrderId) -> Result<()> {
        let payment = self.vipps.ecom().payment(id.clone());
        // A sales unit with direct capture has captured the amount already.
        if !payment.details().await?.captured_at_once() {
            self.capture(&payment).await?;
        }
        self.set_status(id, Status::Shipped);
        Ok(())
    }

    async fn capture(&self, payment: &Payment) -> Result<()> {
        let mut capture = payment.capture_remaining();
        if let Some(order) = self.orders().get(payment.order_id()) {
            capture = capture.idempotency_key(order.capture_key.clone());
        }
        match capture.await {
            Err(error) if error.outcome() != Outcome::Unknown => Err(error),
            Err(error) if !self.took_effect(&error).await => Err(error),
            _ => Ok(()),
        }
    }

    async fn took_effect(&self, error: &vipps::Error) -> bool {
        let found = self.vipps.ecom().reconcile(error).await;
        matches!(found, Reconciled::TookEffect(_))
    }

    /// Returns the router that handles callbacks.
    fn callbacks(&self) -> axum::Router {
        let shop = self.clone();
        let router = callback::axum::router(self.auth.clone(), move |callback| {
            let shop = shop.clone();
            async move {
                if let Callback::Payment(update) = callback {
                    // A callback is only a trigger: the shop reads the state from the details.
                    let _ = shop.check(&update.order_id).await;
                }
                StatusCode::OK
            }
        });
        axum::Router::new().nest("/vipps", router)
    }

    fn status(&self, id: &OrderId) -> Option<Status> {
        self.orders().get(id).map(|order| order.status)
    }

    fn set_status(&self, id: &OrderId, status: Status) {
        if let Some(order) = self.orders().get_mut(id) {
            order.status = status;
        }
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<OrderId, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the callbacks of the shop and routes its public URL to them.
async fn listen(shop: &Shop, sim: &Simulator) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    sim.route("https://shop.example.com", listener.local_addr()?)?;
    let callbacks = shop.callbacks();
    tokio::spawn(async move { axum::serve(listener, callbacks).await });
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sim = Simulator::start()?;
    let shop = Shop::new(sim.client())?;
    listen(&shop, &sim).await?;

    let order = "order-1".parse()?;
    let page = shop.sell(&order, Amount::nok(49)).await?;
    println!("landing page: {page}");
    sim.payer().approve("order-1")?;
    sim.settled().await;
    println!("after the callback: {:?}", shop.status(&order));
    shop.ship(&order).await?;
    println!("after shipping: {:?}", shop.check(&order).await?);
    println!("the tests: cargo test --example your_own_tests");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vipps::ErrorKind;
    use vipps::simulator::CaptureType;
    use vipps::testing::Recorder;

    use super::*;

    const INITIATE: &str = "initiate_payment_v3_using_post";
    const DETAILS: &str = "get_payment_details_using_get";
    const CAPTURE: &str = "capture_payment_using_post";
    const TOKEN: &str = "fetch_authorization_token_using_post";

    fn order() -> OrderId {
        "order-1".parse().unwrap()
    }

    /// Returns a shop and its simulator.
    fn open() -> (Simulator, Shop) {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let shop = Shop::new(sim.client()).unwrap();
        (sim, shop)
    }

    /// Returns a shop with an order of 49 kr that has been paid.
    async fn paid() -> (Simulator, Shop) {
        let (sim, shop) = open();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().approve("order-1").unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Paid);
        (sim, shop)
    }

    fn charged(sim: &Simulator) -> i64 {
        sim.account("order-1")
            .map_or(0, |account| account.charged())
    }

    /// A paid order is captured in full, once.
    #[tokio::test(start_paused = true)]
    async fn paid_order_is_captured_once() {
        let (sim, shop) = open();
        let page = shop.sell(&order(), Amount::nok(49)).await.unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Open);
        sim.payer().scan(page.as_str()).unwrap();
        sim.payer().approve("order-1").unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Paid);
        shop.ship(&order()).await.unwrap();
        assert_eq!(shop.status(&order()), Some(Status::Shipped));
        assert_eq!(charged(&sim), 4_900);
    }

    /// An order is not shipped after the customer has rejected the payment.
    #[tokio::test(start_paused = true)]
    async fn rejected_payment_is_not_shipped() {
        let (sim, shop) = open();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().reject("order-1").unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Refused);
        let error = shop.ship(&order()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected);
        assert_eq!(shop.status(&order()), Some(Status::Refused));
        assert_eq!(charged(&sim), 0);
    }

    /// Two concurrent calls of `ship` capture the amount once.
    #[tokio::test(start_paused = true)]
    async fn concurrent_shipping_captures_once() {
        let (sim, shop) = paid().await;
        let order = order();
        let (one, other) = tokio::join!(shop.ship(&order), shop.ship(&order));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(sim.journal().count(CAPTURE), 2);
        assert_eq!(charged(&sim), 4_900);
    }

    /// An order id of the maximum length works in every call.
    #[tokio::test(start_paused = true)]
    async fn longest_order_id_works_in_every_call() {
        let (sim, shop) = open();
        let order = OrderId::parse(&"9".repeat(OrderId::MAX_LEN)).unwrap();
        shop.sell(&order, Amount::nok(49)).await.unwrap();
        sim.payer().approve(order.as_str()).unwrap();
        assert_eq!(shop.check(&order).await.unwrap(), Status::Paid);
        shop.ship(&order).await.unwrap();
        assert_eq!(shop.status(&order), Some(Status::Shipped));
    }

    /// With direct capture the approval captures the amount, so the shop sends no capture.
    #[tokio::test(start_paused = true)]
    async fn direct_capture_needs_no_capture() {
        let sim = Simulator::builder()
            .freeze_clock()
            .capture_type(CaptureType::Direct);
        let sim = sim.in_memory().unwrap();
        let shop = Shop::new(sim.client()).unwrap();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().approve("order-1").unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Paid);
        shop.ship(&order()).await.unwrap();
        assert_eq!(shop.status(&order()), Some(Status::Shipped));
        assert_eq!(sim.journal().count(CAPTURE), 0);
        assert_eq!(charged(&sim), 4_900);
    }

    /// The capture takes effect and every response is lost. The shop finds the capture and ships.
    #[tokio::test(start_paused = true)]
    async fn capture_with_a_lost_response_is_found() {
        let (sim, shop) = paid().await;
        let lost = sim.faults().on(CAPTURE).lose_response();
        shop.ship(&order()).await.unwrap();
        assert!(lost.hits() > 1);
        assert_eq!(shop.status(&order()), Some(Status::Shipped));
        assert_eq!(charged(&sim), 4_900);
    }

    /// A rate-limited order is neither shipped nor charged. The same call succeeds later.
    #[tokio::test(start_paused = true)]
    async fn rate_limited_order_stays_open_and_ships_later() {
        let (sim, shop) = paid().await;
        let fault = sim.faults().any().retry_after(5).status(429);
        let error = shop.ship(&order()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.is_retryable());
        assert_eq!(shop.status(&order()), Some(Status::Paid));
        fault.remove();
        tokio::time::sleep(Duration::from_secs(60)).await;
        shop.ship(&order()).await.unwrap();
        assert_eq!(charged(&sim), 4_900);
    }

    /// Without a token no payment starts. The order id is still usable later.
    #[tokio::test(start_paused = true)]
    async fn no_payment_starts_without_a_token() {
        let (sim, shop) = open();
        let down = sim.faults().on(TOKEN).status(503);
        let error = shop.sell(&order(), Amount::nok(49)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert_eq!(sim.journal().count(INITIATE), 0);
        down.remove();
        tokio::time::sleep(Duration::from_secs(5)).await;
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
    }

    /// The callback finds the order even if it arrives before the response to `initiate`.
    #[tokio::test]
    async fn callback_before_the_response_finds_the_order() {
        let sim = Simulator::start().unwrap();
        let shop = Shop::new(sim.client()).unwrap();
        listen(&shop, &sim).await.unwrap();
        let pause = sim.faults().on(INITIATE).pause();
        let (selling, id) = (shop.clone(), order());
        let sale = tokio::spawn(async move { selling.sell(&id, Amount::nok(49)).await });
        pause.reached().await;
        sim.payer().approve("order-1").unwrap();
        sim.settled().await;
        assert_eq!(shop.status(&order()), Some(Status::Paid));
        pause.release();
        assert!(sale.await.unwrap().is_ok());
        assert_eq!(shop.status(&order()), Some(Status::Paid));
    }

    /// The order stays open if an event has an unknown name and the details have no sums.
    #[tokio::test(start_paused = true)]
    async fn unknown_event_leaves_the_order_open() {
        let (sim, shop) = open();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().approve("order-1").unwrap();
        let details =
            r#"{"transactionLogHistory":[{"operation":"PREAUTHORISE","operationSuccess":true}]}"#;
        let fault = sim.faults().on(DETAILS).status_with_body(200, details);
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Open);
        fault.remove();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Paid);
    }

    /// Compares the requests of the shop with a snapshot, so that changes are reviewed.
    #[tokio::test]
    async fn requests_match_the_snapshot() {
        let initiated = r#"{"url":"https://api.vipps.no/x?token=y"}"#;
        let reserved =
            r#"{"transactionLogHistory":[{"operation":"RESERVE","operationSuccess":true}]}"#;
        let recorder = Recorder::new()
            .respond("POST", "/ecomm/v2/payments", 200, initiated)
            .respond("GET", "/ecomm/v2/payments/order-1/details", 200, reserved)
            .lose_response("POST", "/ecomm/v2/payments/order-1/capture")
            .respond(
                "POST",
                "/ecomm/v2/payments/order-1/capture",
                200,
                r#"{"transactionInfo":{"amount":4900,"status":"Captured"}}"#,
            );
        let shop = Shop::new(recorder.client()).unwrap();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        shop.ship(&order()).await.unwrap();
        insta::assert_snapshot!(recorder.to_snapshot());
    }
}
