//! The accepted and the refused values of each checked text, and the errors.

use super::*;

#[test]
fn customer_token_follows_its_rule() {
    for text in [
        "x",
        "wbA8ceVRKkoYiQAV+/AG6Q+q0ATP4=",
        "!~",
        &"x".repeat(4096),
    ] {
        let token = CustomerToken::parse(text).unwrap();
        assert_eq!(token.expose(), text);
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert!(serde_json::from_str::<CustomerToken>(&json).unwrap() == token);
    }
    assert!(CustomerToken::parse("a").unwrap() != CustomerToken::parse("b").unwrap());
}

#[test]
fn customer_token_error_does_not_show_the_token() {
    for text in [
        "",
        " ",
        "canary ",
        " canary",
        "can ary",
        "canary\n",
        "canaryø",
        "canary\u{7f}",
        &"x".repeat(4097),
    ] {
        let error = CustomerToken::parse(text).unwrap_err();
        assert_eq!(
            (error.field(), error.value()),
            ("customer_token", None),
            "{text:?}"
        );
        assert!(!error.to_string().contains("canary"), "{error}");
        let json = serde_json::to_string(text).unwrap();
        let error = serde_json::from_str::<CustomerToken>(&json)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("canary"), "{error}");
    }
    let token = CustomerToken::parse("canary").unwrap();
    assert_eq!(
        format!("{token:?} {token:#?}"),
        "CustomerToken([redacted]) CustomerToken([redacted])"
    );
}

#[test]
fn merchant_serial_number_follows_its_rule() {
    for text in ["1234", "0123", "123456", "1234567", "1234567890"] {
        assert_eq!(text.parse::<MerchantSerialNumber>().unwrap().as_str(), text);
    }
    for text in [
        "",
        "123",
        "12345678901",
        "12 345",
        " 12345",
        "12345a",
        "-12345",
        "١٢٣٤",
    ] {
        let error = MerchantSerialNumber::parse(text).unwrap_err();
        assert_eq!(error.field(), "merchant_serial_number");
        assert_eq!(error.value(), Some(text));
    }
}

