//! The amounts of eCom: integers of øre on the wire, in NOK only.

use serde::ser::Error as _;
use serde::{Deserializer, Serialize, Serializer};

use crate::types::{Amount, Currency, InvalidValue, Kroner, lenient};

const FIELD: &str = "amount";

/// The smallest amount of a new payment.
pub(super) const MIN_PAYMENT: Amount = ore(100);
/// The largest amount of the API, an integer of 32 bits with a sign.
pub(super) const MAX_AMOUNT: Amount = ore(2_147_483_647);
pub(super) const ZERO: Amount = ore(0);

/// An amount of eCom.
pub(crate) const fn ore(ore: i64) -> Amount {
    Amount::minor(ore, Currency::NOK)
}

/// Returns the sum of amounts of eCom. Saturates at 64 bits.
pub(super) fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    ore(amounts.fold(0, |sum, amount| sum.saturating_add(amount.minor_units())))
}

/// Returns the øre of an amount in NOK.
///
/// # Errors
/// [`InvalidValue`] if the amount is in another currency.
pub(crate) fn to_ore(amount: Amount) -> Result<i64, InvalidValue> {
    if amount.currency() == Currency::NOK {
        Ok(amount.minor_units())
    } else {
        let rule = "must be in NOK, the only currency of the eCom API";
        Err(InvalidValue::new(FIELD, rule, amount.to_string()))
    }
}

/// Returns the øre of a new payment.
pub(super) fn payment_ore(amount: Amount) -> Result<i64, InvalidValue> {
    in_range(amount, MIN_PAYMENT, "must be at least 100 øre (1 NOK)")
}

/// Returns the øre of a capture or a refund. An amount of zero is an error, because the API reads
/// zero as *everything*.
pub(super) fn transfer_ore(amount: Amount) -> Result<i64, InvalidValue> {
    let rule = "must be at least 1 øre; use `capture_remaining` or `refund_remaining` for everything that remains";
    in_range(amount, ore(1), rule)
}

fn in_range(amount: Amount, min: Amount, rule: &'static str) -> Result<i64, InvalidValue> {
    let ore = to_ore(amount)?;
    let refuse = |rule| Err(InvalidValue::new(FIELD, rule, format!("{ore} øre")));
    if ore < min.minor_units() {
        refuse(rule)
    } else if ore > MAX_AMOUNT.minor_units() {
        refuse("must be at most 2147483647 øre (21474836.47 NOK)")
    } else {
        Ok(ore)
    }
}

/// Reads øre from a whole number or from a string of one. An unreadable value is `None`.
pub(crate) fn opt_amount<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Amount>, D::Error> {
    Ok(lenient::opt_integer(deserializer)?.map(ore))
}

/// Writes øre, the form of amounts in the JSON of eCom.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(crate) fn write<S: Serializer>(
    amount: &Option<Amount>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let ore = amount.map(to_ore).transpose();
    ore.map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads and writes the øre of an amount that may be missing.
pub(super) mod opt_ore {
    pub(crate) use super::{opt_amount as deserialize, write as serialize};
}

/// Reads kroner, the form of shipping costs. An unreadable value is `None`.
pub(super) fn opt_kroner<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Amount>, D::Error> {
    Ok(lenient::opt(deserializer)?.map(Kroner::amount))
}

/// Writes kroner, the form of shipping costs.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(super) fn write_kroner<S: Serializer>(
    cost: &Option<Amount>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let cost = cost.map(Kroner::new).transpose();
    cost.map_err(S::Error::custom)?.serialize(serializer)
}

/// The JSON Schema of an amount in a request or a response.
#[cfg(feature = "schemars")]
pub(crate) struct Ore;

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Ore {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ore".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Money in øre; 100 of them are 1 kr.",
            "type": "integer",
            "format": "int64",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_of_100_to_2147483647_ore_are_accepted() {
        for minor in [100, 101, 2_147_483_647] {
            assert_eq!(payment_ore(ore(minor)), Ok(minor));
        }
        for (minor, message) in [
            (
                99,
                "amount: must be at least 100 øre (1 NOK), got \"99 øre\"",
            ),
            (0, "amount: must be at least 100 øre (1 NOK), got \"0 øre\""),
            (
                -100,
                "amount: must be at least 100 øre (1 NOK), got \"-100 øre\"",
            ),
            (
                2_147_483_648,
                "amount: must be at most 2147483647 øre (21474836.47 NOK), got \"2147483648 øre\"",
            ),
        ] {
            assert_eq!(payment_ore(ore(minor)).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn captures_and_refunds_of_1_ore_or_more_are_accepted() {
        for minor in [1, 99, 2_147_483_647] {
            assert_eq!(transfer_ore(ore(minor)), Ok(minor));
        }
        for minor in [0, -1, 2_147_483_648] {
            assert!(transfer_ore(ore(minor)).is_err(), "{minor}");
        }
    }

    #[test]
    fn other_currencies_are_refused() {
        let sek = Amount::minor(50_000, "SEK".parse().unwrap());
        for amount in [Amount::dkk(500), Amount::eur(500), sek] {
            for result in [payment_ore(amount), transfer_ore(amount), to_ore(amount)] {
                let error = result.unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!(
                        "amount: must be in NOK, the only currency of the eCom API, got \"{amount}\""
                    )
                );
            }
        }
    }

    #[test]
    fn sums_beyond_64_bits_saturate() {
        assert_eq!(sum([ore(1), ore(2)].into_iter()), ore(3));
        assert_eq!(sum([ore(i64::MAX), ore(1)].into_iter()), ore(i64::MAX));
        assert_eq!(sum(std::iter::empty()), ZERO);
    }

    #[test]
    fn ore_are_read_from_numbers_and_text() {
        let read = |json: &str| opt_amount(&mut serde_json::Deserializer::from_str(json)).unwrap();
        for json in ["20000", "20000.0", "2e4", r#""20000""#, r#""20000.00""#] {
            assert_eq!(read(json), Some(Amount::nok(200)), "{json}");
        }
        assert_eq!(read("-50"), Some(ore(-50)));
        assert_eq!(read("9223372036854775807"), Some(ore(i64::MAX)));
        for json in [
            "200.5",
            r#""200,00""#,
            "null",
            "true",
            "1e40",
            "[]",
            r#""""#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
