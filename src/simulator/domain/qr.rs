//! QR codes: of payments, of web pages, of places and of customers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::PaymentId;
use super::profile::Profile;
use super::refusal::Refusal;
use super::time::later;
use crate::simulator::random::Random;

/// The start of the text of every code. The app accepts no other host.
pub(crate) const CONTENT_HOST: &str = "https://qr.vipps.no";
/// The lifetime of the token of a check-in.
const CHECK_IN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The sales unit and the id that the merchant chose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CodeKey {
    pub(crate) sales_unit: String,
    pub(crate) id: String,
}

/// The target of a code's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Payment(PaymentId),
    Redirect(CodeKey),
    Place(CodeKey),
}

/// A printed code with a target URL that can change.
#[derive(Debug, Clone)]
pub(crate) struct RedirectCode {
    pub(crate) destination: String,
    pub(crate) text: String,
    /// `None` if the code exists until it is deleted.
    pub(crate) expires: Option<Timestamp>,
}

impl RedirectCode {
    fn is_active(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A place with a printed code, where customers check in.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) description: String,
}

/// A personal code that a customer shows.
#[derive(Debug, Clone)]
pub(crate) struct PersonalCode {
    pub(crate) customer: Profile,
    pub(crate) created_at: Timestamp,
}

/// A customer who has checked in.
#[derive(Debug, Clone)]
pub(crate) struct CheckIn {
    pub(crate) customer: Profile,
    pub(crate) checked_in_at: Timestamp,
}

/// All codes.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    targets: HashMap<String, Target>,
    /// The latest text of each payment.
    of_payment: HashMap<PaymentId, String>,
    redirects: BTreeMap<CodeKey, RedirectCode>,
    places: BTreeMap<CodeKey, Place>,
    /// The texts of the codes of places. A text never changes, even if the code is deleted and
    /// created again.
    place_texts: HashMap<CodeKey, String>,
    /// The sales unit of each printed MobilePay code, by beacon id.
    beacons: BTreeMap<String, String>,
    personal: HashMap<String, PersonalCode>,
    check_ins: HashMap<String, CheckIn>,
}

impl Codes {
    pub(crate) fn target(&self, text: &str) -> Option<&Target> {
        self.targets.get(text)
    }

    /// Creates the text of a new code. `kind` is the letter in its path.
    fn text(&mut self, kind: char, target: Target, random: &mut Random) -> String {
        let text = format!("{CONTENT_HOST}/{kind}/{}", random.slug());
        self.targets.insert(text.clone(), target);
        text
    }

    /// Creates a code that opens a payment, and returns its text.
    pub(crate) fn add_payment(&mut self, payment: PaymentId, random: &mut Random) -> String {
        let text = self.text('o', Target::Payment(payment), random);
        self.of_payment.insert(payment, text.clone());
        text
    }

    /// Returns the text of the latest code of a payment.
    pub(crate) fn of_payment(&self, payment: PaymentId) -> Option<&str> {
        self.of_payment.get(&payment).map(String::as_str)
    }

    /// Creates a code that opens a web page. Refused with [`Refusal::CodeExists`] if the sales unit
    /// has a code with this id.
    pub(crate) fn add_redirect(
        &mut self,
        key: CodeKey,
        destination: String,
        lifetime: Option<Duration>,
        random: &mut Random,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.redirects.retain(|_, code| code.is_active(now));
        if self.redirects.contains_key(&key) {
            return Err(Refusal::CodeExists);
        }
        let text = self.text('r', Target::Redirect(key.clone()), random);
        let code = RedirectCode {
            destination,
            text,
            expires: lifetime.map(|lifetime| later(now, lifetime)),
        };
        self.redirects.insert(key, code);
        Ok(())
    }

    pub(crate) fn redirect(&self, key: &CodeKey, now: Timestamp) -> Result<&RedirectCode, Refusal> {
        let code = self.redirects.get(key).filter(|code| code.is_active(now));
        code.ok_or(Refusal::UnknownCode)
    }

    pub(crate) fn set_destination(
        &mut self,
        key: &CodeKey,
        destination: String,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let code = self.redirects.get_mut(key);
        let code = code.filter(|code| code.is_active(now));
        code.ok_or(Refusal::UnknownCode)?.destination = destination;
        Ok(())
    }

    pub(crate) fn remove_redirect(&mut self, key: &CodeKey, now: Timestamp) -> Result<(), Refusal> {
        self.redirect(key, now)?;
        self.redirects.remove(key);
        Ok(())
    }

