//! Reconciles the operations whose outcome is unknown, and checks each verdict against the ledger.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Driver, check_deadline, ecom, epayment};
use crate::model::{Api, CallResult};
use crate::network::CALL;

impl Driver {
    pub(super) async fn reconcile_one(&mut self) {
        let unknown: Vec<_> = self.model.unknown().collect();
        if unknown.is_empty() {
            return;
        }
        let index = *self.rng.pick(&unknown);
        // In 30 of 100 cases the deadline is too short for a definite result.
        let is_short = self.rng.percent(30);
        let deadline = is_short.then(|| Duration::from_millis(self.rng.between(1, 20_000)));
        self.reconcile(index, deadline).await;
    }

    /// Reconciles an operation and checks the verdict against the ledger. Returns true if the
    /// verdict is definite.
    pub(super) async fn reconcile(&mut self, index: usize, deadline: Option<Duration>) -> bool {
        let record = &self.model.records[index];
        let CallResult::Failed(error) = &record.result else {
            return false;
        };
        let call = self.network.next_call();
        let start_time = Instant::now();
        let vipps = &self.processes[0];
        let verdict = match record.api {
            Api::Ecom => {
                CALL.scope(call, ecom::reconcile(vipps, error, deadline))
                    .await
            }
            Api::Epayment => {
                CALL.scope(call, epayment::reconcile(vipps, error, deadline))
                    .await
            }
        };
        let deadline = deadline.unwrap_or(Duration::from_secs(60));
        check_deadline(start_time, deadline, &"reconcile");
        self.network.check(call, None);
        self.model.check_verdict(index, verdict, &self.sim)
    }

    /// Ends all faults, waits until delayed requests have arrived, and requires a definite verdict
    /// on every operation with an unknown outcome.
    pub async fn settle(&mut self) {
        self.sim.faults().clear();
        self.network.set_refused_percent(0);
        sleep(Duration::from_secs(90)).await;
        self.memory.sync_clock();
        for index in self.model.unknown().collect::<Vec<_>>() {
            let is_definite = self.reconcile(index, None).await;
            let record = &self.model.records[index];
            if record.may_stay_unknown(&self.sim) {
                self.model.count("reconcile: direct capture");
                continue;
            }
            assert!(
                is_definite,
                "no fault is active, but reconcile returns no definite verdict: {record:?}"
            );
        }
        for index in self.model.undecided().collect::<Vec<_>>() {
            self.reconcile_stored(index).await;
        }
    }

    /// Reconciles from the values that a caller stores before a call, as after a crash.
    pub(super) async fn reconcile_stored(&mut self, index: usize) {
        let record = &self.model.records[index];
        let vipps = &self.processes[0];
        let call = self.network.next_call();
        let verdict = match record.api {
            Api::Ecom => {
                CALL.scope(call, ecom::reconcile_stored(vipps, record))
                    .await
            }
            Api::Epayment => {
                CALL.scope(call, epayment::reconcile_stored(vipps, record))
                    .await
            }
        };
        let Some(verdict) = verdict else { return };
        self.network.check(call, None);
        if self.model.check_verdict(index, verdict, &self.sim) {
            self.model.count("reconcile: stored");
        }
    }
}
