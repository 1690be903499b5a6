//! Codes that open a web page: printed once, led elsewhere as often as one likes.

mod create;
mod manage;

use std::time::Duration;

use serde::Deserialize;

pub use create::{CreateMerchantRedirect, CreateOrUpdateMerchantRedirect};
pub use manage::{
    DeleteMerchantRedirect, GetMerchantRedirect, ListMerchantRedirects, UpdateMerchantRedirect,
};

use super::image::{self, QrContent, QrFormat, QrImage, QrLink};
use crate::call::Response;
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{RedirectQrId, RedirectUrl, lenient};

/// One merchant redirect code, by its id. Made by [`Qr::merchant_redirect`](super::Qr::merchant_redirect); nothing is
/// sent until one of its operations is.
#[derive(Clone, Debug)]
pub struct MerchantRedirect {
    runtime: Runtime,
    id: RedirectQrId,
}

impl MerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId) -> Self {
        Self { runtime, id }
    }

    /// The id.
    pub fn id(&self) -> &RedirectQrId {
        &self.id
    }

    /// Makes the code. It is an error if one with this id exists; see
    /// [`create_or_update`](Self::create_or_update) for when that is just as well.
    ///
    /// Calls `CreateMerchantRedirectQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use std::time::Duration;
    /// use vipps::types::{ImageSize, Ttl};
    ///
    /// let code = vipps.qr().merchant_redirect("billboard_1".parse()?);
    /// let qr = code
    ///     .create("https://example.com/myProduct".parse()?)
    ///     .png(ImageSize::new(1024)?)
    ///     .ttl(Ttl::new(Duration::from_secs(600))?)
    ///     .await?;
    /// assert!(qr.expires_in() <= Some(Duration::from_secs(600)));
    /// println!("fetch {} now, it works for an hour", qr.image_url().unwrap());
    /// # Ok(()) }
    /// ```
    pub fn create(&self, redirect_url: RedirectUrl) -> CreateMerchantRedirect {
        CreateMerchantRedirect::new(self.runtime.clone(), self.id.clone(), redirect_url)
    }

    /// Makes the code, or leads it here if it exists.
    ///
    /// Calls `CreateMerchantRedirectQr`, and after its HTTP 409 `UpdateMerchantRedirectUrl`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// let code = vipps.qr().merchant_redirect("billboard_1".parse()?);
    /// # code.create("https://example.com/myProduct".parse()?).await?;
    /// let qr = code.create_or_update("https://example.com/spring".parse()?).await?;
    /// assert_eq!(qr.redirect_url(), Some("https://example.com/spring"));
    /// # Ok(()) }
    /// ```
    pub fn create_or_update(&self, redirect_url: RedirectUrl) -> CreateOrUpdateMerchantRedirect {
        CreateOrUpdateMerchantRedirect::new(self.runtime.clone(), self.id.clone(), redirect_url)
    }

    /// Reads the code: where it leads, how long it lives, and a fresh image link, in whatever format.
    ///
    /// Calls `GetMerchantRedirectQrById`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_redirect("billboard_1".parse()?).create("https://example.com/myProduct".parse()?).await?;
    /// let qr = vipps.qr().merchant_redirect("billboard_1".parse()?).get().content().await?;
    /// assert!(qr.content().unwrap().is_accepted_by_app());
    /// assert_eq!(qr.expires_in(), None);
    /// # Ok(()) }
    /// ```
    pub fn get(&self) -> GetMerchantRedirect {
        GetMerchantRedirect::new(self.runtime.clone(), self.id.clone())
    }

    /// Leads the code elsewhere, at once and for printed copies too; the image stays the same. Should the answer say
    /// nothing, what comes back is the id and where the code leads now, without a link.
    ///
    /// Calls `UpdateMerchantRedirectUrl`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// let code = vipps.qr().merchant_redirect("billboard_1".parse()?);
    /// # code.create("https://example.com/myProduct".parse()?).await?;
    /// code.update("https://example.com/autumn".parse()?).await?;
    /// # Ok(()) }
    /// ```
    pub fn update(&self, redirect_url: RedirectUrl) -> UpdateMerchantRedirect {
        UpdateMerchantRedirect::new(self.runtime.clone(), self.id.clone(), redirect_url)
    }

    /// Deletes the code for good: printed copies stop working, and a new code with the same id has another image.
    ///
    /// Calls `DeleteMerchantRedirectQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.qr().merchant_redirect("billboard_1".parse()?).create("https://example.com/myProduct".parse()?).await?;
    /// vipps.qr().merchant_redirect("billboard_1".parse()?).delete().await?;
    /// # Ok(()) }
    /// ```
    pub fn delete(&self) -> DeleteMerchantRedirect {
        DeleteMerchantRedirect::new(self.runtime.clone(), self.id.clone())
    }
}

