//! Finds out what became of an operation whose response was lost.

mod evidence;

use std::sync::Arc;

use self::evidence::Kind;
use super::{GetDetails, Payment, PaymentDetails};
use crate::call::{BoxFuture, CallOptions};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::payment::evidence::{Evidence, Transfer};
use crate::payment::{self, LostOperation};
use crate::runtime::Runtime;
use crate::types::{Amount, OrderId, RequestId};

/// The result of a [`Reconcile`], proven by the details of the payment.
pub type Reconciled = payment::Reconciled<PaymentDetails>;

/// Finds out what became of an operation of the eCom API. `.await` reads the details of the payment.
///
/// Made by [`Ecom::reconcile`](super::Ecom::reconcile) from an error. Where there is no error, after a
/// crash or a dropped future, it is made from what was stored before the call, by
/// [`Payment::reconcile_capture`] and the methods beside it.
///
/// | operation | took effect | no effect |
/// |---|---|---|
/// | initiate | a known event that succeeded | error 35 |
/// | capture, refund | a successful event of the kind carries the operation's idempotency key | the other events account for the whole sum |
/// | cancel | the payment is cancelled, or what remained of it released | it is not |
/// | force approve | the payment is reserved or captured | it is not |
///
/// Error 35, no such order, means *no effect* for any operation of an error, which records the sales
/// unit of the request. From stored values it means *no effect* for an initiate alone. A capture,
/// refund or cancel was of a payment that existed, so that the request went to another sales unit or
/// environment.
///
/// Incomplete details prove nothing: without any known event, with an event of a kind that this
/// version does not know, or with an event of the operation's kind that does not state readably
/// whether it succeeded, the outcome stays unknown. It also does when the response names another
/// order. An event of an unknown kind is no proof either, whatever its key: the API distinguishes
/// keys by endpoint, so that the capture and the refund of an order may carry the same one.
pub type Reconcile = payment::Reconcile<PaymentDetails>;

pub(super) fn of_error(runtime: &Runtime, error: &Error) -> Reconcile {
    let find = |error: &Error| {
        let order_id = error.order_id().ok_or("the error names no payment")?;
        let lost: Arc<dyn LostOperation<PaymentDetails>> = Arc::new(LostRequest {
            runtime: runtime.clone(),
            order_id: order_id.clone(),
            kind: Kind::of(error)?,
            is_stored: false,
        });
        Ok(lost)
    };
    Reconcile::of_error(runtime.clone(), error, find)
}

/// Reconciling without an error: after a crash, a restart, or a future that was dropped.
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
    ///     Reconciled::StillUnknown(reason) => println!("try again later: {reason}"),
    /// }
    /// # assert!(sim.account("order-1").is_some());
    /// # Ok(()) }
    /// ```
    pub fn reconcile_initiate(&self) -> Reconcile {
        self.reconcile(Kind::Initiate)
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
    /// let payment = vipps.ecom().payment(order);
    /// match payment.reconcile_capture(key.clone(), part).await {
    ///     Reconciled::TookEffect(_) => println!("captured"),
    ///     Reconciled::NoEffect => {
    ///         payment.capture().amount(part).idempotency_key(key).await?;
    ///     }
    ///     Reconciled::StillUnknown(reason) => println!("try again later: {reason}"),
    /// }
    /// # assert_eq!(payment.details().await?.sums().captured, part);
    /// # Ok(()) }
    /// ```
    pub fn reconcile_capture(&self, key: RequestId, amount: Amount) -> Reconcile {
        self.reconcile(Kind::Capture(stored(key, amount)))
    }

    /// Finds out whether the refund with this idempotency key took effect.
    ///
    /// `amount` is the amount of the refund; for a refund of everything, the amount that remained. An
    /// event with the key and another amount proves nothing: the key was used for another request.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Used as [`reconcile_capture`](Self::reconcile_capture) is.
    pub fn reconcile_refund(&self, key: RequestId, amount: Amount) -> Reconcile {
        self.reconcile(Kind::Refund(stored(key, amount)))
    }

    /// Finds out whether the payment is cancelled, or what remained of it released, whoever did it.
    ///
    /// Calls `getPaymentDetailsUsingGET`. Needs the order id alone.
    pub fn reconcile_cancel(&self) -> Reconcile {
        self.reconcile(Kind::Cancel)
    }

    fn reconcile(&self, kind: Kind) -> Reconcile {
        let lost = LostRequest {
            runtime: self.runtime.clone(),
            order_id: self.order_id.clone(),
            kind,
            is_stored: true,
        };
        Reconcile::of_stored(self.runtime.clone(), Arc::new(lost), self.merchant.clone())
    }
}

fn stored(key: RequestId, amount: Amount) -> Transfer {
    Transfer {
        key,
        amount: Some(amount),
    }
}

/// A request to the eCom API whose response was lost.
#[derive(Debug)]
struct LostRequest {
    runtime: Runtime,
    order_id: OrderId,
    kind: Kind,
    /// Whether it comes from the caller's storage and not from an error.
    is_stored: bool,
}

impl LostOperation<PaymentDetails> for LostRequest {
    fn read(&self, options: CallOptions) -> BoxFuture<Result<Option<PaymentDetails>>> {
        let mut details = GetDetails::new(self.runtime.clone(), self.order_id.clone());
        details.options = options;
        Box::pin(async move {
            match details.send().await {
                Ok(details) => Ok(Some(details)),
                Err(error) if is_no_such_order(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn evidence(&self, details: Option<&PaymentDetails>) -> Evidence {
        match details {
            Some(details) => self.kind.evidence(details),
            None => self.kind.without_payment(self.is_stored),
        }
    }
}

/// Returns whether the API states that the sales unit has no payment with the order id.
fn is_no_such_order(error: &Error) -> bool {
    error.kind() == ErrorKind::Api && error.outcome() == Outcome::Rejected && error.has_code("35")
}
