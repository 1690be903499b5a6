//! The QR API: creates, lists and deletes QR codes, and reads the codes of customers. The app
//! accepts only codes of this API.
//!
//! New payments on a screen use [`NewPayment::qr`](crate::epayment::NewPayment::qr) of the ePayment
//! API, which needs no separate request for the code.
//!
//! | task | operation | notice of a scan |
//! |---|---|---|
//! | show a payment on a screen | [`Qr::one_time`] | [`wait`](crate::ecom::Payment::wait) for the payment |
//! | print a code that opens a web page | [`Qr::merchant_redirect`] | none |
//! | print a code that checks a customer in | [`Qr::merchant_callback`], [`Qr::mobilepay_beacon`] | webhook `user.checked-in.v1` |
//! | scan the code in a customer's app | [`Qr::exchange`] | the response |

mod error_codes;
mod exchange;
pub(crate) mod image;
mod merchant_callback;
mod merchant_redirect;
mod one_time;
pub(crate) mod operations;
mod types;

pub use exchange::{CheckedInCustomer, ExchangeCustomer, ExchangePersonalQr, PersonalQrOwner};
pub use image::{ImageSource, QrContent, QrFormat, QrImage, QrLink};
pub use merchant_callback::{
    Category, DeleteMerchantCallback, GetMerchantCallback, ListMerchantCallbacks, MerchantCallback,
    MerchantCallbackQr, MobilePayBeacon, PutMerchantCallback, PutMobilePayBeacon,
};
pub use merchant_redirect::{
    CreateMerchantRedirect, CreateOrUpdateMerchantRedirect, DeleteMerchantRedirect,
    GetMerchantRedirect, ListMerchantRedirects, MerchantRedirect, MerchantRedirectQr,
    UpdateMerchantRedirect,
};
pub use one_time::{OneTime, OneTimeQr};
pub use types::{BeaconId, CallbackQrId, LocationDescription, RedirectQrId, RedirectUrl, Ttl};

use crate::call::Response;
use crate::error::{Outcome, Result};
use crate::runtime::Runtime;
use crate::types::{CustomerToken, LandingPage, PersonalQr};

/// The QR API of one client. Returned by [`Vipps::qr`](crate::Vipps::qr).
#[derive(Clone, Debug)]
pub struct Qr {
    runtime: Runtime,
}

impl Qr {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// Creates a code for a payment that is already started, from the response of
    /// [`Ecom::initiate`](crate::ecom::Ecom::initiate) or from a [`LandingPage`] of eCom or
    /// Recurring. Show the code on a screen with a countdown. Never print it.
    ///
    /// The landing page is valid for 5 minutes. [`Vipps::pay_by_qr`](crate::Vipps::pay_by_qr)
    /// starts the payment and creates the code in one call.
    ///
    /// Calls `generateOtpQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::Amount;
    ///
    /// let payment = vipps.ecom().initiate("order-1".parse()?, Amount::nok(49), "Coffee".parse()?).await?;
    /// let code = vipps.qr().one_time(&payment).await?;
    /// println!("show {} for {} s", code.image_url().unwrap_or_default(), code.expires_in().as_secs());
    /// # assert!(code.expires_in().as_secs() > 200);
    /// # Ok(()) }
    /// ```
    #[doc(alias("POS", "point of sale", "dynamic QR", "OTP"))]
    pub fn one_time(&self, payment: &(impl AsRef<LandingPage> + ?Sized)) -> OneTime {
        OneTime::new(self.runtime.clone(), payment.as_ref().clone())
    }

    /// Returns the redirect code with this id, to create, read, update or delete it. The code opens
    /// a web page, with any camera and without the app. It never expires, unless it is created with
    /// a `ttl`.
    #[doc(alias("poster", "static QR"))]
    pub fn merchant_redirect(&self, id: RedirectQrId) -> MerchantRedirect {
        MerchantRedirect::new(self.runtime.clone(), id)
    }

