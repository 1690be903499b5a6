//! A payment and its code in one call, since at a till nobody wants the one without the other.

use crate::call::{CallOptions, Deadline, operation};
use crate::client::Vipps;
use crate::ecom::{Initiate, InitiatedPayment, Payment};
use crate::error::{Outcome, Result};
use crate::qr::{OneTimeQr, QrFormat};
use crate::types::{Amount, ImageSize, OrderId, TransactionText};

const STARTED: &str = "The payment is started and only its code is missing. Cancel the payment by the error's order id, or let \
                       it expire, and start again with a new order id.";

impl Vipps {
    /// Starts a payment and makes its code: [`Ecom::initiate`](crate::ecom::Ecom::initiate) and
    /// [`Qr::one_time`](crate::qr::Qr::one_time) in one call.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::Amount;
    ///
    /// let sale = vipps.pay_by_qr("order-123".parse()?, Amount::nok(499), "One pair of socks".parse()?).await?;
    /// let svg = sale.qr().image().await?;
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

/// Starts a payment and makes its code. Made by [`Vipps::pay_by_qr`]; `.await` sends both requests, within one
/// deadline.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PayByQr {
    vipps: Vipps,
    options: CallOptions,
    initiate: Initiate,
    format: QrFormat,
}

operation! {
    PayByQr => QrPayment;
    /// The longest that both requests may take together: token, attempts, waits and responses. By default
    /// the deadline that [`payment`](Self::payment) has set, otherwise the client's
    /// [`total_timeout`](crate::VippsBuilder::total_timeout), which is 30 s unless it is set.
    deadline,
    /// The sales unit that both requests act for. By default the one that [`payment`](Self::payment) has
    /// set, otherwise the one of the credentials. Partners need it.
    merchant_serial_number,
    /// The retry policy of both requests. By default the one that [`payment`](Self::payment) has set,
    /// otherwise the client's. Whatever it says, a payment that may have been started is not started again.
    retry,
}

impl PayByQr {
    /// As a PNG of so many pixels on each side, 100 to 2000.
    pub fn png(mut self, size: ImageSize) -> Self {
        self.format = QrFormat::Png(size);
        self
    }

    /// As an SVG; the default.
    pub fn svg(mut self) -> Self {
        self.format = QrFormat::Svg;
        self
    }

    /// As the bare text of the code, to draw it on one's own.
    pub fn content(mut self) -> Self {
        self.format = QrFormat::Content;
        self
    }

    /// Changes the payment's optional fields.
    ///
    /// A deadline, a retry policy or a sales unit that is set here holds for both requests, unless the
    /// setter of `PayByQr` itself is called too, before or after: that one wins.
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
    /// Before anything is sent: a payment with `is_app` or `skip_landing_page`, which has no code. Otherwise as the
    /// two operations. When the payment is started and only its code fails, the payment is still there and the
    /// outcome is [`Unknown`](Outcome::Unknown), whatever came of the code: the error's
    /// [`order_id`](crate::Error::order_id) says what to cancel, or to let expire. The same call again would be
    /// refused, since the order id is used.
    pub async fn send(self) -> Result<QrPayment> {
        self.initiate.check_code()?;
        let mut initiate = self.initiate;
        let options = self.options.or(&initiate.options);
        let deadline = Deadline::new(self.vipps.runtime(), &options);
        initiate.options = deadline.options(&options);
        let payment = initiate.send().await?;
        let mut code = self.vipps.qr().one_time(&payment).format(self.format);
        code.options = deadline.options(&options);
        match code.send().await {
            Ok(qr) => Ok(QrPayment { payment, qr }),
            // The code alone is harmless, but the payment is started and nobody has its landing page.
            Err(error) => {
                let after = error.retry_after();
                Err(error
                    .with_outcome(Outcome::Unknown)
                    .with_retry(false, after)
                    .with_order_id(payment.order_id())
                    .with_hint(STARTED))
            }
        }
    }
}

/// A payment that waits for its customer, and the code to show.
#[derive(Clone, Debug)]
pub struct QrPayment {
    payment: InitiatedPayment,
    qr: OneTimeQr,
}

impl QrPayment {
    /// The code.
    pub fn qr(&self) -> &OneTimeQr {
        &self.qr
    }

    /// The payment as it was started.
    pub fn initiated(&self) -> &InitiatedPayment {
        &self.payment
    }

    /// The payment, to wait for, capture or cancel.
    pub fn payment(&self) -> Payment {
        self.payment.payment()
    }
}
