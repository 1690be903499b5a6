//! Currencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{InvalidValue, lenient};

const FIELD: &str = "currency";

/// A currency, as its three-letter code of ISO 4217.
///
/// Any code of three letters is accepted, because a response may name a currency that has no
/// constant here.
///
/// ```
/// use vipps::Currency;
///
/// assert_eq!("NOK".parse(), Ok(Currency::NOK));
/// assert_eq!(Currency::parse("sek")?.as_str(), "SEK");
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
///
/// In JSON, a currency is the text of its code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Norwegian kroner: 1 NOK is 100 øre.
    pub const NOK: Self = Self(*b"NOK");

    /// Danish kroner: 1 DKK is 100 øre.
    pub const DKK: Self = Self(*b"DKK");

    /// Euro: 1 EUR is 100 cents.
    pub const EUR: Self = Self(*b"EUR");

    /// Reads a code of three letters. Lower-case letters are read as upper-case ones.
    ///
    /// # Errors
    ///
    /// If the text is not exactly three letters from A to Z.
    pub fn parse(code: &str) -> Result<Self, InvalidValue> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self(letters.map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(InvalidValue::new(FIELD, "must be three letters", code)),
        }
    }

    /// Returns the code, in upper case.
    pub fn as_str(&self) -> &str {
        // The code is ASCII, so the empty text never occurs.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns whether 100 minor units are known to be one whole unit.
    pub(crate) fn has_two_decimals(self) -> bool {
        matches!(&self.0, b"NOK" | b"DKK" | b"EUR" | b"SEK" | b"USD" | b"GBP")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Formats the code as `Display` does.
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = InvalidValue;

    /// Reads a code, see [`Currency::parse`].
    fn from_str(code: &str) -> Result<Self, InvalidValue> {
        Self::parse(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = lenient::scalar(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_three_letters_are_a_currency() {
        for code in ["NOK", "DKK", "EUR", "SEK", "JPY", "CHF"] {
            assert_eq!(Currency::parse(code).unwrap().as_str(), code);
            assert_eq!(
                Currency::parse(&code.to_lowercase()).unwrap().to_string(),
                code
            );
        }
        assert_eq!(Currency::parse("nok"), Ok(Currency::NOK));
        assert_eq!(format!("{:?}", Currency::DKK), "DKK");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "NO", "NOKK", "N0K", "kr ", "kr.", "øK", "€", "NOK "] {
            let error = Currency::parse(text).unwrap_err();
            assert_eq!((error.field(), error.value()), ("currency", Some(text)));
        }
    }

    #[test]
    fn json_is_the_code() {
        assert_eq!(serde_json::to_string(&Currency::EUR).unwrap(), "\"EUR\"");
        let read = |json| serde_json::from_str::<Currency>(json);
        assert_eq!(read("\"SEK\"").unwrap().as_str(), "SEK");
        for json in ["\"kr\"", "null", "578", "[]"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
