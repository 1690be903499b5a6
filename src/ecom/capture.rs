//! Taking reserved money.

use super::transaction::Transaction;
use crate::call::{Answer, CallOptions, Outgoing, Prepare, built, operation};
use crate::error::Result;
use crate::raw::ecom::types;
use crate::types::{Amount, OrderId, TransactionText};
use crate::vipps::Vipps;

/// Takes reserved money. Made by [`Payment::capture`](super::Payment::capture); `.await` sends it.
///
/// Each call carries an idempotency key, the same on every attempt, so that a repeat after a lost answer takes nothing
/// twice. Two calls are two captures: to repeat a call whose outcome is unknown, give it the key of the error.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Capture {
    vipps: Vipps,
    pub(crate) options: CallOptions,
    order_id: OrderId,
    amount: Option<Amount>,
    text: Option<TransactionText>,
}

operation!(Capture => Transaction, by begin);

impl Capture {
    pub(super) fn new(vipps: Vipps, order_id: OrderId) -> Self {
        Self {
            vipps,
            options: CallOptions::default(),
            order_id,
            amount: None,
            text: None,
        }
    }

    /// Takes only this much, in øre, at least 1 øre; the rest stays reserved. Without it everything that remains is taken.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Takes everything that remains; the default. No amount is sent, which the API documents as exactly that.
    pub fn rest(mut self) -> Self {
        self.amount = None;
        self
    }

    /// The text that the customer sees; `Capture` when none is given.
    pub fn text(mut self, text: TransactionText) -> Self {
        self.text = Some(text);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: an amount below 1 øre or above 2147483647 øre. From the API among others: 61 (more
    /// than remains), 62 (not reserved), 91 (the payment is cancelled), 98 (too late).
    pub async fn send(self) -> Result<Transaction> {
        self.begin().await
    }
}

impl Prepare for Capture {
    type About = OrderId;
    type Output = Transaction;

    fn prepare(self) -> Result<(OrderId, Outgoing)> {
        let (amount, text) = (self.amount, self.text);
        let body = action(&self.vipps, &self.options, amount, text, "Capture")?;
        let (client, context) = super::client(&self.vipps, &self.options);
        let request = client
            .capture_payment_using_post()
            .order_id(self.order_id.as_str())
            // As it is: `body` would finish the builder and begin it anew.
            .body_map(|_| body)
            .prepared_request();
        Ok((self.order_id, context.outgoing(request)?))
    }

    fn read(order_id: OrderId, answer: Answer) -> Result<Transaction> {
        Transaction::read(order_id, answer)
    }
}

/// The body that capture and refund share. An amount of zero would mean *everything* and is never sent.
pub(super) fn action(
    vipps: &Vipps,
    options: &CallOptions,
    amount: Option<Amount>,
    text: Option<TransactionText>,
    default_text: &str,
) -> Result<types::builder::PaymentActionsRequest> {
    let text = text.map_or_else(|| default_text.to_owned(), String::from);
    let mut transaction = types::Transaction::builder().transaction_text(text);
    if let Some(amount) = amount {
        amount.check_transaction()?;
        transaction = transaction.amount(amount.as_ore());
    }
    Ok(types::PaymentActionsRequest::builder()
        .merchant_info(super::merchant_info(vipps, options)?)
        .transaction(built::<types::Transaction, _>(transaction)?))
}
