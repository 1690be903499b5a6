//! Checks the ledger of the simulator against the recorded calls after a schedule.

use std::collections::{BTreeMap, BTreeSet};

use vipps::OrderId;
use vipps::simulator::{Account, EffectKind, Simulator};

use crate::model::{Action, Api, CallResult, FinalState, Model, Order, Record};

impl Model {
    /// Checks the account of each order.
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

/// Returns the amount that direct capture has captured.
fn sale_amount(account: &Account) -> i64 {
    let sales = account.effects().iter();
    sales
        .filter(|effect| effect.kind() == EffectKind::Sale)
        .map(vipps::simulator::Effect::amount)
        .sum()
}

/// Returns the amounts of the effects of this kind and idempotency key.
pub fn effect_amounts(account: &Account, kind: EffectKind, key: Option<&str>) -> Vec<i64> {
    let effects = account.effects().iter();
    effects
        .filter(|effect| effect.kind() == kind && effect.idempotency_key() == key)
        .map(vipps::simulator::Effect::amount)
        .collect()
}
