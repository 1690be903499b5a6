//! The eCom API: starts, captures, cancels and refunds payments.
//!
//! [`Ecom::initiate`] starts a payment. [`Ecom::payment`] returns a payment by its order id, to
//! read its details, wait for the customer, capture, cancel or refund. Amounts are in NOK, the only
//! currency of this API.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sim = vipps::simulator::Simulator::start()?;
//! # let vipps = sim.client();
//! use vipps::Amount;
//!
//! let started = vipps.ecom().initiate("order-123".parse()?, Amount::nok(499), "One pair of socks".parse()?).await?;
//! // ... show the landing page, or its QR code ...
//! # sim.payer().approve("order-123")?;
//! let payment = started.payment(&vipps);
//! // Sales units with direct capture have captured the money already.
//! if payment.wait().await?.can_capture() {
//!     payment.capture().await?;
//! }
//! # assert_eq!(payment.details().await?.sums().captured, Amount::nok(499));
//! # Ok(()) }
//! ```

mod airline;
mod cancel;
mod capture;
mod details;
pub(crate) mod error_codes;
mod express;
mod force_approve;
mod history;
mod initiate;
pub(crate) mod money;
pub(crate) mod operations;
mod reconcile;
mod refund;
mod state;
mod status;
mod transaction;
mod types;
mod wait;

pub use airline::AirlineData;
pub use cancel::Cancel;
pub use capture::Capture;
pub use details::{Address, GetDetails, PaymentDetails, ShippingDetails, UserDetails};
pub(crate) use express::check_methods;
pub use express::{Express, ShippingMethod};
pub use force_approve::ForceApprove;
pub use history::{Event, Operation, Summary};
pub use initiate::{Initiate, InitiatedPayment};
pub use reconcile::{Reconcile, Reconciled};
pub use refund::Refund;
pub use state::PaymentState;
pub use status::{GetStatus, PaymentStatus};
pub use transaction::{Transaction, TransactionStatus};
pub use types::{AuthToken, FallbackUrl, TransactionText};
pub use wait::{Poll, PollEvent, PollInterval, PollTrigger, Wait};

use std::future::IntoFuture;

use crate::call::{CallOptions, built};
use crate::raw;
use crate::runtime::Runtime;
use crate::types::{Amount, MerchantSerialNumber, OrderId};

/// The eCom API of one client. Returned by [`Vipps::ecom`](crate::Vipps::ecom).
#[derive(Clone, Debug)]
pub struct Ecom {
    runtime: Runtime,
}

impl Ecom {
    /// The smallest amount of a payment: 100 øre (1 NOK). A capture or a refund may be of 1 øre.
    pub const MIN_PAYMENT: Amount = money::MIN_PAYMENT;

    /// The largest amount that the API can hold: 2 147 483 647 øre.
    pub const MAX_AMOUNT: Amount = money::MAX_AMOUNT;

    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// Starts a payment.
    ///
    /// `order_id` must be new and unique for the sales unit. `amount` is in NOK, from
    /// [`MIN_PAYMENT`](Self::MIN_PAYMENT) to [`MAX_AMOUNT`](Self::MAX_AMOUNT). `text` is shown to
    /// the customer.
    ///
    /// Calls `initiatePaymentV3UsingPOST`, which is not idempotent. The request is never retried
    /// once it may have reached the API.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::Amount;
    ///
    /// let started = vipps
    ///     .ecom()
    ///     .initiate("acme-shop-123-order123abc".parse()?, Amount::nok(200), "One pair of socks".parse()?)
    ///     .fallback("https://example.com/thanks".parse()?)
    ///     .await?;
    /// assert!(started.landing_page().as_str().starts_with("http"));
    /// # Ok(()) }
    /// ```
    pub fn initiate(&self, order_id: OrderId, amount: Amount, text: TransactionText) -> Initiate {
        Initiate::new(self.runtime.clone(), order_id, amount, text)
    }

