//! The conclusions that the details of a payment allow about an operation without a response.

use crate::ecom::details::PaymentDetails;
use crate::ecom::history::{Event, Operation};
use crate::payment::evidence::Evidence::{self, Inconclusive, NoEffect, TookEffect};
use crate::payment::evidence::{
    self, TransferEvent, UNREADABLE, UnconfirmedOperation, UnconfirmedTransfer,
};
use crate::types::Amount;

/// Returns the conclusion about an operation from the details of the payment.
pub(super) fn of(operation: &UnconfirmedOperation, details: &PaymentDetails) -> Evidence {
    match operation {
        UnconfirmedOperation::Start(_) | UnconfirmedOperation::QrCode => exists(details),
        UnconfirmedOperation::Capture(transfer) => {
            let kinds = [Operation::Capture, Operation::Sale];
            transferred(transfer, details, &kinds, details.sums().captured)
        }
        UnconfirmedOperation::Refund(transfer) => {
            let kinds = [Operation::Refund];
            transferred(transfer, details, &kinds, details.sums().refunded)
        }
        UnconfirmedOperation::Cancel => evidence::of_cancel(details.is_released()),
        UnconfirmedOperation::ForceApprove => approved(details),
    }
}

/// Returns whether the payment exists, which one successful event of a known kind proves. A body
/// without such an event may come from a proxy or another server between the client and the API.
fn exists(details: &PaymentDetails) -> Evidence {
    if details
        .events()
        .iter()
        .any(|e| e.succeeded() && e.is_known())
    {
        TookEffect
    } else {
        let reason = "the details contain no successful event of a known kind";
        Inconclusive(details.incompleteness().unwrap_or(reason))
    }
}

fn approved(details: &PaymentDetails) -> Evidence {
    let approves = |e: &&Event| e.is(&Operation::Reserve) || e.is(&Operation::Sale);
    let mut events = details.events().iter().filter(approves);
    if events.clone().any(Event::succeeded) {
        TookEffect
    } else if events.any(Event::is_unclear) {
        Inconclusive(UNREADABLE)
    } else {
        details.incompleteness().map_or(NoEffect, Inconclusive)
    }
}

/// Returns the conclusion from the events of these kinds, which move money, and from their sum.
fn transferred(
    transfer: &UnconfirmedTransfer,
    details: &PaymentDetails,
    kinds: &[Operation],
    sum: Amount,
) -> Evidence {
    let of_the_kind = |e: &&Event| kinds.iter().any(|kind| e.is(kind));
    let events: Vec<_> = details
        .events()
        .iter()
        .filter(of_the_kind)
        .map(|event| TransferEvent {
            succeeded: (!event.is_unclear()).then(|| event.succeeded()),
            key: event.idempotency_key.as_deref(),
            amount: event.amount,
            has_request: !event.is(&Operation::Sale),
        })
        .collect();
    transfer.evidence(&events, sum, details.incompleteness())
}
