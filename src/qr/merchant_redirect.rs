//! Merchant redirect codes: printed codes that open a web page. The page can be changed at any
//! time.

mod create;
mod manage;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use create::{CreateMerchantRedirect, CreateOrUpdateMerchantRedirect};
pub use manage::{
    DeleteMerchantRedirect, GetMerchantRedirect, ListMerchantRedirects, UpdateMerchantRedirect,
};

use super::image::{QrContent, QrFormat, QrLink, format_and_url, image_source};
use super::types::{RedirectQrId, RedirectUrl};
use crate::call::Response;
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{by_name, lenient};

/// A merchant redirect code with this id. Returned by
/// [`Qr::merchant_redirect`](super::Qr::merchant_redirect), which sends nothing.
#[derive(Clone, Debug)]
pub struct MerchantRedirect {
    runtime: Runtime,
    id: RedirectQrId,
}

impl MerchantRedirect {
    pub(super) fn new(runtime: Runtime, id: RedirectQrId) -> Self {
        Self { runtime, id }
    }

    /// Returns the id.
    pub fn id(&self) -> &RedirectQrId {
        &self.id
    }

    /// Creates the code. Fails if a code with this id exists;
    /// [`create_or_update`](Self::create_or_update) changes such a code instead.
    ///
    /// Calls `CreateMerchantRedirectQr`.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// use std::time::Duration;
    /// use vipps::qr::Ttl;
    /// use vipps::types::ImageSize;
    ///
    /// let code = vipps.qr().merchant_redirect("billboard_1".parse()?);
    /// let qr = code
    ///     .create("https://example.com/myProduct".parse()?)
    ///     .png(ImageSize::new(1024)?)
    ///     .ttl(Ttl::new(Duration::from_secs(600))?)
    ///     .await?;
    /// assert!(qr.expires_in() <= Some(Duration::from_secs(600)));
    /// println!("the image link works for about an hour: {}", qr.image_url().unwrap());
    /// # Ok(()) }
    /// ```
    pub fn create(&self, redirect_url: RedirectUrl) -> CreateMerchantRedirect {
        CreateMerchantRedirect::new(self.runtime.clone(), self.id.clone(), redirect_url)
    }

    /// Creates the code, or changes the redirect URL of the existing code.
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

    /// Reads the code: its redirect URL, its lifetime, and a new image link or the text.
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

    /// Changes the redirect URL of the code. The change applies at once, also to printed copies,
    /// because the image stays the same.
    ///
    /// If the response is empty, the returned code has the id and the new redirect URL, and no
    /// image link.
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

    /// Deletes the code permanently. Printed copies stop working, and a new code with the same id
    /// has another image.
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

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient::opt_id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    redirect_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::opt_seconds")]
    expires_in: Option<i64>,
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
crate::types::json_schema::read_as! { MerchantRedirectQr => Wire; }

/// A merchant redirect code, as the API returns it. [`MerchantRedirect::create`] has an example.
/// The JSON form is that of the API, with the `format` of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantRedirectQr {
    id: String,
    redirect_url: Option<String>,
    link: Option<QrLink>,
    content: Option<QrContent>,
    /// The unchanged seconds of the response. A negative number means that the code never expires.
    expires_in: Option<i64>,
}

image_source!(MerchantRedirectQr);

by_name::json_form! { MerchantRedirectQr => Wire; }

impl From<&MerchantRedirectQr> for Wire {
    fn from(code: &MerchantRedirectQr) -> Self {
        let (format, url) = format_and_url(code.link(), code.content());
        Self {
            id: Some(code.id.clone()),
            url,
            redirect_url: code.redirect_url.clone(),
            expires_in: code.expires_in,
            format,
        }
    }
}

impl TryFrom<Wire> for MerchantRedirectQr {
    type Error = &'static str;

    fn try_from(mut wire: Wire) -> Result<Self, Self::Error> {
        let id = wire.id.take().ok_or("the id is missing")?;
        Ok(Self::from_wire(id, wire.format.unwrap_or_default(), wire))
    }
}

impl MerchantRedirectQr {
    /// Reads the response to a request for one code. A missing id is the requested one.
    fn read(requested_id: &RedirectQrId, format: QrFormat, response: &Response) -> Result<Self> {
        let wire: Wire = response.decode()?;
        response.check_code(requested_id.as_str(), wire.id.as_deref())?;
        Ok(Self::from_wire(requested_id.to_string(), format, wire))
    }

    /// Reads the response to a create or an update. The request was applied, so missing values are
    /// those of the request.
    fn from_write(
        requested_id: &RedirectQrId,
        redirect_url: &RedirectUrl,
        format: QrFormat,
        response: &Response,
    ) -> Result<Self> {
        let wire = if response.is_empty() {
            None
        } else {
            response.decode::<Option<Wire>>()?
        };
        let mut wire = wire.unwrap_or_default();
        response.check_code(requested_id.as_str(), wire.id.as_deref())?;
        wire.redirect_url
            .get_or_insert_with(|| redirect_url.as_str().to_owned());
        Ok(Self::from_wire(requested_id.to_string(), format, wire))
    }

    fn from_wire(id: String, format: QrFormat, wire: Wire) -> Self {
        let (link, content) = format.read(wire.url, lifetime(wire.expires_in));
        Self {
            id,
            redirect_url: wire.redirect_url,
            link,
            content,
            expires_in: wire.expires_in,
        }
    }

    /// Returns the id. The list also contains codes of the business portal, whose ids
    /// [`RedirectQrId`] may refuse.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the URL that the code opens (`redirectUrl`); `None` if the response has none.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect_url.as_deref()
    }

    /// Returns the time until the code is deleted, counted from the response; `None` if it never
    /// expires.
    pub fn expires_in(&self) -> Option<Duration> {
        lifetime(self.expires_in)
    }

    /// Returns the link to the image, if an image was requested. It expires after about an hour:
    /// fetch the image now, and store its bytes instead of the link.
    pub fn link(&self) -> Option<&QrLink> {
        self.link.as_ref()
    }

    /// Returns the URL of the image link, if an image was requested.
    pub fn image_url(&self) -> Option<&str> {
        self.link.as_ref().map(QrLink::url)
    }

    /// Returns the text of the code, if it was requested.
    pub fn content(&self) -> Option<&QrContent> {
        self.content.as_ref()
    }
}

/// Returns the lifetime of a code. The API returns a negative number for a code that never expires.
fn lifetime(seconds: Option<i64>) -> Option<Duration> {
    seconds
        .and_then(|s| u64::try_from(s).ok())
        .map(Duration::from_secs)
}
