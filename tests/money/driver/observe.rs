//! Waits for payments, and reads and changes QR codes.

use std::time::Duration;

use tokio::time::Instant;
use vipps::Outcome;

use super::{DEFAULT_DEADLINE, Driver, check_deadline, ecom, epayment};
use crate::codes::{self, Code, CodeChange};
use crate::model::{Action, Api, FinalState, Order};
use crate::network::{CALL, SentRequest};

impl Driver {
    pub(super) async fn wait(&mut self) {
        let id = self.any_order();
        let call = self.network.next_call();
        // Either poll at the maximum rate for slightly more than a minute, or poll slowly until the
        // payment expires.
        let (every, deadline) = if self.rng.percent(10) {
            (Duration::ZERO, self.rng.between(1, 70))
        } else {
            (Duration::from_secs(25), self.rng.between(1, 700))
        };
        let deadline = Duration::from_secs(deadline);
        let api = self.choose_api(&id, &Action::Cancel { release: false });
        let start_time = Instant::now();
        let vipps = &self.processes[0];
        let is_paid = match api {
            Api::Ecom => {
                CALL.scope(call, ecom::wait(vipps, &id, deadline, every))
                    .await
            }
            Api::Epayment => {
                CALL.scope(call, epayment::wait(vipps, &id, deadline, every))
                    .await
            }
        };
        check_deadline(start_time, deadline, &"wait");
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

    /// Changes a QR code, or reads one.
    pub(super) async fn change_or_read_code(&mut self) {
        let number = self.model.next_number();
        let change = CodeChange::random(&mut self.rng, number);
        let is_read = self.rng.percent(15);
        let call = self.network.next_call();
        let start_time = Instant::now();
        let vipps = &self.processes[0];
        let result = if is_read {
            let read = CALL.scope(call, codes::current_text(vipps, Code::Redirect));
            read.await.map(drop)
        } else {
            CALL.scope(call, change.send(vipps)).await
        };
        check_deadline(start_time, DEFAULT_DEADLINE, &"code");
        self.network.check(call, None);
        if is_read {
            let unknown = matches!(&result, Err(error) if error.outcome() == Outcome::Unknown);
            assert!(!unknown, "a read has no effect: {result:?}");
            return;
        }
        let may_take_effect_late = self
            .network
            .requests(call)
            .iter()
            .any(SentRequest::is_unclear);
        self.model.codes.add(change, result, may_take_effect_late);
    }

    /// Reads the final state of a payment, and compares the sums that the APIs return with the
    /// ledger.
    pub async fn final_state(&self, order: &Order) -> FinalState {
        let mut state = FinalState::default();
        let vipps = &self.processes[0];
        if self.api == Api::Epayment {
            epayment::read_final_state(vipps, order, &self.sim, &mut state).await;
        }
        if order.started_by == Api::Ecom {
            ecom::read_final_state(vipps, order, &self.sim, &mut state).await;
        }
        state
    }

    /// Checks the current text of each code against the calls that changed it.
    pub async fn check_codes(&mut self) {
        for code in [Code::Redirect, Code::Callback] {
            let text = codes::current_text(&self.processes[0], code).await;
            let text = text.expect("no fault is active");
            let delivers_twice = self.model.delivers_twice;
            if self
                .model
                .codes
                .check(code, text.as_deref(), delivers_twice)
            {
                self.model.count("codes");
            }
        }
    }
}
