//! The reference model: all calls with their results, and the effects that the ledger must contain.

use std::collections::{BTreeMap, BTreeSet};

use vipps::simulator::{Account, EffectKind, Simulator};
use vipps::{Amount, Error, OrderId, Outcome};

use crate::codes::Codes;

/// The API of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    Ecom,
    Epayment,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub amount: i64,
    pub started_by: Api,
}

/// The state of a payment after its schedule, as the APIs return it.
#[derive(Clone, Debug, Default)]
pub struct FinalState {
    /// The text of each cancellation that succeeded. `None` if the API has no such text.
    pub cancels: Vec<Option<String>>,
    /// True if the payment was cancelled, rejected or expired, so that nothing is left to capture.
    pub is_closed: bool,
    /// The idempotency key of the request that created the payment.
    pub creation_key: Option<String>,
}

/// The result of `reconcile`, for either API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    TookEffect,
    NoEffect,
    StillUnknown,
}

/// The operation of a call, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Initiate { with_code: bool },
    Capture { amount: Option<i64> },
    Refund { amount: Option<i64> },
    Cancel { release: bool },
}

/// The result of a call.
#[derive(Clone, Debug)]
pub enum CallResult {
    Done {
        amount: Option<i64>,
        key: Option<String>,
    },
    Failed(Error),
    /// The caller dropped the call.
    Dropped,
}

impl CallResult {
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
    pub api: Api,
    pub action: Action,
    pub text: String,
    pub key: Option<String>,
    /// True if the crate generated the key.
    pub has_generated_key: bool,
    pub result: CallResult,
    /// True if any of its requests received HTTP 429.
    pub was_rate_limited: bool,
    /// The index in the list of all records.
    pub index: usize,
    /// The definite verdicts of `reconcile`: true if the operation took effect.
    pub verdicts: Vec<bool>,
}

impl Record {
    fn kind(&self) -> Option<EffectKind> {
        match self.action {
            Action::Capture { .. } => Some(EffectKind::Capture),
            Action::Refund { .. } => Some(EffectKind::Refund),
            Action::Initiate { .. } | Action::Cancel { .. } => None,
        }
    }

    /// Returns true if `reconcile` need not decide about the operation.
    ///
    /// The capture of a direct capture has no idempotency key in the event log of ePayment, and its
    /// form there is not documented. It may therefore be the capture whose response was lost.
    pub fn may_stay_unknown(&self, sim: &Simulator) -> bool {
        let account = sim.account(self.order.as_str());
        let is_sale = account.is_some_and(|account| account.count(EffectKind::Sale) > 0);
        is_sale && self.api == Api::Epayment && self.kind() == Some(EffectKind::Capture)
    }

