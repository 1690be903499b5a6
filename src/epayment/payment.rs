//! A payment that exists.

use std::future::IntoFuture;

use super::{Cancel, Capture, ForceApprove, GetDetails, GetEvents, Refund, Wait};
use crate::call::CallOptions;
use crate::runtime::Runtime;
use crate::types::{Amount, MerchantSerialNumber, Reference};

/// A payment that exists, identified by its reference. Made by
/// [`EPayment::payment`](super::EPayment::payment) and
/// [`CreatedPayment::payment`](super::CreatedPayment::payment), which send nothing.
#[derive(Clone, Debug)]
pub struct Payment {
    pub(super) runtime: Runtime,
    pub(super) reference: Reference,
    pub(super) merchant: Option<MerchantSerialNumber>,
    pub(super) expires_at: Option<jiff::Timestamp>,
}

impl Payment {
    pub(super) fn new(runtime: Runtime, reference: Reference) -> Self {
        Self {
            runtime,
            reference,
            merchant: None,
            expires_at: None,
        }
    }

    /// Returns the options of a call on this payment.
    pub(super) fn options(&self) -> CallOptions {
        CallOptions {
            merchant: self.merchant.clone(),
            ..CallOptions::default()
        }
    }

    /// Returns the reference.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Sets the sales unit that the payment belongs to, if it differs from the sales unit of the
    /// credentials. Partners need it.
    ///
    /// Every call on the payment is made for this sales unit. A payment from
    /// [`CreatedPayment::payment`](super::CreatedPayment::payment) is already set to the sales unit
    /// that it was created for.
    #[must_use]
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Sets the expiry of a long-living payment, until which [`wait`](Self::wait) polls it. A
    /// payment from [`CreatedPayment::payment`](super::CreatedPayment::payment) has it already.
    #[must_use]
    pub fn expires_at(mut self, time: jiff::Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Reads the state and the sums of the payment.
    ///
    /// Calls `getPayment`; at most 120 times a minute per reference.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// use vipps::Amount;
    ///
    /// let details = vipps.epayment().payment("kiosk-7-000451".parse()?).details().await?;
    /// assert_eq!(details.remaining_to_capture(), Some(Amount::nok(499)));
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

    /// Reads the event log of the payment, oldest event first, failed attempts included.
    ///
    /// Calls `getPaymentEventLog`; at most 120 times a minute per reference.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// use vipps::epayment::EventName;
    ///
    /// let events = vipps.epayment().payment("kiosk-7-000451".parse()?).events().await?;
    /// assert_eq!(events[0].name, Some(EventName::Created));
    /// assert!(events[0].succeeded());
    /// # Ok(()) }
    /// ```
    pub fn events(&self) -> GetEvents {
        self.events_with(self.options())
    }

    /// Returns a request for the event log with the options of another call.
    pub(super) fn events_with(&self, options: CallOptions) -> GetEvents {
        GetEvents {
            payment: self.clone(),
            options,
        }
    }

    /// Polls the details until the customer has approved or stopped the payment, or the payment has
    /// expired.
    ///
    /// Calls `getPayment`, as often as the [`PollInterval`](super::PollInterval) requires.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// use vipps::epayment::PaymentState;
    ///
    /// let details = vipps.epayment().payment("kiosk-7-000451".parse()?).wait().await?;
    /// match details.state() {
    ///     PaymentState::Authorized => println!("paid"),
    ///     state => println!("not paid: {state}"),
    /// }
    /// # Ok(()) }
    /// ```
    #[doc(alias("poll", "polling"))]
    pub fn wait(&self) -> Wait {
        let payment = self.clone();
        let read = move |options| payment.details_with(options).into_future();
        Wait::new(self.runtime.clone(), self.options(), self.expires_at, read)
    }

    /// Captures this amount of the reserved money. The rest stays reserved until it is captured or
    /// [cancelled](Self::cancel).
    ///
    /// Calls `capturePayment` with an idempotency key; at most 5 times a minute per reference. A
    /// capture is possible for 180 days after the approval in Norway, and for 14 days in Denmark
    /// and Finland (ePayment guide; longer for sales units with "late capture").
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let captured = payment.capture(Amount::nok(50)).await?;
    /// assert_eq!(captured.aggregate.remaining_to_capture(), Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    #[doc(alias("charge", "settle"))]
    pub fn capture(&self, amount: Amount) -> Capture {
        Capture::new(self, Some(amount))
    }

    /// Captures everything that remains: reads the details first, and captures the amount that
    /// remains by them. The amount is the same on every attempt. The deadline covers both requests.
    ///
    /// With the idempotency key of an earlier capture of this payment, the amount is that of the
    /// earlier capture. The call can therefore be retried after an unknown outcome.
    ///
    /// Calls `getPayment` and `capturePayment`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// # vipps.epayment().payment("kiosk-7-000451".parse()?).capture(vipps::Amount::nok(50)).await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let captured = payment.capture_remaining().await?;
    /// assert_eq!(captured.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    pub fn capture_remaining(&self) -> Capture {
        Capture::new(self, None)
    }

    /// Refunds this amount of the captured money.
    ///
    /// Calls `refundPayment` with an idempotency key; at most 5 times a minute per reference. A
    /// refund is possible for 365 days after the reservation, and reaches the customer after 2 to
    /// 10 bank days (ePayment guide).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// # vipps.epayment().payment("kiosk-7-000451".parse()?).capture(vipps::Amount::nok(499)).await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let refunded = payment.refund(Amount::nok(50)).await?;
    /// assert_eq!(refunded.aggregate.refunded, Some(Amount::nok(50)));
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
    /// Calls `getPayment` and `refundPayment`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// # vipps.epayment().payment("kiosk-7-000451".parse()?).capture(vipps::Amount::nok(449)).await?;
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let refunded = payment.refund_remaining().await?;
    /// assert_eq!(refunded.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    pub fn refund_remaining(&self) -> Refund {
        Refund::new(self, None)
    }

    /// Cancels a payment that the customer has not approved yet, or releases everything of a
    /// reservation that is not captured. Captured money must be refunded instead.
    ///
    /// Calls `cancelPayment`; at most 5 times a minute per reference. A cancel is possible for 180
    /// days after the approval in Norway, and for 14 days in Denmark and Finland (ePayment guide).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// # sim.payer().approve("kiosk-7-000451")?;
    /// # vipps.epayment().payment("kiosk-7-000451".parse()?).capture(vipps::Amount::nok(50)).await?;
    /// use vipps::Amount;
    ///
    /// // 50 kroner of 499 are captured; nothing more will be delivered.
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let cancelled = payment.cancel().await?;
    /// assert_eq!(cancelled.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    #[doc(alias("void", "release", "reservation"))]
    pub fn cancel(&self) -> Cancel {
        Cancel::new(self)
    }

    /// Approves the payment in the customer's place. Only the test environment supports it. With a
    /// client for production, the call fails before anything is sent.
    ///
    /// Calls `forceApprove`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.epayment().create("kiosk-7-000451".parse()?, vipps::Amount::nok(499)).qr().await?;
    /// use vipps::PhoneNumber;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// payment.force_approve().customer(PhoneNumber::parse("+47 912 34 567")?).await?;
    /// # Ok(()) }
    /// ```
    pub fn force_approve(&self) -> ForceApprove {
        ForceApprove::new(self)
    }
}
