//! A payment and its QR code in one call.

use crate::call::{CallOptions, Deadline, operation};
use crate::client::Vipps;
use crate::ecom::TransactionText;
use crate::ecom::{Initiate, InitiatedPayment, Payment};
use crate::error::{Outcome, Result};
use crate::qr::{OneTimeQr, QrFormat};
use crate::types::{Amount, ImageSize, OrderId};

const QR_FAILED_HINT: &str = "The payment is started, but its QR code is missing. Cancel the payment by the order id of the error, or \
                       let it expire. Then start a new payment with a new order id.";

impl Vipps {
    /// Starts a payment and creates its QR code: [`Ecom::initiate`](crate::ecom::Ecom::initiate)
    /// and [`Qr::one_time`](crate::qr::Qr::one_time) in one call.
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
    pub fn pay_by_qr(&self, order_id: OrderId, amount: Amount, text: TransactionText) -> PayByQr {
        PayByQr {
            options: CallOptions::default(),
            initiate: self.ecom().initiate(order_id, amount, text),
            format: QrFormat::default(),
            vipps: self.clone(),
        }
    }
}

/// Starts a payment and creates its QR code. Returned by [`Vipps::pay_by_qr`]; `.await` sends both
/// requests within one deadline.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PayByQr {
    vipps: Vipps,
    options: CallOptions,
    initiate: Initiate,
    format: QrFormat,
}

operation! { PayByQr => QrPayment; deadline, merchant_serial_number, retry }

impl PayByQr {
    /// Requests the code as a PNG image of this size, 100 to 2000 pixels on each side.
    pub fn png(mut self, size: ImageSize) -> Self {
        self.format = QrFormat::Png(size);
        self
    }

    /// Requests the code as an SVG image. This is the default.
    pub fn svg(mut self) -> Self {
        self.format = QrFormat::Svg;
        self
    }

    /// Requests the text of the code, to render it yourself.
    pub fn content(mut self) -> Self {
        self.format = QrFormat::Content;
        self
    }

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
        self
    }

    /// Sends both requests.
    ///
    /// # Errors
    /// Before anything is sent: a payment with `app_switch` or `skip_landing_page`, which has no code.
    /// Otherwise the errors of the two operations.
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
                initiated,
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

/// A started payment and its QR code.
#[derive(Clone, Debug)]
pub struct QrPayment {
    payment: Payment,
    initiated: InitiatedPayment,
    qr: OneTimeQr,
}

impl QrPayment {
    /// Returns the QR code.
    pub fn qr(&self) -> &OneTimeQr {
        &self.qr
    }

    /// Returns the response that started the payment.
    pub fn initiated(&self) -> &InitiatedPayment {
        &self.initiated
    }

    /// Returns the payment, to wait for, capture or cancel it.
    pub fn payment(&self) -> Payment {
        self.payment.clone()
    }
}