    /// Returns the redirect codes that have not expired.
    pub(crate) fn redirects(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&CodeKey, &RedirectCode)> {
        self.redirects
            .iter()
            .filter(move |(_, code)| code.is_active(now))
    }

    /// Adds the code of a place, or changes its description.
    pub(crate) fn put_place(&mut self, key: CodeKey, description: String, random: &mut Random) {
        if !self.place_texts.contains_key(&key) {
            let text = self.text('c', Target::Place(key.clone()), random);
            self.place_texts.insert(key.clone(), text);
        }
        self.places.insert(key, Place { description });
    }

    /// Returns a place and the text of its code.
    pub(crate) fn place(&self, key: &CodeKey) -> Result<(&Place, &str), Refusal> {
        let text = self.place_texts.get(key).ok_or(Refusal::UnknownCode)?;
        let place = self.places.get(key).ok_or(Refusal::UnknownCode)?;
        Ok((place, text))
    }

    pub(crate) fn remove_place(&mut self, key: &CodeKey) -> Result<(), Refusal> {
        let removed = self.places.remove(key);
        removed.map(drop).ok_or(Refusal::UnknownCode)
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &CodeKey> {
        self.places.keys()
    }

    /// Assigns a printed MobilePay code to a sales unit. Refused with [`Refusal::CodeExists`] if it
    /// belongs to another one.
    pub(crate) fn claim_beacon(&mut self, beacon: &str, sales_unit: &str) -> Result<(), Refusal> {
        let owner = self.beacons.entry(beacon.to_owned());
        if owner.or_insert_with(|| sales_unit.to_owned()) == sales_unit {
            Ok(())
        } else {
            Err(Refusal::CodeExists)
        }
    }

    /// Returns the beacons and their sales units.
    pub(crate) fn beacons(&self) -> impl Iterator<Item = CodeKey> {
        self.beacons.iter().map(|(id, sales_unit)| CodeKey {
            sales_unit: sales_unit.clone(),
            id: id.clone(),
        })
    }

    /// Creates a customer's personal code, and returns its text.
    pub(crate) fn add_personal(
        &mut self,
        customer: Profile,
        random: &mut Random,
        now: Timestamp,
    ) -> String {
        let text = format!("{CONTENT_HOST}/p/{}{}", random.slug(), random.slug());
        let code = PersonalCode {
            customer,
            created_at: now,
        };
        self.personal.insert(text.clone(), code);
        text
    }

    pub(crate) fn personal(&self, text: &str) -> Option<&PersonalCode> {
        self.personal.get(text)
    }

    /// Records a check-in, and returns the token that identifies the customer.
    pub(super) fn add_check_in(
        &mut self,
        customer: Profile,
        random: &mut Random,
        now: Timestamp,
    ) -> String {
        let token = STANDARD.encode(random.bytes::<48>());
        let check_in = CheckIn {
            customer,
            checked_in_at: now,
        };
        self.check_ins.insert(token.clone(), check_in);
        token
    }

    /// Returns the customer of a check-in, for 15 minutes.
    pub(crate) fn check_in(&self, token: &str, now: Timestamp) -> Result<&CheckIn, Refusal> {
        match self.check_ins.get(token) {
            Some(check_in) if later(check_in.checked_in_at, CHECK_IN_LIFETIME) > now => {
                Ok(check_in)
            }
            Some(_) => Err(Refusal::CustomerTokenExpired),
            None => Err(Refusal::UnknownCustomerToken),
        }
    }
}

/// Returns the phone number in a personal code of version 1, which contains it in plain text:
/// `https://qr.vipps.no/28/2/01/031/4791234567?v=1`.
pub(crate) fn number_in_text(text: &str) -> Option<&str> {
    let path = text.strip_prefix(CONTENT_HOST)?.strip_prefix("/28/")?;
    let (path, query) = path.split_once('?')?;
    let (_, number) = path.rsplit_once('/')?;
    let is_number = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && query == "v=1").then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_code_of_version_1_contains_the_number() {
        let text = "https://qr.vipps.no/28/2/01/031/4791234567?v=1";
        assert_eq!(number_in_text(text), Some("4791234567"));
        for other in [
            "4791234567",
            "https://qr.vipps.no/p/abc",
            "https://example.com/28/2/01/031/4791234567?v=1",
            "https://qr.vipps.no/28/2/01/031/4791234567",
            "https://qr.vipps.no/28/2/01/031/4791234567?v=2",
            "https://qr.vipps.no/28/2/01/031/x?v=1",
        ] {
            assert_eq!(number_in_text(other), None, "{other}");
        }
    }
}
