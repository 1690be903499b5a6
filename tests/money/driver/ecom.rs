//! The calls of the eCom API.

use std::time::Duration;

use vipps::ecom::{Operation, PollInterval, Reconciled};
use vipps::simulator::Simulator;
use vipps::{Amount, Error, OrderId, RequestId, Vipps};

use super::{Moved, Plan, nok};
use crate::model::{Model, Order, Record, Shown, Verdict, What};

pub async fn make(vipps: &Vipps, plan: &Plan, whole: Amount) -> Result<Moved, Error> {
    let payment = vipps.ecom().payment(plan.order.clone());
    let text = plan.text.parse()?;
    let moved = match plan.what {
        What::Initiate { with_code } => {
            if with_code {
                sent!(plan, vipps.pay_by_qr(plan.order.clone(), whole, text)).map(|_| ())?;
            } else {
                sent!(plan, vipps.ecom().initiate(plan.order.clone(), whole, text)).map(|_| ())?;
            }
            return Ok((None, None));
        }
        What::Capture { amount } => {
            let capture = match amount {
                Some(amount) => payment.capture(nok(amount)),
                None => payment.capture_remaining(),
            };
            sent_with_key!(plan, capture.text(text))
        }
        What::Refund { amount } => {
            let refund = match amount {
                Some(amount) => payment.refund(nok(amount)),
                None => payment.refund_remaining(),
            };
            sent_with_key!(plan, refund.text(text))
        }
        What::Cancel { release } => {
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

/// Waits for the decision. Returns whether the payment is paid.
pub async fn wait(
    vipps: &Vipps,
    order: &OrderId,
    patience: Duration,
    every: Duration,
) -> Result<bool, Error> {
    let wait = vipps.ecom().payment(order.clone()).wait();
    let wait = wait.deadline(patience).interval(PollInterval::Every(every));
    Ok(wait.await?.state().is_paid())
}

pub async fn reconcile(vipps: &Vipps, error: &Error, deadline: Option<Duration>) -> Verdict {
    let reconcile = vipps.ecom().reconcile(error);
    verdict_of!(match deadline {
        Some(deadline) => reconcile.deadline(deadline),
        None => reconcile,
    })
}

/// Reconciles from stored values. Returns `None` if the record holds too little for that.
pub async fn reconcile_stored(vipps: &Vipps, record: &Record) -> Option<Verdict> {
    let payment = vipps.ecom().payment(record.order.clone());
    let key = record.key.as_deref().map(RequestId::parse);
    let key = key.transpose().expect("was accepted before");
    let reconcile = match (&record.what, key) {
        (What::Initiate { .. }, _) => payment.reconcile_initiate(),
        (What::Cancel { .. }, _) => payment.reconcile_cancel(),
        (What::Capture { amount }, Some(key)) => payment.reconcile_capture(key, nok((*amount)?)),
        (What::Refund { amount }, Some(key)) => payment.reconcile_refund(key, nok((*amount)?)),
        _ => return None,
    };
    Some(verdict_of!(reconcile))
}

/// Adds what the details show, and compares their sums with the ledger.
pub async fn show(vipps: &Vipps, order: &Order, sim: &Simulator, shown: &mut Shown) {
    let details = match vipps.ecom().payment(order.id.clone()).details().await {
        Ok(details) => details,
        Err(error) => {
            assert!(error.has_code("35"), "nothing is in the way: {error:?}");
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
    shown.cancels = cancels.map(|event| event.text.clone()).collect();
}
