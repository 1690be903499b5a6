//! Starts a payment.

use serde::{Deserialize, Serialize};

use super::Call;
use super::airline::{self, AirlineData};
use super::express::Express;
use super::money::payment_ore;
use super::types::{AuthToken, FallbackUrl, TransactionText};
use crate::call::{CallOptions, built, operation};
use crate::error::Result;
use crate::raw::ecom::types;
use crate::runtime::Runtime;
use crate::types::{
    Amount, HttpsUrl, InvalidValue, LandingPage, MerchantSerialNumber, OrderId, PhoneNumber, Scope,
    Sensitive, by_name, lenient,
};

/// The callback address for callers without a callback server, which poll the details instead. No
/// server processes callbacks at this address.
const NO_CALLBACK: &str = "https://www.vipps.no/thankyoupage";
/// The fallback page that the API's FAQ names for merchants without a page of their own.
const NO_FALLBACK: &str = "https://www.vipps.no/thankyoupage/";

/// A payment that has not been started yet. Made by [`Ecom::initiate`](super::Ecom::initiate);
/// `.await` sends it.
///
/// The request is not idempotent, and has no idempotency key. A second call with the same order id
/// fails with error 34, even if the response to the first call was lost. The request is therefore
/// never retried once it may have reached the API, and the outcome of the error is then
/// [`Unknown`](crate::Outcome::Unknown).
///
/// [`Ecom::reconcile`](super::Ecom::reconcile) finds out whether the payment exists. If it exists,
/// cancel it and use a new order id. If it does not exist, the same order id can be used.
///
/// # Dropping the future
///
/// Dropping the future before it returns may leave a payment behind. `tokio::time::timeout` and
/// `select!` drop futures, and so does axum when the browser disconnects. The landing page of such
/// a payment is lost. With [`skip_landing_page`](Self::skip_landing_page) the customer may still
/// approve it.
///
/// Only the order id identifies such a payment, so store the id before the call, and use a new id
/// for every attempt ([`OrderId::with_attempt`]). Afterwards
/// [`Payment::reconcile_initiate`](super::Payment::reconcile_initiate) finds out whether the
/// payment exists.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct Initiate {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    order_id: OrderId,
    amount: Amount,
    text: TransactionText,
    callback_prefix: Option<HttpsUrl>,
    fallback: Option<FallbackUrl>,
    auth_token: Option<AuthToken>,
    app_switch: bool,
    phone_number: Option<PhoneNumber>,
    skip_landing_page: bool,
    scope: Option<Scope>,
    express: Option<(Express, HttpsUrl)>,
    airline_data: Option<AirlineData>,
}

operation! { Initiate => InitiatedPayment; deadline, merchant_serial_number, retry }

