//! The reference model: what was asked, what was answered, and what the ledger must therefore hold.

use std::collections::{BTreeMap, BTreeSet};

use vipps::simulator::{Account, EffectKind, Simulator};
use vipps::{Amount, Error, OrderId, Outcome};

use crate::codes::Codes;

/// The API of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Ecom,
    Epayment,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub amount: i64,
    pub started_by: Over,
}

/// The end of a payment, as the APIs show it.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The text of each cancellation that succeeded. `None` if the API has no such text.
    pub cancels: Vec<Option<String>>,
    /// Nothing of the payment is left to capture because it was cancelled, rejected or expired.
    pub is_given_up: bool,
    /// The key of the creation.
    pub creation_key: Option<String>,
}

/// A verdict of `reconcile`, of either API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    TookEffect,
    NoEffect,
    StillUnknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Initiate { with_code: bool },
    Capture { amount: Option<i64> },
    Refund { amount: Option<i64> },
    Cancel { release: bool },
}

/// The result of a call.
#[derive(Clone, Debug)]
pub enum Came {
    Done {
        amount: Option<i64>,
        key: Option<String>,
    },
    Failed(Error),
    /// The caller dropped the call.
    Dropped,
}

impl Came {
    /// Returns the idempotency key in the result or the error.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Done { key, .. } => key.clone(),
            Self::Failed(error) => error.idempotency_key().map(ToString::to_string),
            Self::Dropped => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    fn is_unknown(&self) -> bool {
        match self {
            Self::Done { .. } => false,
            Self::Failed(error) => error.outcome() == Outcome::Unknown,
            Self::Dropped => true,
        }
    }
}

/// One logical call.
#[derive(Clone, Debug)]
pub struct Record {
    pub order: OrderId,
    pub over: Over,
    pub what: What,
    pub text: String,
    pub key: Option<String>,
    /// True if the crate generated the key.
    pub made: bool,
    pub came: Came,
    /// True if the response to any of its requests was 429.
    pub limited: bool,
    /// The index in the list of all records.
    pub number: usize,
    /// The definite verdicts of `reconcile`: true if the operation took effect.
    pub verdicts: Vec<bool>,
}

impl Record {
    fn kind(&self) -> Option<EffectKind> {
        match self.what {
            What::Capture { .. } => Some(EffectKind::Capture),
            What::Refund { .. } => Some(EffectKind::Refund),
            What::Initiate { .. } | What::Cancel { .. } => None,
        }
    }

    /// Returns true if `reconcile` need not decide about the operation.
    ///
    /// The capture of a direct capture has no idempotency key in the event log of ePayment, and its
    /// form there is not documented. It may therefore be the capture whose response was lost.
    pub fn may_stay_unknown(&self, sim: &Simulator) -> bool {
        let account = sim.account(self.order.as_str());
        let is_sale = account.is_some_and(|account| account.count(EffectKind::Sale) > 0);
        is_sale && self.over == Over::Epayment && self.kind() == Some(EffectKind::Capture)
    }

    /// Returns the parts that identify an operation. Two calls with equal parts are the same
    /// operation.
    fn identity(&self) -> (OrderId, u8, Option<String>) {
        let kind = match self.what {
            What::Initiate { .. } => 0,
            What::Capture { .. } => 1,
            What::Refund { .. } => 2,
            What::Cancel { .. } => 3,
        };
        let key = match self.what {
            What::Initiate { .. } if self.over == Over::Ecom => None,
            What::Cancel { .. } => Some(self.text.clone()),
            _ => self.key.clone(),
        };
        (self.order.clone(), kind, key)
    }
}

/// The number of times each event was seen. A test fails if an event that it covers never happens.
pub type Counts = BTreeMap<&'static str, u64>;

#[derive(Debug, Default)]
pub struct Model {
    pub orders: Vec<Order>,
    pub records: Vec<Record>,
    pub codes: Codes,
    pub counts: Counts,
    /// True if the network delivers requests twice.
    pub twice: bool,
    numbers: u64,
}

impl Model {
    pub fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub fn order(&self, id: &OrderId) -> &Order {
        let mut orders = self.orders.iter();
        orders.find(|order| order.id == *id).expect("a known order")
    }

    pub fn keyed(&self) -> impl Iterator<Item = &Record> {
        let keyed =
            |record: &&Record| !matches!(record.what, What::Cancel { .. }) && record.key.is_some();
        self.records.iter().filter(keyed)
    }

    /// Returns true if exactly this operation has taken effect and no other operation has its key.
    pub fn is_done(&self, record: &Record, sim: &Simulator) -> bool {
        let alike = |other: &Record| other.what == record.what;
        let same = |other: &&Record| other.identity() == record.identity();
        let (Some(kind), Some(account)) = (record.kind(), sim.account(record.order.as_str()))
        else {
            return false;
        };
        self.records.iter().filter(same).all(alike)
            && effects(&account, kind, record.key.as_deref()).len() == 1
    }