    /// Finds out whether an operation with the outcome [`Unknown`](crate::Outcome::Unknown) took
    /// effect, from the details of the payment. The error names the payment, the operation and the
    /// idempotency key.
    ///
    /// Calls `getPaymentDetailsUsingGET`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # use vipps::Amount;
    /// # vipps.ecom().initiate("order-1".parse()?, Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::Outcome;
    /// use vipps::ecom::Reconciled;
    ///
    /// // The worst case: the money is captured, and every response is lost.
    /// sim.faults().on("capture_payment_using_post").times(3).lose_response();
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// let error = payment.capture().await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// match vipps.ecom().reconcile(&error).await {
    ///     Reconciled::TookEffect(details) => assert_eq!(details.sums().captured, Amount::nok(200)),
    ///     Reconciled::NoEffect => println!("repeat it, with the key of the error"),
    ///     Reconciled::StillUnknown(why) => println!("ask again later: {why}"),
    /// }
    /// # assert!(matches!(vipps.ecom().reconcile(&error).await, Reconciled::TookEffect(_)));
    /// # Ok(()) }
    /// ```
    pub fn reconcile(&self, error: &crate::Error) -> Reconcile {
        let payment = error
            .order_id()
            .map(|order_id| self.payment(order_id.clone()));
        Reconcile::of_error(self.runtime.clone(), error, payment)
    }

    /// Returns the payment with this order id, to read, capture, refund or cancel. Sends nothing.
    pub fn payment(&self, order_id: OrderId) -> Payment {
        Payment::new(self.runtime.clone(), order_id)
    }
}

/// A payment that exists, identified by its order id. Creating this handle sends nothing.
#[derive(Clone, Debug)]
pub struct Payment {
    runtime: Runtime,
    order_id: OrderId,
    merchant: Option<MerchantSerialNumber>,
}

impl Payment {
    fn new(runtime: Runtime, order_id: OrderId) -> Self {
        Self {
            runtime,
            order_id,
            merchant: None,
        }
    }

    /// Returns the options of a call on this payment.
    fn options(&self) -> CallOptions {
        CallOptions {
            merchant: self.merchant.clone(),
            ..CallOptions::default()
        }
    }

    /// The order id.
    pub fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// Sets the sales unit that the payment belongs to, if it differs from the sales unit of the
    /// credentials. Partners need it.
    ///
    /// Every call on the payment is made for this sales unit. A payment from
    /// [`InitiatedPayment::payment`] is already set to the sales unit that it was started for.
    #[must_use]
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Reads what happened to the payment so far. The details are authoritative over callbacks and
    /// over the responses of other calls.
    ///
    /// Calls `getPaymentDetailsUsingGET`; at most 120 times a minute per order.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::PaymentState;
    ///
    /// let details = vipps.ecom().payment("order-1".parse()?).details().await?;
    /// assert_eq!(details.state(), PaymentState::Reserved);
    /// assert!(details.can_capture() && !details.can_refund());
    /// # Ok(()) }
    /// ```
    pub fn details(&self) -> GetDetails {
        self.details_with(self.options())
    }

    /// Returns a request for the details with the options of another call.
    fn details_with(&self, options: CallOptions) -> GetDetails {
        GetDetails {
            payment: self.clone(),
            options,
        }
    }

