//! The formats of codes: a link to an image, which expires, or the text of the code.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::operations::IMAGE;
use crate::call::{self, CallOptions};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::runtime::Runtime;

pub use crate::types::QrFormat;

impl QrFormat {
    /// Returns the `Accept` header that requests this format. The response is JSON in any case.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png(_) => "image/png",
            Self::Content => "text/targetUrl",
        }
    }

    /// Returns the name of the image format, for `QrImageFormat`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Png(_) => "PNG",
            Self::Svg | Self::Content => "SVG",
        }
    }

    /// Reads the `url` of a response in this format: a link to an image, or the text of the code.
    /// The link expires with the code at the latest.
    pub(super) fn read(
        self,
        url: Option<String>,
        code: Option<Duration>,
    ) -> (Option<QrLink>, Option<QrContent>) {
        match (self, url) {
            (_, None) => (None, None),
            (Self::Content, Some(text)) => (None, Some(QrContent(text))),
            (_, Some(url)) => (Some(QrLink::new(url, self, code)), None),
        }
    }
}

/// Returns the format and the `url` of a code, from which [`QrFormat::read`] makes the same link
/// and content.
pub(super) fn format_and_url(
    link: Option<&QrLink>,
    content: Option<&QrContent>,
) -> (Option<QrFormat>, Option<String>) {
    match (link, content) {
        (Some(link), _) => (Some(link.format), Some(link.url.clone())),
        (None, Some(content)) => (Some(QrFormat::Content), Some(content.0.clone())),
        (None, None) => (None, None),
    }
}

/// A code that may have a link to its image, or such a link itself. The parameter of
/// [`Qr::image`](super::Qr::image), which has an example.
pub trait ImageSource {
    /// Returns the link, or `None` for a code without a link to an image.
    fn image_link(&self) -> Option<&QrLink>;
}

impl ImageSource for QrLink {
    fn image_link(&self) -> Option<&QrLink> {
        Some(self)
    }
}

/// Implements [`ImageSource`] for codes with a `link`.
macro_rules! image_source {
    ($code:ident) => {
        impl crate::qr::ImageSource for $code {
            fn image_link(&self) -> Option<&QrLink> {
                self.link.as_ref()
            }
        }
    };
}
pub(super) use image_source;

/// Fetches the image of a code, if the code has a link to one.
pub(super) async fn fetch(runtime: &Runtime, link: Option<&QrLink>) -> Result<QrImage> {
    match link {
        Some(link) => link.fetch(runtime).await,
        None => Err(Error::state(
            "the code has no link to an image: request it as PNG or SVG",
        )),
    }
}

/// Implements the setters of the image formats for a builder with a field `format`.
macro_rules! image_format_setters {
    ($builder:ident) => {
        impl $builder {
            /// Requests a PNG image of this size, 100 to 2000 pixels on each side.
            pub fn png(mut self, size: crate::types::ImageSize) -> Self {
                self.format = crate::qr::QrFormat::Png(size);
                self
            }

            /// Requests an SVG image. This is the default.
            pub fn svg(mut self) -> Self {
                self.format = crate::qr::QrFormat::Svg;
                self
            }
        }
    };
}
pub(crate) use image_format_setters;

/// Implements the setters of all formats for a builder with a field `format`.
macro_rules! format_setters {
    ($builder:ident) => {
        crate::qr::image::image_format_setters!($builder);

        impl $builder {
            /// Requests the text of the code instead of an image, to render the code yourself.
            pub fn content(mut self) -> Self {
                self.format = crate::qr::QrFormat::Content;
                self
            }

            /// Requests this format.
            pub fn format(mut self, format: crate::qr::QrFormat) -> Self {
                self.format = format;
                self
            }
        }
    };
}
pub(crate) use format_setters;

/// A link to the image of a code. `Debug` does not show the URL.
///
/// The link expires after about an hour, even if the code does not. Fetch the image at once with
/// [`Qr::image`](super::Qr::image), and store its bytes instead of the link.
#[derive(Clone, PartialEq, Eq)]
pub struct QrLink {
    url: String,
    format: QrFormat,
    lifetime: Duration,
}

/// The approximate lifetime of an image link. The API does not document it; the tokens in its links
/// expire after an hour.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);

const EXPIRED: &str = "An image link works for about an hour and no longer than its code: read the code for a new link.";

impl fmt::Debug for QrLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrLink")
            .field("format", &self.format)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

impl QrLink {
    fn new(url: String, format: QrFormat, code: Option<Duration>) -> Self {
        Self {
            url,
            format,
            lifetime: code.map_or(LINK_LIFETIME, |code| code.min(LINK_LIFETIME)),
        }
    }

