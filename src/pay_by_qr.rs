//! A payment and its QR code in one call.

mod api;
mod with_epayment;

pub use api::QrPaymentApi;
pub use with_epayment::PayByQrEPayment;

use crate::call::{CallOptions, Deadline, operation};
use crate::client::Vipps;
use crate::ecom::{self, Initiate, InitiatedPayment, TransactionText};
use crate::epayment::{self, CreatedPayment};
use crate::error::{Outcome, Result};
use crate::qr::image::format_setters;
use crate::qr::{OneTimeQr, QrFormat};
use crate::types::{Amount, OrderId};

const QR_FAILED_HINT: &str = "The payment is started, but its QR code is missing. Cancel the payment by the order id of the error, or \
                       let it expire. Then start a new payment with a new order id.";

impl Vipps {
    /// Starts a payment and creates its QR code: [`Ecom::initiate`](crate::ecom::Ecom::initiate)
    /// and [`Qr::one_time`](crate::qr::Qr::one_time) in one call. [`PayByQr::epayment`] uses the
    /// ePayment API instead, which Vipps MobilePay recommends for all new integrations.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::Amount;
    ///
    /// let sale = vipps.pay_by_qr("order-123".parse()?, Amount::nok(499), "One pair of socks".parse()?).await?;
    /// let svg = vipps.qr().image(sale.qr()).await?;
    /// assert_eq!(svg.media_type(), "image/svg+xml");
    /// # Ok(()) }
    /// ```
    #[doc(alias("POS", "point of sale", "till", "checkout"))]
    pub fn pay_by_qr(&self, order_id: OrderId, amount: Amount, text: TransactionText) -> PayByQr {
        PayByQr {
            options: CallOptions::default(),
            initiate: self.ecom().initiate(order_id.clone(), amount, text.clone()),
            order_id,
            amount,
            text,
            is_changed: false,
            format: QrFormat::default(),
            vipps: self.clone(),
        }
    }
}

/// Starts a payment and creates its QR code. Returned by [`Vipps::pay_by_qr`], which has an
/// example; `.await` sends both requests within one deadline.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PayByQr {
    vipps: Vipps,
    options: CallOptions,
    order_id: OrderId,
    amount: Amount,
    text: TransactionText,
    initiate: Initiate,
    /// `true` if [`payment`](Self::payment) has changed the payment of eCom.
    is_changed: bool,
    format: QrFormat,
}

operation! { PayByQr => QrPayment; deadline, merchant_serial_number, retry }
format_setters!(PayByQr);

