//! A one-time code, which opens one payment.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Call;
use super::image::{QrContent, QrFormat, QrLink, format_and_url, format_setters, image_source};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{InvalidValue, LandingPage, by_name, lenient};

/// Creates a code for one payment. Returned by [`Qr::one_time`](super::Qr::one_time); `.await`
/// sends the request.
///
/// The request does not change the payment, so it is retried after every failure except a refusal.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct OneTime {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    landing_page: LandingPage,
    format: QrFormat,
}

operation! { OneTime => OneTimeQr; deadline, merchant_serial_number, retry }
format_setters!(OneTime);

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
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no code.
    pub async fn send(self) -> Result<OneTimeQr> {
        if self.landing_page.is_app_link() {
            let rule = "must be a web page: a payment started with `app_switch` has no code";
            return Err(InvalidValue::without_value("landing_page", rule).into());
        }
        let (format, url) = (self.format, self.landing_page.into_text());
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                let request = api.generate_otp_qr().body_map(|body| body.url(url));
                let mut request = request.accept(format.accept());
                if let Some(size) = format.size() {
                    request = request.size(size);
                }
                request.send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        if wire.url.trim().is_empty() {
            return Err(response.decode_error("the response has no code: `url` is empty"));
        }
        Ok(OneTimeQr::new(format, wire))
    }
}

/// The lifetime of a landing page: 5 minutes (eCom guide). It is assumed if the response states no
/// lifetime.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Wire {
    url: String,
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
crate::types::json_schema::read_as! { OneTimeQr => Wire; }

/// The code of one payment. The JSON form is that of the API, with the `format` of the code.
/// [`Qr::one_time`](super::Qr::one_time) has an example.
///
/// `Debug` shows neither the link nor the text, because anyone with them can see and pay the
/// payment.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeQr {
    link: Option<QrLink>,
    content: Option<QrContent>,
    expires_in: Duration,
}

image_source!(OneTimeQr);

by_name::json_form! { OneTimeQr => Wire; }

impl From<&OneTimeQr> for Wire {
    fn from(code: &OneTimeQr) -> Self {
        let (format, url) = format_and_url(code.link(), code.content());
        Self {
            url: url.unwrap_or_default(),
            expires_in: i64::try_from(code.expires_in.as_secs()).ok(),
            format,
        }
    }
}

impl From<Wire> for OneTimeQr {
    fn from(wire: Wire) -> Self {
        Self::new(wire.format.unwrap_or_default(), wire)
    }
}

impl fmt::Debug for OneTimeQr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneTimeQr")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

impl OneTimeQr {
    /// Returns the code of a payment that was created together with its code.
    pub(crate) fn of_payment(format: QrFormat, url: String, expires_in: Duration) -> Self {
        let (link, content) = format.read(Some(url), Some(expires_in));
        Self {
            link,
            content,
            expires_in,
        }
    }

    fn new(format: QrFormat, wire: Wire) -> Self {
        let seconds = wire
            .expires_in
            .and_then(|seconds| u64::try_from(seconds).ok());
        let expires_in = seconds.map_or(DEFAULT_LIFETIME, Duration::from_secs);
        let (link, content) = format.read(Some(wire.url), Some(expires_in));
        Self {
            link,
            content,
            expires_in,
        }
    }

    /// Returns the lifetime of the code, counted from the response. Show it as a countdown, and
    /// remove the code afterwards. If the response of the QR API states no lifetime, it is 5
    /// minutes, the lifetime of a landing page (eCom guide).
    ///
    /// The response of ePayment states no lifetime. For a code of
    /// [`PayByQrEPayment`](crate::PayByQrEPayment) this is the rest of 10 minutes from the start of
    /// the call, or the time until [`Create::expires_at`](crate::epayment::Create::expires_at).
    /// After a second call with the same idempotency key, the code expires earlier: 10 minutes
    /// after the first call.
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
