//! The ePayment API: creates, captures, cancels and refunds payments in Norway, Denmark and Finland.
//!
//! [`EPayment::create`] creates a payment. [`EPayment::payment`] returns a payment by its reference,
//! to read its details, wait for the customer, capture, cancel or refund. Amounts are in NOK, DKK or
//! EUR, the currency of the sales unit's market.
//!
//! A payment is always reserved first and captured later. A payment that was started with the eCom
//! API can be read, captured, cancelled and refunded here too:
//! `vipps.epayment().payment(order_id.into())`.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let recorder = vipps::testing::Recorder::new()
//! #     .respond("POST", "/epayment/v1/payments", 201,
//! #         r#"{"reference":"kiosk-7-000451","redirectUrl":"https://qr-image.example.com/?token=x"}"#)
//! #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200,
//! #         r#"{"reference":"kiosk-7-000451","state":"AUTHORIZED"}"#);
//! # let vipps = recorder.client();
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
mod reconcile;
mod refund;
mod transfer;
mod types;
mod wait;

pub use cancel::Cancel;
pub use capture::Capture;
pub use create::{Create, CreatedPayment, NewPayment, PaymentMethod};
pub(crate) use details::WireShipping;
pub use details::{
    Address, GetDetails, PaymentDetails, PaymentMethodKind, PaymentState, ShippingDetails,
    UsedPaymentMethod, UserDetails,
};
pub use events::{EventName, GetEvents, PaymentEvent};
pub use force_approve::ForceApprove;
pub use modification::Modification;
pub use reconcile::{Reconcile, Reconciled};
pub use refund::Refund;
pub use types::customer::Customer;
pub(crate) use types::express::write_groups;
pub use types::express::{Express, ShippingBrand, ShippingGroup, ShippingOption, ShippingType};
pub use types::money::Aggregate;
pub use types::page_url::PageUrl;
pub use types::receipt::{BarcodeFormat, OrderLine, PaymentSource, QuantityUnit, Receipt};
pub use types::texts::{PaymentDescription, ShippingToken};
pub use wait::{Poll, PollEvent, PollInterval, PollTrigger, Wait};

pub use crate::types::{AirlineData, QrFormat};

use crate::raw;
use crate::runtime::Runtime;
use crate::types::{Amount, MerchantSerialNumber, Reference};

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
    /// `amount` is in NOK, DKK or EUR, the currency of the sales unit's market, and at most
    /// 650 000.00.
    ///
    /// Calls `createPayment` with an idempotency key; at most 5 times a minute per reference.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("POST", "/epayment/v1/payments", 201,
    /// #     r#"{"reference":"acme-shop-123-order123abc","redirectUrl":"https://pay.example.com/?token=x"}"#);
    /// # let vipps = recorder.client();
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
    #[doc(alias("checkout", "initiate"))]
    pub fn create(&self, reference: Reference, amount: Amount) -> NewPayment {
        NewPayment::new(self.runtime.clone(), reference, amount)
    }

    /// Finds out whether an operation with the outcome [`Unknown`](crate::Outcome::Unknown) took
    /// effect, from the details and the event log of the payment. The error names the payment, the
    /// operation and the idempotency key.
    ///
    /// Calls `getPayment`, and for a create, capture or refund `getPaymentEventLog`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = |captured| serde_json::json!({"state": "AUTHORIZED", "aggregate": {"authorizedAmount": nok(49900),
    /// #     "capturedAmount": nok(captured), "cancelledAmount": nok(0), "refundedAmount": nok(0)}}).to_string();
    /// # let log = serde_json::json!([{"name": "CAPTURED", "success": true, "idempotencyKey": "key-1",
    /// #     "amount": nok(5000)}]);
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(0))
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(5000))
    /// #     .lose("POST", "/epayment/v1/payments/kiosk-7-000451/capture")
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451/events", 503, "")
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451/events", 503, "")
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451/events", 503, "")
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451/events", 200, &log.to_string());
    /// # let vipps = recorder.client();
    /// use vipps::epayment::Reconciled;
    /// use vipps::{Amount, Outcome};
    ///
    /// // The worst case: the money is captured, and every response is lost.
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let capture = payment.capture(Amount::nok(50)).idempotency_key("key-1".parse()?);
    /// let error = capture.await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// match vipps.epayment().reconcile(&error).await {
    ///     Reconciled::TookEffect(details) => assert_eq!(details.aggregate().captured, Some(Amount::nok(50))),
    ///     Reconciled::NoEffect => println!("repeat it, with the key of the error"),
    ///     Reconciled::StillUnknown(why) => println!("try again later: {why}"),
    /// }
    /// # assert!(matches!(vipps.epayment().reconcile(&error).await, Reconciled::TookEffect(_)));
    /// # Ok(()) }
    /// ```
    pub fn reconcile(&self, error: &crate::Error) -> Reconcile {
        reconcile::of_error(&self.runtime, error)
    }

    /// Returns the payment with this reference. Sends nothing.
    ///
    /// A payment that was started with the eCom API has its order id as its reference.
    pub fn payment(&self, reference: Reference) -> Payment {
        Payment::new(self.runtime.clone(), reference)
    }
}

