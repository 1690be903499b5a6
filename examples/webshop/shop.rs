//! The orders, from the start of a payment to shipping.
//!
//! This demo keeps the orders in memory. A real shop stores them in its database **before each
//! call**: the order id and the amount before the payment starts, the idempotency key before the
//! capture. After a crash the shop can then read the state of each payment ([`Payment::details`])
//! and retry a capture with the same key. It also stores the callback token with its other secrets,
//! because a callback can arrive after a restart.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use vipps::callback::{CallbackAuth, CallbackUrls, PaymentUpdate};
use vipps::ecom::{
    Express, Payment, PaymentDetails, PaymentState, PollEvent, PollInterval, PollTrigger,
    Reconciled, UserDetails,
};
use vipps::types::LandingPage;
use vipps::{Amount, Currency, OrderId, Outcome, RequestId, Vipps};

use crate::listener::Listener;
use crate::shared::{log_line, print_error, qr_payment, unique_id};

/// The path below the public URL that receives callbacks.
pub(crate) const CALLBACKS: &str = "/vipps";
/// The time to pack a parcel.
const PACKING: Duration = Duration::from_millis(300);
/// The pause before a failed step is retried.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

pub(crate) struct Goods {
    pub(crate) name: &'static str,
    pub(crate) price: Amount,
}

pub(crate) const GOODS: [Goods; 2] = [
    Goods {
        name: "Socks & mittens",
        price: Amount::nok(499),
    },
    Goods {
        name: "A hat for heads < 60 cm",
        price: Amount::minor(24_950, Currency::NOK),
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checkout {
    Regular,
    Express,
}

/// The progress of an order inside the shop. Only the payment details state whether it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Waiting,
    Packing,
    Shipped,
    /// Not paid, and no payment can follow.
    Closed,
}

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) goods: &'static Goods,
    /// The same key for every attempt, so that the capture takes effect at most once.
    capture_key: RequestId,
    progress: Progress,
    trigger: Option<PollTrigger>,
    /// The customer of an express order, until the consent is withdrawn.
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
    orders: Mutex<HashMap<OrderId, Order>>,
    session: String,
    count: AtomicU32,
}

impl Shop {
    pub(crate) fn new(vipps: Vipps, listener: &Listener) -> Result<Self> {
        Ok(Self {
            vipps,
            // The API documents no token for consent removals.
            auth: CallbackAuth::generate()?.allow_unauthenticated_consent_removal(),
            callbacks: CallbackUrls::new(listener.url(CALLBACKS).parse()?),
            url: listener.url(""),
            orders: Mutex::default(),
            session: unique_id("shop"),
            count: AtomicU32::new(0),
        })
    }

    pub(crate) fn auth(&self) -> &CallbackAuth {
        &self.auth
    }

