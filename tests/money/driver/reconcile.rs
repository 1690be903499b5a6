//! Reconciles the operations whose outcome is unknown, and checks each verdict against the ledger.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Driver, check_deadline, ecom, epayment};
use crate::model::{Came, Over};
use crate::network::CALL;

impl Driver {
    pub(super) async fn reconcile_one(&mut self) {
        let unknown: Vec<_> = self.model.unknown().collect();
        if unknown.is_empty() {
            return;
        }
        let place = *self.rng.pick(&unknown);
        // In 30 of 100 cases the deadline is too short for a definite result.
        let hurry = self.rng.percent(30);
        let deadline = hurry.then(|| Duration::from_millis(self.rng.between(1, 20_000)));
        self.reconcile(place, deadline).await;
    }

    /// Reconciles an operation and checks the verdict against the ledger. Returns true if the
    /// verdict is definite.
    pub(super) async fn reconcile(&mut self, place: usize, deadline: Option<Duration>) -> bool {
        let record = &self.model.records[place];
        let Came::Failed(error) = &record.came else {
            return false;
        };
        let call = self.network.next_call();
        let begun = Instant::now();
        let vipps = &self.processes[0];
        let verdict = match record.over {
            Over::Ecom => {
                CALL.scope(call, ecom::reconcile(vipps, error, deadline))
                    .await
            }
            Over::Epayment => {
                CALL.scope(call, epayment::reconcile(vipps, error, deadline))
                    .await
            }
        };
        let deadline = deadline.unwrap_or(Duration::from_secs(60));
        check_deadline(begun, deadline, &"reconcile");
        self.network.check(call, None);
        self.model.judge(place, verdict, &self.sim)
    }

    /// Ends all faults, waits until delayed requests have arrived, and requires a definite verdict
    /// on every unknown operation that the APIs show.
    pub async fn settle(&mut self) {
        self.sim.faults().clear();
        self.network.refuse(0);
        sleep(Duration::from_secs(90)).await;
        self.memory.sync_clock();
        for place in self.model.unknown().collect::<Vec<_>>() {
            let is_definite = self.reconcile(place, None).await;
            let record = &self.model.records[place];
            if record.may_stay_unknown(&self.sim) {
                self.model.count("reconcile: direct capture");
                continue;
            }
            assert!(
                is_definite,
                "nothing is in the way, and reconcile does not tell: {record:?}"
            );
        }
        for place in self.model.undecided().collect::<Vec<_>>() {
            self.reconcile_stored(place).await;
        }
    }

    /// Reconciles from what a caller stores before a call, as after a crash.
    pub(super) async fn reconcile_stored(&mut self, place: usize) {
        let record = &self.model.records[place];
        let vipps = &self.processes[0];
        let call = self.network.next_call();
        let verdict = match record.over {
            Over::Ecom => {
                CALL.scope(call, ecom::reconcile_stored(vipps, record))
                    .await
            }
            Over::Epayment => {
                CALL.scope(call, epayment::reconcile_stored(vipps, record))
                    .await
            }
        };
        let Some(verdict) = verdict else { return };
        self.network.check(call, None);
        if self.model.judge(place, verdict, &self.sim) {
            self.model.count("reconcile: stored");
        }
    }
}