    /// The operations that an error calls unknown.
    pub fn unknown(&self) -> impl Iterator<Item = usize> {
        let unknown = |(_, record): &(usize, &Record)| {
            record.came.is_unknown() && matches!(record.came, Came::Failed(_))
        };
        let places = self.records.iter().enumerate().filter(unknown);
        places.map(|(place, _)| place)
    }

    /// The operations whose caller has no result: unknown ones, and those that were dropped.
    pub fn undecided(&self) -> impl Iterator<Item = usize> {
        let records = self.records.iter().enumerate();
        let undecided = records.filter(|(_, record)| record.came.is_unknown());
        undecided.map(|(place, _)| place)
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn enter(&mut self, mut record: Record) {
        record.number = self.records.len();
        let known = self.records.iter().any(|before| before.key == record.key);
        assert!(
            !(record.made && known),
            "a key was made for two operations: {record:?}"
        );
        self.count(match &record.came {
            Came::Done { .. } => "done",
            Came::Dropped => "dropped",
            Came::Failed(error) => match error.outcome() {
                Outcome::NotSent => "not sent",
                Outcome::Rejected => "rejected",
                Outcome::NoEffect => "no effect",
                Outcome::Unknown => "unknown",
            },
        });
        if record.came.is_done() && record.over != self.order(&record.order).started_by {
            self.count("done by the other API");
        }
        if let Came::Failed(error) = &record.came
            && error.attempts() > 1
        {
            self.count("failed after repeats");
        }
        self.records.push(record);
    }

    /// Holds a verdict of `reconcile` against the ledger of that moment, and keeps it for the end.
    /// Says whether it was one.
    pub fn judge(&mut self, place: usize, verdict: Verdict, sim: &Simulator) -> bool {
        let record = &mut self.records[place];
        let took_effect = match verdict {
            Verdict::TookEffect => true,
            Verdict::NoEffect => false,
            Verdict::StillUnknown => {
                self.count("reconcile: still unknown");
                return false;
            }
        };
        record.verdicts.push(took_effect);
        if took_effect {
            let account = sim.account(record.order.as_str());
            let account = account.expect("what took effect has an account");
            if let Some(kind) = record.kind() {
                let key = record.key.as_deref();
                let times = effects(&account, kind, key).len();
                assert_eq!(
                    times, 1,
                    "reconcile: it took effect, and not once: {record:?}"
                );
            }
        }
        self.count(if took_effect {
            "reconcile: took effect"
        } else {
            "reconcile: no effect"
        });
        true
    }

    /// Compares the captured and the refunded sum that an API shows with the ledger.
    pub fn compare_sums(order: &str, sums: (Amount, Amount), sim: &Simulator) {
        let account = sim.account(order);
        let account = account.expect("what has details has an account");
        assert_eq!(
            (sums.0.minor_units(), sums.1.minor_units()),
            (account.captured(), account.refunded()),
            "details and ledger differ"
        );
    }

    /// Checks the ledger after the schedule has ended.
    pub fn audit(&self, sim: &Simulator, shown: &BTreeMap<OrderId, Shown>) {
        for order in &self.orders {
            let account = sim.account(order.id.as_str());
            let shown = shown.get(&order.id).cloned().unwrap_or_default();
            self.audit_start(order, account.as_ref(), &shown);
            self.audit_cancels(order, account.as_ref(), &shown);
            if let Some(account) = &account {
                self.audit_money(order, account);
                self.audit_releases(order, account);
            }
        }
    }

    /// Returns true if the caller cannot determine whether the call took effect.
    ///
    /// A network that delivers a request twice returns the second response. The first delivery can
    /// use up the last request that the rate limit allows. The second delivery then fails with 429,
    /// although the first took effect.
    fn is_unclear(&self, record: &Record) -> bool {
        let limited = self.twice && record.limited;
        record.came.is_unknown() || (limited && matches!(record.came, Came::Failed(_)))
    }

    fn of_order<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = (usize, &'a Record)> {
        let records = self.records.iter().enumerate();
        records.filter(|(_, record)| record.order == order.id)
    }

    /// The verdicts of `reconcile` on an operation that must hold to the end: that it took effect,
    /// and that it did not unless it was tried again.
    fn verdicts(&self, record: &Record) -> impl Iterator<Item = bool> {
        let identity = record.identity();
        let mut later = self.records.iter().skip(record.number + 1);
        let tried_again = later.any(|later| later.identity() == identity);
        let verdicts = record.verdicts.clone().into_iter();
        verdicts.filter(move |took_effect| *took_effect || !tried_again)
    }

    fn audit_start(&self, order: &Order, account: Option<&Account>, shown: &Shown) {
        let starts = || {
            self.of_order(order)
                .map(|(_, record)| record)
                .filter(|record| matches!(record.what, What::Initiate { .. }))
        };
        if starts().any(|start| start.came.is_done()) {
            assert!(account.is_some(), "Ok, and no order: {order:?}");
        }
        for start in starts() {
            // With a key, another start may have made the payment.
            let made = match start.over {
                Over::Ecom => account.is_some(),
                Over::Epayment => account.is_some() && shown.creation_key == start.key,
            };
            for exists in self.verdicts(start) {
                assert_eq!(made, exists, "reconcile was wrong: {start:?}");
            }
            if start.over == Over::Epayment && start.came.is_done() {
                assert!(made, "Ok, and another start made the payment: {start:?}");
            }
        }
        // A request that the network delivers twice creates the order and then fails with code 34,
        // "order id is already used".
        let innocent = |start: &Record| match &start.came {
            Came::Failed(error) => {
                !self.is_unclear(start) && !error.has_code("34") && !error.has_code("4150")
            }
            _ => false,
        };
        if starts().all(innocent) {
            assert!(
                account.is_none(),
                "no effect was told, and there is an order"
            );
        }
    }

    fn audit_money(&self, order: &Order, account: &Account) {
        assert!(
            account.captured() + account.released() <= account.reserved() + sold(account),
            "more captured than reserved: {account:?}"
        );
        assert!(
            account.refunded() <= account.captured(),
            "more refunded than captured: {account:?}"
        );
        let mut known = BTreeSet::new();
        for kind in [EffectKind::Capture, EffectKind::Refund] {
            let mut by_key: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
            for (_, record) in self.of_order(order) {
                if let (true, Some(key)) = (record.kind() == Some(kind), &record.key) {
                    by_key.entry(key).or_default().push(record);
                }
            }
            for (key, records) in by_key {
                known.insert((kind as u8, key.to_owned()));
                self.audit_operation(&effects(account, kind, Some(key)), &records);
            }
        }
        for effect in account.effects() {
            if matches!(effect.kind(), EffectKind::Capture | EffectKind::Refund) {
                let key = effect.idempotency_key().unwrap_or_default().to_owned();
                assert!(
                    known.contains(&(effect.kind() as u8, key)),
                    "money moved that no call accounts for: {effect:?}"
                );
            }
        }
    }

    /// All calls of one key are one operation.
    fn audit_operation(&self, amounts: &[i64], records: &[&Record]) {
        assert!(
            amounts.len() <= 1,
            "an operation took effect twice, {amounts:?}: {records:?}"
        );
        for record in records {
            if let Came::Done { amount, .. } = &record.came {
                assert_eq!(amounts.len(), 1, "Ok means exactly once: {record:?}");
                assert_eq!(*amount, amounts.first().copied(), "{record:?}");
                if let What::Capture {
                    amount: Some(asked),
                }
                | What::Refund {
                    amount: Some(asked),
                } = record.what
                {
                    assert_eq!(*amount, Some(asked), "{record:?}");
                }
            }
            for took_effect in self.verdicts(record) {
                assert_eq!(
                    amounts.len() == 1,
                    took_effect,
                    "reconcile was wrong: {record:?}"
                );
            }
        }
        if records
            .iter()
            .all(|record| !record.came.is_done() && !self.is_unclear(record))
        {
            assert!(
                amounts.is_empty(),
                "NotSent and Rejected mean no effect: {records:?}"
            );
        }
    }

    /// Checks that a release of a reservation has a call that accounts for it.
    fn audit_releases(&self, order: &Order, account: &Account) {
        let mut cancels = self.of_order(order).map(|(_, record)| record);
        let accounts_for_it = |record: &Record| {
            let may_have = record.came.is_done() || self.is_unclear(record);
            may_have && matches!(record.what, What::Cancel { .. })
        };
        assert!(
            account.count(EffectKind::Release) == 0 || cancels.any(accounts_for_it),
            "money was released that no call accounts for: {account:?}"
        );
    }

    fn audit_cancels(&self, order: &Order, account: Option<&Account>, shown: &Shown) {
        let given_up = &shown.cancels;
        assert!(
            given_up.len() <= 1,
            "a payment was given up twice: {given_up:?}"
        );
        if let Some(account) = account {
            assert!(account.count(EffectKind::Release) <= 1, "{account:?}");
        }
        for (_, record) in self.of_order(order) {
            let What::Cancel { .. } = record.what else {
                continue;
            };
            let mine = given_up
                .iter()
                .any(|text| text.as_deref() == Some(&record.text));
            let is_given_up = match record.over {
                Over::Ecom => given_up.len() == 1,
                Over::Epayment => shown.is_given_up,
            };
            if record.came.is_done() {
                assert!(is_given_up, "Ok means exactly once: {record:?}");
            } else if !self.is_unclear(record) {
                assert!(!mine, "NotSent and Rejected mean no effect: {record:?}");
            }
            for took_effect in self.verdicts(record) {
                if took_effect {
                    assert!(is_given_up, "reconcile was wrong: {record:?}");
                } else {
                    assert!(!mine, "reconcile was wrong: {record:?}");
                }
            }
        }
    }
}

fn sold(account: &Account) -> i64 {
    let sales = account.effects().iter();
    sales
        .filter(|effect| effect.kind() == EffectKind::Sale)
        .map(vipps::simulator::Effect::amount)
        .sum()
}

fn effects(account: &Account, kind: EffectKind, key: Option<&str>) -> Vec<i64> {
    let effects = account.effects().iter();
    effects
        .filter(|effect| effect.kind() == kind && effect.idempotency_key() == key)
        .map(vipps::simulator::Effect::amount)
        .collect()
}
