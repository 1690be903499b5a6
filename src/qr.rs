//! The QR API: make codes that the app accepts. Codes with a link of one's own do not work: the app accepts only
//! what this API makes.

//!
//! | to | use | how the merchant learns of a scan |
//! |---|---|---|
//! | show a payment to a customer, on a screen | [`Qr::one_time`] | [`wait`](crate::ecom::Payment::wait) for the payment |
//! | lead people to a web page, in print | [`Qr::merchant_redirect`] | not at all |
//! | have customers check in at a place, in print | [`Qr::merchant_callback`], [`Qr::mobilepay_beacon`] | webhook `user.checked-in.v1` |
//! | read the code in a customer's app, with a scanner | [`Qr::exchange`] | the answer |

mod error_codes;
mod exchange;
mod image;
mod merchant_callback;
mod merchant_redirect;
mod one_time;
pub(crate) mod operations;

pub use exchange::{CheckedInCustomer, ExchangeCustomer, ExchangePersonalQr, PersonalQrOwner};
pub use image::{QrContent, QrFormat, QrImage, QrLink};
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

use crate::call::Response;
use crate::error::{Outcome, Result};
use crate::runtime::Runtime;
use crate::types::{BeaconId, CallbackQrId, CustomerToken, LandingPage, PersonalQr, RedirectQrId};

/// The QR API of one client. Made by [`Vipps::qr`].
#[derive(Clone, Debug)]
pub struct Qr {
    runtime: Runtime,
}

impl Qr {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// A code for one payment that is already initiated: from a payment of [`Ecom::initiate`](crate::ecom::Ecom), or
    /// from any [`LandingPage`] that eCom or Recurring answered. Show it on a screen, with a countdown; never print
    /// it.
    ///
    /// Calls `generateOtpQr`.
    pub fn one_time(&self, payment: &(impl AsRef<LandingPage> + ?Sized)) -> OneTime {
        OneTime::new(self.runtime.clone(), payment.as_ref().clone())
    }

    /// A code that opens a web page, to create, read, lead elsewhere or delete. Any camera reads it; no app is needed.
    /// It lives until it is deleted, unless it is created with a `ttl`.
    pub fn merchant_redirect(&self, id: &RedirectQrId) -> MerchantRedirect {
        MerchantRedirect::new(self.runtime.clone(), id.clone())
    }

    /// All redirect codes of the sales unit.
    ///
    /// Calls `GetAllMerchantRedirectQrs`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_redirect(&"billboard_1".parse()?).create("https://example.com/myProduct".parse()?).await?;
    /// for qr in vipps.qr().merchant_redirects().await? {
    ///     println!("{} leads to {:?}", qr.id(), qr.redirect_url());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn merchant_redirects(&self) -> ListMerchantRedirects {
        ListMerchantRedirects::new(self.runtime.clone())
    }

    /// A code that hangs at a till, a table or a machine, to put, read or delete. A scan checks the customer in: the
    /// app waits, the webhook `user.checked-in.v1` names this id, and the merchant answers with a payment. A missed
    /// webhook cannot be asked for later.
    pub fn merchant_callback(&self, id: &CallbackQrId) -> MerchantCallback {
        MerchantCallback::new(self.runtime.clone(), id.clone())
    }

    /// All callback codes of the sales unit.
    ///
    /// Calls `GetMerchantCallbackQrs`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_callback(&"till-1".parse()?).put("Kasse 1".parse()?).await?;
    /// for qr in vipps.qr().merchant_callbacks().await? {
    ///     println!("{} hangs at {:?}", qr.merchant_qr_id(), qr.location());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn merchant_callbacks(&self) -> ListMerchantCallbacks {
        ListMerchantCallbacks::new(self.runtime.clone())
    }

    /// A MobilePay code that is already printed, to map to the sales unit. It then works as a
    /// [`merchant_callback`](Self::merchant_callback) code, for customers with MobilePay.
    pub fn mobilepay_beacon(&self, id: &BeaconId) -> MobilePayBeacon {
        MobilePayBeacon::new(self.runtime.clone(), id.clone())
    }

    /// The phone number of the customer whose personal code was scanned, to push a payment to it.
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
    pub fn exchange(&self, code: PersonalQr) -> ExchangePersonalQr {
        ExchangePersonalQr::new(self.runtime.clone(), code)
    }

    /// The phone number of the customer who checked in with a callback code; the token of the check-in is good for 15
    /// minutes. The ePayment API takes the token itself, so that the number is needed for eCom only.
    ///
    /// Calls `exchangeCustomer`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let vipps = vipps::testing::Recorder::new()
    /// #     .answer("POST", "/qr/v1/exchange/customer", 200, r#"{"msisdn":"4798765432"}"#)
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

/// The result of a delete. A 404 of the API means that an earlier attempt was applied, if one may
/// have been. A 404 that the API did not make proves nothing.
fn deleted(result: Result<Response>) -> Result<()> {
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
