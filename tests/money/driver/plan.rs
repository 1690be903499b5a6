//! The random choice of the next call.

use std::time::Duration;

use vipps::{OrderId, RequestId};

use super::Driver;
use crate::model::{Over, What};

/// A call that has not been made yet.
#[derive(Clone, Debug)]
pub struct Plan {
    pub order: OrderId,
    pub over: Over,
    pub what: What,
    pub key: Option<RequestId>,
    pub text: String,
    pub deadline: Option<Duration>,
    /// The number of attempts allowed. `None` selects the number of the client's policy.
    pub attempts: Option<u32>,
    /// The index of the process that makes the call.
    pub process: usize,
    /// The time after which the caller drops the call.
    pub patience: Option<Duration>,
}

impl Driver {
    pub(super) fn plan(&mut self, order: OrderId, what: What, word: &str) -> Plan {
        let number = self.model.next_number();
        let deadline = match self.rng.below(10) {
            0 => Some(self.rng.between(1, 2_000)),
            1 => Some(self.rng.between(2_000, 30_000)),
            2 => Some(self.rng.between(30_000, 200_000)),
            _ => None,
        };
        let attempts = match self.rng.below(10) {
            0 => Some(1),
            1 => Some(10),
            2 => Some(5),
            _ => None,
        };
        let key = self.rng.percent(40).then(|| {
            let fill = "k".repeat(usize::try_from(self.rng.below(30)).expect("small"));
            RequestId::parse(&format!("own-{number}-{fill}")).expect("a key")
        });
        let patience = self
            .rng
            .percent(12)
            .then(|| Duration::from_millis(self.rng.below(12_000)));
        if self.processes.len() < 2 && self.rng.percent(10) {
            let second = self.process();
            self.processes.push(second);
        }
        let process = self.rng.below(self.processes.len() as u64);
        let over = self.over_for(&order, &what);
        // A call with a long deadline and many attempts reaches the limits per minute.
        let stubborn = self.rng.percent(10);
        let deadline = if stubborn { Some(200_000) } else { deadline };
        let attempts = if stubborn { Some(10) } else { attempts };
        Plan {
            order,
            over,
            what,
            key,
            text: format!("{word} {number}"),
            deadline: deadline.map(Duration::from_millis),
            attempts,
            process: usize::try_from(process).expect("small"),
            patience,
        }
    }

    /// Chooses the API for a call. A payment that eCom started can be changed with either.
    pub(super) fn over_for(&mut self, order: &OrderId, what: &What) -> Over {
        let started_by = self.model.order(order).started_by;
        let is_start = matches!(what, What::Initiate { .. });
        match (self.over, started_by) {
            (Over::Ecom, _) => Over::Ecom,
            (Over::Epayment, Over::Ecom) if is_start || self.rng.percent(20) => Over::Ecom,
            (Over::Epayment, _) => Over::Epayment,
        }
    }

    pub(super) fn any_order(&mut self) -> OrderId {
        self.rng.pick(&self.model.orders).id.clone()
    }

    pub(super) fn amount(&mut self, of: i64) -> i64 {
        let of = u64::try_from(of).expect("positive");
        let amount = match self.rng.below(8) {
            0 => of,
            1 => of + 1,
            _ => self.rng.between(1, of / 2 + 100),
        };
        i64::try_from(amount).expect("small")
    }

    pub(super) fn move_money(&mut self) -> Plan {
        let id = self.any_order();
        let whole = self.model.order(&id).amount;
        let amount = if self.rng.percent(75) {
            Some(self.amount(whole))
        } else {
            None
        };
        let what = match self.rng.below(5) {
            0 | 1 => What::Refund { amount },
            _ => What::Capture { amount },
        };
        self.plan(id, what, "move")
    }
}
