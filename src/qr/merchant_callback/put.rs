//! Creates a callback code, or maps a printed one to the sales unit.

use crate::call::{CallOptions, built, operation};
use crate::error::{Error, Result};
use crate::qr::Call;
use crate::qr::types::{BeaconId, CallbackQrId, LocationDescription};
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::InvalidValue;
use crate::types::open_enum::open_enum;

open_enum! {
    /// The kind of place of a callback code (`category`). It affects only the text that the app
    /// shows while the customer waits.
    pub enum Category {
        /// A store with staff. The API's default.
        InStore = "IN_STORE",
        /// A vending machine.
        Vending = "VENDING",
    }
}

/// Creates a callback code, or changes its text. Returned by
/// [`MerchantCallback::put`](super::MerchantCallback::put); `.await` sends the request.
///
/// The request is idempotent, so it is retried after a lost response.
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

    /// Sets the kind of place. By default the request has no category.
    pub fn category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 403 if the keys are not authorized for the merchant serial number. Retry the call after
    /// an outcome of [`Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<()> {
        let body = types::MerchantCallbackPutRequest::builder()
            .location_description(self.location.as_str().to_owned());
        let mut body = built::<types::MerchantCallbackPutRequest, _>(body)?;
        if let Some(category) = &self.category {
            // Parsed, because the type may become an enum in a later document.
            let category = category.as_str();
            body.category = Some(category.parse().map_err(|_| {
                Error::from(InvalidValue::new(
                    "category",
                    "must be a category of the API",
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

/// A printed MobilePay code. Returned by [`Qr::mobilepay_beacon`](crate::qr::Qr::mobilepay_beacon),
/// which sends nothing.
#[derive(Clone, Debug)]
pub struct MobilePayBeacon {
    runtime: Runtime,
    id: BeaconId,
}

impl MobilePayBeacon {
    pub(in crate::qr) fn new(runtime: Runtime, id: BeaconId) -> Self {
        Self { runtime, id }
    }

    /// Returns the id.
    pub fn id(&self) -> &BeaconId {
        &self.id
    }

    /// Maps the printed code to the sales unit, so that a scan checks the customer in. `location`
    /// replaces the name of the point of sale. No new code is created.
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

const CONFLICT_HINT: &str =
    "Most likely the beacon is mapped to another sales unit. Remove that mapping first.";

/// Maps a printed MobilePay code to the sales unit. Returned by [`MobilePayBeacon::put`]; `.await`
/// sends the request.
///
/// The request is idempotent, so it is retried after a lost response.
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
    /// HTTP 409 if the code is in use, most likely by another sales unit; [`Error::conflict_id`]
    /// returns its id. HTTP 403 if the keys are not authorized for the merchant serial number.
    /// Retry the call after an outcome of [`Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<()> {
        let location = self.location.as_str().to_owned();
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                api.put_merchant_callback_mobile_pay_qr()
                    .beacon_id(self.id.as_str())
                    .body_map(|body| body.location_description(location))
                    .send()
            })
            .await;
        match response {
            Err(error) if error.http_status() == Some(409) => Err(error.with_hint(CONFLICT_HINT)),
            response => response?.accept(),
        }
    }
}
