//! Creates a payment.

mod body;
mod created;
mod new_payment;

pub use created::CreatedPayment;
use new_payment::Flow;
pub use new_payment::{NewPayment, PaymentMethod};

use std::time::Duration;

use serde::Deserialize;

use super::error_codes::is_conflict;
use super::events::{creation_key, creation_time};
use super::types::customer::Customer;
use super::types::express::Express;
use super::types::page_url::PageUrl;
use super::types::receipt::Receipt;
use super::types::texts::PaymentDescription;
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, Response, operation};
use crate::error::success_body::lists_errors;
use crate::error::{Error, Outcome, Result};
use crate::runtime::Runtime;
use crate::types::{
    AirlineData, Amount, AnyJson, QrFormat, Reference, RequestId, Scope, Sensitive, lenient,
};

/// The time for the customer's decision if the payment has no expiry of its own: 10 minutes
/// (ePayment guide, time-outs).
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);

/// A payment that has not been created yet. Made by the methods of [`NewPayment`]; `.await` sends
/// it.
///
/// The request carries one idempotency key on every attempt, so a retry after a lost response
/// creates nothing twice. If the outcome stays [`Unknown`](crate::Outcome::Unknown), make the same
/// call with the key of the error. It then returns the payment.
///
/// # Dropping the future
///
/// A future that is dropped before it returns may leave a payment behind, and its random key is
/// lost. Set a key that survives the drop: one that is stored before the call, or
/// [derived](crate::RequestId::derive) from the reference.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let recorder = vipps::testing::Recorder::new().respond("POST", "/epayment/v1/payments", 201,
/// #     r#"{"reference":"kiosk-7-000451","redirectUrl":"https://pay.example.com/?token=x"}"#);
/// # let vipps = recorder.client();
/// use vipps::{Amount, Reference, RequestId};
///
/// let reference: Reference = "kiosk-7-000451".parse()?;
/// let key = RequestId::derive(&reference, "create");
/// let create = vipps.epayment().create(reference, Amount::nok(499)).qr();
/// let created = create.customer_present().idempotency_key(key).await?;
/// # let _ = created;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Create {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    reference: Reference,
    amount: Amount,
    flow: Flow,
    return_url: Option<PageUrl>,
    customer: Option<Customer>,
    payment_method: Option<PaymentMethod>,
    blocks_commercial_cards: bool,
    customer_present: bool,
    description: Option<PaymentDescription>,
    expires_at: Option<jiff::Timestamp>,
    receipt: Option<Receipt>,
    receipt_url: Option<PageUrl>,
    metadata: Vec<(String, Sensitive)>,
    minimum_age: Option<u8>,
    scope: Option<Scope>,
    express: Option<Express>,
    airline_data: Option<AirlineData>,
    extra: Vec<(String, AnyJson)>,
}

operation! { Create => CreatedPayment; deadline, idempotency_key, merchant_serial_number, retry }

impl Create {
    /// Shows the payment as a QR code in this format.
    pub(crate) fn in_format(mut self, format: QrFormat) -> Self {
        self.flow = Flow::Qr(Some(format));
        self
    }

    /// Sets the page or app that opens after the payment, paid or not.
    pub fn return_url(mut self, url: PageUrl) -> Self {
        self.return_url = Some(url);
        self
    }

