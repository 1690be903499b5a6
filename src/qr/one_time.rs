//! One-time codes: each shows one payment.

use std::time::Duration;

use serde::Deserialize;

use super::Call;
use super::image::{QrContent, QrFormat, QrLink, formats, image_source};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::{InvalidValue, LandingPage, lenient};

/// Creates a code for one payment. Returned by [`Qr::one_time`](super::Qr::one_time); `.await`
/// sends the request.
///
/// The request does not change the payment, so it is retried after every failure but a refusal.
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
    /// Before anything is sent: a landing page that is an app link (`isApp`), which has no code.
    /// From the API: HTTP 400 with `Order timeout` if the payment has expired, or with
    /// `Validation error` if the landing page is of another environment.
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
        let (link, content) = format.read(Some(wire.url), Some(expires_in));
        Ok(OneTimeQr {
            link,
            content,
            expires_in,
        })
    }
}

/// The lifetime of a landing page: 5 minutes. Assumed if the response states no lifetime.
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
crate::json_schema::read_as! { OneTimeQr => Wire; }

/// The code of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeQr {
    link: Option<QrLink>,
    content: Option<QrContent>,
    expires_in: Duration,
}

image_source!(OneTimeQr);

impl OneTimeQr {
    /// Returns the lifetime of the code, counted from the response. Show it as a countdown, and
    /// remove the code afterwards.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// Returns the link to the image, if an image was requested. The link expires with the code.
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
