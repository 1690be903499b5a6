//! The conclusions that the details of a payment allow about an operation whose response was lost.

use crate::ecom::details::PaymentDetails;
use crate::ecom::history::{Event, Operation};
use crate::error::Error;
use crate::operation::PaymentEffect;
use crate::payment::evidence::Evidence::{self, Inconclusive, NoEffect, TookEffect};
use crate::payment::evidence::{Transfer, TransferEvent, UNREADABLE};
use crate::types::Amount;

/// The kind of an operation whose response was lost.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Initiate,
    /// The QR code of a payment that [`PayByQr`](crate::PayByQr) has started.
    OneTimeQr,
    Capture(Transfer),
    Refund(Transfer),
    Cancel,
    ForceApprove,
}

impl Kind {
    /// Returns the operation that an error is about, or the reason why the details cannot show its
    /// outcome.
    pub(super) fn of(error: &Error) -> Result<Self, &'static str> {
        let transfer = || match error.idempotency_key() {
            Some(key) => Ok(Transfer {
                key: key.clone(),
                amount: None,
            }),
            None => Err("the error carries no idempotency key"),
        };
        let effect = error.call().map(|operation| operation.effect);
        match effect.unwrap_or(PaymentEffect::None) {
            PaymentEffect::Start => Ok(Self::Initiate),
            PaymentEffect::Show => Ok(Self::OneTimeQr),
            PaymentEffect::Capture => transfer().map(Self::Capture),
            PaymentEffect::Refund => transfer().map(Self::Refund),
            PaymentEffect::Cancel => Ok(Self::Cancel),
            PaymentEffect::Approve => Ok(Self::ForceApprove),
            PaymentEffect::None => Err("the operation of the error leaves no trace in the details"),
        }
    }

    /// Returns the conclusion from the details of the payment.
    pub(super) fn evidence(&self, details: &PaymentDetails) -> Evidence {
        match self {
            Self::Initiate | Self::OneTimeQr => exists(details),
            Self::Capture(transfer) => {
                let kinds = [Operation::Capture, Operation::Sale];
                transferred(transfer, details, &kinds, details.sums().captured)
            }
            Self::Refund(transfer) => transferred(
                transfer,
                details,
                &[Operation::Refund],
                details.sums().refunded,
            ),
            Self::Cancel => match details.given_up() {
                Some(true) => TookEffect,
                Some(false) => NoEffect,
                None => Inconclusive("the details do not state whether the payment is cancelled"),
            },
            Self::ForceApprove => approved(details),
        }
    }

    /// Returns the conclusion from error 35 (the sales unit has no payment with the order id). A
    /// `stored` operation may be looked up for another sales unit than the one that sent it.
    pub(super) fn without_payment(&self, stored: bool) -> Evidence {
        match self {
            // The code is requested only after the API has confirmed the payment.
            Self::OneTimeQr => {
                Inconclusive("the payment was started, yet the API reports no such order")
            }
            Self::Initiate => NoEffect,
            _ if stored => Inconclusive(
                "the sales unit has no such order: check the merchant serial number and the environment",
            ),
            _ => NoEffect,
        }
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
        let reason = "the details contain no successful event that this version recognises";
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
    transfer: &Transfer,
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
