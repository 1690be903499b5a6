//! Captures and refunds, which move money and have the same rules.

use super::details::PaymentDetails;
use super::error_codes::is_conflict;
use super::events::{EventName, PaymentEvent};
use super::modification::{Modification, Wire};
use super::state::PaymentState;
use super::types::money::{self, Aggregate};
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, Response};
use crate::error::success_body::lists_errors;
use crate::error::{Error, Outcome, Result};
use crate::raw::epayment::types;
use crate::types::{Amount, InvalidValue, Reference, RequestId};

const NO_PROOF: &str = "the response is no proof of a success: its sums have not grown by the amount, and the event \
                        log does not contain its idempotency key; read the details";

const NOT_APPROVED: &str = "capture: the payment is not approved, so nothing is authorized; read its state, and \
                            capture after an approval";

/// The direction in which money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Capture,
    Refund,
}

impl Direction {
    /// Returns the sum that the operation increases.
    pub(super) fn sum(self, aggregate: &Aggregate) -> Option<Amount> {
        match self {
            Self::Capture => aggregate.captured,
            Self::Refund => aggregate.refunded,
        }
    }

    fn remaining(self, aggregate: &Aggregate) -> Option<Amount> {
        match self {
            Self::Capture => aggregate.remaining_to_capture(),
            Self::Refund => aggregate.remaining_to_refund(),
        }
    }

    /// Returns the name of the event that the operation causes.
    pub(super) fn event(self) -> EventName {
        match self {
            Self::Capture => EventName::Captured,
            Self::Refund => EventName::Refunded,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
        }
    }
}

/// Refuses an amount in another currency than the payment.
fn in_currency_of(payment: &Aggregate, amount: Amount) -> Result<Amount> {
    match payment.authorized.map(Amount::currency) {
        Some(currency) if currency != amount.currency() => {
            let rule = format!("must be in {currency}, the currency of the payment");
            Err(InvalidValue::new("amount", rule, amount.to_string()).into())
        }
        _ => Ok(amount),
    }
}

/// A capture or refund that has not been sent yet.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    direction: Direction,
    payment: Payment,
    /// `None` for everything that remains.
    amount: Option<Amount>,
    /// The reference and the sums of the details that the caller has read before the first attempt.
    baseline: Option<(Reference, Aggregate)>,
}

impl Transfer {
    pub(super) fn new(direction: Direction, payment: &Payment, amount: Option<Amount>) -> Self {
        Self {
            direction,
            payment: payment.clone(),
            amount,
            baseline: None,
        }
    }

    pub(super) fn set_baseline(&mut self, details: &PaymentDetails) {
        self.baseline = Some((details.reference().clone(), *details.aggregate()));
    }

    pub(super) async fn send(self, options: CallOptions) -> Result<Modification> {
        let deadline = Deadline::new(&self.payment.runtime, &options);
        if let Some(amount) = self.amount {
            money::transfer(amount)?;
        }
        let read = CallOptions {
            key: None,
            ..options.clone()
        };
        let before = match &self.baseline {
            Some((reference, aggregate)) if *reference == self.payment.reference => *aggregate,
            Some((reference, _)) => {
                let rule = "must be the details of this payment";
                return Err(InvalidValue::new("baseline", rule, reference.as_str()).into());
            }
            None => {
                let details = self.payment.details_with(deadline.options(&read));
                *details.await?.aggregate()
            }
        };
        let amount = match (self.amount, &options.key) {
            (Some(amount), _) => in_currency_of(&before, amount)?,
            (None, Some(key)) => {
                // The API refuses the key of an earlier request with another amount.
                let events = self.payment.events_with(deadline.options(&read)).await?;
                let own = self.events_with_key(events, key);
                let event = own.iter().find(|event| event.succeeded());
                let moved = event.and_then(|event| event.amount);
                moved.map_or_else(|| self.remaining(&before), Ok)?
            }
            (None, None) => self.remaining(&before)?,
        };
        let random = || RequestId::generate(self.payment.runtime.randomness());
        let key = options.key.clone().unwrap_or_else(random);
        let request = CallOptions {
            key: Some(key.clone()),
            ..deadline.options(&options)
        };
        let result = self.request(&request, amount).await;
        match &result {
            Ok(response) => {
                let wire = Wire::read(response, &self.payment.reference)?;
                if self.is_done(&before, amount, &wire) && !lists_errors(&response.body) {
                    let reference = self.payment.reference;
                    return Ok(wire.into_modification(reference, Some(amount), Some(key)));
                }
            }
            Err(error) if error.outcome() == Outcome::Unknown || is_conflict(error) => {}
            Err(error) => return Err(error.clone()),
        }
        let events = self.payment.events_with(deadline.options(&read)).await;
        let own = events.map(|events| self.events_with_key(events, &key));
        let is_success = |event: &PaymentEvent| {
            event.succeeded() && event.amount.is_none_or(|moved| moved == amount)
        };
        if let Ok(own) = &own
            && own.iter().any(is_success)
            && let Ok(details) = self.payment.details_with(deadline.options(&read)).await
        {
            return Ok(Modification::of_details(&details, Some(amount), Some(key)));
        }
        Err(match result {
            Ok(response) => response.decode_error(NO_PROOF),
            Err(error) if is_conflict(&error) && self.is_refused(&before, amount, &own) => {
                error.with_outcome(Outcome::Rejected).with_used_up_key(true)
            }
            Err(error) => error.with_outcome(Outcome::Unknown),
        })
    }

