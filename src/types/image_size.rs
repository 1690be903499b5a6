//! The size of a QR image.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{InvalidValue, lenient};

/// The width and height of a PNG of a QR code in pixels: 100 to 2000 (QR API document).
///
/// It is sent as the header `Size`, or as the query parameter `QrImageSize` for merchant callback
/// codes. It affects only PNG images.
///
/// ```
/// use vipps::types::ImageSize;
///
/// assert!(ImageSize::new(800).is_ok());
/// assert!(ImageSize::new(50).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageSize(u16);

impl ImageSize {
    /// The smallest image: 100 pixels.
    pub const MIN: Self = Self(100);

    /// The largest image: 2000 pixels.
    pub const MAX: Self = Self(2000);

    /// Checks a number of pixels.
    ///
    /// # Errors
    ///
    /// If the number is less than 100 or more than 2000.
    pub fn new(pixels: u16) -> Result<Self, InvalidValue> {
        if (Self::MIN.0..=Self::MAX.0).contains(&pixels) {
            Ok(Self(pixels))
        } else {
            Err(refuse(&pixels))
        }
    }

    /// Reads the number of pixels, digits only.
    ///
    /// # Errors
    ///
    /// If the text has other characters than digits, or the number is less than 100 or more than
    /// 2000.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        // `u16` alone would accept a plus sign.
        let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let pixels = digits
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| refuse(text))?;
        Self::new(pixels).map_err(|_| refuse(text))
    }

    /// Returns the number of pixels.
    pub const fn as_pixels(self) -> u16 {
        self.0
    }
}

fn refuse(value: &(impl ToString + ?Sized)) -> InvalidValue {
    InvalidValue::new(
        "image_size",
        "must be 100 to 2000 pixels",
        value.to_string(),
    )
}

/// Formats the number of pixels as in the request.
impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ImageSize {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<u16> for ImageSize {
    type Error = InvalidValue;

    fn try_from(pixels: u16) -> Result<Self, InvalidValue> {
        Self::new(pixels)
    }
}

impl TryFrom<&str> for ImageSize {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ImageSize {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(&text)
    }
}

impl Serialize for ImageSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

/// Deserializes from a number or a string of a number.
impl<'de> Deserialize<'de> for ImageSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pixels = lenient::integer(deserializer)?;
        u16::try_from(pixels)
            .map_err(|_| refuse(&pixels))
            .and_then(Self::new)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_100_to_2000_pixels() {
        for pixels in [100, 101, 1024, 2000] {
            let size = ImageSize::new(pixels).unwrap();
            assert_eq!(size.as_pixels(), pixels);
            assert_eq!(size.to_string().parse(), Ok(size));
            assert_eq!(ImageSize::try_from(pixels), Ok(size));
        }
        for pixels in [0, 99, 2001, u16::MAX] {
            let error = ImageSize::new(pixels).unwrap_err();
            assert_eq!(error.field(), "image_size");
            assert_eq!(error.value(), Some(pixels.to_string().as_str()));
        }
    }

    #[test]
    fn reads_digits_only() {
        assert_eq!(ImageSize::parse("0800"), ImageSize::new(800));
        for text in [
            "", "99", "2001", "70000", "+800", "-800", "800px", " 800", "800.0", "1e3",
        ] {
            assert_eq!(ImageSize::parse(text).unwrap_err().value(), Some(text));
        }
    }

    #[test]
    fn json_is_a_number_or_a_string_of_a_number() {
        let size = ImageSize::new(800).unwrap();
        assert_eq!(serde_json::to_string(&size).unwrap(), "800");
        for json in ["800", r#""800""#, "800.0"] {
            assert_eq!(
                serde_json::from_str::<ImageSize>(json).unwrap(),
                size,
                "{json}"
            );
        }
        for json in ["99", "2001", "-800", "65636", "800.5", "null", r#""""#] {
            assert!(serde_json::from_str::<ImageSize>(json).is_err(), "{json}");
        }
    }
}