#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    redirect_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_seconds")]
    expires_in: Option<i64>,
}

#[cfg(feature = "schemars")]
crate::json_schema::same_as! { crate::json_schema::read: MerchantRedirectQr, "MerchantRedirectQr" => Wire; }

/// A merchant redirect code, as the API has it.
#[derive(Clone, Debug)]
pub struct MerchantRedirectQr {
    id: String,
    redirect_url: Option<String>,
    link: Option<QrLink>,
    content: Option<QrContent>,
    /// Seconds, as they came.
    expires_in: Option<i64>,
}

impl MerchantRedirectQr {
    /// Reads an answer about one code. Should it not name the code, it is the one that was asked for.
    fn read(
        runtime: &Runtime,
        asked: &RedirectQrId,
        format: QrFormat,
        response: &Response,
    ) -> Result<Self> {
        let wire: Wire = response.decode()?;
        let id = wire.id.clone().unwrap_or_else(|| asked.to_string());
        Ok(Self::of(runtime, id, format, wire))
    }

    /// Reads the answer to a request that has made the code or led it elsewhere. It has worked, so that whatever the
    /// answer leaves out is what was asked for.
    fn written(
        runtime: &Runtime,
        asked: &RedirectQrId,
        leads: &RedirectUrl,
        format: QrFormat,
        response: &Response,
    ) -> Result<Self> {
        let wire = if response.is_empty() {
            None
        } else {
            response.decode::<Option<Wire>>()?
        };
        let mut wire = wire.unwrap_or_default();
        let id = wire.id.take().unwrap_or_else(|| asked.to_string());
        wire.redirect_url
            .get_or_insert_with(|| leads.as_str().to_owned());
        Ok(Self::of(runtime, id, format, wire))
    }

    fn of(runtime: &Runtime, id: String, format: QrFormat, wire: Wire) -> Self {
        let (link, content) = format.read(runtime, wire.url, lifetime(wire.expires_in));
        Self {
            id,
            redirect_url: wire.redirect_url,
            link,
            content,
            expires_in: wire.expires_in,
        }
    }

    /// The id. Codes made by hand in the business portal are listed too, so that it can be one that
    /// [`RedirectQrId`] refuses.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the code leads (`redirectUrl`), if the answer says.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect_url.as_deref()
    }

    /// How long until the code is deleted for good, counted from the answer; `None` for never.
    pub fn expires_in(&self) -> Option<Duration> {
        lifetime(self.expires_in)
    }

    /// The link to the image, when an image was asked for. It works for about an hour: fetch the image now and keep
    /// the bytes, never the link.
    pub fn link(&self) -> Option<&QrLink> {
        self.link.as_ref()
    }

    /// The link's URL, when an image was asked for.
    pub fn image_url(&self) -> Option<&str> {
        self.link.as_ref().map(QrLink::url)
    }

    /// The text of the code, when that was asked for.
    pub fn content(&self) -> Option<&QrContent> {
        self.content.as_ref()
    }

    /// Fetches the image; see [`QrLink::image`].
    ///
    /// # Errors
    /// When the code was asked for as content, and as [`QrLink::image`].
    pub async fn image(&self) -> Result<QrImage> {
        image::image(self.link.as_ref()).await
    }
}

/// A negative number is the API's way to say never.
fn lifetime(seconds: Option<i64>) -> Option<Duration> {
    seconds
        .and_then(|s| u64::try_from(s).ok())
        .map(Duration::from_secs)
}
