//! The eCom API: starts, captures, cancels and refunds payments in Norway.
//!
//! New integrations should use the [ePayment API](crate::epayment). This API remains for existing
//! integrations.
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
//!     payment.capture_remaining().await?;
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
mod payment;
mod reconcile;
mod refund;
mod state;
mod status;
mod sums;
mod transaction;
mod types;
mod wait;

pub use airline::AirlineData;
pub use cancel::Cancel;
pub use capture::Capture;
pub use details::{GetDetails, PaymentDetails, ShippingDetails, UserDetails};
pub(crate) use express::check_methods;
pub use express::{Express, ShippingMethod};
pub use force_approve::ForceApprove;
pub use history::{Event, Operation};
pub use initiate::{Initiate, InitiatedPayment};
pub use payment::Payment;
pub use reconcile::{Reconcile, Reconciled};
pub use refund::Refund;
pub use state::PaymentState;
pub use status::{GetStatus, PaymentStatus};
pub use sums::Summary;
pub use transaction::{Transaction, TransactionStatus};
pub use types::{AuthToken, FallbackUrl, TransactionText};
pub use wait::{Poll, PollEvent, PollInterval, PollTrigger, Wait};

pub use crate::types::Address;

use crate::call::{CallOptions, built};
use crate::raw;
use crate::runtime::Runtime;
use crate::types::{Amount, OrderId};

/// The eCom API of one client. Returned by [`Vipps::ecom`](crate::Vipps::ecom).
#[derive(Clone, Debug)]
pub struct Ecom {
    runtime: Runtime,
}

impl Ecom {
    /// The smallest amount of a payment: 100 øre (1 NOK; eCom specification). The smallest capture
    /// or refund is 1 øre.
    pub const MIN_PAYMENT: Amount = money::MIN_PAYMENT;

    /// The largest amount of a payment, capture or refund: 2 147 483 647 øre (eCom guide of 2018).
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
    /// Calls `initiatePaymentV3UsingPOST`, which is not idempotent; at most 2 times a minute per
    /// order (eCom guide, "Rate limits"). The request is never retried once it may have reached the
    /// API.
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
    #[doc(alias("checkout", "create payment"))]
    pub fn initiate(&self, order_id: OrderId, amount: Amount, text: TransactionText) -> Initiate {
        Initiate::new(self.runtime.clone(), order_id, amount, text)
    }

    /// Finds out whether an operation with the outcome [`Unknown`](crate::Outcome::Unknown) took
    /// effect, from the details of the payment. The error names the payment, the operation and the
    /// idempotency key.
    ///
    /// The call returns at once if the operation took effect. Otherwise it reads the payment until
    /// 30 seconds after the failed call, because the request may still arrive.
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
    /// let error = payment.capture_remaining().await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// match vipps.ecom().reconcile(&error).await {
    ///     Reconciled::TookEffect(details) => assert_eq!(details.sums().captured, Amount::nok(200)),
    ///     Reconciled::NoEffect => println!("retry the capture with the key of the error"),
    ///     Reconciled::StillUnknown(why) => println!("retry later: {why}"),
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

/// The calls through the generated client of this API.
type Call = crate::call::Call<raw::ecom::Client>;

/// Returns the merchant serial number for a body: the number of the call, or else the number of the
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
