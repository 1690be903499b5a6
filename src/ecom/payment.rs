//! A payment that exists.

use std::future::IntoFuture;

use super::{Cancel, Capture, ForceApprove, GetDetails, GetStatus, Refund, Wait};
use crate::call::CallOptions;
use crate::runtime::Runtime;
use crate::types::{Amount, MerchantSerialNumber, OrderId};

/// A payment that exists, identified by its order id. Made by
/// [`Ecom::payment`](super::Ecom::payment) and
/// [`InitiatedPayment::payment`](super::InitiatedPayment::payment), which send nothing.
#[derive(Clone, Debug)]
pub struct Payment {
    pub(super) runtime: Runtime,
    pub(super) order_id: OrderId,
    pub(super) merchant: Option<MerchantSerialNumber>,
}

impl Payment {
    pub(super) fn new(runtime: Runtime, order_id: OrderId) -> Self {
        Self {
            runtime,
            order_id,
            merchant: None,
        }
    }

    /// Returns the options of a call on this payment.
    pub(super) fn options(&self) -> CallOptions {
        CallOptions {
            merchant: self.merchant.clone(),
            ..CallOptions::default()
        }
    }

    /// Returns the order id.
    pub fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// Sets the sales unit that the payment belongs to, if it differs from the sales unit of the
    /// credentials. Partners need it.
    ///
    /// Every call on the payment is made for this sales unit. A payment from
    /// [`InitiatedPayment::payment`](super::InitiatedPayment::payment) is already set to the sales
    /// unit that it was started for.
    #[must_use]
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Reads the history and the sums of the payment. The details take precedence over callbacks
    /// and over the responses of other calls.
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
    #[doc(alias = "status")]
    pub fn details(&self) -> GetDetails {
        self.details_with(self.options())
    }

    /// Returns a request for the details with the options of another call.
    pub(super) fn details_with(&self, options: CallOptions) -> GetDetails {
        GetDetails {
            payment: self.clone(),
            options,
        }
    }

    /// Reads only the last transaction of the payment, which hides the earlier ones.
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
    /// Calls `getPaymentDetailsUsingGET`, as often as the [`PollInterval`](super::PollInterval)
    /// requires.
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
    #[doc(alias("poll", "polling"))]
    pub fn wait(&self) -> Wait {
        let payment = self.clone();
        let read = move |options| payment.details_with(options).into_future();
        Wait::new(self.runtime.clone(), self.options(), None, read)
    }

    /// Captures this amount of the reserved money, in NOK: at least 1 øre, and at most the amount
    /// that remains. The rest stays reserved, see [`Cancel::release_remaining`].
    ///
    /// Calls `capturePaymentUsingPOST` with an idempotency key; at most 5 times a minute per order.
    /// A capture is possible for 180 days after the reservation (eCom guide).
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
    /// let first = payment.capture(Amount::nok(50)).text("First parcel".parse()?).await?;
    /// assert_eq!(first.amount, Some(Amount::nok(50)));
    /// # Ok(()) }
    /// ```
    #[doc(alias("charge", "settle"))]
    pub fn capture(&self, amount: Amount) -> Capture {
        Capture::new(self, Some(amount))
    }

    /// Captures everything that remains of the reserved money. The request has no amount, which
    /// means everything that remains (eCom guide).
    ///
    /// Calls `capturePaymentUsingPOST`, as [`capture`](Self::capture) does.
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
    /// payment.capture(Amount::nok(50)).await?;
    /// let second = payment.capture_remaining().await?;
    /// assert_eq!(second.amount, Some(Amount::nok(150)));
    /// # Ok(()) }
    /// ```
    pub fn capture_remaining(&self) -> Capture {
        Capture::new(self, None)
    }

    /// Cancels a reservation, or a payment that the customer has not approved yet.
    ///
    /// Captured money must be refunded instead. After a partial capture,
    /// [`Cancel::release_remaining`] releases the rest of the reservation.
    ///
    /// Calls `cancelPaymentRequestUsingPUT`; at most 5 times a minute per order. A cancel is
    /// possible for 180 days after the reservation (eCom guide).
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
    /// payment.capture(Amount::nok(50)).await?;
    /// payment.cancel().release_remaining().text("Sold out".parse()?).await?;
    /// assert!(!payment.details().await?.can_capture());
    /// # Ok(()) }
    /// ```
    #[doc(alias("void", "release", "reservation"))]
    pub fn cancel(&self) -> Cancel {
        Cancel::new(self)
    }

    /// Refunds this amount of the captured money, in NOK: at least 1 øre, and at most the captured
    /// amount that is not refunded yet.
    ///
    /// Calls `refundPaymentUsingPOST` with an idempotency key; at most 5 times a minute per order.
    /// A refund is possible for 365 days after the reservation, and reaches the customer after 2 to
    /// 10 bank days (eCom guide).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// # vipps.ecom().payment("order-1".parse()?).capture_remaining().await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// let refund = payment.refund(Amount::nok(50)).text("One sock had a hole".parse()?).await?;
    /// assert_eq!(refund.amount, Some(Amount::nok(50)));
    /// # Ok(()) }
    /// ```
    pub fn refund(&self, amount: Amount) -> Refund {
        Refund::new(self, Some(amount))
    }

    /// Refunds everything that is captured and not refunded yet: reads the details first, and
    /// refunds the amount that remains by them. The amount is the same on every attempt. The
    /// deadline covers both requests.
    ///
    /// With the idempotency key of an earlier refund of this payment, the amount is that of the
    /// earlier refund. The call can therefore be retried after an unknown outcome.
    ///
    /// Calls `getPaymentDetailsUsingGET` and `refundPaymentUsingPOST`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// # vipps.ecom().payment("order-1".parse()?).capture_remaining().await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().payment("order-1".parse()?);
    /// payment.refund(Amount::nok(50)).await?;
    /// let rest = payment.refund_remaining().await?;
    /// assert_eq!(rest.amount, Some(Amount::nok(150)));
    /// # Ok(()) }
    /// ```
    pub fn refund_remaining(&self) -> Refund {
        Refund::new(self, None)
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