impl Initiate {
    pub(super) fn new(
        runtime: Runtime,
        order_id: OrderId,
        amount: Amount,
        text: TransactionText,
    ) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            order_id,
            amount,
            text,
            callback_prefix: None,
            fallback: None,
            auth_token: None,
            app_switch: false,
            phone_number: None,
            skip_landing_page: false,
            scope: None,
            express: None,
            airline_data: None,
        }
    }

    /// Sets the prefix of the URL to which Vipps sends the result: `{prefix}/v2/payments/{orderId}`
    /// (wire name `callbackPrefix`). The module [`callback`](crate::callback) reads the callbacks.
    ///
    /// Vipps sends each callback once, and a callback may never arrive, so poll as well. By default
    /// the callbacks are sent to a page of Vipps, which ignores them.
    pub fn callback_prefix(mut self, prefix: HttpsUrl) -> Self {
        self.callback_prefix = Some(prefix);
        self
    }

    /// Sets the page that the customer's phone opens afterwards, paid or not (wire name
    /// `fallBack`). By default it is the thank-you page of Vipps.
    pub fn fallback(mut self, url: FallbackUrl) -> Self {
        self.fallback = Some(url);
        self
    }

    /// Sets the token that authenticates the callbacks (wire name `authToken`). They carry it as
    /// their `Authorization` header; [`CallbackAuth`](crate::callback::CallbackAuth) checks it.
    pub fn auth_token(mut self, token: AuthToken) -> Self {
        self.auth_token = Some(token);
        self
    }

    /// Switches from the merchant's app to the Vipps app (wire name `isApp`). The landing page
    /// becomes a `vipps://` link, which cannot be shown as a QR code.
    pub fn app_switch(mut self) -> Self {
        self.app_switch = true;
        self
    }

    /// Sets the customer's phone number on the landing page (wire name `mobileNumber`). It must be
    /// Norwegian.
    pub fn phone_number(mut self, number: PhoneNumber) -> Self {
        self.phone_number = Some(number);
        self
    }

    /// Pushes the payment to the app of the phone number, without a landing page (wire name
    /// `skipLandingPage`). Vipps enables this for some sales units only. It requires
    /// [`phone_number`](Self::phone_number), and the payment cannot be shown as a QR code.
    pub fn skip_landing_page(mut self) -> Self {
        self.skip_landing_page = true;
        self
    }

    /// Sets the data that the customer shares, such as name, address and e-mail.
    /// [`PaymentDetails::user`](super::PaymentDetails::user) returns it. Not with
    /// [`express`](Self::express).
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Makes this an express payment (wire name `paymentType`).
    ///
    /// The customer shares name, e-mail, phone number and address in the app, and chooses a
    /// shipping method, whose cost is added to the amount.
    /// [`PaymentDetails::user`](super::PaymentDetails::user) and
    /// [`PaymentDetails::shipping`](super::PaymentDetails::shipping) return them.
    ///
    /// `consent_removal_prefix` is the address to which Vipps reports that a customer has withdrawn
    /// the consent: `{prefix}/v2/consents/{userId}`. The customer's data must then be deleted.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # use vipps::Amount;
    /// use vipps::ecom::{Express, ShippingMethod};
    ///
    /// let shipping = Express::with_static_shipping([
    ///     ShippingMethod::new("pick-up", "Pick up in the shop", Amount::nok(0))?.preselect(),
    ///     ShippingMethod::new("parcel", "Parcel locker", "79.50 NOK".parse()?)?.priority(2),
    /// ]);
    /// let payment = vipps
    ///     .ecom()
    ///     .initiate("order-1".parse()?, Amount::nok(200), "One pair of socks".parse()?)
    ///     .express(shipping, "https://example.com/vipps".parse()?)
    ///     .await?;
    /// # let _ = payment;
    /// # Ok(()) }
    /// ```
    pub fn express(mut self, express: Express, consent_removal_prefix: HttpsUrl) -> Self {
        self.express = Some((express, consent_removal_prefix));
        self
    }

    /// Sets the ticket that is paid, for airlines and travel agencies (wire name `additionalData`).
    pub fn airline_data(mut self, data: AirlineData) -> Self {
        self.airline_data = Some(data);
        self
    }

    /// Checks the values, and returns the three parts of the body.
    fn into_parts(
        self,
    ) -> Result<(
        types::CustomerInfo,
        types::MerchantInfo,
        types::TransactionInfoInitiate,
    )> {
        let ore = payment_ore(self.amount)?;
        let mut customer = types::CustomerInfo::builder();
        if let Some(number) = &self.phone_number {
            let national = number.national_norwegian().ok_or_else(|| {
                InvalidValue::without_value(
                    "phone_number",
                    "must be Norwegian: eCom accepts eight digits without a country code",
                )
            })?;
            customer = customer.mobile_number(Sensitive::from(national));
        } else if self.skip_landing_page {
            let rule = "must be set together with skip_landing_page";
            return Err(InvalidValue::without_value("phone_number", rule).into());
        }
        let callback_prefix = self.callback_prefix.map(HttpsUrl::into_prefix);
        let fallback = self.fallback.map(String::from);
        let mut merchant = types::MerchantInfo::builder()
            .merchant_serial_number(super::merchant(&self.runtime, &self.options))
            .callback_prefix(callback_prefix.unwrap_or_else(|| NO_CALLBACK.to_owned()))
            .fall_back(fallback.unwrap_or_else(|| NO_FALLBACK.to_owned()))
            .auth_token(self.auth_token.map(|token| Sensitive::from(token.expose())))
            .is_app(self.app_switch.then_some(true));
        if let Some((express, consent_removal_prefix)) = &self.express {
            if let Some(scope) = &self.scope {
                let rule = "must not be set for an express payment, which shares name, e-mail, phone number and address";
                return Err(InvalidValue::new("scope", rule, scope.as_str()).into());
            }
            merchant = express.write(merchant, consent_removal_prefix)?;
        }
        let airline_data = self.airline_data.as_ref().map(airline::write);
        let transaction = types::TransactionInfoInitiate::builder()
            .amount(ore)
            .order_id(self.order_id.as_str().to_owned())
            .transaction_text(String::from(self.text))
            .skip_landing_page(self.skip_landing_page.then_some(true))
            .scope(self.scope.as_ref().map(ToString::to_string))
            .additional_data(airline_data.transpose()?);
        Ok((built(customer)?, built(merchant)?, built(transaction)?))
    }

    /// Refuses settings with which the payment cannot be shown as a QR code.
    pub(crate) fn check_code(&self) -> Result<()> {
        let refuse = |field, rule| Err(InvalidValue::new(field, rule, "true").into());
        if self.app_switch {
            return refuse(
                "app_switch",
                "must not be set for a QR code: an app link cannot become one",
            );
        }
        if self.skip_landing_page {
            let rule =
                "must not be set for a QR code: without a landing page there is nothing to show";
            return refuse("skip_landing_page", rule);
        }
        Ok(())
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent, [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for:
    ///
    /// * an amount in another currency than NOK, below 100 øre or above 2 147 483 647 øre
    /// * a phone number that is not Norwegian, or that is missing with
    ///   [`skip_landing_page`](Self::skip_landing_page)
    /// * an express payment with a scope, without shipping methods, with more than 10 methods, with
    ///   methods of the same id, or with several defaults
    /// * airline data of a wrong length
    ///
    /// From the API, among others: 34 (the order id is used), 37 (the sales unit is closed), 81 (no
    /// such user, or a user who cannot pay companies).
    ///
    /// A response of HTTP 200 without a landing page, or of another order, is an error with
    /// [`Outcome::Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<InitiatedPayment> {
        let call = Call::new(&self.runtime, &self.options);
        let order_id = self.order_id.clone();
        let (customer, merchant, transaction) = self.into_parts()?;
        let response = call
            .run(|api| {
                api.initiate_payment_v3_using_post()
                    .body_map(|body| {
                        body.customer_info(customer)
                            .merchant_info(merchant)
                            .transaction(transaction)
                    })
                    .send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        response.check_order(&order_id, wire.order_id.as_deref())?;
        let landing_page = LandingPage::from_response(&wire.url).map_err(|_| {
            response.decode_error("the response has no landing page: `url` is not a URL")
        })?;
        Ok(InitiatedPayment {
            order_id,
            landing_page,
            merchant_serial_number: response.merchant().cloned(),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    url: String,
    #[serde(default, deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    order_id: Option<String>,
    /// The sales unit of a stored payment. No response contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    merchant_serial_number: Option<MerchantSerialNumber>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { InitiatedPayment => Wire; }

/// A payment that has been started, with the landing page for the customer. Returned by
/// [`Initiate`].
///
/// The JSON form is that of the API. It also has `merchantSerialNumber` if the payment is not of
/// the sales unit of the credentials. It contains the token of the landing page, which `Debug` does
/// not show:
///
/// ```
/// let json = r#"{"orderId":"order-1","url":"https://api.vipps.no/dwo?token=eyJ0"}"#;
/// let payment: vipps::ecom::InitiatedPayment = serde_json::from_str(json)?;
/// assert_eq!(payment.order_id().as_str(), "order-1");
/// assert_eq!(serde_json::to_value(&payment)?, serde_json::from_str::<serde_json::Value>(json)?);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitiatedPayment {
    order_id: OrderId,
    landing_page: LandingPage,
    merchant_serial_number: Option<MerchantSerialNumber>,
}

by_name::json_form! { InitiatedPayment => Wire; }

impl From<&InitiatedPayment> for Wire {
    fn from(payment: &InitiatedPayment) -> Self {
        Self {
            url: payment.landing_page.as_str().to_owned(),
            order_id: Some(payment.order_id.to_string()),
            merchant_serial_number: payment.merchant_serial_number.clone(),
        }
    }
}

impl TryFrom<Wire> for InitiatedPayment {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let order_id = wire.order_id.and_then(|id| id.parse().ok());
        Ok(Self {
            order_id: order_id.ok_or("the order id is missing or not valid")?,
            landing_page: LandingPage::from_response(&wire.url)
                .map_err(|_| "the landing page is not a URL")?,
            merchant_serial_number: wire.merchant_serial_number,
        })
    }
}

impl InitiatedPayment {
    /// Returns the order id.
    pub fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// Returns the URL where the customer pays. It is valid for 5 minutes (eCom guide).
    ///
    /// Send the customer to this URL unchanged, or turn it into a QR code with
    /// [`Qr::one_time`](crate::qr::Qr::one_time). Never put it into a frame, an e-mail or a text
    /// message.
    pub fn landing_page(&self) -> &LandingPage {
        &self.landing_page
    }

    /// Returns the sales unit that the payment was started for, or `None` if it is the sales unit
    /// of the credentials.
    pub fn merchant_serial_number(&self) -> Option<&MerchantSerialNumber> {
        self.merchant_serial_number.as_ref()
    }
}

impl AsRef<LandingPage> for InitiatedPayment {
    fn as_ref(&self) -> &LandingPage {
        &self.landing_page
    }
}
