use super::*;

fn jpy(minor: i64) -> Amount {
    Amount::minor(minor, Currency::parse("JPY").unwrap())
}

#[test]
fn whole_units_are_100_minor_units() {
    for (whole, currency) in [
        (Amount::nok as fn(i64) -> Amount, Currency::NOK),
        (Amount::dkk, Currency::DKK),
        (Amount::eur, Currency::EUR),
    ] {
        assert_eq!(whole(499), Amount::minor(49_900, currency));
        assert_eq!(whole(499).minor_units(), 49_900);
        assert_eq!(whole(499).currency(), currency);
        assert_eq!(whole(i64::MAX).minor_units(), i64::MAX);
        assert_eq!(whole(i64::MIN).minor_units(), i64::MIN);
    }
}

#[test]
fn sign_is_that_of_the_minor_units() {
    for minor in [-1, 0, 1] {
        let amount = Amount::minor(minor, Currency::NOK);
        assert_eq!(amount.is_negative(), minor < 0);
        assert_eq!(amount.is_zero(), minor == 0);
        assert_eq!(amount.is_positive(), minor > 0);
    }
}

#[test]
fn display_has_two_decimals_and_the_currency() {
    for (minor, text) in [
        (49_900, "499.00 NOK"),
        (0, "0.00 NOK"),
        (5, "0.05 NOK"),
        (-5, "-0.05 NOK"),
        (-12_345, "-123.45 NOK"),
        (i64::MIN, "-92233720368547758.08 NOK"),
        (i64::MAX, "92233720368547758.07 NOK"),
    ] {
        assert_eq!(Amount::minor(minor, Currency::NOK).to_string(), text);
    }
    assert_eq!(Amount::dkk(1).to_string(), "1.00 DKK");
    assert_eq!(Amount::eur(-1).to_string(), "-1.00 EUR");
    assert_eq!(format!("{:>10}", Amount::nok(5)), "  5.00 NOK");
    assert_eq!(jpy(499).to_string(), "499 minor units of JPY");
}

#[test]
fn decimals_are_read() {
    for (text, minor) in [
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
        for currency in [Currency::NOK, Currency::DKK, Currency::EUR] {
            let amount = Ok(Amount::minor(minor, currency));
            assert_eq!(Amount::parse(text, currency), amount, "{text}");
            assert_eq!(format!("{text} {currency}").parse(), amount, "{text}");
        }
    }
}

#[test]
fn all_other_text_is_refused() {
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
        "5 NOK",
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
        let error = Amount::parse(text, Currency::NOK).unwrap_err();
        assert_eq!(error.field(), "amount", "{text:?}");
        assert!(format!("{text} NOK").parse::<Amount>().is_err(), "{text:?}");
    }
    for text in ["499", "499.00", "NOK", "NOK 499", "499  NOK", "499 kr"] {
        assert!(text.parse::<Amount>().is_err(), "{text:?}");
    }
}

#[test]
fn decimals_of_unknown_currencies_are_refused() {
    let error = Amount::parse("499", jpy(1).currency()).unwrap_err();
    assert_eq!((error.field(), error.value()), ("currency", Some("JPY")));
}

#[test]
fn arithmetic_never_wraps() {
    let minor = |minor| Amount::minor(minor, Currency::NOK);
    let (most, least, one) = (minor(i64::MAX), minor(i64::MIN), minor(1));
    assert_eq!(minor(2).checked_add(one), Some(minor(3)));
    assert_eq!(minor(2).checked_sub(minor(3)), Some(minor(-1)));
    assert_eq!(most.checked_add(one), None);
    assert_eq!(least.checked_sub(one), None);
    assert_eq!(one.compare(minor(2)), Some(Ordering::Less));
    assert_eq!(one.compare(one), Some(Ordering::Equal));
    assert_eq!(minor(2).compare(one), Some(Ordering::Greater));
}

#[test]
fn two_currencies_have_no_sum_and_no_order() {
    for (one, other) in [
        (Amount::nok(1), Amount::dkk(1)),
        (Amount::nok(1), Amount::eur(1)),
        (Amount::nok(0), Amount::eur(0)),
        (jpy(0), Amount::nok(0)),
    ] {
        assert_ne!(one, other);
        assert_eq!(one.checked_add(other), None);
        assert_eq!(one.checked_sub(other), None);
        assert_eq!(one.compare(other), None);
    }
}

#[test]
fn json_holds_the_currency() {
    let json = r#"{"value":20000,"currency":"NOK"}"#;
    assert_eq!(serde_json::to_string(&Amount::nok(200)).unwrap(), json);
    for amount in [Amount::nok(200), Amount::dkk(-1), Amount::eur(0), jpy(7)] {
        let json = serde_json::to_string(&amount).unwrap();
        assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
    }
    for value in ["20000", "20000.0", "2e4", r#""20000""#, r#""20000.00""#] {
        let json = format!(r#"{{"currency":"EUR","value":{value},"more":1}}"#);
        let amount: Amount = serde_json::from_str(&json).unwrap();
        assert_eq!(amount, Amount::eur(200), "{json}");
    }
    for value in [
        "200.5",
        r#""200.5""#,
        r#""200,00""#,
        "null",
        "true",
        "1e40",
        "[]",
        r#""""#,
    ] {
        let json = format!(r#"{{"value":{value},"currency":"NOK"}}"#);
        assert!(serde_json::from_str::<Amount>(&json).is_err(), "{json}");
    }
    for json in [
        "20000",
        r#"{"value":20000}"#,
        r#"{"currency":"NOK"}"#,
        r#"{"value":1,"currency":"kr"}"#,
    ] {
        assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
    }
}