    /// Returns the parts that identify an operation. Two calls with equal parts are the same
    /// operation.
    fn identity(&self) -> (OrderId, u8, Option<String>) {
        let kind = match self.action {
            Action::Initiate { .. } => 0,
            Action::Capture { .. } => 1,
            Action::Refund { .. } => 2,
            Action::Cancel { .. } => 3,
        };
        let key = match self.action {
            Action::Initiate { .. } if self.api == Api::Ecom => None,
            Action::Cancel { .. } => Some(self.text.clone()),
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
    /// True if the network delivers some requests twice.
    pub delivers_twice: bool,
    last_number: u64,
}

impl Model {
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub fn order(&self, id: &OrderId) -> &Order {
        let mut orders = self.orders.iter();
        orders.find(|order| order.id == *id).expect("a known order")
    }

    pub fn with_key(&self) -> impl Iterator<Item = &Record> {
        let has_key = |record: &&Record| {
            !matches!(record.action, Action::Cancel { .. }) && record.key.is_some()
        };
        self.records.iter().filter(has_key)
    }

    /// Returns true if exactly this operation has taken effect and no other operation has its key.
    pub fn is_done(&self, record: &Record, sim: &Simulator) -> bool {
        let alike = |other: &Record| other.action == record.action;
        let same = |other: &&Record| other.identity() == record.identity();
        let (Some(kind), Some(account)) = (record.kind(), sim.account(record.order.as_str()))
        else {
            return false;
        };
        self.records.iter().filter(same).all(alike)
            && effect_amounts(&account, kind, record.key.as_deref()).len() == 1
    }

    /// Returns the indices of the calls that failed with an unknown outcome.
    pub fn unknown(&self) -> impl Iterator<Item = usize> {
        let unknown = |(_, record): &(usize, &Record)| {
            record.result.is_unknown() && matches!(record.result, CallResult::Failed(_))
        };
        let records = self.records.iter().enumerate().filter(unknown);
        records.map(|(index, _)| index)
    }

    /// Returns the indices of the calls whose outcome the caller does not know: failed calls with
    /// an unknown outcome, and dropped calls.
    pub fn undecided(&self) -> impl Iterator<Item = usize> {
        let records = self.records.iter().enumerate();
        let undecided = records.filter(|(_, record)| record.result.is_unknown());
        undecided.map(|(index, _)| index)
    }

    pub fn count(&mut self, event: &'static str) {
        *self.counts.entry(event).or_default() += 1;
    }

    /// Adds a finished call to the records.
    pub fn add(&mut self, mut record: Record) {
        record.index = self.records.len();
        let known = self.records.iter().any(|before| before.key == record.key);
        assert!(
            !(record.has_generated_key && known),
            "a key was generated for two operations: {record:?}"
        );
        self.count(match &record.result {
            CallResult::Done { .. } => "done",
            CallResult::Dropped => "dropped",
            CallResult::Failed(error) => match error.outcome() {
                Outcome::NotSent => "not sent",
                Outcome::Rejected => "rejected",
                Outcome::NoEffect => "no effect",
                Outcome::Unknown => "unknown",
            },
        });
        if record.result.is_done() && record.api != self.order(&record.order).started_by {
            self.count("done by the other API");
        }
        if let CallResult::Failed(error) = &record.result
            && error.attempts() > 1
        {
            self.count("failed after retries");
        }
        self.records.push(record);
    }

    /// Checks a verdict of `reconcile` against the current ledger, and records it for the final
    /// check. Returns true if the verdict is definite.
    pub fn check_verdict(&mut self, index: usize, verdict: Verdict, sim: &Simulator) -> bool {
        let record = &mut self.records[index];
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
            let account = account.expect("an operation that took effect has an account");
            if let Some(kind) = record.kind() {
                let key = record.key.as_deref();
                let times = effect_amounts(&account, kind, key).len();
                assert_eq!(
                    times, 1,
                    "reconcile returned TookEffect, the ledger has {times} effects: {record:?}"
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

    /// Compares the captured and the refunded sum that an API returns with the ledger.
    pub fn compare_sums(order: &str, sums: (Amount, Amount), sim: &Simulator) {
        let account = sim.account(order);
        let account = account.expect("an order with details has an account");
        assert_eq!(
            (sums.0.minor_units(), sums.1.minor_units()),
            (account.captured(), account.refunded()),
            "details and ledger differ"
        );
    }

    /// Checks the ledger after the schedule has ended.
    pub fn check(&self, sim: &Simulator, final_states: &BTreeMap<OrderId, FinalState>) {
        for order in &self.orders {
            let account = sim.account(order.id.as_str());
            let state = final_states.get(&order.id).cloned().unwrap_or_default();
            self.check_start(order, account.as_ref(), &state);
            self.check_cancels(order, account.as_ref(), &state);
            if let Some(account) = &account {
                self.check_money(order, account);
                self.check_releases(order, account);
            }
        }
    }

    /// Returns true if the caller cannot determine whether the call took effect.
    ///
    /// A network that delivers a request twice returns the second response. The first delivery can
    /// use up the last request that the rate limit allows. The second delivery then fails with 429,
    /// although the first took effect.
    fn is_unclear(&self, record: &Record) -> bool {
        let may_be_second_delivery = self.delivers_twice && record.was_rate_limited;
        record.result.is_unknown()
            || (may_be_second_delivery && matches!(record.result, CallResult::Failed(_)))
    }

    fn records_of<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = (usize, &'a Record)> {
        let records = self.records.iter().enumerate();
        records.filter(|(_, record)| record.order == order.id)
    }

    /// Returns the verdicts of `reconcile` that must still be correct at the end. "No effect" is
    /// not one of them if a later call retried the operation.
    fn verdicts(&self, record: &Record) -> impl Iterator<Item = bool> {
        let identity = record.identity();
        let mut later = self.records.iter().skip(record.index + 1);
        let was_retried = later.any(|later| later.identity() == identity);
        let verdicts = record.verdicts.clone().into_iter();
        verdicts.filter(move |took_effect| *took_effect || !was_retried)
    }

    fn check_start(&self, order: &Order, account: Option<&Account>, state: &FinalState) {
        let starts = || {
            self.records_of(order)
                .map(|(_, record)| record)
                .filter(|record| matches!(record.action, Action::Initiate { .. }))
        };
        if starts().any(|start| start.result.is_done()) {
            assert!(
                account.is_some(),
                "Ok, but the order does not exist: {order:?}"
            );
        }
        for start in starts() {
            // With ePayment, a start with another key may have created the payment.
            let has_created = match start.api {
                Api::Ecom => account.is_some(),
                Api::Epayment => account.is_some() && state.creation_key == start.key,
            };
            for exists in self.verdicts(start) {
                assert_eq!(has_created, exists, "reconcile was wrong: {start:?}");
            }
            if start.api == Api::Epayment && start.result.is_done() {
                assert!(
                    has_created,
                    "Ok, but another start created the payment: {start:?}"
                );
            }
        }
        // A request that the network delivers twice creates the order and then fails with code 34,
        // "order id is already used".
        let is_definite_failure = |start: &Record| match &start.result {
            CallResult::Failed(error) => {
                !self.is_unclear(start) && !error.has_code("34") && !error.has_code("4150")
            }
            _ => false,
        };
        if starts().all(is_definite_failure) {
            assert!(
                account.is_none(),
                "all starts failed with a definite outcome, but the order exists: {order:?}"
            );
        }
    }

    fn check_money(&self, order: &Order, account: &Account) {
        assert!(
            account.captured() + account.released() <= account.reserved() + sale_amount(account),
            "more captured than reserved: {account:?}"
        );
        assert!(
            account.refunded() <= account.captured(),
            "more refunded than captured: {account:?}"
        );
        let mut accounted = BTreeSet::new();
        for kind in [EffectKind::Capture, EffectKind::Refund] {
            let mut by_key: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
            for (_, record) in self.records_of(order) {
                if let (true, Some(key)) = (record.kind() == Some(kind), &record.key) {
                    by_key.entry(key).or_default().push(record);
                }
            }
            for (key, records) in by_key {
                accounted.insert((kind as u8, key.to_owned()));
                self.check_operation(&effect_amounts(account, kind, Some(key)), &records);
            }
        }
        for effect in account.effects() {
            if matches!(effect.kind(), EffectKind::Capture | EffectKind::Refund) {
                let key = effect.idempotency_key().unwrap_or_default().to_owned();
                assert!(
                    accounted.contains(&(effect.kind() as u8, key)),
                    "no call accounts for an effect: {effect:?}"
                );
            }
        }
    }

    /// Checks the calls with one idempotency key, which are one operation.
    fn check_operation(&self, amounts: &[i64], records: &[&Record]) {
        assert!(
            amounts.len() <= 1,
            "an operation took effect twice, {amounts:?}: {records:?}"
        );
        for record in records {
            if let CallResult::Done { amount, .. } = &record.result {
                assert_eq!(
                    amounts.len(),
                    1,
                    "a call succeeded, but its effect is missing: {record:?}"
                );
                assert_eq!(*amount, amounts.first().copied(), "{record:?}");
                if let Action::Capture {
                    amount: Some(requested),
                }
                | Action::Refund {
                    amount: Some(requested),
                } = record.action
                {
                    assert_eq!(*amount, Some(requested), "{record:?}");
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
            .all(|record| !record.result.is_done() && !self.is_unclear(record))
        {
            assert!(
                amounts.is_empty(),
                "a call with outcome NotSent or Rejected took effect: {records:?}"
            );
        }
    }

    /// Checks that a release of a reservation has a call that accounts for it.
    fn check_releases(&self, order: &Order, account: &Account) {
        let mut cancels = self.records_of(order).map(|(_, record)| record);
        let accounts_for_it = |record: &Record| {
            let may_have = record.result.is_done() || self.is_unclear(record);
            may_have && matches!(record.action, Action::Cancel { .. })
        };
        assert!(
            account.count(EffectKind::Release) == 0 || cancels.any(accounts_for_it),
            "no call accounts for a release: {account:?}"
        );
    }

    fn check_cancels(&self, order: &Order, account: Option<&Account>, state: &FinalState) {
        let cancels = &state.cancels;
        assert!(
            cancels.len() <= 1,
            "a payment was cancelled twice: {cancels:?}"
        );
        if let Some(account) = account {
            assert!(account.count(EffectKind::Release) <= 1, "{account:?}");
        }
        for (_, record) in self.records_of(order) {
            let Action::Cancel { .. } = record.action else {
                continue;
            };
            let has_its_text = cancels
                .iter()
                .any(|text| text.as_deref() == Some(&record.text));
            let is_closed = match record.api {
                Api::Ecom => cancels.len() == 1,
                Api::Epayment => state.is_closed,
            };
            if record.result.is_done() {
                assert!(
                    is_closed,
                    "a cancel succeeded, but the payment is not cancelled: {record:?}"
                );
            } else if !self.is_unclear(record) {
                assert!(
                    !has_its_text,
                    "a call with outcome NotSent or Rejected took effect: {record:?}"
                );
            }
            for took_effect in self.verdicts(record) {
                if took_effect {
                    assert!(is_closed, "reconcile was wrong: {record:?}");
                } else {
                    assert!(!has_its_text, "reconcile was wrong: {record:?}");
                }
            }
        }
    }
}

fn sale_amount(account: &Account) -> i64 {
    let sales = account.effects().iter();
    sales
        .filter(|effect| effect.kind() == EffectKind::Sale)
        .map(vipps::simulator::Effect::amount)
        .sum()
}

fn effect_amounts(account: &Account, kind: EffectKind, key: Option<&str>) -> Vec<i64> {
    let effects = account.effects().iter();
    effects
        .filter(|effect| effect.kind() == kind && effect.idempotency_key() == key)
        .map(vipps::simulator::Effect::amount)
        .collect()
}