    /// Sets the customer. With [`NewPayment::web_redirect`], the landing page then shows the phone
    /// number. Do not ask the customer for the number only for this purpose.
    pub fn customer(mut self, customer: impl Into<Customer>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the payment method; [`PaymentMethod::Wallet`] by default.
    pub fn payment_method(mut self, method: PaymentMethod) -> Self {
        self.payment_method = Some(method);
        self
    }

    /// Blocks commercial cards (wire name `blockedSources`). Only for [`PaymentMethod::Wallet`], in
    /// Denmark and Finland.
    pub fn block_commercial_cards(mut self) -> Self {
        self.blocks_commercial_cards = true;
        self
    }

    /// States that the customer is at a physical point of sale (wire name `customerInteraction`).
    /// Payments at a point of sale must state it.
    #[doc(alias("POS", "CUSTOMER_PRESENT"))]
    pub fn customer_present(mut self) -> Self {
        self.customer_present = true;
        self
    }

    /// Sets the description, which the customer sees in the app (wire name `paymentDescription`).
    pub fn description(mut self, text: PaymentDescription) -> Self {
        self.description = Some(text);
        self
    }

    /// Sets the expiry of a long-living payment: more than 10 minutes and less than 60 days ahead,
    /// by the clock of this machine (ePayment guide). Fractions of a second are not sent.
    ///
    /// A long-living payment needs a [`receipt`](Self::receipt) or a
    /// [`receipt_url`](Self::receipt_url), and Vipps MobilePay allows it for some sales units only.
    pub fn expires_at(mut self, time: jiff::Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Sets the receipt that the app shows. Not together with [`receipt_url`](Self::receipt_url).
    pub fn receipt(mut self, receipt: Receipt) -> Self {
        self.receipt = Some(receipt);
        self
    }

    /// Sets the URL of the receipt. Not together with [`receipt`](Self::receipt).
    pub fn receipt_url(mut self, url: PageUrl) -> Self {
        self.receipt_url = Some(url);
        self
    }

    /// Adds a key and a value that the details of the payment return: at most 5 pairs with distinct
    /// keys of 1 to 100 characters, and values of at most 500 characters (ePayment specification).
    /// They must not be personal data.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into().into()));
        self
    }

    /// Sets the age in years that the customer must have, 0 to 100. A customer who is too young is
    /// refused in the same way as an unknown phone number.
    pub fn minimum_age(mut self, years: u8) -> Self {
        self.minimum_age = Some(years);
        self
    }

    /// Sets the data that the customer shares, such as name, address and e-mail (wire name
    /// `profile.scope`). If the customer declines to share it, the payment is not made. Not with
    /// [`express`](Self::express), which has a scope of its own.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Makes this an Express payment (wire name `shipping`).
    ///
    /// The customer shares name, e-mail, phone number and address in the app, and chooses a
    /// shipping option, whose price is added to the amount. Capture the authorized sum of the
    /// [`Aggregate`](super::Aggregate). Only for [`PaymentMethod::Wallet`], and for sales units
    /// that Vipps MobilePay has approved for it.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("POST", "/epayment/v1/payments", 201,
    /// #     r#"{"reference":"acme-shop-123","redirectUrl":"https://pay.example.com/?token=x"}"#);
    /// # let vipps = recorder.client();
    /// use vipps::Amount;
    /// use vipps::epayment::{Express, ShippingBrand, ShippingGroup, ShippingOption, ShippingType};
    ///
    /// let parcel = ShippingOption::new("parcel", "Parcel locker", Amount::nok(79));
    /// let group = ShippingGroup::new(ShippingType::PickupPoint, ShippingBrand::Posten, [parcel]);
    /// let created = vipps
    ///     .epayment()
    ///     .create("acme-shop-123".parse()?, Amount::nok(499))
    ///     .web_redirect("https://shop.example.com/orders/123".parse()?)
    ///     .express(Express::with_fixed_options([group]))
    ///     .await?;
    /// # let _ = created;
    /// # Ok(()) }
    /// ```
    pub fn express(mut self, shipping: Express) -> Self {
        self.express = Some(shipping);
        self
    }

    /// Sets the ticket that is paid, for airlines and travel agencies (wire name `industryData`).
    pub fn airline_data(mut self, data: AirlineData) -> Self {
        self.airline_data = Some(data);
        self
    }

    /// Adds a member to the request for which this version has no setter. Its value is not checked.
    /// The API refuses members that it does not document.
    ///
    /// `name` is the name of the member. A point separates the names of nested members, as in
    /// `shipping.allowedCountries`. A member that a setter has set cannot be replaced.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let recorder = vipps::testing::Recorder::new().respond("POST", "/epayment/v1/payments", 201,
    /// #     r#"{"reference":"acme-shop-123","redirectUrl":"https://pay.example.com/?token=x"}"#);
    /// # let vipps = recorder.client();
    /// use serde_json::json;
    /// use vipps::Amount;
    ///
    /// let created = vipps
    ///     .epayment()
    ///     .create("acme-shop-123".parse()?, Amount::nok(499))
    ///     .web_redirect("https://shop.example.com/orders/123".parse()?)
    ///     .extra("merchantLegalLinks", json!({"termsOfSaleUrl": "https://shop.example.com/terms"}))
    ///     .await?;
    /// # let _ = created;
    /// # Ok(()) }
    /// ```
    pub fn extra(mut self, name: impl Into<String>, json: impl Into<AnyJson>) -> Self {
        self.extra.push((name.into(), json.into()));
        self
    }

    /// Sends the request.
    ///
    /// If the API refuses the request because the reference or the idempotency key is used, the
    /// call reads the event log. It succeeds if an earlier attempt with the same key created the
    /// payment.
    ///
    /// # Errors
    /// Before anything is sent, [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for:
    ///
    /// * a reference of less than 8 characters
    /// * an amount that is not positive, above 650 000.00, or not in NOK, DKK or EUR
    /// * a phone number of less than 9 digits, or a personal QR code of less than 5 or more than
    ///   255 characters
    /// * [`PaymentMethod::Card`] without [`NewPayment::web_redirect`], or for an Express or
    ///   long-living payment
    /// * blocked commercial cards with [`PaymentMethod::Card`]
    /// * an expiry that is too soon, too late, or without a receipt
    /// * a receipt without lines, or whose lines do not add up to the amount; a receipt and a
    ///   receipt URL together
    /// * metadata beyond its limits, or an age above 100
    /// * an Express payment with a scope, with shipping options that break a rule of [`Express`],
    ///   or with a callback URL on another port than 80, 443 and 8080
    /// * airline data of a wrong length
    /// * a member of [`extra`](Self::extra) that is already set
    ///
    /// From the API, among others: 4150 (the reference is used), 5040 (not the currency of the
    /// sales unit), 5080 (push messages are not allowed), 6010 (the amount is too small), 7010 (the
    /// customer cannot pay).
    ///
    /// The outcome is [`Unknown`](crate::Outcome::Unknown) if the event log or the details that
    /// would prove the payment cannot be read, or if a response of HTTP 201 names no payment.
    pub async fn send(self) -> Result<CreatedPayment> {
        let deadline = Deadline::new(&self.runtime, &self.options);
        let body = self.body()?;
        let call = Call::new(&self.runtime, &self.options);
        let sent = call
            .run_changed(
                |api| api.create_payment().body(body).send(),
                |request| self.complete(request),
            )
            .await;
        match sent {
            Ok(response) => self.read(response),
            Err(error) if is_conflict(&error) => self.resolve(error, &deadline).await,
            Err(error) => Err(error),
        }
    }

    fn read(self, response: Response) -> Result<CreatedPayment> {
        let wire: Wire = response.decode()?;
        response.check_reference(&self.reference, wire.reference.as_deref())?;
        if lists_errors(&response.body) || (wire.reference.is_none() && wire.redirect_url.is_none())
        {
            let reason = "the response is no proof of a success: it names no payment";
            return Err(response.decode_error(reason));
        }
        if self.needs_url() && wire.redirect_url.is_none() {
            return Err(response.decode_error("the response has no redirectUrl"));
        }
        Ok(self.created(wire.redirect_url, response.into_key()))
    }

    fn needs_url(&self) -> bool {
        self.flow != Flow::PushMessage
    }

    fn created(self, redirect_url: Option<String>, key: Option<RequestId>) -> CreatedPayment {
        CreatedPayment {
            reference: self.reference,
            redirect_url: redirect_url.map(Sensitive::from),
            expires_at: self.expires_at,
            merchant_serial_number: self.options.merchant,
            idempotency_key: key,
        }
    }

    /// Finds out whether an earlier attempt of this request created the payment.
    async fn resolve(self, error: Error, deadline: &Deadline) -> Result<CreatedPayment> {
        let unknown = error.clone().with_outcome(Outcome::Unknown);
        let Some(key) = error.idempotency_key().cloned() else {
            return Err(unknown);
        };
        let payment = Payment::new(self.runtime.clone(), self.reference.clone());
        let read = CallOptions {
            key: None,
            ..self.options.clone()
        };
        let events = payment.events_with(deadline.options(&read));
        let Ok(events) = events.await else {
            return Err(unknown);
        };
        match creation_key(&events) {
            None => return Err(unknown),
            // Another request has used the reference.
            Some(other) if other != key.as_str() => {
                return Err(error.with_outcome(Outcome::Rejected));
            }
            Some(_) => {}
        }
        let details = payment.details_with(deadline.options(&read));
        let Ok(details) = details.await else {
            return Err(unknown);
        };
        let has_same_amount = details.amount() == Some(self.amount);
        if self.express.is_none() && details.amount().is_some() && !has_same_amount {
            // The key created this payment with another amount. The costs of shipping may be part
            // of the stated amount.
            return Err(error.with_outcome(Outcome::Rejected).with_used_up_key(true));
        }
        let redirect_url = details.redirect_url().map(str::to_owned);
        if has_same_amount && (redirect_url.is_some() || !self.needs_url()) {
            let mut created = self.created(redirect_url, Some(key));
            let expiry = || creation_time(&events)?.checked_add(LIFETIME).ok();
            created.expires_at = created.expires_at.or_else(expiry);
            Ok(created)
        } else {
            Err(unknown)
        }
    }
}

#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    reference: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    redirect_url: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { CreatedPayment => Wire; }
