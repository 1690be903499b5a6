//! Money.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{InvalidValue, lenient};

const FIELD: &str = "amount";

/// An amount of money in øre (1 kr = 100 øre), never in floating point.
///
/// Vipps takes Norwegian kroner only. A payment is [`Amount::MIN_PAYMENT`] to [`Amount::MAX`]; a partial capture or
/// refund may be any amount from 1 øre up. Those limits are checked where the amount is sent, so that anything the API
/// answers can be held, zero and negative amounts included.
///
/// ```
/// use vipps::Amount;
///
/// let price = Amount::kroner(499);
/// assert_eq!(price, Amount::ore(49_900));
/// assert_eq!("499,00".parse(), Ok(price));
/// assert_eq!(price.to_string(), "499.00 kr");
/// ```
///
/// In JSON it is the integer number of øre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    ore: i64,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::ore(0);

    /// The least that can be paid: 100 øre, 1 kr.
    pub const MIN_PAYMENT: Self = Self::ore(100);

    /// The most that the API can hold: 2 147 483 647 øre.
    pub const MAX: Self = Self::ore(2_147_483_647);

    /// So many øre.
    pub const fn ore(ore: i64) -> Self {
        Self { ore }
    }

    /// So many kroner, 100 øre each. Stops at the limits of 64 bits, far above [`Amount::MAX`].
    pub const fn kroner(kroner: i64) -> Self {
        Self::ore(kroner.saturating_mul(100))
    }

    /// Reads kroner as people write them: `499`, `499.5`, `499,50`, `0.99`.
    ///
    /// Digits, then at most one point or comma with one or two decimals. No sign, no blank, no thousands separator, no
    /// currency.
    ///
    /// # Errors
    ///
    /// When the text is anything else, or more than 64 bits of øre.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: &'static str| InvalidValue::new(FIELD, rule, text);
        let syntax =
            || refuse("must be kroner as digits, with at most two decimals after a point or comma");
        let (kroner, decimals) = match text.split_once(['.', ',']) {
            Some((kroner, decimals)) => (kroner, decimals),
            None => (text, "0"),
        };
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(kroner) || !are_digits(decimals) || decimals.len() > 2 {
            return Err(syntax());
        }
        let ore: i64 = decimals.parse().map_err(|_| syntax())?;
        let ore = if decimals.len() == 1 { ore * 10 } else { ore };
        kroner
            .parse::<i64>()
            .ok()
            .and_then(|kroner| kroner.checked_mul(100)?.checked_add(ore))
            .map(Self::ore)
            .ok_or_else(|| refuse("must be at most 2147483647 øre (21474836.47 kr)"))
    }

    /// The number of øre.
    pub const fn as_ore(self) -> i64 {
        self.ore
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.ore == 0
    }

    /// The sum, unless it needs more than 64 bits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.ore.checked_add(other.ore) {
            Some(ore) => Some(Self::ore(ore)),
            None => None,
        }
    }

    /// The difference (which may be negative), unless it needs more than 64 bits.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.ore.checked_sub(other.ore) {
            Some(ore) => Some(Self::ore(ore)),
            None => None,
        }
    }

    /// The difference (which may be negative), stopping at the limits of 64 bits.
    #[must_use = "an amount is not changed in place"]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self::ore(self.ore.saturating_sub(other.ore))
    }

    /// Can this be the amount of a new payment?
    pub(crate) fn check_payment(self) -> Result<(), InvalidValue> {
        self.check(Self::MIN_PAYMENT, "must be at least 100 øre (1 kr)")
    }

    /// Can this be captured or refunded? Zero would mean "everything", which is never meant by a number.
    pub(crate) fn check_transaction(self) -> Result<(), InvalidValue> {
        self.check(
            Self::ore(1),
            "must be at least 1 øre; leave it out for all that remains",
        )
    }

    fn check(self, least: Self, too_little: &'static str) -> Result<(), InvalidValue> {
        let refuse = |rule| Err(InvalidValue::new(FIELD, rule, format!("{} øre", self.ore)));
        if self < least {
            refuse(too_little)
        } else if self > Self::MAX {
            refuse("must be at most 2147483647 øre (21474836.47 kr)")
        } else {
            Ok(())
        }
    }
}

/// In kroner with two decimals: `499.00 kr`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ore < 0 { "-" } else { "" };
        let ore = self.ore.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02} kr", ore / 100, ore % 100))
    }
}

impl FromStr for Amount {
    type Err = InvalidValue;

    /// Reads kroner, see [`Amount::parse`].
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Amount {
    type Error = InvalidValue;

    /// Reads kroner, see [`Amount::parse`].
    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Amount {
    type Error = InvalidValue;

    /// Reads kroner, see [`Amount::parse`].
    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(&text)
    }
}

/// Stops at the limits of 64 bits.
impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| {
            Self::ore(sum.ore.saturating_add(amount.ore))
        })
    }
}

/// Stops at the limits of 64 bits.
impl<'a> Sum<&'a Self> for Amount {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

/// As the integer number of øre.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.ore)
    }
}

