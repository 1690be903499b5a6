//! Phone numbers of customers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::characters::{fold_width, is_dash, is_dot, is_invisible};
use super::text_type::text_type;
use super::{InvalidValue, lenient};

const FIELD: &str = "phone_number";
const NORWAY: &str = "47";

/// The country codes of Italy, San Marino and Vatican City, where a leading 0 is also dialled from
/// abroad.
const LEADING_ZERO_IS_DIALLED: [&str; 3] = ["39", "378", "379"];

/// A phone number.
///
/// It is personal data: there is no `Display`, and `Debug` is redacted.
///
/// The eCom API takes the eight digits of a Norwegian number, the QR API the MSISDN (country code
/// and number, digits only). [`national_norwegian`](Self::national_norwegian) and
/// [`msisdn`](Self::msisdn) return these two forms.
///
/// ```
/// use vipps::PhoneNumber;
///
/// let number = PhoneNumber::parse("912 34 567")?;
/// assert_eq!(number, PhoneNumber::parse("+47 912-34-567")?);
/// assert_eq!(number.msisdn(), "4791234567");
/// assert_eq!(number.national_norwegian(), Some("91234567"));
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
///
/// In JSON, a phone number is the MSISDN. The few MSISDNs with only eight digits have a `+`, so
/// that they are not read as Norwegian numbers.
#[doc(alias("MSISDN", "mobileNumber"))]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

text_type!(@parsed PhoneNumber, wire);

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([redacted])")
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    /// Deserializes from a string as in [`parse`](Self::parse), or from a whole number. A fraction
    /// is refused, because its dot is not punctuation.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = lenient::text_or_digits(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl PhoneNumber {
    /// Reads a number as people write it: `912 34 567`, `+47 912-34-567`, `(0047) 912.34.567`,
    /// `tel:+4791234567`.
    ///
    /// Eight digits without a country code are a Norwegian number. Longer numbers begin with their
    /// country code, with or without `+` or `00`.
    ///
    /// These characters are dropped: white space and line ends, dashes, dots, round and square
    /// brackets, invisible characters such as zero-width spaces, direction marks and soft hyphens,
    /// and the prefix `tel:`. Full-width characters are read as ASCII.
    ///
    /// A bracketed trunk zero directly after a country code, as in `+44 (0)20 7946 0958`, is
    /// dropped too, since it is not dialled from abroad.
    ///
    /// # Errors
    ///
    /// The error never shows the number. It is returned if the text
    ///
    /// - holds any other character, such as a letter, a slash or a digit of another script;
    /// - ends in `.0`, as a number does that was stored as a floating-point number;
    /// - has a `+` that is not in front of the country code;
    /// - has `(0)` in another place, or after the country code of Italy, San Marino or Vatican
    ///   City, where the zero may belong to the number;
    /// - has not 8 to 15 digits with the country code, or not 8 digits after the Norwegian country
    ///   code.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let written = without_trunk_zero(without_punctuation(text)?)?;
        let digits = written.replace(['(', ')'], "");
        let international = digits
            .strip_prefix('+')
            .or_else(|| digits.strip_prefix("00"));
        if international.unwrap_or(&digits).contains('+') {
            return refuse("must have at most one `+`, in front of the country code");
        }
        match international {
            Some(msisdn) => Self::from_msisdn(msisdn),
            None if digits.len() == 8 => Self::from_msisdn(&format!("{NORWAY}{digits}")),
            None => Self::from_msisdn(&digits),
        }
    }

    /// Reads an MSISDN as the QR API returns it: country code and number, 8 to 15 digits and no
    /// other characters.
    ///
    /// # Errors
    ///
    /// If the text has another form, begins with zero, or has the country code 47 and not eight
    /// digits after it. The error does not show the number.
    pub fn from_msisdn(msisdn: &str) -> Result<Self, InvalidValue> {
        if !msisdn.bytes().all(|b| b.is_ascii_digit()) {
            refuse("must be a country code and number of the digits 0 to 9, and nothing else")
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

    /// Returns the country code and the number, digits only: `4791234567`.
    pub fn msisdn(&self) -> &str {
        &self.0
    }

    /// Returns the eight digits of a Norwegian number (`mobileNumber` of the eCom API), or `None`
    /// for other countries.
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

fn refuse<T>(rule: &'static str) -> Result<T, InvalidValue> {
    Err(InvalidValue::without_value(FIELD, rule))
}

/// Returns the digits, `+` and round brackets of a number, and refuses characters that are not
/// punctuation.
fn without_punctuation(text: &str) -> Result<String, InvalidValue> {
    let visible: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .map(fold_width)
        .collect();
    let number = match visible.split_at_checked("tel:".len()) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel:") => number,
        _ => &visible,
    };
    if number.ends_with(".0") {
        return refuse("must not end in `.0`; export the number as text");
    }
    let mut written = String::with_capacity(number.len());
    for c in number.chars() {
        match c {
            '0'..='9' | '+' | '(' | ')' => written.push(c),
            '[' => written.push('('),
            ']' => written.push(')'),
            _ if is_dash(c) || is_dot(c) => {}
            _ if c.is_numeric() => {
                return refuse("must use the digits 0 to 9; digits of other scripts are not read");
            }
            _ => {
                return refuse(
                    "must be digits with at most spaces, dashes, dots and brackets between them, `+` or `00` \
                     before the country code, and `tel:` in front",
                );
            }
        }
    }
    Ok(written)
}

/// Removes a `(0)` that follows a country code, and refuses `(0)` at any other place.
fn without_trunk_zero(written: String) -> Result<String, InvalidValue> {
    const TRUNK_ZERO: &str = "(0)";
    let Some((before, national)) = written.split_once(TRUNK_ZERO) else {
        return Ok(written);
    };
    let before = before.replace(['(', ')'], "");
    let code = before
        .strip_prefix('+')
        .or_else(|| before.strip_prefix("00"));
    match code {
        Some(code) if LEADING_ZERO_IS_DIALLED.contains(&code) => refuse(
            "must not have `(0)` after this country code, whose numbers may begin with 0; write the number as it is \
             dialled from abroad",
        ),
        Some(code) if (1..=3).contains(&code.len()) && !national.contains(TRUNK_ZERO) => {
            Ok(before + national)
        }
        _ => refuse("must have `(0)` at most once, directly after a country code with `+` or `00`"),
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
    fn other_numbers_are_refused_and_not_shown() {
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
            "+47+91234567",
            "9123456a",
            "٩١٢٣٤٥٦٧",
            "ååååå",
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
    fn debug_and_errors_show_no_number() {
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
