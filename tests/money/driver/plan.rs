//! The random choice of the next call.

use std::time::Duration;

use vipps::{OrderId, RequestId};

use super::Driver;
use crate::model::{Action, Api};

/// A call that has not been made yet.
#[derive(Clone, Debug)]
pub struct Plan {
    pub order: OrderId,
    pub api: Api,
    pub action: Action,
    pub key: Option<RequestId>,
    pub text: String,
    pub deadline: Option<Duration>,
    /// The number of attempts allowed. `None` selects the number of the client's policy.
    pub attempts: Option<u32>,
    /// The index of the process that makes the call.
    pub process: usize,
    /// The time after which the caller drops the call.
    pub drop_after: Option<Duration>,
}

impl Driver {
    /// Plans a call with random options. `word` is the start of its transaction text.
    pub(super) fn plan(&mut self, order: OrderId, action: Action, word: &str) -> Plan {
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
        let drop_after = self
            .rng
            .percent(12)
            .then(|| Duration::from_millis(self.rng.below(12_000)));
        if self.processes.len() < 2 && self.rng.percent(10) {
            let second = self.new_process();
            self.processes.push(second);
        }
        let process = self.rng.below(self.processes.len() as u64);
        let api = self.choose_api(&order, &action);
        // A call with a long deadline and many attempts reaches the limits per minute.
        let is_persistent = self.rng.percent(10);
        let deadline = if is_persistent {
            Some(200_000)
        } else {
            deadline
        };
        let attempts = if is_persistent { Some(10) } else { attempts };
        Plan {
            order,
            api,
            action,
            key,
            text: format!("{word} {number}"),
            deadline: deadline.map(Duration::from_millis),
            attempts,
            process: usize::try_from(process).expect("small"),
            drop_after,
        }
    }

    /// Chooses the API for a call. A payment that eCom started can be changed with either.
    pub(super) fn choose_api(&mut self, order: &OrderId, action: &Action) -> Api {
        let started_by = self.model.order(order).started_by;
        let is_start = matches!(action, Action::Initiate { .. });
        match (self.api, started_by) {
            (Api::Ecom, _) => Api::Ecom,
            (Api::Epayment, Api::Ecom) if is_start || self.rng.percent(20) => Api::Ecom,
            (Api::Epayment, _) => Api::Epayment,
        }
    }

    pub(super) fn any_order(&mut self) -> OrderId {
        self.rng.pick(&self.model.orders).id.clone()
    }

    pub(super) fn random_amount(&mut self, order_amount: i64) -> i64 {
        let order_amount = u64::try_from(order_amount).expect("positive");
        let amount = match self.rng.below(8) {
            0 => order_amount,
            1 => order_amount + 1,
            _ => self.rng.between(1, order_amount / 2 + 100),
        };
        i64::try_from(amount).expect("small")
    }

    pub(super) fn plan_capture_or_refund(&mut self) -> Plan {
        let id = self.any_order();
        let order_amount = self.model.order(&id).amount;
        let amount = if self.rng.percent(75) {
            Some(self.random_amount(order_amount))
        } else {
            None
        };
        let action = match self.rng.below(5) {
            0 | 1 => Action::Refund { amount },
            _ => Action::Capture { amount },
        };
        self.plan(id, action, "move")
    }
}
