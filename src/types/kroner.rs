//! The JSON form of shipping costs in the eCom API.

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Amount, Currency, InvalidValue, lenient};

const FIELD: &str = "shipping_cost";

/// A shipping cost of eCom (`shippingCost`): 0 to 21 474 836.47 NOK.
///
/// Its JSON form is **kroner with decimals**, `99.9` for 99.90 NOK, while all other amounts of eCom
/// are integers of øre. The wrapper has an [`Amount`] instead; only the types of
/// [`raw::ecom`](crate::raw::ecom) contain this type. JSON may have a number or a string. A
/// fraction of an øre, such as the rounding error in `99.90000000000001`, is rounded.
///
/// ```
/// use vipps::types::Kroner;
/// use vipps::{Amount, Currency};
///
/// let cost = Kroner::new(Amount::minor(9_990, Currency::NOK))?;
/// assert_eq!(serde_json::to_string(&cost)?, "99.9");
/// assert_eq!(serde_json::from_str::<Kroner>("99.90")?, cost);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "shippingCost")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kroner(Amount);

impl Kroner {
    /// The largest cost that the API can hold: 2 147 483 647 øre.
    pub const MAX: Amount = Amount::minor(MAX_ORE, Currency::NOK);

    /// Checks an amount.
    ///
    /// # Errors
    /// If the amount is not in NOK, is negative, or is more than [`Kroner::MAX`].
    pub fn new(amount: Amount) -> Result<Self, InvalidValue> {
        let refuse = |rule| Err(InvalidValue::new(FIELD, rule, amount.to_string()));
        if amount.currency() != Currency::NOK {
            return refuse("must be in NOK, the only currency of the eCom API");
        }
        if !(0..=MAX_ORE).contains(&amount.minor_units()) {
            return refuse("must be 0 to 21474836.47 NOK");
        }
        Ok(Self(amount))
    }

    /// Returns the amount.
    pub const fn amount(self) -> Amount {
        self.0
    }
}

const MAX_ORE: i64 = 2_147_483_647;

/// Serializes as a number of kroner with at most two decimals: `99`, `99.9`, `99.95`.
impl Serialize for Kroner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ore = self.0.minor_units();
        if ore % 100 == 0 {
            return serializer.serialize_i64(ore / 100);
        }
        // The quotient is the float closest to the decimal number, so it is written as that number.
        let ore = u32::try_from(ore).map_err(S::Error::custom)?;
        serializer.serialize_f64(f64::from(ore) / 100.0)
    }
}

/// Deserializes from a number or a string of kroner.
impl<'de> Deserialize<'de> for Kroner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = lenient::scalar(deserializer)?;
        from_decimal(text.trim()).ok_or_else(|| {
            let rule = "must be kroner as a number, 0 to 21474836.47";
            de::Error::custom(InvalidValue::new(FIELD, rule, text.as_str()))
        })
    }
}

/// Reads kroner and rounds to whole øre. A float holds every cost in the range to a millionth of an
/// øre.
#[expect(clippy::cast_possible_truncation, reason = "whole, and within 32 bits")]
fn from_decimal(text: &str) -> Option<Kroner> {
    let kroner: f64 = text.replace(',', ".").parse().ok()?;
    let ore = (kroner * 100.0).round();
    let is_in_range = kroner >= 0.0 && ore <= f64::from(i32::MAX);
    is_in_range.then(|| Kroner(Amount::minor(ore as i64, Currency::NOK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kroner(ore: i64) -> Kroner {
        Kroner::new(Amount::minor(ore, Currency::NOK)).unwrap()
    }

    fn read(json: &str) -> serde_json::Result<Kroner> {
        serde_json::from_str(json)
    }

    #[test]
    fn amounts_out_of_range_or_in_other_currencies_are_refused() {
        for ore in [0, 1, 9_990, MAX_ORE] {
            let amount = Amount::minor(ore, Currency::NOK);
            assert_eq!(Kroner::new(amount).unwrap().amount(), amount);
        }
        for (amount, rule) in [
            (
                Amount::minor(-1, Currency::NOK),
                "must be 0 to 21474836.47 NOK",
            ),
            (
                Amount::minor(MAX_ORE + 1, Currency::NOK),
                "must be 0 to 21474836.47 NOK",
            ),
            (Amount::nok(i64::MAX), "must be 0 to 21474836.47 NOK"),
            (
                Amount::dkk(1),
                "must be in NOK, the only currency of the eCom API",
            ),
            (
                Amount::eur(0),
                "must be in NOK, the only currency of the eCom API",
            ),
        ] {
            let error = Kroner::new(amount).unwrap_err();
            assert_eq!((error.field(), error.rule()), (FIELD, rule), "{amount}");
            assert_eq!(error.value(), Some(amount.to_string().as_str()));
        }
    }

    #[test]
    fn json_is_kroner_with_at_most_two_decimals() {
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
            assert_eq!(serde_json::to_string(&kroner(ore)).unwrap(), json);
            let value = serde_json::to_value(kroner(ore)).unwrap();
            assert!(value.is_number());
            assert_eq!(value.to_string(), json);
        }
    }

    /// The text is compared with one that is written without floats.
    #[test]
    fn every_ore_comes_back_from_json() {
        let dense = 0..=100_000;
        let sparse = (0..=MAX_ORE).step_by(21_991);
        let top = MAX_ORE - 10_000..=MAX_ORE;
        for ore in dense.chain(sparse).chain(top) {
            let json = serde_json::to_string(&kroner(ore)).unwrap();
            let decimals = format!("{}.{:02}", ore / 100, ore % 100);
            let expected = decimals.trim_end_matches('0').trim_end_matches('.');
            assert_eq!(json, expected);
            assert_eq!(read(&json).unwrap(), kroner(ore));
            assert_eq!(read(&format!("\"{decimals}\"")).unwrap(), kroner(ore));
        }
    }

    #[test]
    fn numbers_and_texts_are_read_and_rounded() {
        for (json, ore) in [
            ("99", 9_900),
            ("99.0", 9_900),
            ("99.90", 9_990),
            ("99.90000000000001", 9_990),
            ("99.89999999999999", 9_990),
            ("99.994", 9_999),
            ("99.996", 10_000),
            ("0.004", 0),
            ("0.006", 1),
            ("1e2", 10_000),
            ("9.99e1", 9_990),
            ("9990e-2", 9_990),
            ("1e-7", 0),
            ("1e-400", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("21474836.47", MAX_ORE),
            ("21474836.474", MAX_ORE),
            (r#""99""#, 9_900),
            (r#""99.50""#, 9_950),
            (r#"" 99,50 ""#, 9_950),
        ] {
            assert_eq!(read(json).unwrap(), kroner(ore), "{json}");
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            let read: Kroner = serde_json::from_value(value).unwrap();
            assert_eq!(read, kroner(ore), "{json}");
        }
    }

    #[test]
    fn other_json_is_refused() {
        for json in [
            "-1",
            "-0.001",
            "21474836.48",
            "1e16",
            "1e300",
            "18446744073709551615",
            r#""""#,
            r#""99 kr""#,
            r#""1.000,00""#,
            r#""NaN""#,
            r#""inf""#,
            r#""1e999""#,
            r#""٩""#,
            "null",
            "true",
            "[1]",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
