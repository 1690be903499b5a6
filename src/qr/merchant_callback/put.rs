//! Placing a callback code, or taking over a printed one.

use crate::call::{CallOptions, built, operation};
use crate::error::{Error, Result};
use crate::qr::Call;
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::open_enum::open_enum;
use crate::types::{BeaconId, CallbackQrId, InvalidValue, LocationDescription};

open_enum! {
    /// What kind of place a callback code hangs at (`category`). It changes only the words that the app shows while
    /// the customer waits.
    pub enum Category {
        /// A store with staff; what the API takes when none is given.
        InStore = "IN_STORE",
        /// A vending machine.
        Vending = "VENDING",
    }
}

/// Makes a callback code, or changes its text. Made by [`MerchantCallback::put`](super::MerchantCallback::put);
/// `.await` sends it.
///
/// Repeating it changes nothing more, so a lost answer is asked for again.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PutMerchantCallback {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: CallbackQrId,
    location: LocationDescription,
    category: Option<Category>,
}

operation! { PutMerchantCallback => (); deadline, merchant_serial_number, retry }

impl PutMerchantCallback {
    pub(super) fn new(runtime: Runtime, id: CallbackQrId, location: LocationDescription) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
            location,
            category: None,
        }
    }

    /// What kind of place it is. Left out unless it is set.
    pub fn category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 403 when the keys have no right to the merchant serial number. An outcome of
    /// [`Unknown`](crate::Outcome::Unknown) can simply be repeated.
    pub async fn send(self) -> Result<()> {
        let body = types::MerchantCallbackPutRequest::builder()
            .location_description(self.location.as_str().to_owned());
        let mut body = built::<types::MerchantCallbackPutRequest, _>(body)?;
        if let Some(category) = &self.category {
            // Parsed, because a later document may have an enum of its own here.
            let category = category.as_str();
            body.category = Some(category.parse().map_err(|_| {
                Error::from(InvalidValue::new(
                    "category",
                    "must be known to the API",
                    category,
                ))
            })?);
        }
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                api.put_merchant_callback_qr()
                    .merchant_qr_id(self.id.as_str())
                    .body(body)
                    .send()
            })
            .await?;
        response.accept()
    }
}

/// A MobilePay code that is already printed. Made by [`Qr::mobilepay_beacon`](crate::qr::Qr::mobilepay_beacon);
/// nothing is sent until [`put`](Self::put) is.
#[derive(Clone, Debug)]
pub struct MobilePayBeacon {
    runtime: Runtime,
    id: BeaconId,
}

impl MobilePayBeacon {
    pub(in crate::qr) fn new(runtime: Runtime, id: BeaconId) -> Self {
        Self { runtime, id }
    }

    /// The id.
    pub fn id(&self) -> &BeaconId {
        &self.id
    }

    /// Maps the code to the sales unit, so that a scan of it checks the customer in here; `location` takes the place
    /// of the point of sale's name. No new code is made.
    ///
    /// Calls `PutMerchantCallbackMobilePayQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// let beacon = vipps.qr().mobilepay_beacon("123456789012345".parse()?);
    /// beacon.put("Kasse 1".parse()?).await?;
    /// # Ok(()) }
    /// ```
    pub fn put(&self, location: LocationDescription) -> PutMobilePayBeacon {
        PutMobilePayBeacon {
            runtime: self.runtime.clone(),
            options: CallOptions::default(),
            id: self.id.clone(),
            location,
        }
    }
}

const MAPPED: &str =
    "Most likely the beacon is mapped to another sales unit already; that has to be undone there.";

/// Maps a printed MobilePay code to the sales unit. Made by [`MobilePayBeacon::put`]; `.await` sends it.
///
/// Repeating it changes nothing more, so a lost answer is asked for again.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct PutMobilePayBeacon {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: BeaconId,
    location: LocationDescription,
}

operation! { PutMobilePayBeacon => (); deadline, merchant_serial_number, retry }

impl PutMobilePayBeacon {
    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 409 when the code is taken, most likely by another sales unit; [`Error::conflict_id`] repeats its id.
    /// HTTP 403 when the keys have no right to the merchant serial number. An outcome of
    /// [`Unknown`](crate::Outcome::Unknown) can simply be repeated.
    pub async fn send(self) -> Result<()> {
        let body = types::MerchantCallbackMobilePayPutRequest::builder()
            .location_description(self.location.as_str().to_owned());
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                api.put_merchant_callback_mobile_pay_qr()
                    .beacon_id(self.id.as_str())
                    .body(body)
                    .send()
            })
            .await;
        match response {
            Err(error) if error.http_status() == Some(409) => Err(error.with_hint(MAPPED)),
            response => response?.accept(),
        }
    }
}