    /// Lists the redirect codes of the sales unit.
    ///
    /// Calls `GetAllMerchantRedirectQrs`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_redirect("billboard_1".parse()?).create("https://example.com/myProduct".parse()?).await?;
    /// for qr in vipps.qr().merchant_redirects().await? {
    ///     println!("{} opens {:?}", qr.id(), qr.redirect_url());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn merchant_redirects(&self) -> ListMerchantRedirects {
        ListMerchantRedirects::new(self.runtime.clone())
    }

    /// Returns the callback code with this id, to create, read or delete it. The code is printed
    /// for a till, a table or a machine.
    ///
    /// A scan checks the customer in. The app then waits, the webhook `user.checked-in.v1` names
    /// this id, and the merchant responds with a payment; see
    /// [`CheckIn`](crate::webhooks::CheckIn). A missed webhook cannot be fetched later.
    #[doc(alias("sticker", "check-in"))]
    pub fn merchant_callback(&self, id: CallbackQrId) -> MerchantCallback {
        MerchantCallback::new(self.runtime.clone(), id)
    }

    /// Lists the callback codes of the sales unit.
    ///
    /// Calls `GetMerchantCallbackQrs`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_callback("till-1".parse()?).put("Kasse 1".parse()?).await?;
    /// for qr in vipps.qr().merchant_callbacks().await? {
    ///     println!("{} is at {:?}", qr.merchant_qr_id(), qr.location());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn merchant_callbacks(&self) -> ListMerchantCallbacks {
        ListMerchantCallbacks::new(self.runtime.clone())
    }

    /// Returns the printed MobilePay code with this id, to map it to the sales unit. For customers
    /// with MobilePay, a mapped code works like a [`merchant_callback`](Self::merchant_callback)
    /// code.
    pub fn mobilepay_beacon(&self, id: BeaconId) -> MobilePayBeacon {
        MobilePayBeacon::new(self.runtime.clone(), id)
    }

    /// Fetches the image of a code, and checks that it has the requested format and size. The
    /// request carries no credentials.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// let poster = vipps.qr().merchant_redirect("billboard_1".parse()?);
    /// let code = poster.create("https://example.com/spring".parse()?).await?;
    /// let image = vipps.qr().image(&code).await?;
    /// assert_eq!(image.media_type(), "image/svg+xml");
    /// std::fs::write(std::env::temp_dir().join("billboard_1.svg"), image.bytes())?;
    /// # std::fs::remove_file(std::env::temp_dir().join("billboard_1.svg"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the code has no link to an image.
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with HTTP 404 if the code or the link has expired.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response is not an image of the
    /// requested format and size.
    pub async fn image(&self, code: &impl ImageSource) -> Result<QrImage> {
        image::fetch(&self.runtime, code.image_link()).await
    }

    /// Exchanges a scanned personal code for the customer's phone number, to which a payment can be
    /// pushed. Only eCom needs the number. The ePayment API accepts the code itself, with
    /// [`NewPayment::push_message`](crate::epayment::NewPayment::push_message).
    ///
    /// Calls `exchangeQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # let scanned = sim.payer().with_number("4798765432").personal_qr();
    /// let owner = vipps.qr().exchange(scanned.parse()?).await?;
    /// assert_eq!(owner.phone_number().national_norwegian(), Some("98765432"));
    /// # Ok(()) }
    /// ```
    #[doc(alias = "personal QR")]
    pub fn exchange(&self, code: PersonalQr) -> ExchangePersonalQr {
        ExchangePersonalQr::new(self.runtime.clone(), code)
    }

    /// Exchanges the token of a check-in for the customer's phone number. The token expires 15
    /// minutes after the scan. Only eCom needs the number. The ePayment API accepts the token
    /// itself, with [`NewPayment::push_message`](crate::epayment::NewPayment::push_message).
    ///
    /// Calls `exchangeCustomer`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let vipps = vipps::testing::Recorder::new()
    /// #     .respond("POST", "/qr/v1/exchange/customer", 200, r#"{"msisdn":"4798765432"}"#)
    /// #     .client();
    /// # let token_of_the_webhook = "wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=";
    /// let customer = vipps.qr().exchange_customer(token_of_the_webhook.parse()?).await?;
    /// assert_eq!(customer.phone_number().msisdn(), "4798765432");
    /// # Ok(()) }
    /// ```
    pub fn exchange_customer(&self, token: CustomerToken) -> ExchangeCustomer {
        ExchangeCustomer::new(self.runtime.clone(), token)
    }
}

/// A call through the generated client of this API.
type Call = crate::call::Call<crate::raw::qr::Client>;

/// Reads the result of a delete. HTTP 404 is a success if an earlier attempt of the same call may
/// have deleted the code. A 404 that the API did not send proves nothing.
fn read_delete(result: Result<Response>) -> Result<()> {
    match result {
        Err(error)
            if error.http_status() == Some(404)
                && error.outcome() == Outcome::Unknown
                && error.is_conclusive() =>
        {
            Ok(())
        }
        result => result?.accept(),
    }
}
