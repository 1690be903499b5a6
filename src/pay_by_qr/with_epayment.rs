//! A payment and its QR code with the ePayment API, in one request.

use std::time::Duration;

use super::{PayByQr, QrPayment};
use crate::call::{CallOptions, operation};
use crate::client::Vipps;
use crate::epayment::{self, Create, LIFETIME, PaymentDescription};
use crate::error::Result;
use crate::qr::image::format_setters;
use crate::qr::{OneTimeQr, QrFormat};
use crate::types::{InvalidValue, Reference};

/// Creates a payment with a QR code with the ePayment API. Returned by [`PayByQr::epayment`];
/// `.await` sends one request.
///
/// The request carries one idempotency key on every attempt. If the outcome stays
/// [`Unknown`](crate::Outcome::Unknown), retry the call with the key of the error: it returns the
/// payment.
///
/// # Continue after a crash
///
/// Set an [`idempotency_key`](Self::idempotency_key) that is derived from the order id. A second
/// call with this key then returns the same payment. The response does not state when the payment
/// was created, so [`expires_in`](OneTimeQr::expires_in) counts from the second call, although the
/// code expires 10 minutes after the first call. Store the time of the first call, or read the
/// `CREATED` event of [`events`](epayment::Payment::events).
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
/// # let vipps = sim.client();
/// use vipps::{Amount, OrderId, RequestId};
///
/// let id: OrderId = "till-1-000451".parse()?;
/// let sale = vipps
///     .pay_by_qr(id.clone(), Amount::nok(9), "Coffee".parse()?)
///     .epayment()
///     .payment(|payment| payment.customer_present())
///     .idempotency_key(RequestId::derive(&id, "create"))
///     .await?;
/// # let _ = sale;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PayByQrEPayment {
    vipps: Vipps,
    options: CallOptions,
    create: Create,
    format: QrFormat,
    /// The first argument that ePayment does not accept.
    invalid: Option<InvalidValue>,
}

operation! { PayByQrEPayment => QrPayment<epayment::Payment>; deadline, idempotency_key, merchant_serial_number, retry }
format_setters!(PayByQrEPayment);

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
        let time = self.vipps.runtime().time();
        let called_at = time.monotonic();
        let started = create.send().await?;
        let lifetime = match started.expires_at() {
            Some(end) => Duration::try_from(end.duration_since(time.now())).unwrap_or_default(),
            // The first of several attempts may have created the payment.
            None => LIFETIME.saturating_sub(time.monotonic().saturating_sub(called_at)),
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
