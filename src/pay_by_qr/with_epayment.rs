//! A payment and its QR code over the ePayment API: one request.

use std::time::Duration;

use super::{PayByQr, QrPayment};
use crate::call::{CallOptions, operation};
use crate::client::Vipps;
use crate::epayment::{self, Create, PaymentDescription};
use crate::error::Result;
use crate::qr::image::formats;
use crate::qr::{OneTimeQr, QrFormat};
use crate::types::{InvalidValue, Reference};

/// The time that a customer has for a payment without an expiry of its own.
const LIFETIME: Duration = Duration::from_secs(600);

/// Creates a payment with a QR code over the ePayment API. Returned by [`PayByQr::epayment`];
/// `.await` sends one request.
///
/// The request carries one idempotency key on every attempt. If the outcome stays
/// [`Unknown`](crate::Outcome::Unknown), make the same call again with the key of the error: it
/// returns the payment.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PayByQrEPayment {
    vipps: Vipps,
    options: CallOptions,
    create: Create,
    format: QrFormat,
    /// An argument that ePayment does not accept.
    invalid: Option<InvalidValue>,
}

operation! { PayByQrEPayment => QrPayment<epayment::Payment>; deadline, idempotency_key, merchant_serial_number, retry }
formats!(PayByQrEPayment);

impl PayByQrEPayment {
    pub(super) fn new(call: PayByQr) -> Self {
        let reference = Reference::from(&call.order_id);
        let mut create = call.vipps.epayment().create(reference, call.amount).qr();
        let mut invalid = call.is_changed.then(|| {
            let rule = "must be set after `epayment`, because it changes a payment of that API";
            InvalidValue::without_value("payment", rule)
        });
        match PaymentDescription::parse(call.text.as_str()) {
            Ok(description) => create = create.description(description),
            Err(error) => invalid = invalid.or(Some(error)),
        }
        Self {
            vipps: call.vipps,
            options: call.options,
            create,
            format: call.format,
            invalid,
        }
    }

    /// Sets optional fields of the payment. At a physical point of sale,
    /// [`Create::customer_present`] is mandatory.
    ///
    /// A deadline, an idempotency key, a retry policy or a sales unit that is set here applies too.
    /// A setter of `PayByQrEPayment` takes precedence, in any order of the calls.
    ///
    /// ```
    /// # async fn f(vipps: vipps::Vipps) -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::Amount;
    ///
    /// let sale = vipps
    ///     .pay_by_qr("till-1-000451".parse()?, Amount::eur(9), "Coffee".parse()?)
    ///     .epayment()
    ///     .payment(|p| p.customer_present().metadata("till", "1"))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn payment(mut self, change: impl FnOnce(Create) -> Create) -> Self {
        self.create = change(self.create);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: an order id of less than 8 characters, a text of less than 3
    /// characters, and the values that [`Create::send`] refuses. Otherwise the errors of
    /// [`Create::send`].
    pub async fn send(self) -> Result<QrPayment<epayment::Payment>> {
        if let Some(invalid) = self.invalid {
            return Err(invalid.into());
        }
        let mut create = self.create.in_format(self.format);
        create.options = self.options.or(&create.options);
        let started = create.send().await?;
        let now = self.vipps.runtime().time().now();
        let lifetime = match started.expires_at() {
            Some(time) => Duration::try_from(time.duration_since(now)).unwrap_or_default(),
            None => LIFETIME,
        };
        // The create fails if the response has no link.
        let url = started.redirect_url().unwrap_or_default().to_owned();
        Ok(QrPayment {
            payment: started.payment(&self.vipps),
            qr: OneTimeQr::of_payment(self.format, url, lifetime),
            started,
        })
    }
}
