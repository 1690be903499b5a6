//! The values that each function accepts, refuses or reads as missing.

use serde::Deserialize;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct All {
    #[serde(deserialize_with = "text")]
    text: String,
    #[serde(deserialize_with = "opt_text")]
    opt_text: Option<String>,
    #[serde(deserialize_with = "integer")]
    integer: i64,
    #[serde(deserialize_with = "opt_integer")]
    opt_integer: Option<i64>,
    #[serde(deserialize_with = "opt_bool")]
    opt_bool: Option<bool>,
    #[serde(deserialize_with = "opt")]
    opt: Option<[u8; 2]>,
    #[serde(deserialize_with = "parts")]
    parts: Option<Vec<u8>>,
}

fn read(member: &str, value: &str) -> Result<All, serde_json::Error> {
    serde_json::from_str(&format!(r#"{{"{member}":{value},"other":[1]}}"#))
}

#[test]
fn absent_members_are_defaults() {
    assert_eq!(serde_json::from_str::<All>("{}").unwrap(), All::default());
}

#[test]
fn text_is_read_from_any_value() {
    for (json, expected) in [
        (r#""a""#, Some("a")),
        (r#""""#, Some("")),
        ("45", Some("45")),
        ("-1.5", Some("-1.5")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("true", Some("true")),
        (r#"{"a":[1]}"#, Some(r#"{"a":[1]}"#)),
        ("null", None),
    ] {
        assert_eq!(
            read("opt_text", json).unwrap().opt_text.as_deref(),
            expected,
            "{json}"
        );
        assert_eq!(
            read("text", json).unwrap().text,
            expected.unwrap_or_default(),
            "{json}"
        );
    }
}

#[test]
fn integers_are_read_from_numbers_and_strings() {
    for (json, expected) in [
        ("20000", 20000),
        ("-5", -5),
        ("20000.0", 20000),
        ("2e4", 20000),
        ("-0.0", 0),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("9007199254740991.0", 9_007_199_254_740_991),
        (r#""20000""#, 20000),
        (r#"" 20000.00 ""#, 20000),
        (r#""9223372036854775807""#, i64::MAX),
    ] {
        assert_eq!(read("integer", json).unwrap().integer, expected, "{json}");
        assert_eq!(
            read("opt_integer", json).unwrap().opt_integer,
            Some(expected),
            "{json}"
        );
    }
}

#[test]
fn other_values_are_no_integer() {
    for json in [
        "1.5",
        "1e300",
        "9007199254740993.0",
        "9223372036854775808",
        "true",
        "[]",
        "{}",
        r#""""#,
        r#""1.5""#,
        r#""1.""#,
        r#"".0""#,
        r#""1e3""#,
        r#""x""#,
        r#""9223372036854775808""#,
        "null",
    ] {
        assert!(read("integer", json).is_err(), "{json}");
        assert_eq!(
            read("opt_integer", json).unwrap().opt_integer,
            None,
            "{json}"
        );
    }
}

#[test]
fn bools_are_read_in_every_spelling() {
    for json in [
        "true",
        "1",
        r#""Y""#,
        r#""y""#,
        r#""TRUE""#,
        r#""1""#,
        r#"" yes ""#,
    ] {
        assert_eq!(
            read("opt_bool", json).unwrap().opt_bool,
            Some(true),
            "{json}"
        );
    }
    for json in [
        "false",
        "0",
        r#""N""#,
        r#""n""#,
        r#""False""#,
        r#""0""#,
        r#""no""#,
    ] {
        assert_eq!(
            read("opt_bool", json).unwrap().opt_bool,
            Some(false),
            "{json}"
        );
    }
    for json in ["null", "2", r#""""#, r#""maybe""#, "[]", "{}"] {
        assert_eq!(read("opt_bool", json).unwrap().opt_bool, None, "{json}");
    }
}

#[test]
fn unreadable_values_are_none() {
    assert_eq!(read("opt", "[1,2]").unwrap().opt, Some([1, 2]));
    for json in ["null", "[1]", r#""x""#, "{}", "7"] {
        assert_eq!(read("opt", json).unwrap().opt, None, "{json}");
    }
}

#[test]
fn unreadable_entries_of_lists_are_defaults() {
    assert_eq!(read("parts", "null").unwrap().parts, None);
    assert_eq!(
        read("parts", r#"[1,"x",{},3]"#).unwrap().parts,
        Some(vec![1, 0, 0, 3])
    );
    assert!(read("parts", r#""x""#).is_err());
    assert!(read("parts", "{}").is_err());
}

#[test]
fn part_is_read_like_a_whole_value() {
    let part = |json: &str| {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        super::part::<All>(raw)
    };
    let last = All {
        opt_text: Some("b".to_owned()),
        ..All::default()
    };
    assert_eq!(part(r#"{"opt_text":"b"}"#), Some(last));
    // Of a duplicate member the last one counts, as in a `Value`.
    for json in [
        r#"{"opt_text":"a","opt_text":"b"}"#,
        r#"{"opt_text":"a","integer":1}"#,
        "{}",
        "null",
        "[]",
        r#""x""#,
        r#"{"integer":{}}"#,
    ] {
        let value = serde_json::from_str(json).unwrap();
        let whole: Option<All> = by_name::from_value(value).ok();
        assert_eq!(part(json), whole, "{json}");
    }
}

#[test]
fn text_with_escapes_is_text() {
    let read = read("opt_text", r#""a\n\u00f8""#).unwrap();
    assert_eq!(read.opt_text.as_deref(), Some("a\nø"));
    assert_eq!(
        self::read("integer", r#""\u0031\u0032""#).unwrap().integer,
        12
    );
}

#[test]
fn scalar_is_text_or_a_number() {
    let scalar = |json: &str| scalar(&mut serde_json::Deserializer::from_str(json));
    assert_eq!(scalar(r#""a""#).unwrap(), "a");
    assert_eq!(scalar("654321").unwrap(), "654321");
    for json in ["null", "true", r#"["secret"]"#, r#"{"secret":1}"#] {
        let error = scalar(json).unwrap_err().to_string();
        assert!(error.contains("expected a string or a number"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