#[test]
fn merchant_serial_number_is_text_in_json_and_read_from_numbers() {
    let number: MerchantSerialNumber = serde_json::from_str("123456").unwrap();
    assert_eq!(number, serde_json::from_str(r#""123456""#).unwrap());
    assert_eq!(serde_json::to_string(&number).unwrap(), r#""123456""#);
    for json in ["12345.5", "-12345", "1", "null", "true", r#""""#] {
        assert!(
            serde_json::from_str::<MerchantSerialNumber>(json).is_err(),
            "{json}"
        );
    }
}

#[test]
fn order_id_follows_its_rule() {
    for text in ["a", "-", "0", "acme-shop-123-order123abc", &"x".repeat(50)] {
        assert_eq!(OrderId::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "",
        " ",
        " a",
        "a ",
        "a b",
        "a/b",
        "a_b",
        "a.b",
        "å",
        "a\n",
        "%41",
        &"x".repeat(51),
    ] {
        let error = OrderId::parse(text).unwrap_err();
        assert_eq!(error.field(), "order_id");
        assert!(error.value().is_some());
    }
    assert_eq!(
        OrderId::parse("a b").unwrap_err().to_string(),
        "order_id: must be 1 to 50 characters of a-z, A-Z, 0-9 and `-`; position 2 has ` `, got \"a b\""
    );
}

#[test]
fn order_id_of_another_attempt_keeps_the_limit() {
    let id = OrderId::parse("a").unwrap();
    assert_eq!(id.with_attempt(1).unwrap().as_str(), "a-1");
    assert_eq!(id.with_attempt(u32::MAX).unwrap().as_str(), "a-4294967295");
    assert_eq!(
        OrderId::parse(&"x".repeat(48))
            .unwrap()
            .with_attempt(9)
            .unwrap()
            .as_str()
            .len(),
        50
    );
    assert!(
        OrderId::parse(&"x".repeat(48))
            .unwrap()
            .with_attempt(10)
            .is_err()
    );
}

#[test]
fn order_id_converts_to_and_from_text_and_json() {
    let id: OrderId = "abc-1".parse().unwrap();
    assert_eq!(OrderId::try_from("abc-1").unwrap(), id);
    assert_eq!(OrderId::try_from("abc-1".to_owned()).unwrap(), id);
    assert_eq!(OrderId::try_from(&"abc-1".to_owned()).unwrap(), id);
    assert_eq!(String::from(id.clone()), "abc-1");
    assert_eq!(id.as_ref(), "abc-1");
    assert_eq!(format!("{id:>7}"), "  abc-1");
    assert_eq!(serde_json::to_string(&id).unwrap(), r#""abc-1""#);
    assert_eq!(serde_json::from_str::<OrderId>(r#""abc-1""#).unwrap(), id);
    assert_eq!(
        serde_json::from_str::<OrderId>("123").unwrap().as_str(),
        "123"
    );
    let error = serde_json::from_str::<OrderId>(r#""a b""#)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("order_id: must be"), "{error}");
    let map: std::collections::BTreeMap<OrderId, u8> = serde_json::from_str(r#"{"a":1}"#).unwrap();
    assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":1}"#);
}

#[test]
fn personal_qr_is_a_scan_without_its_line_end() {
    for (text, kept) in [
        (
            "https://qr.vipps.no/p/canary\r\n",
            "https://qr.vipps.no/p/canary",
        ),
        (
            "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
            "https://qr.vipps.no/28/2/01/031/4791234567?v=1",
        ),
        (" \tø \n", "ø"),
        (&"ø".repeat(2048), &"ø".repeat(2048)),
    ] {
        let qr = PersonalQr::parse(text).unwrap();
        assert_eq!(qr.expose(), kept);
        assert_eq!(format!("{qr:?}"), "PersonalQr([redacted])");
        let json = serde_json::to_string(&qr).unwrap();
        assert_eq!(json, serde_json::to_string(kept).unwrap());
        assert!(serde_json::from_str::<PersonalQr>(&json).unwrap() == qr);
    }
    assert!(PersonalQr::parse("a").unwrap() != PersonalQr::parse("b").unwrap());
}

#[test]
fn personal_qr_error_does_not_show_the_text() {
    for text in [
        "",
        " \n",
        "canary\ncanary",
        "canary canary",
        "canary\0",
        "canary\u{a0}canary",
        &"canary".repeat(342),
    ] {
        let error = PersonalQr::parse(text).unwrap_err();
        assert_eq!((error.field(), error.value()), ("qr_code", None));
        assert!(!error.to_string().contains("canary"), "{error}");
        let json = serde_json::to_string(text).unwrap();
        let error = serde_json::from_str::<PersonalQr>(&json)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("whole text") && !error.contains("canary"),
            "{error}"
        );
    }
    let error = serde_json::from_str::<PersonalQr>(r#"{"canary":1}"#)
        .unwrap_err()
        .to_string();
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn system_text_follows_its_rule() {
    let long = "x".repeat(30);
    for (text, kept) in [
        ("acme", "acme"),
        (" Acme Shop 3.1.2\n", "Acme Shop 3.1.2"),
        (&long, &long),
    ] {
        assert_eq!(SystemText::parse(text).unwrap().as_str(), kept);
    }
    for text in [
        "",
        "  ",
        "a\nb",
        "a\tb",
        "a\r\nX: y",
        "\u{7f}",
        "blåbær",
        &"x".repeat(31),
    ] {
        let error = SystemText::parse(text).unwrap_err();
        assert_eq!(error.field(), "system_text", "{text:?}");
        assert_eq!(error.with_field("plugin_name").field(), "plugin_name");
    }
}
