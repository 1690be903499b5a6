//! Codes that hang at a place: a scan checks the customer in, and the merchant hears of it by webhook.

mod manage;
mod put;

use serde::Deserialize;

pub use manage::{DeleteMerchantCallback, GetMerchantCallback, ListMerchantCallbacks};
pub use put::{Category, MobilePayBeacon, PutMerchantCallback, PutMobilePayBeacon};

use super::image::{self, QrContent, QrFormat, QrImage, QrLink};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{CallbackQrId, LocationDescription, lenient};

/// One merchant callback code, by its id. Made by [`Qr::merchant_callback`](super::Qr::merchant_callback); nothing is
/// sent until one of its operations is.
#[derive(Clone, Debug)]
pub struct MerchantCallback {
    runtime: Runtime,
    id: CallbackQrId,
}

impl MerchantCallback {
    pub(super) fn new(runtime: Runtime, id: CallbackQrId) -> Self {
        Self { runtime, id }
    }

    /// The id.
    pub fn id(&self) -> &CallbackQrId {
        &self.id
    }

    /// Makes the code, or changes the text and the category of the one that exists; its image never changes. The API
    /// answers no code: [`get`](Self::get) it.
    ///
    /// Have the webhook `user.checked-in.v1` registered first: without it, or if it does not answer, the app tells
    /// the customer that the store cannot be reached.
    ///
    /// Calls `PutMerchantCallbackQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::qr::Category;
    ///
    /// let till = vipps.qr().merchant_callback("till-1".parse()?);
    /// till.put("Kasse 1".parse()?).category(Category::InStore).await?;
    /// # Ok(()) }
    /// ```
    pub fn put(&self, location: LocationDescription) -> PutMerchantCallback {
        PutMerchantCallback::new(self.runtime.clone(), self.id.clone(), location)
    }

    /// Reads the code: its place, its text, and a fresh image link.
    ///
    /// Calls `GetMerchantCallbackById`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use vipps::types::ImageSize;
    ///
    /// let till = vipps.qr().merchant_callback("till-1".parse()?);
    /// # till.put("Kasse 1".parse()?).await?;
    /// let qr = till.get().png(ImageSize::new(1024)?).await?;
    /// assert_eq!(qr.location(), Some("Kasse 1"));
    /// assert!(qr.content().unwrap().is_accepted_by_app());
    /// # Ok(()) }
    /// ```
    pub fn get(&self) -> GetMerchantCallback {
        GetMerchantCallback::new(self.runtime.clone(), self.id.clone())
    }

    /// Deletes the code: a scan is then told that there is none, instead of waiting for the store.
    ///
    /// Calls `DeleteMerchantCallbackQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_callback("till-1".parse()?).put("Kasse 1".parse()?).await?;
    /// vipps.qr().merchant_callback("till-1".parse()?).delete().await?;
    /// # Ok(()) }
    /// ```
    pub fn delete(&self) -> DeleteMerchantCallback {
        DeleteMerchantCallback::new(self.runtime.clone(), self.id.clone())
    }
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_text")]
    merchant_serial_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    merchant_qr_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    location_description: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    qr_image_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    qr_content: Option<String>,
}

#[cfg(feature = "schemars")]
crate::json_schema::same_as! { crate::json_schema::read: MerchantCallbackQr, "MerchantCallbackQr" => Wire; }

/// A merchant callback code, as the API has it.
#[derive(Clone, Debug)]
pub struct MerchantCallbackQr {
    merchant_serial_number: Option<String>,
    merchant_qr_id: String,
    location: Option<String>,
    link: Option<QrLink>,
    content: Option<QrContent>,
}

impl MerchantCallbackQr {
    fn of(runtime: &Runtime, id: String, format: QrFormat, wire: Wire) -> Self {
        let (link, _) = format.read(runtime, wire.qr_image_url, None);
        Self {
            merchant_serial_number: wire.merchant_serial_number,
            merchant_qr_id: id,
            location: wire.location_description,
            link,
            content: wire.qr_content.map(QrContent::from),
        }
    }

    /// The sales unit that the code belongs to, if the answer says.
    pub fn merchant_serial_number(&self) -> Option<&str> {
        self.merchant_serial_number.as_deref()
    }

    /// The id of the code, which the check-in names: look up the till by it.
    pub fn merchant_qr_id(&self) -> &str {
        &self.merchant_qr_id
    }

    /// What the customer reads after a scan (`locationDescription`), if the answer says.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The link to the image (`qrImageUrl`). It works for about an hour and changes: fetch the image now and keep the
    /// bytes, never the link.
    pub fn link(&self) -> Option<&QrLink> {
        self.link.as_ref()
    }

    /// The link's URL.
    pub fn image_url(&self) -> Option<&str> {
        self.link.as_ref().map(QrLink::url)
    }

    /// The text of the code (`qrContent`), which never changes for the same sales unit and id: what to store when the
    /// code is drawn on one's own.
    pub fn content(&self) -> Option<&QrContent> {
        self.content.as_ref()
    }

    /// Fetches the image; see [`QrLink::image`].
    ///
    /// # Errors
    /// When the answer had no link, and as [`QrLink::image`].
    pub async fn image(&self) -> Result<QrImage> {
        image::image(self.link.as_ref()).await
    }
}
