//! Reconciling from what was stored before the call, for a caller that has no error.

use super::evidence::{LostOperation, Transfer};
use super::{Reconcile, SETTLED, Subject};
use crate::ecom::Payment;
use crate::ecom::money::to_ore;
use crate::types::{Amount, RequestId};

const OTHER_CURRENCY: &str = "the amount is not in NOK, the only currency of the eCom API: give the amount of the lost request";

/// Without an error: after a crash, a restart, or a future that was dropped.
///
/// Each method takes what has to be stored before the call, together with the order id. A handle for
/// another sales unit than the one of the credentials needs
/// [`merchant_serial_number`](Payment::merchant_serial_number), which is then part of what to store.
impl Payment {
    /// Finds out whether the payment was started.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Needs the order id alone.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::Amount;
    /// use vipps::ecom::Reconciled;
    /// use vipps::simulator::Simulator;
    ///
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let vipps = sim.client();
    /// let order = "order-1".parse()?;
    ///
    /// // The process stopped before or after the order was started.
    /// match vipps.ecom().payment(&order).reconcile_initiate().await {
    ///     Reconciled::TookEffect(_) => println!("cancel it, and start again with a new order id"),
    ///     Reconciled::NoEffect => {
    ///         vipps.ecom().initiate(order, Amount::nok(200), "Socks".parse()?).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("try again later: {reason}"),
    /// }
    /// # assert!(sim.account("order-1").is_some());
    /// # Ok(()) }
    /// ```
    pub fn reconcile_initiate(&self) -> Reconcile {
        self.reconcile(LostOperation::Initiate)
    }

    /// Finds out whether the capture with this idempotency key took effect.
    ///
    /// `amount` is the amount of the capture; for a capture of the rest, the amount that remained. An
    /// event with the key and another amount proves nothing: the key was used for another request.
    ///
    /// Calls `getPaymentDetailsUsingGET`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::ecom::Reconciled;
    /// use vipps::simulator::Simulator;
    /// use vipps::{Amount, RequestId};
    ///
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let vipps = sim.client();
    /// let order = "order-1".parse()?;
    /// let part = Amount::nok(50);
    /// let key = RequestId::random(); // stored with the order and the amount before the call
    /// # vipps.ecom().initiate("order-1".parse()?, Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    ///
    /// // The process stopped in the middle of the capture. After the restart:
    /// let payment = vipps.ecom().payment(&order);
    /// match payment.reconcile_capture(&key, part).await {
    ///     Reconciled::TookEffect(_) => println!("captured"),
    ///     Reconciled::NoEffect => {
    ///         payment.capture().amount(part).idempotency_key(key).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("try again later: {reason}"),
    /// }
    /// # assert_eq!(payment.details().await?.sums().captured, part);
    /// # Ok(()) }
    /// ```
    pub fn reconcile_capture(&self, key: &RequestId, amount: Amount) -> Reconcile {
        self.reconcile_transfer(key, amount, LostOperation::Capture)
    }

    /// Finds out whether the refund with this idempotency key took effect.
    ///
    /// `amount` is the amount of the refund; for a refund of everything, the amount that remained. An
    /// event with the key and another amount proves nothing: the key was used for another request.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Used as [`reconcile_capture`](Self::reconcile_capture) is.
    pub fn reconcile_refund(&self, key: &RequestId, amount: Amount) -> Reconcile {
        self.reconcile_transfer(key, amount, LostOperation::Refund)
    }

    /// Finds out whether the payment is cancelled, or what remained of it released, whoever did it.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Needs the order id alone.
    pub fn reconcile_cancel(&self) -> Reconcile {
        self.reconcile(LostOperation::Cancel)
    }

    fn reconcile_transfer(
        &self,
        key: &RequestId,
        amount: Amount,
        operation: fn(Transfer) -> LostOperation,
    ) -> Reconcile {
        let transfer = operation(Transfer::stored(key, amount));
        // Such a request was never sent, so that the amount is not that of the lost request.
        match to_ore(amount) {
            Ok(_) => self.reconcile(transfer),
            Err(_) => self.reconcile_subject(Subject::Untraceable(OTHER_CURRENCY)),
        }
    }

    fn reconcile(&self, operation: LostOperation) -> Reconcile {
        self.reconcile_subject(Subject::Lost(self.order_id.clone(), operation))
    }

    fn reconcile_subject(&self, subject: Subject) -> Reconcile {
        Reconcile {
            runtime: self.runtime.clone(),
            subject,
            stored: true,
            given_up: None,
            given_up_at: None,
            deadline: None,
            settled_after: SETTLED,
            merchant: self.merchant.clone(),
        }
    }
}

impl Transfer {
    fn stored(key: &RequestId, amount: Amount) -> Self {
        Self {
            key: key.clone(),
            amount: Some(amount),
        }
    }
}
