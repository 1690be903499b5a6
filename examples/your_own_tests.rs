//! Tests of a small shop: its orders stay correct when a payment, a request or a callback fails.
//!
//! ```text
//! cargo test --example your_own_tests
//! ```
//!
//! Most tests use a simulator in memory and tokio's paused clock, so that no test waits in real time. The
//! test of callbacks uses a socket, because the simulator delivers them over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use vipps::callback::{self, Callback, CallbackAuth};
use vipps::ecom::{Payment, PaymentState, Reconciled};
use vipps::simulator::Simulator;
use vipps::types::LandingPage;
use vipps::{Amount, OrderId, Outcome, RequestId, Result, Vipps};

/// A shop that sells socks and ships what is paid.
#[derive(Clone)]
struct Shop {
    vipps: Vipps,
    auth: CallbackAuth,
    orders: Arc<Mutex<BTreeMap<OrderId, Order>>>,
}

#[derive(Clone)]
struct Order {
    status: Status,
    /// One capture, one key, as long as the order lives. A shop's database has it too.
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

    /// Starts a payment; the customer is sent to the page.
    async fn sell(&self, id: &OrderId, price: Amount) -> Result<LandingPage> {
        // Written down first: the callback may be here before the answer is.
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

    /// Asks how the payment stands, and changes the order only where that is certain.
    async fn check(&self, id: &OrderId) -> Result<Status> {
        let details = self.vipps.ecom().payment(id.clone()).details().await?;
        match details.state() {
            state if state.is_paid() && self.status(id) == Some(Status::Open) => {
                self.note(id, Status::Paid);
            }
            PaymentState::Cancelled | PaymentState::Rejected => self.note(id, Status::Refused),
            _ => {}
        }
        Ok(self.status(id).unwrap_or(Status::Open))
    }

    /// Takes the money and ships, once, however often it is called.
    async fn ship(&self, id: &OrderId) -> Result<()> {
        let payment = self.vipps.ecom().payment(id.clone());
        // Sales units with direct capture have the money already.
        if !payment.details().await?.captured_at_once() {
            self.take(&payment).await?;
        }
        self.note(id, Status::Shipped);
        Ok(())
    }

    async fn take(&self, payment: &Payment) -> Result<()> {
        let mut capture = payment.capture();
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

    /// What listens at the callback prefix.
    fn callbacks(&self) -> axum::Router {
        let shop = self.clone();
        let heard = callback::axum::router(self.auth.clone(), move |callback| {
            let shop = shop.clone();
            async move {
                if let Callback::Payment(update) = callback {
                    // A hint to look; what it says is not the truth.
                    let _ = shop.check(&update.order_id).await;
                }
                StatusCode::OK
            }
        });
        axum::Router::new().nest("/vipps", heard)
    }

    fn status(&self, id: &OrderId) -> Option<Status> {
        self.orders().get(id).map(|order| order.status)
    }

    fn note(&self, id: &OrderId, status: Status) {
        if let Some(order) = self.orders().get_mut(id) {
            order.status = status;
        }
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<OrderId, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the shop's door, and tells the simulator where it is.
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
    println!("sold, to be paid at {page}");
    sim.payer().approve("order-1")?;
    sim.settled().await;
    println!("told by a callback: {:?}", shop.status(&order));
    shop.ship(&order).await?;
    println!("in the end: {:?}", shop.check(&order).await?);
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

    /// A shop, and the simulator that it talks to.
    fn open() -> (Simulator, Shop) {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let shop = Shop::new(sim.client()).unwrap();
        (sim, shop)
    }

    /// A shop whose customer has just paid 49 kr.
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

    /// Sold, paid, shipped: the shop has the customer's money, all of it and once.
    #[tokio::test(start_paused = true)]
    async fn happy_path() {
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

    /// A customer who says no gets no socks, whatever the shop's own staff tries.
    #[tokio::test(start_paused = true)]
    async fn a_rejected_payment() {
        let (sim, shop) = open();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().reject("order-1").unwrap();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Refused);
        let error = shop.ship(&order()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected);
        assert_eq!(shop.status(&order()), Some(Status::Refused));
        assert_eq!(charged(&sim), 0);
    }

    /// Two clicks on `ship` take the money once.
    #[tokio::test(start_paused = true)]
    async fn capture_twice() {
        let (sim, shop) = paid().await;
        let order = order();
        let (one, other) = tokio::join!(shop.ship(&order), shop.ship(&order));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(sim.journal().count(CAPTURE), 2);
        assert_eq!(charged(&sim), 4_900);
    }

    /// The longest order number that there is ships like any other.
    #[tokio::test(start_paused = true)]
    async fn a_long_order_number() {
        let (sim, shop) = open();
        let order = OrderId::parse(&"9".repeat(OrderId::MAX_LEN)).unwrap();
        shop.sell(&order, Amount::nok(49)).await.unwrap();
        sim.payer().approve(order.as_str()).unwrap();
        assert_eq!(shop.check(&order).await.unwrap(), Status::Paid);
        shop.ship(&order).await.unwrap();
        assert_eq!(shop.status(&order), Some(Status::Shipped));
    }

    /// Where the money is captured in the moment of approval, there is nothing left to capture.
    #[tokio::test(start_paused = true)]
    async fn a_sales_unit_with_direct_capture() {
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

    /// The money has moved and every answer is lost: the shop finds out, ships, and takes nothing twice.
    #[tokio::test(start_paused = true)]
    async fn an_answer_lost_after_commit() {
        let (sim, shop) = paid().await;
        let lost = sim.faults().on(CAPTURE).after_commit().reset();
        shop.ship(&order()).await.unwrap();
        assert!(lost.hits() > 1);
        assert_eq!(shop.status(&order()), Some(Status::Shipped));
        assert_eq!(charged(&sim), 4_900);
    }

    /// While Vipps is overrun nothing is shipped and nothing charged; afterwards the same click works.
    #[tokio::test(start_paused = true)]
    async fn a_storm_of_429() {
        let (sim, shop) = paid().await;
        let storm = sim.faults().any().retry_after(5).status(429);
        let error = shop.ship(&order()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.is_retryable());
        assert_eq!(shop.status(&order()), Some(Status::Paid));
        storm.remove();
        tokio::time::sleep(Duration::from_secs(60)).await;
        shop.ship(&order()).await.unwrap();
        assert_eq!(charged(&sim), 4_900);
    }

    /// No token, no sale; and the order number is still good when Vipps is back.
    #[tokio::test(start_paused = true)]
    async fn the_token_endpoint_is_down() {
        let (sim, shop) = open();
        let down = sim.faults().on(TOKEN).status(503);
        let error = shop.sell(&order(), Amount::nok(49)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert_eq!(sim.journal().count(INITIATE), 0);
        down.remove();
        tokio::time::sleep(Duration::from_secs(5)).await;
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
    }

    /// A customer can be quicker than the answer to the shop's own request: the callback finds the order.
    #[tokio::test]
    async fn a_callback_before_the_return_of_initiate() {
        let sim = Simulator::start().unwrap();
        let shop = Shop::new(sim.client()).unwrap();
        listen(&shop, &sim).await.unwrap();
        let hold = sim.faults().on(INITIATE).hold();
        let (selling, id) = (shop.clone(), order());
        let sale = tokio::spawn(async move { selling.sell(&id, Amount::nok(49)).await });
        hold.held().await;
        sim.payer().approve("order-1").unwrap();
        sim.settled().await;
        assert_eq!(shop.status(&order()), Some(Status::Paid));
        hold.release();
        assert!(sale.await.unwrap().is_ok());
        assert_eq!(shop.status(&order()), Some(Status::Paid));
    }

    /// An event with a name that this version does not know, and no sums: the order stays open.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_state_from_a_future_api() {
        let (sim, shop) = open();
        shop.sell(&order(), Amount::nok(49)).await.unwrap();
        sim.payer().approve("order-1").unwrap();
        let details =
            r#"{"transactionLogHistory":[{"operation":"PREAUTHORISE","operationSuccess":true}]}"#;
        let news = sim.faults().on(DETAILS).status_with_body(200, details);
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Open);
        news.remove();
        assert_eq!(shop.check(&order()).await.unwrap(), Status::Paid);
    }

    /// What the shop sends, in one snapshot: a change of it is a change that somebody looks at.
    #[tokio::test]
    async fn what_the_shop_sends() {
        let initiated = r#"{"url":"https://api.vipps.no/x?token=y"}"#;
        let reserved =
            r#"{"transactionLogHistory":[{"operation":"RESERVE","operationSuccess":true}]}"#;
        let recorder = Recorder::new()
            .answer("POST", "/ecomm/v2/payments", 200, initiated)
            .answer("GET", "/ecomm/v2/payments/order-1/details", 200, reserved)
            .lose("POST", "/ecomm/v2/payments/order-1/capture")
            .answer(
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