    /// Returns the URL. Anyone can open it, without keys.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the approximate lifetime of the link, counted from the response.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    async fn fetch(&self, runtime: &Runtime) -> Result<QrImage> {
        // The link is part of a response, so the error is not one of the caller's input.
        let decode_error = |message| Error::new(ErrorKind::Decode, Outcome::NoEffect, message);
        let url =
            url::Url::parse(&self.url).map_err(|_| decode_error("the image link is not a URL"))?;
        let loopback = runtime.environment().is_loopback();
        if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
            return Err(decode_error("the image link is not https"));
        }
        let response = call::download(runtime, &CallOptions::default(), IMAGE, url).await;
        let response = response.map_err(|error| match error.http_status() {
            // The hints for responses are about the API, and not about the host of the images.
            Some(_) => error.with_hint(EXPIRED),
            None => error,
        })?;
        let invalid = |message| Err(response.decode_error(message));
        let bytes = response.body.clone();
        match self.format {
            QrFormat::Png(size) => match png_size(&bytes) {
                None => return invalid("the image is not a PNG"),
                Some((width, height))
                    if (width, height) != (size.as_pixels().into(), size.as_pixels().into()) =>
                {
                    return invalid("the image does not have the requested size");
                }
                Some(_) => {}
            },
            QrFormat::Svg if !looks_like_svg(&bytes) => return invalid("the image is not an SVG"),
            QrFormat::Svg => {}
            QrFormat::Content => {
                return invalid("the code was requested as content and has no image");
            }
        }
        // File stores label images as `application/octet-stream` or `binary/octet-stream`.
        let media_type = response.media_type().to_ascii_lowercase();
        if !(media_type.is_empty()
            || media_type.starts_with("image/")
            || media_type.ends_with("/octet-stream"))
        {
            return invalid("the media type of the response is not an image");
        }
        Ok(QrImage {
            bytes,
            format: self.format,
        })
    }
}

/// Returns the width and height of a PNG, read from its first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let chunks = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let header = chunks.get(4..16)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_at(4);
    Some((
        u32::from_be_bytes(width.try_into().ok()?),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    head.windows(4).any(|window| window == b"<svg")
}

/// The image of a code. Returned by [`Qr::image`](super::Qr::image), which has an example.
#[derive(Clone, PartialEq, Eq)]
pub struct QrImage {
    bytes: Bytes,
    format: QrFormat,
}

impl QrImage {
    /// Returns the bytes of the image file.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the format: PNG with its size, or SVG.
    pub fn format(&self) -> QrFormat {
        self.format
    }

    /// Returns the media type: `image/png` or `image/svg+xml`.
    pub fn media_type(&self) -> &'static str {
        self.format.accept()
    }
}

impl fmt::Debug for QrImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrImage")
            .field("format", &self.format)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The text of a code: an opaque link, to be rendered unchanged.
///
/// ```
/// use vipps::qr::QrContent;
///
/// let stored = QrContent::from("https://qr.vipps.no/r/DI5bjNA0");
/// assert!(stored.is_accepted_by_app());
/// assert!(!QrContent::from("https://example.com/pay").is_accepted_by_app());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QrContent(String);

/// The hosts of the texts of codes: production, test, and old printed codes.
const CONTENT_HOSTS: [&str; 3] = ["qr.vipps.no", "qr-mt.vipps.no", "short.vipps.no"];

impl QrContent {
    /// Returns the text to encode.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the app opens a code with this text: a link on one of Vipps MobilePay's
    /// own code domains, `qr.vipps.no`, in the test environment `qr-mt.vipps.no`, or
    /// `short.vipps.no` of old codes.
    ///
    /// Check this before you print a code. The app accepts only codes of the QR API, and refuses
    /// any other link, including the landing page of a payment. The app of one environment refuses
    /// the codes of the other environment.
    pub fn is_accepted_by_app(&self) -> bool {
        url::Url::parse(&self.0).is_ok_and(|url| {
            url.scheme() == "https"
                && url.port().is_none()
                && url.host_str().is_some_and(|h| CONTENT_HOSTS.contains(&h))
        })
    }

    /// Renders the code as lines of half blocks, for a terminal with a dark background.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if the text is too long for a QR code.
    #[cfg(feature = "render")]
    pub fn render_terminal(&self) -> Result<String> {
        use qrcode::render::unicode::Dense1x2;
        // Inverted, because light modules must be light on a dark background.
        Ok(self
            .code()?
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build())
    }

    /// Renders the code as an SVG document of at least `size` units on each side, at most 8192.
    ///
    /// ```
    /// use vipps::qr::QrContent;
    ///
    /// let svg = QrContent::from("https://qr.vipps.no/r/DI5bjNA0").render_svg(400)?;
    /// assert!(svg.contains("<svg"));
    /// # Ok::<(), vipps::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if the text is too long for a QR code.
    #[cfg(feature = "render")]
    pub fn render_svg(&self, size: u32) -> Result<String> {
        let code = self.code()?;
        Ok(code
            .render::<qrcode::render::svg::Color<'_>>()
            .min_dimensions(size.min(8192), size.min(8192))
            .build())
    }

    #[cfg(feature = "render")]
    fn code(&self) -> Result<qrcode::QrCode> {
        qrcode::QrCode::with_error_correction_level(&self.0, qrcode::EcLevel::M).map_err(|_| {
            crate::types::InvalidValue::new("content", "must fit into a QR code", &*self.0).into()
        })
    }
}

/// Creates the content from a stored text, unchecked; see [`QrContent::is_accepted_by_app`].
impl From<String> for QrContent {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Creates the content from a stored text, unchecked; see [`QrContent::is_accepted_by_app`].
impl From<&str> for QrContent {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for QrContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
