//! Waits and reads: what the merchant sees of its payments and codes.

use std::time::Duration;

use tokio::time::Instant;
use vipps::Outcome;

use super::{Driver, USUAL_DEADLINE, check_deadline, ecom, epayment};
use crate::codes::{self, Asked, Code};
use crate::model::{Order, Over, Shown, What};
use crate::network::{CALL, Sent};

impl Driver {
    pub(super) async fn wait(&mut self) {
        let id = self.any_order();
        let call = self.network.next_call();
        // Either poll at the maximum rate for slightly more than a minute, or poll slowly until the
        // payment expires.
        let (every, patience) = if self.rng.percent(10) {
            (Duration::ZERO, self.rng.between(1, 70))
        } else {
            (Duration::from_secs(25), self.rng.between(1, 700))
        };
        let patience = Duration::from_secs(patience);
        let over = self.over_for(&id, &What::Cancel { release: false });
        let begun = Instant::now();
        let vipps = &self.processes[0];
        let is_paid = match over {
            Over::Ecom => {
                CALL.scope(call, ecom::wait(vipps, &id, patience, every))
                    .await
            }
            Over::Epayment => {
                CALL.scope(call, epayment::wait(vipps, &id, patience, every))
                    .await
            }
        };
        check_deadline(begun, patience, &"wait");
        self.network.check(call, None);
        match is_paid {
            Ok(true) => {
                let account = self
                    .sim
                    .account(id.as_str())
                    .expect("an order that is paid");
                assert!(account.reserved() + account.captured() > 0, "{account:?}");
            }
            Ok(_) => {}
            Err(error) => assert_ne!(error.outcome(), Outcome::Unknown, "{error:?}"),
        }
    }

    /// Changes a code, or looks at one.
    pub(super) async fn code(&mut self) {
        let number = self.model.next_number();
        let asked = Asked::any(&mut self.rng, number);
        let reads = self.rng.percent(15);
        let call = self.network.next_call();
        let begun = Instant::now();
        let vipps = &self.processes[0];
        let came = if reads {
            let read = CALL.scope(call, codes::shown(vipps, Code::Redirect));
            read.await.map(drop)
        } else {
            CALL.scope(call, asked.send(vipps)).await
        };
        check_deadline(begun, USUAL_DEADLINE, &"code");
        self.network.check(call, None);
        if reads {
            let unknown = matches!(&came, Err(error) if error.outcome() == Outcome::Unknown);
            assert!(!unknown, "a read has no effect: {came:?}");
            return;
        }
        let late = self.network.requests(call).iter().any(Sent::is_unclear);
        self.model.codes.enter(asked, came, late);
    }

    /// Reads how a payment ended, and compares the sums that the APIs show with the ledger.
    pub async fn shown(&self, order: &Order) -> Shown {
        let mut shown = Shown::default();
        let vipps = &self.processes[0];
        if self.over == Over::Epayment {
            epayment::show(vipps, order, &self.sim, &mut shown).await;
        }
        if order.started_by == Over::Ecom {
            ecom::show(vipps, order, &self.sim, &mut shown).await;
        }
        shown
    }

    /// Checks the text that each code shows against the calls that changed it.
    pub async fn audit_codes(&mut self) {
        for code in [Code::Redirect, Code::Callback] {
            let shown = codes::shown(&self.processes[0], code).await;
            let shown = shown.expect("nothing is in the way");
            let twice = self.model.twice;
            if self.model.codes.audit(code, shown.as_deref(), twice) {
                self.model.count("codes");
            }
        }
    }
}
