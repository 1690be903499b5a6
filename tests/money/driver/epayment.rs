//! The calls of the ePayment API.

use std::time::Duration;

use vipps::epayment::{EventName, PaymentState, PollInterval, Reconciled};
use vipps::simulator::Simulator;
use vipps::{Amount, Error, OrderId, RequestId, Vipps};

use super::{AmountAndKey, Plan, nok};
use crate::model::{Action, FinalState, Model, Order, Record, Verdict};

pub async fn send(vipps: &Vipps, plan: &Plan, order_amount: Amount) -> Result<AmountAndKey, Error> {
    let payment = vipps.epayment().payment(plan.order.clone().into());
    let moved = match plan.action {
        Action::Initiate { with_code } => {
            let create = vipps
                .epayment()
                .create(plan.order.clone().into(), order_amount);
            let create = if with_code {
                create.qr()
            } else {
                create.web_redirect("https://example.com/result".parse()?)
            };
            let created = sent_with_key!(plan, create.description(plan.text.parse()?))?;
            return Ok((None, created.idempotency_key().cloned()));
        }
        Action::Capture { amount } => {
            let capture = match amount {
                Some(amount) => payment.capture(nok(amount)),
                None => payment.capture_remaining(),
            };
            sent_with_key!(plan, capture)
        }
        Action::Refund { amount } => {
            let refund = match amount {
                Some(amount) => payment.refund(nok(amount)),
                None => payment.refund_remaining(),
            };
            sent_with_key!(plan, refund)
        }
        Action::Cancel { release } => {
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

/// Polls until the customer has decided. Returns true if the payment is paid.
pub async fn wait(
    vipps: &Vipps,
    order: &OrderId,
    deadline: Duration,
    every: Duration,
) -> Result<bool, Error> {
    let wait = vipps.epayment().payment(order.clone().into()).wait();
    let wait = wait.deadline(deadline).interval(PollInterval::Every(every));
    Ok(wait.await?.state() == &PaymentState::Authorized)
}

pub async fn reconcile(vipps: &Vipps, error: &Error, deadline: Option<Duration>) -> Verdict {
    let reconcile = vipps.epayment().reconcile(error);
    verdict_of!(match deadline {
        Some(deadline) => reconcile.deadline(deadline),
        None => reconcile,
    })
}

/// Reconciles from stored values. Returns `None` if the record lacks a value that the call
/// requires.
pub async fn reconcile_stored(vipps: &Vipps, record: &Record) -> Option<Verdict> {
    let payment = vipps.epayment().payment(record.order.clone().into());
    let key = record.key.as_deref().map(RequestId::parse);
    let key = key.transpose().expect("a valid key");
    let reconcile = match (&record.action, key) {
        (Action::Initiate { .. }, Some(key)) => payment.reconcile_create(key),
        (Action::Cancel { .. }, _) => payment.reconcile_cancel(),
        (Action::Capture { amount }, Some(key)) => payment.reconcile_capture(key, nok((*amount)?)),
        (Action::Refund { amount }, Some(key)) => payment.reconcile_refund(key, nok((*amount)?)),
        _ => return None,
    };
    Some(verdict_of!(reconcile))
}

/// Reads the details and the event log of a payment into `state`, and compares the sums with the
/// ledger.
pub async fn read_final_state(
    vipps: &Vipps,
    order: &Order,
    sim: &Simulator,
    state: &mut FinalState,
) {
    let payment = vipps.epayment().payment(order.id.clone().into());
    let details = match payment.details().await {
        Ok(details) => details,
        Err(error) => {
            assert!(error.has_code("5090"), "no fault is active: {error:?}");
            return;
        }
    };
    let aggregate = details.aggregate();
    let stated = |sum: Option<Amount>| sum.expect("the details contain every sum");
    let sums = (stated(aggregate.captured), stated(aggregate.refunded));
    Model::compare_sums(order.id.as_str(), sums, sim);
    let is_open = details.state() == &PaymentState::Created;
    let is_authorized = details.state() == &PaymentState::Authorized;
    let is_released = stated(aggregate.cancelled).is_positive();
    state.is_closed = is_released || !(is_open || is_authorized);
    let events = payment.events().await.expect("no fault is active");
    state.creation_key.clone_from(&events[0].idempotency_key);
    let names = [Some(EventName::Cancelled), Some(EventName::Terminated)];
    let cancels = events
        .iter()
        .filter(|event| event.succeeded() && names.contains(&event.name));
    state.cancels = cancels.map(|_| None).collect();
}