/// From øre: an integer, an integral number such as `20000.0`, or either in a string. A fraction is an error.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::integer(deserializer).map(Self::ore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(Amount::kroner(499).as_ore(), 49_900);
        assert_eq!(Amount::kroner(i64::MAX).as_ore(), i64::MAX);
        assert_eq!(Amount::kroner(i64::MIN).as_ore(), i64::MIN);
        assert_eq!(Amount::default(), Amount::ZERO);
        assert!(Amount::ZERO.is_zero());
        assert!(!Amount::ore(-1).is_zero());
    }

    #[test]
    fn shows_kroner() {
        for (ore, text) in [
            (49_900, "499.00 kr"),
            (0, "0.00 kr"),
            (5, "0.05 kr"),
            (-5, "-0.05 kr"),
            (-12_345, "-123.45 kr"),
            (i64::MIN, "-92233720368547758.08 kr"),
            (i64::MAX, "92233720368547758.07 kr"),
        ] {
            assert_eq!(Amount::ore(ore).to_string(), text);
        }
        assert_eq!(format!("{:>10}", Amount::kroner(5)), "   5.00 kr");
    }

    #[test]
    fn reads_kroner() {
        for (text, ore) in [
            ("499", 49_900),
            ("499.5", 49_950),
            ("499,50", 49_950),
            ("499.05", 49_905),
            ("0.99", 99),
            ("0", 0),
            ("007", 700),
            ("0,1", 10),
            ("21474836.47", 2_147_483_647),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(Amount::parse(text), Ok(Amount::ore(ore)), "{text}");
            assert_eq!(text.parse(), Ok(Amount::ore(ore)), "{text}");
            assert_eq!(
                Amount::try_from(text.to_owned()),
                Ok(Amount::ore(ore)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_all_other_text() {
        for text in [
            "",
            " ",
            ".",
            ",",
            ".5",
            "5.",
            "5,",
            "-5",
            "+5",
            " 5",
            "5 ",
            "5 kr",
            "1 000",
            "1e3",
            "5.123",
            "5.5.5",
            "1.000,00",
            "0x10",
            "5.-1",
            "5.+1",
            "٥",
            "NaN",
            "inf",
            "1_000",
            "5\n",
            "92233720368547758.08",
            "99999999999999999999999",
        ] {
            let error = Amount::parse(text).unwrap_err();
            assert_eq!(error.field(), "amount", "{text:?}");
        }
    }

    #[test]
    fn limits_of_a_payment() {
        for ore in [100, 101, 2_147_483_647] {
            assert_eq!(Amount::ore(ore).check_payment(), Ok(()));
        }
        for (ore, message) in [
            (
                99,
                "amount: must be at least 100 øre (1 kr), got \"99 øre\"",
            ),
            (0, "amount: must be at least 100 øre (1 kr), got \"0 øre\""),
            (
                -100,
                "amount: must be at least 100 øre (1 kr), got \"-100 øre\"",
            ),
            (
                2_147_483_648,
                "amount: must be at most 2147483647 øre (21474836.47 kr), got \"2147483648 øre\"",
            ),
        ] {
            assert_eq!(
                Amount::ore(ore).check_payment().unwrap_err().to_string(),
                message
            );
        }
    }

    #[test]
    fn limits_of_a_capture_or_refund() {
        for ore in [1, 99, 2_147_483_647] {
            assert_eq!(Amount::ore(ore).check_transaction(), Ok(()));
        }
        for ore in [0, -1, 2_147_483_648] {
            assert!(Amount::ore(ore).check_transaction().is_err(), "{ore}");
        }
    }

    #[test]
    fn arithmetic_never_wraps() {
        let (most, least, one) = (Amount::ore(i64::MAX), Amount::ore(i64::MIN), Amount::ore(1));
        assert_eq!(Amount::ore(2).checked_add(one), Some(Amount::ore(3)));
        assert_eq!(
            Amount::ore(2).checked_sub(Amount::ore(3)),
            Some(Amount::ore(-1))
        );
        assert_eq!(most.checked_add(one), None);
        assert_eq!(least.checked_sub(one), None);
        assert_eq!(least.saturating_sub(one), least);
        assert_eq!(
            Amount::ore(5).saturating_sub(Amount::ore(2)),
            Amount::ore(3)
        );
        assert_eq!(
            [Amount::ore(1), Amount::ore(2)].iter().sum::<Amount>(),
            Amount::ore(3)
        );
        assert_eq!([most, one].into_iter().sum::<Amount>(), most);
        assert_eq!(std::iter::empty::<Amount>().sum::<Amount>(), Amount::ZERO);
    }

    #[test]
    fn json_is_ore() {
        assert_eq!(
            serde_json::to_string(&Amount::kroner(200)).unwrap(),
            "20000"
        );
        for json in ["20000", "20000.0", "2e4", r#""20000""#, r#""20000.00""#] {
            let amount: Amount = serde_json::from_str(json).unwrap();
            assert_eq!(amount, Amount::ore(20_000), "{json}");
        }
        assert_eq!(
            serde_json::from_str::<Amount>("-50").unwrap(),
            Amount::ore(-50)
        );
        for json in [
            "200.5",
            r#""200.5""#,
            r#""200,00""#,
            "null",
            "true",
            "1e40",
            "[]",
            r#""""#,
        ] {
            assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
        }
    }
}
