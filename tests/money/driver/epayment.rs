//! The calls of the ePayment API.

use std::time::Duration;

use vipps::epayment::{EventName, PaymentState, PollInterval, Reconciled};
use vipps::simulator::Simulator;
use vipps::{Amount, Error, OrderId, RequestId, Vipps};

use super::{Moved, Plan, nok};
use crate::model::{Model, Order, Record, Shown, Verdict, What};

pub async fn make(vipps: &Vipps, plan: &Plan, whole: Amount) -> Result<Moved, Error> {
    let payment = vipps.epayment().payment(plan.order.clone().into());
    let moved = match plan.what {
        What::Initiate { with_code } => {
            let create = vipps.epayment().create(plan.order.clone().into(), whole);
            let create = if with_code {
                create.qr()
            } else {
                create.web_redirect("https://example.com/result".parse()?)
            };
            let created = sent_with_key!(plan, create.description(plan.text.parse()?))?;
            return Ok((None, created.idempotency_key().cloned()));
        }
        What::Capture { amount } => {
            let capture = match amount {
                Some(amount) => payment.capture(nok(amount)),
                None => payment.capture_remaining(),
            };
            sent_with_key!(plan, capture)
        }
        What::Refund { amount } => {
            let refund = match amount {
                Some(amount) => payment.refund(nok(amount)),
                None => payment.refund_remaining(),
            };
            sent_with_key!(plan, refund)
        }
        What::Cancel { release } => {
            let cancel = if release {
                payment.cancel()
            } else {
                payment.cancel().only_if_not_approved()
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
    let wait = vipps.epayment().payment(order.clone().into()).wait();
    let wait = wait.deadline(patience).interval(PollInterval::Every(every));
    Ok(wait.await?.state() == &PaymentState::Authorized)
}

pub async fn reconcile(vipps: &Vipps, error: &Error, deadline: Option<Duration>) -> Verdict {
    let reconcile = vipps.epayment().reconcile(error);
    verdict_of!(match deadline {
        Some(deadline) => reconcile.deadline(deadline),
        None => reconcile,
    })
}

/// Reconciles from stored values. Returns `None` if the record holds too little for that.
pub async fn reconcile_stored(vipps: &Vipps, record: &Record) -> Option<Verdict> {
    let payment = vipps.epayment().payment(record.order.clone().into());
    let key = record.key.as_deref().map(RequestId::parse);
    let key = key.transpose().expect("was accepted before");
    let reconcile = match (&record.what, key) {
        (What::Initiate { .. }, Some(key)) => payment.reconcile_create(key),
        (What::Cancel { .. }, _) => payment.reconcile_cancel(),
        (What::Capture { amount }, Some(key)) => payment.reconcile_capture(key, nok((*amount)?)),
        (What::Refund { amount }, Some(key)) => payment.reconcile_refund(key, nok((*amount)?)),
        _ => return None,
    };
    Some(verdict_of!(reconcile))
}

/// Adds what the details and the event log show, and compares the sums with the ledger.
pub async fn show(vipps: &Vipps, order: &Order, sim: &Simulator, shown: &mut Shown) {
    let payment = vipps.epayment().payment(order.id.clone().into());
    let details = match payment.details().await {
        Ok(details) => details,
        Err(error) => {
            assert!(error.has_code("5090"), "nothing is in the way: {error:?}");
            return;
        }
    };
    let aggregate = details.aggregate();
    let known = |sum: Option<Amount>| sum.expect("the API states every sum");
    let sums = (known(aggregate.captured), known(aggregate.refunded));
    Model::compare_sums(order.id.as_str(), sums, sim);
    let is_open = details.state() == &PaymentState::Created;
    let is_authorized = details.state() == &PaymentState::Authorized;
    let is_released = known(aggregate.cancelled).is_positive();
    shown.is_given_up = is_released || !(is_open || is_authorized);
    let events = payment.events().await.expect("nothing is in the way");
    shown.creation_key.clone_from(&events[0].idempotency_key);
    let names = [Some(EventName::Cancelled), Some(EventName::Terminated)];
    let cancels = events
        .iter()
        .filter(|event| event.succeeded() && names.contains(&event.name));
    shown.cancels = cancels.map(|_| None).collect();
}
