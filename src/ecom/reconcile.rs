//! Finds out whether an operation whose response was lost took effect.

mod evidence;

use super::{Payment, PaymentDetails};
use crate::call::{BoxFuture, CallOptions};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::payment::evidence::{Evidence, UnconfirmedOperation, UnconfirmedTransfer};
use crate::payment::{self, History};
use crate::types::{Amount, RequestId};

/// The result of a [`Reconcile`], proven by the details of the payment.
pub type Reconciled = payment::Reconciled<PaymentDetails>;

/// Finds out whether an operation of the eCom API took effect. `.await` reads the details of the
/// payment.
///
/// Made by [`Ecom::reconcile`](super::Ecom::reconcile) from an error. After a crash or a dropped
/// future there is no error. [`Payment::reconcile_capture`] and similar methods then make it from
/// the values that were stored before the call.
///
/// | operation | took effect | no effect |
/// |---|---|---|
/// | initiate | a known event that succeeded | error 35 |
/// | capture, refund | a successful event of the kind carries the operation's idempotency key | the other events account for the whole sum |
/// | cancel | the payment is cancelled, or the rest of its reservation is released | neither |
/// | force approve | the payment is reserved or captured | neither |
///
/// Error 35 (no such order) means *no effect* for any operation of an error, because the error
/// records the sales unit of the request. For stored values it means *no effect* only for an
/// initiate. A captured, refunded or cancelled payment must exist, so its details were requested
/// from another sales unit or environment.
///
/// Incomplete details prove nothing. The outcome stays unknown if the details contain no known
/// event, an event of an unknown kind, or an event of the operation's kind without a readable
/// success. The outcome also stays unknown if the response names another order.
///
/// An event of an unknown kind proves nothing, even with the right key. The API counts keys for
/// each endpoint, so the capture and the refund of an order may carry the same key.
pub type Reconcile = payment::Reconcile<PaymentDetails>;

/// Reconciles operations without an error: after a crash, a restart, or a dropped future.
///
/// Each method takes the values that have to be stored before the call, together with the order id.
/// A payment of another sales unit than that of the credentials also needs its stored
/// [`merchant_serial_number`](Payment::merchant_serial_number).
impl Payment {
    /// Finds out whether the payment was started.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Needs only the order id.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::{Amount, OrderId};
    /// use vipps::ecom::Reconciled;
    /// use vipps::simulator::Simulator;
    ///
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let vipps = sim.client();
    /// let order: OrderId = "order-1".parse()?;
    ///
    /// // The process stopped before or after the order was started.
    /// match vipps.ecom().payment(order.clone()).reconcile_initiate().await {
    ///     Reconciled::TookEffect(_) => println!("cancel it, and start again with a new order id"),
    ///     Reconciled::NoEffect => {
    ///         vipps.ecom().initiate(order, Amount::nok(200), "Socks".parse()?).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("retry later: {reason}"),
    /// }
    /// # assert!(sim.account("order-1").is_some());
    /// # Ok(()) }
    /// ```
    pub fn reconcile_initiate(&self) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Start(None))
    }

    /// Finds out whether the capture with this idempotency key took effect.
    ///
    /// `amount` is the amount of the capture; for
    /// [`capture_remaining`](Self::capture_remaining), the amount that remained.
    /// An event with the key and another amount proves nothing: the key was used for another
    /// request.
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
    /// let payment = vipps.ecom().payment(order);
    /// match payment.reconcile_capture(key.clone(), part).await {
    ///     Reconciled::TookEffect(_) => println!("captured"),
    ///     Reconciled::NoEffect => {
    ///         payment.capture(part).idempotency_key(key).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("retry later: {reason}"),
    /// }
    /// # assert_eq!(payment.details().await?.sums().captured, part);
    /// # Ok(()) }
    /// ```
    pub fn reconcile_capture(&self, key: RequestId, amount: Amount) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Capture(UnconfirmedTransfer::stored(
            key, amount,
        )))
    }

    /// Finds out whether the refund with this idempotency key took effect.
    ///
    /// `amount` is the amount of the refund; for [`refund_remaining`](Self::refund_remaining), the
    /// amount that remained.
    /// An event with the key and another amount proves nothing: the key was used for another
    /// request.
    ///
    /// Calls `getPaymentDetailsUsingGET`. [`reconcile_capture`](Self::reconcile_capture) has an
    /// example.
    pub fn reconcile_refund(&self, key: RequestId, amount: Amount) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Refund(UnconfirmedTransfer::stored(
            key, amount,
        )))
    }

    /// Finds out whether the payment is cancelled or the rest of its reservation is released, by
    /// this or by another request.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Needs only the order id.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # let started = vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # started.payment(&vipps).cancel().await?;
    /// use vipps::ecom::Reconciled;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// match payment.reconcile_cancel().await {
    ///     Reconciled::TookEffect(_) => println!("cancelled"),
    ///     Reconciled::NoEffect => println!("retry the cancel"),
    ///     Reconciled::StillUnknown(reason) => println!("retry later: {reason}"),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn reconcile_cancel(&self) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Cancel)
    }

    fn reconcile(&self, operation: UnconfirmedOperation) -> Reconcile {
        let runtime = self.runtime.clone();
        Reconcile::of_stored(runtime, operation, self.clone(), self.merchant.clone())
    }
}

impl History<PaymentDetails> for Payment {
    fn look_up(
        &self,
        operation: &UnconfirmedOperation,
        options: CallOptions,
    ) -> BoxFuture<Result<Option<(Evidence, PaymentDetails)>>> {
        let details = self.details_with(options);
        let operation = operation.clone();
        Box::pin(async move {
            match details.await {
                Ok(details) => Ok(Some((evidence::of(&operation, &details), details))),
                Err(error) if is_no_such_order(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }
}

/// Returns whether the API states that the sales unit has no payment with the order id.
fn is_no_such_order(error: &Error) -> bool {
    error.kind() == ErrorKind::Api && error.outcome() == Outcome::Rejected && error.has_code("35")
}
