//! Merchant callback codes: a scan checks the customer in, and the merchant receives a webhook.

mod manage;
mod put;

use serde::{Deserialize, Serialize};

pub use manage::{DeleteMerchantCallback, GetMerchantCallback, ListMerchantCallbacks};
pub use put::{Category, MobilePayBeacon, PutMerchantCallback, PutMobilePayBeacon};

use super::image::{QrContent, QrFormat, QrLink, format_and_url, image_source};
use super::types::{CallbackQrId, LocationDescription};
use crate::runtime::Runtime;
use crate::types::{by_name, lenient};

/// A merchant callback code with this id. Returned by
/// [`Qr::merchant_callback`](super::Qr::merchant_callback), which sends nothing.
#[derive(Clone, Debug)]
pub struct MerchantCallback {
    runtime: Runtime,
    id: CallbackQrId,
}

impl MerchantCallback {
    pub(super) fn new(runtime: Runtime, id: CallbackQrId) -> Self {
        Self { runtime, id }
    }

    /// Returns the id.
    pub fn id(&self) -> &CallbackQrId {
        &self.id
    }

    /// Creates the code, or changes the text and the category of an existing one. The image never
    /// changes. The response contains no code; read it with [`get`](Self::get).
    ///
    /// Register the webhook `user.checked-in.v1` first. Without the webhook, or if it does not
    /// respond with 2xx, the app shows that the store cannot be reached.
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

    /// Reads the code: its location, its text and a new image link.
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

    /// Deletes the code. A scan then fails at once instead of waiting for the store.
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

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_text")]
    merchant_serial_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_id")]
    merchant_qr_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    location_description: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    qr_image_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    qr_content: Option<String>,
    /// The format of a stored code. No response contains it.
    #[serde(
        default,
        deserialize_with = "lenient::opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    format: Option<QrFormat>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { MerchantCallbackQr => Wire; }

/// A merchant callback code, as the API returns it. [`MerchantCallback::get`] has an example. The
/// JSON form is that of the API, with the `format` of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantCallbackQr {
    merchant_serial_number: Option<String>,
    merchant_qr_id: String,
    location: Option<String>,
    link: Option<QrLink>,
    content: Option<QrContent>,
}

image_source!(MerchantCallbackQr);

by_name::json_form! { MerchantCallbackQr => Wire; }

impl From<&MerchantCallbackQr> for Wire {
    fn from(code: &MerchantCallbackQr) -> Self {
        let (format, url) = format_and_url(code.link(), None);
        Self {
            merchant_serial_number: code.merchant_serial_number.clone(),
            merchant_qr_id: Some(code.merchant_qr_id.clone()),
            location_description: code.location.clone(),
            qr_image_url: url,
            qr_content: code.content.as_ref().map(|text| text.as_str().to_owned()),
            format,
        }
    }
}

impl TryFrom<Wire> for MerchantCallbackQr {
    type Error = &'static str;

    fn try_from(mut wire: Wire) -> Result<Self, Self::Error> {
        let id = wire.merchant_qr_id.take().ok_or("the id is missing")?;
        Ok(Self::from_wire(id, wire.format.unwrap_or_default(), wire))
    }
}

impl MerchantCallbackQr {
    fn from_wire(id: String, format: QrFormat, wire: Wire) -> Self {
        let (link, _) = format.read(wire.qr_image_url, None);
        Self {
            merchant_serial_number: wire.merchant_serial_number,
            merchant_qr_id: id,
            location: wire.location_description,
            link,
            content: wire.qr_content.map(QrContent::from),
        }
    }

    /// Returns the sales unit of the code; `None` if the response has none.
    pub fn merchant_serial_number(&self) -> Option<&str> {
        self.merchant_serial_number.as_deref()
    }

    /// Returns the id of the code, which is also in the check-in event.
    pub fn merchant_qr_id(&self) -> &str {
        &self.merchant_qr_id
    }

    /// Returns the text that the customer sees after a scan (`locationDescription`); `None` if the
    /// response has none.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Returns the link to the image (`qrImageUrl`). It expires after about an hour: fetch the
    /// image now, and store its bytes instead of the link.
    pub fn link(&self) -> Option<&QrLink> {
        self.link.as_ref()
    }

    /// Returns the URL of the image link.
    pub fn image_url(&self) -> Option<&str> {
        self.link.as_ref().map(QrLink::url)
    }

    /// Returns the text of the code (`qrContent`), which never changes for the same sales unit and
    /// id. Store it to render the code yourself.
    pub fn content(&self) -> Option<&QrContent> {
        self.content.as_ref()
    }
}