    /// Reads the last transaction alone, which hides earlier transactions.
    ///
    /// Calls `getOrderStatusUsingGET`; at most 120 times a minute per order.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::Operation;
    ///
    /// #[allow(deprecated)]
    /// let status = vipps.ecom().payment("order-1".parse()?).status().await?;
    /// assert_eq!(status.operation, Some(Operation::Reserve));
    /// # Ok(()) }
    /// ```
    #[deprecated(
        note = "the API has deprecated this operation: use `details`, which returns the whole history"
    )]
    pub fn status(&self) -> GetStatus {
        GetStatus::new(self)
    }

    /// Polls the details until the customer has approved or rejected the payment, or the payment
    /// has expired.
    ///
    /// Calls `getPaymentDetailsUsingGET`, as often as the [`PollInterval`] requires.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// let details = vipps.ecom().payment("order-1".parse()?).wait().await?;
    /// assert!(details.state().is_paid());
    /// # Ok(()) }
    /// ```
    pub fn wait(&self) -> Wait {
        let payment = self.clone();
        let read = move |options| payment.details_with(options).into_future();
        Wait::new(self.runtime.clone(), self.options(), None, read)
    }

    /// Captures the reserved money: all that remains, or a part with [`Capture::amount`].
    ///
    /// Calls `capturePaymentUsingPOST` with an idempotency key; at most 5 times a minute per order,
    /// and up to 180 days after the reservation.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// payment.capture().amount(Amount::nok(50)).text("First parcel".parse()?).await?;
    /// let second = payment.capture().rest().await?;
    /// assert_eq!(second.amount, Some(Amount::nok(150)));
    /// # Ok(()) }
    /// ```
    pub fn capture(&self) -> Capture {
        Capture::new(self)
    }

    /// Cancels a reservation, or a payment that the customer has not approved yet.
    ///
    /// Captured money must be refunded instead. After a partial capture,
    /// [`Cancel::release_remaining`] releases the rest of the reservation.
    ///
    /// Calls `cancelPaymentRequestUsingPUT`; at most 5 times a minute per order, and up to 180 days
    /// after the reservation.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// payment.capture().amount(Amount::nok(50)).await?;
    /// payment.cancel().release_remaining().text("Sold out".parse()?).await?;
    /// assert!(!payment.details().await?.can_capture());
    /// # Ok(()) }
    /// ```
    pub fn cancel(&self) -> Cancel {
        Cancel::new(self)
    }

    /// Refunds captured money: all of it, a part with [`Refund::amount`], or the rest with
    /// [`Refund::rest`].
    ///
    /// Calls `refundPaymentUsingPOST` with an idempotency key; at most 5 times a minute per order,
    /// and up to 365 days after the reservation. The money reaches the customer after 2 to 10 bank
    /// days.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// # vipps.ecom().payment("order-1".parse()?).capture().await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// payment.refund().amount(Amount::nok(50)).text("One sock had a hole".parse()?).await?;
    /// let rest = payment.refund().rest().await?;
    /// assert_eq!(rest.amount, Some(Amount::nok(150)));
    /// # Ok(()) }
    /// ```
    pub fn refund(&self) -> Refund {
        Refund::new(self)
    }

    /// Approves the payment in the customer's place. Only the test environment supports it. With a
    /// client for production, the call fails before anything is sent.
    ///
    /// Calls `integrationTestApprovePayment`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # use vipps::Amount;
    /// let started = vipps.ecom().initiate("order-1".parse()?, Amount::nok(200), "Socks".parse()?).await?;
    /// let payment = started.payment(&vipps);
    /// payment.force_approve().phone_number("91234567".parse()?).landing_page(&started).await?;
    /// assert!(payment.details().await?.state().is_paid());
    /// # Ok(()) }
    /// ```
    pub fn force_approve(&self) -> ForceApprove {
        ForceApprove::new(self)
    }
}

/// The calls through the generated client of this API.
type Call = crate::call::Call<raw::ecom::Client>;

/// Returns the merchant serial number that a body must state: the call's own, or the number of the
/// credentials.
fn merchant(runtime: &Runtime, options: &CallOptions) -> String {
    options
        .merchant
        .as_ref()
        .unwrap_or(runtime.merchant_serial_number())
        .as_str()
        .to_owned()
}

fn merchant_info(
    runtime: &Runtime,
    options: &CallOptions,
) -> crate::Result<raw::ecom::types::MerchantInfoPayment> {
    built(
        raw::ecom::types::MerchantInfoPayment::builder()
            .merchant_serial_number(merchant(runtime, options)),
    )
}
