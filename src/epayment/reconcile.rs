//! Finds out whether an operation whose response was lost took effect.

mod evidence;

use super::{Payment, PaymentDetails};
use crate::call::{BoxFuture, CallOptions, Deadline};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::payment::evidence::{Evidence, UnconfirmedOperation, UnconfirmedTransfer};
use crate::payment::{self, History};
use crate::types::{Amount, RequestId};

/// The result of a [`Reconcile`], proven by the details and the event log of the payment.
pub type Reconciled = payment::Reconciled<PaymentDetails>;

/// Finds out whether an operation of the ePayment API took effect. `.await` reads the details of
/// the payment, and for a create, capture or refund its event log.
///
/// Made by [`EPayment::reconcile`](super::EPayment::reconcile) from an error. After a crash or a
/// dropped future there is no error. [`Payment::reconcile_capture`] and similar methods then make
/// it from the values that were stored before the call.
///
/// | operation | took effect | no effect |
/// |---|---|---|
/// | create | the creation carries the operation's idempotency key | there is no such payment, or its creation carries another key |
/// | capture, refund | a successful event of the kind carries the operation's idempotency key | the other events account for the whole sum |
/// | cancel | the payment ended without an approval, or the rest of its reservation is cancelled | neither |
/// | force approve | the payment is authorized | it is in another known state |
///
/// *No such payment* (code 5090 or HTTP 404) means *no effect* for any operation of an error,
/// because the error records the sales unit of the request. For stored values it means *no effect*
/// only for a create. A captured, refunded or cancelled payment must exist, so its details were
/// requested from another sales unit or environment.
///
/// An incomplete event log proves nothing. The outcome stays unknown if the log contains no known
/// event, an event of an unknown name, or an event of the operation's kind without a readable
/// success.
pub type Reconcile = payment::Reconcile<PaymentDetails>;

/// Reconciles operations without an error: after a crash, a restart, or a dropped future.
///
/// Each method takes the values that have to be stored before the call, together with the
/// reference. A payment of another sales unit than that of the credentials also needs its stored
/// [`merchant_serial_number`](Payment::merchant_serial_number).
impl Payment {
    /// Finds out whether the create with this idempotency key created the payment.
    ///
    /// Usually it is simpler to retry the create with the same key. It returns the
    /// payment with its redirect URL.
    ///
    /// Calls `getPayment` and `getPaymentEventLog`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # let create = vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr();
    /// # create.idempotency_key("stored-key".parse()?).await?;
    /// use vipps::epayment::Reconciled;
    ///
    /// // The process stopped in the middle of the create. After the restart:
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// match payment.reconcile_create("stored-key".parse()?).await {
    ///     Reconciled::TookEffect(details) => println!("created: {}", details.state()),
    ///     Reconciled::NoEffect => println!("create it with the stored key"),
    ///     Reconciled::StillUnknown(reason) => println!("retry later: {reason}"),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn reconcile_create(&self, key: RequestId) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Start(Some(key)))
    }

    /// Finds out whether the capture with this idempotency key took effect.
    ///
    /// `amount` is the amount of the capture; for
    /// [`capture_remaining`](Self::capture_remaining), the amount that remained.
    /// An event with the key and another amount proves nothing: the key was used for another
    /// request.
    ///
    /// Calls `getPayment` and `getPaymentEventLog`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # let create = vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr();
    /// # create.await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// use vipps::epayment::Reconciled;
    /// use vipps::{Amount, RequestId};
    ///
    /// let part = Amount::nok(50);
    /// let key: RequestId = "stored-key".parse()?; // stored with the amount before the call
    ///
    /// // The process stopped in the middle of the capture. After the restart:
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// match payment.reconcile_capture(key.clone(), part).await {
    ///     Reconciled::TookEffect(_) => println!("captured"),
    ///     Reconciled::NoEffect => {
    ///         payment.capture(part).idempotency_key(key).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("retry later: {reason}"),
    /// }
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
    /// Calls `getPayment` and `getPaymentEventLog`. [`reconcile_capture`](Self::reconcile_capture)
    /// has an example.
    pub fn reconcile_refund(&self, key: RequestId, amount: Amount) -> Reconcile {
        self.reconcile(UnconfirmedOperation::Refund(UnconfirmedTransfer::stored(
            key, amount,
        )))
    }

    /// Finds out whether the payment is cancelled, by this or by another request: it ended without
    /// an approval, or the rest of its reservation is cancelled.
    ///
    /// Calls `getPayment`. Needs only the reference.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # let create = vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr();
    /// # create.await?.payment(&vipps).cancel().await?;
    /// use vipps::epayment::Reconciled;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
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
        let deadline = Deadline::new(&self.runtime, &options);
        let details = self.details_with(options.clone());
        let mut events = self.events_with(options.clone());
        let operation = operation.clone();
        Box::pin(async move {
            let details = match details.await {
                Ok(details) => details,
                Err(error) if is_no_such_payment(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let events = match operation {
                UnconfirmedOperation::Start(_)
                | UnconfirmedOperation::Capture(_)
                | UnconfirmedOperation::Refund(_) => {
                    events.options = deadline.options(&options);
                    events.await?
                }
                _ => Vec::new(),
            };
            let evidence = evidence::of(&operation, &details, &events);
            Ok(Some((evidence, details)))
        })
    }
}

/// Returns whether the API states that the sales unit has no payment with the reference. A 404 of
/// the gateway is about the path instead, and lists no errors.
fn is_no_such_payment(error: &Error) -> bool {
    error.kind() == ErrorKind::Api
        && error.outcome() == Outcome::Rejected
        && (error.has_code("5090")
            || (error.http_status() == Some(404) && !error.api_errors().is_empty()))
}