impl PayByQr {
    /// Sets optional fields of the payment.
    ///
    /// A deadline, a retry policy or a sales unit that is set here applies to both requests. A
    /// setter of `PayByQr` takes precedence, in any order of the calls.
    ///
    /// ```
    /// # async fn f(vipps: vipps::Vipps) -> Result<(), Box<dyn std::error::Error>> {
    /// # use vipps::Amount;
    /// let sale = vipps
    ///     .pay_by_qr("order-1".parse()?, Amount::nok(99), "Coffee".parse()?)
    ///     .payment(|p| p.fallback("https://example.com/thanks".parse().expect("a URL")))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn payment(mut self, change: impl FnOnce(Initiate) -> Initiate) -> Self {
        self.initiate = change(self.initiate);
        self.is_changed = true;
        self
    }

    /// Creates the payment with the ePayment API instead: with one request, which is idempotent, in
    /// NOK, DKK or EUR. New integrations should use it.
    ///
    /// The order id becomes the reference, and must have at least 8 characters. The text becomes
    /// the description, and must have at least 3. [`payment`](Self::payment) must not be called
    /// before, because it changes a payment of eCom.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("POST", "/epayment/v1/payments", 201,
    /// #     r#"{"reference":"till-1-000451","redirectUrl":"https://qr-image.example.com/?token=x"}"#);
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    ///
    /// let sale = vipps
    ///     .pay_by_qr("till-1-000451".parse()?, Amount::nok(499), "One pair of socks".parse()?)
    ///     .epayment()
    ///     .payment(|p| p.customer_present())
    ///     .await?;
    /// let image = sale.qr().image_url().ok_or("the default is an image")?;
    /// # let _ = image;
    /// // ... show the image ...
    /// # if false {
    /// sale.wait().await?;
    /// sale.capture().await?;
    /// # }
    /// # Ok(()) }
    /// ```
    pub fn epayment(self) -> PayByQrEPayment {
        PayByQrEPayment::new(self)
    }

    /// Sends both requests.
    ///
    /// # Errors
    /// Before anything is sent: a payment with [`Initiate::app_switch`] or
    /// [`Initiate::skip_landing_page`], which has no code. Otherwise the errors of
    /// [`Initiate::send`] and of [`OneTime::send`](crate::qr::OneTime::send).
    ///
    /// If the payment is started and the request for its code fails, the payment remains open and
    /// the outcome is [`Unknown`](Outcome::Unknown). Cancel the payment by the error's
    /// [`order_id`](crate::Error::order_id), or let it expire. The same call would be refused,
    /// because the order id is used.
    pub async fn send(self) -> Result<QrPayment> {
        self.initiate.check_code()?;
        let mut initiate = self.initiate;
        let options = self.options.or(&initiate.options);
        let deadline = Deadline::new(self.vipps.runtime(), &options);
        initiate.options = deadline.options(&options);
        let initiated = initiate.send().await?;
        let mut code = self.vipps.qr().one_time(&initiated).format(self.format);
        code.options = deadline.options(&options);
        match code.send().await {
            Ok(qr) => Ok(QrPayment {
                payment: initiated.payment(&self.vipps),
                started: initiated,
                qr,
            }),
            // A code moves no money, but the payment is started, and the caller does not get its
            // landing page.
            Err(error) => {
                let after = error.retry_after();
                Err(error
                    .with_outcome(Outcome::Unknown)
                    .with_retry(false, after)
                    .with_order_id(initiated.order_id())
                    .with_hint(QR_FAILED_HINT))
            }
        }
    }
}

/// A started payment and its QR code. Returned by [`PayByQr`] for a payment of the eCom API, and by
/// [`PayByQrEPayment`] for a payment of the ePayment API. Both have the same methods; each API has
/// its own details.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// use vipps::Amount;
/// use vipps::epayment::PaymentState;
///
/// let call = vipps.pay_by_qr("till-1-000451".parse()?, Amount::nok(49), "Coffee".parse()?);
/// let sale = call.epayment().payment(|p| p.customer_present()).await?;
/// // ... show `sale.qr()` ...
/// # sim.payer().approve("till-1-000451")?;
/// let details = sale.wait().await?;
/// if details.state() == &PaymentState::Authorized {
///     let captured = sale.capture().await?;
///     assert_eq!(captured.amount, Some(Amount::nok(49)));
/// }
/// # assert_eq!(details.state(), &PaymentState::Authorized);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct QrPayment<P: QrPaymentApi = ecom::Payment> {
    payment: P,
    started: P::Started,
    qr: OneTimeQr,
}

impl<P: QrPaymentApi> QrPayment<P> {
    /// Returns the QR code.
    pub fn qr(&self) -> &OneTimeQr {
        &self.qr
    }

    /// Returns the payment, to read, capture, refund or cancel it.
    pub fn payment(&self) -> P {
        self.payment.clone()
    }

    /// Polls the payment until the customer has decided, or the payment has expired.
    pub fn wait(&self) -> P::Wait {
        self.payment.wait_for_customer()
    }

    /// Captures everything that remains of the reservation.
    pub fn capture(&self) -> P::Capture {
        self.payment.capture_everything()
    }

    /// Cancels the payment: before the approval the payment itself, and after it the reservation.
    ///
    /// After a partial capture, ePayment releases the rest of the reservation. eCom refuses the
    /// cancel; [`ecom::Cancel::release_remaining`] releases the rest.
    pub fn cancel(&self) -> P::Cancel {
        self.payment.cancel_payment()
    }
}

impl QrPayment {
    /// Returns the response that started the payment.
    pub fn initiated(&self) -> &InitiatedPayment {
        &self.started
    }
}

impl QrPayment<epayment::Payment> {
    /// Returns the response that created the payment.
    pub fn created(&self) -> &CreatedPayment {
        &self.started
    }
}
