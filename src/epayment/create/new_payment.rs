//! A payment whose user flow is not chosen yet.

use super::Create;
use crate::call::CallOptions;
use crate::epayment::types::customer::Customer;
use crate::epayment::types::page_url::PageUrl;
use crate::runtime::Runtime;
use crate::types::{Amount, QrFormat, Reference};

/// A payment without a user flow. Made by [`EPayment::create`](crate::epayment::EPayment::create);
/// each method chooses the flow:
///
/// ```
/// use vipps::epayment::Create;
/// use vipps::types::{ImageSize, QrFormat};
/// use vipps::{Amount, PhoneNumber, Reference, Vipps};
///
/// fn at_a_till(vipps: &Vipps, reference: Reference) -> Result<Create, Box<dyn std::error::Error>> {
///     let payment = vipps.epayment().create(reference, Amount::nok(49));
///     Ok(payment.qr_with(QrFormat::Png(ImageSize::new(800)?)).customer_present())
/// }
///
/// fn in_a_web_shop(vipps: &Vipps, reference: Reference) -> Result<Create, Box<dyn std::error::Error>> {
///     let payment = vipps.epayment().create(reference, Amount::nok(49));
///     Ok(payment.web_redirect("https://shop.example.com/orders/451".parse()?))
/// }
///
/// fn by_phone(vipps: &Vipps, reference: Reference) -> Result<Create, Box<dyn std::error::Error>> {
///     let payment = vipps.epayment().create(reference, Amount::nok(49));
///     Ok(payment.push_message(PhoneNumber::parse("+47 912 34 567")?))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until a flow is chosen and the result is awaited"]
pub struct NewPayment {
    runtime: Runtime,
    reference: Reference,
    amount: Amount,
}

/// The user flow: how the customer gets to the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    WebRedirect,
    NativeRedirect,
    PushMessage,
    Qr(Option<QrFormat>),
}

impl NewPayment {
    pub(in crate::epayment) fn new(runtime: Runtime, reference: Reference, amount: Amount) -> Self {
        Self {
            runtime,
            reference,
            amount,
        }
    }

    /// Shows the payment as a QR code, which the customer scans from the merchant's screen (user
    /// flow `QR`).
    ///
    /// [`CreatedPayment::redirect_url`](super::CreatedPayment::redirect_url) is the link to an SVG
    /// image. The code expires with the payment, so never print it.
    #[doc(alias("POS", "point of sale"))]
    pub fn qr(self) -> Create {
        self.flow(Flow::Qr(None))
    }

    /// Shows the payment as a QR code in this format (user flow `QR`).
    ///
    /// [`CreatedPayment::redirect_url`](super::CreatedPayment::redirect_url) is the link to the
    /// image, or with [`QrFormat::Content`] the text of the code.
    pub fn qr_with(self, format: QrFormat) -> Create {
        self.flow(Flow::Qr(Some(format)))
    }

    /// Redirects the customer's browser (user flow `WEB_REDIRECT`): a phone with the app switches
    /// to it, and every other device shows a landing page. `return_url` opens after the payment,
    /// paid or not.
    pub fn web_redirect(self, return_url: PageUrl) -> Create {
        self.flow(Flow::WebRedirect).return_url(return_url)
    }

    /// Switches from the merchant's app to the Vipps or MobilePay app (user flow
    /// `NATIVE_REDIRECT`), for merchants without a web site. `return_url` opens after the payment,
    /// paid or not.
    pub fn native_redirect(self, return_url: PageUrl) -> Create {
        self.flow(Flow::NativeRedirect).return_url(return_url)
    }

    /// Pushes the payment to the customer's phone (user flow `PUSH_MESSAGE`), without a redirect
    /// URL. Vipps MobilePay allows this for some sales units only.
    ///
    /// `customer` is a [`PhoneNumber`](crate::PhoneNumber), a scanned personal code
    /// ([`PersonalQr`](crate::types::PersonalQr)), or the
    /// [token](crate::webhooks::CheckIn::customer_token) of a check-in.
    #[doc(alias("personal QR", "check-in", "POS"))]
    pub fn push_message(self, customer: impl Into<Customer>) -> Create {
        self.flow(Flow::PushMessage).customer(customer)
    }

    fn flow(self, flow: Flow) -> Create {
        Create {
            runtime: self.runtime,
            options: CallOptions::default(),
            reference: self.reference,
            amount: self.amount,
            flow,
            return_url: None,
            customer: None,
            payment_method: None,
            blocks_commercial_cards: false,
            customer_present: false,
            description: None,
            expires_at: None,
            receipt: None,
            receipt_url: None,
            metadata: Vec::new(),
            minimum_age: None,
            scope: None,
            express: None,
            airline_data: None,
            extra: Vec::new(),
        }
    }
}

/// The payment method of a new payment, for
/// [`Create::payment_method`](super::Create::payment_method).
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// use vipps::Amount;
/// use vipps::epayment::PaymentMethod;
///
/// let created = vipps
///     .epayment()
///     .create("acme-order-1001".parse()?, Amount::nok(49))
///     .web_redirect("https://shop.example.com/orders/1001".parse()?)
///     .payment_method(PaymentMethod::Card)
///     .await?;
/// # assert!(created.redirect_url().is_some());
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentMethod {
    /// The app (`WALLET`).
    Wallet,
    /// A form for card data (`CARD`). Only with [`NewPayment::web_redirect`], and not in the test
    /// environment.
    Card,
}
