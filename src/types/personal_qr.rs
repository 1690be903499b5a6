//! The code in the customer's app.

use std::hash::{Hash, Hasher};

use secrecy::{ExposeSecret, SecretString};

use super::InvalidValue;
use super::text::text_type;

/// The complete text of a customer's personal QR code, as the scanner read it (`qrCode` of the exchange): 1 to 2048
/// characters, trimmed, without blanks or control characters between.
///
/// Two forms are in use: `https://qr.vipps.no/p/<token>`, and an older one with the phone number in clear,
/// `https://qr.vipps.no/28/2/01/031/4791234567?v=1`. Others may come, so any text is taken and the API judges it. Hand
/// it on whole; a part of it is refused by the API.
///
/// It is personal data and never appears in `Debug` output or errors. Its own memory is overwritten when it is
/// dropped; the copies in request bodies and in the buffers of the HTTP library are not.
#[derive(Clone)]
pub struct PersonalQr(SecretString);

text_type!(hidden PersonalQr, expose);

impl PersonalQr {
    /// The most characters that the text can have.
    pub const MAX_LEN: usize = 2048;

    /// Trims and checks a scanned text. Many scanners end it with a line end, which is cut off.
    ///
    /// # Errors
    /// When it is blank, longer than 2048 characters, or has a blank or control character inside, as two scans in one
    /// text have. The error does not show the text.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        let is_visible = !trimmed.contains(|c: char| c.is_whitespace() || c.is_control());
        if is_visible && (1..=Self::MAX_LEN).contains(&trimmed.chars().count()) {
            Ok(Self(SecretString::from(trimmed)))
        } else {
            let rule = "must be the whole text of one code: 1 to 2048 characters without blanks or control characters";
            Err(InvalidValue::hidden("qr_code", rule))
        }
    }

    /// The text itself: personal data, not for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for PersonalQr {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PersonalQr {}

impl Hash for PersonalQr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_scan_without_its_line_end() {
        for (text, kept) in [
            (
                "https://qr.vipps.no/p/canary\r\n",
                "https://qr.vipps.no/p/canary",
            ),
            (
                "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
                "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
            ),
            (" \tø \n", "ø"),
            (&"ø".repeat(2048), &"ø".repeat(2048)),
        ] {
            let qr = PersonalQr::parse(text).unwrap();
            assert_eq!(qr.expose(), kept);
            assert_eq!(format!("{qr:?}"), "PersonalQr([redacted])");
            let json = serde_json::to_string(&qr).unwrap();
            assert_eq!(json, serde_json::to_string(kept).unwrap());
            assert!(serde_json::from_str::<PersonalQr>(&json).unwrap() == qr);
        }
        assert!(PersonalQr::parse("a").unwrap() != PersonalQr::parse("b").unwrap());
    }

    #[test]
    fn refuses_the_rest_without_showing_it() {
        for text in [
            "",
            " \n",
            "canary\ncanary",
            "canary canary",
            "canary\0",
            "canary\u{a0}canary",
            &"canary".repeat(342),
        ] {
            let error = PersonalQr::parse(text).unwrap_err();
            assert_eq!((error.field(), error.value()), ("qr_code", None));
            assert!(!error.to_string().contains("canary"), "{error}");
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<PersonalQr>(&json)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("whole text") && !error.contains("canary"),
                "{error}"
            );
        }
        let error = serde_json::from_str::<PersonalQr>(r#"{"canary":1}"#)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}
