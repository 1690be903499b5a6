//! What the details of a payment prove about an operation whose response was lost.

use crate::ecom::details::PaymentDetails;
use crate::ecom::history::{Event, Operation};
use crate::error::Error;
use crate::operation::PaymentEffect;
use crate::types::{Amount, RequestId};

const UNREADABLE: &str = "an event of this kind does not state readably whether it succeeded";

/// An operation whose response was lost.
#[derive(Clone, Debug)]
pub(super) enum LostOperation {
    Initiate,
    /// The code of a payment that [`PayByQr`](crate::PayByQr) has started.
    OneTimeQr,
    Capture(Transfer),
    Refund(Transfer),
    Cancel,
    ForceApprove,
}

/// A capture or refund as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) key: RequestId,
    /// `None` when the caller of `reconcile` has not stated it.
    pub(super) amount: Option<Amount>,
}

/// The conclusion from one look at the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    TookEffect,
    NoEffect,
    /// Neither is proven, for this reason.
    Inconclusive(&'static str),
}

use Evidence::{Inconclusive, NoEffect, TookEffect};

impl LostOperation {
    /// The operation that an error is about, or the reason why the details cannot tell its outcome.
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

    /// The conclusion from the details of the payment.
    pub(super) fn evidence(&self, details: &PaymentDetails) -> Evidence {
        match self {
            Self::Initiate | Self::OneTimeQr => exists(details),
            Self::Capture(transfer) => {
                let kinds = [Operation::Capture, Operation::Sale];
                transfer.evidence(details, &kinds, details.sums().captured)
            }
            Self::Refund(transfer) => {
                transfer.evidence(details, &[Operation::Refund], details.sums().refunded)
            }
            Self::Cancel => match details.given_up() {
                Some(true) => TookEffect,
                Some(false) => NoEffect,
                None => Inconclusive("the details do not state whether the payment is cancelled"),
            },
            Self::ForceApprove => approved(details),
        }
    }

    /// The conclusion from error 35: the sales unit has no payment with the order id. A `stored`
    /// operation may be looked up for another sales unit than the one that sent it.
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

/// A payment exists as soon as one event that this crate knows has taken place. A body without such
/// an event may come from anything between the client and the API.
fn exists(details: &PaymentDetails) -> Evidence {
    if details
        .events()
        .iter()
        .any(|e| e.succeeded() && e.is_known())
    {
        TookEffect
    } else {
        let reason = "the details contain no successful event that this version recognises";
        Inconclusive(details.gap().unwrap_or(reason))
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
        details.gap().map_or(NoEffect, Inconclusive)
    }
}

impl Transfer {
    /// Whether money moved under the key. Its absence is proven only when the other events account
    /// for the whole sum.
    fn evidence(&self, details: &PaymentDetails, kinds: &[Operation], sum: Amount) -> Evidence {
        let of_the_kind = || {
            let events = details.events().iter().filter(|e| !e.failed());
            events.filter(|e| kinds.iter().any(|kind| e.is(kind)))
        };
        let mut ours = of_the_kind().filter(|e| e.succeeded() && self.caused(e));
        if let Some(event) = ours.next() {
            let differs = |stated| event.amount.is_some_and(|moved| moved != stated);
            return if self.amount.is_some_and(differs) {
                Inconclusive("the event with this idempotency key has another amount")
            } else {
                TookEffect
            };
        }
        if let Some(reason) = details.gap() {
            return Inconclusive(reason);
        }
        let mut accounted = 0_i64;
        for event in of_the_kind() {
            if event.is_unclear() {
                return Inconclusive(UNREADABLE);
            }
            // Direct capture takes the money without a request, so without a key.
            if event.idempotency_key.is_none() && !event.is(&Operation::Sale) {
                return Inconclusive("an event without an idempotency key may be this one");
            }
            let Some(amount) = event.amount else {
                return Inconclusive("an event states no amount");
            };
            accounted = accounted.saturating_add(amount.minor_units());
        }
        if accounted == sum.minor_units() {
            NoEffect
        } else {
            Inconclusive("the events do not add up to the sum that the API states")
        }
    }

    fn caused(&self, event: &Event) -> bool {
        event.idempotency_key.as_deref() == Some(self.key.as_str())
    }
}