/// A payment that exists, identified by its reference. Creating this handle sends nothing.
#[derive(Clone, Debug)]
pub struct Payment {
    runtime: Runtime,
    reference: Reference,
    merchant: Option<MerchantSerialNumber>,
    expires_at: Option<jiff::Timestamp>,
}

impl Payment {
    fn new(runtime: Runtime, reference: Reference) -> Self {
        Self {
            runtime,
            reference,
            merchant: None,
            expires_at: None,
        }
    }

    /// The reference.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Sets the sales unit that the payment belongs to, if it differs from the sales unit of the
    /// credentials. Partners need it.
    ///
    /// Every call on the payment is made for this sales unit. A payment from
    /// [`CreatedPayment::payment`] is already set to the sales unit that it was created for.
    #[must_use]
    pub fn merchant_serial_number(mut self, number: MerchantSerialNumber) -> Self {
        self.merchant = Some(number);
        self
    }

    /// Sets the expiry of a long-living payment, until which [`wait`](Self::wait) polls it. A
    /// payment from [`CreatedPayment::payment`] has it already.
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
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED", "amount": nok(49900),
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(0), "cancelledAmount": nok(0),
    /// #     "refundedAmount": nok(0)}});
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment.to_string());
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let details = vipps.epayment().payment("kiosk-7-000451".parse()?).details().await?;
    /// assert_eq!(details.remaining_to_capture(), Some(Amount::nok(499)));
    /// assert!(details.can_capture() && !details.can_refund());
    /// # Ok(()) }
    /// ```
    #[doc(alias = "status")]
    pub fn details(&self) -> GetDetails {
        let mut call = GetDetails::new(self.runtime.clone(), self.reference.clone());
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Reads the event log of the payment, oldest event first, failed attempts included.
    ///
    /// Calls `getPaymentEventLog`; at most 120 times a minute per reference.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("GET", "/epayment/v1/payments/kiosk-7-000451/events", 200,
    /// #     r#"[{"reference":"kiosk-7-000451","name":"CREATED","amount":{"currency":"NOK","value":49900},"success":true}]"#);
    /// # let vipps = recorder.client();
    /// use vipps::epayment::EventName;
    ///
    /// let events = vipps.epayment().payment("kiosk-7-000451".parse()?).events().await?;
    /// assert_eq!(events[0].name, Some(EventName::Created));
    /// assert!(events[0].succeeded());
    /// # Ok(()) }
    /// ```
    pub fn events(&self) -> GetEvents {
        let mut call = GetEvents::new(self.runtime.clone(), self.reference.clone());
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Polls the details until the customer has approved or stopped the payment, or the payment has
    /// expired.
    ///
    /// Calls `getPayment`, as often as the [`PollInterval`] requires.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200,
    /// #     r#"{"reference":"kiosk-7-000451","state":"AUTHORIZED"}"#);
    /// # let vipps = recorder.client();
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
        let mut call = Wait::new(
            self.runtime.clone(),
            self.reference.clone(),
            self.expires_at,
        );
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Captures this amount of the reserved money. The rest stays reserved, see
    /// [`cancel`](Self::cancel).
    ///
    /// Calls `capturePayment` with an idempotency key; at most 5 times a minute per reference, and
    /// up to 180 days after the approval in Norway, 14 days in Denmark and Finland.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = |captured| serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(captured), "cancelledAmount": nok(0),
    /// #     "refundedAmount": nok(0)}}).to_string();
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(0))
    /// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/capture", 200, &payment(5000));
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let captured = payment.capture(Amount::nok(50)).await?;
    /// assert_eq!(captured.aggregate.remaining_to_capture(), Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    pub fn capture(&self, amount: Amount) -> Capture {
        let mut call = Capture::new(self.runtime.clone(), self.reference.clone(), Some(amount));
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Captures everything that remains: reads the details first, and sends the amount that they
    /// state as remaining, the same on every attempt. The deadline covers both requests.
    ///
    /// With the idempotency key of an earlier capture of this payment, the amount is that of the
    /// earlier capture. The call can therefore be retried after an unknown outcome.
    ///
    /// Calls `getPayment` and `capturePayment`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = |captured| serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(captured), "cancelledAmount": nok(0),
    /// #     "refundedAmount": nok(0)}}).to_string();
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(5000))
    /// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/capture", 200, &payment(49900));
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let captured = payment.capture_remaining().await?;
    /// assert_eq!(captured.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    pub fn capture_remaining(&self) -> Capture {
        let mut call = Capture::new(self.runtime.clone(), self.reference.clone(), None);
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Refunds this amount of the captured money.
    ///
    /// Calls `refundPayment` with an idempotency key; at most 5 times a minute per reference, and up
    /// to 365 days after the reservation. The money reaches the customer after 2 to 10 bank days.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = |refunded| serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(49900), "cancelledAmount": nok(0),
    /// #     "refundedAmount": nok(refunded)}}).to_string();
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(0))
    /// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/refund", 200, &payment(5000));
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let refunded = payment.refund(Amount::nok(50)).await?;
    /// assert_eq!(refunded.aggregate.refunded, Some(Amount::nok(50)));
    /// # Ok(()) }
    /// ```
    pub fn refund(&self, amount: Amount) -> Refund {
        let mut call = Refund::new(self.runtime.clone(), self.reference.clone(), Some(amount));
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Refunds everything that is captured and not refunded yet: reads the details first, and sends
    /// the amount that they state as remaining, the same on every attempt. The deadline covers both
    /// requests.
    ///
    /// With the idempotency key of an earlier refund of this payment, the amount is that of the
    /// earlier refund. The call can therefore be retried after an unknown outcome.
    ///
    /// Calls `getPayment` and `refundPayment`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = |refunded| serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(49900), "cancelledAmount": nok(0),
    /// #     "refundedAmount": nok(refunded)}}).to_string();
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("GET", "/epayment/v1/payments/kiosk-7-000451", 200, &payment(5000))
    /// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/refund", 200, &payment(49900));
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let refunded = payment.refund_remaining().await?;
    /// assert_eq!(refunded.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    pub fn refund_remaining(&self) -> Refund {
        let mut call = Refund::new(self.runtime.clone(), self.reference.clone(), None);
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Cancels a payment that the customer has not approved yet, or releases everything of a
    /// reservation that is not captured. Captured money must be refunded instead.
    ///
    /// Calls `cancelPayment`; at most 5 times a minute per reference, and up to 180 days after the
    /// approval in Norway, 14 days in Denmark and Finland.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let nok = |value: i64| serde_json::json!({"currency": "NOK", "value": value});
    /// # let payment = serde_json::json!({"reference": "kiosk-7-000451", "state": "AUTHORIZED",
    /// #     "aggregate": {"authorizedAmount": nok(49900), "capturedAmount": nok(5000), "cancelledAmount": nok(44900),
    /// #     "refundedAmount": nok(0)}});
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("POST", "/epayment/v1/payments/kiosk-7-000451/cancel", 200, &payment.to_string());
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// // 50 kroner of 499 are captured; nothing more will be delivered.
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// let cancelled = payment.cancel().await?;
    /// assert_eq!(cancelled.amount, Some(Amount::nok(449)));
    /// # Ok(()) }
    /// ```
    #[doc(alias("void", "release"))]
    pub fn cancel(&self) -> Cancel {
        let mut call = Cancel::new(self.runtime.clone(), self.reference.clone());
        call.options.merchant.clone_from(&self.merchant);
        call
    }

    /// Approves the payment in the customer's place. Only the test environment supports it. With a
    /// client for production, the call fails before anything is sent.
    ///
    /// Calls `forceApprove`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new()
    /// #     .respond("POST", "/epayment/v1/test/payments/kiosk-7-000451/approve", 200, "");
    /// # let vipps = recorder.client();
    /// use vipps::PhoneNumber;
    ///
    /// let payment = vipps.epayment().payment("kiosk-7-000451".parse()?);
    /// payment.force_approve().customer(PhoneNumber::parse("+47 912 34 567")?).await?;
    /// # Ok(()) }
    /// ```
    pub fn force_approve(&self) -> ForceApprove {
        let mut call = ForceApprove::new(self.runtime.clone(), self.reference.clone());
        call.options.merchant.clone_from(&self.merchant);
        call
    }
}
