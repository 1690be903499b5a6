//! The reference model: all calls of a schedule with their results.

use std::collections::BTreeMap;

use vipps::simulator::{EffectKind, Simulator};
use vipps::{Amount, Error, OrderId, Outcome};

use crate::codes::Codes;
use crate::ledger::effect_amounts;

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

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    pub fn is_unknown(&self) -> bool {
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
    pub fn kind(&self) -> Option<EffectKind> {
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
    pub fn identity(&self) -> (OrderId, u8, Option<String>) {
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

    /// Returns the indices of the calls whose effect is unknown to the caller: failed calls with
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
}
