//! The customers, and the data that they share with a merchant.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::time::later;
use crate::simulator::random::uuid;

/// The time that a merchant can read the data of an approved payment: seven days.
const SHOWN_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// The delay of the subject id after the approval.
const SUBJECT_DELAY: Duration = Duration::from_secs(1);
/// The country code of Norway.
const NORWAY: &str = "47";

/// A kind of data that a merchant can request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileData {
    Name,
    Address,
    Email,
    PhoneNumber,
    BirthDate,
}

/// The data that a payment shares with the merchant. Empty if it shares nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DataScope(Vec<ProfileData>);

impl DataScope {
    pub(crate) fn new(data: Vec<ProfileData>) -> Self {
        Self(data)
    }

    /// Returns the data that an express payment shares.
    pub(crate) fn express() -> Self {
        use ProfileData::{Address, Email, Name, PhoneNumber};
        Self(vec![Name, Address, Email, PhoneNumber])
    }

    /// Returns `true` for exactly the data that an express payment shares.
    pub(crate) fn is_express(&self) -> bool {
        let express = Self::express();
        self.0.len() == express.0.len() && express.0.iter().all(|data| self.has(*data))
    }

    pub(crate) fn has(&self, data: ProfileData) -> bool {
        self.0.contains(&data)
    }

    /// Adds the data of another scope.
    pub(super) fn add(&mut self, other: &Self) {
        for data in &other.0 {
            if !self.has(*data) {
                self.0.push(*data);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A postal address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    pub(crate) line_1: &'static str,
    pub(crate) line_2: &'static str,
    pub(crate) city: &'static str,
    pub(crate) post_code: &'static str,
}

/// The address of every customer.
pub(crate) const ADDRESS: Address = Address {
    line_1: "Dronning Eufemias gate 42",
    line_2: "Att: Rune Garborg",
    city: "OSLO",
    post_code: "0191",
};
pub(crate) const FIRST_NAME: &str = "Ada";
pub(crate) const LAST_NAME: &str = "Lovelace";
pub(crate) const EMAIL: &str = "user@example.com";
pub(crate) const BIRTH_DATE: &str = "1815-12-10";

/// A customer with the app. Customers differ in their phone number only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The country code and the number, without a plus.
    pub(crate) msisdn: String,
}

/// Hides the phone number.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            msisdn: "4791234567".into(),
        }
    }
}

impl Profile {
    /// Parses a phone number as people write it. Spaces and punctuation are removed, `+` or `00`
    /// may stand before the country code, and eight digits alone are a Norwegian number. Returns
    /// `None` if the text contains anything else.
    pub(crate) fn of_number(number: &str) -> Option<Self> {
        let is_mark = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/');
        let number: String = number.chars().filter(|c| !is_mark(*c)).collect();
        let international = number
            .strip_prefix('+')
            .or_else(|| number.strip_prefix("00"));
        let msisdn = match international {
            Some(digits) => digits.to_owned(),
            None if number.len() == 8 => format!("{NORWAY}{number}"),
            None => number,
        };
        let is_number =
            (8..=15).contains(&msisdn.len()) && msisdn.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(Self { msisdn })
    }

    /// Returns the eight digits of a Norwegian number.
    pub(crate) fn norwegian_number(&self) -> Option<&str> {
        let local = self.msisdn.strip_prefix(NORWAY);
        local.filter(|local| local.len() == 8)
    }

    /// Returns the id of the customer at one merchant. The URL of a consent removal ends with it.
    pub(crate) fn user_id(&self) -> String {
        STANDARD.encode(format!("user-{}", self.msisdn))
    }

    /// Returns the subject id (`sub`) of the customer at a sales unit, a UUID. The same customer
    /// has another id at another sales unit (Userinfo guide).
    pub(crate) fn subject(&self, sales_unit: &str) -> String {
        let hash = Sha256::digest(format!("{sales_unit} {}", self.msisdn));
        let bytes = hash.first_chunk().copied().unwrap_or_default();
        uuid(u128::from_be_bytes(bytes))
    }
}

/// Returns `true` while the data of a payment approved at `approved` can be read.
pub(crate) fn is_shown(approved: Timestamp, now: Timestamp) -> bool {
    now < later(approved, SHOWN_FOR)
}

/// Returns `true` once the subject id of a payment approved at `approved` exists.
pub(crate) fn has_subject(approved: Timestamp, now: Timestamp) -> bool {
    now >= later(approved, SUBJECT_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (number, msisdn) in [
            ("91234567", "4791234567"),
            ("+47 912 34 567", "4791234567"),
            ("0045-12 34 56 78", "4512345678"),
        ] {
            assert_eq!(Profile::of_number(number).unwrap().msisdn, msisdn);
        }
        for other in ["", "912345", "x91234567", "+1234567890123456"] {
            assert_eq!(Profile::of_number(other), None, "{other}");
        }
    }

    #[test]
    fn only_eight_digits_after_47_are_norwegian() {
        let norwegian = |number| Profile::of_number(number).unwrap();
        assert_eq!(norwegian("91234567").norwegian_number(), Some("91234567"));
        assert_eq!(norwegian("+4512345678").norwegian_number(), None);
        assert_eq!(norwegian("+479123456").norwegian_number(), None);
    }

    #[test]
    fn ids_have_the_documented_forms() {
        let profile = Profile::default();
        assert_eq!(profile.subject("123456").len(), 36);
        assert!(profile.user_id().len() <= 50);
    }

    #[test]
    fn subject_differs_by_customer_and_by_sales_unit() {
        let subject = |msisdn: &str, sales_unit| {
            let msisdn = msisdn.to_owned();
            Profile { msisdn }.subject(sales_unit)
        };
        let id = subject("4791234567", "123456");
        assert_eq!(id, subject("4791234567", "123456"));
        assert_ne!(id, subject("4791234567", "654321"));
        assert_ne!(id, subject("4798765432", "123456"));
    }
}
