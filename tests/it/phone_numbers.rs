//! Phone numbers are accepted in all common notations, and an error never shows the number.

use vipps::PhoneNumber;

/// Asserts that all forms are read as 47 400 55 123.
#[track_caller]
fn is_norwegian(text: &str) {
    match PhoneNumber::parse(text) {
        Ok(number) => {
            assert_eq!(number.msisdn(), "4740055123", "{text:?}");
            assert_eq!(number.national_norwegian(), Some("40055123"), "{text:?}");
        }
        Err(error) => panic!("{text:?}: {error}"),
    }
}

#[track_caller]
fn refusal(text: &str) -> String {
    let error = PhoneNumber::parse(text).expect_err(text);
    assert_eq!(
        (error.field(), error.value()),
        ("phone_number", None),
        "{text:?}"
    );
    let printed = format!("{error} {error:?}");
    for digits in ["400", "0055", "123", "7946"] {
        assert!(!printed.contains(digits), "{text:?}: {printed}");
    }
    error.to_string()
}

#[test]
fn punctuation_between_the_digits_is_dropped() {
    for text in [
        "400-55-123",
        "400.55.123",
        "(+47) 40055123",
        "+47 (400) 55 123",
        "(0047) 400 55 123",
        "(47) 400-55-123",
        "+(47)40055123",
        "+47-400-55-123",
        "+47.400.55.123",
        "[+47] 400 55 123",
        "+47 400 (55) (123)",
        " - 400 55 123 - ",
        "400 55 123.",
    ] {
        is_norwegian(text);
    }
}

#[test]
fn white_space_of_every_kind_is_dropped() {
    for space in [
        "\t", "\n", "\r\n", "\u{b}", "\u{c}", " ", "\u{85}", "\u{a0}", "\u{1680}", "\u{2002}",
        "\u{2003}", "\u{2007}", "\u{2009}", "\u{200a}", "\u{2028}", "\u{2029}", "\u{202f}",
        "\u{205f}", "\u{3000}",
    ] {
        is_norwegian(&format!("{space}+47{space}400{space}55{space}123{space}"));
        is_norwegian(&format!("{space}400{space}55{space}123{space}"));
    }
}

#[test]
fn dashes_and_dots_of_every_kind_are_dropped() {
    for mark in [
        "-", "\u{58a}", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}",
        "\u{2043}", "\u{2212}", "\u{2e3a}", "\u{2e3b}", "\u{fe58}", "\u{fe63}", "\u{ff0d}", ".",
        "\u{b7}", "\u{2022}", "\u{2024}", "\u{2027}", "\u{2219}", "\u{22c5}", "\u{ff0e}",
    ] {
        is_norwegian(&format!("+47{mark}400{mark}55{mark}123"));
        is_norwegian(&format!("400 {mark} 55 {mark} 123"));
    }
}

#[test]
fn invisible_marks_are_dropped() {
    for mark in [
        "\u{ad}", "\u{34f}", "\u{61c}", "\u{180e}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{200e}",
        "\u{200f}", "\u{202a}", "\u{202c}", "\u{202d}", "\u{202e}", "\u{2060}", "\u{2066}",
        "\u{2068}", "\u{2069}", "\u{fe0f}", "\u{feff}",
    ] {
        is_norwegian(&format!("{mark}+{mark}47400{mark}55{mark}123{mark}"));
        is_norwegian(&format!("{mark}400 55 123{mark}"));
        is_norwegian(&format!("{mark}00{mark}47 400 55 123{mark}"));
    }
}

#[test]
fn full_width_characters_are_read_as_ascii() {
    is_norwegian("＋47 400 55 123");
    is_norwegian("＋４７　４００　５５　１２３");
    is_norwegian("（＋47）40055123");
    is_norwegian("４００－５５－１２３");
}

#[test]
fn a_tel_prefix_is_dropped() {
    for text in [
        "tel:+4740055123",
        "tel:40055123",
        "TEL:+47-400-55-123",
        " Tel: 400 55 123",
        "\u{feff}tel:\u{200e}+47 400 55 123",
    ] {
        is_norwegian(text);
    }
    for text in [
        "tel:",
        "tel:tel:40055123",
        "40055123tel:",
        "+tel:4740055123",
        "tel40055123",
        "tel:40055123;ext=1",
        "tel:40055123;phone-context=+47",
    ] {
        refusal(text);
    }
}

