//! Cancels a payment.

use super::details::PaymentDetails;
use super::modification::{Modification, Wire};
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, Response, SharedStarts, operation};
use crate::error::success_body::lists_errors;
use crate::error::{Outcome, Result};
use crate::raw::epayment::types;
use crate::retry::{self, Pace};

const NO_PROOF: &str = "the response is no proof of a success: the details do not show that the payment is cancelled; \
                        read the details";

/// The codes with which the API refuses a cancel because of the state of the payment.
const REFUSED: [&str; 3] = ["6050", "6060", "6190"];

/// A cancel that has not been sent yet. Made by [`Payment::cancel`](super::Payment::cancel);
/// `.await` sends it.
///
/// Before the approval, a cancel terminates the payment. After the approval, it releases everything
/// that is not captured, and never only a part of that. A cancel cannot be undone.
///
/// The API has no idempotency key for a cancel. After a lost response, the call therefore reads the
/// details. If they show that nothing is left to capture, the call succeeds. If the payment can
/// still be cancelled, the call retries the cancel. The deadline covers all of these requests.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Cancel {
    payment: Payment,
    pub(crate) options: CallOptions,
    only_if_not_approved: bool,
}

operation! { Cancel => Modification; deadline, merchant_serial_number, retry }

impl Cancel {
    pub(super) fn new(payment: &Payment) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            only_if_not_approved: false,
        }
    }

    /// Cancels the payment only if the customer has not approved it yet, and keeps a reservation
    /// (wire name `cancelTransactionOnly`). An approved payment is refused with code 6060.
    pub fn only_if_not_approved(mut self) -> Self {
        self.only_if_not_approved = true;
        self
    }

    /// Sends the request.
    ///
    /// A refusal with the code 6050 or 6190 is looked up: if the payment is cancelled already, was
    /// aborted or has expired, the call succeeds.
    ///
    /// # Errors
    /// From the API, among others: 6030 (too late), 6040 (captured already, so refund instead),
    /// 6060 (approved, with [`only_if_not_approved`](Self::only_if_not_approved)), 6250 (the
    /// customer is approving the payment).
    ///
    /// A response of HTTP 200 is an error with [`Outcome::Unknown`] if it names another payment, or
    /// if neither the response nor the details show that the payment is cancelled.
    pub async fn send(self) -> Result<Modification> {
        let deadline = Deadline::new(&self.payment.runtime, &self.options);
        let policy = self.options.policy(&self.payment.runtime).clone();
        let mut round = 1;
        let mut is_unclear = false;
        let starts = SharedStarts::default();
        loop {
            let options = CallOptions {
                starts: Some(starts.clone()),
                ..deadline.options(&self.options)
            };
            let error = match self.attempt(options).await {
                Ok(response) => return self.read(response, &deadline).await,
                Err(error) => error,
            };
            let is_refused =
                REFUSED.iter().any(|code| error.has_code(code)) && error.is_conclusive();
            let is_lost = error.outcome() == Outcome::Unknown && !is_refused;
            is_unclear |= is_lost;
            if !is_unclear && !is_refused {
                return Err(error);
            }
            // The refusal of a later round proves nothing about the request whose response was
            // lost.
            let unknown = error.clone().with_outcome(Outcome::Unknown);
            if is_lost {
                let jitter = crate::clock::fraction(self.payment.runtime.randomness());
                let pause =
                    retry::wait(&policy, Pace::Transient, round, jitter, error.retry_after());
                if !policy.permits(error.retry_after()) || !deadline.sleep(pause).await {
                    return Err(unknown);
                }
            }
            let Some(details) = self.details(&deadline).await else {
                return Err(unknown);
            };
            match details.is_cancelled() {
                Some(true) => {
                    let cancelled = details.aggregate().cancelled;
                    return Ok(Modification::of_details(&details, cancelled, None));
                }
                Some(false) if is_lost && details.can_cancel() && round < policy.max_attempts => {
                    round += 1;
                }
                Some(false) if !is_unclear => return Err(error.with_outcome(Outcome::Rejected)),
                _ => return Err(unknown),
            }
        }
    }

    async fn attempt(&self, options: CallOptions) -> Result<Response> {
        let body = types::CancelModificationRequest::builder()
            .cancel_transaction_only(self.only_if_not_approved.then_some(true));
        let call = Call::new(&self.payment.runtime, &options);
        call.run(|api| {
            let cancel = api
                .cancel_payment()
                .reference(self.payment.reference.as_str());
            cancel.body(body).send()
        })
        .await
    }

    async fn read(self, response: Response, deadline: &Deadline) -> Result<Modification> {
        let wire = Wire::read(&response, &self.payment.reference)?;
        if wire.is_cancelled() == Some(true) && !lists_errors(&response.body) {
            let cancelled = wire.aggregate().cancelled;
            return Ok(wire.into_modification(self.payment.reference, cancelled, None));
        }
        match self.details(deadline).await {
            Some(details) if details.is_cancelled() == Some(true) => {
                let cancelled = details.aggregate().cancelled;
                Ok(Modification::of_details(&details, cancelled, None))
            }
            _ => Err(response.decode_error(NO_PROOF)),
        }
    }

    async fn details(&self, deadline: &Deadline) -> Option<PaymentDetails> {
        let options = deadline.options(&self.options);
        self.payment.details_with(options).await.ok()
    }
}
