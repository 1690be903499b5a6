//! The number of a sales unit.

use super::InvalidValue;
use super::text::text_type;

/// The number of a sales unit, MSN for short: 4 to 10 digits.
///
/// Sent as the `Merchant-Serial-Number` header and as `merchantSerialNumber` in bodies. It is text: the API fails on a
/// number, although some of its answers have one, which is read all the same. Partners give the merchant's, not their
/// own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MerchantSerialNumber(String);

text_type!(MerchantSerialNumber);

impl MerchantSerialNumber {
    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// When it is not 4 to 10 digits.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.bytes().all(|b| b.is_ascii_digit()) && (4..=10).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::new(
                "merchant_serial_number",
                "must be 4 to 10 digits",
                text,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in ["1234", "0123", "123456", "1234567", "1234567890"] {
            assert_eq!(text.parse::<MerchantSerialNumber>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "123",
            "12345678901",
            "12 345",
            " 12345",
            "12345a",
            "-12345",
            "١٢٣٤",
        ] {
            let error = MerchantSerialNumber::parse(text).unwrap_err();
            assert_eq!(error.field(), "merchant_serial_number");
            assert_eq!(error.value(), Some(text));
        }
    }

    #[test]
    fn is_text_in_json_and_read_from_numbers() {
        let number: MerchantSerialNumber = serde_json::from_str("123456").unwrap();
        assert_eq!(number, serde_json::from_str(r#""123456""#).unwrap());
        assert_eq!(serde_json::to_string(&number).unwrap(), r#""123456""#);
        for json in ["12345.5", "-12345", "1", "null", "true", r#""""#] {
            assert!(
                serde_json::from_str::<MerchantSerialNumber>(json).is_err(),
                "{json}"
            );
        }
    }
}
