//! Amounts of money.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Currency, InvalidValue, lenient};

const FIELD: &str = "amount";
const TOO_LARGE: &str = "must be at most 9223372036854775807 minor units";

/// An amount of money: an integer of minor units (øre or cents) and a currency.
///
/// ```
/// use vipps::{Amount, Currency};
///
/// let price = Amount::nok(499);
/// assert_eq!(price, Amount::minor(49_900, Currency::NOK));
/// assert_eq!(Amount::parse("499,00", Currency::NOK), Ok(price));
/// assert_eq!(price.to_string(), "499.00 NOK");
/// assert_eq!("499.00 NOK".parse(), Ok(price));
/// ```
///
/// An amount may be zero or negative, so that every amount of a response can be read. The limits of
/// an API are checked where the amount is sent; those of eCom are
/// [`Ecom::MIN_PAYMENT`](crate::ecom::Ecom::MIN_PAYMENT) and
/// [`Ecom::MAX_AMOUNT`](crate::ecom::Ecom::MAX_AMOUNT).
///
/// # Two currencies
///
/// Amounts in two currencies are not equal, not even zero. They cannot be added, subtracted or
/// compared: [`checked_add`](Self::checked_add), [`checked_sub`](Self::checked_sub) and
/// [`compare`](Self::compare) return `None`. There is no `Default`, no `Sum` and no operator such
/// as `<`, because `<` and `>=` would both be `false` for 1 NOK and 1 EUR. A sum starts with zero
/// in a currency:
///
/// ```
/// use vipps::Amount;
///
/// let lines = [Amount::nok(200), Amount::nok(299)];
/// let total = lines.into_iter().try_fold(Amount::nok(0), Amount::checked_add);
/// assert_eq!(total, Some(Amount::nok(499)));
/// assert_eq!(Amount::nok(1).checked_add(Amount::eur(1)), None);
/// ```
///
/// # JSON
///
/// The JSON form is `{"value":49900,"currency":"NOK"}`, with the value in minor units. It is meant
/// for storage. Requests and responses have the form of their API, such as an integer of øre without
/// a currency in eCom.
#[doc(alias("money", "price", "øre"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    minor_units: i64,
    currency: Currency,
}

impl Amount {
    /// Returns an amount in minor units: `Amount::minor(49_900, Currency::NOK)` is 499 NOK.
    pub const fn minor(minor_units: i64, currency: Currency) -> Self {
        Self {
            minor_units,
            currency,
        }
    }

    /// Returns an amount in whole Norwegian kroner, 100 øre each. Saturates at 64 bits of øre.
    pub const fn nok(kroner: i64) -> Self {
        Self::minor(kroner.saturating_mul(100), Currency::NOK)
    }

    /// Returns an amount in whole Danish kroner, 100 øre each. Saturates at 64 bits of øre.
    pub const fn dkk(kroner: i64) -> Self {
        Self::minor(kroner.saturating_mul(100), Currency::DKK)
    }

    /// Returns an amount in whole euro, 100 cents each. Saturates at 64 bits of cents.
    pub const fn eur(euro: i64) -> Self {
        Self::minor(euro.saturating_mul(100), Currency::EUR)
    }

    /// Reads whole units as people write them: `499`, `499.5`, `499,50`, `0.99`.
    ///
    /// The text must be digits, with at most one point or comma followed by one or two decimals. A
    /// sign, a space, a thousands separator and the name of a currency are refused.
    ///
    /// # Errors
    ///
    /// If the text has another form, if the amount needs more than 64 bits, or if the currency is not
    /// NOK, DKK, EUR, SEK, USD or GBP, because its number of decimals is then unknown.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, InvalidValue> {
        if !currency.has_two_decimals() {
            let rule = "must be NOK, DKK, EUR, SEK, USD or GBP to be read from decimals; use `Amount::minor`";
            return Err(InvalidValue::new("currency", rule, currency.as_str()));
        }
        let refuse = |rule: &'static str| InvalidValue::new(FIELD, rule, text);
        let syntax =
            || refuse("must be digits, with at most two decimals after a point or a comma");
        let (whole, decimals) = match text.split_once(['.', ',']) {
            Some((whole, decimals)) => (whole, decimals),
            None => (text, "0"),
        };
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 2 {
            return Err(syntax());
        }
        let minor: i64 = decimals.parse().map_err(|_| syntax())?;
        let minor = if decimals.len() == 1 {
            minor * 10
        } else {
            minor
        };
        whole
            .parse::<i64>()
            .ok()
            .and_then(|whole| whole.checked_mul(100)?.checked_add(minor))
            .map(|minor| Self::minor(minor, currency))
            .ok_or_else(|| refuse(TOO_LARGE))
    }

    /// Returns the number of minor units: øre or cents.
    pub const fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Returns whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor_units == 0
    }

    /// Returns whether the amount is greater than zero.
    pub const fn is_positive(self) -> bool {
        self.minor_units > 0
    }

    /// Returns whether the amount is less than zero.
    pub const fn is_negative(self) -> bool {
        self.minor_units < 0
    }

    /// Returns the sum, or `None` if the currencies differ or the sum needs more than 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor_units.checked_add(other.same_currency(self)?)?;
        Some(Self::minor(minor, self.currency))
    }

    /// Returns the difference, which may be negative, or `None` if the currencies differ or the
    /// difference needs more than 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let minor = self.minor_units.checked_sub(other.same_currency(self)?)?;
        Some(Self::minor(minor, self.currency))
    }

    /// Compares two amounts, or returns `None` if the currencies differ.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        Some(self.minor_units.cmp(&other.same_currency(self)?))
    }

    /// Returns the minor units if the currency is that of the other amount.
    fn same_currency(self, other: Self) -> Option<i64> {
        (self.currency == other.currency).then_some(self.minor_units)
    }
}

/// Formats the amount with two decimals and the currency: `499.00 NOK`. For a currency with an
/// unknown number of decimals the form is `499 minor units of JPY`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            minor_units,
            currency,
        } = self;
        if !currency.has_two_decimals() {
            return f.pad(&format!("{minor_units} minor units of {currency}"));
        }
        let sign = if self.is_negative() { "-" } else { "" };
        let minor = minor_units.unsigned_abs();
        let (whole, decimals) = (minor / 100, minor % 100);
        f.pad(&format!("{sign}{whole}.{decimals:02} {currency}"))
    }
}

impl FromStr for Amount {
    type Err = InvalidValue;

    /// Reads an amount and its currency with one space between them: `499.00 NOK`. See
    /// [`Amount::parse`].
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let Some((amount, currency)) = text.split_once(' ') else {
            let rule = "must be an amount, a space and a currency, such as `499.00 NOK`";
            return Err(InvalidValue::new(FIELD, rule, text));
        };
        Self::parse(amount, currency.parse()?)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Amount")]
struct Json {
    #[serde(deserialize_with = "lenient::integer")]
    value: i64,
    currency: Currency,
}

/// Serializes as `{"value":49900,"currency":"NOK"}`.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            minor_units: value,
            currency,
        } = *self;
        Json { value, currency }.serialize(serializer)
    }
}

/// Deserializes from an object with `value`, a whole number of minor units, and `currency`. A
/// number alone is an error.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json { value, currency } = Json::deserialize(deserializer)?;
        Ok(Self::minor(value, currency))
    }
}

#[cfg(test)]
mod tests;
