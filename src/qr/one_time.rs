//! A code for one payment.

use std::time::Duration;

use serde::Deserialize;

use super::Call;
use super::image::{self, QrContent, QrFormat, QrImage, QrLink, formats};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::{InvalidValue, LandingPage, lenient};

/// Makes a code for one payment. Made by [`Qr::one_time`](super::Qr::one_time); `.await` sends it. Harmless to repeat:
/// it makes a picture of a payment that exists.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct OneTime {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    landing_page: LandingPage,
    format: QrFormat,
}

operation! { OneTime => OneTimeQr; deadline, merchant_serial_number, retry }
formats!(OneTime);

impl OneTime {
    pub(super) fn new(runtime: Runtime, landing_page: LandingPage) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            landing_page,
            format: QrFormat::default(),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: a landing page that is an app link (`isApp`), which cannot be a code. From the API:
    /// HTTP 400 `Order timeout` when the payment has expired, `Validation error` when the landing page is not of this
    /// environment.
    pub async fn send(self) -> Result<OneTimeQr> {
        if self.landing_page.is_app_link() {
            let rule = "must be a web page: a payment started with `app_switch` has no code";
            return Err(InvalidValue::hidden("landing_page", rule).into());
        }
        let (format, url) = (self.format, self.landing_page.into_text());
        let body = types::OneTimePaymentQrRequest::builder().url(url);
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let mut request = api.generate_otp_qr().accept(format.accept()).body(body);
                if let Some(size) = format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        let seconds = wire
            .expires_in
            .and_then(|seconds| u64::try_from(seconds).ok());
        let expires_in = seconds.map_or(DEFAULT_LIFETIME, Duration::from_secs);
        let (link, content) = format.read(response.runtime(), Some(wire.url), Some(expires_in));
        Ok(OneTimeQr {
            link,
            content,
            expires_in,
        })
    }
}

/// The lifetime of the landing page, for a response that states none.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    url: String,
    #[serde(default, deserialize_with = "lenient::opt_seconds")]
    expires_in: Option<i64>,
}

#[cfg(feature = "schemars")]
crate::json_schema::same_as! { crate::json_schema::read: OneTimeQr, "OneTimeQr" => Wire; }

/// A code for one payment.
#[derive(Clone, Debug)]
pub struct OneTimeQr {
    link: Option<QrLink>,
    content: Option<QrContent>,
    expires_in: Duration,
}

impl OneTimeQr {
    /// How long the code works, counted from the answer: show it as a countdown, and take the code away after it.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The link to the image, when an image was asked for. It works no longer than the code.
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
