//! What the QR API gives: a short-lived link to an image, or the bare content of a code.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::operations::IMAGE;
use crate::call::{self, CallOptions};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::runtime::Runtime;
use crate::types::ImageSize;

/// In which form to have a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QrFormat {
    /// A link to an SVG image.
    #[default]
    Svg,
    /// A link to a PNG image of so many pixels on each side.
    Png(ImageSize),
    /// The text of the code itself, to draw it on one's own screen or terminal. Codes of one's own design need Vipps
    /// MobilePay's approval.
    Content,
}

impl QrFormat {
    /// The `Accept` header that asks for it. The answer is JSON all the same.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png(_) => "image/png",
            Self::Content => "text/targetUrl",
        }
    }

    /// The name of the image format as `QrImageFormat`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Png(_) => "PNG",
            Self::Svg | Self::Content => "SVG",
        }
    }

    /// The `Size` header or the `QrImageSize`, which only PNG knows.
    pub(super) fn size(self) -> Option<i64> {
        match self {
            Self::Png(size) => Some(i64::from(size.as_pixels())),
            Self::Svg | Self::Content => None,
        }
    }

    /// What the answer's `url` is in this format: a link to an image that lives no longer than the code, or the text.
    pub(super) fn read(
        self,
        runtime: &Runtime,
        url: Option<String>,
        code: Option<Duration>,
    ) -> (Option<QrLink>, Option<QrContent>) {
        match (self, url) {
            (_, None) => (None, None),
            (Self::Content, Some(text)) => (None, Some(QrContent(text))),
            (_, Some(url)) => (Some(QrLink::new(runtime.clone(), url, self, code)), None),
        }
    }
}

/// Fetches the image of a code that may have none.
pub(super) async fn image(link: Option<&QrLink>) -> Result<QrImage> {
    match link {
        Some(link) => link.image().await,
        None => Err(Error::state(
            "this code came without a link to an image: ask for it as PNG or SVG",
        )),
    }
}

/// Gives a builder with a `format` the setters of the image formats.
macro_rules! image_formats {
    ($builder:ident) => {
        impl $builder {
            /// As a PNG of so many pixels on each side, 100 to 2000.
            pub fn png(mut self, size: crate::types::ImageSize) -> Self {
                self.format = crate::qr::QrFormat::Png(size);
                self
            }

            /// As an SVG; the default.
            pub fn svg(mut self) -> Self {
                self.format = crate::qr::QrFormat::Svg;
                self
            }
        }
    };
}
pub(super) use image_formats;

/// Gives a builder with a `format` the setters of all formats.
macro_rules! formats {
    ($builder:ident) => {
        crate::qr::image::image_formats!($builder);

        impl $builder {
            /// As the bare text of the code, to draw it on one's own.
            pub fn content(mut self) -> Self {
                self.format = crate::qr::QrFormat::Content;
                self
            }

            /// In this format.
            pub fn format(mut self, format: crate::qr::QrFormat) -> Self {
                self.format = format;
                self
            }
        }
    };
}
pub(super) use formats;

/// A link to a code's image. It lives about an hour, however long the code itself does: fetch the image at once and
/// keep the bytes, never the link.
#[derive(Clone)]
pub struct QrLink {
    runtime: Runtime,
    url: String,
    format: QrFormat,
    lifetime: Duration,
}

/// About how long the API's image links work.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);

impl QrLink {
    pub(super) fn new(
        runtime: Runtime,
        url: String,
        format: QrFormat,
        code: Option<Duration>,
    ) -> Self {
        Self {
            runtime,
            url,
            format,
            lifetime: code.map_or(LINK_LIFETIME, |code| code.min(LINK_LIFETIME)),
        }
    }

