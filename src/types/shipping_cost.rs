//! The price of a shipping method.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::{Amount, Currency, InvalidValue, lenient};

const FIELD: &str = "shipping_cost";
const MAX_ORE: i64 = 2_147_483_647;
const RANGE: &str = "must be 0 to 21474836.47 kr";

/// The price of a shipping method (`shippingCost` of an express payment): 0 to 21 474 836.47 kr.
///
/// Unlike all other amounts of eCom, which are integers of øre, it is sent as **kroner with
/// decimals**: `99.9` for 99.90 kr. This type holds integer øre, does not use floating point, and
/// writes kroner with at most two decimals to JSON and as text.
///
/// ```
/// use vipps::types::ShippingCost;
///
/// let cost = ShippingCost::from_ore(9_990)?;
/// assert_eq!(cost.to_string(), "99.9");
/// assert_eq!(cost, "99.90".parse()?);
/// assert_eq!(ShippingCost::kroner(99)?.as_ore(), 9_900);
/// # Ok::<(), vipps::types::InvalidValue>(())
/// ```
///
/// JSON may have it as a number or a string. Fractions of an øre, such as the rounding error in
/// `99.90000000000001`, are rounded half up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShippingCost {
    ore: i64,
}

impl ShippingCost {
    /// Free shipping.
    pub const FREE: Self = Self { ore: 0 };

    /// The largest price that the API can hold: 21 474 836.47 kr.
    pub const MAX: Self = Self { ore: MAX_ORE };

    /// Returns a price in øre.
    ///
    /// # Errors
    /// When `ore` is negative or more than [`ShippingCost::MAX`].
    pub fn from_ore(ore: i64) -> Result<Self, InvalidValue> {
        in_range(ore).ok_or_else(|| InvalidValue::new(FIELD, RANGE, format!("{ore} øre")))
    }

    /// Returns a price in whole kroner, 100 øre each.
    ///
    /// # Errors
    /// When `kroner` is negative or the price is more than [`ShippingCost::MAX`].
    pub fn kroner(kroner: i64) -> Result<Self, InvalidValue> {
        kroner
            .checked_mul(100)
            .and_then(in_range)
            .ok_or_else(|| InvalidValue::new(FIELD, RANGE, format!("{kroner} kr")))
    }

    /// Reads kroner as people write them: `99`, `99.9`, `99.90`, `99,90`.
    ///
    /// # Errors
    /// When the text has other characters than digits and at most two decimals, or is out of range.
    /// The price is not rounded.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let amount = Amount::parse(text, Currency::NOK).map_err(|e| e.with_field(FIELD))?;
        in_range(amount.minor_units()).ok_or_else(|| InvalidValue::new(FIELD, RANGE, text))
    }

    /// Returns the number of øre.
    pub const fn as_ore(self) -> i64 {
        self.ore
    }

    /// Returns the price as an amount, to add it to the price of the goods.
    pub const fn amount(self) -> Amount {
        Amount::minor(self.ore, Currency::NOK)
    }

    fn wire_text(self) -> String {
        let (kroner, ore) = (self.ore / 100, self.ore % 100);
        match (ore / 10, ore % 10) {
            (0, 0) => format!("{kroner}"),
            (tenths, 0) => format!("{kroner}.{tenths}"),
            (tenths, hundredths) => format!("{kroner}.{tenths}{hundredths}"),
        }
    }

    /// Reads a decimal number of kroner as JSON spells it, exponent included, and rounds it half up
    /// to øre.
    fn from_decimal(text: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule: &'static str| InvalidValue::new(FIELD, rule, text);
        let number = Decimal::read(text.trim())
            .ok_or_else(|| refuse("must be kroner as a decimal number"))?;
        if number.is_zero() {
            return Ok(Self::FREE);
        }
        if number.negative {
            return Err(refuse("must not be negative"));
        }
        number
            .round_to_ore()
            .and_then(in_range)
            .ok_or_else(|| refuse(RANGE))
    }
}

fn in_range(ore: i64) -> Option<ShippingCost> {
    (0..=MAX_ORE).contains(&ore).then_some(ShippingCost { ore })
}

