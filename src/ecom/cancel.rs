//! Cancels a payment.

use std::time::Duration;

use super::details::PaymentDetails;
use super::state::PaymentState;
use super::transaction::{Requested, Transaction};
use super::types::TransactionText;
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, SharedStarts, built, operation};
use crate::error::{Error, Outcome, Result};
use crate::raw::ecom::types;
use crate::retry::{self, Pace};

/// A cancel that has not been sent yet. Made by [`Payment::cancel`](super::Payment::cancel);
/// `.await` sends it.
///
/// The API has no idempotency key for a cancel. After a lost response, the call therefore reads the
/// details. If they show that the payment is cancelled, the call succeeds. If the payment can still
/// be cancelled, the call retries the cancel. The deadline covers all of these requests.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Cancel {
    payment: Payment,
    pub(crate) options: CallOptions,
    text: Option<TransactionText>,
    release: bool,
}

operation! { Cancel => Transaction; deadline, merchant_serial_number, retry }

impl Cancel {
    pub(super) fn new(payment: &Payment) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            text: None,
            release: false,
        }
    }

    /// Sets the text that the customer sees; `Cancel` by default.
    pub fn text(mut self, text: TransactionText) -> Self {
        self.text = Some(text);
        self
    }

    /// Releases the part that is still reserved after a partial capture, and leaves the captured
    /// part unchanged (wire name `shouldReleaseRemainingFunds`). Without this setting, a partly
    /// captured payment cannot be cancelled.
    #[doc(alias("void", "release"))]
    pub fn release_remaining(mut self) -> Self {
        self.release = true;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// From the API, among others: 51 (captured already, so refund instead), 98 (too late), and
    /// HTTP 500 while the customer is in 3-D Secure. If the details then show that the payment is
    /// still open, the outcome is [`Unknown`](Outcome::Unknown).
    ///
    /// A response of HTTP 200 that contradicts the cancel is an error with [`Outcome::Unknown`]:
    /// another status or order, or money that can still be captured.
    pub async fn send(self) -> Result<Transaction> {
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
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let is_unknown = error.outcome() == Outcome::Unknown;
            is_unclear |= is_unknown;
            if !is_unclear && !self.may_be_released_already(&error) {
                return Err(error);
            }
            // The response of a later round proves nothing about the request whose response was
            // lost.
            let unknown = error.clone().with_outcome(Outcome::Unknown);
            let error = if is_unclear { unknown.clone() } else { error };
            let jitter = crate::clock::fraction(self.payment.runtime.randomness());
            let pause = retry::wait(&policy, Pace::Transient, round, jitter, error.retry_after());
            if !policy.permits(error.retry_after()) || !deadline.sleep(pause).await {
                return Err(unknown);
            }
            match self.details(deadline.remaining()).await {
                Some(details) if self.is_done(&details) => {
                    return Ok(Transaction::cancelled(&details));
                }
                Some(details)
                    if is_unknown && self.is_open(&details) && round < policy.max_attempts =>
                {
                    round += 1;
                }
                Some(details) if details.is_released().is_some() => return Err(error),
                _ => return Err(unknown),
            }
        }
    }

    /// Returns whether the payment may be released already: the API refuses a second release with
    /// the same code as a release of a payment that is captured in full.
    fn may_be_released_already(&self, error: &Error) -> bool {
        self.release && error.has_code("51")
    }

    async fn attempt(&self, options: CallOptions) -> Result<Transaction> {
        let text = self.text.as_ref().map_or("Cancel", TransactionText::as_str);
        let transaction = types::CancelTransaction::builder().transaction_text(text.to_owned());
        let body = types::CancelPaymentActionRequest::builder()
            .merchant_info(super::merchant_info(&self.payment.runtime, &self.options)?)
            .transaction(built::<types::CancelTransaction, _>(transaction)?)
            .should_release_remaining_funds(self.release.then_some(true));
        let call = Call::new(&self.payment.runtime, &options);
        let response = call
            .run(|api| {
                api.cancel_payment_request_using_put()
                    .order_id(self.payment.order_id.as_str())
                    .body(body)
                    .send()
            })
            .await?;
        Transaction::read(self.payment.order_id.clone(), Requested::Cancel, response)
    }

    async fn details(&self, remaining: Duration) -> Option<PaymentDetails> {
        let options = CallOptions {
            deadline: Some(remaining),
            merchant: self.options.merchant.clone(),
            ..CallOptions::default()
        };
        self.payment.details_with(options).await.ok()
    }

    fn is_done(&self, details: &PaymentDetails) -> bool {
        details.state() == PaymentState::Cancelled
            || (self.release && details.is_released() == Some(true))
    }

    fn is_open(&self, details: &PaymentDetails) -> bool {
        let may = details.can_cancel() || (self.release && details.can_release());
        may && details.is_released() == Some(false)
    }
}
