//! The ePayment API: creates, captures, cancels and refunds payments in Norway, Denmark and
//! Finland.
//!
//! [`EPayment::create`] creates a payment. [`EPayment::payment`] returns a payment by its
//! reference, to read its details, wait for the customer, capture, cancel or refund. Amounts are in
//! NOK, DKK or EUR, the currency of the sales unit's market.
//!
//! A payment is always reserved first and captured later. A payment that was started with the eCom
//! API can be read, captured, cancelled and refunded here too:
//! `vipps.epayment().payment(order_id.into())`.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sim = vipps::simulator::Simulator::start()?;
//! # let vipps = sim.client();
//! use vipps::Amount;
//! use vipps::epayment::PaymentState;
//!
//! let created = vipps
//!     .epayment()
//!     .create("kiosk-7-000451".parse()?, Amount::nok(499))
//!     .qr()
//!     .customer_present()
//!     .description("One pair of socks".parse()?)
//!     .await?;
//! let image = created.redirect_url().ok_or("a payment with a QR code has a link to it")?;
//! // ... show the image ...
//! # let _ = image;
//! # sim.payer().approve("kiosk-7-000451")?;
//! let details = created.payment(&vipps).wait().await?;
//! assert_eq!(details.state(), &PaymentState::Authorized);
//! # Ok(()) }
//! ```

mod cancel;
mod capture;
mod create;
mod details;
pub(crate) mod error_codes;
mod events;
mod force_approve;
mod modification;
pub(crate) mod operations;
mod payment;
mod reconcile;
mod refund;
mod state;
mod transfer;
mod types;
mod wait;

pub use cancel::Cancel;
pub use capture::Capture;
pub(crate) use create::LIFETIME;
pub use create::{Create, CreatedPayment, NewPayment, PaymentMethod};
pub(crate) use details::WireShipping;
pub use details::{
    GetDetails, PaymentDetails, PaymentMethodKind, ShippingDetails, UsedPaymentMethod, UserDetails,
};
pub use events::{EventName, GetEvents, PaymentEvent};
pub use force_approve::ForceApprove;
pub use modification::Modification;
pub use payment::Payment;
pub use reconcile::{Reconcile, Reconciled};
pub use refund::Refund;
pub use state::PaymentState;
pub use types::customer::Customer;
pub use types::express::Express;
pub(crate) use types::express::write_groups;
pub use types::money::Aggregate;
pub use types::order_line::{OrderLine, QuantityUnit};
pub use types::page_url::PageUrl;
pub use types::receipt::{BarcodeFormat, PaymentSource, Receipt};
pub use types::shipping_group::{ShippingBrand, ShippingGroup, ShippingOption, ShippingType};
pub use types::texts::{PaymentDescription, ShippingToken};
pub use wait::{Poll, PollEvent, PollInterval, PollTrigger, Wait};

pub use crate::types::{Address, AirlineData, QrFormat};

use crate::raw;
use crate::runtime::Runtime;
use crate::types::{Amount, Reference};

/// The calls through the generated client of this API.
type Call = crate::call::Call<raw::epayment::Client>;

/// The ePayment API of one client. Returned by [`Vipps::epayment`](crate::Vipps::epayment).
#[derive(Clone, Debug)]
pub struct EPayment {
    runtime: Runtime,
}

impl EPayment {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// Creates a payment. The methods of [`NewPayment`] choose the user flow.
    ///
    /// `reference` has at least 8 characters, and must be new and unique for the sales unit.
    /// `amount` is in NOK, DKK or EUR, the currency of the sales unit's market. It is at most
    /// 650 000.00 (ePayment specification), and at least 1.00 NOK, 0.01 DKK or 0.01 EUR, which the
    /// API checks (error 6010).
    ///
    /// Calls `createPayment` with an idempotency key; at most 5 times a minute per reference
    /// (ePayment guide, "Rate limits").
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::Amount;
    ///
    /// let created = vipps
    ///     .epayment()
    ///     .create("acme-shop-123-order123abc".parse()?, Amount::eur(49))
    ///     .web_redirect("https://shop.example.com/orders/123".parse()?)
    ///     .description("One pair of socks".parse()?)
    ///     .await?;
    /// assert!(created.redirect_url().is_some());
    /// # Ok(()) }
    /// ```
    #[doc(alias("checkout", "initiate", "POS", "point of sale"))]
    pub fn create(&self, reference: Reference, amount: Amount) -> NewPayment {
        NewPayment::new(self.runtime.clone(), reference, amount)
    }

    /// Finds out whether an operation with the outcome [`Unknown`](crate::Outcome::Unknown) took
    /// effect, from the details and the event log of the payment. The error names the payment, the
    /// operation and the idempotency key.
    ///
    /// The call returns at once if the operation took effect. Otherwise it reads the payment until
    /// 30 seconds after the failed call, because the request may still arrive.
    ///
    /// Calls `getPayment`, and for a create, capture or refund `getPaymentEventLog`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// use vipps::epayment::Reconciled;
    /// use vipps::{Amount, Outcome};
    ///
    /// // The worst case: the money is captured, and every response and the event log are lost.
    /// sim.faults().on("capture_payment").times(3).lose_response();
    /// sim.faults().on("get_payment_event_log").times(3).status(503);
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let capture = payment.capture(Amount::nok(50)).idempotency_key("key-1".parse()?);
    /// let error = capture.await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// match vipps.epayment().reconcile(&error).await {
    ///     Reconciled::TookEffect(details) => assert_eq!(details.aggregate().captured, Some(Amount::nok(50))),
    ///     Reconciled::NoEffect => println!("retry the capture with the key of the error"),
    ///     Reconciled::StillUnknown(why) => println!("retry later: {why}"),
    /// }
    /// # assert!(matches!(vipps.epayment().reconcile(&error).await, Reconciled::TookEffect(_)));
    /// # Ok(()) }
    /// ```
    pub fn reconcile(&self, error: &crate::Error) -> Reconcile {
        let payment = error
            .reference()
            .map(|reference| self.payment(reference.clone()));
        Reconcile::of_error(self.runtime.clone(), error, payment)
    }

    /// Returns the payment with this reference. Sends nothing.
    ///
    /// A payment that was started with the eCom API has its order id as its reference.
    pub fn payment(&self, reference: Reference) -> Payment {
        Payment::new(self.runtime.clone(), reference)
    }
}