    /// The link; anybody may open it, without any key.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// About how long the link works, counted from the answer.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Fetches the image, without sending any credential, and checks that it is of the kind and size asked for.
    ///
    /// # Errors
    /// HTTP 404 when the code or the link has expired; [`ErrorKind::Decode`] when what comes is not such an image.
    pub async fn image(&self) -> Result<QrImage> {
        // The link came in an answer, so that the caller has nothing to put right.
        let odd = |what| Error::new(ErrorKind::Decode, Outcome::NoEffect, what);
        let url = url::Url::parse(&self.url).map_err(|_| odd("the image link is not a URL"))?;
        let loopback = self.runtime.environment().is_loopback();
        if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
            return Err(odd("the image link is not https"));
        }
        let response = call::download(&self.runtime, &CallOptions::default(), IMAGE, url).await?;
        let wrong = |what| Err(response.decode_error(what));
        let bytes = response.body.clone();
        match self.format {
            QrFormat::Png(size) => match png_size(&bytes) {
                None => return wrong("the image is not a PNG"),
                Some((width, height))
                    if (width, height) != (size.as_pixels().into(), size.as_pixels().into()) =>
                {
                    return wrong("the image has another size than was asked for");
                }
                Some(_) => {}
            },
            QrFormat::Svg if !looks_like_svg(&bytes) => return wrong("the image is not an SVG"),
            QrFormat::Svg => {}
            QrFormat::Content => {
                return wrong("this code was asked for as content and has no image");
            }
        }
        // Stores of files call everything an octet stream, of one family or another.
        let media_type = response.media_type().to_ascii_lowercase();
        if !(media_type.is_empty()
            || media_type.starts_with("image/")
            || media_type.ends_with("/octet-stream"))
        {
            return wrong("the link answered something that is not called an image");
        }
        Ok(QrImage {
            bytes,
            format: self.format,
        })
    }
}

impl fmt::Debug for QrLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrLink")
            .field("url", &self.url)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Width and height of a PNG, read from its first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let header = rest.get(4..16)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_at(4);
    Some((
        u32::from_be_bytes(width.try_into().ok()?),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    memchr::memmem::find(head, b"<svg").is_some()
}

/// The bytes of a code's image.
#[derive(Clone)]
pub struct QrImage {
    bytes: Bytes,
    format: QrFormat,
}

impl QrImage {
    /// The file's bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// PNG with its size, or SVG.
    pub fn format(&self) -> QrFormat {
        self.format
    }

    /// `image/png` or `image/svg+xml`.
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

/// The text of a code: an opaque link, to be drawn as it is.
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

/// Where the texts of codes lead: production, test, and codes printed long ago.
const CONTENT_HOSTS: [&str; 3] = ["qr.vipps.no", "qr-mt.vipps.no", "short.vipps.no"];

impl QrContent {
    /// The text to encode, unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the app opens a code with this text: a link on one of Vipps MobilePay's own code domains,
    /// `qr.vipps.no`, in the test environment `qr-mt.vipps.no`, or `short.vipps.no` of old codes.
    ///
    /// Look before you print. A code with any other link, the landing page of a payment included, is drawn and
    /// scanned like these, but the app refuses it: only what the QR API makes is accepted. The app of one
    /// environment does not know the other's codes.
    pub fn is_accepted_by_app(&self) -> bool {
        url::Url::parse(&self.0).is_ok_and(|url| {
            url.scheme() == "https"
                && url.port().is_none()
                && url.host_str().is_some_and(|h| CONTENT_HOSTS.contains(&h))
        })
    }

    /// The code as lines of half blocks for a terminal with a dark background.
    ///
    /// # Errors
    /// When the text is too long for a QR code.
    #[cfg(feature = "render")]
    pub fn render_terminal(&self) -> Result<String> {
        use qrcode::render::unicode::Dense1x2;
        // Inverted, since light modules must be light on a dark background.
        Ok(self
            .code()?
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build())
    }

    /// The code as an SVG document of at least `size` units on each side.
    ///
    /// # Errors
    /// When the text is too long for a QR code.
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

/// A text that was stored. Nothing is checked; see [`QrContent::is_accepted_by_app`].
impl From<String> for QrContent {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A text that was stored. Nothing is checked; see [`QrContent::is_accepted_by_app`].
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
