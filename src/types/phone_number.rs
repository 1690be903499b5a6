//! Whom to ask for money.

use std::borrow::Cow;

use super::InvalidValue;
use super::text::text_type;

const FIELD: &str = "phone_number";
const NORWAY: &str = "47";

/// A phone number; personal data, therefore never shown: there is no `Display`, and `Debug` is redacted.
///
/// The eCom API wants the eight digits of a Norwegian number, the QR API the MSISDN (country code and number, digits
/// only). Both come from here: [`national_norwegian`](Self::national_norwegian) and [`msisdn`](Self::msisdn).
///
/// ```
/// use vipps::PhoneNumber;
///
/// let number = PhoneNumber::parse("912 34 567")?;
/// assert_eq!(number, PhoneNumber::parse("+47 912 34 567")?);
/// assert_eq!(number.msisdn(), "4791234567");
/// assert_eq!(number.national_norwegian(), Some("91234567"));
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
///
/// In JSON it is the MSISDN. The few that have only eight digits keep a `+`, so that they are read as what they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

text_type!(hidden PhoneNumber, wire);

impl PhoneNumber {
    /// Reads a number as people write it: `91234567`, `+4791234567`, `004791234567`, `4791234567`, with blanks
    /// anywhere.
    ///
    /// Eight digits without a country code are a Norwegian number; longer ones begin with their country code.
    ///
    /// # Errors
    ///
    /// When it has anything but digits, blanks and a leading `+`, when it has not 8 to 15 digits with its country
    /// code, or is Norwegian and not 8 digits without it. The error does not show the number.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        // The other two are blanks that come along when a number is copied from a web page.
        let text: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}'))
            .collect();
        if let Some(msisdn) = text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
            Self::from_msisdn(msisdn)
        } else if text.len() == 8 {
            Self::from_msisdn(&format!("{NORWAY}{text}"))
        } else {
            Self::from_msisdn(&text)
        }
    }

    /// Takes an MSISDN, as the QR API gives it: country code and number, 8 to 15 digits, nothing else.
    ///
    /// # Errors
    ///
    /// When it is anything else, begins with zero, or has the country code 47 and not eight digits after it. The error
    /// does not show the number.
    pub fn from_msisdn(msisdn: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: &'static str| Err(InvalidValue::hidden(FIELD, rule));
        if !msisdn.bytes().all(|b| b.is_ascii_digit()) {
            refuse(
                "must be digits, with blanks between and `+` or `00` before the country code at most",
            )
        } else if !(8..=15).contains(&msisdn.len()) || msisdn.starts_with('0') {
            refuse(
                "must be 8 Norwegian digits, or a country code (not beginning with 0) and number of 8 to 15 digits",
            )
        } else if msisdn
            .strip_prefix(NORWAY)
            .is_some_and(|national| national.len() != 8)
        {
            refuse("must have 8 digits after the Norwegian country code 47")
        } else {
            Ok(Self(msisdn.to_owned()))
        }
    }

    /// Country code and number, digits only: `4791234567`.
    pub fn msisdn(&self) -> &str {
        &self.0
    }

    /// The eight digits of a Norwegian number (`mobileNumber` of the eCom API), `None` for other countries.
    pub fn national_norwegian(&self) -> Option<&str> {
        self.0.strip_prefix(NORWAY)
    }

    fn wire(&self) -> Cow<'_, str> {
        if self.0.len() == 8 {
            format!("+{}", self.0).into()
        } else {
            Cow::Borrowed(&self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_norwegian_numbers() {
        for text in [
            "91234567",
            "+4791234567",
            "004791234567",
            "4791234567",
            "912 34 567",
            " +47 912 34 567 ",
            "00 47 91 23 45 67",
            "+47\u{a0}912\u{202f}34567",
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.msisdn(), "4791234567", "{text}");
            assert_eq!(number.national_norwegian(), Some("91234567"), "{text}");
        }
        // Eight digits that begin like the country code are still a number of eight digits.
        assert_eq!(
            PhoneNumber::parse("47123456").unwrap().msisdn(),
            "4747123456"
        );
    }

    #[test]
    fn reads_numbers_of_other_countries() {
        for (text, msisdn) in [
            ("+45 12 34 56 78", "4512345678"),
            ("0035840123456", "35840123456"),
            ("35840123456", "35840123456"),
            ("+50012345", "50012345"),
            ("+123456789012345", "123456789012345"),
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.msisdn(), msisdn);
            assert_eq!(number.national_norwegian(), None);
        }
    }

    #[test]
    fn refuses_without_showing() {
        for text in [
            "",
            " ",
            "+",
            "00",
            "1234567",
            "+4791234",
            "+47912345678",
            "4791234",
            "479123456789",
            "+047912345",
            "0091234",
            "00000000",
            "+1234567890123456",
            "91-23-45-67",
            "(47)91234567",
            "+47+91234567",
            "9123456a",
            "٩١٢٣٤٥٦٧",
            "ååååå",
            "91234567\n",
            "tel:91234567",
        ] {
            let error = PhoneNumber::parse(text).unwrap_err();
            assert_eq!(error.field(), "phone_number", "{text:?}");
            assert_eq!(error.value(), None, "{text:?}");
        }
    }

    #[test]
    fn msisdn_is_taken_literally() {
        assert_eq!(
            PhoneNumber::from_msisdn("4798765432")
                .unwrap()
                .national_norwegian(),
            Some("98765432")
        );
        assert_eq!(
            PhoneNumber::from_msisdn("50012345")
                .unwrap()
                .national_norwegian(),
            None
        );
        for text in [
            "+4798765432",
            "47 98765432",
            "479876543",
            "",
            "0098765432",
            "1234567",
        ] {
            assert!(PhoneNumber::from_msisdn(text).is_err(), "{text}");
        }
    }

    #[test]
    fn is_never_shown() {
        let number = PhoneNumber::parse("91234567").unwrap();
        assert_eq!(
            format!("{number:?} {number:#?}"),
            "PhoneNumber([redacted]) PhoneNumber([redacted])"
        );
        for json in [r#""+47912345678""#, r#"["91234567"]"#, "9123456.7"] {
            let error = serde_json::from_str::<PhoneNumber>(json)
                .unwrap_err()
                .to_string();
            assert!(!error.contains("9123"), "{error}");
        }
    }

    #[test]
    fn json_round_trip() {
        for (text, json) in [
            ("91234567", r#""4791234567""#),
            ("+35840123456", r#""35840123456""#),
            ("+50012345", r#""+50012345""#),
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), json);
            assert_eq!(serde_json::from_str::<PhoneNumber>(json).unwrap(), number);
        }
        assert_eq!(
            serde_json::from_str::<PhoneNumber>("4791234567")
                .unwrap()
                .msisdn(),
            "4791234567"
        );
    }
}