/// A decimal number as its parts: 0.`digits` times ten to the power of `point`.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once(['.', ',']) {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let all = || whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
        let zeros = all().take_while(|digit| *digit == 0).count();
        let point = i64::try_from(whole.len())
            .ok()?
            .checked_sub(i64::try_from(zeros).ok()?)?
            .checked_add(exponent)?;
        Some(Self {
            negative,
            digits: all().skip(zeros).collect(),
            point,
        })
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Returns `None` for a number that is far out of range.
    fn round_to_ore(&self) -> Option<i64> {
        // Øre are the first two decimals of kroner.
        let places = self.point.checked_add(2)?;
        if places < 0 {
            return Some(0);
        }
        // 18 digits always fit into 64 bits.
        let places = usize::try_from(places)
            .ok()
            .filter(|places| *places <= 18)?;
        let mut digits = self.digits.iter().copied().chain(std::iter::repeat(0));
        let ore = digits
            .by_ref()
            .take(places)
            .fold(0, |ore, digit| ore * 10 + i64::from(digit));
        Some(ore + i64::from(digits.next() >= Some(5)))
    }
}

impl FromStr for ShippingCost {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for ShippingCost {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ShippingCost {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(&text)
    }
}

impl TryFrom<Amount> for ShippingCost {
    type Error = InvalidValue;

    fn try_from(amount: Amount) -> Result<Self, InvalidValue> {
        if amount.currency() != Currency::NOK {
            let rule = "must be in NOK, the only currency of the eCom API";
            return Err(InvalidValue::new(FIELD, rule, amount.to_string()));
        }
        Self::from_ore(amount.minor_units())
    }
}

impl From<ShippingCost> for Amount {
    fn from(cost: ShippingCost) -> Self {
        cost.amount()
    }
}

/// Formats the price as kroner with at most two decimals: `99`, `99.9`, `99.95`.
impl fmt::Display for ShippingCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.wire_text())
    }
}

/// Serializes as a number of kroner with at most two decimals: `99`, `99.9`, `99.95`.
impl Serialize for ShippingCost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: Number =
            serde_json::from_str(&self.wire_text()).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

