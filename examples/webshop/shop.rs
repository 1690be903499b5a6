//! The orders, from the start of a payment to the parcel.
//!
//! They are kept in memory here. A real shop keeps them in its database, and **writes before it calls**: the order id and
//! the amount before the payment is started, the idempotency key before the capture. So after a crash it knows which
//! payments to ask for ([`Payment::details`]), and repeats a capture with the key that it may have had. The token that
//! callbacks carry is stored with the other secrets, since callbacks of yesterday's payments come today.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use vipps::callback::{CallbackAuth, CallbackUrls, PaymentUpdate};
use vipps::ecom::{
    Express, Nudge, Payment, PaymentDetails, PaymentState, Reconciled, Rhythm, UserDetails,
    WaitEvent,
};
use vipps::types::LandingPage;
use vipps::{Amount, OrderId, Outcome, RequestId, Vipps};

use crate::shared::front::Front;
use crate::shared::{fresh, report, sale, say};

/// Below the public URL, where Vipps calls.
pub(crate) const CALLBACKS: &str = "/vipps";
/// How long it takes to pack a parcel.
const PACKING: Duration = Duration::from_millis(300);
/// Before something that failed is tried again.
const PAUSE: Duration = Duration::from_secs(30);

pub(crate) struct Goods {
    pub(crate) name: &'static str,
    pub(crate) price: Amount,
}

pub(crate) const GOODS: [Goods; 2] = [
    Goods {
        name: "Socks & mittens",
        price: Amount::kroner(499),
    },
    Goods {
        name: "A hat for heads < 60 cm",
        price: Amount::ore(24_950),
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checkout {
    Regular,
    Express,
}

/// How far the shop is with an order; whether it is paid, the details say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Waiting,
    Packing,
    Shipped,
    /// Not paid, and never will be.
    Over,
}

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) goods: &'static Goods,
    /// One capture, one key, as long as the order lives.
    capture_key: RequestId,
    progress: Progress,
    nudge: Option<Nudge>,
    /// Who bought it, for express orders, until the consent is withdrawn.
    customer: Option<UserDetails>,
}

impl Order {
    pub(crate) fn is_shipped(&self) -> bool {
        self.progress == Progress::Shipped
    }
}

pub(crate) struct Shop {
    vipps: Vipps,
    auth: CallbackAuth,
    callbacks: CallbackUrls,
    url: String,
    path: String,
    orders: Mutex<HashMap<OrderId, Order>>,
    session: String,
    count: AtomicU32,
}

impl Shop {
    pub(crate) fn new(vipps: Vipps, front: &Front) -> Result<Self> {
        Ok(Self {
            vipps,
            // The API documents no token for consent removals.
            auth: CallbackAuth::generate()?.allow_unauthenticated_consent_removal(),
            callbacks: CallbackUrls::new(front.url(CALLBACKS).parse()?),
            url: front.url(""),
            path: front.path(),
            orders: Mutex::default(),
            session: fresh("shop"),
            count: AtomicU32::new(0),
        })
    }

    pub(crate) fn auth(&self) -> &CallbackAuth {
        &self.auth
    }

    /// A link for the shop's own pages: without a host, so that it leads here by whatever name the browser came.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// Starts a payment. Where the customer goes to pay comes back.
    pub(crate) async fn check_out(
        shop: &Arc<Self>,
        goods: &'static Goods,
        checkout: Checkout,
    ) -> Result<LandingPage> {
        let number = shop.count.fetch_add(1, Ordering::Relaxed) + 1;
        let id: OrderId = format!("{}-{number}", shop.session).parse()?;
        let order = Order {
            id: id.clone(),
            goods,
            capture_key: RequestId::random(),
            progress: Progress::Waiting,
            nudge: None,
            customer: None,
        };
        // This is where the database comes first.
        shop.orders().insert(id.clone(), order);
        let prefix = shop.callbacks.prefix();
        let mut start = shop
            .vipps
            .ecom()
            .initiate(id.clone(), goods.price, goods.name.parse()?)
            .callback_prefix(prefix.clone())
            .auth_token(shop.auth.token().clone())
            .fallback(format!("{}/thanks/{id}", shop.url).parse()?);
        if checkout == Checkout::Express {
            start = start.express(
                Express::with_dynamic_shipping(prefix.clone()),
                prefix.clone(),
            );
        }
        match start.await {
            Ok(started) => {
                say!("shop: {id} is started: {} for {}", goods.name, goods.price);
                tokio::spawn(Arc::clone(shop).follow(started.payment()));
                Ok(started.landing_page().clone())
            }
            Err(error) => {
                shop.progress(&id, Progress::Over);
                if error.outcome() == Outcome::Unknown {
                    tokio::spawn(Arc::clone(shop).clear_up(error.clone()));
                }
                let error = anyhow::Error::new(error).context(format!("{id} is not started"));
                report("shop", &error);
                Err(error)
            }
        }
    }

    /// A payment whose start got no answer may exist, and nobody has its landing page. Another one follows, with another
    /// order id, so this one must not be paid.
    async fn clear_up(self: Arc<Self>, error: vipps::Error) {
        if let Reconciled::TookEffect(details) = self.vipps.ecom().reconcile(&error).await {
            let payment = self.vipps.ecom().payment(details.order_id());
            if let Err(error) = sale::give_up(&payment).await {
                report("shop", &error);
            }
        }
    }