    /// Starts a payment and returns the page on which the customer pays.
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
            trigger: None,
            customer: None,
        };
        // A real shop stores the order in its database here, before the call.
        shop.orders().insert(id.clone(), order);
        let prefix = shop.callbacks.prefix();
        let mut start = shop
            .vipps
            .ecom()
            .initiate(id.clone(), goods.price, goods.name.parse()?)
            .callback_prefix(prefix.clone())
            .auth_token(shop.auth.token().clone())
            .fallback(format!("{}/orders/{id}", shop.url).parse()?);
        if checkout == Checkout::Express {
            start = start.express(
                Express::with_dynamic_shipping(prefix.clone()),
                prefix.clone(),
            );
        }
        match start.await {
            Ok(started) => {
                log_line(format_args!(
                    "shop: {id} started: {} for {}",
                    goods.name, goods.price
                ));
                tokio::spawn(Arc::clone(shop).process(started.payment(&shop.vipps)));
                Ok(started.landing_page().clone())
            }
            Err(error) => {
                shop.set_progress(&id, Progress::Closed);
                if error.outcome() == Outcome::Unknown {
                    tokio::spawn(Arc::clone(shop).cancel_unconfirmed(error.clone()));
                }
                let error = anyhow::Error::new(error).context(format!("{id} could not be started"));
                print_error("shop", &error);
                Err(error)
            }
        }
    }

    /// Cancels a payment that exists although the start has failed. The customer retries with a new
    /// order id, so this payment must not be paid.
    async fn cancel_unconfirmed(self: Arc<Self>, error: vipps::Error) {
        if let Reconciled::TookEffect(details) = self.vipps.ecom().reconcile(&error).await {
            let payment = self.vipps.ecom().payment(details.order_id().clone());
            if let Err(error) = qr_payment::cancel(&payment).await {
                print_error("shop", &error);
            }
        }
    }

    /// Processes one order until it is shipped or closed. A callback can be lost and a customer may
    /// not return, so the task polls the details; a callback only triggers the next poll at once.
    async fn process(self: Arc<Self>, payment: Payment) {
        loop {
            let done = match self.wait_for_customer(&payment).await {
                Ok(details) => self.complete(&payment, &details).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => return,
                Err(error) => print_error("shop", &error),
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn wait_for_customer(&self, payment: &Payment) -> Result<PaymentDetails> {
        let mut poll = payment.wait().interval(PollInterval::Web).poll();
        self.update(payment.order_id(), |order| {
            order.trigger = Some(poll.trigger());
        });
        while let Some(event) = poll.next().await {
            if let PollEvent::Decided(details) = event? {
                return Ok(details);
            }
        }
        anyhow::bail!("the customer has not decided on {}", payment.order_id())
    }

    async fn complete(&self, payment: &Payment, details: &PaymentDetails) -> Result<()> {
        let id = payment.order_id();
        let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
        let state = details.state_at(now);
        if !state.is_paid() {
            log_line(format_args!("shop: {id} is {state} and is not shipped"));
            self.set_progress(id, Progress::Closed);
            if state == PaymentState::Expired {
                // `Expired` is computed from the clock, so an approval may still be under way.
                qr_payment::cancel(payment).await?;
            }
            return Ok(());
        }
        self.update(id, |order| order.customer = details.user().cloned());
        self.set_progress(id, Progress::Packing);
        if let Some(method) = details
            .shipping()
            .and_then(|s| s.shipping_method.as_deref())
        {
            log_line(format_args!("shop: {id} ships with {method:?}"));
        }
        tokio::time::sleep(PACKING).await;
        self.ship(payment, details).await
    }

    /// Ships the order and captures the payment. Capturing before shipping is not allowed.
    async fn ship(&self, payment: &Payment, details: &PaymentDetails) -> Result<()> {
        let id = payment.order_id();
        let mut captured = details.sums().captured;
        if details.can_capture() {
            let order = self.order(id).context("the order is not stored")?;
            // After a failure `process` retries with the same key, so that the capture takes effect
            // once.
            let done = payment
                .capture_remaining()
                .idempotency_key(order.capture_key)
                .await
                .with_context(|| format!("{id} is not captured"))?;
            captured = done.summary.map_or(captured, |sums| sums.captured);
        }
        self.set_progress(id, Progress::Shipped);
        log_line(format_args!("shop: {id} is shipped, {captured} captured"));
        Ok(())
    }

    /// Returns an order and the current state of its payment.
    pub(crate) async fn order_with_state(
        &self,
        id: &OrderId,
    ) -> Result<Option<(Order, PaymentState)>> {
        if self.order(id).is_none() {
            return Ok(None);
        }
        let details = self.vipps.ecom().payment(id.clone()).details().await?;
        self.poll_now(id);
        let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
        Ok(self.order(id).map(|order| (order, details.state_at(now))))
    }

    /// Polls the details at once. The content of a callback is not evidence of a payment.
    pub(crate) fn payment_updated(&self, update: &PaymentUpdate) {
        let id = &update.order_id;
        if self.order(id).is_some() {
            let status = update.status.as_ref();
            let status = status.map_or("without a status", |status| status.as_str());
            log_line(format_args!(
                "shop: callback {status} for {id}; polling the details"
            ));
            self.poll_now(id);
        }
    }

    /// Removes the data of a customer and returns the number of orders that had it.
    pub(crate) fn remove_customer(&self, user_id: &str) -> usize {
        let mut orders = self.orders();
        let matches = |customer: &UserDetails| {
            customer
                .user_id
                .as_ref()
                .is_some_and(|id| id.expose() == user_id)
        };
        let found = orders
            .values_mut()
            .filter(|order| order.customer.as_ref().is_some_and(matches));
        found.map(|order| order.customer = None).count()
    }

    pub(crate) fn has_customer(&self, id: &OrderId) -> bool {
        self.order(id).is_some_and(|order| order.customer.is_some())
    }

    /// Cancels the orders that wait for a payment, so that they cannot be paid after the shop has
    /// closed.
    pub(crate) async fn close(&self) {
        let orders: Vec<Order> = self.orders().values().cloned().collect();
        for order in orders {
            let id = &order.id;
            match order.progress {
                Progress::Waiting => {
                    let payment = self.vipps.ecom().payment(id.clone());
                    if let Err(error) = qr_payment::cancel(&payment).await {
                        print_error("shop", &error);
                    }
                }
                Progress::Packing => log_line(format_args!(
                    "shop: {id} is paid and not shipped; ship it, or cancel it in the business portal"
                )),
                Progress::Shipped | Progress::Closed => {}
            }
        }
    }

    pub(crate) fn order(&self, id: &OrderId) -> Option<Order> {
        self.orders().get(id).cloned()
    }

    fn poll_now(&self, id: &OrderId) {
        if let Some(trigger) = self.order(id).and_then(|order| order.trigger) {
            trigger.poll_now();
        }
    }

    fn set_progress(&self, id: &OrderId, progress: Progress) {
        self.update(id, |order| order.progress = progress);
    }

    fn update(&self, id: &OrderId, update: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders().get_mut(id) {
            update(order);
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
