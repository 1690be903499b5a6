//! The state of the simulated APIs.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::clock::later;
use super::images::Images;
use super::keys::Keys;
use super::limits::Limits;
use super::order::{CaptureType, Order, Phase};
use super::outbound::Outbound;
use super::qr::Codes;
use super::random::Random;
use super::webhook::Registration;

/// The settings from the builder.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) keys: Keys,
    /// The merchant serial numbers and the capture type of each.
    pub(crate) sales_units: BTreeMap<String, CaptureType>,
    /// The scheme and authority of this simulator.
    pub(crate) base_url: String,
    pub(crate) approve_after: Option<Duration>,
    pub(crate) token_lifetime: Duration,
    pub(crate) may_skip_landing_page: bool,
    pub(crate) serves_page: bool,
}

/// A planned event.
#[derive(Debug, Clone)]
enum Due {
    Scan(OrderRef),
    Approve(OrderRef),
    Expire(OrderRef),
    Call(Box<Outbound>),
}

/// The index of an order.
pub(crate) type OrderRef = usize;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) random: Random,
    /// The access tokens and their expiry times.
    pub(crate) tokens: HashMap<String, Timestamp>,
    pub(crate) limits: Limits,
    pub(crate) images: Images,
    pub(crate) codes: Codes,
    /// The calls to the merchant that wait to be sent.
    pub(crate) outbox: Vec<Outbound>,
    /// The receiver of each sales unit's check-ins, by merchant serial number.
    pub(crate) webhooks: HashMap<String, Registration>,
    orders: Vec<Order>,
    by_id: HashMap<(String, String), OrderRef>,
    by_landing_token: HashMap<String, OrderRef>,
    agenda: BTreeMap<(Timestamp, u64), Due>,
    planned: u64,
    transactions: u64,
}

impl State {
    pub(crate) fn new(settings: Settings, random: Random) -> Self {
        Self {
            settings,
            random,
            tokens: HashMap::new(),
            limits: Limits::default(),
            images: Images::default(),
            codes: Codes::default(),
            outbox: Vec::new(),
            webhooks: HashMap::new(),
            orders: Vec::new(),
            by_id: HashMap::new(),
            by_landing_token: HashMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            transactions: 0,
        }
    }

    /// Removes orders, codes and planned events. Settings, tokens and webhooks stay, and ids
    /// continue, so that a client can continue with its token and no id is used twice.
    pub(crate) fn reset(&mut self) {
        self.limits = Limits::default();
        self.images = Images::default();
        self.codes = Codes::default();
        self.outbox.clear();
        self.orders.clear();
        self.by_id.clear();
        self.by_landing_token.clear();
        self.agenda.clear();
    }

    /// Returns the next transaction id: ten digits, never reused.
    pub(crate) fn transaction_id(&mut self) -> String {
        self.transactions += 1;
        (5_001_420_000 + self.transactions).to_string()
    }

    pub(crate) fn find(&self, msn: &str, order_id: &str) -> Option<OrderRef> {
        self.by_id
            .get(&(msn.to_owned(), order_id.to_owned()))
            .copied()
    }

    pub(crate) fn by_landing_token(&self, token: &str) -> Option<OrderRef> {
        self.by_landing_token.get(token).copied()
    }

    /// Returns the orders of all sales units with this id.
    pub(crate) fn by_order_id(&self, order_id: &str) -> Vec<OrderRef> {
        self.settings
            .sales_units
            .keys()
            .filter_map(|msn| self.find(msn, order_id))
            .collect()
    }

    /// Returns an order. Only this type creates references, and only a reset removes orders. A
    /// reset removes all references too, so the order exists.
    #[allow(clippy::indexing_slicing)]
    pub(crate) fn order(&self, order: OrderRef) -> &Order {
        &self.orders[order]
    }

    #[allow(clippy::indexing_slicing)]
    pub(crate) fn order_mut(&mut self, order: OrderRef) -> &mut Order {
        &mut self.orders[order]
    }

    pub(crate) fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Adds an order and plans its expiry.
    pub(crate) fn add(&mut self, order: Order, landing_token: String) -> OrderRef {
        let place = self.orders.len();
        let created = order.created;
        self.by_id
            .insert((order.msn.clone(), order.id.clone()), place);
        self.by_landing_token.insert(landing_token, place);
        self.plan(order.deadline(), Due::Expire(place));
        self.orders.push(order);
        if let Some(wait) = self.settings.approve_after {
            self.plan(later(created, wait / 2), Due::Scan(place));
            self.plan(later(created, wait), Due::Approve(place));
        }
        place
    }

    /// Plans a call to the merchant.
    pub(crate) fn plan_call(&mut self, when: Timestamp, call: Outbound) {
        self.plan(when, Due::Call(Box::new(call)));
    }

    /// Returns the time of the next planned event.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.first_key_value().map(|((when, _), _)| *when)
    }

    fn plan(&mut self, when: Timestamp, what: Due) {
        self.planned += 1;
        self.agenda.insert((when, self.planned), what);
    }

    /// Runs all events that are due, in order and each at its own time. Returns `true` if any event
    /// was due.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        while let Some(entry) = self.agenda.first_entry() {
            let (when, _) = *entry.key();
            if when > now {
                break;
            }
            let due = entry.remove();
            self.happen(due, when);
            any = true;
        }
        any
    }

    fn happen(&mut self, due: Due, when: Timestamp) {
        match due {
            Due::Scan(place) => self.scan(place, when),
            Due::Approve(place) => {
                if self.order(place).phase == Phase::Initiated {
                    // An error needs no handling, because the details show a refused card.
                    let customer = self.order(place).usual_customer();
                    drop(self.approve(place, customer, None, when));
                }
            }
            Due::Expire(place) => {
                let order = self.order(place);
                let (waits, deadline) = (order.phase == Phase::Initiated, order.deadline());
                match (waits, deadline > when) {
                    (true, true) => self.plan(deadline, Due::Expire(place)),
                    (true, false) => self.expire(place, when),
                    (false, _) => {}
                }
            }
            Due::Call(call) => self.outbox.push(*call),
        }
    }
}