#[test]
fn bracketed_trunk_zero_is_dropped() {
    for (text, msisdn) in [
        ("+44 (0)20 7946 0958", "442079460958"),
        ("+44(0)2079460958", "442079460958"),
        ("0044 (0) 20 7946 0958", "442079460958"),
        ("(+44) (0)20 7946 0958", "442079460958"),
        ("+44 [0] 20 7946 0958", "442079460958"),
        ("+44 （０）20 7946 0958", "442079460958"),
        ("+44 (\u{200b}0\u{a0})20 7946 0958", "442079460958"),
        ("tel:+44-(0)-20-7946-0958", "442079460958"),
        ("+358 (0)40 055 1234", "358400551234"),
        ("+46 (0)70-123 45 67", "46701234567"),
        ("+47 (0) 400 55 123", "4740055123"),
    ] {
        let number = PhoneNumber::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(number.msisdn(), msisdn, "{text:?}");
    }
    // Other brackets contain digits of the number.
    assert_eq!(
        PhoneNumber::parse("+44 (20) 7946 0958").unwrap().msisdn(),
        "442079460958"
    );
    // The zero has no country code before it, occurs twice, or is inside the number.
    for text in [
        "(0)20 7946 0958",
        "(0)40055123",
        "(0) 4740055123",
        "44 (0)20 7946 0958",
        "+(0)4420 7946 0958",
        "00(0)44 20 7946 0958",
        "+44 (0)(0)20 7946 0958",
        "+44 20 7946 (0)958",
        "+47 (0)4005512",
    ] {
        refusal(text);
    }
    // Italian numbers keep their leading zero after the country code.
    let error = refusal("+39 (0)6 1234 5678");
    assert!(error.contains("(0)"), "{error}");
    assert_eq!(
        PhoneNumber::parse("+39 06 1234 5678").unwrap().msisdn(),
        "390612345678"
    );
}

#[test]
fn digits_of_other_scripts_are_refused_with_the_reason() {
    for text in [
        "٤٠٠٥٥١٢٣",
        "४००५५१२३",
        "+47 ٤٠٠ 55 123",
        "𝟒𝟎𝟎𝟓𝟓𝟏𝟐𝟑",
        "⁴⁰⁰55123",
    ] {
        let error = refusal(text);
        assert!(error.contains("0 to 9"), "{error}");
    }
}

#[test]
fn malformed_numbers_are_refused() {
    for text in [
        "",
        "+",
        "()",
        "(0)",
        "+47 (0)",
        "400 55 12a",
        "40055123 / 40055124",
        "40055123,40055124",
        "40055123/4",
        "400_55_123",
        "40055123x1",
        "40055123#1",
        "40055123;1",
        "*40055123",
        "40055123\0",
        "40055\u{7}123",
        "+47+40055123",
        "++4740055123",
        "47+40055123",
        "40055123+",
        "å40055123",
        "40055123 40055123",
    ] {
        refusal(text);
    }
}

#[test]
fn json_number_is_read_in_each_spelling() {
    let number: PhoneNumber = serde_json::from_str(r#""+47 400-55-123""#).unwrap();
    assert_eq!(number.msisdn(), "4740055123");
    let number: PhoneNumber = "400.55.123".parse().unwrap();
    assert_eq!(number.msisdn(), "4740055123");
}

/// The dot of a fraction is not punctuation. Without it, the digits would form another person's
/// number.
#[test]
fn a_fraction_or_a_negative_number_is_refused() {
    for json in [
        "40055123.0",
        "4005512.3",
        "-40055123",
        "4.0055123e7",
        "true",
        "null",
        "[40055123]",
    ] {
        let error = serde_json::from_str::<PhoneNumber>(json)
            .expect_err(json)
            .to_string();
        assert!(!error.contains("400"), "{error}");
    }
    for text in ["40055123.0", "4740055123.0", "+4740055123.0", "4.0055123e7"] {
        refusal(text);
    }
    for json in ["40055123", "4740055123"] {
        let number: PhoneNumber = serde_json::from_str(json).unwrap();
        assert_eq!(number.msisdn(), "4740055123");
    }
}