    /// Returns whether a refusal because of an earlier request is certainly no success of this
    /// call. Either the earlier request had the same key and moved another amount, or this call had
    /// read before its first attempt that nothing was left to move.
    fn is_refused(
        &self,
        before: &Aggregate,
        amount: Amount,
        own: &Result<Vec<PaymentEvent>>,
    ) -> bool {
        match own {
            Ok(own) if !own.is_empty() => own.iter().all(|event| {
                event.succeeded() && event.amount.is_some_and(|moved| moved != amount)
            }),
            Ok(_) => {
                let is_zero = |rest: Option<Amount>| rest.is_some_and(|rest| !rest.is_positive());
                // Until everything is captured, another request can make a refund possible.
                self.baseline.is_none()
                    && before.authorized.is_some_and(Amount::is_positive)
                    && is_zero(before.remaining_to_capture())
                    && is_zero(self.direction.remaining(before))
            }
            Err(_) => false,
        }
    }

    async fn request(&self, options: &CallOptions, amount: Amount) -> Result<Response> {
        let amount = money::transfer(amount)?;
        let call = Call::new(&self.payment.runtime, options);
        let reference = self.payment.reference.as_str();
        match self.direction {
            Direction::Capture => {
                let body = types::CaptureModificationRequest::builder().modification_amount(amount);
                call.run(|api| api.capture_payment().reference(reference).body(body).send())
                    .await
            }
            Direction::Refund => {
                let body = types::RefundModificationRequest::builder().modification_amount(amount);
                call.run(|api| api.refund_payment().reference(reference).body(body).send())
                    .await
            }
        }
    }

    /// Returns whether the sums of the response have grown by exactly the amount.
    fn is_done(&self, before: &Aggregate, amount: Amount, wire: &Wire) -> bool {
        let after = wire.aggregate();
        let sums = self.direction.sum(&after).zip(self.direction.sum(before));
        let increase = sums.and_then(|(after, before)| after.checked_sub(before));
        let is_approved =
            |state: &PaymentState| *state != PaymentState::Created && !state.is_without_approval();
        increase == Some(amount)
            && !after.contradicts()
            && wire.state.as_ref().is_none_or(is_approved)
    }

    /// Returns the events with the key of this request that do not state a failure.
    fn events_with_key(&self, mut events: Vec<PaymentEvent>, key: &RequestId) -> Vec<PaymentEvent> {
        let name = self.direction.event();
        events.retain(|e| !e.failed() && e.is(&name) && e.has_key(key.as_str()));
        events
    }

    fn remaining(&self, before: &Aggregate) -> Result<Amount> {
        let verb = self.direction.verb();
        let reason = match self.direction.remaining(before) {
            Some(rest) if rest.is_positive() => return Ok(rest),
            Some(_)
                if self.direction == Direction::Capture
                    && before.authorized.is_some_and(Amount::is_zero) =>
            {
                NOT_APPROVED.to_owned()
            }
            Some(_) => format!("nothing is left to {verb}"),
            None => format!("the details do not state how much is left to {verb}; set the amount"),
        };
        Err(Error::state(reason).with_reference(&self.payment.reference))
    }
}
