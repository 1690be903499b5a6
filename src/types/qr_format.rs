//! The format of a QR code.

use serde::{Deserialize, Serialize};

use super::ImageSize;

/// The format of a QR code.
///
/// In JSON it is `"svg"`, `{"png":800}` or `"content"`.
///
/// ```
/// use vipps::types::{ImageSize, QrFormat};
///
/// let format = QrFormat::Png(ImageSize::new(800)?);
/// # assert_eq!(serde_json::to_string(&format).unwrap(), r#"{"png":800}"#);
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum QrFormat {
    /// A link to an SVG image.
    #[default]
    Svg,
    /// A link to a PNG image of this size.
    Png(ImageSize),
    /// The text of the code, to render it yourself. A custom design needs the approval of Vipps
    /// MobilePay.
    Content,
}

impl QrFormat {
    /// Returns the size of the image in pixels, which only PNG has.
    pub(crate) fn size(self) -> Option<i64> {
        match self {
            Self::Png(size) => Some(i64::from(size.as_pixels())),
            Self::Svg | Self::Content => None,
        }
    }
}
