//! The calls of the eCom API.

use std::time::Duration;

use vipps::ecom::{Operation, PollInterval, Reconciled};
use vipps::simulator::Simulator;
use vipps::{Amount, Error, OrderId, RequestId, Vipps};

use super::{AmountAndKey, Plan, nok};
use crate::model::{Action, FinalState, Model, Order, Record, Verdict};

pub async fn send(vipps: &Vipps, plan: &Plan, order_amount: Amount) -> Result<AmountAndKey, Error> {
    let payment = vipps.ecom().payment(plan.order.clone());
    let text = plan.text.parse()?;
    let moved = match plan.action {
        Action::Initiate { with_code } => {
            if with_code {
                sent!(
                    plan,
                    vipps.pay_by_qr(plan.order.clone(), order_amount, text)
                )
                .map(|_| ())?;
            } else {
                sent!(
                    plan,
                    vipps
                        .ecom()
                        .initiate(plan.order.clone(), order_amount, text)
                )
                .map(|_| ())?;
            }
            return Ok((None, None));
        }
        Action::Capture { amount } => {
            let capture = match amount {
                Some(amount) => payment.capture(nok(amount)),
                None => payment.capture_remaining(),
            };
            sent_with_key!(plan, capture.text(text))
        }
        Action::Refund { amount } => {
            let refund = match amount {
                Some(amount) => payment.refund(nok(amount)),
                None => payment.refund_remaining(),
            };
            sent_with_key!(plan, refund.text(text))
        }
        Action::Cancel { release } => {
            let cancel = payment.cancel().text(text);
            let cancel = if release {
                cancel.release_remaining()
            } else {
                cancel
            };
            sent!(plan, cancel)
        }
    }?;
    Ok((moved.amount.map(Amount::minor_units), moved.idempotency_key))
}

/// Polls until the customer has decided. Returns true if the payment is paid.
pub async fn wait(
    vipps: &Vipps,
    order: &OrderId,
    deadline: Duration,
    every: Duration,
) -> Result<bool, Error> {
    let wait = vipps.ecom().payment(order.clone()).wait();
    let wait = wait.deadline(deadline).interval(PollInterval::Every(every));
    Ok(wait.await?.state().is_paid())
}

pub async fn reconcile(vipps: &Vipps, error: &Error, deadline: Option<Duration>) -> Verdict {
    let reconcile = vipps.ecom().reconcile(error);
    verdict_of!(match deadline {
        Some(deadline) => reconcile.deadline(deadline),
        None => reconcile,
    })
}

/// Reconciles from stored values. Returns `None` if the record lacks a value that the call
/// requires.
pub async fn reconcile_stored(vipps: &Vipps, record: &Record) -> Option<Verdict> {
    let payment = vipps.ecom().payment(record.order.clone());
    let key = record.key.as_deref().map(RequestId::parse);
    let key = key.transpose().expect("a valid key");
    let reconcile = match (&record.action, key) {
        (Action::Initiate { .. }, _) => payment.reconcile_initiate(),
        (Action::Cancel { .. }, _) => payment.reconcile_cancel(),
        (Action::Capture { amount }, Some(key)) => payment.reconcile_capture(key, nok((*amount)?)),
        (Action::Refund { amount }, Some(key)) => payment.reconcile_refund(key, nok((*amount)?)),
        _ => return None,
    };
    Some(verdict_of!(reconcile))
}

/// Reads the details of a payment into `state`, and compares their sums with the ledger.
pub async fn read_final_state(
    vipps: &Vipps,
    order: &Order,
    sim: &Simulator,
    state: &mut FinalState,
) {
    let details = match vipps.ecom().payment(order.id.clone()).details().await {
        Ok(details) => details,
        Err(error) => {
            assert!(error.has_code("35"), "no fault is active: {error:?}");
            return;
        }
    };
    let sums = (details.sums().captured, details.sums().refunded);
    Model::compare_sums(order.id.as_str(), sums, sim);
    let names = [Operation::Cancel, Operation::Void];
    let cancels = details.events().iter().filter(|event| {
        let name = event.operation.as_ref();
        event.succeeded() && name.is_some_and(|name| names.contains(name))
    });
    state.cancels = cancels.map(|event| event.text.clone()).collect();
}