/// Deserializes from a number or a string of kroner, rounded half up to øre.
impl<'de> Deserialize<'de> for ShippingCost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = lenient::scalar(deserializer)?;
        Self::from_decimal(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_of_ore_kroner_or_text() {
        for (text, ore) in [
            ("0", 0),
            ("99", 9_900),
            ("99.9", 9_990),
            ("99.90", 9_990),
            ("99,95", 9_995),
            ("0.05", 5),
            ("007", 700),
            ("21474836.47", 2_147_483_647),
        ] {
            assert_eq!(ShippingCost::parse(text).unwrap().as_ore(), ore, "{text}");
            assert_eq!(
                ShippingCost::from_ore(ore).unwrap().amount(),
                Amount::minor(ore, Currency::NOK)
            );
            assert_eq!(
                ShippingCost::try_from(Amount::minor(ore, Currency::NOK))
                    .unwrap()
                    .as_ore(),
                ore
            );
        }
        assert_eq!(ShippingCost::kroner(99).unwrap().as_ore(), 9_900);
        assert_eq!(ShippingCost::from_ore(MAX_ORE).unwrap(), ShippingCost::MAX);
        assert_eq!(ShippingCost::default(), ShippingCost::FREE);
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        for (error, value) in [
            (ShippingCost::from_ore(-1), "-1 øre"),
            (ShippingCost::from_ore(MAX_ORE + 1), "2147483648 øre"),
            (ShippingCost::from_ore(i64::MIN), "-9223372036854775808 øre"),
            (ShippingCost::kroner(-1), "-1 kr"),
            (ShippingCost::kroner(21_474_837), "21474837 kr"),
            (ShippingCost::kroner(i64::MAX), "9223372036854775807 kr"),
            (ShippingCost::parse("21474836.48"), "21474836.48"),
        ] {
            let error = error.unwrap_err();
            assert_eq!(
                (error.field(), error.rule(), error.value()),
                (FIELD, RANGE, Some(value))
            );
        }
        for text in [
            "", "-1", "+1", "1.", ".5", "99.999", "1e2", " 99", "99 kr", "1.000,00", "NaN",
        ] {
            let error = ShippingCost::parse(text).unwrap_err();
            assert_eq!((error.field(), error.value()), (FIELD, Some(text)));
        }
    }

    #[test]
    fn writes_kroner_with_at_most_two_decimals() {
        for (ore, json) in [
            (0, "0"),
            (5, "0.05"),
            (50, "0.5"),
            (100, "1"),
            (9_900, "99"),
            (9_990, "99.9"),
            (9_995, "99.95"),
            (9_909, "99.09"),
            (MAX_ORE, "21474836.47"),
        ] {
            let cost = ShippingCost::from_ore(ore).unwrap();
            assert_eq!(serde_json::to_string(&cost).unwrap(), json);
            assert_eq!(cost.to_string(), json);
            let value = serde_json::to_value(cost).unwrap();
            assert!(value.is_number());
            assert_eq!(value.to_string(), json);
        }
    }

    #[test]
    fn comes_back_from_json_to_the_ore() {
        let dense = 0..=100_000;
        let sparse = (0..=MAX_ORE).step_by(21_991);
        let top = MAX_ORE - 10_000..=MAX_ORE;
        for ore in dense.chain(sparse).chain(top) {
            let cost = ShippingCost::from_ore(ore).unwrap();
            let json = serde_json::to_string(&cost).unwrap();
            assert_eq!(json, cost.to_string());
            assert_eq!(serde_json::from_str::<ShippingCost>(&json).unwrap(), cost);
        }
    }

    #[test]
    fn reads_what_the_api_may_write() {
        for (json, ore) in [
            ("99", 9_900),
            ("99.0", 9_900),
            ("99.9", 9_990),
            ("99.90", 9_990),
            ("99.90000000000001", 9_990),
            ("99.89999999999999", 9_990),
            ("99.994", 9_999),
            ("99.995", 10_000),
            ("0.004", 0),
            ("0.005", 1),
            ("0.0049999", 0),
            ("0.00049999", 0),
            ("1e2", 10_000),
            ("1E+2", 10_000),
            ("9.99e1", 9_990),
            ("9990e-2", 9_990),
            ("1e-7", 0),
            ("1e-400", 0),
            ("0e5", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("21474836.47", MAX_ORE),
            ("21474836.4749", MAX_ORE),
            (r#""99""#, 9_900),
            (r#""99.50""#, 9_950),
            (r#"" 99,50 ""#, 9_950),
            (r#""1e-99999999""#, 0),
            (r#""0099.50000000000000000000000000000000001""#, 9_950),
            (r#""0e9999999999""#, 0),
        ] {
            let cost: ShippingCost = serde_json::from_str(json).unwrap();
            assert_eq!(cost.as_ore(), ore, "{json}");
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::from_value::<ShippingCost>(value).unwrap(), cost);
        }
    }

    #[test]
    fn refuses_in_json_what_is_no_cost() {
        for (json, rule) in [
            ("-1", "negative"),
            ("-0.001", "negative"),
            ("21474836.48", "21474836.47"),
            ("21474836.475", "21474836.47"),
            ("1e16", "21474836.47"),
            ("1e300", "21474836.47"),
            ("18446744073709551615", "21474836.47"),
            (r#""1e9223372036854775807""#, "must be"),
            (r#""1e99999999999999999999""#, "decimal number"),
            (r#""""#, "decimal number"),
            (r#"".5""#, "decimal number"),
            (r#""5.""#, "decimal number"),
            (r#""--5""#, "decimal number"),
            (r#""1.2.3""#, "decimal number"),
            (r#""1e""#, "decimal number"),
            (r#""NaN""#, "decimal number"),
            (r#""٩""#, "decimal number"),
            ("null", "expected"),
            ("true", "expected"),
            ("[1]", "expected"),
        ] {
            let error = serde_json::from_str::<ShippingCost>(json)
                .unwrap_err()
                .to_string();
            assert!(error.contains(rule), "{json}: {error}");
        }
    }
}