    /// Looks after one order until it is sent, or will never be. Some payments have no callback, and some customers do
    /// not come back: so the details are asked, and a callback only makes that happen at once.
    async fn follow(self: Arc<Self>, payment: Payment) {
        loop {
            let decided = match self.decision(&payment).await {
                Ok(details) => self.decided(&payment, &details).await,
                Err(error) => Err(error),
            };
            match decided {
                Ok(()) => return,
                Err(error) => report("shop", &error),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn decision(&self, payment: &Payment) -> Result<PaymentDetails> {
        let mut watch = payment.wait().rhythm(Rhythm::Web).watch();
        self.change(payment.order_id(), |order| {
            order.nudge = Some(watch.nudge());
        });
        while let Some(event) = watch.next().await {
            if let WaitEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        anyhow::bail!("{} is not decided", payment.order_id())
    }

    async fn decided(&self, payment: &Payment, details: &PaymentDetails) -> Result<()> {
        let id = payment.order_id();
        let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
        let state = details.state_at(now);
        if !state.is_paid() {
            say!("shop: {id} is {state}: nothing is sent");
            self.progress(id, Progress::Over);
            if state == PaymentState::Expired {
                // By a hair's breadth it could still be approved.
                sale::give_up(payment).await?;
            }
            return Ok(());
        }
        self.change(id, |order| order.customer = details.user().cloned());
        self.progress(id, Progress::Packing);
        if let Some(way) = details
            .shipping()
            .and_then(|s| s.shipping_method.as_deref())
        {
            say!("shop: {id} goes by {way:?}");
        }
        tokio::time::sleep(PACKING).await;
        self.ship(payment, details).await
    }

    /// The parcel leaves, and only now may the money be taken.
    async fn ship(&self, payment: &Payment, details: &PaymentDetails) -> Result<()> {
        let id = payment.order_id();
        let mut captured = details.sums().captured;
        if details.can_capture() {
            let order = self.order(id).context("an order without a record")?;
            // What is not known to have worked is done again by `follow`, with the same key: nothing moves twice.
            let done = payment
                .capture()
                .rest()
                .idempotency_key(order.capture_key)
                .await
                .with_context(|| format!("{id} is not captured yet"))?;
            captured = done.summary.map_or(captured, |sums| sums.captured);
        }
        self.progress(id, Progress::Shipped);
        say!("shop: {id} is sent, {captured} captured");
        Ok(())
    }

    /// An order, and what is true of its payment in this moment.
    pub(crate) async fn look(&self, id: &OrderId) -> Result<Option<(Order, PaymentState)>> {
        if self.order(id).is_none() {
            return Ok(None);
        }
        let details = self.vipps.ecom().payment(id).details().await?;
        self.nudge(id);
        let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
        Ok(self.order(id).map(|order| (order, details.state_at(now))))
    }

    /// A callback is a hint, and no more.
    pub(crate) fn hear(&self, update: &PaymentUpdate) {
        let id = &update.order_id;
        if self.order(id).is_some() {
            let said = update
                .status
                .as_ref()
                .map_or("nothing", |status| status.as_str());
            say!("shop: a callback says {said} of {id}; asking for the details");
            self.nudge(id);
        }
    }

    /// Deletes what is known of a customer, and tells in how many orders.
    pub(crate) fn forget(&self, user_id: &str) -> usize {
        let mut orders = self.orders();
        let is_theirs = |customer: &UserDetails| {
            customer
                .user_id
                .as_ref()
                .is_some_and(|id| id.expose() == user_id)
        };
        let theirs = orders
            .values_mut()
            .filter(|order| order.customer.as_ref().is_some_and(is_theirs));
        theirs.map(|order| order.customer = None).count()
    }

    pub(crate) fn knows_the_customer_of(&self, id: &OrderId) -> bool {
        self.order(id).is_some_and(|order| order.customer.is_some())
    }

    /// Nobody will wait any more for what is not decided, so nobody must be able to pay it.
    pub(crate) async fn close(&self) {
        let orders: Vec<Order> = self.orders().values().cloned().collect();
        for order in orders {
            let id = &order.id;
            match order.progress {
                Progress::Waiting => {
                    let payment = self.vipps.ecom().payment(id);
                    if let Err(error) = sale::give_up(&payment).await {
                        report("shop", &error);
                    }
                }
                Progress::Packing => say!(
                    "shop: {id} is paid and not sent: send it, or cancel it in the business portal"
                ),
                Progress::Shipped | Progress::Over => {}
            }
        }
    }

    pub(crate) fn order(&self, id: &OrderId) -> Option<Order> {
        self.orders().get(id).cloned()
    }

    fn nudge(&self, id: &OrderId) {
        if let Some(nudge) = self.order(id).and_then(|order| order.nudge) {
            nudge.poll_now();
        }
    }

    fn progress(&self, id: &OrderId, progress: Progress) {
        self.change(id, |order| order.progress = progress);
    }

    fn change(&self, id: &OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders().get_mut(id) {
            change(order);
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
