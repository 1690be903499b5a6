//! Everything the simulated Vipps knows.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::clock::later;
use super::images::Images;
use super::keys::Keys;
use super::limits::Limits;
use super::order::{CaptureType, Order, Phase};
use super::random::Random;

/// What the builder decided.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) keys: Keys,
    /// Merchant serial numbers and how each takes its money.
    pub(crate) sales_units: BTreeMap<String, CaptureType>,
    /// Scheme and authority that this simulator is reached at.
    pub(crate) base_url: String,
    pub(crate) approve_after: Option<Duration>,
    pub(crate) token_lifetime: Duration,
}

/// Something that happens by itself when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Scan(OrderRef),
    Approve(OrderRef),
    Expire(OrderRef),
}

/// An order's place in the books.
pub(crate) type OrderRef = usize;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) random: Random,
    /// Access tokens and when each dies.
    pub(crate) tokens: HashMap<String, Timestamp>,
    pub(crate) limits: Limits,
    pub(crate) images: Images,
    orders: Vec<Order>,
    by_id: HashMap<(String, String), OrderRef>,
    by_landing_token: HashMap<String, OrderRef>,
    by_qr_text: HashMap<String, OrderRef>,
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
            orders: Vec::new(),
            by_id: HashMap::new(),
            by_landing_token: HashMap::new(),
            by_qr_text: HashMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            transactions: 0,
        }
    }

    /// The next transaction id: ten digits, never twice.
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

    pub(crate) fn by_qr_text(&self, text: &str) -> Option<OrderRef> {
        self.by_qr_text.get(text).copied()
    }

    /// All orders of that id, whatever the sales unit.
    pub(crate) fn by_order_id(&self, order_id: &str) -> Vec<OrderRef> {
        self.settings
            .sales_units
            .keys()
            .filter_map(|msn| self.find(msn, order_id))
            .collect()
    }

    /// References are handed out by this type only and orders are never
    /// removed, so the order is there.
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

    /// Opens an order's account and plans its end.
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

    pub(crate) fn add_qr_text(&mut self, text: String, order: OrderRef) {
        self.by_qr_text.insert(text, order);
    }

    fn plan(&mut self, when: Timestamp, what: Due) {
        self.planned += 1;
        self.agenda.insert((when, self.planned), what);
    }

    /// Lets everything happen whose time has come, in order and each at its own
    /// time.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        while let Some(entry) = self.agenda.first_entry() {
            let (when, _) = *entry.key();
            if when > now {
                break;
            }
            let due = entry.remove();
            self.happen(due, when);
        }
    }

    fn happen(&mut self, due: Due, when: Timestamp) {
        match due {
            Due::Scan(place) => self.scan(place, when),
            Due::Approve(place) => {
                if self.order(place).phase == Phase::Initiated {
                    self.scan(place, when);
                    self.approve(place, when);
                }
            }
            Due::Expire(place) => {
                let order = self.order_mut(place);
                if order.phase != Phase::Initiated {
                    return;
                }
                let deadline = order.deadline();
                if deadline > when {
                    self.plan(deadline, due);
                } else {
                    order.phase = Phase::Expired;
                }
            }
        }
    }

    /// The customer opens a payment that still waits.
    pub(crate) fn scan(&mut self, place: OrderRef, now: Timestamp) {
        if self.order(place).phase == Phase::Initiated && self.order(place).scanned.is_none() {
            let id = self.transaction_id();
            self.order_mut(place).scan(id, now);
        }
    }

    /// The customer approves a payment that waits, and the issuer agrees.
    pub(crate) fn approve(&mut self, place: OrderRef, now: Timestamp) {
        self.order_mut(place).approve(now);
    }
}
